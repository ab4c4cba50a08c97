/* Svpbmt and Svnapot at both stages. RV64 only. */
#include "priv.h"

static ulong load_cause(void)
{
    struct trap t = exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0);
    return t.bank == BANK_NONE ? 0 : t.cause;
}

static void set_leaves(u64 vs_bits, u64 g_bits)
{
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX | vs_bits;
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U | g_bits;
    fence_all();
}

static void need_pbmt(u64 henvcfg)
{
    csr_put64(CSR_MENVCFG, ENVCFG_PBMTE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_PBMTE, "no Svpbmt");
    csr_put64(CSR_HENVCFG, henvcfg);
    two_stage(SV39, SV39, 0);
}

TEST("norm:henvcfg_pbmte_op norm:menvcfg_pbmte_op henvcfg.PBMTE is about the VS stage, "
     "menvcfg.PBMTE "
     "about the G stage")
{
    need_pbmt(ENVCFG_PBMTE);
    for (u64 pbmt = 0; pbmt < 3; pbmt++) {
        context("PBMT", pbmt);
        set_leaves(PTE_PBMT(pbmt), 0);
        CHECK_EQ(load_cause(), 0);
        set_leaves(0, PTE_PBMT(pbmt));
        CHECK_EQ(load_cause(), 0);
        set_leaves(PTE_PBMT(pbmt), PTE_PBMT(2 - pbmt));
        CHECK_EQ(load_cause(), 0);
    }
    csr_put64(CSR_HENVCFG, 0);
    for (u64 pbmt = 1; pbmt < 4; pbmt++) {
        context("PBMT", pbmt);
        set_leaves(PTE_PBMT(pbmt), 0);
        CHECK_EQ(load_cause(), EXC_LOAD_PAGE);
        set_leaves(0, PTE_PBMT(pbmt));
        CHECK_EQ(load_cause(), pbmt == 3 ? EXC_LOAD_GUEST_PAGE : 0);
    }
    csr_put64(CSR_MENVCFG, 0);
    for (u64 pbmt = 1; pbmt < 4; pbmt++) {
        context("PBMT", pbmt);
        set_leaves(0, PTE_PBMT(pbmt));
        CHECK_EQ(load_cause(), EXC_LOAD_GUEST_PAGE);
    }
}

