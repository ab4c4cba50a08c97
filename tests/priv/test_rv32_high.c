/* RV32 with memory above 4 GiB, which only translation reaches: tables, data and PMP entries at
 * 34-bit physical addresses. On a machine without such memory only the registers are checked. */
#include "priv.h"

/* The same addresses modulo 2^32 as ordinary RAM, so that a lost bit would find memory, too. */
#define ABOVE     0x100000000ull
#define HIGH_PAGE (ABOVE + 0x80600000ull)
#define NAPOT     0x18

/* Accesses a word at a physical address from HS-mode; SW or LW of a1 through the window. */
static ulong *hs_leaf;
static ulong hs_va;
static struct trap physical(u32 insn, u64 pa, ulong value)
{
    *hs_leaf = PTE_PPN(pa) | PTE_RWX;
    fence_all();
    return exec(MODE_HS, insn, hs_va | (ulong)(pa & (PAGE - 1)), value);
}

static void store(u64 pa, ulong value)
{
    EXPECT_DONE(physical(SW(A1, A0, 0), pa, value));
}

static ulong load(u64 pa)
{
    struct trap t = physical(LW(A0, A0, 0), pa, 0);
    EXPECT_DONE(t);
    return RESULT(t);
}

/* Sets up HS-mode's window; leaves the test when there is no memory above 4 GiB. */
static void need_high_memory(void)
{
    one_stage(SV32, 0);
    hs_leaf = ts.vs_leaf;
    hs_va = ts.va;
    NEED(physical(LW(A0, A0, 0), HIGH_PAGE, 0).bank == BANK_NONE, "no memory above 4 GiB");
}

TEST("norm:satp_ppn_sv32_sz the PPN of a PTE makes a 34-bit physical address")
{
    need_high_memory();
    u64 low = (ulong)page_alloc(1);
    store(low, 0x1111);
    store(low + ABOVE, 0x2222);
    CHECK_EQ(load(low), 0x1111);
    CHECK_EQ(load(low + ABOVE), 0x2222);
}

TEST("norm:hgatp_ppn_op norm:hgatp_mode_sv32x4 both stages' tables and the data above 4 GiB; a "
     "root's PPN has "
     "22 bits")
{
    need_high_memory();
    u64 vs_root = HIGH_PAGE, vs_table = vs_root + PAGE, data = vs_root + 2 * PAGE;
    u64 g_root = HIGH_PAGE + 0x10000, g_table = g_root + 4 * PAGE;
    u64 gpa = 0x3c0000000ull; /* where the guest sees this memory */
    ulong va = 0x12345000;
    for (u64 at = HIGH_PAGE; at < g_table + PAGE; at += PAGE)
        for (ulong i = 0; i < PAGE; i += PAGE / 2)
            store(at + i, 0);
    store(data + 8, 0x600dda7a);
    store(vs_root + (va >> 22) * 4, PTE_PPN(gpa + PAGE) | PTE_V);
    store(vs_table + (va >> 12 & 0x3ff) * 4, PTE_PPN(gpa + 2 * PAGE) | PTE_RWX);
    store(g_root + (ulong)(gpa >> 22) * 4, PTE_PPN(g_table) | PTE_V);
    for (unsigned i = 0; i < 3; i++)
        store(g_table + (ulong)(gpa >> 12 & 0x3ff) * 4 + i * 4,
              PTE_PPN(vs_root + i * PAGE) | PTE_RWX | PTE_U);
    /* The image, for the code that runs in VS-mode. */
    store(vs_root + (IMAGE >> 22) * 4, PTE_PPN(IMAGE) | PTE_RWX);
    store(g_root + (IMAGE >> 22) * 4, PTE_PPN(IMAGE) | PTE_RWX | PTE_U);
    ulong vsatp = (ulong)(1u << 31 | gpa >> 12), hgatp = (ulong)(1u << 31 | g_root >> 12);
    CHECK_EQ(csr_probe(CSR_VSATP, vsatp), vsatp);
    CHECK_EQ(csr_probe(CSR_HGATP, hgatp), hgatp);
    fence_all();
    struct trap t = exec(MODE_VS, LW(A0, A0, 8), va, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0x600dda7a);

    /* Without the leaf for the VS-stage's lower table, then for the data. */
    store(g_table + 4, 0);
    u64 pte = gpa + PAGE + (va >> 12 & 0x3ff) * 4;
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 8), va, 0), .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE,
                .tval = va + 8, .tval2 = gpa_value(pte), .tinst = PSEUDO_READ, .gva = 1);
    store(g_table + 4, PTE_PPN(vs_table) | PTE_RWX | PTE_U);
    store(g_table + 8, 0);
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 8), va, 0), .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE,
                .tval = va + 8, .tval2 = gpa_value(gpa + 2 * PAGE + 8), TINST(LW(A1, ZERO, 0)),
                .gva = 1);
}

