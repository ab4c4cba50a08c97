/* Physical memory attributes of the `virt` board: what RAM, a device and the space where nothing is
 * allow, in every mode; atomics, misaligned accesses. */
#include "priv.h"

#define UART   0x10000000ul
#define CLINT  0x2000000ul
#define VACANT 0x40000000ul

static ulong cause_of(enum mode mode, u32 insn, ulong address)
{
    struct trap t = exec(mode, insn, address, 0);
    return t.bank == BANK_NONE ? NO_TRAP : t.cause;
}

#define FOR_EACH_PRIV(m) for (enum mode m = MODE_U; m <= MODE_VS; m++)

TEST("norm:pma_indep_exec_context norm:pma_precise_recom norm:pma_mm_rw norm:pma_mm_ifetch "
     "norm:pma_mm_vs_io_def norm:pma_io_rwx_per_sz norm:pma_chk_paddr RAM takes everything; a "
     "device "
     "no fetches; where nothing is everything is a precise access fault; in each mode")
{
    u8 *page = page_alloc(1);
    *(volatile u32 *)page = 0x8067; /* ret */
    asm volatile("fence.i");
    FOR_EACH_PRIV(m)
    {
        context("mode", m);
        for (unsigned n = 0; n < 3; n++) {
            static const u32 loads[] = {LBU(A1, A0, 0), LHU(A1, A0, 0), LW(A1, A0, 0)};
            static const u32 stores[] = {SB(A1, A0, 0), SH(A1, A0, 0), SW(A1, A0, 0)};
            CHECK_EQ(cause_of(m, loads[n], (ulong)page + 8), NO_TRAP);
            CHECK_EQ(cause_of(m, stores[n], (ulong)page + 8), NO_TRAP);
            CHECK_EQ(cause_of(m, loads[n], VACANT), EXC_LOAD_ACCESS);
            CHECK_EQ(cause_of(m, stores[n], VACANT), EXC_STORE_ACCESS);
        }
        EXPECT_DONE(RUN(m, .pc = (ulong)page));
        CHECK_EQ(cause_of(m, LBU(A1, A0, 5), UART), NO_TRAP);
        EXPECT_TRAP(RUN(m, .pc = UART), .bank = BANK_M, .cause = EXC_INSN_ACCESS, .tval = UART,
                    .gva = IS_V(m));
        EXPECT_TRAP(RUN(m, .pc = VACANT), .bank = BANK_M, .cause = EXC_INSN_ACCESS, .tval = VACANT,
                    .gva = IS_V(m));
    }
}

TEST("norm:pma_amo_levels norm:pma_amo_far_subset_proc norm:pma_rsrv_levels "
     "norm:pma_io_rwx_per_sz devices have no atomics: access faults")
{
    FOR_EACH_PRIV(m)
    {
        context("mode", m);
        CHECK_EQ(cause_of(m, AMOSWAP_W(A1, A2, A0), CLINT), EXC_STORE_ACCESS);
        CHECK_EQ(cause_of(m, AMOADD_W(A1, A2, A0), CLINT), EXC_STORE_ACCESS);
        CHECK_EQ(cause_of(m, LR_W(A1, A0), CLINT), EXC_LOAD_ACCESS);
        CHECK_EQ(cause_of(m, SC_W(A1, A2, A0), CLINT), EXC_STORE_ACCESS);
    }
}

/* Each AMO of the A extension, by funct5, with its result for 12 and 10. */
static const struct {
    u8 funct5;
    u32 result;
} amos[] = {{1, 10}, {0, 22}, {4, 6}, {12, 8}, {8, 14}, {16, 10}, {20, 12}, {24, 10}, {28, 12}};

