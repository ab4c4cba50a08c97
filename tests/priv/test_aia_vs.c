/* The Advanced Interrupt Architecture at VS level: hvien, hvip, vsie's own bits, hviprio, hvictl
 * and vstopi, and what a guest may not access. */
#include "aia.h"

#define LOCALS (~0x1fffull)

static void check_vstopi(int line, unsigned irq, unsigned iprio)
{
    ulong topi = csr_get(CSR_VSTOPI);
    check_equal(line, "vstopi.IID", topi >> 16, irq);
    check_equal(line, "vstopi.IPRIO", topi & 0xffff, iprio);
    struct trap t = exec(MODE_VS, CSRR(A0, CSR_STOPI), 0, 0);
    check_equal(line, "stopi as VS-mode reads it", RESULT(t), topi);
}
#define CHECK_VSTOPI(irq, iprio) check_vstopi(__LINE__, irq, iprio)

/* ---- 2.3: vsiselect, sireg and vsireg ---- */

TEST("AIA 2.3: vsiselect holds 0 to 0x1ff, and stands in for siselect")
{
    need_ssaia();
    for (ulong v = 0; v < 0x200; v++)
        CHECK_EQ(csr_probe(CSR_VSISELECT, v), v);
    csr_put(CSR_SISELECT, 0x30);
    EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SISELECT, A0), 0x71, 0));
    CHECK_EQ(csr_get(CSR_VSISELECT), 0x71);
    CHECK_EQ(csr_get(CSR_SISELECT), 0x30);
}

TEST("AIA 2.3 6.3.1: the AIA's registers are inaccessible at VS level: sireg and sireg2 to 6 in VS "
     "virtual, vsireg in HS illegal, whatever VGEIN")
{
    need_ssaia();
    NEED(!csr_exists(CSR_MTOPEI), "an IMSIC");
    static const u16 values[] = {0x30, 0x31, 0x32, 0x3f, 0x70, 0x72, 0xc0, 0xff};
    /* Without Sscsrind there are no other alias registers. */
    unsigned last =
        exec(MODE_VU, PEEK(CSR_SIREG2), 0, 0).cause == EXC_VIRTUAL ? CSR_SIREG6 : CSR_SIREG;
    for (unsigned vgein = 0; vgein < 2; vgein++)
        for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            csr_write(CSR_HSTATUS, (ulong)vgein << 12);
            csr_put(CSR_VSISELECT, values[i]);
            csr_put(CSR_SISELECT, 0x30);
            for (unsigned r = CSR_SIREG; r <= last; r++) {
                if (r == CSR_SIPH)
                    continue;
                context("CSR", r);
                EXPECT_OUTCOME(MODE_VS, PEEK(r), EXC_VIRTUAL);
                EXPECT_OUTCOME(MODE_VS, TOUCH(r), EXC_VIRTUAL);
                EXPECT_OUTCOME(MODE_VU, PEEK(r), EXC_VIRTUAL);
                EXPECT_OUTCOME(MODE_HS, PEEK(r + 0x100), EXC_ILLEGAL);
                EXPECT_OUTCOME(MODE_M, PEEK(r + 0x100), EXC_ILLEGAL);
                EXPECT_OUTCOME(MODE_VS, PEEK(r + 0x100), EXC_VIRTUAL);
                EXPECT_OUTCOME(MODE_VU, PEEK(r + 0x100), EXC_VIRTUAL);
                EXPECT_OUTCOME(MODE_U, PEEK(r + 0x100), EXC_ILLEGAL);
            }
        }
}

