/* Smepmp: RLB, and M-mode lockdown (MML) with each row of the manual's table. MML cannot be
 * cleared, and under it M-mode executes only what it cannot write, so from the test that sets it on
 * the image runs from shared regions (locked_down in lib/priv.h), and the tests build on one
 * another. */
#include "pmp.h"

static u8 *page;

static void need_smepmp(void)
{
    NEED(pmp_available(), "no PMP");
    NEED(csr_exists(CSR_MSECCFG), "no mseccfg");
    NEED(csr_probe(CSR_MSECCFG, SECCFG_RLB) & SECCFG_RLB, "no Smepmp");
    page = last_page(0);
}

TEST(
    "norm:mseccfg_rlb_op_warl norm:mseccfg_rlb_mmwp_mml_presence with RLB set a locked entry is in "
    "force, can be changed and removed")
{
    need_smepmp();
    pmp_set(0, PMP_L | PMP_NAPOT | PMP_R, NAPOT(page, PAGE));
    EXPECT_RIGHTS(MODE_M, page, PMP_R);
    pmp_set(0, PMP_L | PMP_NAPOT | PMP_R | PMP_X, NAPOT(page + 64, 64));
    EXPECT_RIGHTS(MODE_M, page, PMP_RWX);
    EXPECT_RIGHTS(MODE_M, page + 64, PMP_R | PMP_X);
    pmp_addr_write(7, 0x1234);
    pmp_cfg_write(8, PMP_L | PMP_TOR);
    pmp_addr_write(7, 0x5678);
    CHECK_EQ(pmp_addr(7), 0x5678);
    pmp_set(8, PMP_OFF, 0);
    pmp_set(0, PMP_OFF, 0);
    EXPECT_RIGHTS(MODE_M, page + 64, PMP_RWX);
    CHECK_EQ(csr_probe(CSR_MSECCFG, SECCFG_RLB) & SECCFG_RLB, SECCFG_RLB);
}

TEST("norm:mseccfg_rlb_op_warl RLB can be cleared and set again while nothing is locked")
{
    need_smepmp();
    CHECK_EQ(csr_probe(CSR_MSECCFG, 0) & SECCFG_RLB, 0);
    CHECK_EQ(csr_probe(CSR_MSECCFG, SECCFG_RLB) & SECCFG_RLB, SECCFG_RLB);
}

TEST("norm:pmp_rwx_warl without MML W without R is reserved, locked or not")
{
    need_smepmp();
    for (unsigned x = 0; x < 2; x++) {
        pmp_cfg_write(0, PMP_W | x * PMP_X);
        CHECK((pmp_cfg(0) & (PMP_R | PMP_W)) != PMP_W);
        pmp_cfg_write(0, PMP_L | PMP_W | x * PMP_X);
        CHECK((pmp_cfg(0) & (PMP_R | PMP_W)) != PMP_W);
        pmp_cfg_write(0, 0);
    }
}

extern u8 tohost[]; /* where code and constants end */

/* Goes into the lockdown: entries 3 and 5 are code and data for all modes; entry 0 is the test's.
 */
static void lock_down(void)
{
    pmp_set(2, PMP_OFF, TOP(IMAGE));
    pmp_set(4, PMP_OFF, TOP(tohost));
    pmp_set(3, PMP_TOR | PMP_RWX, TOP(tohost));
    pmp_set(5, PMP_TOR | PMP_RWX, TOP(pool_end));
    pmp_set(1, PMP_OFF, 0);
    pmp_cfg_write(3, PMP_L | PMP_TOR | PMP_R | PMP_X);
    locked_down = 1;
    /* Between the two writes entry 3 is M-mode's code already, and there is no data. */
    u64 cfg = (u64)(PMP_TOR | PMP_W | PMP_X) << 40 | (u64)(PMP_L | PMP_TOR | PMP_W | PMP_X) << 24 |
              pmp_cfg(0);
#if __riscv_xlen == 64
    asm volatile("csrs %0, %1; csrw %2, %3"
                 :
                 : "i"(CSR_MSECCFG), "r"(SECCFG_MML), "i"(CSR_PMPCFG0), "r"(cfg)
                 : "memory");
#else
    asm volatile("csrs %0, %1; csrw %2, %3; csrw %4, %5"
                 :
                 : "i"(CSR_MSECCFG), "r"(SECCFG_MML), "i"(CSR_PMPCFG0), "r"((ulong)cfg),
                   "i"(CSR_PMPCFG0 + 1), "r"((ulong)(cfg >> 32))
                 : "memory");
#endif
    fence_all();
}

