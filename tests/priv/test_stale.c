/* What the translation caches may keep without a fence. The guest is told by its boot arguments
 * what the hart does: with tlb=strict all is kept that the manual allows, else a new root is a new
 * address space at once; with v0=kept entries with V=0 are kept as well. Every test first uses the
 * old translation, so that it is cached. */
#include "priv.h"

#define OTHER_GPA         0x33333000ul
#define OLD               0x11ul
#define NEW               0x22ul
#define PAGE_FAULT(stage) (0x100ul | ((stage) == STAGE_G ? EXC_LOAD_GUEST_PAGE : EXC_LOAD_PAGE))

static u8 *other;         /* a page that differs from ts.mem */
static struct table next; /* a second table of the stage, that leads to `other` */
static pte_t *next_leaf;

/* What is expected: where translations are kept, and where they are not. */
static ulong strict(ulong kept, ulong fresh)
{
    static int told = -1;
    if (told < 0)
        told = boot_argument("tlb=strict");
    return told ? kept : fresh;
}

/* Likewise for entries with V=0. */
static ulong strict_v0(ulong kept, ulong fresh)
{
    static int told = -1;
    if (told < 0)
        told = boot_argument("v0=kept");
    return told ? kept : fresh;
}

static void prepare(enum stage stage, unsigned mode)
{
    pool_reset();
    csr_write(CSR_SATP, 0);
    if (stage == STAGE_HS)
        one_stage(mode, 0);
    else
        two_stage(stage == STAGE_VS ? mode : SV_MIN, stage == STAGE_G ? mode : SV_MIN, 0);
    other = page_alloc(1);
    memset(ts.mem, OLD, PAGE);
    memset(other, NEW, PAGE);
    if (stage != STAGE_HS)
        table_map(&ts.g, OTHER_GPA, (ulong)other, PTE_RWX | PTE_U, 0);
    fence_all();
}

/* The second table, of any mode. */
static void prepare_next(enum stage stage, unsigned mode)
{
    table_init(&next, stage, mode);
    table_map_image(&next);
    u64 from = stage == STAGE_G ? ts.gpa : ts.va;
    u64 to = stage == STAGE_VS ? OTHER_GPA : (ulong)other;
    next_leaf = table_map(&next, from, to, PTE_RWX | (stage == STAGE_G ? PTE_U : 0), 0);
}

static struct table *first(enum stage stage)
{
    return stage == STAGE_G ? &ts.g : &ts.vs;
}

/* Makes the table the stage's, without a fence. */
static void use(enum stage stage, const struct table *table, unsigned id)
{
    if (stage == STAGE_HS)
        csr_write(CSR_SATP, table_atp(table, id));
    else if (stage == STAGE_VS)
        csr_write(CSR_VSATP, table_atp(table, id));
    else
        csr_write(CSR_HGATP, table_atp(table, id));
}

/* The byte at va, or the cause with bit 8. */
static ulong byte_at(enum stage stage, ulong va)
{
    struct trap t = exec(stage == STAGE_HS ? MODE_HS : MODE_VS, LBU(A0, A0, 0), va, 0);
    return t.bank == BANK_NONE ? RESULT(t) : t.cause | 0x100;
}

static ulong window_byte(enum stage stage)
{
    return byte_at(stage, ts.va);
}

static int has_ids(enum stage stage)
{
    unsigned number = stage == STAGE_HS ? CSR_SATP : stage == STAGE_VS ? CSR_VSATP : CSR_HGATP;
    ulong old = csr_get(number), at = (ulong)SV_MIN << (RV64 ? 60 : 31) | 3ul << (RV64 ? 44 : 22);
    int has = csr_probe(number, at) == at;
    csr_put(number, old);
    return has;
}

/* The stage's fence; form: bit 0 an address, bit 1 an ASID or VMID, bit 2 from M-mode. VS-stage:
 * from VS-mode by SFENCE.VMA with bit 3. */
static void fence(enum stage stage, unsigned form, u64 address, ulong id)
{
    u32 insn = stage == STAGE_G                  ? HFENCE_GVMA(0, 0)
               : stage == STAGE_HS || (form & 8) ? SFENCE_VMA(0, 0)
                                                 : HFENCE_VVMA(0, 0);
    enum mode mode = form & 8 ? MODE_VS : form & 4 ? MODE_M : MODE_HS;
    insn |= (form & 1 ? A0 << 15 : 0) | (form & 2 ? A1 << 20 : 0);
    EXPECT_DONE(exec(mode, insn, (ulong)(stage == STAGE_G ? address >> 2 : address), id));
}

