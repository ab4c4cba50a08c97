/* Accesses under satp: SUM, MXR, MPRV, which mode satp is for, and what mtval and stval hold when
 * an access or an instruction lies in two pages. */
#include "priv.h"

TEST("norm:sstatus_sum norm:mstatus_sum_op S-mode may load and store in a U page with SUM only, "
     "and never execute there; U-mode does not care")
{
    for (unsigned sum = 0; sum < 2; sum++) {
        one_stage(SV_MIN, PTE_U);
        context("SUM", sum);
        csr_write(CSR_MSTATUS, (1ul << 13) | (sum ? STATUS_SUM : 0));
        struct trap load = exec(MODE_HS, LW(A1, A0, 0), ts.va, 0);
        struct trap store = exec(MODE_HS, SW(A1, A0, 0), ts.va, 0);
        if (sum) {
            EXPECT_DONE(load);
            EXPECT_DONE(store);
        } else {
            EXPECT_TRAP(load, .bank = BANK_M, .cause = EXC_LOAD_PAGE, .tval = ts.va,
                        TINST(LW(A1, ZERO, 0)));
            EXPECT_TRAP(store, .bank = BANK_M, .cause = EXC_STORE_PAGE, .tval = ts.va,
                        TINST(SW(A1, ZERO, 0)));
        }
        EXPECT_TRAP(RUN(MODE_HS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_PAGE,
                    .tval = ts.va);
        EXPECT_DONE(exec(MODE_U, LW(A1, A0, 0), ts.va, 0));
        EXPECT_DONE(exec(MODE_U, SW(A1, A0, 0), ts.va, 0));
    }
}

TEST("norm:sstatus_sum norm:mstatus_sum_op_no-vm SUM is nothing without paging")
{
    one_stage(BARE, 0);
    EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
    csr_set(CSR_MSTATUS, STATUS_SUM);
    EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
}

TEST("norm:sstatus_mxr norm:mstatus_mxr_op a page that can only be executed is readable with MXR, "
     "not writable; M-mode and Bare do not care")
{
    for (unsigned mxr = 0; mxr < 2; mxr++) {
        one_stage(SV_MIN, 0);
        context("MXR", mxr);
        csr_write(CSR_MSTATUS, (1ul << 13) | (mxr ? STATUS_MXR : 0));
        *ts.vs_leaf &= ~(pte_t)(PTE_R | PTE_W);
        fence_all();
        struct trap load = exec(MODE_HS, LW(A1, A0, 0), ts.va, 0);
        if (mxr)
            EXPECT_DONE(load);
        else
            EXPECT_TRAP(load, .bank = BANK_M, .cause = EXC_LOAD_PAGE, .tval = ts.va,
                        TINST(LW(A1, ZERO, 0)));
        CHECK_EQ(exec(MODE_HS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
        *ts.vs_leaf &= ~(pte_t)PTE_X; /* neither readable nor executable: a pointer */
        fence_all();
        CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
        EXPECT_DONE(exec(MODE_M, LW(A1, A0, 0), (ulong)ts.mem, 0));
    }
}

/* In M-mode with MPRV and this MPP; the instruction is at byte 4. */
static struct trap as(ulong mpp, ulong more, u32 insn, ulong address)
{
    ulong status = (csr_read(CSR_MSTATUS) & ~(STATUS_MPP | STATUS_SUM)) | MPP(mpp) | more;
    return RUN(MODE_M, CODE(CSRW(CSR_MSTATUS, A1), insn, CSRRC(ZERO, CSR_MSTATUS, A3)),
               .a0 = address, .a1 = status, .a3 = STATUS_MPRV);
}

TEST("norm:mstatus_mprv_ldst_op norm:mstatus_mprv_inst_xlat_op with MPRV loads and stores are "
     "MPP's, "
     "fetches are not; without it nothing is")
{
    one_stage(SV_MIN, 0);
    for (ulong mpp = 0; mpp < 4; mpp++) {
        if (mpp == 2)
            continue;
        context("MPP", mpp);
        struct trap t = as(mpp, STATUS_MPRV, LBU(A0, A0, 5), ts.va);
        if (mpp == 1) {
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), ts.mem[5]);
            EXPECT_DONE(as(mpp, STATUS_MPRV, SB(A3, A0, 7), ts.va));
        } else {
            CHECK_EQ(t.cause, mpp ? EXC_LOAD_ACCESS : EXC_LOAD_PAGE); /* U: not a U page */
            CHECK_EQ(t.tval, ts.va + 5);
        }
        t = as(mpp, 0, LBU(A0, A0, 5), (ulong)ts.mem);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[5]);
    }
}

