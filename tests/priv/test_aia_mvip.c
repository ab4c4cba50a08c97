/* The Advanced Interrupt Architecture: interrupts that M-mode filters, and virtual ones that it
 * makes for S-mode (mvien, mvip); the order among local interrupts. */
#include "aia.h"

#define LOCALS (~0x1fffull)

/* ---- 5.3: mvien and mvip ---- */

TEST("AIA 5.3: mvien has bits 1, 9 and 13 to 63 at most; mvip has those and bit 5")
{
    need_smaia();
    u64 en = csr_probe64(CSR_MVIEN, ~0ull);
    CHECK_EQ(en & 0x1fff & ~(BIT(IRQ_SSI) | BIT(IRQ_SEI)), 0);
    u64 ip = csr_probe64(CSR_MVIP, ~0ull);
    CHECK_EQ(ip & 0x1fff & ~(BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI)), 0);
    CHECK_EQ(ip & LOCALS, en & LOCALS);
    CHECK_EQ(csr_probe64(CSR_MVIP, 0), 0);
}

TEST("AIA 5.3: with mvien zero mvip's bits 1, 5 and 9 are mip's SSIP, STIP and software's SEIP")
{
    need_smaia();
    csr_put64(CSR_MENVCFG, 0);
    static const u8 irqs[] = {IRQ_SSI, IRQ_STI, IRQ_SEI};
    for (unsigned i = 0; i < 3; i++) {
        context("interrupt", irqs[i]);
        csr_put(CSR_MVIP, BIT(irqs[i]));
        CHECK_EQ(csr_read(CSR_MIP) & 0x222, BIT(irqs[i]));
        csr_clear(CSR_MIP, BIT(irqs[i]));
        CHECK_EQ(csr_get(CSR_MVIP), 0);
        csr_set(CSR_MIP, BIT(irqs[i]));
        CHECK_EQ(csr_get(CSR_MVIP), BIT(irqs[i]));
        csr_put(CSR_MVIP, 0);
        CHECK_EQ(csr_read(CSR_MIP) & BIT(irqs[i]), 0);
    }
}

TEST("AIA 5.3: bit 5 of mvip is read-only zero while STIP is the comparator's (STCE)")
{
    need_smaia();
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_STCE, "no Sstc");
    CHECK_EQ(csr_probe(CSR_MVIP, BIT(IRQ_STI)), 0);
    csr_put64(CSR_STIMECMP, 0);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_STI), BIT(IRQ_STI));
    CHECK_EQ(csr_get(CSR_MVIP), 0);
}

TEST("AIA 5.3: with mvien[1] set mvip's bit 1 is apart from mip.SSIP, and sip shows it")
{
    need_smaia();
    NEED(csr_probe(CSR_MVIEN, BIT(IRQ_SSI)), "mvien[1] is zero");
    csr_put(CSR_MVIP, 0);
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MVIP), 0);
    CHECK_EQ(csr_read(CSR_SIP), 0);
    csr_put(CSR_MVIP, BIT(IRQ_SSI));
    csr_clear(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MVIP), BIT(IRQ_SSI));
    CHECK_EQ(csr_read(CSR_SIP), BIT(IRQ_SSI));
    csr_clear(CSR_SIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MVIP), 0);
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI)); /* then sip is mip's, whatever mvien */
    csr_put(CSR_MVIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_read(CSR_SIP), 0);
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_read(CSR_SIP), BIT(IRQ_SSI));
}

TEST("AIA 5.3: with mvien[9] set SEIP in mip is read-only and not mvip's; changing mvien[9] leaves "
     "mvip[9]")
{
    need_smaia();
    csr_put(CSR_MVIP, BIT(IRQ_SEI));
    NEED(csr_probe(CSR_MVIEN, BIT(IRQ_SEI)), "mvien[9] is zero");
    CHECK_EQ(csr_get(CSR_MVIP), BIT(IRQ_SEI));
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SEI), 0);
    CHECK_EQ(csr_read(CSR_SIP) & BIT(IRQ_SEI), BIT(IRQ_SEI));
    csr_put(CSR_MVIP, 0);
    csr_set(CSR_MIP, BIT(IRQ_SEI));
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SEI), 0);
    CHECK_EQ(csr_get(CSR_MVIP), 0);
    csr_put(CSR_MVIP, BIT(IRQ_SEI));
    csr_clear(CSR_MIP, BIT(IRQ_SEI));
    csr_put(CSR_MVIEN, 0);
    CHECK_EQ(csr_get(CSR_MVIP), BIT(IRQ_SEI));
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SEI), BIT(IRQ_SEI));
}

