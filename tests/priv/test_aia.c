/* The Advanced Interrupt Architecture at machine and supervisor level: select registers and the
 * priority arrays behind them, mtopi and stopi. */
#include "aia.h"

static void enable_supervisor(ulong irqs)
{
    csr_write(CSR_MIDELEG, irqs);
    csr_write(CSR_MIE, irqs);
}

/* ---- 2: the CSRs ---- */

TEST("AIA 2.1 2.2 2.3: the high-half CSRs exist on RV32 and on RV32 only")
{
    need_smaia();
    static const u16 high[] = {CSR_MIDELEGH, CSR_MIEH,      CSR_MVIENH,    CSR_MVIPH,  CSR_MIPH,
                               CSR_SIEH,     CSR_SIPH,      CSR_HIDELEGH,  CSR_HVIENH, CSR_HVIPH,
                               CSR_VSIEH,    CSR_HVIPRIO1H, CSR_HVIPRIO2H, CSR_VSIPH};
    for (unsigned i = 0; i < sizeof(high) / sizeof(high[0]); i++) {
        context("CSR", high[i]);
        CHECK_EQ(csr_exists(high[i]), !RV64);
    }
}

TEST("AIA 2.1 3.9: without an IMSIC there is no mtopei, and none of stopei and vstopei with V=0")
{
    need_smaia();
    NEED(!csr_exists(CSR_MTOPEI), "an IMSIC");
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_VSTOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_U, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_MTOPEI), EXC_ILLEGAL);
}

TEST("AIA 2.4: without an IMSIC stopei and vstopei are virtual instructions when V=1")
{
    need_ssaia();
    NEED(!csr_exists(CSR_MTOPEI), "an IMSIC");
    for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
        EXPECT_OUTCOME(m, PEEK(CSR_STOPEI), EXC_VIRTUAL);
        EXPECT_OUTCOME(m, TOUCH(CSR_STOPEI), EXC_VIRTUAL);
        EXPECT_OUTCOME(m, PEEK(CSR_VSTOPEI), EXC_VIRTUAL);
    }
}

TEST("AIA 2.1 2.2: miselect holds 0 to 0x3f, siselect 0 to 0x1ff")
{
    need_smaia();
    for (ulong v = 0; v < 0x40; v++)
        CHECK_EQ(csr_probe(CSR_MISELECT, v), v);
    for (ulong v = 0; v < 0x200; v += 7)
        CHECK_EQ(csr_probe(CSR_SISELECT, v), v);
    CHECK_EQ(csr_probe(CSR_SISELECT, 0x1ff), 0x1ff);
}

TEST("AIA 2.1 2.2 5.2.1 5.4.1: mireg and sireg reach 0x30 to 0x3f, on RV64 the even ones; no other")
{
    need_smaia();
    NEED(!csr_exists(CSR_MTOPEI), "an IMSIC");
    static const u16 values[] = {0,    0x2f, 0x30, 0x31, 0x32, 0x33, 0x3d,
                                 0x3e, 0x3f, 0x70, 0x72, 0xc0, 0xff, 0x100};
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int array = values[i] >= 0x30 && values[i] < 0x40 && !(RV64 && values[i] & 1);
        ulong outcome = array ? NO_TRAP : EXC_ILLEGAL;
        context("select", values[i]);
        csr_put(CSR_MISELECT, values[i]);
        csr_put(CSR_SISELECT, values[i]);
        EXPECT_OUTCOME(MODE_M, PEEK(CSR_MIREG), outcome);
        EXPECT_OUTCOME(MODE_M, TOUCH(CSR_MIREG), outcome);
        EXPECT_OUTCOME(MODE_M, PEEK(CSR_SIREG), outcome);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), outcome);
        EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_SIREG), outcome);
        EXPECT_OUTCOME(MODE_U, PEEK(CSR_SIREG), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_MIREG), EXC_ILLEGAL);
    }
}

TEST("AIA 2.1 2.2: mireg2 to mireg6 and sireg2 to sireg6 are illegal in the AIA's ranges")
{
    need_smaia();
    static const u16 values[] = {0x30, 0x32, 0x3e, 0x70, 0xff};
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        for (unsigned r = CSR_SIREG2; r <= CSR_SIREG6; r++) {
            if (r == 0x154) /* siph, miph */
                continue;
            context("CSR", r);
            csr_put(CSR_MISELECT, values[i]);
            csr_put(CSR_SISELECT, values[i]);
            EXPECT_OUTCOME(MODE_M, PEEK(r + 0x200), EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_M, PEEK(r), EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_HS, PEEK(r), EXC_ILLEGAL);
        }
}

TEST("AIA 2.1 2.2: mtopi and stopi are read-only, and their level's")
{
    need_smaia();
    EXPECT_OUTCOME(MODE_M, TOUCH(CSR_MTOPI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_MTOPI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_MTOPI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_M, TOUCH(CSR_STOPI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_STOPI), NO_TRAP);
    EXPECT_OUTCOME(MODE_U, PEEK(CSR_STOPI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPI), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_STOPI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_STOPI), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSTOPI), EXC_VIRTUAL);
}