static u64 window_address(enum stage stage)
{
    return stage == STAGE_G ? ts.gpa : ts.va;
}

#define FOR_EACH_STAGE(s) for (enum stage s = STAGE_HS; s <= STAGE_G; context("stage", ++s))
#define FOR_EACH_FORM(f, s)                                                                        \
    for (unsigned f = 0; f < ((s) == STAGE_VS ? 12u : 8u); context("form", ++f))

TEST(
    "norm:sfence_vma_op norm:sfence_vma_ordering norm:sfence_vma_invalidation "
    "norm:satp_op_sfence_vma norm:sfence_vma_all_asid_va norm:sfence_vma_asid_only "
    "norm:sfence_vma_va_all_asid norm:sfence_vma_va_asid norm:hgatp_op_hfence_gvma "
    "norm:hfence-gvma_op norm:hfence-vvma_hfence-gvma_op a new root without a fence is stale; with "
    "one, in any form, it is not")
{
    FOR_EACH_STAGE(stage)
    {
        prepare(stage, SV_MIN);
        prepare_next(stage, SV_MIN);
        FOR_EACH_FORM(form, stage)
        {
            use(stage, first(stage), 0);
            fence_all();
            CHECK_EQ(window_byte(stage), OLD);
            use(stage, &next, 0);
            CHECK_EQ(window_byte(stage), strict(OLD, NEW));
            fence(stage, form, window_address(stage), 0);
            CHECK_EQ(window_byte(stage), NEW);
        }
    }
}

TEST("norm:sfence_vma_v0 norm:sfence_vma_v1 norm:hfence-gvma_vmid a fence for another address or "
     "another identifier leaves the old translation where it is")
{
    FOR_EACH_STAGE(stage)
    {
        NEED(has_ids(stage), "no ASID or VMID bits");
        for (unsigned form = 1; form < 4; form++) {
            context("form", form);
            prepare(stage, SV_MIN);
            prepare_next(stage, SV_MIN);
            CHECK_EQ(window_byte(stage), OLD);
            use(stage, &next, 0);
            if (stage == STAGE_G && !(form & 2))
                continue; /* addresses are not looked at */
            fence(stage, form, window_address(stage) + (form & 2 ? 0 : PAGE), 3);
            CHECK_EQ(window_byte(stage), strict(OLD, NEW));
        }
    }
}

TEST("norm:hfence-vvma_limits norm:sfence_vma_v1 a fence of VS-stage translations is one for the "
     "current VMID")
{
    NEED(has_ids(STAGE_G), "no VMID bits");
    prepare(STAGE_VS, SV_MIN);
    prepare_next(STAGE_VS, SV_MIN);
    CHECK_EQ(window_byte(STAGE_VS), OLD);
    use(STAGE_VS, &next, 0);
    use(STAGE_G, &ts.g, 3);
    fence(STAGE_VS, 0, 0, 0);
    CHECK_EQ(window_byte(STAGE_VS), NEW); /* VMID 3 has no old translation */
    use(STAGE_G, &ts.g, 0);
    CHECK_EQ(window_byte(STAGE_VS), strict(OLD, NEW));
    fence(STAGE_VS, 0, 0, 0);
    CHECK_EQ(window_byte(STAGE_VS), NEW);
}

TEST("norm:hfence-gvma_op a new root of the G stage is not fenced by HFENCE.VVMA or SFENCE.VMA")
{
    prepare(STAGE_G, SV_MIN);
    prepare_next(STAGE_G, SV_MIN);
    CHECK_EQ(window_byte(STAGE_G), OLD);
    use(STAGE_G, &next, 0);
    fence(STAGE_VS, 0, 0, 0);
    fence(STAGE_HS, 0, 0, 0);
    CHECK_EQ(window_byte(STAGE_G), strict(OLD, NEW));
    fence(STAGE_G, 0, 0, 0);
    CHECK_EQ(window_byte(STAGE_G), NEW);
}

TEST("norm:sfence_vma_asid_effect another ASID or VMID takes effect at once, and so does the way "
     "back")
{
    FOR_EACH_STAGE(stage)
    {
        NEED(has_ids(stage), "no ASID or VMID bits");
        prepare(stage, SV_MIN);
        prepare_next(stage, SV_MIN);
        CHECK_EQ(window_byte(stage), OLD);
        for (unsigned i = 0; i < 3; i++) {
            use(stage, &next, 1);
            CHECK_EQ(window_byte(stage), NEW);
            use(stage, first(stage), 0);
            CHECK_EQ(window_byte(stage), OLD);
        }
        /* With the identifier of the first, the second's root is stale again. */
        use(stage, &next, 0);
        CHECK_EQ(window_byte(stage), strict(OLD, NEW));
        use(stage, first(stage), 1);
        CHECK_EQ(window_byte(stage), strict(NEW, OLD));
    }
}

