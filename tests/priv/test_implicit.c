/* Guest-page faults of implicit accesses: those to the VS-stage page tables. */
#include "priv.h"

/* The G-stage leaf of the page that holds a VS-stage slot. */
static pte_t *g_leaf_of(const pte_t *slot)
{
    return table_slot(&ts.g, (ulong)slot & ~(PAGE - 1), 0);
}

/* The accesses, with the cause each must report. */
static const struct {
    u32 insn;
    ulong cause;
} accesses[] = {
    {LW(A2, A0, 0), EXC_LOAD_GUEST_PAGE},         {LBU(A2, A0, 0), EXC_LOAD_GUEST_PAGE},
    {LR_W(A2, A0), EXC_LOAD_GUEST_PAGE},          {SW(A2, A0, 0), EXC_STORE_GUEST_PAGE},
    {AMOADD_W(A2, A3, A0), EXC_STORE_GUEST_PAGE}, {SB(A2, A0, 0), EXC_STORE_GUEST_PAGE},
};
#define ACCESSES (sizeof(accesses) / sizeof(accesses[0]))

TEST("norm:H_trap_xtinst_guestpage norm:htval_trapval norm:mtval2_trapval_vstrans unreadable VS "
     "table: pseudoinstruction and the address of the slot")
{
    for (enum bank b = BANK_M; b <= BANK_HS; b++)
        for (unsigned i = 0; i < ACCESSES; i++) {
            context("bank", b);
            context("instruction", accesses[i].insn);
            pool_reset();
            two_stage(SV_MIN, SV_MIN, 0);
            delegate_all(b);
            *g_leaf_of(ts.vs_leaf) = 0;
            fence_all();
            EXPECT_TRAP(exec(MODE_VS, accesses[i].insn, ts.va + 8, 0), .bank = b,
                        .cause = accesses[i].cause, .tval = ts.va + 8,
                        .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ, .gva = 1);
        }
}

TEST("norm:H_trap_xtinst_guestpage no pseudoinstruction where the address written is zero")
{
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        delegate_all(b);
        csr_write(CSR_VSATP, (ulong)SV_MIN << (RV64 ? 60 : 31)); /* the root at GPA 0, not mapped */
        fence_all();
        csr_set(CSR_HSTATUS, HSTATUS_SPVP);
        struct trap t = exec(MODE_HS, HLV_W(A2, A0), 0, 0);
        EXPECT_TRAP(t, .bank = b, .cause = EXC_LOAD_GUEST_PAGE, .gva = 1);
    }
}

TEST("norm:H_vm_gpapriv an implicit access during a fetch reports an instruction guest-page fault")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *g_leaf_of(ts.vs_leaf) = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va + 0x40), .bank = b, .cause = EXC_INSN_GUEST_PAGE,
                    .tval = ts.va + 0x40, .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)),
                    .tinst = PSEUDO_READ, .gva = 1);
    }
}

TEST("norm:htval_trapval the slot address at every level and for every pair of modes (HLV, HSV)")
{
    csr_set(CSR_HSTATUS, HSTATUS_SPVP);
    FOR_EACH_PAIR(v, g)
    {
        if (v == BARE || g == BARE)
            continue;
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        pool_reset();
        two_stage((unsigned)v, (unsigned)g, 0);
        for (unsigned level = 0; level < ts.vs.levels; level++) {
            context("level", level);
            pte_t *slot = table_slot(&ts.vs, ts.va, level);
            pte_t old = *g_leaf_of(slot);
            *g_leaf_of(slot) = 0;
            fence_all();
            EXPECT_TRAP(exec(MODE_HS, HLV_W(A2, A0), ts.va + 4, 0), .bank = BANK_M,
                        .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + 4,
                        .tval2 = gpa_value(SLOT_GPA(slot)), .tinst = PSEUDO_READ, .gva = 1);
            EXPECT_TRAP(exec(MODE_HS, HSV_W(A2, A0), ts.va + 4, 0), .bank = BANK_M,
                        .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + 4,
                        .tval2 = gpa_value(SLOT_GPA(slot)), .tinst = PSEUDO_READ, .gva = 1);
            *g_leaf_of(slot) = old;
        }
    }
}

TEST("norm:H_vm_gpapriv implicit reads need R at the G stage, whatever the access")
{
    two_stage(SV_MIN, SV_MIN, 0);
    pte_t *g = g_leaf_of(ts.vs_leaf);
    pte_t full = *g;
    *g = full & ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_GUEST_PAGE,
                .tval = ts.va, .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ,
                .gva = 1);
    *g = full & ~(pte_t)(PTE_X | PTE_W | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, SW(A2, A0, 0), ts.va, 0));
    EXPECT_DONE(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0));
}

