/* Address-translation caches: what each fence must drop, what must take effect without one, and
 * what must stay apart. Every test first uses the old translation, so that it may be cached. */
#include "priv.h"

static u8 *other; /* a page that differs from ts.mem */

static void two_pages(u64 user)
{
    two_stage(SV_MIN, SV_MIN, user);
    other = page_alloc(1);
    memset(ts.mem, 0x11, PAGE);
    memset(other, 0x22, PAGE);
}

/* Reads the window's byte in VS-mode; faults read as their cause with bit 8. */
static ulong window_byte(void)
{
    struct trap t = exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0);
    return t.bank == BANK_NONE ? RESULT(t) : t.cause | 0x100;
}

/* Loads, stores and HLVs, so that whatever keeps translations has them. */
static void use_window(void)
{
    CHECK_EQ(window_byte(), 0x11);
    EXPECT_DONE(exec(MODE_VS, SB(A1, A0, 1), ts.va, 0x11));
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    EXPECT_DONE(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0));
}

static void g_to_other(void)
{
    *ts.g_leaf = PTE_PPN((ulong)other) | PTE_RWX | PTE_U;
}

static void vs_to(u64 gpa)
{
    *ts.vs_leaf = PTE_PPN(gpa) | PTE_RWX;
}

/* The four forms of a fence: rs1 and rs2 each x0 or given. */
static void fence_form(enum mode mode, unsigned form, u32 base, ulong address, ulong id)
{
    u32 insn = base | (form & 1 ? A0 << 15 : 0) | (form & 2 ? A1 << 20 : 0);
    EXPECT_DONE(exec(mode, insn, address, id));
}

TEST("norm:hfence-gvma_op HFENCE.GVMA in its four forms, from HS and M: rs1 is the GPA >> 2")
{
    for (unsigned form = 0; form < 8; form++) {
        context("form", form);
        pool_reset();
        two_pages(0);
        use_window();
        g_to_other();
        fence_form(form & 4 ? MODE_M : MODE_HS, form & 3, HFENCE_GVMA(0, 0), (ulong)(ts.gpa >> 2),
                   0);
        CHECK_EQ(window_byte(), 0x22);
        struct trap t = exec(MODE_HS, HLV_BU(A0, A0), ts.va, 0);
        CHECK_EQ(RESULT(t), 0x22);
        EXPECT_DONE(exec(MODE_VS, SB(A1, A0, 0), ts.va, 0x33));
        CHECK_EQ(other[0], 0x33);
        CHECK_EQ(ts.mem[0], 0x11);
    }
}

TEST("norm:hfence-gvma_op permissions taken away at the G stage are gone after HFENCE.GVMA")
{
    for (unsigned form = 0; form < 4; form++) {
        pool_reset();
        two_pages(0);
        use_window();
        *ts.g_leaf &= ~(pte_t)PTE_W;
        fence_form(MODE_HS, form, HFENCE_GVMA(0, 0), (ulong)(ts.gpa >> 2), 0);
        CHECK_EQ(exec(MODE_VS, SB(A1, A0, 0), ts.va, 0).cause, EXC_STORE_GUEST_PAGE);
        *ts.g_leaf = 0;
        fence_form(MODE_HS, form, HFENCE_GVMA(0, 0), (ulong)(ts.gpa >> 2), 0);
        CHECK_EQ(window_byte(), EXC_LOAD_GUEST_PAGE | 0x100);
    }
}

static void two_gpas(void)
{
    two_pages(0);
    table_map(&ts.g, 0x33333000, (ulong)other, PTE_RWX | PTE_U, 0);
    fence_all();
}