TEST("norm:sfence_vma_mode_effect satp and vsatp: Bare takes effect at once, both ways")
{
    for (enum stage stage = STAGE_HS; stage <= STAGE_VS; stage++) {
        context("stage", stage);
        prepare(stage, SV_MIN);
        /* An address that exists with Bare, too, where it leads elsewhere. */
        u8 *bare = page_alloc(1);
        memset(bare, 0x33, PAGE);
        table_map(&ts.vs, (ulong)bare, stage == STAGE_HS ? (ulong)ts.mem : ts.gpa, PTE_RWX, 0);
        fence_all();
        for (unsigned i = 0; i < 3; i++) {
            CHECK_EQ(byte_at(stage, (ulong)bare), OLD);
            csr_put(stage == STAGE_HS ? CSR_SATP : CSR_VSATP, 0);
            CHECK_EQ(byte_at(stage, (ulong)bare), 0x33);
            use(stage, &ts.vs, 0);
        }
    }
}

TEST("norm:hfence-gvma_mode hgatp.MODE to Bare and back needs a fence")
{
    prepare(STAGE_G, SV_MIN);
    /* A guest-physical address that exists with Bare, too. */
    u8 *bare = page_alloc(1);
    memset(bare, 0x33, PAGE);
    table_map(&ts.g, (ulong)bare, (ulong)ts.mem, PTE_RWX | PTE_U, 0);
    table_map(&ts.vs, ts.va, (ulong)bare, PTE_RWX, 0);
    fence_all();
    CHECK_EQ(window_byte(STAGE_G), OLD);
    csr_write(CSR_HGATP, 0);
    CHECK_EQ(window_byte(STAGE_G), strict(OLD, 0x33));
    fence(STAGE_G, 0, 0, 0);
    CHECK_EQ(window_byte(STAGE_G), 0x33);
    use(STAGE_G, &ts.g, 0);
    CHECK_EQ(window_byte(STAGE_G), strict(0x33, OLD));
    fence(STAGE_G, 2, 0, 0);
    CHECK_EQ(window_byte(STAGE_G), OLD);
}

TEST("norm:hgatp_op_hfence_gvma vsatp Bare: a new root of the G stage is stale until HFENCE.GVMA, "
     "whatever HFENCE.VVMA does")
{
    prepare(STAGE_G, SV_MIN);
    prepare_next(STAGE_G, SV_MIN);
    csr_write(CSR_VSATP, 0);
    CHECK_EQ(byte_at(STAGE_G, (ulong)ts.gpa), OLD);
    use(STAGE_G, &next, 0);
    CHECK_EQ(byte_at(STAGE_G, (ulong)ts.gpa), strict(OLD, NEW));
    fence(STAGE_VS, 0, 0, 0);
    CHECK_EQ(byte_at(STAGE_G, (ulong)ts.gpa), strict(OLD, NEW));
    fence(STAGE_G, 0, 0, 0);
    CHECK_EQ(byte_at(STAGE_G, (ulong)ts.gpa), NEW);
}

TEST(
    "norm:sfence_vma_ordering_semantics a translation of another virtual-address width is one, too")
{
    FOR_EACH_STAGE(stage)
    {
        NEED(mode_supported(stage, SV48), "one mode only");
        prepare(stage, SV39);
        prepare_next(stage, SV48);
        CHECK_EQ(window_byte(stage), OLD);
        use(stage, &next, 0);
        CHECK_EQ(window_byte(stage), strict(OLD, NEW));
        fence(stage, 0, 0, 0);
        CHECK_EQ(window_byte(stage), NEW);
    }
}

#define SUM (1ul << 18)
#define MXR (1ul << 19)

