/* Sstc with the hypervisor extension: who may access stimecmp and vstimecmp, and VSTIP. */
#include "priv.h"

static void need_sstc(void)
{
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_STCE, "no Sstc");
    csr_put64(CSR_HENVCFG, ENVCFG_STCE);
}

static const u16 own[] = {CSR_STIMECMP, CSR_STIMECMPH};
#define HALVES (RV64 ? 1u : 2u)

TEST("norm:stimecmp_exist norm:stce_bit_exist norm:henvcfg_stce norm:menvcfg_stce_op2 stimecmp by "
     "menvcfg.STCE and henvcfg.STCE")
{
    need_sstc();
    for (unsigned i = 0; i < HALVES; i++) {
        csr_put64(CSR_MENVCFG, ENVCFG_STCE);
        csr_put64(CSR_HENVCFG, ENVCFG_STCE);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, CSRW(own[i], A0), NO_TRAP);
        EXPECT_OUTCOME(MODE_VU, PEEK(own[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_U, PEEK(own[i]), EXC_ILLEGAL);
        csr_put64(CSR_HENVCFG, 0);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, CSRW(own[i], A0), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(own[i]), EXC_VIRTUAL);
        csr_put64(CSR_MENVCFG, 0);
        EXPECT_OUTCOME(MODE_M, PEEK(own[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(own[i]), EXC_ILLEGAL);
    }
}

TEST("norm:mcounteren_tm_clr norm:mcounteren_tm_set norm:hcounteren_acc stimecmp by the TM bits")
{
    need_sstc();
    for (unsigned i = 0; i < HALVES; i++) {
        csr_write(CSR_MCOUNTEREN, ~2ul);
        csr_write(CSR_HCOUNTEREN, 2);
        EXPECT_OUTCOME(MODE_M, PEEK(own[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i] + 0x100), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(own[i]), EXC_ILLEGAL);
        csr_write(CSR_HCOUNTEREN, 0);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), EXC_ILLEGAL);
        csr_write(CSR_MCOUNTEREN, 2);
        csr_write(CSR_HCOUNTEREN, ~2ul);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i] + 0x100), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, CSRW(own[i], A0), EXC_VIRTUAL);
        csr_write(CSR_HCOUNTEREN, 2);
        csr_write(CSR_SCOUNTEREN, 0);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i]), NO_TRAP);
    }
}

TEST("norm:henvcfg_stce norm:hcounteren_acc mcounteren.TM=0 comes before henvcfg.STCE=0")
{
    need_sstc();
    csr_put64(CSR_HENVCFG, 0);
    csr_write(CSR_MCOUNTEREN, 0);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STIMECMP), EXC_ILLEGAL);
}

TEST("norm:menvcfg_stce_op2 norm:hcounteren_acc menvcfg.STCE=0 comes before hcounteren.TM=0")
{
    need_sstc();
    csr_write(CSR_MCOUNTEREN, ~0u);
    csr_write(CSR_HCOUNTEREN, 0);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STIMECMP), EXC_VIRTUAL);
    csr_put64(CSR_MENVCFG, 0);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STIMECMP), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_STIMECMP), EXC_ILLEGAL);
}

TEST("norm:vstimecmp_exist norm:H_vscsrs_acc_vs vstimecmp by its own number")
{
    need_sstc();
    for (unsigned i = 0; i < HALVES; i++) {
        EXPECT_OUTCOME(MODE_M, PEEK(own[i] + 0x100), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i] + 0x100), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, PEEK(own[i] + 0x100), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(own[i] + 0x100), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_U, PEEK(own[i] + 0x100), EXC_ILLEGAL);
        csr_put64(CSR_HENVCFG, 0);
        EXPECT_OUTCOME(MODE_HS, PEEK(own[i] + 0x100), NO_TRAP);
        csr_put64(CSR_HENVCFG, ENVCFG_STCE);
    }
}

TEST("norm:vstimecmp_acc norm:vstimecmp_sz vstimecmp is 64 bits; VS reaches it as stimecmp")
{
    need_sstc();
    csr_write64(CSR_STIMECMP, 0x1122334455667788ull);
    csr_write64(CSR_VSTIMECMP, 0x99aabbccddeeff00ull);
    CHECK_EQ(csr_read64(CSR_STIMECMP), 0x1122334455667788ull);
    CHECK_EQ(csr_read64(CSR_VSTIMECMP), 0x99aabbccddeeff00ull);
    struct trap t = exec(MODE_VS, CSRRW(A0, CSR_STIMECMP, A0), 0x5a5a5a5a, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), (ulong)0x99aabbccddeeff00ull);
    CHECK_EQ((ulong)csr_read64(CSR_VSTIMECMP), 0x5a5a5a5a);
    CHECK_EQ(csr_read64(CSR_STIMECMP), 0x1122334455667788ull);
}

/* Reads hip until the bit is `want`, for a while: a comparison shows "eventually". */
static ulong hip_settles(ulong bit, ulong want)
{
    for (unsigned i = 0; i < 20000; i++)
        if ((csr_read(CSR_HIP) & bit) == want)
            return want;
    return ~want & bit;
}

static u64 now(void)
{
    return csr_read64(CSR_TIME);
}