TEST("norm:hfence-vvma_hfence-gvma_op norm:hfence-vvma_mode HFENCE.VVMA in its four forms")
{
    for (unsigned form = 0; form < 8; form++) {
        context("form", form);
        pool_reset();
        two_gpas();
        use_window();
        vs_to(0x33333000);
        fence_form(form & 4 ? MODE_M : MODE_HS, form & 3, HFENCE_VVMA(0, 0), ts.va, 0);
        CHECK_EQ(window_byte(), 0x22);
        struct trap t = exec(MODE_HS, HLV_BU(A0, A0), ts.va, 0);
        CHECK_EQ(RESULT(t), 0x22);
    }
}

TEST("norm:sfence_vma_v1 SFENCE.VMA in VS-mode in its four forms")
{
    for (unsigned form = 0; form < 4; form++) {
        context("form", form);
        pool_reset();
        two_gpas();
        use_window();
        vs_to(0x33333000);
        fence_form(MODE_VS, form, SFENCE_VMA(0, 0), ts.va + 0x123, 0);
        CHECK_EQ(window_byte(), 0x22);
    }
}

TEST("norm:sfence_vma_op norm:sfence_vma_ordering norm:sfence_vma_invalidation norm:sfence_vma_v0 "
     "SFENCE.VMA in HS-mode in its four forms, for translation by satp")
{
    for (unsigned form = 0; form < 4; form++) {
        pool_reset();
        csr_write(CSR_SATP, 0);
        one_stage(SV_MIN, PTE_U);
        other = page_alloc(1);
        memset(other, 0x22, PAGE);
        struct trap t = exec(MODE_U, LBU(A0, A0, 0), ts.va, 0);
        CHECK_EQ(RESULT(t), ts.mem[0]);
        *ts.vs_leaf = PTE_PPN((ulong)other) | PTE_RWX | PTE_U;
        fence_form(MODE_HS, form, SFENCE_VMA(0, 0), ts.va, 0);
        t = exec(MODE_U, LBU(A0, A0, 0), ts.va, 0);
        CHECK_EQ(RESULT(t), 0x22);
    }
}

TEST("norm:Svinval_hinval_vvma_gvma norm:Svinval_hinval_gvma_uses_vmid the HINVAL and SINVAL "
     "sequences")
{
    NEED(exec(MODE_M, SINVAL_VMA(0, 0), 0, 0).bank == BANK_NONE, "no Svinval");
    for (unsigned form = 0; form < 4; form++) {
        context("form", form);
        u32 regs = (form & 1 ? A0 << 15 : 0) | (form & 2 ? A1 << 20 : 0);
        pool_reset();
        two_gpas();
        use_window();
        g_to_other();
        EXPECT_DONE(RUN(MODE_HS, CODE(SFENCE_W_INVAL, HINVAL_GVMA(0, 0) | regs, SFENCE_INVAL_IR),
                        .a0 = (ulong)(ts.gpa >> 2)));
        CHECK_EQ(window_byte(), 0x22);
        pool_reset();
        two_gpas();
        use_window();
        vs_to(0x33333000);
        EXPECT_DONE(RUN(MODE_HS, CODE(SFENCE_W_INVAL, HINVAL_VVMA(0, 0) | regs, SFENCE_INVAL_IR),
                        .a0 = ts.va));
        CHECK_EQ(window_byte(), 0x22);
        pool_reset();
        two_gpas();
        use_window();
        vs_to(0x33333000);
        EXPECT_DONE(RUN(MODE_VS, CODE(SFENCE_W_INVAL, SINVAL_VMA(0, 0) | regs, SFENCE_INVAL_IR),
                        .a0 = ts.va));
        CHECK_EQ(window_byte(), 0x22);
    }
}

