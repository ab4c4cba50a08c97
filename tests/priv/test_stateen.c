/* Smstateen and Ssstateen with the hypervisor extension: mstateen0 before hstateen0, and bits that
 * vanish below a zero. */
#include "priv.h"

#define SE0     (1ull << 63)
#define ENVCFG  (1ull << 62)
#define CSRIND  (1ull << 60)
#define AIA     (1ull << 59)
#define IMSIC   (1ull << 58)
#define CONTEXT (1ull << 57)
#define P1P13   (1ull << 56)
#define JVT     (1ull << 2)

static void need_stateen(u64 bits)
{
    NEED(csr_exists(CSR_MSTATEEN0), "no Smstateen");
    NEED((csr_probe64(CSR_MSTATEEN0, ~0ull) & bits) == bits, "the state is not implemented");
}

/* A supervisor CSR gated by the bit in mstateen0 and hstateen0. */
static void gated(unsigned number, u64 bit)
{
    context("CSR", number);
    if (!csr_exists(number))
        return;
    for (unsigned i = 0; i < 4; i++) {
        int m = i & 1, h = i >> 1;
        context("mstateen0, hstateen0", i);
        csr_put64(CSR_MSTATEEN0, ~0ull);
        csr_put64(CSR_HSTATEEN0, h ? bit : ~bit);
        csr_put64(CSR_MSTATEEN0, m ? bit : ~bit);
        for (unsigned w = 0; w < (number >> 10 == 3 ? 1 : 2); w++) { /* stopi is read-only */
            u32 insn = w ? TOUCH(number) : PEEK(number);
            EXPECT_OUTCOME(MODE_M, insn, NO_TRAP);
            EXPECT_OUTCOME(MODE_HS, insn, m ? NO_TRAP : EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_VS, insn, !m ? EXC_ILLEGAL : h ? NO_TRAP : EXC_VIRTUAL);
            EXPECT_OUTCOME(MODE_VU, insn, m ? EXC_VIRTUAL : EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_U, insn, EXC_ILLEGAL);
        }
    }
}

/* A hypervisor or VS CSR gated by the bit in mstateen0 only. */
static void gated_hypervisor(unsigned number, u64 bit)
{
    context("CSR", number);
    if (!csr_exists(number))
        return;
    for (unsigned m = 0; m < 2; m++) {
        context("mstateen0", m);
        csr_put64(CSR_MSTATEEN0, m ? bit : ~bit);
        EXPECT_OUTCOME(MODE_M, PEEK(number), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(number), m ? NO_TRAP : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(number), m ? EXC_VIRTUAL : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(number), m ? EXC_VIRTUAL : EXC_ILLEGAL);
    }
}

TEST("norm:mstateen0_envcfg_op norm:hstateen0_envcfg_op norm:stateen_illegal_state_access senvcfg")
{
    need_stateen(ENVCFG);
    gated(CSR_SENVCFG, ENVCFG);
}

TEST("norm:mstateen0_envcfg_op henvcfg")
{
    need_stateen(ENVCFG);
    gated_hypervisor(CSR_HENVCFG, ENVCFG);
}

TEST("norm:mstateen0_se0_op norm:hstateen0_SE0_op norm:mstateen_bit_63_op norm:hstateen_bit_63_op "
     "sstateen0")
{
    need_stateen(SE0);
    gated(CSR_SSTATEEN0, SE0);
}

TEST("norm:mstateen0_se0_op hstateen0")
{
    need_stateen(SE0);
    gated_hypervisor(CSR_HSTATEEN0, SE0);
}