TEST("norm:mseccfg_mml_set norm:mseccfg_mml_warl norm:mseccfg_mml_pmpcfg_L_op "
     "norm:mseccfg_mml_SorU_rule_op with MML set an entry without L is a rule of S and U: what "
     "M-mode "
     "could do before it cannot do any more")
{
    need_smepmp();
    pmp_set(0, PMP_NAPOT | PMP_RWX, NAPOT(page, PAGE));
    EXPECT_RIGHTS(MODE_M, page, PMP_RWX);
    lock_down();
    CHECK_EQ(csr_read(CSR_MSECCFG) & SECCFG_MML, SECCFG_MML);
    EXPECT_RIGHTS(MODE_M, page, 0);
    EXPECT_RIGHTS(MODE_U, page, PMP_RWX);
    EXPECT_RIGHTS(MODE_HS, page, PMP_RWX);
}

/* The manual's table: for each L, R, W, X what M-mode may do and what S and U may. */
static const struct {
    u8 cfg, m, su;
} table[] = {
    {0, 0, 0},
    {PMP_X, 0, PMP_X},
    {PMP_W, PMP_R | PMP_W, PMP_R},
    {PMP_W | PMP_X, PMP_R | PMP_W, PMP_R | PMP_W},
    {PMP_R, 0, PMP_R},
    {PMP_R | PMP_X, 0, PMP_R | PMP_X},
    {PMP_R | PMP_W, 0, PMP_R | PMP_W},
    {PMP_RWX, 0, PMP_RWX},
    {PMP_L, 0, 0},
    {PMP_L | PMP_X, PMP_X, 0},
    {PMP_L | PMP_W, PMP_X, PMP_X},
    {PMP_L | PMP_W | PMP_X, PMP_R | PMP_X, PMP_X},
    {PMP_L | PMP_R, PMP_R, 0},
    {PMP_L | PMP_R | PMP_X, PMP_R | PMP_X, 0},
    {PMP_L | PMP_R | PMP_W, PMP_R | PMP_W, 0},
    {PMP_L | PMP_RWX, PMP_R, PMP_R},
};

static void need_lockdown(void)
{
    NEED(locked_down, "M-mode is not locked down");
}

TEST("norm:mml_truth_table norm:mseccfg_mml_M_rule_op norm:mseccfg_mml_SorU_rule_op "
     "norm:mseccfg_mml_shared_rule_op norm:mseccfg_mml_shared_L0_op norm:mseccfg_mml_shared_L1_op "
     "norm:mseccfg_mml_shared_LRWX_1111_op norm:mseccfg_mml_pmpcfg_L_op each row, each mode")
{
    need_lockdown();
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        context("LRWX", table[i].cfg);
        pmp_set(0, PMP_NAPOT | table[i].cfg, NAPOT(page, PAGE));
        CHECK_EQ(pmp_cfg(0), PMP_NAPOT | table[i].cfg);
        FOR_EACH_PRIV(m)
        EXPECT_RIGHTS(m, page + 16, m == MODE_M ? table[i].m : table[i].su);
    }
}