TEST("norm:hfence-vvma_hfence-gvma_op a non-leaf PTE changed, then fenced by the leaf's address")
{
    for (unsigned g = 0; g < 2; g++) {
        pool_reset();
        two_gpas();
        use_window();
        struct table *t = g ? &ts.g : &ts.vs;
        u64 at = g ? ts.gpa : ts.va;
        u64 to = g ? (ulong)other : 0x33333000;
        /* A new leaf table with another translation for the page. */
        pte_t *leaves = page_alloc(1);
        leaves[at >> 12 & (RV64 ? 511 : 1023)] = PTE_PPN(to) | PTE_RWX | (g ? PTE_U : 0);
        *table_slot(t, at, 1) = PTE_PPN((ulong)leaves) | PTE_V;
        if (g)
            fence_form(MODE_HS, 1, HFENCE_GVMA(0, 0), (ulong)(ts.gpa >> 2), 0);
        else
            fence_form(MODE_HS, 1, HFENCE_VVMA(0, 0), ts.va, 0);
        CHECK_EQ(window_byte(), 0x22);
    }
}

TEST("norm:hfence-gvma_op a G-stage superpage is dropped by any address in it")
{
    two_pages(0);
    ulong gpa = 0x20000000;
    pte_t *g = table_map(&ts.g, gpa, IMAGE, PTE_RWX | PTE_U, 1);
    table_map(&ts.vs, ts.va, gpa + 0x5000, PTE_RWX, 0);
    fence_all();
    CHECK(window_byte() < 0x100);
    *g = 0;
    fence_form(MODE_HS, 1, HFENCE_GVMA(0, 0), (gpa + 0x5000) >> 2, 0);
    CHECK_EQ(window_byte(), EXC_LOAD_GUEST_PAGE | 0x100);
}

TEST("norm:sfence_vma_v1 a VS-stage superpage is dropped by any address in it")
{
    two_pages(0);
    ulong va = 0x20000000;
    pte_t *v = table_map(&ts.vs, va, IMAGE, PTE_RWX, 1);
    fence_all();
    for (ulong at = 0; at < 0x200000; at += 0x7f000) {
        *v = PTE_PPN(IMAGE) | PTE_RWX;
        fence_all();
        EXPECT_DONE(exec(MODE_VS, LBU(A0, A0, 0), va + at, 0));
        *v = 0;
        fence_form(MODE_VS, 1, SFENCE_VMA(0, 0), va + at, 0);
        CHECK_EQ(exec(MODE_VS, LBU(A0, A0, 0), va + at, 0).cause, EXC_LOAD_PAGE);
    }
}

/* An address of a superpage is accessed, another of it fenced. */
TEST(
    "norm:sfence_vma_v0 norm:sfence_vma_v1 norm:hfence-vvma_hfence-gvma_op a superpage of any size "
    "is dropped by an address in it that was not accessed")
{
    static const u32 fences[] = {SFENCE_VMA(A0, ZERO), SFENCE_VMA(A0, A1), HFENCE_VVMA(A0, ZERO),
                                 SFENCE_VMA(A0, ZERO)};
    static const enum mode user[] = {MODE_VS, MODE_VS, MODE_VS, MODE_HS},
                           fencer[] = {MODE_VS, MODE_VS, MODE_HS, MODE_HS};
    unsigned levels = RV64 ? 3 : 2;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned level = 1; level < levels; level++) {
            context("fence", i);
            context("level", level);
            pool_reset();
            if (user[i] == MODE_HS)
                one_stage(SV_MIN, 0);
            else
                two_stage(SV_MIN, SV_MIN, 0);
            u64 size = level_size(level), to = IMAGE & ~(size - 1);
            ulong va = (ulong)size; /* below it and above IMAGE there is more */
            pte_t *leaf = table_map(&ts.vs, va, to, PTE_RWX, level);
            fence_all();
            ulong inside = (ulong)(IMAGE - to);
            EXPECT_DONE(exec(user[i], LBU(A0, A0, 0), va + inside, 0));
            *leaf = 0;
            EXPECT_DONE(exec(fencer[i], fences[i], va + inside + 0x3000, 0));
            CHECK_EQ(exec(user[i], LBU(A0, A0, 0), va + inside, 0).cause, EXC_LOAD_PAGE);
        }
}

