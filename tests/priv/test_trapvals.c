/* xtval, xtval2 and xtinst of guest-page faults of explicit accesses: which address, for accesses
 * that cross pages, addresses too wide for the G stage, and physical-side faults. */
#include "priv.h"

TEST(
    "norm:H_guest_page_fault a fault at the G stage reports VA and GPA, to M or HS, from VS and VU")
{
    static const struct {
        u32 insn;
        ulong cause, tinst;
    } forms[] = {
        {LW(A2, A0, 0), EXC_LOAD_GUEST_PAGE, LW(A2, ZERO, 0)},
        {SW(A2, A0, 0), EXC_STORE_GUEST_PAGE, SW(A2, ZERO, 0)},
        {AMOADD_W(A2, A3, A0), EXC_STORE_GUEST_PAGE, AMOADD_W(A2, A3, ZERO)},
    };
    FOR_EACH_PAIR(v, g)
    {
        if (g == BARE)
            continue;
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            pool_reset();
            two_stage((unsigned)v, (unsigned)g, m == MODE_VU ? PTE_U : 0);
            *ts.g_leaf = 0;
            fence_all();
            for (unsigned i = 0; i < 6; i++) {
                enum bank b = i & 1 ? BANK_HS : BANK_M;
                delegate_all(b);
                EXPECT_TRAP(exec(m, forms[i / 2].insn, ts.va + 0xabc, 0), .bank = b,
                            .cause = forms[i / 2].cause, .tval = ts.va + 0xabc,
                            .tval2 = gpa_value(ts.gpa + 0xabc), TINST(forms[i / 2].tinst),
                            .gva = 1);
            }
            EXPECT_TRAP(RUN(m, .pc = ts.va + 0x10), .bank = BANK_HS, .cause = EXC_INSN_GUEST_PAGE,
                        .tval = ts.va + 0x10, .tval2 = gpa_value(ts.gpa + 0x10), .gva = 1);
        }
    }
}

TEST("norm:H_vm_gpatrans a store or AMO to a page the G stage lets be read only is cause 23")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)PTE_W;
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_VS, SB(A2, A0, 1), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + 1, .tval2 = gpa_value(ts.gpa),
                TINST(SB(A2, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, AMOADD_W(ZERO, ZERO, A0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(AMOADD_W(ZERO, ZERO, ZERO)), .gva = 1);
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | (PTE_RWX & ~(PTE_R | PTE_W)) | PTE_U;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, AMOADD_W(ZERO, ZERO, A0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(AMOADD_W(ZERO, ZERO, ZERO)), .gva = 1);
}

#define SECOND_GPA 0x5432f000ul

/* A second window page after the first, at another GPA and with its own memory. */
static pte_t *second_page(u64 user)
{
    table_map(&ts.vs, ts.va + PAGE, SECOND_GPA, PTE_RWX | user, 0);
    pte_t *g = table_map(&ts.g, SECOND_GPA, (ulong)page_alloc(1), PTE_RWX | PTE_U, 0);
    fence_all();
    return g;
}

static void need_misaligned(void)
{
    struct trap t = exec(MODE_VS, LW(A2, A0, 0), ts.va + 2, 0);
    NEED(t.cause != EXC_LOAD_MISALIGNED, "misaligned accesses trap");
}

TEST("norm:H_straddle norm:mtval2_htval_virtaddr norm:H_tinst_addr_offset a misaligned access that "
     "faults on its second page")
{
    two_stage(SV_MIN, SV_MIN, 0);
    need_misaligned();
    *second_page(0) = 0;
    fence_all();
    for (unsigned before = 1; before < 4; before++)
        for (enum bank b = BANK_M; b <= BANK_HS; b++) {
            context("bytes on the first page", before);
            delegate_all(b);
            ulong at = ts.va + PAGE - before;
            EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 4), at - 4, 0), .bank = b,
                        .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + PAGE,
                        .tval2 = gpa_value(SECOND_GPA),
                        TINST(TRANSFORMED_LOAD(LW(A2, 0, 0), before)), .gva = 1);
            EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 4), at - 4, 0), .bank = b,
                        .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + PAGE,
                        .tval2 = gpa_value(SECOND_GPA),
                        TINST(TRANSFORMED_STORE(SW(A2, 0, 0), before)), .gva = 1);
        }
}