TEST("norm:mstatus_sum_op_mprv_mpp SUM counts in M-mode when MPRV is set and MPP is S, not else")
{
    one_stage(SV_MIN, PTE_U);
    CHECK_EQ(as(1, STATUS_MPRV, LW(A2, A0, 0), ts.va).cause, EXC_LOAD_PAGE);
    EXPECT_DONE(as(1, STATUS_MPRV | STATUS_SUM, LW(A2, A0, 0), ts.va));
    EXPECT_DONE(as(0, STATUS_MPRV, LW(A2, A0, 0), ts.va));
}

TEST("norm:satp_op_active satp is for S and U: M-mode's addresses are physical")
{
    one_stage(SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    fence_all();
    struct trap t = exec(MODE_M, LBU(A0, A0, 5), (ulong)ts.mem, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[5]);
    CHECK_EQ(exec(MODE_M, LBU(A0, A0, 0), ts.va, 0).cause, EXC_LOAD_ACCESS);
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), 0);
}

TEST("norm:sfence_vma_mode_effect norm:satp_mode Bare to paged and back takes effect at once")
{
    one_stage(SV_MIN, 0);
    ulong atp = csr_read(CSR_SATP);
    for (unsigned i = 0; i < 2; i++) {
        csr_write(CSR_SATP, 0);
        CHECK_EQ(exec(MODE_HS, LBU(A0, A0, 0), ts.va, 0).cause, EXC_LOAD_ACCESS);
        EXPECT_DONE(exec(MODE_HS, LBU(A0, A0, 0), (ulong)ts.mem, 0));
        csr_write(CSR_SATP, atp);
        EXPECT_DONE(exec(MODE_HS, LBU(A0, A0, 0), ts.va, 0));
    }
}

TEST("norm:sfence_vma_invalid_va norm:sfence_vma_op SFENCE.VMA with an address that is none raises "
     "nothing")
{
    NEED(RV64, "every address of RV32 is valid");
    one_stage(SV39, 0);
    static const ulong addresses[] = {(ulong)0x4000000000, (ulong)0x8000000000000000,
                                      (ulong)0x8000004000000000};
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_DONE(exec(MODE_HS, SFENCE_VMA(A0, 0), addresses[i], 0));
        EXPECT_DONE(exec(MODE_HS, SFENCE_VMA(A0, A1), addresses[i], 3));
        EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
    }
}

/* Two pages, of which the second is not mapped. */
static ulong second_page(void)
{
    one_stage(SV_MIN, 0);
    return ts.va + PAGE;
}

TEST("norm:mtval_vaddr_wr2 norm:stval_op_load_store_fault norm:mtval_vaddr_wr1 "
     "norm:stval_op_faulting_addr a misaligned access whose second part faults: its address, not "
     "the "
     "access's, in the register of who takes the trap")
{
    for (unsigned s = 0; s < 2; s++) {
        ulong next = second_page();
        delegate_all(s ? BANK_HS : BANK_M);
        struct trap load = exec(MODE_HS, LW(A1, A0, 0), next - 2, 0);
        NEED(load.cause != EXC_LOAD_MISALIGNED, "misaligned accesses trap");
        CHECK_EQ(load.bank, s ? BANK_HS : BANK_M);
        CHECK_EQ(load.cause, EXC_LOAD_PAGE);
        CHECK_EQ(load.tval, next);
        struct trap store = exec(MODE_HS, SW(A1, A0, 0), next - 1, 0);
        CHECK_EQ(store.cause, EXC_STORE_PAGE);
        CHECK_EQ(store.tval, next);
        CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), next + 6, 0).tval, next + 6);
    }
}