/* ---- 5.2.1, 5.4.1: the priority arrays ---- */

TEST(
    "AIA 5.2.1: a byte of the machine's array is zero where mie is, and for the external interrupt")
{
    need_smaia();
    u64 enable = csr_probe64(CSR_MIE, ~0ull);
    csr_put64(CSR_MIE, 0);
    unsigned width = 0;
    for (unsigned irq = 0; irq < 64; irq++) {
        context("interrupt", irq);
        unsigned most = set_priority(CSR_MISELECT, irq, 255);
        if (!(enable >> irq & 1) || irq == IRQ_MEI)
            CHECK_EQ(most, 0);
        if (most && !width)
            width = most;
        CHECK(most == 0 || most == width); /* all implement the same number of bits */
        CHECK_EQ(most & (most + 1), 0);
        CHECK_EQ(set_priority(CSR_MISELECT, irq, 0), 0);
    }
}

TEST("AIA 5.4.1: a byte of the supervisor's array is zero where sie and hie cannot be written, and "
     "for the external interrupt")
{
    need_ssaia();
    for (unsigned all = 0; all < 2; all++) {
        csr_write(CSR_MIDELEG, all ? ~0ul : 0);
        csr_put64(CSR_MVIEN, all ? ~0ull : 0);
        u64 enable = csr_probe64(CSR_SIE, ~0ull) | csr_probe(CSR_HIE, ~0ul);
        csr_put64(CSR_SIE, 0);
        csr_put(CSR_HIE, 0);
        for (unsigned irq = 0; irq < 64; irq++) {
            context("interrupt", irq);
            unsigned most = set_priority(CSR_SISELECT, irq, 255);
            if (!(enable >> irq & 1) || irq == IRQ_SEI)
                CHECK_EQ(most, 0);
            CHECK_EQ(most & (most + 1), 0);
            CHECK_EQ(set_priority(CSR_SISELECT, irq, 0), 0);
        }
    }
}

TEST("AIA 5.2.1: bytes of one register are apart, and the machine's array from the supervisor's")
{
    need_smaia();
    csr_write(CSR_MIDELEG, BIT(IRQ_STI) | BIT(IRQ_SSI));
    NEED(set_priority(CSR_MISELECT, IRQ_STI, 5), "no priority numbers");
    CHECK_EQ(set_priority(CSR_MISELECT, IRQ_SSI, 1), 1);
    CHECK_EQ(set_priority(CSR_MISELECT, IRQ_MTI, 7), 7);
    CHECK_EQ(get_priority(CSR_MISELECT, IRQ_STI), 5);
    CHECK_EQ(get_priority(CSR_MISELECT, IRQ_SSI), 1);
    CHECK_EQ(get_priority(CSR_SISELECT, IRQ_STI), 0);
    CHECK_EQ(set_priority(CSR_SISELECT, IRQ_STI, 9), 9);
    CHECK_EQ(get_priority(CSR_MISELECT, IRQ_STI), 5);
    CHECK_EQ(get_priority(CSR_MISELECT, IRQ_MTI), 7);
}

/* ---- 5.2.2, 5.4.2: the top interrupt ---- */

TEST("AIA 5.2.2: mtopi is zero unless an interrupt is pending, enabled and not delegated; MIE is "
     "nothing to it")
{
    need_smaia();
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MTOPI), 0);
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MTOPI) >> 16, IRQ_SSI);
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MTOPI), 0);
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_SSI);
    csr_write(CSR_MIDELEG, 0);
    CHECK_EQ(csr_get(CSR_STOPI), 0);
    check_taken(__LINE__, BANK_M, IRQ_SSI);
    CHECK_EQ(csr_get(CSR_MTOPI) >> 16, IRQ_SSI); /* the trap has not changed it */
    csr_clear(CSR_MIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_get(CSR_MTOPI), 0);
}

TEST(
    "AIA 5.2.1 5.2.2: priority numbers decide which interrupt M-mode takes; ties go to the default "
    "order")
{
    need_smaia();
    NEED(set_priority(CSR_MISELECT, IRQ_STI, 255) == 255, "no priority numbers of 8 bits");
    static const struct {
        u8 ssi, sti, first, iprio;
    } rows[] = {{0, 255, IRQ_STI, 255}, {0, 1, IRQ_STI, 1},   {5, 5, IRQ_SSI, 5},
                {6, 5, IRQ_STI, 5},     {5, 6, IRQ_SSI, 5},   {0, 0, IRQ_SSI, 255},
                {255, 0, IRQ_SSI, 255}, {1, 255, IRQ_SSI, 1}, {255, 254, IRQ_STI, 254}};
    csr_write(CSR_MIE, BIT(IRQ_SSI) | BIT(IRQ_STI));
    csr_set(CSR_MIP, BIT(IRQ_SSI) | BIT(IRQ_STI));
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        context("row", i);
        CHECK_EQ(set_priority(CSR_MISELECT, IRQ_SSI, rows[i].ssi), rows[i].ssi);
        CHECK_EQ(set_priority(CSR_MISELECT, IRQ_STI, rows[i].sti), rows[i].sti);
        CHECK_TOPI(CSR_MTOPI, rows[i].first, rows[i].iprio);
        check_taken(__LINE__, BANK_M, rows[i].first);
    }
}

