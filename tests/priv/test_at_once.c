/* What must take effect without any fence: MXR, SUM, the Bare modes, privilege, the instruction
 * side after FENCE.I. */
#include "priv.h"

static int reads(enum mode mode)
{
    return exec(mode, LW(A1, A0, 0), ts.va, 0).bank == BANK_NONE;
}

static int hlv_reads(void)
{
    return exec(MODE_HS, HLV_W(A1, A0), ts.va, 0).bank == BANK_NONE;
}

TEST("norm:vsstatus_mxr_vm norm:vsstatus_v0 vsstatus.MXR written from M, HS and VS counts at once")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(!reads(MODE_VS));
        CHECK(!hlv_reads());
        csr_write(CSR_VSSTATUS, STATUS_MXR);
        CHECK(reads(MODE_VS));
        CHECK(hlv_reads());
        EXPECT_DONE(exec(MODE_HS, CSRW(CSR_VSSTATUS, A0), 0, 0));
        CHECK(!reads(MODE_VS));
        CHECK(!hlv_reads());
        EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SSTATUS, A0), STATUS_MXR, 0));
        CHECK(reads(MODE_VS));
        CHECK(hlv_reads());
        csr_write(CSR_VSSTATUS, 0);
    }
}

TEST("norm:sstatus_mxr_vm the HS MXR counts at once at both stages")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)(PTE_R | PTE_W);
    *ts.g_leaf &= ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(!reads(MODE_VS));
        CHECK(!hlv_reads());
        EXPECT_DONE(exec(MODE_HS, CSRRS(ZERO, CSR_SSTATUS, A0), STATUS_MXR, 0));
        CHECK(reads(MODE_VS));
        CHECK(hlv_reads());
        csr_clear(CSR_MSTATUS, STATUS_MXR);
    }
}

TEST("norm:vsstatus_sz_acc_op vsstatus.SUM counts at once, for VS and for HLV")
{
    two_stage(SV_MIN, SV_MIN, PTE_U);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned i = 0; i < 3; i++) {
        csr_write(CSR_VSSTATUS, STATUS_SUM);
        CHECK(reads(MODE_VS));
        CHECK(hlv_reads());
        csr_write(CSR_VSSTATUS, 0);
        CHECK(!reads(MODE_VS));
        CHECK(!hlv_reads());
        CHECK(reads(MODE_VU));
        struct trap t = RUN(MODE_VS, CODE(CSRRS(ZERO, CSR_SSTATUS, A1), LW(A1, A0, 0)), .a0 = ts.va,
                            .a1 = STATUS_SUM);
        EXPECT_DONE(t);
    }
}

TEST("norm:hstatus_spvp_op SPVP counts at once")
{
    two_stage(SV_MIN, SV_MIN, 0);
    for (unsigned i = 0; i < 3; i++) {
        csr_write(CSR_HSTATUS, HSTATUS_SPVP);
        CHECK(hlv_reads());
        csr_write(CSR_HSTATUS, 0);
        CHECK(!hlv_reads());
    }
}

TEST("norm:H_vm_twostage a translation used from VS is not there for VU, and the other way round")
{
    two_stage(SV_MIN, SV_MIN, 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(reads(MODE_VS));
        CHECK(!reads(MODE_VU));
        CHECK_EQ(exec(MODE_VU, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
        CHECK_EQ(RUN(MODE_VU, .pc = ts.va).cause, EXC_INSN_PAGE);
    }
}

TEST("norm:H_vm_twostage a page used by loads is not thereby writable or executable")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)(PTE_W | PTE_X);
    fence_all();
    CHECK(reads(MODE_VS));
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_GUEST_PAGE);
    CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_INSN_GUEST_PAGE);
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | (PTE_RWX & ~PTE_D) | PTE_U;
    fence_all();
    CHECK(reads(MODE_VS));
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_GUEST_PAGE);
}

TEST("norm:vsatp_sz_acc_op vsatp set to Bare and back in VS-mode counts at the next instruction")
{
    two_stage(SV_MIN, SV_MIN, 0);
    /* The GPA is mapped one to one for the pool, and the window differs from it. */
    struct trap t =
        RUN(MODE_VS,
            CODE(CSRRW(A1, CSR_SATP, ZERO), LBU(A2, A0, 1), CSRW(CSR_SATP, A1), LBU(A3, A3, 1)),
            .a0 = (ulong)ts.mem, .a3 = ts.va);
    EXPECT_DONE(t);
    CHECK_EQ(t.regs[A2], ts.mem[1]);
    CHECK_EQ(t.regs[A3], ts.mem[1]);
}

