/* The Advanced Interrupt Architecture: interrupts that hvictl injects into a guest, what they come
 * before, and what a guest may not do meanwhile. */
#include "aia.h"

TEST("AIA 6.3.2: hvictl: VTI, IID of 6 bits or more, DPR, IPRIOM, IPRIO; else zero")
{
    need_ssaia();
    ulong all = csr_probe(CSR_HVICTL, ~0ul);
    ulong iid = all >> 16 & 0xfff;
    CHECK_EQ(all & ~IID(0xfff), HVICTL_VTI | HVICTL_DPR | HVICTL_IPRIOM | 0xff);
    CHECK(iid >= 63 && !(iid & (iid + 1)));
    for (ulong i = 0; i <= iid; i += i < 64 ? 1 : 61)
        CHECK_EQ(csr_probe(CSR_HVICTL, IID(i)), IID(i));
    CHECK_EQ(csr_probe(CSR_HVICTL, 0), 0);
}

TEST("AIA 6.3.2: hvictl changes none of mip, sip, hip and vsip")
{
    need_ssaia();
    csr_write(CSR_HIDELEG, VS_IRQS);
    for (unsigned irq = 0; irq < 16; irq++) {
        csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(irq) | HVICTL_IPRIO(1));
        CHECK_EQ((csr_get64(CSR_MIP) & ~(u64)MACHINE_IRQS) | csr_get64(CSR_SIP) |
                     csr_read(CSR_HIP) | csr_get64(CSR_VSIP),
                 0);
    }
}

TEST("AIA 6.3.3: hvictl's interrupt against the external one: by IPRIO, without one by DPR")
{
    need_ssaia();
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, VS_IRQS);
    static const struct {
        u8 iprio, after, first, shown;
    } rows[] = {{0, 0, 40, 0},     {0, 1, IRQ_SEI, 255}, {255, 0, 40, 255},
                {255, 1, 40, 255}, {1, 1, 40, 1},        {1, 0, 40, 1}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        context("row", i);
        ulong v = HVICTL_VTI | HVICTL_IID(40) | HVICTL_IPRIO(rows[i].iprio) |
                  (rows[i].after ? HVICTL_DPR : 0);
        csr_put(CSR_HVICTL, v | HVICTL_IPRIOM);
        ulong topi = csr_get(CSR_VSTOPI);
        CHECK_EQ(topi, IID(rows[i].first) | rows[i].shown);
        check_guest_takes(__LINE__, rows[i].first);
        csr_put(CSR_HVICTL, v);
        CHECK_EQ(csr_get(CSR_VSTOPI), IID(rows[i].first) | 1);
    }
    csr_write(CSR_HVIP, 0);
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(40) | HVICTL_DPR | HVICTL_IPRIOM);
    CHECK_EQ(csr_get(CSR_VSTOPI), IID(40) | 255);
    check_guest_takes(__LINE__, 40);
}

TEST("AIA 6.3.3: with VTI=1 the pending bits of vsip but SEI are no candidates; IID=9 means none")
{
    need_ssaia();
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, BIT(IRQ_VSSI) | BIT(IRQ_VSTI));
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(9) | HVICTL_IPRIO(3) | HVICTL_IPRIOM);
    CHECK_EQ(csr_get(CSR_VSTOPI), 0);
    EXPECT_DONE(poll_vs(MODE_VU));
    csr_write(CSR_HVIP, VS_IRQS);
    CHECK_EQ(csr_get(CSR_VSTOPI), IID(IRQ_SEI) | 3);
    csr_clear(CSR_HIE, BIT(IRQ_VSEI));
    CHECK_EQ(csr_get(CSR_VSTOPI), 0);
}

TEST("AIA 6.3.2: hvictl with VTI=0 injects nothing")
{
    need_ssaia();
    csr_put(CSR_HVICTL, HVICTL_IID(40) | HVICTL_IPRIO(3));
    CHECK_EQ(csr_get(CSR_VSTOPI), 0);
    EXPECT_DONE(poll_vs(MODE_VU));
}