TEST("norm:mstateen_bit_63_op norm:hstateen_bit_63_op bit 63 of the other three stateen CSRs")
{
    need_stateen(SE0);
    for (unsigned n = 1; n < 4; n++) {
        context("stateen", n);
        for (unsigned m = 0; m < 2; m++) {
            csr_put64(CSR_MSTATEEN0 + n, SE0);
            csr_put64(CSR_HSTATEEN0 + n, m ? SE0 : 0);
            EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SSTATEEN0 + n), m ? NO_TRAP : EXC_VIRTUAL);
            EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SSTATEEN0 + n), NO_TRAP);
            EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HSTATEEN0 + n), NO_TRAP);
            csr_put64(CSR_MSTATEEN0 + n, 0);
            EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SSTATEEN0 + n), EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SSTATEEN0 + n), EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HSTATEEN0 + n), EXC_ILLEGAL);
        }
    }
}

TEST("norm:mstateen_bit_63_roz norm:hstateen_bit_63_writable bit 63 is writable in all of them")
{
    need_stateen(SE0);
    for (unsigned n = 0; n < 4; n++) {
        CHECK_EQ(csr_probe64(CSR_MSTATEEN0 + n, SE0) & SE0, SE0);
        CHECK_EQ(csr_probe64(CSR_HSTATEEN0 + n, SE0) & SE0, SE0);
        CHECK_EQ(csr_probe64(CSR_HSTATEEN0 + n, 0), 0);
        CHECK_EQ(csr_probe64(CSR_MSTATEEN0 + n, 0) & SE0, 0);
    }
}

TEST("norm:mstateen0_csrind_op norm:hstateen0_csrind_op norm:sscsrind_csrs_access_control siselect")
{
    need_stateen(CSRIND);
    gated(CSR_SISELECT, CSRIND);
    gated_hypervisor(CSR_VSISELECT, CSRIND);
}

TEST("norm:mstateen0_csrind_op norm:hypervisor_impl_csrs_access_control sireg and vsireg are gated "
     "before siselect is looked at")
{
    need_stateen(CSRIND);
    static const unsigned regs[] = {CSR_SIREG, CSR_SIREG2, CSR_SIREG2 + 1};
    /* Without Sscsrind the AIA's first alias register is the only one. */
    unsigned count = exec(MODE_VU, PEEK(CSR_SIREG2), 0, 0).cause == EXC_VIRTUAL ? 3 : 1;
    for (unsigned i = 0; i < count; i++) {
        csr_put64(CSR_MSTATEEN0, ~CSRIND);
        EXPECT_OUTCOME(MODE_HS, PEEK(regs[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(regs[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(regs[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(regs[i] + 0x100), EXC_ILLEGAL);
        csr_put64(CSR_MSTATEEN0, ~0ull);
        csr_put64(CSR_HSTATEEN0, ~CSRIND);
        EXPECT_OUTCOME(MODE_VS, PEEK(regs[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(regs[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(regs[i] + 0x100), EXC_VIRTUAL);
    }
}

TEST(
    "norm:sscsrind_virtual_inst_fault vsiselect and vsireg from VS and VU, siselect and sireg from "
    "VU")
{
    NEED(csr_exists(CSR_VSISELECT), "no Sscsrind");
    for (unsigned n = CSR_VSISELECT; n <= CSR_VSIREG; n++) {
        EXPECT_OUTCOME(MODE_VS, PEEK(n), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(n), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(n - 0x100), EXC_VIRTUAL);
    }
}

TEST("norm:mstateen0_context_op norm:hstateen0_context_op scontext and hcontext")
{
    need_stateen(CONTEXT);
    gated(CSR_SCONTEXT, CONTEXT);
    gated_hypervisor(CSR_HCONTEXT, CONTEXT);
}

TEST("norm:mstateen0_aia_op norm:hstateen0_aia_op stopi and vstopi")
{
    need_stateen(AIA);
    gated(CSR_STOPI, AIA);
    static const u16 hypervisors[] = {CSR_VSTOPI, CSR_HVIEN, CSR_HVICTL, CSR_HVIPRIO1,
                                      CSR_HVIPRIO2};
    for (unsigned i = 0; i < sizeof(hypervisors) / sizeof(hypervisors[0]); i++)
        gated_hypervisor(hypervisors[i], AIA);
}

TEST("norm:mstateen0_aia_op the priorities behind siselect, but not the machine's; other select "
     "values and CSRs of the base architecture are free")
{
    need_stateen(AIA);
    csr_put(CSR_SISELECT, 0x30);
    csr_put(CSR_VSISELECT, 0x30);
    csr_put(CSR_MISELECT, 0x30);
    for (unsigned m = 0; m < 2; m++) {
        csr_put64(CSR_MSTATEEN0, m ? ~0ull : ~AIA);
        ulong outcome = m ? NO_TRAP : EXC_ILLEGAL;
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), outcome);
        EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_SIREG), outcome);
        EXPECT_OUTCOME(MODE_M, PEEK(CSR_SIREG), NO_TRAP);
        EXPECT_OUTCOME(MODE_M, PEEK(CSR_MIREG), csr_exists(CSR_MTOPI) ? NO_TRAP : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SISELECT), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIP), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HVIP), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HIDELEG), NO_TRAP);
        /* A guest has no such registers, whatever the bit. */
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(CSR_SIREG), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSIREG), EXC_VIRTUAL);
    }
}

