/* Which of several exceptions of one instruction is taken, and the order of checks in a walk. */
#include "priv.h"

TEST("norm:H_exception_priority the VS stage's page fault comes before the G stage's of the data "
     "page")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)PTE_W;
    *ts.g_leaf = 0;
    fence_all();
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
    CHECK_EQ(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_GUEST_PAGE);
}

TEST(
    "norm:H_exception_priority a walk ends at the first fault: VS table unreadable before anything "
    "below it")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *table_slot(&ts.g, (ulong)ts.vs_leaf & ~(PAGE - 1), 0) = 0;
    *ts.vs_leaf = 0;
    *ts.g_leaf = 0;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va,
                .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ, .gva = 1);
}

TEST("norm:H_exception_priority the permission check of the VS leaf comes before its A/D update")
{
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_ADUE, "no Svadu");
    csr_put64(CSR_HENVCFG, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    *table_slot(&ts.g, (ulong)ts.vs_leaf & ~(PAGE - 1), 0) &= ~(pte_t)PTE_W;
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_V | PTE_R;
    fence_all();
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
}

TEST("norm:H_exception_priority an instruction fetch fault comes before anything the instruction "
     "does")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *(volatile u32 *)ts.mem = UNIMP;
    asm volatile("fence.i");
    CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_ILLEGAL);
    *ts.g_leaf &= ~(pte_t)PTE_X;
    fence_all();
    CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_INSN_GUEST_PAGE);
}

TEST("norm:H_exception_priority virtual-instruction exceptions come before the access of HLV")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    struct trap t = exec(MODE_VS, HLV_W(A1, A0), ts.va, 0);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_VIRTUAL, INSN(HLV_W(A1, A0)));
    t = exec(MODE_U, HLV_W(A1, A0), ts.va, 0);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_ILLEGAL, INSN(HLV_W(A1, A0)));
}

TEST("norm:H_exception_priority an interrupt comes before the exception of the instruction")
{
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, BIT(IRQ_VSEI));
    EXPECT_TRAP(exec(MODE_VU, UNIMP, 0, 0), .bank = BANK_VS, .cause = INTERRUPT | IRQ_SEI);
}

TEST("norm:H_pmp PMP is checked on the address of every step: VS table, G table, data")
{
    NEED(pmp_available(), "no PMP");
    two_stage(SV_MIN, SV_MIN, 0);
    void *pages[] = {(void *)((ulong)table_slot(&ts.vs, ts.va, 0) & ~(PAGE - 1)),
                     (void *)((ulong)table_slot(&ts.g, ts.gpa, 0) & ~(PAGE - 1)), ts.mem};
    for (unsigned i = 0; i < 3; i++) {
        context("step", i);
        pmp_page(pages[i], 0);
        EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0), .bank = BANK_M,
                    .cause = EXC_LOAD_ACCESS, .tval = ts.va, TINST(LW(A1, ZERO, 0)), .gva = 1);
        csr_write(CSR_HSTATUS, HSTATUS_SPVP);
        EXPECT_TRAP(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0), .bank = BANK_M,
                    .cause = EXC_LOAD_ACCESS, .tval = ts.va, TINST(HLV_W(A1, ZERO)), .gva = 1);
    }
    /* Tables need only be readable. */
    pmp_page(pages[0], 1);
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0));
    pmp_page(pages[1], 1);
    EXPECT_DONE(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0));
}

TEST("norm:H_exception_priority a misaligned AMO on an absent page: page fault, misaligned or "
     "access "
     "fault")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    struct trap t = exec(MODE_VS, AMOADD_W(A1, A1, A0), ts.va + 2, 0);
    CHECK(t.cause == EXC_STORE_MISALIGNED || t.cause == EXC_STORE_PAGE ||
          t.cause == EXC_STORE_ACCESS);
    CHECK_EQ(t.tval, ts.va + 2);
    CHECK_EQ(t.gva, 1);
    CHECK_EQ(t.tval2, 0);
}