TEST("AIA 5.3: sie: an alias of mie under mideleg, a bit of its own under mvien, else read-only "
     "zero")
{
    need_smaia();
    NEED(csr_probe(CSR_MVIEN, BIT(IRQ_SSI) | BIT(IRQ_SEI)), "mvien is zero");
    ulong own = csr_get(CSR_MVIEN);
    CHECK_EQ(csr_probe(CSR_SIE, ~0ul) & 0x1fff, own & 0x1fff);
    CHECK_EQ(csr_read(CSR_MIE), 0);
    csr_write(CSR_MIE, 0x222);
    csr_write(CSR_SIE, 0);
    CHECK_EQ(csr_read(CSR_MIE), 0x222);
    csr_write(CSR_MIDELEG, 0x222);
    CHECK_EQ(csr_read(CSR_SIE), 0x222);
    csr_write(CSR_SIE, BIT(IRQ_STI));
    CHECK_EQ(csr_read(CSR_MIE), BIT(IRQ_STI));
    csr_put(CSR_MVIEN, 0);
    csr_write(CSR_MIDELEG, 0);
    CHECK_EQ(csr_probe(CSR_SIE, ~0ul), 0);
    CHECK_EQ(csr_read(CSR_SIP), 0);
}

TEST("AIA 5.3 5.4: a filtered interrupt traps to M, and to S when M passes it on in mvip")
{
    need_smaia();
    NEED(csr_probe(CSR_MVIEN, BIT(IRQ_SSI)), "mvien[1] is zero");
    csr_put(CSR_MVIP, 0);
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    csr_write(CSR_SIE, BIT(IRQ_SSI));
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_STOPI), 0);
    check_taken(__LINE__, BANK_M, IRQ_SSI);
    csr_clear(CSR_MIP, BIT(IRQ_SSI));
    csr_put(CSR_MVIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MTOPI), 0);
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_SSI);
    check_taken(__LINE__, BANK_HS, IRQ_SSI);
    csr_write(CSR_SIE, 0);
    EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
}

TEST("AIA 5.3 5.4: SEI by mvip[9] with mvien[9] set is taken by S; the line is M's")
{
    need_smaia();
    NEED(csr_probe(CSR_MVIEN, BIT(IRQ_SEI)), "mvien[9] is zero");
    csr_write(CSR_SIE, BIT(IRQ_SEI));
    csr_put(CSR_MVIP, BIT(IRQ_SEI));
    check_taken(__LINE__, BANK_HS, IRQ_SEI);
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_SEI);
}

TEST("AIA 5.3 5.4: each virtual interrupt of mvien and mvip is taken by S with its number, and S "
     "can "
     "clear it")
{
    need_smaia();
    u64 bits = csr_probe64(CSR_MVIEN, ~0ull) & LOCALS;
    NEED(bits, "no virtual interrupts from 13 on");
    CHECK_EQ(csr_probe64(CSR_SIE, ~0ull) & LOCALS, bits);
    CHECK_EQ(csr_get64(CSR_MIE) & LOCALS, 0);
    for (unsigned irq = 13; irq < 64; irq++) {
        if (!(bits >> irq & 1))
            continue;
        context("interrupt", irq);
        csr_put64(CSR_MVIP, BIT64(irq));
        CHECK_EQ(csr_get64(CSR_SIP), BIT64(irq));
        CHECK_EQ(csr_get64(CSR_MIP) & ~(u64)MACHINE_IRQS, 0);
        CHECK_EQ(csr_get(CSR_STOPI) >> 16, irq);
        check_taken(__LINE__, BANK_HS, irq);
        csr_put64(CSR_SIP, 0);
        CHECK_EQ(csr_get64(CSR_MVIP), 0);
        csr_put64(CSR_SIP, BIT64(irq));
        CHECK_EQ(csr_get64(CSR_MVIP), BIT64(irq));
        csr_put64(CSR_SIP, 0);
    }
    csr_put64(CSR_MVIEN, 0);
    CHECK_EQ(csr_get64(CSR_SIE) & LOCALS, 0);
}