TEST("AIA 2.3: hvictl, hvien, hviprio and the rest are HS-mode's")
{
    need_ssaia();
    static const u16 csrs[] = {CSR_HVIEN, CSR_HVICTL, CSR_HVIPRIO1, CSR_HVIPRIO2, CSR_VSTOPI};
    for (unsigned i = 0; i < sizeof(csrs) / sizeof(csrs[0]); i++) {
        context("CSR", csrs[i]);
        EXPECT_OUTCOME(MODE_HS, PEEK(csrs[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, PEEK(csrs[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(csrs[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_U, PEEK(csrs[i]), EXC_ILLEGAL);
    }
}

TEST("AIA 2.3: high halves in a guest: virtual for the hypervisor's, sieh and siph are its own")
{
    NEED(!RV64, "RV64 has no high halves");
    need_ssaia();
    static const u16 hypervisors[] = {CSR_HIDELEGH,  CSR_HVIENH, CSR_HVIPH, CSR_HVIPRIO1H,
                                      CSR_HVIPRIO2H, CSR_VSIEH,  CSR_VSIPH};
    for (unsigned i = 0; i < sizeof(hypervisors) / sizeof(hypervisors[0]); i++) {
        EXPECT_OUTCOME(MODE_VS, PEEK(hypervisors[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(hypervisors[i]), NO_TRAP);
    }
    csr_put64(CSR_HVIEN, BIT64(40));
    NEED(csr_get64(CSR_HVIEN), "no interrupt 40");
    EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SIEH, A0), ~0ul, 0));
    CHECK_EQ(csr_get(CSR_VSIEH), BIT(8));
    CHECK_EQ(csr_get(CSR_SIEH), 0);
    EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SIPH, A0), ~0ul, 0));
    CHECK_EQ(csr_get(CSR_HVIPH), BIT(8));
}

/* ---- 6.3.2: hvien, hvip, vsip, vsie ---- */

TEST(
    "AIA 6.3.2: bits 12 to 0 of hvien are read-only zero; hvip above 12 is writable where hvien is")
{
    need_ssaia();
    u64 en = csr_probe64(CSR_HVIEN, ~0ull);
    CHECK_EQ(en & ~LOCALS, 0);
    csr_put64(CSR_HVIEN, 0);
    u64 ip = csr_probe64(CSR_HVIP, ~0ull);
    CHECK_EQ(ip & LOCALS, en);
    CHECK_EQ(ip & ~LOCALS, VS_IRQS);
    CHECK_EQ(csr_read(CSR_HIP) & ~0x1ffful, 0);
    CHECK_EQ(csr_get64(CSR_MIP) & LOCALS, 0);
    CHECK_EQ(csr_get64(CSR_VSIP), 0);
}

TEST(
    "AIA 6.3.2: each virtual interrupt of hvien and hvip is taken by VS with its number; the guest "
    "can clear it")
{
    need_ssaia();
    u64 bits = csr_probe64(CSR_HVIEN, ~0ull);
    NEED(bits, "no virtual interrupts");
    for (unsigned irq = 13; irq < 64; irq++) {
        if (!(bits >> irq & 1))
            continue;
        context("interrupt", irq);
        csr_put64(CSR_HVIP, BIT64(irq));
        CHECK_EQ(csr_get64(CSR_VSIP), BIT64(irq));
        csr_put64(CSR_VSIE, 0);
        CHECK_EQ(csr_get(CSR_VSTOPI), 0);
        csr_put64(CSR_VSIE, BIT64(irq));
        CHECK_EQ(csr_get64(CSR_VSIE), BIT64(irq));
        CHECK_EQ(csr_get64(CSR_MIE), 0);
        CHECK_EQ(csr_get64(CSR_SIE), 0);
        CHECK_EQ(csr_get(CSR_VSTOPI) >> 16, irq);
        check_guest_takes(__LINE__, irq);
        u32 clear = RV64 || irq < 32 ? CSRRC(ZERO, CSR_SIP, A0) : CSRRC(ZERO, CSR_SIPH, A0);
        EXPECT_DONE(exec(MODE_VS, clear, RV64 ? (ulong)BIT64(irq) : BIT(irq % 32), 0));
        CHECK_EQ(csr_get64(CSR_HVIP), 0);
    }
    csr_put64(CSR_HVIEN, 0);
    CHECK_EQ(csr_get64(CSR_VSIE), 0);
}

TEST(
    "AIA 6.3.2: with hideleg set vsip and vsie are sip's and sie's bits, which may be mvip's; hvip "
    "is not seen")
{
    need_ssaia();
    u64 bit = BIT64(20);
    csr_put64(CSR_MVIEN, bit);
    csr_put64(CSR_HVIEN, bit);
    NEED(csr_get64(CSR_MVIEN) & csr_get64(CSR_HVIEN), "no virtual interrupt 20");
    NEED(csr_probe64(CSR_HIDELEG, bit) & bit, "hideleg[20] is read-only zero");
    csr_put64(CSR_HVIP, bit);
    CHECK_EQ(csr_get64(CSR_VSIP), 0);
    csr_put64(CSR_HVIP, 0);
    csr_put64(CSR_MVIP, bit);
    CHECK_EQ(csr_get64(CSR_VSIP), bit);
    csr_put64(CSR_VSIE, bit);
    CHECK_EQ(csr_get64(CSR_SIE), bit);
    CHECK_EQ(csr_get(CSR_STOPI), 0);
    check_guest_takes(__LINE__, 20);
    csr_put64(CSR_VSIP, 0);
    CHECK_EQ(csr_get64(CSR_MVIP), 0);
    csr_put64(CSR_VSIE, 0);
    CHECK_EQ(csr_get64(CSR_SIE), 0);
    csr_put64(CSR_HIDELEG, 0);
    csr_put64(CSR_MVIP, bit);
    csr_put64(CSR_SIE, bit);
    EXPECT_TRAP(RUN(MODE_VU, CODE(NOP)), .bank = BANK_HS, .cause = INTERRUPT | 20);
}

TEST("AIA 6.3.2 norm:vsip_vsie_lcofi bit 13: hvip gives a guest its own LCOFI; hideleg[13] is "
     "writable under mvien[13] iff it is under mideleg[13]")
{
    need_ssaia();
    ulong lcofi = BIT(IRQ_LCOFI);
    NEED(csr_probe64(CSR_HVIEN, lcofi), "hvien[13] is zero");
    CHECK_EQ(csr_probe64(CSR_HVIP, lcofi), lcofi);
    CHECK_EQ(csr_read(CSR_VSIP), lcofi);
    CHECK_EQ(csr_read(CSR_MIP) & lcofi, 0);
    csr_write(CSR_VSIE, lcofi);
    check_guest_takes(__LINE__, IRQ_LCOFI);
    csr_write(CSR_MIDELEG, lcofi);
    NEED(csr_read(CSR_MIDELEG) & lcofi, "no Sscofpmf");
    ulong real = csr_probe(CSR_HIDELEG, lcofi);
    csr_write(CSR_HIDELEG, 0);
    csr_write(CSR_MIDELEG, 0);
    csr_put64(CSR_MVIEN, lcofi);
    NEED(csr_get64(CSR_MVIEN), "mvien[13] is zero");
    CHECK_EQ(csr_probe(CSR_HIDELEG, lcofi), real);
}

TEST("AIA 6.3.2 norm:vsip_vsie_sz_acc_op writes of hip, hie, vsip and vsie leave the bits from 13 "
     "on "
     "of others alone")
{
    need_ssaia();
    csr_put64(CSR_HVIEN, ~0ull);
    csr_put64(CSR_MVIEN, ~0ull);
    u64 own = csr_get64(CSR_HVIEN), filtered = csr_get64(CSR_MVIEN);
    ulong lcofi = csr_probe(CSR_MIE, BIT(IRQ_LCOFI));
    csr_put64(CSR_SIE, filtered);
    csr_put64(CSR_VSIE, own);
    csr_put64(CSR_HVIP, own);
    csr_write(CSR_HIE, 0);
    csr_write(CSR_HIP, 0);
    CHECK_EQ(csr_get64(CSR_SIE), filtered);
    CHECK_EQ(csr_get64(CSR_VSIE), own);
    CHECK_EQ(csr_get64(CSR_HVIP), own);
    CHECK_EQ(csr_read(CSR_MIE), lcofi);
    csr_put64(CSR_VSIE, 0);
    CHECK_EQ(csr_get64(CSR_SIE), filtered);
    CHECK_EQ(csr_read(CSR_MIE), lcofi);
    csr_write(CSR_HIE, ~0ul);
    CHECK_EQ(csr_get64(CSR_VSIE), 0);
    csr_put64(CSR_SIE, 0);
    CHECK_EQ(csr_read(CSR_HIE) & VS_IRQS, VS_IRQS);
    CHECK_EQ(csr_read(CSR_MIE) & BIT(IRQ_LCOFI), lcofi);
    csr_put64(CSR_VSIP, 0);
    CHECK_EQ(csr_get64(CSR_HVIP), 0);
}

/* ---- 6.3.1, 6.3.3: priorities ---- */

TEST("AIA 6.3.1: hviprio1 and hviprio2: reserved bytes zero, the others of equal width, 6 bits or "
     "more")
{
    need_ssaia();
    u64 one = csr_probe64(CSR_HVIPRIO1, ~0ull), two = csr_probe64(CSR_HVIPRIO2, ~0ull);
    CHECK_EQ(one & 0x000000ff00ff00ffull, 0);
    unsigned width = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned most = (i < 8 ? one : two) >> i % 8 * 8 & 0xff;
        if (most && !width)
            width = most;
        CHECK(!most || (most == width && most >= 0x3f));
    }
    CHECK_EQ(csr_probe64(CSR_HVIPRIO1, 0) | csr_probe64(CSR_HVIPRIO2, 0), 0);
}

static void set_guest_priority(unsigned irq, unsigned number)
{
    unsigned csr = irq < 16 ? CSR_HVIPRIO1 : CSR_HVIPRIO2;
    unsigned byte = irq == 1 ? 1 : irq == 5 ? 3 : irq < 16 ? irq - 8u : irq - 16u;
    u64 old = csr_get64(csr) & ~(0xffull << 8 * byte);
    csr_put64(csr, old | (u64)number << 8 * byte);
}

TEST("AIA 6.3.1 6.3.3: hviprio decides among VS interrupts; IPRIO is 1 unless IPRIOM is set")
{
    need_ssaia();
    csr_put64(CSR_HVIPRIO1, 0xffull << 8);
    NEED(csr_get64(CSR_HVIPRIO1) >> 8 == 255, "no priority numbers");
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, BIT(IRQ_VSSI) | BIT(IRQ_VSTI));
    csr_write(CSR_HVIP, VS_IRQS);
    static const struct {
        u8 ssi, sti, first, iprio;
    } rows[] = {{0, 0, IRQ_SSI, 255}, {0, 255, IRQ_STI, 255}, {9, 9, IRQ_SSI, 9},
                {9, 8, IRQ_STI, 8},   {1, 255, IRQ_SSI, 1},   {255, 0, IRQ_SSI, 255}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        context("row", i);
        set_guest_priority(IRQ_SSI, rows[i].ssi);
        set_guest_priority(IRQ_STI, rows[i].sti);
        csr_put(CSR_HVICTL, 0);
        CHECK_VSTOPI(rows[i].first, 1);
        csr_put(CSR_HVICTL, HVICTL_IPRIOM);
        CHECK_VSTOPI(rows[i].first, rows[i].iprio);
        check_guest_takes(__LINE__, rows[i].first);
    }
}

