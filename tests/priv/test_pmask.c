/* Pointer masking: what the transformation does to an address, which accesses it covers, and what
 * traps report. RV64 only. */
#include "priv.h"

#define TAG16 0xa5c3000000000000ul
#define TAG7  0xa400000000000000ul

/* All fields at once. */
static void mask_everywhere(u64 pmm)
{
    csr_put(CSR_MSECCFG, (ulong)SECCFG_PMM(pmm));
    csr_put(CSR_MENVCFG, (ulong)ENVCFG_PMM(pmm));
    csr_put(CSR_SENVCFG, (ulong)ENVCFG_PMM(pmm));
    csr_put(CSR_HENVCFG, (ulong)ENVCFG_PMM(pmm));
    csr_write(CSR_HSTATUS, (ulong)HSTATUS_HUPMM(pmm) | HSTATUS_SPVP);
    NEED(csr_get(CSR_HENVCFG) >> 32 == pmm && csr_get(CSR_MENVCFG) >> 32 == pmm,
         "no pointer masking");
}

TEST("norm:pm_ignore_va virtual addresses are sign-extended from the bit below the mask")
{
    FOR_EACH_MODE(v, STAGE_VS)
    {
        if (v == BARE)
            continue;
        context("vsatp", (u64)v);
        pool_reset();
        two_stage((unsigned)v, SV39, 0);
        unsigned bits = v == SV39 ? 39 : v == SV48 ? 48 : 57;
        /* A page in the upper half of the address space. */
        u8 *upper = page_alloc(1);
        ulong high = (ulong) - (1l << (bits - 1)) + 0x5000;
        table_map(&ts.vs, high, 0x33333000, PTE_RWX, 0);
        table_map(&ts.g, 0x33333000, (ulong)upper, PTE_RWX | PTE_U, 0);
        fence_all();
        upper[4] = 0x7e;
        for (u64 pmm = 2; pmm < 4; pmm++) {
            mask_everywhere(pmm);
            ulong mask = pmm == 2 ? ~0ul << 57 : ~0ul << 48;
            ulong tag = pmm == 2 ? TAG7 : TAG16;
            struct trap t = exec(MODE_VS, LBU(A0, A0, 4), ts.va | tag, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), ts.mem[4]);
            if (bits == 57 && pmm == 3)
                continue; /* bit 47 of this address is 0: see the test of PMLEN beyond the mode */
            t = exec(MODE_VS, LBU(A0, A0, 4), (high & ~mask) | tag, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), 0x7e);
            t = exec(MODE_HS, HLV_BU(A0, A0), ((high & ~mask) | tag) + 4, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), 0x7e);
        }
    }
}

TEST("norm:pm_ignore_va under Sv57 PMLEN=16 masks address bits too: bits 56..48 become bit 47")
{
    NEED(mode_supported(STAGE_VS, SV57), "no Sv57");
    two_stage(SV57, SV39, 0);
    mask_everywhere(3);
    struct trap t = exec(MODE_VS, LBU(A0, A0, 0), ts.va | 0x5aul << 49, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[0]);
    ulong negative = 0xffff800000007000ul;
    table_map(&ts.vs, negative, ts.gpa, PTE_RWX, 0);
    fence_all();
    t = exec(MODE_VS, LBU(A0, A0, 0), 0x0001800000007000ul, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[0]);
}

TEST("norm:pm_ignore_pa guest physical addresses (vsatp Bare) are zero-extended")
{
    FOR_EACH_MODE(g, STAGE_G)
    {
        if (g != SV48 && g != SV57)
            continue;
        context("hgatp", (u64)g);
        pool_reset();
        two_stage(BARE, (unsigned)g, 0);
        mask_everywhere(3);
        ulong gpa = 1ul << 47 | 0x7000;
        table_map(&ts.g, gpa, (ulong)ts.mem, PTE_RWX | PTE_U, 0);
        fence_all();
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            struct trap t = exec(m, LBU(A0, A0, 6), gpa | TAG16, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), ts.mem[6]);
            /* The two bits of the GPA that Sv48x4 has above bit 47 are masked as well. */
            t = exec(m, LBU(A0, A0, 6), gpa | 3ul << 48, 0);
            EXPECT_DONE(t);
        }
        struct trap t = exec(MODE_HS, HLV_BU(A0, A0), (gpa | TAG16) + 6, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[6]);
    }
}