TEST("norm:Svpbmt_leaf_pte_pbmt_reserved_3_fault PBMT=3 faults at the stage it is in")
{
    need_pbmt(ENVCFG_PBMTE);
    set_leaves(PTE_PBMT(3), 0);
    CHECK_EQ(load_cause(), EXC_LOAD_PAGE);
    set_leaves(0, PTE_PBMT(3));
    EXPECT_TRAP(exec(MODE_VS, SB(A1, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(SB(A1, ZERO, 0)), .gva = 1);
}

TEST("norm:Svpbmt_nonleaf_pte_pbmt_must_be_zero PBMT in a non-leaf PTE faults")
{
    need_pbmt(ENVCFG_PBMTE);
    for (u64 pbmt = 1; pbmt < 4; pbmt++) {
        pte_t *v = table_slot(&ts.vs, ts.va, 1), *g = table_slot(&ts.g, ts.gpa, 1);
        *v |= PTE_PBMT(pbmt);
        fence_all();
        CHECK_EQ(load_cause(), EXC_LOAD_PAGE);
        *v &= ~PTE_PBMT(3);
        *g |= PTE_PBMT(pbmt);
        fence_all();
        CHECK_EQ(load_cause(), EXC_LOAD_GUEST_PAGE);
        *g &= ~PTE_PBMT(3);
    }
}

TEST(
    "norm:Svpbmt_hgatp_stage_override_rule an A/D update of a VS PTE in a page the G stage maps NC")
{
    need_pbmt(0);
    csr_put64(CSR_MENVCFG, ENVCFG_PBMTE | ENVCFG_ADUE);
    csr_put64(CSR_HENVCFG, ENVCFG_PBMTE | ENVCFG_ADUE);
    NEED(csr_get64(CSR_HENVCFG) & ENVCFG_ADUE, "no Svadu");
    *table_slot(&ts.g, (ulong)ts.vs_leaf & ~(PAGE - 1), 0) |= PTE_PBMT(1);
    *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, SB(A1, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A | PTE_D);
}

TEST("norm:menvcfg_pbmte_op PBMT under satp by menvcfg.PBMTE")
{
    csr_put64(CSR_MENVCFG, ENVCFG_PBMTE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_PBMTE, "no Svpbmt");
    one_stage(SV39, PTE_U);
    *ts.vs_leaf |= PTE_PBMT(1);
    fence_all();
    EXPECT_DONE(exec(MODE_U, LBU(A0, A0, 0), ts.va, 0));
    csr_put64(CSR_MENVCFG, 0);
    fence_all();
    CHECK_EQ(exec(MODE_U, LBU(A0, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
}

/* ---- Svnapot ---- */

#define RANGE 0x10000ul

/* Does an N=1 leaf work under satp? */
static void need_napot(void)
{
    one_stage(SV39, PTE_U);
    table_map(&ts.vs, 0x20000000, IMAGE + 0x8000, PTE_RWX | PTE_U | PTE_N, 0);
    fence_all();
    struct trap t = exec(MODE_U, LBU(A0, A0, 0), 0x20000000, 0);
    csr_write(CSR_SATP, 0);
    NEED(t.bank == BANK_NONE, "no Svnapot");
    pool_reset();
    two_stage(SV39, SV39, 0);
}

/* Writes 16 NAPOT PTEs for the range at `address`; its translation starts at `to`. */
static void map_napot(struct table *table, u64 address, u64 to, u64 bits)
{
    for (ulong at = 0; at < RANGE; at += PAGE)
        table_map(table, address + at, to | 0x8000, PTE_N | bits, 0);
}

static u8 *napot_memory(void)
{
    u8 *range = page_alloc(16);
    for (unsigned i = 0; i < 16; i++)
        range[i * PAGE] = (u8)(0x80 + i);
    return range;
}

TEST("norm:Svnapot_valid_encoding norm:Svnapot_implicit_read_ppn_subst norm:Svnapot_hyp_gstage "
     "64 KiB ranges at the VS stage, the G stage and both")
{
    need_napot();
    u8 *range = napot_memory();
    ulong va = 0x20000000;
    u64 gpa = 0x30050000;
    for (unsigned i = 1; i < 4; i++) {
        context("NAPOT at (1 VS, 2 G)", i);
        for (ulong at = 0; at < RANGE; at += PAGE) {
            table_map(&ts.vs, va + at, gpa + at, PTE_RWX, 0);
            table_map(&ts.g, gpa + at, (ulong)range + at, PTE_RWX | PTE_U, 0);
        }
        if (i & 1)
            map_napot(&ts.vs, va, gpa, PTE_RWX);
        if (i & 2)
            map_napot(&ts.g, gpa, (ulong)range, PTE_RWX | PTE_U);
        fence_all();
        for (unsigned page = 0; page < 16; page++) {
            struct trap t = exec(MODE_VS, LBU(A0, A0, 0), va + page * PAGE, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), 0x80 + page);
        }
    }
}

TEST("norm:H_vm_gpatrans a guest-page fault in a NAPOT range of the VS stage gives the exact GPA")
{
    need_napot();
    ulong va = 0x20000000;
    u64 gpa = 0x30050000;
    map_napot(&ts.vs, va, gpa, PTE_RWX);
    fence_all();
    for (ulong at = 8; at < RANGE; at += 0x3000)
        EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 0), va + at, 0), .bank = BANK_M,
                    .cause = EXC_LOAD_GUEST_PAGE, .tval = va + at, .tval2 = gpa_value(gpa + at),
                    TINST(LW(A1, ZERO, 0)), .gva = 1);
}

TEST("norm:Svnapot_reserved_encoding_fault reserved NAPOT encodings fault at their stage, before A "
     "and D are set")
{
    need_napot();
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    csr_put64(CSR_HENVCFG, ENVCFG_ADUE);
    for (u64 low = 0; low < 16; low++) {
        if (low == 8)
            continue;
        context("ppn[3:0]", low);
        u64 vs = PTE_PPN((ts.gpa & ~0xffffull) | low << 12) | PTE_V | PTE_R | PTE_W | PTE_N;
        *ts.vs_leaf = vs;
        fence_all();
        CHECK_EQ(load_cause(), EXC_LOAD_PAGE);
        CHECK_EQ(*ts.vs_leaf, vs);
        u64 g = PTE_PPN(((ulong)ts.mem & ~0xffffull) | low << 12) | PTE_V | PTE_R | PTE_W | PTE_U |
                PTE_N;
        *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
        *ts.g_leaf = g;
        fence_all();
        CHECK_EQ(load_cause(), EXC_LOAD_GUEST_PAGE);
        CHECK_EQ(*ts.g_leaf, g);
        set_leaves(0, 0);
    }
}

TEST("norm:Svnapot_reserved_encoding_fault N in a superpage leaf or a non-leaf PTE faults")
{
    need_napot();
    ulong va = 0x20000000;
    table_map(&ts.vs, va, va, PTE_RWX | PTE_N, 1);
    fence_all();
    CHECK_EQ(exec(MODE_VS, LBU(A0, A0, 0), va, 0).cause, EXC_LOAD_PAGE);
    table_map(&ts.vs, va, va, PTE_RWX, 1);
    table_map(&ts.g, va, IMAGE, PTE_RWX | PTE_U | PTE_N, 1);
    fence_all();
    CHECK_EQ(exec(MODE_VS, LBU(A0, A0, 0), va, 0).cause, EXC_LOAD_GUEST_PAGE);
    *table_slot(&ts.vs, ts.va, 1) |= PTE_N;
    fence_all();
    CHECK_EQ(load_cause(), EXC_LOAD_PAGE);
}

TEST("norm:Svnapot_pte_N an A/D update of a NAPOT range is made in the PTE that was walked")
{
    need_napot();
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_ADUE, "no Svadu");
    csr_put64(CSR_HENVCFG, ENVCFG_ADUE);
    u8 *range = napot_memory();
    ulong va = 0x20000000;
    u64 gpa = 0x30050000;
    map_napot(&ts.vs, va, gpa, PTE_V | PTE_R | PTE_W);
    map_napot(&ts.g, gpa, (ulong)range, PTE_V | PTE_R | PTE_W | PTE_U);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, SB(A1, A0, 0), va + 5 * PAGE, 0));
    pte_t *v = table_slot(&ts.vs, va + 5 * PAGE, 0), *g = table_slot(&ts.g, gpa + 5 * PAGE, 0);
    CHECK_EQ(*v, PTE_PPN(gpa | 0x8000) | PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_N);
    CHECK_EQ(*g & (PTE_A | PTE_D), PTE_A | PTE_D);
}