TEST("norm:sstatus_mxr_vm MXR is for explicit loads: no help for implicit reads of VS tables")
{
    two_stage(SV_MIN, SV_MIN, 0);
    pte_t *g = g_leaf_of(ts.vs_leaf);
    *g &= ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    csr_set(CSR_MSTATUS, STATUS_MXR);
    csr_set(CSR_VSSTATUS, STATUS_MXR);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M,
                    .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va,
                    .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ, .gva = 1);
        /* Once more when the explicit load, which may, has left the page's translation cached. */
        EXPECT_DONE(exec(MODE_VS, LW(A2, A0, 0), (ulong)ts.vs_leaf & ~(PAGE - 1), 0));
    }
}

TEST("norm:H_vm_gpapriv the G stage sees implicit accesses as U-mode: U=0 there faults")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *g_leaf_of(ts.vs_leaf) &= ~(pte_t)PTE_U;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va,
                .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ, .gva = 1);
}

TEST("norm:H_vm_gpapriv A at the G stage is needed for an implicit read (Svade)")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *g_leaf_of(ts.vs_leaf) &= ~(pte_t)PTE_A;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va,
                .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ, .gva = 1);
}

/* Svadu on at both stages; skips when there is none. */
static void hardware_ad(u64 menvcfg, u64 henvcfg)
{
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_ADUE, "no Svadu");
    csr_put64(CSR_HENVCFG, henvcfg);
    csr_put64(CSR_MENVCFG, menvcfg);
    fence_all();
}

TEST("norm:H_trap_xtinst_guestpage_rw an A/D update the G stage does not let through is a write")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    *g_leaf_of(ts.vs_leaf) &= ~(pte_t)(PTE_W | PTE_D);
    for (unsigned i = 0; i < ACCESSES; i++) {
        context("instruction", accesses[i].insn);
        *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
        fence_all();
        EXPECT_TRAP(exec(MODE_VS, accesses[i].insn, ts.va, 0), .bank = BANK_M,
                    .cause = accesses[i].cause, .tval = ts.va,
                    .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_WRITE, .gva = 1);
        CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), 0);
    }
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_GUEST_PAGE,
                .tval = ts.va, .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_WRITE,
                .gva = 1);
}

TEST("norm:H_vm_gpapriv updating A or D of a VS PTE sets A and D of the G leaf it lies in")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    pte_t *g = g_leaf_of(ts.vs_leaf);
    *g &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0));
    CHECK_EQ(*g & (PTE_A | PTE_D), PTE_A);
    *ts.vs_leaf &= ~(pte_t)PTE_D;
    fence_all();
    EXPECT_DONE(exec(MODE_VS, SW(A2, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A | PTE_D);
    CHECK_EQ(*g & (PTE_A | PTE_D), PTE_A | PTE_D);
}

TEST("norm:H_vm_gpapriv no D at the G stage, Svade there: the VS A/D update faults as a write")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    csr_put64(CSR_MENVCFG, 0);
    NEED(csr_get64(CSR_HENVCFG) & ENVCFG_ADUE ? 0 : 1, "henvcfg.ADUE outlives menvcfg.ADUE");
    *ts.vs_leaf &= ~(pte_t)PTE_A;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_PAGE,
                .tval = ts.va, TINST(LW(A2, ZERO, 0)), .gva = 1);
}

TEST("norm:H_trap_xtinst_guestpage the table of another access than the first: two-level walk")
{
    two_stage(SV_MIN, SV_MIN, 0);
    unsigned top = ts.vs.levels - 1;
    pte_t *slot = table_slot(&ts.vs, ts.va, top);
    u64 wild = RV64 ? 0x123456000ull : 0x2ffff0000ull;
    *slot = PTE_PPN(wild) | PTE_V;
    fence_all();
    u64 next =
        wild + (ts.va >> (12 + (RV64 ? 9 : 10) * (top - 1)) & (RV64 ? 511 : 1023)) * sizeof(pte_t);
    EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(next),
                .tinst = PSEUDO_READ, .gva = 1);
}

TEST("norm:H_pmp a VS table that PMP denies: an access fault of the original type, no xtval2")
{
    NEED(pmp_available(), "no PMP");
    two_stage(SV_MIN, SV_MIN, 0);
    pmp_page((void *)((ulong)ts.vs_leaf & ~(PAGE - 1)), 0);
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                .tval = ts.va, TINST(LW(A2, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va, TINST(SW(A2, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_ACCESS, .tval = ts.va,
                .gva = 1);
}

TEST("norm:H_pmp a G table that PMP denies: an access fault of the original type")
{
    NEED(pmp_available(), "no PMP");
    two_stage(SV_MIN, SV_MIN, 0);
    pmp_page((void *)((ulong)ts.g_leaf & ~(PAGE - 1)), 0);
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                .tval = ts.va, TINST(LW(A2, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, AMOADD_W(A2, A3, A0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_ACCESS, .tval = ts.va,
                TINST(TRANSFORMED_OTHER(AMOADD_W(A2, A3, A0), 0)), .gva = 1);
}