TEST("norm:pm_ignore_pa norm:pm_csr_hw_apply a guest-page fault with vsatp Bare: tval and xtval2 "
     "are "
     "the zero-extended address")
{
    two_stage(BARE, SV39, 0);
    mask_everywhere(3);
    ulong at = 1ul << 47 | 0x3000;
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 4), at | TAG16, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = at + 4, .tval2 = gpa_value(at + 4),
                TINST(LW(A1, ZERO, 0)), .gva = 1);
}

TEST("norm:pm_ignore_pa M-mode and Bare satp: zero-extended, and so reported")
{
    mask_everywhere(3);
    two_stage(BARE, BARE, 0);
    csr_write(CSR_HGATP, 0);
    ulong at = 1ul << 47 | 0x3000;
    for (enum mode m = MODE_U; m <= MODE_M; m++) {
        struct trap t = exec(m, LW(A1, A0, 0), at | TAG16, 0);
        EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_ACCESS, .tval = at,
                    TINST(LW(A1, ZERO, 0)));
    }
}

TEST("norm:pm_csr_hw_apply xtval of page faults holds the transformed address, in every bank")
{
    two_stage(SV39, SV39, 0);
    *ts.vs_leaf = 0;
    fence_all();
    mask_everywhere(3);
    for (enum bank b = BANK_M; b <= BANK_VS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 8), ts.va | TAG16, 0), .bank = b,
                    .cause = EXC_LOAD_PAGE, .tval = ts.va + 8, TINST(LW(A1, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 8), ts.va | TAG16, 0), .bank = b,
                    .cause = EXC_STORE_PAGE, .tval = ts.va + 8, TINST(SW(A1, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, AMOADD_W(A1, A1, A0), ts.va | TAG16, 0), .bank = b,
                    .cause = EXC_STORE_PAGE, .tval = ts.va, TINST(AMOADD_W(A1, A1, ZERO)),
                    .gva = 1);
    }
    /* A negative address comes out sign-extended. */
    ulong high = 0xffffffc000003000ul;
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 0), (high & ~0ul >> 16) | TAG16, 0), .bank = BANK_VS,
                .cause = EXC_LOAD_PAGE, .tval = high);
}