TEST("norm:mtval2_trapval_other norm:H_straddle a misaligned access that faults on its first page")
{
    two_stage(SV_MIN, SV_MIN, 0);
    need_misaligned();
    second_page(0);
    *ts.g_leaf = 0;
    fence_all();
    ulong at = ts.va + PAGE - 3;
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), at, 0), .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE,
                .tval = at, .tval2 = gpa_value(ts.gpa + PAGE - 3), TINST(LW(A2, ZERO, 0)),
                .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, SH(A2, A0, 2), at, 0), .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE,
                .tval = at + 2, .tval2 = gpa_value(ts.gpa + PAGE - 1), TINST(SH(A2, ZERO, 0)),
                .gva = 1);
}

TEST("norm:H_straddle a store that faults on its second page changes neither, a load not rd")
{
    two_stage(SV_MIN, SV_MIN, 0);
    need_misaligned();
    *second_page(0) = 0;
    fence_all();
    u8 old = ts.mem[PAGE - 1];
    struct trap t = RUN(MODE_VS, CODE(LW(A0, A0, 0)), .a0 = ts.va + PAGE - 1);
    CHECK_EQ(t.regs[A0], ts.va + PAGE - 1);
    t = RUN(MODE_VS, CODE(SW(A1, A0, 0)), .a0 = ts.va + PAGE - 1, .a1 = ~(ulong)old);
    CHECK_EQ(t.cause, EXC_STORE_GUEST_PAGE);
}

TEST("norm:mtval2_trapval_other norm:H_tinst_addr_offset a misaligned access with one part where "
     "there is no memory: access fault at that part")
{
    enum { NOWHERE = 0x70000000 };
    two_stage(SV_MIN, SV_MIN, 0);
    need_misaligned();
    pte_t *second = second_page(0);
    for (unsigned part = 0; part < 2; part++) {
        *ts.g_leaf = PTE_PPN(part ? (ulong)ts.mem : NOWHERE) | PTE_RWX | PTE_U;
        *second = PTE_PPN(part ? NOWHERE : (ulong)ts.mem) | PTE_RWX | PTE_U;
        fence_all();
        ulong at = ts.va + PAGE - 3, tval = part ? ts.va + PAGE : at;
        NEED(exec(MODE_VS, LB(A2, A0, 0), tval, 0).cause == EXC_LOAD_ACCESS, "a device there");
        context("part", part);
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), at, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                    .tval = tval, TINST(TRANSFORMED_LOAD(LW(A2, 0, 0), part ? 3 : 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 0), at, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                    .tval = tval, TINST(TRANSFORMED_STORE(SW(A2, 0, 0), part ? 3 : 0)), .gva = 1);
    }
}

TEST("norm:H_straddle misaligned HLV, HLVX and HSV that fault on the second page")
{
    two_stage(SV_MIN, SV_MIN, 0);
    need_misaligned();
    *second_page(0) = 0;
    fence_all();
    csr_set(CSR_HSTATUS, HSTATUS_SPVP);
    static const u32 insns[] = {HLV_W(A2, A0),   HLVX_WU(A2, A0), HLV_H(A2, A0),
                                HLVX_HU(A2, A0), HSV_W(A2, A0),   HSV_H(A2, A0)};
    for (unsigned i = 0; i < 6; i++) {
        context("instruction", insns[i]);
        EXPECT_TRAP(exec(MODE_HS, insns[i], ts.va + PAGE - 1, 0), .bank = BANK_M,
                    .cause = i < 4 ? EXC_LOAD_GUEST_PAGE : EXC_STORE_GUEST_PAGE,
                    .tval = ts.va + PAGE, .tval2 = gpa_value(SECOND_GPA),
                    TINST(TRANSFORMED_OTHER(insns[i], 1)), .gva = 1);
    }
}