TEST("AIA 5.4.1 5.4.2: priority numbers decide which interrupt S-mode takes; an external one has "
     "256 "
     "where no controller gives it another")
{
    need_ssaia();
    ulong irqs = BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI);
    enable_supervisor(irqs);
    NEED(set_priority(CSR_SISELECT, IRQ_STI, 255) == 255, "no priority numbers of 8 bits");
    static const struct {
        u8 ssi, sti, first, iprio;
    } rows[] = {{0, 0, IRQ_SEI, 255}, {0, 255, IRQ_STI, 255}, {255, 0, IRQ_SSI, 255},
                {7, 7, IRQ_SSI, 7},   {8, 7, IRQ_STI, 7},     {1, 255, IRQ_SSI, 1}};
    csr_set(CSR_MIP, irqs);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        context("row", i);
        set_priority(CSR_SISELECT, IRQ_SSI, rows[i].ssi);
        set_priority(CSR_SISELECT, IRQ_STI, rows[i].sti);
        CHECK_TOPI(CSR_STOPI, rows[i].first, rows[i].iprio);
        check_taken(__LINE__, BANK_HS, rows[i].first);
    }
    set_priority(CSR_SISELECT, IRQ_SSI, 0);
    csr_clear(CSR_MIP, BIT(IRQ_SEI));
    csr_clear(CSR_MIE, BIT(IRQ_STI));
    CHECK_TOPI(CSR_STOPI, IRQ_SSI, 255);
}

TEST("AIA 5.4.1: the supervisor's numbers do not matter in M-mode, nor the machine's in S-mode")
{
    need_ssaia();
    ulong irqs = BIT(IRQ_SSI) | BIT(IRQ_STI);
    enable_supervisor(irqs);
    NEED(set_priority(CSR_SISELECT, IRQ_STI, 3), "no priority numbers");
    csr_set(CSR_MIP, irqs);
    check_taken(__LINE__, BANK_HS, IRQ_STI);
    csr_write(CSR_MIDELEG, 0);
    check_taken(__LINE__, BANK_M, IRQ_SSI);
    if (set_priority(CSR_MISELECT, IRQ_STI, 3))
        check_taken(__LINE__, BANK_M, IRQ_STI);
    set_priority(CSR_SISELECT, IRQ_STI, 0);
    csr_write(CSR_MIDELEG, irqs);
    set_priority(CSR_SISELECT, IRQ_STI, 0);
    check_taken(__LINE__, BANK_HS, IRQ_SSI);
}

TEST("AIA 5.1 5.4.2: interrupts for M come first, whatever their numbers")
{
    need_ssaia();
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    csr_write(CSR_MIE, BIT(IRQ_SSI) | BIT(IRQ_STI));
    NEED(set_priority(CSR_SISELECT, IRQ_SSI, 1), "no priority numbers");
    csr_set(CSR_MIP, BIT(IRQ_SSI) | BIT(IRQ_STI));
    CHECK_TOPI(CSR_STOPI, IRQ_SSI, 1);
    check_taken(__LINE__, BANK_M, IRQ_STI);
}

TEST("AIA 5.4 5.4.1 5.4.2: VS interrupts that HS-mode takes are in stopi, by its numbers; those of "
     "hideleg are not")
{
    need_ssaia();
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, VS_IRQS);
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_VSEI);
    check_taken(__LINE__, BANK_HS, IRQ_VSEI);
    if (set_priority(CSR_SISELECT, IRQ_VSTI, 9)) {
        CHECK_TOPI(CSR_STOPI, IRQ_VSTI, 9);
        check_taken(__LINE__, BANK_HS, IRQ_VSTI);
    }
    if (set_priority(CSR_SISELECT, IRQ_VSEI, 8))
        CHECK_TOPI(CSR_STOPI, IRQ_VSEI, 8);
    csr_write(CSR_HIDELEG, BIT(IRQ_VSEI) | BIT(IRQ_VSTI));
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_VSSI);
    csr_write(CSR_HIDELEG, VS_IRQS);
    CHECK_EQ(csr_get(CSR_STOPI), 0);
}

TEST("AIA 5.4.2: SIE of sstatus is nothing to stopi")
{
    need_ssaia();
    enable_supervisor(BIT(IRQ_SSI));
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    struct trap t = exec(MODE_HS, CSRR(A0, CSR_STOPI), 0, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t) >> 16, IRQ_SSI);
    csr_set(CSR_MSTATUS, STATUS_SIE);
    CHECK_EQ(csr_get(CSR_STOPI) >> 16, IRQ_SSI);
}