TEST("norm:sfence_vma_mode_effect vsatp set to Bare: a global page of before is not there any more")
{
    two_stage(SV_MIN, SV_MIN, 0);
    u8 *other = page_alloc(1);
    memset(ts.mem, 0x11, PAGE);
    memset(other, 0x22, PAGE);
    *ts.vs_leaf |= PTE_G;
    table_map(&ts.g, ts.va, (ulong)other, PTE_RWX | PTE_U, 0);
    fence_all();
    struct trap t = exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0);
    CHECK_EQ(RESULT(t), 0x11);
    ulong vsatp = csr_read(CSR_VSATP);
    csr_write(CSR_VSATP, 0);
    t = exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0);
    CHECK_EQ(RESULT(t), 0x22);
    csr_write(CSR_VSATP, vsatp);
    t = exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0);
    CHECK_EQ(RESULT(t), 0x11);
}

static void put_insn(void *at, u32 insn)
{
    *(volatile u32 *)at = insn;
}

TEST("norm:H_vm_twostage code changed through another address is seen after FENCE.I in VS-mode")
{
    two_stage(SV_MIN, SV_MIN, 0);
    for (unsigned i = 0; i < 4; i++) {
        put_insn(ts.mem, ADDI(A0, ZERO, 10 + i));
        put_insn(ts.mem + 4, ECALL);
        EXPECT_DONE(exec(MODE_VS, FENCE_I, 0, 0));
        struct trap t = RUN(MODE_VS, .pc = ts.va);
        CHECK_EQ(RESULT(t), 10 + i);
    }
    /* The guest itself stores, by the VA and by HSV, and fences. */
    EXPECT_DONE(RUN(MODE_VS, CODE(SW(A1, A0, 0), FENCE_I), .a0 = ts.va, .a1 = ADDI(A0, ZERO, 55)));
    struct trap t = RUN(MODE_VS, .pc = ts.va);
    CHECK_EQ(RESULT(t), 55);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    EXPECT_DONE(RUN(MODE_HS, CODE(HSV_W(A1, A0), FENCE_I), .a0 = ts.va, .a1 = ADDI(A0, ZERO, 66)));
    t = RUN(MODE_VS, .pc = ts.va);
    CHECK_EQ(RESULT(t), 66);
}

TEST("norm:hfence-gvma_op code pages remapped at the G stage are fetched anew after HFENCE.GVMA")
{
    two_stage(SV_MIN, SV_MIN, 0);
    u8 *other = page_alloc(1);
    put_insn(ts.mem, ADDI(A0, ZERO, 1));
    put_insn(other, ADDI(A0, ZERO, 2));
    put_insn(ts.mem + 4, ECALL);
    put_insn(other + 4, ECALL);
    asm volatile("fence.i");
    for (unsigned i = 0; i < 4; i++) {
        *ts.g_leaf = PTE_PPN((ulong)(i & 1 ? other : ts.mem)) | PTE_RWX | PTE_U;
        EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(0, 0), 0, 0));
        struct trap t = RUN(MODE_VS, .pc = ts.va);
        CHECK_EQ(RESULT(t), i & 1 ? 2 : 1);
    }
    *ts.g_leaf &= ~(pte_t)PTE_X;
    EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(A0, 0), (ulong)(ts.gpa >> 2), 0));
    CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_INSN_GUEST_PAGE);
}

TEST("norm:sfence_vma_v1 code pages remapped at the VS stage are fetched anew after SFENCE.VMA")
{
    two_stage(SV_MIN, SV_MIN, 0);
    u8 *other = page_alloc(1);
    put_insn(ts.mem, ADDI(A0, ZERO, 1));
    put_insn(other, ADDI(A0, ZERO, 2));
    put_insn(ts.mem + 4, ECALL);
    put_insn(other + 4, ECALL);
    asm volatile("fence.i");
    for (unsigned i = 0; i < 4; i++) {
        *ts.vs_leaf = PTE_PPN(i & 1 ? (u64)(ulong)other : ts.gpa) | PTE_RWX;
        EXPECT_DONE(exec(MODE_VS, SFENCE_VMA(A0, 0), ts.va, 0));
        struct trap t = RUN(MODE_VS, .pc = ts.va);
        CHECK_EQ(RESULT(t), i & 1 ? 2 : 1);
    }
}

TEST("norm:H_vm_twostage one VA runs different code in HS (satp) and in VS, switching back and "
     "forth")
{
    struct table hs;
    two_stage(SV_MIN, SV_MIN, 0);
    u8 *other = page_alloc(1);
    table_init(&hs, STAGE_HS, SV_MIN);
    table_map_image(&hs);
    table_map(&hs, ts.va, (ulong)other, PTE_RWX, 0);
    table_use(&hs, 0);
    put_insn(ts.mem, ADDI(A0, ZERO, 1));
    put_insn(other, ADDI(A0, ZERO, 2));
    put_insn(ts.mem + 4, ECALL);
    put_insn(other + 4, ECALL);
    asm volatile("fence.i");
    for (unsigned i = 0; i < 6; i++) {
        struct trap t = RUN(i & 1 ? MODE_HS : MODE_VS, .pc = ts.va);
        CHECK_EQ(RESULT(t), i & 1 ? 2 : 1);
        CHECK_EQ(t.cause, i & 1 ? EXC_ECALL_HS : EXC_ECALL_VS);
    }
}