TEST("norm:H_straddle an instruction whose second half faults: epc is its start, tval the page")
{
    two_stage(SV_MIN, SV_MIN, 0);
    pte_t *g = second_page(0);
    pte_t good = *g;
    ts.mem[PAGE - 2] = 0x13; /* the lower half of addi x0, x0, 0 */
    ts.mem[PAGE - 1] = 0x00;
    *g = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        struct trap t = RUN(MODE_VS, .pc = ts.va + PAGE - 2);
        EXPECT_TRAP(t, .bank = b, .cause = EXC_INSN_GUEST_PAGE, .tval = ts.va + PAGE,
                    .tval2 = gpa_value(SECOND_GPA), .gva = 1);
    }
    *g = good;
    *table_slot(&ts.vs, ts.va + PAGE, 0) = 0;
    fence_all();
    delegate_all(BANK_VS);
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va + PAGE - 2), .bank = BANK_VS, .cause = EXC_INSN_PAGE,
                .tval = ts.va + PAGE);
}

TEST(
    "norm:H_straddle the second page's VS table slot faults: its address, and the second page's VA")
{
    two_stage(SV_MIN, SV_MIN, 0);
    need_misaligned();
    /* The last page of a leaf table, so that the second page needs another table. */
    ulong at = ts.va | (level_size(1) - PAGE);
    table_map(&ts.vs, at, ts.gpa, PTE_RWX, 0);
    pte_t *slot = table_map(&ts.vs, at + PAGE, SECOND_GPA, PTE_RWX, 0);
    *table_slot(&ts.g, (ulong)slot & ~(PAGE - 1), 0) = 0;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), at + PAGE - 2, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = at + PAGE, .tval2 = gpa_value(SLOT_GPA(slot)),
                .tinst = PSEUDO_READ, .gva = 1);
}

static unsigned gpa_bits(int mode)
{
    return mode == SV32 ? 34 : mode == SV39 ? 41 : mode == SV48 ? 50 : 59;
}

TEST(
    "norm:hgatp_mode_sv39x4 norm:hgatp_mode_sv48x4 norm:hgatp_mode_sv57x4 vsatp Bare: address bits "
    "above the GPA width are a guest-page fault")
{
    NEED(RV64, "a GPA of Sv32x4 has no bit too many");
    FOR_EACH_MODE(g, STAGE_G)
    {
        if (g == BARE)
            continue;
        context("hgatp", (u64)g);
        pool_reset();
        two_stage(BARE, (unsigned)g, 0);
        for (unsigned bit = gpa_bits(g); bit < __riscv_xlen; bit++) {
            context("bit", bit);
            ulong at = ts.va | BIT(bit);
            EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), at, 0), .bank = BANK_M,
                        .cause = EXC_LOAD_GUEST_PAGE, .tval = at, .tval2 = gpa_value(at),
                        TINST(LW(A2, ZERO, 0)), .gva = 1);
            EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 0), at, 0), .bank = BANK_M,
                        .cause = EXC_STORE_GUEST_PAGE, .tval = at, .tval2 = gpa_value(at),
                        TINST(SW(A2, ZERO, 0)), .gva = 1);
        }
    }
}

TEST("norm:hgatp_mode_sv39x4 norm:hgatp_mode_sv48x4 a VS leaf with a PPN too wide for the G stage")
{
    NEED(RV64, "a PPN of Sv32 fits Sv32x4");
    FOR_EACH_PAIR(v, g)
    {
        if (v == BARE || g == BARE)
            continue;
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        pool_reset();
        two_stage((unsigned)v, (unsigned)g, 0);
        for (unsigned bit = gpa_bits(g); bit < 56; bit++) {
            context("bit", bit);
            u64 gpa = ts.gpa | 1ull << bit;
            *ts.vs_leaf = PTE_PPN(gpa) | PTE_RWX;
            fence_all();
            EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M,
                        .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(gpa),
                        TINST(LW(A2, ZERO, 0)), .gva = 1);
            EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_GUEST_PAGE,
                        .tval = ts.va, .tval2 = gpa_value(gpa), .gva = 1);
        }
    }
}

TEST("norm:hgatp_mode_sv39x4 a VS table address too wide for the G stage: guest-page fault on the "
     "slot")
{
    NEED(RV64, "a PPN of Sv32 fits Sv32x4");
    two_stage(SV39, SV39, 0);
    u64 wild = 1ull << 43;
    *table_slot(&ts.vs, ts.va, 1) = PTE_PPN(wild) | PTE_V;
    fence_all();
    u64 slot = wild | ((ts.va >> 12 & 511) * sizeof(pte_t));
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(slot),
                .tinst = PSEUDO_READ, .gva = 1);
}

