/* Two-stage translation: all pairs of modes and page sizes, permissions of each stage, MXR, SUM and
 * the reserved bits. */
#include "priv.h"

#define READ  1u
#define WRITE 2u
#define FETCH 4u

/* Tries the three kinds of access to the window in the mode and returns those that fault at the VS
 * stage, and in the second byte those that fault at the G stage. The window must hold an ECALL. */
static unsigned faults(enum mode mode, ulong va)
{
    struct trap t = exec(mode, LW(A2, A0, 0), va, 0);
    unsigned seen = t.cause == EXC_LOAD_PAGE         ? READ
                    : t.cause == EXC_LOAD_GUEST_PAGE ? READ << 8
                                                     : 0;
    CHECK(t.bank == BANK_NONE || seen);
    t = exec(mode, SW(A2, A0, 8), va, 0);
    unsigned w = t.cause == EXC_STORE_PAGE         ? WRITE
                 : t.cause == EXC_STORE_GUEST_PAGE ? WRITE << 8
                                                   : 0;
    CHECK(t.bank == BANK_NONE || w);
    t = RUN(mode, .pc = va);
    unsigned x = t.cause == EXC_INSN_PAGE ? FETCH : t.cause == EXC_INSN_GUEST_PAGE ? FETCH << 8 : 0;
    CHECK(x || t.cause == (mode == MODE_VS ? EXC_ECALL_VS : EXC_ECALL_U));
    return seen | w | x;
}

static void window_with_ecall(unsigned v, unsigned g, u64 user)
{
    two_stage(v, g, user);
    *(volatile u32 *)ts.mem = ECALL;
    asm volatile("fence.i");
}

TEST("norm:hgatp_mode_bare norm:hgatp_mode_sv norm:vsxlen norm:H_vm_twostage norm:hgatp_mode_x4 "
     "norm:hgatp_mode_bare_trans loads, stores and fetches "
     "through every pair of modes")
{
    FOR_EACH_PAIR(v, g)
    {
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        pool_reset();
        window_with_ecall((unsigned)v, (unsigned)g, 0);
        CHECK_EQ(faults(MODE_VS, ts.va), 0);
        struct trap t = RUN(MODE_VS, CODE(LX(A0, A0, 16), SX(A1, A0, 0)), .a0 = ts.va);
        CHECK_EQ(t.regs[A0], *(ulong *)(ts.mem + 16));
        t = exec(MODE_VS, SX(A1, A0, 24), ts.va, 0x5a5aa5a5);
        CHECK_EQ(*(ulong *)(ts.mem + 24), 0x5a5aa5a5);
    }
}

/* Maps `va` by the VS stage with a page of one level and its GPA with one of another. */
static void sizes(unsigned v, unsigned g, unsigned vlevel, unsigned glevel)
{
    pool_reset();
    window_with_ecall(v, g, 0);
    u64 size_v = level_size(vlevel), size_g = level_size(glevel);
    /* A VA, GPA and PA that agree below each page size. RAM's pages can be no larger than RAM, so
     * the G page of a large size is one to one, and so is a large VS page. */
    u64 pa = (ulong)ts.mem;
    u64 gpa = glevel ? (0x4000000000ull & ~(size_g - 1)) % (RV64 ? 1ull << 40 : 1ull << 33) : 0;
    gpa |= pa & (size_g - 1);
    if (!glevel)
        gpa = 0x40000000ull | (pa & 0x1ffff000);
    u64 va = 0x10000000ull & ~(size_v - 1);
    va |= gpa & (size_v - 1);
    table_map(&ts.g, gpa & ~(size_g - 1), pa & ~(size_g - 1), PTE_RWX | PTE_U, glevel);
    table_map(&ts.vs, va & ~(size_v - 1), gpa & ~(size_v - 1), PTE_RWX, vlevel);
    fence_all();
    struct trap t = exec(MODE_HS, HLV_W(A0, A0), (ulong)va, 0);
    EXPECT_DONE(t);
    CHECK_EQ((u32)RESULT(t), *(u32 *)ts.mem);
    t = exec(MODE_HS, HSV_W(A1, A0), (ulong)va + 8, 0x77);
    EXPECT_DONE(t);
    CHECK_EQ(*(u32 *)(ts.mem + 8), 0x77);
    if (va >> (RV64 ? 30 : 22) != IMAGE >> (RV64 ? 30 : 22) && vlevel < ts.vs.levels - 1) {
        *(volatile u32 *)(ts.mem + 16) = ECALL;
        asm volatile("fence.i");
        t = RUN(MODE_VS, .pc = (ulong)va + 16);
        CHECK_EQ(t.cause, EXC_ECALL_VS);
        CHECK_EQ(t.epc, va + 16);
    }
}

