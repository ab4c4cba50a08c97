/* Guest interrupt files (AIA 2.3, 3, 6): which one VS-mode has, hgeip, SGEI, and the guest's
 * external interrupt. */
#include "imsic.h"

static void need_guest_files(void)
{
    need_imsic();
    NEED(guests(), "no guest interrupt file");
}

/* Guest `guest` has identity n pending and enabled, and delivered. */
static void signal_guest(unsigned guest, unsigned n)
{
    set_vgein(guest);
    file_put(CSR_VSISELECT, EIDELIVERY, 1);
    file_set(CSR_VSISELECT, EIE0, n, 1);
    message(s_page(guest), n);
}

TEST("AIA 2.3: vsireg and vstopei are the file that VGEIN names, at once")
{
    need_guest_files();
    for (unsigned guest = 1; guest <= guests(); guest++) {
        set_vgein(guest);
        file_set(CSR_VSISELECT, EIE0, guest, 1);
        message(s_page(guest), guest);
    }
    for (unsigned guest = guests(); guest; guest--) {
        set_vgein(guest);
        CHECK_EQ(csr_get(CSR_VSTOPEI), EID(guest));
        CHECK_EQ(file_get(CSR_VSISELECT, EIP0), bit_of(guest));
        csr_put(CSR_VSTOPEI, 0);
        CHECK_EQ(csr_get(CSR_VSTOPEI), 0);
    }
    CHECK_EQ(csr_get(CSR_STOPEI), 0);
}

TEST("AIA 2.3 2.4: without a valid VGEIN stopei and sireg are virtual instructions in VS-mode, "
     "vstopei and vsireg illegal in HS-mode")
{
    need_imsic();
    static const u16 values[] = {EIDELIVERY, 0x71, EITHRESHOLD, 0x7f, EIP0, EIE0, EIE0 + 62};
    set_vgein(0);
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        csr_put(CSR_VSISELECT, values[i]);
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_SIREG), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_M, TOUCH(CSR_VSIREG), EXC_ILLEGAL);
    }
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_STOPEI), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSTOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_VSTOPEI), EXC_ILLEGAL);
}

TEST("AIA 2.3 3.7 3.8: with a valid VGEIN VS-mode has a whole file; what does not exist there is a "
     "virtual instruction")
{
    need_guest_files();
    set_vgein(guests());
    for (unsigned v = 0x30; v < 0x100; v++) {
        int there = v >= 0x70 && !(RV64 && v >= EIP0 && v & 1);
        if (v >= 0x40 && v < 0x70)
            continue;
        context("select", v);
        csr_put(CSR_VSISELECT, v);
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), there ? NO_TRAP : EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), there ? NO_TRAP : EXC_ILLEGAL);
    }
    csr_put(CSR_VSISELECT, EIE0);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG2), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_SIREG), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSIREG), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSTOPEI), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), NO_TRAP);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_STOPEI), EXC_VIRTUAL);
}

TEST("AIA 3.8.1: a guest's eidelivery holds 0 and 1 alone")
{
    need_guest_files();
    for (unsigned guest = 1; guest <= guests(); guest++) {
        set_vgein(guest);
        CHECK_EQ(file_probe(CSR_VSISELECT, EIDELIVERY, 1), 1);
        CHECK_EQ(file_probe(CSR_VSISELECT, EIDELIVERY, 0x40000000), 1);
        CHECK_EQ(file_probe(CSR_VSISELECT, EIDELIVERY, 0), 0);
    }
}

TEST("AIA 3.1: guest files are as large as each other, and can differ from the supervisor's")
{
    need_guest_files();
    set_vgein(1);
    unsigned last = last_identity(CSR_VSISELECT);
    CHECK_EQ(last % 64, 63);
    for (unsigned guest = 2; guest <= guests(); guest++) {
        set_vgein(guest);
        CHECK_EQ(last_identity(CSR_VSISELECT), last);
    }
}

TEST("AIA 3.6: pages of guests that do not exist are read-only zero")
{
    need_guest_files();
    unsigned n = guests(), pages = 1;
    while (pages < n + 1)
        pages *= 2;
    for (unsigned page = n + 1; page < pages; page++) {
        message(s_page(page), 1);
        CHECK_EQ(*(volatile u32 *)s_page(page), 0);
    }
    CHECK_EQ(csr_read(CSR_HGEIP), 0);
}

TEST("AIA 3.10 hgeip has each guest file's signal; it is read-only")
{
    need_guest_files();
    for (unsigned guest = 1; guest <= guests(); guest++) {
        signal_guest(guest, 9);
        CHECK_EQ(csr_read(CSR_HGEIP), 2ul * BIT(guest) - 2);
    }
    EXPECT_OUTCOME(MODE_M, TOUCH(CSR_HGEIP), EXC_ILLEGAL);
    for (unsigned guest = 1; guest <= guests(); guest++) {
        set_vgein(guest);
        csr_put(CSR_VSTOPEI, 0);
        CHECK_EQ(csr_read(CSR_HGEIP) >> guest & 1, 0);
    }
    CHECK_EQ(csr_read(CSR_HGEIP), 0);
}