TEST("AIA 6.3.4: every IID is taken with its own number as cause and vector; it stays until hvictl "
     "changes")
{
    need_ssaia();
    csr_write(CSR_VSTVEC, (ulong)s_vector_table | 1);
    NEED(csr_read(CSR_VSTVEC) & 1, "vstvec has no vectored mode");
    for (unsigned irq = 0; irq < 64; irq++) {
        if (irq == IRQ_SEI)
            continue;
        context("IID", irq);
        ulong v = HVICTL_VTI | HVICTL_IID(irq) | HVICTL_IPRIO(2);
        csr_put(CSR_HVICTL, v);
        struct trap t = poll_vs(MODE_VS);
        CHECK_EQ(t.bank, BANK_VS);
        CHECK_EQ(t.cause, INTERRUPT | irq);
        CHECK_EQ(t.vector, irq);
        CHECK_EQ(csr_get(CSR_HVICTL), v);
        CHECK_EQ(csr_get(CSR_VSTOPI), IID(irq) | 1);
    }
    csr_put(CSR_HVICTL, 0);
    EXPECT_DONE(poll_vs(MODE_VS));
}

TEST("AIA 6.3.4: an exception whose code is hvictl's IID follows hedeleg, not hvictl")
{
    need_ssaia();
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(EXC_ILLEGAL));
    csr_write(CSR_VSSTATUS, 0);
    EXPECT_ILLEGAL(exec(MODE_VS, UNIMP, 0, 0), UNIMP);
    delegate_all(BANK_HS);
    EXPECT_TRAP(exec(MODE_VS, UNIMP, 0, 0), .bank = BANK_HS, .cause = EXC_ILLEGAL, INSN(UNIMP));
}

TEST("AIA 6.3.4: interrupts of M and HS come before hvictl's")
{
    need_ssaia();
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(1) | HVICTL_IPRIO(1));
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    EXPECT_TRAP(RUN(MODE_VU, CODE(NOP)), .bank = BANK_HS, .cause = INTERRUPT | IRQ_SSI);
    csr_write(CSR_MIDELEG, 0);
    EXPECT_TRAP(RUN(MODE_VU, CODE(NOP)), .bank = BANK_M, .cause = INTERRUPT | IRQ_SSI);
}

TEST("AIA 5.5: WFI ends for an interrupt that hvictl makes, in any mode")
{
    need_ssaia();
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(13));
    CHECK_EQ(csr_read(CSR_MIP) & ~MACHINE_IRQS, 0);
    EXPECT_DONE(RUN(MODE_M, CODE(WFI)));
    EXPECT_DONE(RUN(MODE_HS, CODE(WFI)));
    csr_write(CSR_VSSTATUS, 0);
    EXPECT_DONE(RUN(MODE_VS, CODE(WFI)));
}