TEST("norm:H_vm_gpatrans every page size of one stage over every page size of the other")
{
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    FOR_EACH_PAIR(v, g)
    {
        if (v == BARE || g == BARE)
            continue;
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        unsigned top = RV64 ? 3 : 2;
        for (unsigned vlevel = 0; vlevel < top; vlevel++)
            for (unsigned glevel = 0; glevel < top; glevel++) {
                context("VS level, G level", vlevel << 4 | glevel);
                sizes((unsigned)v, (unsigned)g, vlevel, glevel);
            }
    }
}

TEST("norm:H_vm_gpatrans a misaligned superpage faults at its own stage")
{
    two_stage(SV_MIN, SV_MIN, 0);
    ulong va = 0x20000000;
    table_map(&ts.vs, va, 0x1000, PTE_RWX, 1);
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), va, 0), .bank = BANK_M, .cause = EXC_LOAD_PAGE,
                .tval = va, TINST(LW(A2, ZERO, 0)), .gva = 1);
    table_map(&ts.vs, va, 0x20000000, PTE_RWX, 1);
    table_map(&ts.g, 0x20000000, IMAGE + 0x1000, PTE_RWX | PTE_U, 1);
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), va, 0), .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE,
                .tval = va, .tval2 = gpa_value(0x20000000), TINST(LW(A2, ZERO, 0)), .gva = 1);
}

/* The accesses a leaf with these R, W, X bits refuses. */
static unsigned refused(unsigned rwx, int mxr)
{
    if ((rwx & 2 && !(rwx & 1)) || !rwx)
        return READ | WRITE | FETCH;
    return (rwx & 1 || (mxr && rwx & 4) ? 0 : READ) | (rwx & 2 ? 0 : WRITE) | (rwx & 4 ? 0 : FETCH);
}

TEST(
    "norm:H_vm_gpapriv norm:vsstatus_mxr_vm norm:sstatus_mxr_vm R, W, X of both stages, under each "
    "MXR")
{
    for (unsigned mxr = 0; mxr < 4; mxr++) {
        pool_reset();
        csr_write(CSR_HGATP, 0);
        csr_write(CSR_VSATP, 0);
        window_with_ecall(SV_MIN, SV_MIN, 0);
        csr_write(CSR_MSTATUS, (mxr & 1 ? STATUS_MXR : 0) | STATUS_FS);
        csr_write(CSR_VSSTATUS, mxr & 2 ? STATUS_MXR : 0);
        context("MXR (1 sstatus, 2 vsstatus)", mxr);
        for (unsigned v = 0; v < 8; v++)
            for (unsigned g = 0; g < 8; g++) {
                context("VS XWR", v);
                context("G XWR", g);
                *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_V | PTE_A | PTE_D | v << 1;
                *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_V | PTE_A | PTE_D | PTE_U | g << 1;
                fence_all();
                unsigned at_vs = refused(v, mxr != 0), at_g = refused(g, mxr & 1);
                CHECK_EQ(faults(MODE_VS, ts.va), at_vs | (at_g & ~at_vs) << 8);
            }
    }
}