TEST("norm:pm_csr_hw_apply guest-page faults: tval transformed, xtval2 the GPA, from VS and by HLV")
{
    two_stage(SV39, SV39, 0);
    *ts.g_leaf = 0;
    fence_all();
    mask_everywhere(2);
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0), ts.va | TAG7, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(SW(A1, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(exec(MODE_HS, HLV_W(A1, A0), ts.va | TAG7, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(HLV_W(A1, ZERO)), .gva = 1);
}

TEST("norm:pm_csr_hw_apply a misaligned-address trap reports the transformed address")
{
    two_stage(SV39, SV39, 0);
    mask_everywhere(3);
    struct trap t = exec(MODE_VS, LR_W(A1, A0), (ts.va + 1) | TAG16, 0);
    NEED(t.bank != BANK_NONE, "a misaligned LR does not trap");
    CHECK(t.cause == EXC_LOAD_MISALIGNED || t.cause == EXC_LOAD_ACCESS);
    CHECK_EQ(t.tval, ts.va + 1);
}

TEST("norm:pm_deterministic_effect norm:pm_apply_explicit loads, stores, FP, atomics and "
     "compressed accesses are masked")
{
    two_stage(SV39, SV39, 0);
    mask_everywhere(3);
    static const u32 insns[] = {
        LB(A1, A0, 0),   LHU(A1, A0, 0),  LWU(A1, A0, 0),       LD(A1, A0, 0),
        SB(A1, A0, 0),   SH(A1, A0, 0),   SW(A1, A0, 0),        SD(A1, A0, 0),
        FLW(1, A0, 0),   FLD(1, A0, 0),   FSW(1, A0, 0),        FSD(1, A0, 0),
        LR_W(A1, A0),    LR_D(A1, A0),    AMOADD_W(A1, A1, A0), AMOADD_D(A1, A1, A0),
        C_LW(A1, A0, 0), C_SW(A1, A0, 0), C_LD(A1, A0, 0),      C_FLD(A1, A0, 0)};
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        context("instruction", insns[i]);
        EXPECT_DONE(exec(MODE_VS, insns[i], ts.va | TAG16, 0));
        EXPECT_DONE(exec(MODE_VS, insns[i], ts.va | ~0ul << 48, 0));
    }
}

TEST("norm:pm_apply_explicit LR and SC through differently tagged pointers meet")
{
    two_stage(SV39, SV39, 0);
    mask_everywhere(3);
    struct trap t = RUN(MODE_VS, CODE(LR_W(A2, A0), SC_W(A3, A2, A1)), .a0 = ts.va | TAG16,
                        .a1 = ts.va | 0x1111ul << 48);
    EXPECT_DONE(t);
    *ts.vs_leaf &= ~(pte_t)PTE_W;
    fence_all();
    EXPECT_TRAP(RUN(MODE_VS, CODE(LR_W(A2, A0), SC_W(A3, A2, A0)), .a0 = ts.va | TAG16),
                .bank = BANK_M, .at = 4, .cause = EXC_STORE_PAGE, .tval = ts.va,
                TINST(SC_W(A3, A2, ZERO)), .gva = 1);
}

TEST("norm:pm_apply_explicit cache-block operations are masked")
{
    two_stage(SV39, SV39, 0);
    mask_everywhere(3);
    u64 on = ENVCFG_CBCFE | ENVCFG_CBZE | ENVCFG_PMM(3);
    csr_put(CSR_MENVCFG, (ulong)on);
    NEED((csr_get(CSR_MENVCFG) & on) == on, "no Zicbom and Zicboz");
    csr_put(CSR_HENVCFG, (ulong)on);
    EXPECT_DONE(exec(MODE_VS, CBO_CLEAN(A0), ts.va | TAG16, 0));
    EXPECT_DONE(exec(MODE_VS, CBO_FLUSH(A0), ts.va | TAG16, 0));
    EXPECT_DONE(exec(MODE_VS, CBO_ZERO(A0), ts.va | TAG16, 0));
    CHECK_EQ(*(u64 *)ts.mem, 0);
    *ts.vs_leaf = 0;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, CBO_CLEAN(A0), ts.va | TAG16, 0), .bank = BANK_M,
                .cause = EXC_STORE_PAGE, .tval = ts.va, TINST(CBO_CLEAN(ZERO)), .gva = 1);
}

TEST("norm:pm_not_apply_implicit fetches are not masked")
{
    two_stage(SV39, SV39, 0);
    mask_everywhere(3);
    ulong target = ts.va | TAG16;
    struct trap t = exec(MODE_VS, JALR(RA, A0, 0), target, 0);
    CHECK_EQ(t.cause, EXC_INSN_PAGE);
    CHECK(t.tval != ts.va);
    CHECK(t.epc != ts.va);
}

TEST("norm:pm_no_csr_sw norm:pm_warl_unaffected norm:pm_no_trap_vector_mask CSRs that hold "
     "addresses "
     "read back as without masking")
{
    static const u16 numbers[] = {CSR_STVEC, CSR_VSTVEC, CSR_SEPC,     CSR_VSEPC,
                                  CSR_STVAL, CSR_VSTVAL, CSR_SSCRATCH, CSR_VSSCRATCH};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ulong plain[3], values[] = {TAG16 | 0x1000, ~0ul << 48 | 0x1000, 0x123456789abc00ul};
        context("CSR", numbers[i]);
        csr_put(CSR_MSECCFG, 0);
        csr_put(CSR_MENVCFG, 0);
        for (unsigned k = 0; k < 3; k++)
            plain[k] = csr_probe(numbers[i], values[k]);
        mask_everywhere(3);
        for (unsigned k = 0; k < 3; k++)
            CHECK_EQ(csr_probe(numbers[i], values[k]), plain[k]);
    }
}