static unsigned id_bits(unsigned number)
{
    unsigned at = RV64 ? 44 : 22, max = number == CSR_HGATP ? (RV64 ? 14 : 7) : (RV64 ? 16 : 9);
    ulong old = csr_get(number);
    ulong got = csr_probe(number, (ulong)SV_MIN << (RV64 ? 60 : 31) | ((1ul << max) - 1) << at);
    csr_put(number, old);
    ulong field = got >> at & ((1ul << max) - 1);
    unsigned bits = 0;
    while (field >> bits & 1)
        bits++;
    return bits;
}

TEST("norm:hgatp_vmid guests with different VMIDs do not share translations; no fence on a switch")
{
    NEED(id_bits(CSR_HGATP) >= 1, "no VMID bits");
    two_pages(0);
    struct table second;
    table_init(&second, STAGE_G, SV_MIN);
    table_map_image(&second);
    table_map(&second, ts.gpa, (ulong)other, PTE_RWX | PTE_U, 0);
    ulong one = table_atp(&ts.g, 0), two = table_atp(&second, 1);
    fence_all();
    for (unsigned i = 0; i < 6; i++) {
        csr_write(CSR_HGATP, i & 1 ? two : one);
        CHECK_EQ(window_byte(), i & 1 ? 0x22 : 0x11);
        csr_write(CSR_HSTATUS, HSTATUS_SPVP);
        struct trap t = exec(MODE_HS, HLVX_HU(A0, A0), ts.va, 0);
        CHECK_EQ(RESULT(t), i & 1 ? 0x2222 : 0x1111);
    }
}

TEST("norm:sfence_vma_v1 address spaces with different ASIDs do not share translations")
{
    NEED(id_bits(CSR_VSATP) >= 1, "no ASID bits");
    two_gpas();
    struct table second;
    table_init(&second, STAGE_VS, SV_MIN);
    table_map_image(&second);
    table_map(&second, ts.va, 0x33333000, PTE_RWX, 0);
    ulong one = table_atp(&ts.vs, 0), two = table_atp(&second, 1);
    fence_all();
    for (unsigned i = 0; i < 6; i++) {
        EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SATP, A0), i & 1 ? two : one, 0));
        CHECK_EQ(window_byte(), i & 1 ? 0x22 : 0x11);
    }
    /* The second's leaf changes while the first is current; fenced by ASID 1, then by all. */
    for (unsigned form = 0; form < 4; form++) {
        csr_write(CSR_VSATP, two);
        *table_slot(&second, ts.va, 0) = PTE_PPN(0x33333000) | PTE_RWX;
        fence_all();
        CHECK_EQ(window_byte(), 0x22);
        csr_write(CSR_VSATP, one);
        *table_slot(&second, ts.va, 0) = PTE_PPN(ts.gpa) | PTE_RWX;
        if (form & 1)
            EXPECT_DONE(exec(MODE_VS, SFENCE_VMA(form & 2 ? A0 : 0, A1), ts.va, 1));
        else
            EXPECT_DONE(exec(MODE_HS, HFENCE_VVMA(form & 2 ? A0 : 0, A1), ts.va, 1));
        csr_write(CSR_VSATP, two);
        CHECK_EQ(window_byte(), 0x11);
    }
}

TEST("norm:hfence-gvma_op HFENCE.GVMA by the VMID of a guest that is not the current one")
{
    NEED(id_bits(CSR_HGATP) >= 2, "no VMID bits");
    two_pages(0);
    struct table second;
    table_init(&second, STAGE_G, SV_MIN);
    table_map_image(&second);
    pte_t *leaf = table_map(&second, ts.gpa, (ulong)ts.mem, PTE_RWX | PTE_U, 0);
    ulong one = table_atp(&ts.g, 0), two = table_atp(&second, 3);
    fence_all();
    for (unsigned form = 0; form < 2; form++) {
        *leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U;
        csr_write(CSR_HGATP, two);
        fence_all();
        CHECK_EQ(window_byte(), 0x11);
        csr_write(CSR_HGATP, one);
        *leaf = PTE_PPN((ulong)other) | PTE_RWX | PTE_U;
        EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(form ? A0 : 0, A1), (ulong)(ts.gpa >> 2), 3));
        csr_write(CSR_HGATP, two);
        CHECK_EQ(window_byte(), 0x22);
    }
}