TEST("norm:mseccfg_mml_M_rule_op norm:mseccfg_mml_SorU_rule_op it is the effective mode that "
     "counts: "
     "with MPRV M-mode's accesses are those of MPP")
{
    need_lockdown();
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        context("LRWX", table[i].cfg);
        pmp_set(0, PMP_NAPOT | table[i].cfg, NAPOT(page, PAGE));
        /* Code that runs with MPRV set and MPP=U, as MRET leaves them. */
        struct trap t = probe_load(MODE_M, (ulong)page);
        CHECK_EQ(t.bank, table[i].m & PMP_R ? BANK_NONE : BANK_M);
        t = RUN(MODE_M, .pc = (ulong)load_word, .a0 = (ulong)page, .mstatus = STATUS_MPRV);
        CHECK_EQ(t.bank, table[i].su & PMP_R ? BANK_NONE : BANK_M);
    }
}

TEST("norm:mseccfg_mml_exec_code norm:mseccfg_mml_set without a match M-mode may load and store, "
     "not "
     "execute; S and U may nothing")
{
    need_lockdown();
    volatile u32 *outside = (volatile u32 *)pool_end;
    *outside = RETURN;
    FOR_EACH_PRIV(m)
    EXPECT_RIGHTS(m, outside, m == MODE_M ? PMP_R | PMP_W : 0);
}

TEST("norm:mseccfg_mml_sticky MML cannot be cleared; RLB keeps what is locked open")
{
    need_lockdown();
    csr_write(CSR_MSECCFG, SECCFG_RLB);
    CHECK_EQ(csr_read(CSR_MSECCFG) & (SECCFG_MML | SECCFG_RLB), SECCFG_MML | SECCFG_RLB);
}

TEST("norm:mseccfg_mmwp_op_warl with MMWP M-mode may do nothing where no entry matches")
{
    need_lockdown();
    csr_set(CSR_MSECCFG, SECCFG_MMWP);
    fence_all();
    EXPECT_RIGHTS(MODE_M, pool_end, 0);
    csr_clear(CSR_MSECCFG, SECCFG_MMWP);
    CHECK_EQ(csr_read(CSR_MSECCFG) & SECCFG_MMWP, SECCFG_MMWP);
    EXPECT_RIGHTS(MODE_M, pool_end, 0);
}

TEST("norm:mseccfg_mml_X_restrict without RLB no rule is added that lets M-mode execute, shared or "
     "not; others are")
{
    need_lockdown();
    pmp_set(0, PMP_OFF, NAPOT(page, PAGE));
    csr_clear(CSR_MSECCFG, SECCFG_RLB);
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (!(table[i].cfg & PMP_L))
            continue;
        context("LRWX", table[i].cfg);
        unsigned entry = 6 + i % 8;
        pmp_set(entry, PMP_OFF | PMP_R, NAPOT(page, PAGE));
        pmp_cfg_write(entry, PMP_NAPOT | table[i].cfg);
        CHECK_EQ(pmp_cfg(entry), table[i].m & PMP_X ? PMP_OFF | PMP_R : PMP_NAPOT | table[i].cfg);
    }
}

TEST(
    "norm:mseccfg_mml_M_rule_op norm:mseccfg_mml_shared_L1_op norm:mseccfg_mml_shared_LRWX_1111_op "
    "without RLB a rule with L is locked, and RLB does not come back")
{
    need_lockdown();
    for (unsigned entry = 0; entry < 14; entry++) {
        unsigned cfg = pmp_cfg(entry);
        ulong addr = pmp_addr(entry);
        context("entry", entry);
        if (!(cfg & PMP_L))
            continue;
        pmp_cfg_write(entry, PMP_NAPOT | PMP_R);
        CHECK_EQ(pmp_cfg(entry), cfg);
        pmp_addr_write(entry, addr ^ 64);
        CHECK_EQ(pmp_addr(entry), addr);
    }
    csr_set(CSR_MSECCFG, SECCFG_RLB);
    CHECK_EQ(csr_read(CSR_MSECCFG) & SECCFG_RLB, 0);
}