TEST("norm:pm_misaligned_equivalence a misaligned access through a tagged pointer, across pages")
{
    two_stage(SV39, SV39, 0);
    NEED(exec(MODE_VS, LW(A2, A0, 0), ts.va + 2, 0).cause != EXC_LOAD_MISALIGNED,
         "misaligned accesses trap");
    u8 *second = page_alloc(1);
    table_map(&ts.vs, ts.va + PAGE, 0x33333000, PTE_RWX, 0);
    pte_t *g = table_map(&ts.g, 0x33333000, (ulong)second, PTE_RWX | PTE_U, 0);
    fence_all();
    mask_everywhere(3);
    memset(second, 0x66, 16);
    for (unsigned before = 1; before < 4; before++) {
        struct trap t = exec(MODE_VS, LWU(A0, A0, 0), (ts.va + PAGE - before) | TAG16, 0);
        EXPECT_DONE(t);
        ulong want = 0;
        for (unsigned i = 0; i < 4; i++)
            want |= (ulong)(i < before ? ts.mem[PAGE - before + i] : 0x66) << (8 * i);
        CHECK_EQ(RESULT(t), want);
    }
    *g = 0;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0), (ts.va + PAGE - 2) | TAG16, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + PAGE, .tval2 = gpa_value(0x33333000),
                TINST(TRANSFORMED_STORE(SW(A1, 0, 0), 2)), .gva = 1);
}

TEST("norm:pm_misaligned_equivalence each byte is masked by itself where the access crosses bit 47")
{
    NEED(mode_supported(STAGE_VS, SV48), "no Sv48");
    two_stage(SV48, SV39, 0);
    NEED(exec(MODE_VS, LW(A2, A0, 0), ts.va + 2, 0).cause != EXC_LOAD_MISALIGNED,
         "misaligned accesses trap");
    u8 *second = page_alloc(1);
    ulong last = 0x00007ffffffff000ul, first = 0xffff800000000000ul;
    table_map(&ts.vs, last, ts.gpa, PTE_RWX, 0);
    pte_t *v = table_map(&ts.vs, first, 0x33333000, PTE_RWX, 0);
    table_map(&ts.g, 0x33333000, (ulong)second, PTE_RWX | PTE_U, 0);
    fence_all();
    mask_everywhere(3);
    memset(ts.mem, 0x11, PAGE);
    memset(second, 0x22, PAGE);
    struct trap t = exec(MODE_VS, LWU(A0, A0, 0), last + PAGE - 2, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0x22221111);
    *v = 0;
    fence_all();
    t = exec(MODE_VS, LWU(A0, A0, 0), (last + PAGE - 2) | TAG16, 0);
    CHECK_EQ(t.cause, EXC_LOAD_PAGE);
    CHECK_EQ(t.tval, first);
}

TEST("norm:pm_cpu_only norm:pm_not_apply_implicit walks of tables at high guest addresses are not "
     "masked")
{
    two_stage(SV39, SV39, 0);
    mask_everywhere(3);
    u64 wild = 1ull << 50;
    *table_slot(&ts.vs, ts.va, 1) = PTE_PPN(wild) | PTE_V;
    fence_all();
    u64 slot = wild | ((ts.va >> 12 & 511) * 8);
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 0), ts.va | TAG16, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(slot),
                .tinst = PSEUDO_READ, .gva = 1);
}

TEST("norm:pm_ignore_pa PMLEN changes seen after HFENCE.GVMA under Sv48x4 and Sv57x4 with vsatp "
     "Bare")
{
    FOR_EACH_MODE(g, STAGE_G)
    {
        if (g != SV48 && g != SV57)
            continue;
        pool_reset();
        two_stage(BARE, (unsigned)g, 0);
        u8 *other = page_alloc(1);
        memset(other, 0x44, PAGE);
        ulong high = ts.va | 3ul << 48;
        table_map(&ts.g, high, (ulong)other, PTE_RWX | PTE_U, 0);
        fence_all();
        for (unsigned i = 0; i < 4; i++) {
            mask_everywhere(i & 1 ? 3 : 0);
            EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(0, 0), 0, 0));
            struct trap t = exec(MODE_VS, LBU(A0, A0, 0), high, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), i & 1 ? ts.mem[0] : 0x44);
        }
    }
}