TEST("norm:hip_vseip_vseie_op VSEIP is hvip's or the selected guest's, and moves with hstatus")
{
    need_guest_files();
    signal_guest(1, 9);
    CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 1);
    set_vgein(0);
    CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 0);
    if (guests() > 1) {
        set_vgein(2);
        CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 0);
    }
    set_vgein(1);
    CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 1);
    csr_put(CSR_VSTOPEI, 0);
    CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 0);
    csr_write(CSR_HVIP, BIT(IRQ_VSEI));
    CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 1);
}

TEST("norm:hgeie_op SGEI comes of every guest whose hgeie bit is set, the selected one too")
{
    need_guest_files();
    unsigned guest = guests();
    signal_guest(guest, 9);
    csr_write(CSR_HIE, BIT(IRQ_SGEI));
    CHECK_EQ(csr_read(CSR_HIP) >> IRQ_SGEI & 1, 0);
    EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
    csr_put(CSR_HGEIE, BIT(guest));
    for (unsigned vgein = 0; vgein <= guest; vgein += guest) {
        set_vgein(vgein);
        CHECK_EQ(csr_read(CSR_HIP) >> IRQ_SGEI & 1, 1);
        check_taken(__LINE__, BANK_HS, IRQ_SGEI);
    }
    csr_put(CSR_HGEIE, 0);
    EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
}

TEST("AIA 6.1: a message to the running guest's file interrupts it, and it claims by stopei, "
     "without "
     "the hypervisor")
{
    need_guest_files();
    csr_write(CSR_HIDELEG, BIT(IRQ_VSEI));
    csr_write(CSR_HIE, BIT(IRQ_VSEI));
    signal_guest(1, 33);
    check_guest_takes(__LINE__, IRQ_SEI);
    struct trap t = exec(MODE_VS, CSRRW(A0, CSR_STOPEI, ZERO), 0, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), EID(33));
    CHECK_EQ(csr_read(CSR_HGEIP), 0);
    EXPECT_DONE(poll_vs(MODE_VS));
}

TEST("AIA 3.5 6.1: a guest's own store through the G-stage reaches a file")
{
    need_guest_files();
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = (*ts.g_leaf & 0x3ff) | PTE_PPN(s_page(1));
    fence_all();
    set_vgein(1);
    file_set(CSR_VSISELECT, EIE0, 40, 1);
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), ts.va, 40));
    CHECK_EQ(csr_get(CSR_VSTOPEI), EID(40));
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), ts.va, 40)); /* the translation is kept now */
    csr_put(CSR_VSTOPEI, 0);
    CHECK_EQ(csr_get(CSR_VSTOPEI), 0);
}

TEST("AIA 6.3.3: the guest's external interrupt has vstopei's identity as priority number, else "
     "hvictl's with VGEIN 0, else 256")
{
    need_guest_files();
    csr_write(CSR_HIDELEG, BIT(IRQ_VSEI));
    csr_write(CSR_HIE, BIT(IRQ_VSEI));
    csr_put(CSR_HVICTL, HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | HVICTL_IPRIO(7));
    signal_guest(1, 33);
    CHECK_TOPI(CSR_VSTOPI, IRQ_SEI, 33);
    csr_put(CSR_VSTOPEI, 0);
    csr_write(CSR_HVIP, BIT(IRQ_VSEI));
    CHECK_TOPI(CSR_VSTOPI, IRQ_SEI, 255);
    set_vgein(0);
    CHECK_TOPI(CSR_VSTOPI, IRQ_SEI, 7);
}

TEST("AIA 2.5 norm:hstateen0_imsic_op hstateen0.IMSIC closes the file to VS-mode; with mstateen0's "
     "clear it is illegal")
{
    need_guest_files();
    NEED(csr_exists(CSR_HSTATEEN0), "no Ssstateen");
    const u64 imsic = 1ull << 58;
    set_vgein(1);
    csr_put(CSR_VSISELECT, EIE0);
    csr_put64(CSR_HSTATEEN0, ~imsic);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSTOPEI), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), NO_TRAP);
    csr_put64(CSR_HSTATEEN0, ~0ull);
    csr_put64(CSR_MSTATEEN0, ~imsic);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSTOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), EXC_ILLEGAL);
    csr_put64(CSR_MSTATEEN0, ~0ull);
}

TEST("AIA 5.3: mvien[9] is nothing to guest files")
{
    need_guest_files();
    csr_put64(CSR_MVIEN, BIT(IRQ_SEI));
    set_vgein(1);
    csr_put(CSR_VSISELECT, EIE0);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSTOPEI), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), NO_TRAP);
}