TEST("norm:ziccamoa_pma_amo_req norm:pma_cache_mm_all_atomics norm:pma_amo_sz_support "
     "norm:pma_amo_levels RAM has every AMO, of each width")
{
    u8 *page = page_alloc(1);
    for (unsigned width = 2; width < (RV64 ? 4 : 3); width++)
        for (unsigned i = 0; i < sizeof(amos) / sizeof(amos[0]); i++) {
            context("funct5", amos[i].funct5);
            *(volatile u64 *)page = 12;
            struct trap t = exec(MODE_U, AMO(amos[i].funct5, width, A2, A1, A0), (ulong)page, 10);
            EXPECT_DONE(t);
            CHECK_EQ(t.regs[A2], 12);
            CHECK_EQ(*(volatile u64 *)page, amos[i].result);
        }
}

TEST("norm:pma_amo_zabha_req AMOs of bytes and halfwords work in RAM, and not on a device")
{
    u8 *page = page_alloc(1);
    *(volatile u32 *)page = 0x11223344;
    struct trap t = exec(MODE_U, AMOADD_B(A2, A1, A0), (ulong)page + 1, 1);
    NEED(t.cause != EXC_ILLEGAL, "no Zabha");
    EXPECT_DONE(t);
    CHECK_EQ(*(volatile u32 *)page, 0x11223444);
    CHECK_EQ(cause_of(MODE_HS, AMOADD_B(A2, A1, A0), CLINT), EXC_STORE_ACCESS);
}

TEST("norm:ziccamoc_pma_amo_req norm:pma_amo_zacas_levels2 norm:pma_amo_zacas_req_arith "
     "norm:pma_amo_zacas_levels1 AMOCAS of each width works in RAM, and not on a device")
{
    volatile u64 *page = page_alloc(1);
    page[0] = 5;
    page[1] = 6;
    struct trap t = RUN(MODE_U, CODE(AMOCAS_W(A2, A1, A0)), .a0 = (ulong)page, .a1 = 9, .a2 = 5);
    NEED(t.cause != EXC_ILLEGAL, "no Zacas");
    EXPECT_DONE(t);
    CHECK_EQ(page[0], 9);
    CHECK_EQ(t.regs[A2], 5);
    t = RUN(MODE_U, CODE(AMOCAS_W(A2, A1, A0)), .a0 = (ulong)page, .a1 = 1, .a2 = 5);
    CHECK_EQ(page[0], 9); /* it was not 5 */
    CHECK_EQ(t.regs[A2], 9);
    /* Pairs: a2, a3 are compared, a4, a5 stored. */
    EXPECT_DONE(RUN(MODE_U, CODE(ADDI(A4, ZERO, 77), ADDI(A5, ZERO, 0), AMOCAS_D(A2, A4, A0)),
                    .a0 = (ulong)page, .a2 = 9));
    CHECK_EQ(page[0], 77);
    if (RV64) {
        EXPECT_DONE(RUN(MODE_U, CODE(ADDI(A4, ZERO, 1), ADDI(A5, ZERO, 2), AMOCAS_Q(A2, A4, A0)),
                        .a0 = (ulong)page, .a2 = 77, .a3 = 6));
        CHECK_EQ(page[0], 1);
        CHECK_EQ(page[1], 2);
    }
    CHECK_EQ(cause_of(MODE_HS, AMOCAS_W(A2, A1, A0), CLINT), EXC_STORE_ACCESS);
}

TEST("norm:ziccrse_pma_rsrv_req norm:pma_rsrv_levels a constrained loop of LR and SC in RAM "
     "succeeds")
{
    volatile u32 *page = page_alloc(1);
    *page = 41;
    FOR_EACH_PRIV(m)
    {
        /* 0: lr a1; addi; sc a2; bnez a2, 0 */
        struct trap t = RUN(m,
                            CODE(LR_W(A1, A0), ADDI(A1, A1, 1), SC_W(A2, A1, A0),
                                 0xfe061ae3u /* bne a2, x0, -12 */),
                            .a0 = (ulong)page);
        EXPECT_DONE(t);
        CHECK_EQ(*page, 42 + m);
    }
}

