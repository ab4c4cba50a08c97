/* A and D bits at both stages: Svade by default, Svadu under menvcfg.ADUE and henvcfg.ADUE. */
#include "priv.h"

static void hardware_ad(u64 menvcfg, u64 henvcfg)
{
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_ADUE, "no Svadu");
    csr_put64(CSR_HENVCFG, henvcfg);
    csr_put64(CSR_MENVCFG, menvcfg);
    fence_all();
}

TEST("norm:Svadu_hw_update_a_d_bits norm:Svadu_hypervisor_adue_writable "
     "norm:menvcfg_adue_henvcfg_adue_rdonly0 the ADUE bits")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    CHECK_EQ(csr_get64(CSR_HENVCFG) & ENVCFG_ADUE, ENVCFG_ADUE);
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG) & ENVCFG_ADUE, 0);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, ENVCFG_ADUE) & ENVCFG_ADUE, 0);
}

TEST("norm:menvcfg_adue_op norm:Svadu_disabled_hw_update_falls_back_to_svade norm:henvcfg_adue_op "
     "VS stage without ADUE: "
     "A=0 and D=0 are page faults")
{
    two_stage(SV_MIN, SV_MIN, 0);
    for (unsigned i = 0; i < 2; i++) {
        if (i)
            hardware_ad(ENVCFG_ADUE, 0);
        *ts.vs_leaf = PTE_PPN(ts.gpa) | (PTE_RWX & ~(PTE_A | PTE_D));
        fence_all();
        CHECK_EQ(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
        CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
        CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_INSN_PAGE);
        *ts.vs_leaf |= PTE_A;
        fence_all();
        EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
        CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
        CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A);
    }
}

TEST("norm:H_vm_gpatrans G stage without ADUE: A=0 and D=0 are guest-page faults with the GPA")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(LW(A1, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_GUEST_PAGE,
                .tval = ts.va, .tval2 = gpa_value(ts.gpa), .gva = 1);
    *ts.g_leaf |= PTE_A;
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(SW(A1, ZERO, 0)), .gva = 1);
}

TEST("norm:henvcfg_adue_op henvcfg.ADUE=1: the VS stage sets A, then D")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A);
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A | PTE_D);
}

TEST("norm:menvcfg_adue_op norm:Svadu_hw_update_a_d_bits menvcfg.ADUE=1: the G stage sets A, then "
     "D; henvcfg.ADUE is not "
     "about it")
{
    hardware_ad(ENVCFG_ADUE, 0);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.g_leaf & (PTE_A | PTE_D), PTE_A);
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.g_leaf & (PTE_A | PTE_D), PTE_A | PTE_D);
}

TEST("norm:menvcfg_adue_op norm:Svadu_hw_update_a_d_bits menvcfg.ADUE=1: translation by satp sets "
     "A and D")
{
    hardware_ad(ENVCFG_ADUE, 0);
    one_stage(SV_MIN, PTE_U);
    *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_U, LW(A1, A0, 0), ts.va, 0));
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A);
    EXPECT_DONE(exec(MODE_U, AMOADD_W(A1, A1, A0), ts.va, 0));
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), PTE_A | PTE_D);
}

TEST("norm:henvcfg_adue_op HLV sets A, HSV sets D, a fetch sets A")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    static const u32 insns[] = {HLV_W(A1, A0), HLVX_HU(A1, A0), HSV_W(A1, A0), NOP};
    for (unsigned i = 0; i < 4; i++) {
        *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
        *ts.g_leaf &= ~(pte_t)(PTE_A | PTE_D);
        *(volatile u32 *)ts.mem = ECALL;
        asm volatile("fence.i");
        fence_all();
        struct trap t = i < 3 ? exec(MODE_HS, insns[i], ts.va + 8, 0) : RUN(MODE_VS, .pc = ts.va);
        CHECK_EQ(t.bank, i < 3 ? BANK_NONE : BANK_M);
        CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), i == 2 ? PTE_A | PTE_D : PTE_A);
        CHECK_EQ(*ts.g_leaf & (PTE_A | PTE_D), i == 2 ? PTE_A | PTE_D : PTE_A);
    }
}

TEST("norm:henvcfg_adue_op an access that faults leaves A and D of the faulting leaf alone")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_V | PTE_R;
    fence_all();
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), 0);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_V | PTE_R | PTE_U;
    fence_all();
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_GUEST_PAGE);
    CHECK_EQ(*ts.g_leaf & (PTE_A | PTE_D), 0);
}

TEST("norm:henvcfg_adue_op superpage leaves get their A and D too, at both stages")
{
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    ulong gpa = 0x20000000;
    pte_t *v = table_map(&ts.vs, gpa, gpa, PTE_V | PTE_R | PTE_W, 1);
    pte_t *g = table_map(&ts.g, gpa, IMAGE, PTE_V | PTE_R | PTE_W | PTE_U, 1);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), gpa + 0x1ff000, 0));
    CHECK_EQ(*v & (PTE_A | PTE_D), PTE_A | PTE_D);
    CHECK_EQ(*g & (PTE_A | PTE_D), PTE_A | PTE_D);
}

TEST("norm:H_pmp an A update that PMP does not let through is an access fault")
{
    NEED(pmp_available(), "no PMP");
    hardware_ad(ENVCFG_ADUE, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)PTE_A;
    pmp_page((void *)((ulong)ts.vs_leaf & ~(PAGE - 1)), 1);
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                .tval = ts.va, TINST(LW(A1, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va, TINST(SW(A1, ZERO, 0)), .gva = 1);
}