TEST("AIA 6.3.2: with VTI=1 a guest's accesses of sip and sie, and writes of stimecmp, are virtual "
     "instructions; HS-mode's of vsip and vsie are not")
{
    need_ssaia();
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    csr_put64(CSR_HENVCFG, ENVCFG_STCE);
    int stce = (csr_get64(CSR_HENVCFG) & ENVCFG_STCE) != 0;
    static const u16 pending[] = {CSR_SIP, CSR_SIE, CSR_SIPH, CSR_SIEH};
    static const u16 timers[] = {CSR_STIMECMP, CSR_STIMECMPH};
    for (unsigned vti = 0; vti < 2; vti++) {
        ulong cause = vti ? EXC_VIRTUAL : NO_TRAP;
        csr_put(CSR_HVICTL, vti ? HVICTL_VTI | HVICTL_IID(9) : HVICTL_IID(9));
        for (unsigned i = 0; i < (RV64 ? 2 : 4); i++) {
            context("CSR", pending[i]);
            EXPECT_OUTCOME(MODE_VS, PEEK(pending[i]), cause);
            EXPECT_OUTCOME(MODE_VS, TOUCH(pending[i]), cause);
            EXPECT_OUTCOME(MODE_VS, CSRW(pending[i], A0), cause);
            EXPECT_OUTCOME(MODE_HS, TOUCH(pending[i]), NO_TRAP);
            EXPECT_OUTCOME(MODE_HS, TOUCH(pending[i] + 0x100), NO_TRAP);
            EXPECT_OUTCOME(MODE_M, TOUCH(pending[i]), NO_TRAP);
            EXPECT_OUTCOME(MODE_VU, PEEK(pending[i]), EXC_VIRTUAL);
        }
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPI), NO_TRAP);
        for (unsigned i = 0; stce && i < (RV64 ? 1 : 2); i++) {
            context("CSR", timers[i]);
            EXPECT_OUTCOME(MODE_VS, PEEK(timers[i]), NO_TRAP);
            EXPECT_OUTCOME(MODE_VS, TOUCH(timers[i]), cause);
            EXPECT_OUTCOME(MODE_VS, CSRW(timers[i], A0), cause);
            EXPECT_OUTCOME(MODE_HS, TOUCH(timers[i]), NO_TRAP);
            EXPECT_OUTCOME(MODE_HS, TOUCH(timers[i] + 0x100), NO_TRAP);
        }
    }
}

TEST("AIA 6.3.2: VTI comes after the enables of stimecmp: what is illegal there stays illegal")
{
    need_ssaia();
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    csr_put64(CSR_HENVCFG, ENVCFG_STCE);
    NEED(csr_get64(CSR_HENVCFG) & ENVCFG_STCE, "no Sstc");
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(9));
    csr_write(CSR_MCOUNTEREN, 0);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_STIMECMP), EXC_ILLEGAL);
    csr_write(CSR_MCOUNTEREN, ~0ul);
    csr_put64(CSR_MENVCFG, 0);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_STIMECMP), EXC_ILLEGAL);
}

TEST("AIA 6.3.4: a guest that raises or enables an interrupt itself takes it at the next "
     "instruction")
{
    need_ssaia();
    NEED(csr_probe64(CSR_HVIEN, BIT64(14)), "no virtual interrupt 14");
    csr_write(CSR_VSIE, BIT(14));
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    EXPECT_TRAP(RUN(MODE_VS, CODE(CSRRS(ZERO, CSR_SIP, A0), NOP), .a0 = BIT(14)), .bank = BANK_VS,
                .at = 4, .cause = INTERRUPT | 14);
    csr_write(CSR_VSIE, 0);
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    EXPECT_TRAP(RUN(MODE_VS, CODE(NOP, CSRRS(ZERO, CSR_SIE, A0), NOP), .a0 = BIT(14)),
                .bank = BANK_VS, .at = 8, .cause = INTERRUPT | 14);
    csr_put64(CSR_HVIP, 0);
    /* HS writes hvictl and returns into the guest. */
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    csr_write(CSR_HSTATUS, HSTATUS_SPV);
    csr_set(CSR_MSTATUS, STATUS_SPP);
    csr_write(CSR_SEPC, (ulong)slot_pages + 0x200);
    struct trap t =
        RUN(MODE_HS, CODE(CSRW(CSR_HVICTL, A0), SRET), .a0 = HVICTL_VTI | HVICTL_IID(21));
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.cause, INTERRUPT | 21);
    CHECK_EQ(t.epc, (ulong)slot_pages + 0x200);
}

TEST("AIA 6.3.2 norm:misa_h_op without H nothing is injected")
{
    need_ssaia();
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(9));
    csr_clear(CSR_MISA, MISA_H);
    NEED(!(csr_read(CSR_MISA) & MISA_H), "misa.H cannot be cleared");
    CHECK_EQ(csr_exists(CSR_HVICTL), 0);
    CHECK_EQ(csr_exists(CSR_VSTOPI), 0);
    CHECK_EQ(csr_exists(CSR_STOPI), 1);
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    csr_write(CSR_SIE, BIT(IRQ_SSI));
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_SSI);
}