TEST("norm:hfence-vvma_asid norm:hfence-gvma_vmid unimplemented high bits of rs2 are ignored")
{
    two_gpas();
    use_window();
    unsigned bits = id_bits(CSR_HGATP);
    g_to_other();
    EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(0, A1), 0, RV64 ? 0xffff0000 << 2 | BIT(14) : BIT(7)));
    if (bits < (RV64 ? 14u : 7u))
        EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(0, A1), 0, BIT(bits)));
    CHECK_EQ(window_byte(), 0x22);
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U;
    fence_all();
    use_window();
    vs_to(0x33333000);
    EXPECT_DONE(exec(MODE_HS, HFENCE_VVMA(0, A1), 0, RV64 ? BIT(16) : BIT(9)));
    CHECK_EQ(window_byte(), 0x22);
}

TEST("norm:H_vm_twostage HS-level and VS-level translations of one address stay apart")
{
    struct table hs;
    two_pages(0);
    table_init(&hs, STAGE_HS, SV_MIN);
    table_map_image(&hs);
    table_map(&hs, ts.va, (ulong)other, PTE_RWX, 0);
    table_use(&hs, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(window_byte(), 0x11);
        struct trap t = exec(MODE_HS, LBU(A0, A0, 0), ts.va, 0);
        CHECK_EQ(RESULT(t), 0x22);
        t = exec(MODE_HS, HLV_BU(A0, A0), ts.va, 0);
        CHECK_EQ(RESULT(t), 0x11);
    }
}

TEST("norm:hgatp_op_hfence_gvma norm:vsatp_sz_acc_op new roots with new identifiers need no fence")
{
    NEED(id_bits(CSR_HGATP) >= 1 && id_bits(CSR_VSATP) >= 1, "no VMID or ASID bits");
    two_pages(0);
    use_window();
    struct table g;
    table_init(&g, STAGE_G, SV_MIN);
    table_map_image(&g);
    table_map(&g, ts.gpa, (ulong)other, PTE_RWX | PTE_U, 0);
    csr_write(CSR_HGATP, table_atp(&g, 1));
    CHECK_EQ(window_byte(), 0x22);
}

TEST("norm:hfence-gvma_mode hgatp.MODE changed for a VMID, then HFENCE.GVMA with rs1=x0")
{
    two_pages(0);
    vs_to((ulong)ts.mem);
    table_map(&ts.g, (ulong)ts.mem, (ulong)other, PTE_RWX | PTE_U, 0);
    fence_all();
    CHECK_EQ(window_byte(), 0x22);
    csr_write(CSR_HGATP, 0);
    fence_form(MODE_HS, 0, HFENCE_GVMA(0, 0), 0, 0);
    CHECK_EQ(window_byte(), 0x11);
    csr_write(CSR_HGATP, table_atp(&ts.g, 0));
    fence_form(MODE_HS, 2, HFENCE_GVMA(0, 0), 0, 0);
    CHECK_EQ(window_byte(), 0x22);
}

TEST("norm:H_pmp PMP changed, then HFENCE.GVMA in M-mode")
{
    NEED(pmp_available(), "no PMP");
    two_pages(0);
    use_window();
    csr_write(CSR_PMPADDR0, (ulong)ts.mem >> 2 | 0x1ff);
    csr_write(CSR_PMPCFG0, 0x1f18);
    asm volatile(".word %0" : : "i"(HFENCE_GVMA(0, 0)) : "memory");
    CHECK_EQ(window_byte(), EXC_LOAD_ACCESS | 0x100);
    csr_write(CSR_PMPCFG0, 0x1f1f);
    asm volatile(".word %0" : : "i"(HFENCE_GVMA(0, 0)) : "memory");
    CHECK_EQ(window_byte(), 0x11);
}