TEST(
    "norm:mtval_varlen_wr norm:mepc_varlen_wr norm:stval_faulting_address_variable_instr an "
    "instruction whose second half lies in a page that faults: xepc is its start, xtval the half's "
    "address")
{
    for (unsigned s = 0; s < 2; s++) {
        ulong next = second_page();
        delegate_all(s ? BANK_HS : BANK_M);
        *(u16 *)(ts.mem + PAGE - 2) = (u16)NOP; /* the lower half of a 32-bit instruction */
        asm volatile("fence.i");
        struct trap t = RUN(MODE_HS, .pc = next - 2);
        CHECK_EQ(t.bank, s ? BANK_HS : BANK_M);
        CHECK_EQ(t.cause, EXC_INSN_PAGE);
        CHECK_EQ(t.epc, next - 2);
        CHECK_EQ(t.tval, next);
    }
}

TEST("norm:mtval_vaddr_not_paddr norm:mtval_vaddr_wr1 norm:pma_chk_paddr an access fault of a "
     "translated address reports the virtual one")
{
    one_stage(SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN(0x40000000) | PTE_RWX; /* nothing is there */
    fence_all();
    EXPECT_TRAP(exec(MODE_HS, LW(A1, A0, 4), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                .tval = ts.va + 4, TINST(LW(A1, ZERO, 0)));
    EXPECT_TRAP(exec(MODE_HS, SW(A1, A0, 8), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va + 8, TINST(SW(A1, ZERO, 0)));
    EXPECT_TRAP(RUN(MODE_HS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_ACCESS, .tval = ts.va);
}

TEST("norm:mcause_exccode_pri1 norm:exc_priority norm:fetch_page_fault_no_x a fetch fault comes "
     "before what the instruction would raise, a page fault of the walk before the access fault of "
     "the page")
{
    one_stage(SV_MIN, 0);
    *(u32 *)ts.mem = 0; /* illegal */
    asm volatile("fence.i");
    CHECK_EQ(RUN(MODE_HS, .pc = ts.va).cause, EXC_ILLEGAL);
    *ts.vs_leaf &= ~(pte_t)PTE_X;
    fence_all();
    CHECK_EQ(RUN(MODE_HS, .pc = ts.va).cause, EXC_INSN_PAGE);
    *ts.vs_leaf = PTE_PPN(0x40000000) | PTE_V | PTE_R | PTE_A;
    fence_all();
    CHECK_EQ(exec(MODE_HS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
    CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_ACCESS);
}

TEST("norm:mstatus_mbe_op norm:mstatus_sbe_op norm:mstatus_ube_op norm:sstatus_ube "
     "norm:sstatus_ube_implicit norm:endianness_inst_fetch_little norm:mstatus_sbe_implicit with "
     "the "
     "endianness bits zero every mode's accesses, fetches and tables are little-endian")
{
    static const enum mode modes[] = {MODE_M, MODE_HS, MODE_U};
    static const u8 li_a0_7[] = {0x13, 0x05, 0x70, 0x00, 0x67, 0x80, 0x00, 0x00}; /* and ret */
    for (unsigned i = 0; i < 3; i++) {
        one_stage(SV_MIN, modes[i] == MODE_U ? PTE_U : 0);
        context("mode", modes[i]);
        u64 pte = PTE_PPN((ulong)ts.mem) | PTE_RWX | (modes[i] == MODE_U ? PTE_U : 0);
        for (unsigned k = 0; k < sizeof(pte_t); k++)
            ((volatile u8 *)ts.vs_leaf)[k] = (u8)(pte >> 8 * k);
        fence_all();
        ulong at = modes[i] == MODE_M ? (ulong)ts.mem : ts.va;
        EXPECT_DONE(exec(modes[i], SW(A1, A0, 0), at, 0x04030201));
        for (unsigned k = 0; k < 4; k++)
            CHECK_EQ(ts.mem[k], k + 1);
        CHECK_EQ(RESULT(exec(modes[i], LHU(A0, A0, 0), at, 0)), 0x0201);
        for (unsigned k = 0; k < 8; k++)
            ((volatile u8 *)ts.mem)[k] = li_a0_7[k];
        asm volatile("fence.i");
        struct trap t = RUN(modes[i], .pc = at);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), 7);
    }
}

/* A page that is first at one place and then at another, both seen through ts.va. */
static u8 *moved(void)
{
    u8 *other = page_alloc(1);
    other[0] = (u8)~ts.mem[0];
    CHECK_EQ(RESULT(exec(MODE_HS, LBU(A0, A0, 0), ts.va, 0)), ts.mem[0]);
    *ts.vs_leaf = PTE_PPN((ulong)other) | PTE_RWX;
    return other;
}

TEST("norm:sfence_vma_rs2_bits bits of rs2 above the widest ASID, and above those implemented, are "
     "ignored")
{
    ulong widest = RV64 ? 16 : 9;
    for (unsigned i = 0; i < 2; i++) {
        one_stage(SV_MIN, 0);
        u8 *other = moved();
        ulong rs2 = ~0ul << widest;
        if (i) { /* the lowest that satp does not hold, if there is one */
            ulong all = csr_probe(CSR_SATP, csr_read(CSR_SATP) | (ulong)0xffff << (RV64 ? 44 : 22));
            ulong asid = RV64 ? (ulong)((u64)all >> 44 & 0xffff) : all >> 22 & 0x1ff;
            csr_write(CSR_SATP, table_atp(&ts.vs, 0));
            rs2 = (asid + 1) & (BIT(widest) - 1);
        }
        EXPECT_DONE(exec(MODE_HS, SFENCE_VMA(0, A1), 0, rs2));
        CHECK_EQ(RESULT(exec(MODE_HS, LBU(A0, A0, 0), ts.va, 0)), other[0]);
    }
}

TEST("norm:menvcfg_adue_fence norm:menvcfg_pbmte_fence SFENCE.VMA alone is enough after ADUE or "
     "PBMTE "
     "changed")
{
    one_stage(SV_MIN, 0);
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_ADUE, "no Svadu");
    for (unsigned i = 0; i < 4; i++) {
        csr_put64(CSR_MENVCFG, i & 1 ? ENVCFG_ADUE : 0);
        *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
        asm volatile("sfence.vma" : : : "memory");
        CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).bank, i & 1 ? BANK_NONE : BANK_M);
    }
    csr_put64(CSR_MENVCFG, ENVCFG_PBMTE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_PBMTE, "no Svpbmt");
    *ts.vs_leaf |= PTE_A | PTE_D | (pte_t)PTE_PBMT(1);
    for (unsigned i = 0; i < 4; i++) {
        csr_put64(CSR_MENVCFG, i & 1 ? ENVCFG_PBMTE : 0);
        asm volatile("sfence.vma" : : : "memory");
        CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).bank, i & 1 ? BANK_NONE : BANK_M);
    }
}