TEST(
    "norm:hip_vstip_op norm:hip_vstip_clear norm:hip_vstip_vstie_acc_op VSTIP is time + htimedelta "
    ">= vstimecmp, modulo 2^64, also with V=0")
{
    need_sstc();
    static const u64 deltas[] = {0, 1ull << 48, -(1ull << 48), 0x8000000000000000ull};
    for (unsigned i = 0; i < 4; i++) {
        context("htimedelta", deltas[i]);
        csr_write64(CSR_VSTIMECMP, ~0ull);
        csr_write64(CSR_HTIMEDELTA, deltas[i]);
        CHECK_EQ(hip_settles(BIT(IRQ_VSTI), 0), 0);
        csr_write64(CSR_VSTIMECMP, now() + deltas[i]);
        CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
        csr_write64(CSR_VSTIMECMP, now() + deltas[i] + (1ull << 40));
        CHECK_EQ(hip_settles(BIT(IRQ_VSTI), 0), 0);
    }
    csr_write64(CSR_VSTIMECMP, 0);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
}

TEST("norm:hip_vstip_op a change of htimedelta alone changes VSTIP")
{
    need_sstc();
    csr_write64(CSR_VSTIMECMP, 1ull << 50);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), 0), 0);
    csr_write64(CSR_HTIMEDELTA, 1ull << 50);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
    csr_write64(CSR_HTIMEDELTA, 0);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), 0), 0);
}

TEST("norm:hip_vstip_op norm:mip_stip_stimecmp_op2 writing one compare register does not touch the "
     "other's interrupt")
{
    need_sstc();
    csr_write64(CSR_VSTIMECMP, 0);
    csr_write64(CSR_STIMECMP, 0);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
    csr_write(CSR_STIMECMP, ~0ul);
    if (!RV64)
        csr_put(CSR_STIMECMPH, ~0ul);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), BIT(IRQ_VSTI));
    csr_write64(CSR_STIMECMP, 0);
    csr_write64(CSR_VSTIMECMP, ~0ull);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_STI), BIT(IRQ_STI));
}

TEST("norm:henvcfg_stce with STCE=0 VSTIP is hvip.VSTIP alone, at once")
{
    need_sstc();
    csr_write64(CSR_VSTIMECMP, 0);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
    csr_put64(CSR_HENVCFG, 0);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), 0);
    csr_write(CSR_HVIP, BIT(IRQ_VSTI));
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), BIT(IRQ_VSTI));
    csr_write(CSR_HVIP, 0);
    csr_put64(CSR_HENVCFG, ENVCFG_STCE);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG) & ENVCFG_STCE, 0);
}

TEST("norm:hip_vstip_vstie_acc_op hip.VSTIP is hvip.VSTIP OR the comparison, hvip never reads the "
     "OR")
{
    need_sstc();
    csr_write64(CSR_VSTIMECMP, 0);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), BIT(IRQ_VSTI)), BIT(IRQ_VSTI));
    CHECK_EQ(csr_read(CSR_HVIP) & BIT(IRQ_VSTI), 0);
    csr_set(CSR_HVIP, BIT(IRQ_VSSI));
    CHECK_EQ(csr_read(CSR_HVIP), BIT(IRQ_VSSI));
    csr_write(CSR_HVIP, BIT(IRQ_VSTI));
    csr_write64(CSR_VSTIMECMP, ~0ull);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), BIT(IRQ_VSTI));
    csr_write(CSR_HVIP, 0);
    CHECK_EQ(hip_settles(BIT(IRQ_VSTI), 0), 0);
}

TEST("norm:sstc_vs_facility norm:hip_vstip_enable the vstimecmp interrupt is taken by VS, or by HS "
     "when not delegated")
{
    need_sstc();
    csr_write64(CSR_VSTIMECMP, 0);
    csr_write(CSR_HIE, BIT(IRQ_VSTI));
    EXPECT_TRAP(exec(MODE_VS, NOP, 0, 0), .bank = BANK_HS, .cause = INTERRUPT | IRQ_VSTI);
    csr_write(CSR_HIDELEG, BIT(IRQ_VSTI));
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    EXPECT_TRAP(exec(MODE_VS, NOP, 0, 0), .bank = BANK_VS, .cause = INTERRUPT | IRQ_STI);
    csr_write(CSR_VSSTATUS, 0);
    EXPECT_DONE(exec(MODE_VS, NOP, 0, 0));
    EXPECT_TRAP(exec(MODE_VU, NOP, 0, 0), .bank = BANK_VS, .cause = INTERRUPT | IRQ_STI);
}

TEST("norm:mip_sip_stip_op norm:mip_stip_stimecmp_op2 stimecmp compares with time alone, whatever "
     "htimedelta")
{
    need_sstc();
    csr_write64(CSR_HTIMEDELTA, 1ull << 60);
    csr_write64(CSR_STIMECMP, 1ull << 50);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_STI), 0);
    csr_write64(CSR_STIMECMP, 0);
    ulong seen = 0;
    for (unsigned i = 0; i < 20000 && !seen; i++)
        seen = csr_read(CSR_MIP) & BIT(IRQ_STI);
    CHECK_EQ(seen, BIT(IRQ_STI));
}

TEST("norm:mcounteren_tm_clr with mcounteren.TM=0 vstimecmp is illegal by its own number too, for "
     "HS, "
     "VS and VU; with TM=1 it is virtual for VS and VU")
{
    NEED(csr_exists(CSR_VSTIMECMP), "no Sstc");
    for (ulong tm = 0; tm < 2; tm++) {
        csr_write(CSR_MCOUNTEREN, tm << 1);
        csr_put64(CSR_MENVCFG, ENVCFG_STCE);
        csr_put64(CSR_HENVCFG, ENVCFG_STCE);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSTIMECMP), tm ? NO_TRAP : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSTIMECMP), tm ? EXC_VIRTUAL : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(CSR_VSTIMECMP), tm ? EXC_VIRTUAL : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_U, PEEK(CSR_VSTIMECMP), EXC_ILLEGAL);
    }
}