/* Misses of the translation caches since the last call, by the events that hextant counts: of
 * fetches, loads and stores. */
static ulong misses(void)
{
    static const ulong events[] = {3, 7, 8};
    static ulong before;
    ulong now = 0;
    for (unsigned i = 0; i < 3; i++) {
        csr_put(CSR_MHPMEVENT3 + i, events[i]);
        NEED(csr_get(CSR_MHPMEVENT3 + i) == events[i], "no event for TLB misses");
        now += csr_get(CSR_MHPMCOUNTER3 + i);
    }
    ulong n = now - before;
    before = now;
    return n;
}

/* Do the caches hold some tens of pages of one address space? */
static int caches_are_large(void)
{
    for (unsigned i = 0; i < 128; i++) {
        if (i == 64)
            misses();
        EXPECT_DONE(exec(MODE_VS, LBU(A0, A0, 0), IMAGE + i % 64 * PAGE, 0));
    }
    return misses() == 0;
}

/* A turn of every world: each guest in VS-mode and by HLV, then HS-mode's user under satp. */
static void turn(const ulong *hgatp, const ulong *vsatp, ulong satp)
{
    for (unsigned guest = 0; guest < 4; guest++) {
        csr_write(CSR_HGATP, hgatp[guest & 1]);
        csr_write(CSR_VSATP, vsatp[guest >> 1]);
        CHECK_EQ(window_byte(), guest & 1 ? 0x22 : 0x11);
        csr_write(CSR_HSTATUS, HSTATUS_SPVP);
        EXPECT_DONE(exec(MODE_HS, HLV_BU(A0, A0), ts.va, 0));
    }
    csr_write(CSR_SATP, satp);
    EXPECT_DONE(exec(MODE_U, LBU(A0, A0, 0), (ulong)slot_pages + USER_ALIAS, 0));
    csr_write(CSR_SATP, 0);
}

TEST("norm:hgatp_vmid norm:H_vm_twostage world switches drop nothing: guests, their address spaces "
     "and HS-mode's come back without a TLB miss")
{
    NEED(id_bits(CSR_HGATP) >= 2 && id_bits(CSR_VSATP) >= 1, "no VMID or ASID bits");
    two_pages(0);
    struct table second, host;
    table_init(&second, STAGE_G, SV_MIN);
    table_map_image(&second);
    table_map(&second, ts.gpa, (ulong)other, PTE_RWX | PTE_U, 0);
    table_init(&host, STAGE_HS, SV_MIN);
    table_map_image(&host);
    ulong hgatp[] = {table_atp(&ts.g, 1), table_atp(&second, 2)};
    ulong vsatp[] = {table_atp(&ts.vs, 0), table_atp(&ts.vs, 1)}, satp = table_atp(&host, 0);
    NEED(caches_are_large(), "translation caches too small to tell");
    fence_all();
    misses();
    turn(hgatp, vsatp, satp);
    CHECK(misses() >= 9);
    for (unsigned i = 0; i < 100; i++)
        turn(hgatp, vsatp, satp);
    CHECK_EQ(misses(), 0);
    /* One guest is fenced: the others' translations stay. */
    csr_write(CSR_HGATP, hgatp[0]);
    EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(0, A1), 0, 2));
    misses();
    CHECK_EQ(window_byte(), 0x11);
    CHECK_EQ(misses(), 0);
    csr_write(CSR_HGATP, hgatp[1]);
    CHECK_EQ(window_byte(), 0x22);
    CHECK(misses() > 0);
}