TEST("norm:H_vm_gpatrans U=0 at the G stage faults from VS and VU alike, whatever SUM")
{
    for (unsigned i = 0; i < 4; i++) {
        enum mode m = i & 1 ? MODE_VS : MODE_VU;
        pool_reset();
        csr_write(CSR_VSSTATUS, i & 2 ? STATUS_SUM : 0);
        csr_write(CSR_MSTATUS, i & 2 ? STATUS_SUM : 0);
        window_with_ecall(SV_MIN, SV_MIN, m == MODE_VU ? PTE_U : 0);
        *ts.g_leaf &= ~(pte_t)PTE_U;
        fence_all();
        CHECK_EQ(faults(m, ts.va), (READ | WRITE | FETCH) << 8);
    }
}

TEST("norm:H_vscsrs_sub norm:vsstatus_sz_acc_op U pages in VS by vsstatus.SUM; the HS SUM is "
     "nothing")
{
    window_with_ecall(SV_MIN, SV_MIN, PTE_U);
    for (unsigned i = 0; i < 4; i++) {
        csr_write(CSR_MSTATUS, i & 1 ? STATUS_SUM : 0);
        csr_write(CSR_VSSTATUS, i & 2 ? STATUS_SUM : 0);
        CHECK_EQ(faults(MODE_VS, ts.va), i & 2 ? FETCH : READ | WRITE | FETCH);
        CHECK_EQ(faults(MODE_VU, ts.va), 0);
    }
    *ts.vs_leaf &= ~(pte_t)PTE_U;
    fence_all();
    CHECK_EQ(faults(MODE_VU, ts.va), READ | WRITE | FETCH);
}

TEST("norm:H_vm_gpa_g the G bit of a G-stage PTE is ignored")
{
    window_with_ecall(SV_MIN, SV_MIN, 0);
    *ts.g_leaf |= PTE_G;
    fence_all();
    CHECK_EQ(faults(MODE_VS, ts.va), 0);
    /* Another VMID with another mapping: nothing global about the first. */
    u8 *other = page_alloc(1);
    *(u32 *)other = 0x77;
    *ts.g_leaf = PTE_PPN((ulong)other) | PTE_RWX | PTE_U;
    csr_write(CSR_HGATP, table_atp(&ts.g, 1));
    asm volatile(".word %0" : : "i"(HFENCE_GVMA(0, 0)) : "memory");
    struct trap t = exec(MODE_VS, LW(A0, A0, 0), ts.va, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0x77);
}

TEST("norm:H_vm_gpatrans reserved high bits of a PTE fault at the stage they are in")
{
    NEED(RV64, "Sv32 PTEs have no reserved bits");
    window_with_ecall(SV39, SV39, 0);
    for (unsigned bit = 54; bit < 64; bit++) {
        context("bit", bit);
        if (bit == 59 || bit == 60)
            continue; /* Svrsw60t59b gives them to software */
        pte_t extra = 1ull << bit;
        /* Svpbmt and Svnapot must be off for the VS stage; N=1 with this PPN is reserved anyway. */
        if (bit >= 61 && bit < 63)
            csr_put64(CSR_MENVCFG, 0);
        *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX | extra;
        fence_all();
        CHECK_EQ(faults(MODE_VS, ts.va), READ | WRITE | FETCH);
        *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
        *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U | extra;
        fence_all();
        CHECK_EQ(faults(MODE_VS, ts.va), (READ | WRITE | FETCH) << 8);
        *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U;
    }
}

TEST("norm:H_vm_gpatrans A, D or U set in a non-leaf PTE is reserved, at either stage")
{
    window_with_ecall(SV_MIN, SV_MIN, 0);
    for (pte_t bit = PTE_U; bit <= PTE_D; bit <<= 1) {
        if (bit == PTE_G)
            continue;
        context("bit", bit);
        pte_t *v = table_slot(&ts.vs, ts.va, 1), *g = table_slot(&ts.g, ts.gpa, 1);
        *v |= bit;
        fence_all();
        CHECK_EQ(faults(MODE_VS, ts.va), READ | WRITE | FETCH);
        *v &= ~bit;
        *g |= bit;
        fence_all();
        CHECK_EQ(faults(MODE_VS, ts.va), (READ | WRITE | FETCH) << 8);
        *g &= ~bit;
    }
}