TEST("norm:cbo-inval_s-mode_op0 norm:cbo-inval_s-mode_op1 norm:cbo-inval_s-mode_op2 "
     "norm:menvcfg_cbie_cbo-inval_op_list CBO.INVAL in U-mode, and in S-mode, loses no store where "
     "it "
     "is a flush; as an invalidation it may keep it as well")
{
    NEED(csr_probe64(CSR_MENVCFG, ENVCFG_CBIE(3)) & ENVCFG_CBIE(3), "no Zicbom");
    static const u8 pairs[][2] = {{1, 1}, {1, 3}, {3, 1}, {3, 3}};
    for (unsigned i = 0; i < 4; i++) {
        u8 *page = page_alloc(1);
        csr_put64(CSR_MENVCFG, ENVCFG_CBIE(pairs[i][0]));
        csr_put(CSR_SENVCFG, (ulong)ENVCFG_CBIE(pairs[i][1]));
        for (enum mode m = MODE_U; m <= MODE_HS; m++) {
            struct trap t = RUN(m, CODE(SW(A1, A0, 0), CBO_INVAL(A0), LW(A0, A0, 0)),
                                .a0 = (ulong)page, .a1 = 0x1234 + i);
            EXPECT_DONE(t);
            if (pairs[i][0] == 1 || (m == MODE_U && pairs[i][1] == 1))
                CHECK_EQ(RESULT(t), 0x1234 + i);
        }
    }
}

TEST("norm:senvcfg_pmm_immediate a change of senvcfg.PMM counts at once")
{
    NEED(RV64, "no pointer masking on RV32");
    one_stage(SV39, PTE_U);
    ulong tagged = ts.va | (ulong)0x8200000000000000;
    for (unsigned i = 0; i < 4; i++) {
        csr_put(CSR_SENVCFG, i & 1 ? (ulong)ENVCFG_PMM(2) : 0);
        NEED(!(i & 1) || csr_get(CSR_SENVCFG), "no Ssnpm");
        CHECK_EQ(exec(MODE_U, LBU(A0, A0, 0), tagged, 0).bank, i & 1 ? BANK_NONE : BANK_M);
    }
}