TEST("norm:mstateen0_aia_op norm:hstateen0_aia_op norm:H_cause_virtual_instruction_high the high "
     "halves that the AIA adds")
{
    NEED(!RV64, "RV64 has no high halves");
    need_stateen(AIA);
    static const u16 guests[] = {CSR_SIPH, CSR_SIEH};
    /* The first three have a low half that the bit gates as well. */
    static const u16 hypervisors[] = {CSR_HVIENH, CSR_HVIPRIO1H, CSR_HVIPRIO2H, CSR_HIDELEGH,
                                      CSR_HVIPH,  CSR_VSIPH,     CSR_VSIEH};
    for (unsigned i = 0; i < 4; i++) {
        unsigned m = i & 1, h = i >> 1;
        context("mstateen0, hstateen0", i);
        csr_put64(CSR_MSTATEEN0, ~0ull);
        csr_put64(CSR_HSTATEEN0, h ? ~0ull : ~AIA);
        csr_put64(CSR_MSTATEEN0, m ? ~0ull : ~AIA);
        for (unsigned k = 0; k < 2; k++) {
            EXPECT_OUTCOME(MODE_M, TOUCH(guests[k]), NO_TRAP);
            EXPECT_OUTCOME(MODE_HS, TOUCH(guests[k]), m ? NO_TRAP : EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_VS, TOUCH(guests[k]), m && h ? NO_TRAP : EXC_VIRTUAL);
            EXPECT_OUTCOME(MODE_VU, PEEK(guests[k]), EXC_VIRTUAL);
            EXPECT_OUTCOME(MODE_VS, PEEK(guests[k] - 0x10), NO_TRAP);
        }
        for (unsigned k = 0; k < sizeof(hypervisors) / sizeof(hypervisors[0]); k++) {
            context("CSR", hypervisors[k]);
            EXPECT_OUTCOME(MODE_M, TOUCH(hypervisors[k]), NO_TRAP);
            EXPECT_OUTCOME(MODE_HS, TOUCH(hypervisors[k]), m ? NO_TRAP : EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_VS, PEEK(hypervisors[k]), m || k >= 3 ? EXC_VIRTUAL : EXC_ILLEGAL);
        }
    }
}

TEST("norm:mstateen0_imsic_op norm:hstateen0_imsic_op without an IMSIC the bit is read-only zero, "
     "and stopei is what it is without it")
{
    need_stateen(AIA);
    NEED(!csr_exists(CSR_MTOPEI), "an IMSIC");
    CHECK_EQ(csr_probe64(CSR_MSTATEEN0, ~0ull) & IMSIC, 0);
    CHECK_EQ(csr_probe64(CSR_HSTATEEN0, ~0ull) & IMSIC, 0);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), EXC_VIRTUAL);
    csr_put64(CSR_MSTATEEN0, 0);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), EXC_VIRTUAL);
    csr_put64(CSR_MSTATEEN0, CSRIND);
    csr_put64(CSR_HSTATEEN0, CSRIND);
    csr_put(CSR_VSISELECT, 0x70);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_VIRTUAL);
}