TEST("AIA 5.1 5.4: standard local interrupts from 40 on come before SEI, those up to 39 after "
     "LCOFI, "
     "in the order planned")
{
    need_smaia();
    static const u8 order[] = {47, 23, 46, 45, 22, 44, 43, 21, 42, 41, 20, 40, IRQ_SEI,
                               13, 39, 19, 38, 37, 18, 36, 35, 17, 34, 33, 16, 32};
    u64 all = 0;
    for (unsigned i = 0; i < sizeof(order); i++)
        all |= BIT64(order[i]);
    NEED((csr_probe64(CSR_MVIEN, all) & all) == all, "not all can be virtual");
    csr_put64(CSR_SIE, all);
    csr_put64(CSR_MVIP, all);
    for (unsigned i = 0; i < sizeof(order); i++) {
        CHECK_TOPI(CSR_STOPI, order[i], i < 12 ? 0 : 255);
        check_taken(__LINE__, BANK_HS, order[i]);
        all &= ~BIT64(order[i]);
        csr_put64(CSR_MVIP, all);
    }
    CHECK_EQ(csr_get(CSR_STOPI), 0);
}

TEST("AIA 5.4.1: a number lowers what by default comes before SEI, and raises what comes after")
{
    need_smaia();
    u64 all = BIT64(43) | BIT64(35) | BIT64(IRQ_SEI);
    NEED((csr_probe64(CSR_MVIEN, all) & all) == all, "not all can be virtual");
    csr_put64(CSR_SIE, all);
    csr_put64(CSR_MVIP, all);
    NEED(set_priority(CSR_SISELECT, 43, 4) == 4, "no priority numbers");
    CHECK_TOPI(CSR_STOPI, 43, 4);
    set_priority(CSR_SISELECT, 35, 3);
    CHECK_TOPI(CSR_STOPI, 35, 3);
    set_priority(CSR_SISELECT, 35, 4);
    CHECK_TOPI(CSR_STOPI, 43, 4);
    set_priority(CSR_SISELECT, 43, 5);
    CHECK_TOPI(CSR_STOPI, 35, 4);
    check_taken(__LINE__, BANK_HS, 35);
    set_priority(CSR_SISELECT, 43, 0);
    CHECK_TOPI(CSR_STOPI, 43, 0);
    check_taken(__LINE__, BANK_HS, 43);
}

TEST("AIA 5.3: hideleg is read-only zero where mideleg and mvien are; bits from 13 on follow mvien")
{
    need_smaia();
    for (unsigned irq = 13; irq < 64; irq++) {
        context("interrupt", irq);
        csr_put64(CSR_MVIEN, ~BIT64(irq));
        csr_write(CSR_MIDELEG, RV64 ? (ulong)~BIT64(irq) : ~(irq < 32 ? (ulong)BIT64(irq) : 0));
        CHECK_EQ(csr_probe64(CSR_HIDELEG, BIT64(irq)) >> irq & 1, 0);
    }
    csr_put64(CSR_MVIEN, ~0ull);
    u64 bits = csr_probe64(CSR_HIDELEG, ~0ull);
    csr_write(CSR_MIDELEG, 0);
    csr_put64(CSR_MVIEN, 0);
    CHECK_EQ(csr_get64(CSR_HIDELEG), bits & VS_IRQS);
}

TEST("AIA 5.3: bit 13 (LCOFI): mvip apart from mip, and mvien with mideleg decide what sip shows")
{
    need_smaia();
    NEED(csr_probe64(CSR_MVIEN, BIT(IRQ_LCOFI)), "mvien[13] is zero");
    csr_write(CSR_MIDELEG, BIT(IRQ_LCOFI));
    NEED(csr_read(CSR_MIDELEG) & BIT(IRQ_LCOFI), "no Sscofpmf");
    csr_set(CSR_MIP, BIT(IRQ_LCOFI));
    CHECK_EQ(csr_get64(CSR_MVIP), 0);
    CHECK_EQ(csr_read(CSR_SIP), BIT(IRQ_LCOFI));
    csr_write(CSR_MIDELEG, 0);
    CHECK_EQ(csr_read(CSR_SIP), 0);
    csr_put64(CSR_MVIP, BIT(IRQ_LCOFI));
    csr_clear(CSR_MIP, BIT(IRQ_LCOFI));
    CHECK_EQ(csr_read(CSR_SIP), BIT(IRQ_LCOFI));
}

/* ---- 5.5 ---- */

TEST("AIA 5.5: WFI ends when an interrupt is pending at supervisor level only in mvip")
{
    need_smaia();
    NEED(csr_probe(CSR_MVIEN, BIT(IRQ_SEI)), "mvien[9] is zero");
    csr_write(CSR_SIE, BIT(IRQ_SEI));
    csr_put(CSR_MVIP, BIT(IRQ_SEI));
    CHECK_EQ(csr_read(CSR_MIP) & ~MACHINE_IRQS, 0);
    EXPECT_DONE(RUN(MODE_M, CODE(WFI)));
    EXPECT_DONE(RUN(MODE_HS, CODE(WFI)));
}