TEST("AIA 6.3.1: hviprio has bytes for 13 to 23, and none of others")
{
    need_ssaia();
    u64 all = 0xffe000ull | BIT64(24) | BIT64(32) | BIT64(47);
    NEED((csr_probe64(CSR_HVIEN, all) & all) == all, "not all can be virtual");
    csr_put(CSR_HVICTL, HVICTL_IPRIOM);
    csr_put64(CSR_HVIPRIO1, ~0ull);
    csr_put64(CSR_HVIPRIO2, ~0ull);
    NEED(csr_get64(CSR_HVIPRIO2) == ~0ull, "no priority numbers of 8 bits");
    csr_put64(CSR_HVIPRIO1, 0x010203ull << 40);
    csr_put64(CSR_HVIPRIO2, 0x0405060708090a0bull);
    csr_put64(CSR_VSIE, all);
    for (unsigned irq = 13; irq < 48; irq++) {
        if (!(all >> irq & 1))
            continue;
        context("interrupt", irq);
        csr_put64(CSR_HVIP, BIT64(irq));
        unsigned iprio = irq < 16 ? 16u - irq : irq < 24 ? 27u - irq : irq == 47 ? 0 : 255;
        CHECK_VSTOPI(irq, iprio);
    }
    csr_put64(CSR_HVIP, all);
    CHECK_VSTOPI(47, 0);
    csr_put64(CSR_HVIP, all & ~BIT64(47));
    CHECK_VSTOPI(15, 1);
}