TEST("norm:H_vm_gpatrans V=0 at each level of each stage")
{
    window_with_ecall(SV_MIN, SV_MIN, 0);
    for (unsigned level = 0; level < 2 - !RV64; level++) {
        pte_t *v = table_slot(&ts.vs, ts.va, level), *g = table_slot(&ts.g, ts.gpa, level);
        *v &= ~(pte_t)PTE_V;
        fence_all();
        CHECK_EQ(faults(MODE_VS, ts.va), READ | WRITE | FETCH);
        *v |= PTE_V;
        *g &= ~(pte_t)PTE_V;
        fence_all();
        CHECK_EQ(faults(MODE_VS, ts.va), (READ | WRITE | FETCH) << 8);
        *g |= PTE_V;
    }
}

TEST("norm:H_vm_twostage a VA that is not sign-extended is a page fault of the VS stage")
{
    NEED(RV64, "every 32-bit VA is valid");
    FOR_EACH_MODE(v, STAGE_VS)
    {
        if (v == BARE)
            continue;
        pool_reset();
        two_stage((unsigned)v, SV39, 0);
        unsigned bits = v == SV39 ? 39 : v == SV48 ? 48 : 57;
        for (unsigned bit = bits; bit < 64; bit++) {
            context("vsatp", (u64)v);
            context("bit", bit);
            ulong va = ts.va | BIT(bit);
            EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), va, 0), .bank = BANK_M, .cause = EXC_LOAD_PAGE,
                        .tval = va, TINST(LW(A2, ZERO, 0)), .gva = 1);
            csr_write(CSR_HSTATUS, HSTATUS_SPVP);
            EXPECT_TRAP(exec(MODE_HS, HLV_W(A2, A0), va, 0), .bank = BANK_M, .cause = EXC_LOAD_PAGE,
                        .tval = va, TINST(HLV_W(A2, ZERO)), .gva = 1);
        }
    }
}

TEST("norm:H_vm_gstagetrans vsatp Bare: VS and VU accesses go through the G stage alone")
{
    FOR_EACH_MODE(g, STAGE_G)
    {
        context("hgatp", (u64)g);
        pool_reset();
        window_with_ecall(BARE, (unsigned)g, 0);
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            if (ts.g_leaf)
                *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U;
            fence_all();
            CHECK_EQ(faults(m, ts.va), 0);
            if (!ts.g_leaf)
                continue;
            *ts.g_leaf &= ~(pte_t)PTE_W;
            fence_all();
            CHECK_EQ(faults(m, ts.va), WRITE << 8);
        }
    }
}

enum { LIST_PAGES = 12, LIST_STEPS = 4000 };

/* Goes round the list; returns the last element's address. */
static ulong follow(ulong at)
{
    for (unsigned i = 0; i < LIST_STEPS; i++)
        at = *(volatile ulong *)at;
    return at;
}

TEST(
    "sec:two-stage-translation a list in pages that lie scattered is followed, also when they move")
{
    two_stage(SV_MIN, SV_MIN, 0);
    ulong *page[LIST_PAGES];
    for (unsigned i = 0; i < LIST_PAGES; i++)
        page[i] = page_alloc(1);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < LIST_PAGES; i++) {
            /* The first round has them in order, so that each is where the one before says. */
            unsigned place = round ? (i * 5 + round) % LIST_PAGES : i;
            u64 gpa = ts.gpa + (i + 1) * PAGE;
            table_map(&ts.vs, ts.va + (i + 1) * PAGE, gpa, PTE_RWX, 0);
            table_map(&ts.g, gpa, (ulong)page[place], PTE_RWX | PTE_U, 0);
            page[place][i] =
                ts.va + ((i + 1) % LIST_PAGES + 1) * PAGE + (i + 1) % LIST_PAGES * sizeof(ulong);
        }
        fence_all();
        struct trap t = run_in(MODE_VS, follow, ts.va + PAGE);
        EXPECT_DONE(t);
        ulong last = LIST_STEPS % LIST_PAGES;
        CHECK_EQ(RESULT(t), ts.va + (last + 1) * PAGE + last * sizeof(ulong));
    }
}