TEST("norm:mstateen0_p1p13_op hedelegh by P1P13, in HS-mode")
{
    NEED(!RV64, "RV64 has no hedelegh");
    need_stateen(0);
    NEED(csr_exists(CSR_HEDELEGH), "a hart before version 1.13");
    CHECK_EQ(csr_get64(CSR_MSTATEEN0) & P1P13, P1P13);
    csr_put64(CSR_MSTATEEN0, ~P1P13);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HEDELEGH), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HEDELEG), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_HEDELEGH), EXC_VIRTUAL);
    csr_put64(CSR_MSTATEEN0, P1P13);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HEDELEGH), NO_TRAP);
}

TEST(
    "norm:stateen0_jvt_op norm:sstateen_user_access_control jvt by mstateen0, hstateen0, sstateen0")
{
    need_stateen(JVT);
    for (unsigned i = 0; i < 8; i++) {
        int m = i & 1, h = i >> 1 & 1, s = i >> 2;
        context("m, h, s", i);
        csr_put64(CSR_MSTATEEN0, ~0ull);
        csr_put64(CSR_HSTATEEN0, ~0ull);
        csr_put(CSR_SSTATEEN0, s ? JVT : 0);
        csr_put64(CSR_HSTATEEN0, h ? JVT : 0);
        csr_put64(CSR_MSTATEEN0, m ? JVT : 0);
        ulong vs = !m ? EXC_ILLEGAL : h ? NO_TRAP : EXC_VIRTUAL;
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_JVT), m ? NO_TRAP : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_U, PEEK(CSR_JVT), m && s ? NO_TRAP : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_JVT), vs);
        EXPECT_OUTCOME(MODE_VU, PEEK(CSR_JVT), vs == NO_TRAP && !s ? EXC_VIRTUAL : vs);
    }
}

TEST("norm:mstateen_lower_priv_roz a zero in mstateen0 makes the bit read-only zero in hstateen0 "
     "and "
     "sstateen0")
{
    need_stateen(SE0);
    u64 all = csr_get64(CSR_MSTATEEN0);
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(all >> bit & 1))
            continue;
        context("bit", bit);
        csr_put64(CSR_MSTATEEN0, all);
        csr_put64(CSR_HSTATEEN0, all);
        csr_put(CSR_SSTATEEN0, (ulong)all);
        u64 hs = csr_get64(CSR_HSTATEEN0);
        csr_put64(CSR_MSTATEEN0, all & ~(1ull << bit));
        CHECK_EQ(csr_get64(CSR_HSTATEEN0), hs & ~(1ull << bit));
        CHECK_EQ(csr_get(CSR_SSTATEEN0) >> bit % 32 & (bit < 32), 0);
    }
}

TEST(
    "norm:sstateen_vsmode_access_roz a zero in hstateen0 makes the bit read-only zero in sstateen0 "
    "as VS-mode sees it")
{
    need_stateen(SE0);
    csr_put(CSR_SSTATEEN0, ~0ul);
    ulong hs_view = csr_get(CSR_SSTATEEN0);
    csr_put64(CSR_HSTATEEN0, SE0);
    struct trap t = exec(MODE_VS, CSRR(A0, CSR_SSTATEEN0), 0, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0);
    CHECK_EQ(csr_get(CSR_SSTATEEN0), hs_view);
}

TEST("norm:stateen_reserved_roz norm:mstateen_bit_correspondence reserved bits are read-only zero")
{
    need_stateen(SE0);
    u64 defined = 7 | 0x3full << 54 | CSRIND | AIA | ENVCFG | SE0;
    CHECK_EQ(csr_get64(CSR_MSTATEEN0) & ~defined, 0);
    CHECK_EQ(csr_probe64(CSR_HSTATEEN0, ~0ull) & ~(defined & ~(3ull << 55)), 0);
    CHECK_EQ(csr_probe(CSR_SSTATEEN0, ~0ul) & ~7ul, 0);
    for (unsigned n = 1; n < 4; n++)
        CHECK_EQ(csr_probe64(CSR_MSTATEEN0 + n, ~0ull), SE0);
}