TEST("norm:H_vm_twostage with hgatp Bare the VS-stage's result is a 34-bit physical address")
{
    need_high_memory();
    store(HIGH_PAGE + 4, 0x34343434);
    two_stage(SV32, BARE, 0);
    *ts.vs_leaf = PTE_PPN(HIGH_PAGE) | PTE_RWX;
    fence_all();
    struct trap t = exec(MODE_VS, LW(A0, A0, 4), ts.va, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0x34343434);
}

TEST("norm:pmp_addr_encoding pmpaddr holds bits 33:2 of an address, all 32 of them")
{
    NEED(pmp_available(), "no PMP");
    for (unsigned bit = 12; bit < 32; bit++)
        CHECK_EQ(csr_probe(CSR_PMPADDR0, 1ul << bit) >> bit, 1);
}

TEST("norm:pmp_a_field_napot_na4 norm:pmp_a_field_tor PMP entries match 34-bit addresses, NAPOT "
     "and TOR, and not their low 32 bits "
     "alone")
{
    NEED(pmp_available(), "no PMP");
    need_high_memory();
    u64 low = (ulong)page_alloc(1), high = low + ABOVE;
    csr_write(CSR_PMPADDR0, (ulong)(high >> 2) | 0x1ff);
    for (unsigned rwx = 0; rwx < 8; rwx++) {
        if ((rwx & 3) == 2)
            continue; /* W without R is reserved */
        context("rwx", rwx);
        csr_write(CSR_PMPCFG0, 0x1f00 | NAPOT | rwx);
        fence_all();
        EXPECT_DONE(physical(LW(A1, A0, 0), low, 0));
        EXPECT_DONE(physical(SW(A1, A0, 0), low, 0));
        EXPECT_DONE(physical(SW(A1, A0, 0), high + PAGE, 0));
        struct trap t = physical(LW(A1, A0, 0), high, 0);
        CHECK_EQ(t.bank == BANK_NONE, rwx & 1);
        t = physical(SW(A1, A0, 0), high, 0);
        CHECK_EQ(t.bank == BANK_NONE, rwx >> 1 & 1);
        if (!(rwx & 2))
            CHECK_EQ(t.cause, EXC_STORE_ACCESS);
    }
    /* TOR from 4 GiB to the page: what lies below 4 GiB, and the page itself, are outside. */
    csr_write(CSR_PMPADDR0, (ulong)(ABOVE >> 2));
    csr_write(CSR_PMPADDR0 + 1, (ulong)(high >> 2));
    csr_write(CSR_PMPADDR0 + 2, ~0ul);
    csr_write(CSR_PMPCFG0, 0x1f0900); /* off, TOR read-only, NAPOT all */
    fence_all();
    EXPECT_DONE(physical(SW(A1, A0, 0), low, 0));
    EXPECT_DONE(physical(SW(A1, A0, 0), high, 0));
    EXPECT_DONE(physical(LW(A1, A0, 0), high - 4, 0));
    EXPECT_TRAP(physical(SW(A1, A0, 0), high - 4, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = hs_va | 0xffc, TINST(SW(A1, ZERO, 0)));
    csr_write(CSR_PMPCFG0, 0x1f1f00);
    csr_write(CSR_PMPADDR0 + 1, ~0ul);
}