TEST("norm:sfence_vma_sum_mxr_effect SUM and MXR take effect at once")
{
    for (enum stage stage = STAGE_HS; stage <= STAGE_VS; stage++) {
        unsigned status = stage == STAGE_HS ? CSR_SSTATUS : CSR_VSSTATUS;
        context("stage", stage);
        prepare(stage, SV_MIN);
        *ts.vs_leaf |= PTE_U;
        fence_all();
        for (unsigned i = 0; i < 3; i++) {
            CHECK_EQ(window_byte(stage), PAGE_FAULT(STAGE_VS));
            csr_put(status, csr_get(status) | SUM);
            CHECK_EQ(window_byte(stage), OLD);
            csr_put(status, csr_get(status) & ~SUM);
        }
        *ts.vs_leaf &= ~(pte_t)(PTE_R | PTE_W | PTE_U);
        fence_all();
        for (unsigned i = 0; i < 3; i++) {
            CHECK_EQ(window_byte(stage), PAGE_FAULT(STAGE_VS));
            csr_put(status, csr_get(status) | MXR);
            CHECK_EQ(window_byte(stage), OLD);
            csr_put(status, csr_get(status) & ~MXR);
        }
    }
}

TEST("norm:sfence_vma_asid_only norm:sfence_vma_va_asid a global translation is there for every "
     "ASID "
     "and root, until a fence without an ASID")
{
    for (enum stage stage = STAGE_HS; stage <= STAGE_VS; stage++) {
        NEED(has_ids(stage), "no ASID bits");
        for (unsigned form = 0; form < 2; form++) {
            context("stage", stage);
            context("form", form);
            prepare(stage, SV_MIN);
            prepare_next(stage, SV_MIN);
            *ts.vs_leaf |= PTE_G;
            fence_all();
            CHECK_EQ(window_byte(stage), OLD);
            use(stage, &next, 1);
            CHECK_EQ(window_byte(stage), OLD);
            fence(stage, form | 2, ts.va, 0);
            fence(stage, form | 2, ts.va, 1);
            CHECK_EQ(window_byte(stage), OLD);
            fence(stage, form, ts.va, 0);
            CHECK_EQ(window_byte(stage), NEW);
        }
    }
}

TEST("norm:sfence_vma_ordering_semantics a global translation of another width is one, too")
{
    NEED(mode_supported(STAGE_HS, SV48), "one mode only");
    for (enum stage stage = STAGE_HS; stage <= STAGE_VS; stage++) {
        context("stage", stage);
        prepare(stage, SV39);
        prepare_next(stage, SV48);
        *ts.vs_leaf |= PTE_G;
        fence_all();
        CHECK_EQ(window_byte(stage), OLD);
        use(stage, &next, 0);
        CHECK_EQ(window_byte(stage), strict(OLD, NEW));
    }
}

TEST("norm:hfence-vvma_limits a global translation of one VMID is none of another")
{
    NEED(has_ids(STAGE_G), "no VMID bits");
    prepare(STAGE_VS, SV_MIN);
    prepare_next(STAGE_VS, SV_MIN);
    *ts.vs_leaf |= PTE_G;
    fence_all();
    CHECK_EQ(window_byte(STAGE_VS), OLD);
    use(STAGE_VS, &next, 0);
    use(STAGE_G, &ts.g, 1);
    CHECK_EQ(window_byte(STAGE_VS), NEW);
    use(STAGE_G, &ts.g, 0);
    CHECK_EQ(window_byte(STAGE_VS), OLD);
}

TEST(
    "norm:sfence_vma_va_all_asid norm:sfence_vma_va_asid a superpage of the old root is dropped by "
    "any address in it")
{
    FOR_EACH_STAGE(stage)
    {
        prepare(stage, SV_MIN);
        ulong at = 0x20000000, va = stage == STAGE_G ? ts.va : at + 0x5000;
        prepare_next(stage, SV_MIN);
        pte_t *leaf = table_map(first(stage), at, IMAGE, PTE_RWX, 1);
        if (stage == STAGE_G) {
            *leaf |= PTE_U;
            table_map(&ts.vs, ts.va, at + 0x5000, PTE_RWX, 0);
        } else if (stage == STAGE_VS) {
            table_map(&ts.g, at, IMAGE, PTE_RWX | PTE_U, 1);
        }
        FOR_EACH_FORM(form, stage)
        {
            use(stage, first(stage), 0);
            fence_all();
            CHECK(byte_at(stage, va) < 0x100);
            use(stage, &next, 0);
            CHECK_EQ(byte_at(stage, va) < 0x100, strict(1, 0));
            fence(stage, form, at + 0x123000, 0);
            CHECK(byte_at(stage, va) >= 0x100);
        }
    }
}

/* ---- code ---- */