TEST("norm:stateen_unimplemented_state_roz norm:stateen_warl_access norm:hstateen_encoding no bit "
     "without its state, no access without the bit")
{
    need_stateen(0);
    static const struct {
        u64 bit;
        unsigned csr;
    } states[] = {{SE0, CSR_SSTATEEN0},  {ENVCFG, CSR_SENVCFG},   {CSRIND, CSR_SISELECT},
                  {AIA, CSR_STOPI},      {CONTEXT, CSR_SCONTEXT}, {JVT, CSR_JVT},
                  {P1P13, CSR_HEDELEGH}, {1ull << 55, 0x181}};
    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        context("CSR", states[i].csr);
        u64 bit = states[i].bit;
        int in_m = (csr_probe64(CSR_MSTATEEN0, ~0ull) & bit) != 0;
        int in_h = (csr_probe64(CSR_HSTATEEN0, ~0ull) & bit) != 0;
        if (!csr_exists(states[i].csr))
            CHECK_EQ(in_m | in_h, 0);
        else if (!in_m)
            EXPECT_OUTCOME(MODE_HS, PEEK(states[i].csr), EXC_ILLEGAL);
        else if (!in_h && states[i].csr < 0x600)
            EXPECT_OUTCOME(MODE_VS, PEEK(states[i].csr), EXC_VIRTUAL);
    }
    if (csr_read(CSR_MISA) & BIT('F' - 'A')) {
        CHECK_EQ(csr_get64(CSR_MSTATEEN0) & 2, 0);
        CHECK_EQ(csr_get(CSR_SSTATEEN0) & 2, 0);
    }
}

TEST("norm:mstateen_rv64_csrs norm:sstateen_rv64_csrs norm:hstateen_rv64_csrs "
     "norm:stateen_rv32_upper_bits_csrs the twelve CSRs, and on RV32 their eight high halves")
{
    need_stateen(0);
    for (unsigned n = 0; n < 4; n++) {
        CHECK(csr_exists(CSR_MSTATEEN0 + n));
        CHECK(csr_exists(CSR_SSTATEEN0 + n));
        CHECK(csr_exists(CSR_HSTATEEN0 + n));
        CHECK_EQ(csr_exists(CSR_MSTATEEN0H + n), !RV64);
        CHECK_EQ(csr_exists(CSR_HSTATEEN0H + n), !RV64);
    }
}

TEST("norm:mstateen_zero_initialization the writable bits of mstateen0 were zero at reset")
{
    need_stateen(0);
    CHECK_EQ(mstateen0_at_reset, 0);
}

TEST("norm:mstateen0_imsic_op norm:hstateen0_imsic_op stopei and vstopei")
{
    need_stateen(IMSIC);
    csr_write(CSR_HSTATUS, 1ul << 12);
    NEED(csr_read(CSR_HSTATUS) & HSTATUS_VGEIN, "no guest interrupt file");
    gated(CSR_STOPEI, IMSIC);
    gated_hypervisor(CSR_VSTOPEI, IMSIC);
}

TEST("norm:stateen_op the enables of a level do not bind that level")
{
    need_stateen(ENVCFG);
    csr_put64(CSR_MSTATEEN0, 0);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_SENVCFG), NO_TRAP);
    csr_put64(CSR_MSTATEEN0, ~0ull);
    csr_put64(CSR_HSTATEEN0, 0);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SENVCFG), NO_TRAP);
}

TEST("Sscsrind: sireg in VS-mode with a select value that HS-mode does not have either is illegal, "
     "as "
     "the manual recommends")
{
    NEED(csr_exists(CSR_VSISELECT), "no Sscsrind");
    csr_put(CSR_VSISELECT, 0xfff);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSIREG), EXC_VIRTUAL);
}