TEST("AIA 6.3.3: the guest's external interrupt has 256, or hvictl.IPRIO where IID=9 and VGEIN=0")
{
    need_ssaia();
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, VS_IRQS);
    csr_put(CSR_HVICTL, HVICTL_IPRIOM);
    CHECK_VSTOPI(IRQ_SEI, 255);
    csr_put64(CSR_HVIPRIO1, 255ull << 8);
    NEED(csr_get64(CSR_HVIPRIO1), "no priority numbers");
    CHECK_VSTOPI(IRQ_SSI, 255);
    set_guest_priority(IRQ_SSI, 7);
    csr_put(CSR_HVICTL, HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | HVICTL_IPRIO(7));
    CHECK_VSTOPI(IRQ_SEI, 7); /* a tie: the default order */
    check_guest_takes(__LINE__, IRQ_SEI);
    set_guest_priority(IRQ_SSI, 6);
    CHECK_VSTOPI(IRQ_SSI, 6);
    check_guest_takes(__LINE__, IRQ_SSI);
    csr_put(CSR_HVICTL, HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI));
    set_guest_priority(IRQ_SSI, 0);
    CHECK_VSTOPI(IRQ_SEI, 255);
    csr_put(CSR_HVICTL, HVICTL_IPRIOM | HVICTL_IID(8) | HVICTL_IPRIO(7));
    CHECK_VSTOPI(IRQ_SEI, 255);
}

TEST("AIA 6.3.3: with a VGEIN that is not zero hvictl.IPRIO is nothing to the external interrupt")
{
    need_ssaia();
    csr_write(CSR_HSTATUS, 1ul << 12);
    NEED(csr_read(CSR_HSTATUS) & HSTATUS_VGEIN, "no guest external interrupts");
    NEED(!csr_exists(CSR_MTOPEI), "an IMSIC");
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, BIT(IRQ_VSEI));
    csr_write(CSR_HVIP, BIT(IRQ_VSEI));
    csr_put(CSR_HVICTL, HVICTL_IPRIOM | HVICTL_IID(IRQ_SEI) | HVICTL_IPRIO(7));
    CHECK_VSTOPI(IRQ_SEI, 255);
    csr_write(CSR_HSTATUS, 0);
    CHECK_VSTOPI(IRQ_SEI, 7);
}