TEST(
    "norm:pma_vm_hw_tbl_acc norm:pma_chk_paddr page tables are read from RAM, not from a device or "
    "where nothing is: access faults of the original type")
{
    static const ulong places[] = {CLINT, VACANT};
    for (unsigned i = 0; i < 2; i++) {
        one_stage(SV_MIN, 0);
        pte_t *above = table_slot(&ts.vs, ts.va, 1);
        EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
        *above = PTE_PPN(places[i]) | PTE_V;
        fence_all();
        CHECK_EQ(cause_of(MODE_HS, LW(A1, A0, 0), ts.va), EXC_LOAD_ACCESS);
        CHECK_EQ(cause_of(MODE_HS, SW(A1, A0, 0), ts.va), EXC_STORE_ACCESS);
        CHECK_EQ(RUN(MODE_HS, .pc = ts.va).cause, EXC_INSN_ACCESS);
    }
    csr_write(CSR_SATP, 0);
}

TEST(
    "norm:pma_mag_op_amo norm:pma_mag_op_rsrv norm:pma_mag_exc misaligned AMOs, LR and SC raise an "
    "exception, an address-misaligned or an access fault, wherever they lie")
{
    u8 *page = page_alloc(1);
    FOR_EACH_PRIV(m)
    for (unsigned at = 1; at < 64; at += 20) {
        context("mode", m);
        ulong cause = cause_of(m, AMOADD_W(A1, A2, A0), (ulong)page + at);
        CHECK(cause == EXC_STORE_MISALIGNED || cause == EXC_STORE_ACCESS);
        cause = cause_of(m, SC_W(A1, A2, A0), (ulong)page + at);
        CHECK(cause == EXC_STORE_MISALIGNED || cause == EXC_STORE_ACCESS);
        cause = cause_of(m, LR_W(A1, A0), (ulong)page + at);
        CHECK(cause == EXC_LOAD_MISALIGNED || cause == EXC_LOAD_ACCESS);
    }
}

TEST("norm:pma_mag_op_ldst norm:mcause_exccode_pri2 misaligned loads and stores in RAM work, or "
     "raise "
     "address-misaligned")
{
    u8 *page = page_alloc(1);
    for (unsigned at = 1; at < 16; at += 2) {
        context("offset", at);
        page[at + 2] = 0x40;
        struct trap t = exec(MODE_HS, LW(A1, A0, 0), (ulong)page + at, 0);
        if (t.bank == BANK_NONE)
            CHECK_EQ(t.regs[A1] >> 16 & 0xff, 0x40);
        else
            EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_MISALIGNED, .tval = (ulong)page + at,
                        TINST(LW(A1, ZERO, 0)));
        t = exec(MODE_HS, SW(A1, A0, 0), (ulong)page + at, 0x11223344);
        if (t.bank == BANK_NONE)
            CHECK_EQ(page[at] | page[at + 1] << 8, 0x3344);
        else
            CHECK_EQ(t.cause, EXC_STORE_MISALIGNED);
    }
}

TEST("norm:pma_idp_misaligned_exc a misaligned access to a device is an access fault, or where "
     "misaligned accesses trap an address-misaligned one: it reads nothing")
{
    FOR_EACH_PRIV(m)
    {
        context("mode", m);
        ulong cause = cause_of(m, LW(A1, A0, 1), CLINT + 0xbff8);
        CHECK(cause == EXC_LOAD_ACCESS || cause == EXC_LOAD_MISALIGNED);
        cause = cause_of(m, SW(A1, A0, 1), CLINT + 0x4000);
        CHECK(cause == EXC_STORE_ACCESS || cause == EXC_STORE_MISALIGNED);
    }
}

TEST("norm:pma_idp_mm RAM is idempotent: reading and writing again changes nothing")
{
    volatile u32 *page = page_alloc(1);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_DONE(exec(MODE_U, SW(A1, A0, 0), (ulong)page, 0x1234));
        CHECK_EQ(RESULT(exec(MODE_U, LW(A0, A0, 0), (ulong)page, 0)), 0x1234);
        CHECK_EQ(page[1], 0);
    }
}