TEST("norm:satp_op_sfence_vma code of the old root is executed until the fence")
{
    FOR_EACH_STAGE(stage)
    {
        prepare(stage, SV_MIN);
        prepare_next(stage, SV_MIN);
        enum mode mode = stage == STAGE_HS ? MODE_HS : MODE_VS;
        const u32 old_code[] = {ADDI(A0, 0, OLD), ECALL}, new_code[] = {ADDI(A0, 0, NEW), ECALL};
        memcpy(ts.mem, old_code, sizeof old_code);
        memcpy(other, new_code, sizeof new_code);
        asm volatile("fence.i");
        CHECK_EQ(RESULT(RUN(mode, .pc = ts.va)), OLD);
        use(stage, &next, 0);
        CHECK_EQ(RESULT(RUN(mode, .pc = ts.va)), strict(OLD, NEW));
        fence(stage, 1, window_address(stage), 0);
        CHECK_EQ(RESULT(RUN(mode, .pc = ts.va)), NEW);
        use(stage, first(stage), 0);
        CHECK_EQ(RESULT(RUN(mode, .pc = ts.va)), strict(NEW, OLD));
    }
}

/* ---- entries with V=0 ---- */

TEST("norm:Svvptc_explicit_stores_update_valid_bit an entry that becomes valid: seen at once, or "
     "after any fence for it")
{
    FOR_EACH_STAGE(stage)
    {
        prepare(stage, SV_MIN);
        pte_t *leaf = stage == STAGE_G ? ts.g_leaf : ts.vs_leaf, valid = *leaf;
        FOR_EACH_FORM(form, stage)
        {
            *leaf = 0;
            fence_all();
            for (unsigned i = 0; i < 2; i++)
                CHECK_EQ(window_byte(stage), PAGE_FAULT(stage));
            *leaf = valid;
            CHECK_EQ(window_byte(stage), strict_v0(PAGE_FAULT(stage), OLD));
            fence(stage, form, window_address(stage), 0);
            CHECK_EQ(window_byte(stage), OLD);
        }
    }
}

TEST("norm:Svvptc_explicit_stores_update_valid_bit an entry that becomes a valid superpage: any "
     "address in it may be fenced")
{
    FOR_EACH_STAGE(stage)
    {
        prepare(stage, SV_MIN);
        ulong at = 0x20000000, va = stage == STAGE_G ? ts.va : at + 0x5000;
        pte_t *slot = table_slot(first(stage), at, 1);
        if (stage == STAGE_G)
            table_map(&ts.vs, ts.va, at + 0x5000, PTE_RWX, 0);
        else if (stage == STAGE_VS)
            table_map(&ts.g, at, IMAGE, PTE_RWX | PTE_U, 1);
        FOR_EACH_FORM(form, stage)
        {
            *slot = 0;
            fence_all();
            CHECK_EQ(byte_at(stage, va), PAGE_FAULT(stage));
            *slot = PTE_PPN(IMAGE) | PTE_RWX | (stage == STAGE_G ? PTE_U : 0);
            CHECK_EQ(byte_at(stage, va) >= 0x100, strict_v0(1, 0));
            fence(stage, form, at + 0x123000, 0);
            CHECK(byte_at(stage, va) < 0x100);
        }
    }
}

TEST("norm:sfence_vma_asid_only an invalid entry below one with G set is global: a fence with an "
     "ASID leaves it")
{
    for (enum stage stage = STAGE_HS; stage <= STAGE_VS; stage++) {
        context("stage", stage);
        prepare(stage, SV_MIN);
        pte_t valid = *ts.vs_leaf;
        *table_slot(&ts.vs, ts.va, 1) |= PTE_G;
        *ts.vs_leaf = 0;
        fence_all();
        CHECK_EQ(window_byte(stage), PAGE_FAULT(stage));
        *ts.vs_leaf = valid;
        fence(stage, 3, ts.va, 0);
        CHECK_EQ(window_byte(stage), strict_v0(PAGE_FAULT(stage), OLD));
        fence(stage, 1, ts.va, 0);
        CHECK_EQ(window_byte(stage), OLD);
    }
}

TEST("norm:htval_trapval an invalid entry of the G stage that was kept faults with the "
     "address that it is about")
{
    prepare(STAGE_G, SV_MIN);
    *ts.g_leaf = 0;
    fence_all();
    for (unsigned i = 0; i < 2; i++)
        EXPECT_TRAP(exec(MODE_VS, LBU(A0, A0, 0), ts.va + 8, 0), .bank = BANK_M,
                    .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + 8, .gva = 1,
                    .tval2 = gpa_value(ts.gpa + 8), TINST(LBU(A0, 0, 0)));
}