TEST("norm:hgatp_mode_sv32x4 norm:htval_trapval the highest GPA bits select in the wide root")
{
    u64 high = RV64 ? 3ull << 39 : 3ull << 32;
    two_stage(SV_MIN, SV_MIN, 0);
    u64 gpa = ts.gpa | high;
    *ts.vs_leaf = PTE_PPN(gpa) | PTE_RWX;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va + 8, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + 8, .tval2 = gpa_value(gpa + 8),
                TINST(LW(A2, ZERO, 0)), .gva = 1);
    table_map(&ts.g, gpa, (ulong)ts.mem, PTE_RWX | PTE_U, 0);
    fence_all();
    struct trap t = exec(MODE_VS, LBU(A0, A0, 8), ts.va, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[8]);
}

TEST("norm:H_pmp norm:mstatus_gva_op a final address that PMP denies: access fault with the VA, "
     "no xtval2")
{
    NEED(pmp_available(), "no PMP");
    FOR_EACH_PAIR(v, g)
    {
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        pool_reset();
        two_stage((unsigned)v, (unsigned)g, 0);
        pmp_page(ts.mem, 0);
        for (enum bank b = BANK_M; b <= BANK_HS; b++) {
            delegate_all(b);
            EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 4), ts.va, 0), .bank = b, .cause = EXC_LOAD_ACCESS,
                        .tval = ts.va + 4, TINST(LW(A2, ZERO, 0)), .gva = 1);
            EXPECT_TRAP(exec(MODE_VS, AMOADD_W(A2, A3, A0), ts.va, 0), .bank = b,
                        .cause = EXC_STORE_ACCESS, .tval = ts.va, TINST(AMOADD_W(A2, A3, ZERO)),
                        .gva = 1);
            EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = b, .cause = EXC_INSN_ACCESS,
                        .tval = ts.va, .gva = 1);
        }
        pmp_page(ts.mem, 7);
        EXPECT_DONE(exec(MODE_VS, LW(A2, A0, 4), ts.va, 0));
    }
}

TEST("norm:mtval2_trapval norm:htval_trapval xtval2 and xtinst are written zero by other traps")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        csr_write(CSR_MTVAL2, 0x5555);
        csr_write(CSR_HTVAL, 0x5555);
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                    .tval = ts.va, TINST(LW(A2, ZERO, 0)), .gva = 1);
        csr_write(CSR_MTVAL2, 0x5555);
        csr_write(CSR_HTVAL, 0x5555);
        EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = b, .cause = EXC_INSN_PAGE, .tval = ts.va,
                    .gva = 1);
    }
}

TEST("norm:H_trap_xtinst_interrupt an interrupt writes zero to xtval, xtval2, xtinst and GVA")
{
    csr_write(CSR_MIDELEG, 0);
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        csr_write(CSR_MIDELEG, b == BANK_HS ? BIT(IRQ_SSI) : 0);
        csr_write(CSR_MIE, BIT(IRQ_SSI));
        csr_set(CSR_MIP, BIT(IRQ_SSI));
        csr_write(CSR_MTVAL2, 0x5555);
        csr_write(CSR_HTVAL, 0x5555);
        csr_write(CSR_MTINST, 0x3000);
        csr_write(CSR_HTINST, 0x3000);
        csr_write(CSR_MTVAL, 0x5555);
        csr_write(CSR_STVAL, 0x5555);
        EXPECT_TRAP(exec(MODE_VS, NOP, 0, 0), .bank = b, .cause = INTERRUPT | IRQ_SSI);
    }
}

TEST("norm:H_trap_vs_csrwrites a trap into VS writes vsepc, vscause, vstval and nothing of HS")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    delegate_all(BANK_VS);
    csr_write(CSR_HTVAL, 0x5555);
    csr_write(CSR_HTINST, 0x3000);
    csr_write(CSR_SEPC, 0x80001234);
    csr_write(CSR_SCAUSE, 13);
    csr_write(CSR_STVAL, 0x5555);
    csr_set(CSR_HSTATUS, HSTATUS_GVA);
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = BANK_VS, .cause = EXC_LOAD_PAGE,
                .tval = ts.va);
    EXPECT_TRAP(exec(MODE_VU, SW(A2, A0, 4), ts.va, 0), .bank = BANK_VS, .cause = EXC_STORE_PAGE,
                .tval = ts.va + 4);
}
