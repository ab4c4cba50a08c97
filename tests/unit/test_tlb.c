/* The translation caches keep what they have room for, and what a fence does not name: both engines
 * would be right with less, and slow, and --tlb=strict would not show that a fence is missing. */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "mmu/fence.h"
#include "mmu/tlb.h"

static struct machine *m;
static struct hart *h;
static struct regime regime;

static void start(void)
{
    u32 zero = 0;
    m = bare_machine("", "", &zero, 1);
    h = m->hart[0];
    struct space_name name = {.kind = SPACE_S, .key_s = (u64)ATP_SV39 << 60 | 1};
    regime = (struct regime){.space = tlb_space(h->tlb, &name)};
}

static void insert(u64 va)
{
    struct xlate x = {.pa = va, .leaf_bits = 12};
    tlb2_insert(h, &regime, va, &x);
}

static bool cached(u64 va)
{
    struct xlate x;
    return tlb2_lookup(h->tlb, &regime, va, &x) && x.pa == va;
}

/* Code and data at the same place in two regions must not drive each other out for ever. */
START_TEST(pages_at_the_same_place_in_different_regions)
{
    for (unsigned bits = 12; bits < 38; bits++) {
        start();
        for (u64 i = 0; i < TLB2_WAYS; i++)
            insert(i << bits);
        for (u64 i = 0; i < TLB2_WAYS; i++)
            ck_assert_msg(cached(i << bits), "page %d of those 2^%u bytes apart", (int)i, bits);
        machine_free(m);
    }
}
END_TEST

/* As many consecutive pages as there are entries all have room. */
START_TEST(consecutive_pages)
{
    start();
    for (u64 i = 0; i < TLB2_SIZE; i++)
        insert(i << 12);
    for (u64 i = 0; i < TLB2_SIZE; i++)
        ck_assert_msg(cached(i << 12), "page %d", (int)i);
    machine_free(m);
}
END_TEST

/* So have as many address spaces, for the same page: their names follow each other. */
START_TEST(the_same_page_of_consecutive_spaces)
{
    start();
    for (u32 i = 1; i <= TLB2_SIZE; i++) {
        regime.space = i;
        insert(0x5000);
    }
    for (u32 i = 1; i <= TLB2_SIZE; i++) {
        regime.space = i;
        ck_assert_msg(cached(0x5000), "space %u", i);
    }
    machine_free(m);
}
END_TEST

/* A place that a fence has left empty is taken before that of another page. */
START_TEST(an_empty_place_is_taken_first)
{
    for (unsigned gone = 0; gone < TLB2_WAYS; gone++) {
        start();
        u64 page[TLB2_WAYS + 1]; /* pages of one set: those of 2^11 beside differ by as many */
        for (u64 k = 0; k <= TLB2_WAYS; k++)
            page[k] = 0x5000 ^ k << 12 ^ k << (12 + 11);
        for (unsigned k = 0; k < TLB2_WAYS; k++)
            insert(page[k]);
        mmu_fence_s(h, (struct fence_arg){1, page[gone]}, (struct fence_arg){0, 0});
        insert(page[TLB2_WAYS]);
        for (unsigned k = 0; k <= TLB2_WAYS; k++)
            ck_assert_msg(cached(page[k]) == (k != gone), "page %u, place %u", k, gone);
        machine_free(m);
    }
}
END_TEST

/* One more than a set holds: the oldest goes. A page that is inserted again stays where it was. */
START_TEST(the_oldest_of_a_set_goes)
{
    start();
    u64 same_set[TLB2_WAYS + 1];
    unsigned n = 0;
    insert(0);
    for (u64 page = 1; n <= TLB2_WAYS; page++) { /* pages that drive page 0 out */
        insert(page << 12);
        if (cached(0))
            continue;
        same_set[n++] = page << 12;
        insert(0);
    }
    for (unsigned i = 0; i <= TLB2_WAYS; i++)
        insert(same_set[i]);
    for (unsigned i = 0; i <= TLB2_WAYS; i++)
        ck_assert_int_eq(cached(same_set[i]), i > 0);
    machine_free(m);
}
END_TEST

/* A page is in one of the two spaces, not in both: an access that finds its old entry would go on
 * missing in one engine and not in the other. */
START_TEST(a_page_that_becomes_global_or_is_no_longer_has_one_entry)
{
    start();
    struct space_name name = {.kind = SPACE_S_GLOBAL, .key_s = 3};
    regime.global = tlb_space(h->tlb, &name);
    const struct regime others = {.space = regime.global + 1000, .global = regime.global};
    struct xlate x = {.pa = 0x1000, .leaf_bits = 12}, found;
    for (unsigned turn = 0; turn < 4; turn++) {
        bool global = turn & 1;
        x.perm = PERM_R | (global ? PERM_GLOBAL : 0);
        x.pa = turn << 12;
        tlb2_insert(h, &regime, 0x5000, &x);
        ck_assert(tlb2_lookup(h->tlb, &regime, 0x5000, &found));
        ck_assert_uint_eq(found.pa, turn << 12);
        ck_assert_int_eq(tlb2_lookup(h->tlb, &others, 0x5000, &found), global);
    }
    machine_free(m);
}
END_TEST

/* ---- names and contexts ---- */

/* Leaves other values on the stack than before. */
static __attribute__((noinline)) void fill_stack(int byte)
{
    volatile u8 filled[4096];
    for (size_t i = 0; i < sizeof filled; i++)
        filled[i] = (u8)byte;
}

/* The entry of a page that is not there is the same whenever it is made: it leads to address 0. */
START_TEST(an_entry_that_is_invalid_leads_nowhere)
{
    u32 zero = 0;
    m = bare_machine("--tlb=strict", "--isa=rv64max-svvptc", &zero, 1);
    h = m->hart[0];
    csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | 0x80000); /* whose first entry is not valid */
    csr_poke(h, CSR_hgatp, (u64)ATP_SV39 << 60 | 0x80000);
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    static const u8 modes[] = {MODE_S, MODE_VS};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        const struct regime *r = mmu_regime(h, modes[i]);
        struct walk w = {.h = h, .r = r, .access = ACCESS_LOAD};
        struct xlate x, cached;
        bool uniform;
        fill_stack(0xa5);
        memset(&x, 0xa5, sizeof x);
        ck_assert_int_eq(mmu_translate_page(&w, 0x5000, 8, &x, &uniform), -1);
        ck_assert(modes[i] == MODE_S ? tlb2_lookup(h->tlb, r, 0x5000, &cached)
                                     : tlb2_lookup_guest(h->tlb, r, 0x5000, &cached));
        ck_assert_uint_eq(cached.pa, 0);
        ck_assert(cached.perm & PERM_INVALID);
    }
    machine_free(m);
}
END_TEST

static u32 space_numbered(u64 n)
{
    struct space_name name = {.kind = SPACE_S, .key_s = n};
    return tlb_space(h->tlb, &name);
}

/* One address space more than there are names: the one that was used longest ago goes. */
START_TEST(the_address_space_used_longest_ago_goes)
{
    static const u32 zero = 0;
    u32 id[TLB_SPACES + 1];
    m = bare_machine("", "", &zero, 1);
    h = m->hart[0];
    for (u64 i = 0; i < TLB_SPACES; i++)
        id[i] = space_numbered(i);
    for (u64 i = 0; i < TLB_SPACES; i++)
        ck_assert_uint_eq(space_numbered(i), id[i]);
    ck_assert_uint_eq(space_numbered(0), id[0]); /* 1 is the oldest now */
    id[TLB_SPACES] = space_numbered(TLB_SPACES);
    for (u64 i = 0; i <= TLB_SPACES; i++)
        ck_assert_msg(i == 1 || space_numbered(i) == id[i], "space %d", (int)i);
    ck_assert_uint_ne(space_numbered(1), id[1]);
    machine_free(m);
}
END_TEST

/* The first-level tables of as many roots as there are contexts are still there when their turn
 * comes again, if the hart has come back to them since; the one left alone longest goes. */
START_TEST(the_context_used_longest_ago_goes)
{
    static const u32 zero = 0;
    m = bare_machine("", "", &zero, 1);
    h = m->hart[0];
    h->mode = MODE_S;
    u64 gen[TLB_CONTEXTS + 1];
    for (u64 i = 0; i <= TLB_CONTEXTS; i++) {
        csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | (i + 1));
        gen[i] = h->tlb->data_ctx->gen;
        csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | 1);
        ck_assert_msg(h->tlb->data_ctx->gen == gen[0], "after %d roots", (int)i);
    }
    csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | (TLB_CONTEXTS + 1));
    ck_assert_uint_eq(h->tlb->data_ctx->gen, gen[TLB_CONTEXTS]);
    csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | 2);
    ck_assert_uint_ne(h->tlb->data_ctx->gen, gen[1]);
    machine_free(m);
}
END_TEST

/* A name is 32 bits, and every flush takes new ones: when they begin again, nothing that an old one
 * stood for comes back. */
START_TEST(no_entry_comes_back_when_the_names_begin_again)
{
    start();
    csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | 1);
    u32 first = space_numbered(1);
    for (unsigned i = 0; i < 3; i++) {
        h->tlb->next_space = UINT32_MAX - i;
        regime.space = space_numbered(1);
        insert(0x5000);
        mmu_flush_all(h);
        mmu_flush_all(h);
        regime.space = first; /* as if the name had come round */
        ck_assert(!cached(0x5000));
        regime.space = space_numbered(1);
        ck_assert(!cached(0x5000));
        ck_assert_uint_ne(regime.space, space_numbered((u64)ATP_SV39 << 60 | 1));
        for (unsigned c = 0; c < TLB_CONTEXTS; c++)
            ck_assert_uint_le(h->tlb->ctx[c].space, h->tlb->next_space);
    }
    machine_free(m);
}
END_TEST

/* ---- fences ---- */

enum { PAGE_1 = 0x5000, PAGE_2 = 0x6000 };
#define ALL                                                                                        \
    {                                                                                              \
        0                                                                                          \
    }
#define ONE(n)                                                                                     \
    {                                                                                              \
        .given = 1, .value = (n)                                                                   \
    }

/* Address spaces, by ASID and VMID. */
static const struct space_name names[] = {
    {.kind = SPACE_S, .key_s = 1, .asid = 1},
    {.kind = SPACE_S, .key_s = 2, .asid = 2},
    {.kind = SPACE_S_GLOBAL},
    {.kind = SPACE_VS, .key_s = 1, .key_g = 1, .asid = 1, .vmid = 1},
    {.kind = SPACE_VS, .key_s = 2, .key_g = 1, .asid = 2, .vmid = 1},
    {.kind = SPACE_VS_GLOBAL, .key_g = 1, .vmid = 1},
    {.kind = SPACE_G, .key_g = 1, .vmid = 1},
    {.kind = SPACE_VS, .key_s = 1, .key_g = 2, .asid = 1, .vmid = 2},
    {.kind = SPACE_VS_GLOBAL, .key_g = 2, .vmid = 2},
    {.kind = SPACE_G, .key_g = 2, .vmid = 2},
};

/* Each fence, by a hart with VMID 1, and what it drops of PAGE_1 and of PAGE_2: a bit for each name
 * above. HFENCE.GVMA finds no entry by address, and drops all of the VMID. */
static const struct {
    void (*fence)(struct hart *h, struct fence_arg address, struct fence_arg id);
    struct fence_arg address, id;
    u16 drops_1, drops_2;
    const char *rule;
} fences[] = {
    {mmu_fence_s, ALL, ALL, 0x007, 0x007, "norm:sfence_vma_ordering"},
    {mmu_fence_s, ALL, ONE(1), 0x001, 0x001, "norm:sfence_vma_asid_only"},
    {mmu_fence_s, ALL, ONE(0x10001), 0x001, 0x001, "norm:sfence_vma_asid_only"},
    {mmu_fence_s, ALL, ONE(2), 0x002, 0x002, "norm:sfence_vma_asid_only"},
    {mmu_fence_s, ONE(PAGE_1 + 8), ALL, 0x007, 0, "norm:sfence_vma_va_all_asid"},
    {mmu_fence_s, ONE(PAGE_2), ALL, 0, 0x007, "norm:sfence_vma_va_all_asid"},
    {mmu_fence_s, ONE(PAGE_1), ONE(1), 0x001, 0, "norm:sfence_vma_va_asid"},
    {mmu_fence_vs, ALL, ALL, 0x038, 0x038, "norm:hfence-vvma_limits"},
    {mmu_fence_vs, ALL, ONE(1), 0x008, 0x008, "norm:hfence-vvma_limits"},
    {mmu_fence_vs, ALL, ONE(0x10001), 0x008, 0x008, "norm:hfence-vvma_limits"},
    {mmu_fence_vs, ONE(PAGE_1), ALL, 0x038, 0, "norm:hfence-vvma_limits"},
    {mmu_fence_vs, ONE(PAGE_1), ONE(2), 0x010, 0, "norm:hfence-vvma_limits"},
    {mmu_fence_g, ALL, ALL, 0x3f8, 0x3f8, "norm:hfence-gvma_op"},
    {mmu_fence_g, ALL, ONE(1), 0x078, 0x078, "norm:hfence-gvma_vmid"},
    {mmu_fence_g, ALL, ONE(0x4001), 0x078, 0x078, "norm:hfence-gvma_vmid"},
    {mmu_fence_g, ALL, ONE(2), 0x380, 0x380, "norm:hfence-gvma_vmid"},
    {mmu_fence_g, ONE(PAGE_1), ONE(2), 0x380, 0x380, "norm:hfence-gvma_vmid"},
};

/* Is an entry of that name for the page still there after the fence? */
static bool survives(unsigned fence, const struct space_name *name, u64 page)
{
    struct xlate x = {.pa = page, .leaf_bits = 12};
    mmu_flush_all(h);
    regime = (struct regime){.space = tlb_space(h->tlb, name)};
    tlb2_insert(h, &regime, page, &x);
    ck_assert_ptr_nonnull(tlb_look(h->tlb, name, page));
    fences[fence].fence(h, fences[fence].address, fences[fence].id);
    return tlb_look(h->tlb, name, page) != NULL;
}

START_TEST(a_fence_drops_what_it_names_and_keeps_the_rest)
{
    static const u32 zero = 0;
    m = bare_machine("", "", &zero, 1);
    h = m->hart[0];
    h->tlb->next_space = 0; /* this is not about the end of the names */
    csr_poke(h, CSR_hgatp, (u64)ATP_SV39 << 60 | set_field(0, HGATP_VMID, 1));
    for (unsigned f = 0; f < ARRAY_LEN(fences); f++)
        for (unsigned n = 0; n < ARRAY_LEN(names); n++) {
            bool kept_1 = survives(f, &names[n], PAGE_1), kept_2 = survives(f, &names[n], PAGE_2);
            ck_assert_msg(kept_1 != (fences[f].drops_1 >> n & 1), "%s: fence %u, space %u",
                          fences[f].rule, f, n);
            ck_assert_msg(kept_2 != (fences[f].drops_2 >> n & 1),
                          "%s: fence %u, space %u, other page", fences[f].rule, f, n);
        }
    machine_free(m);
}
END_TEST

static struct fence_event told;
static unsigned times_told;

static void on_fence(void *ctx, struct hart *of, const struct fence_event *event)
{
    (void)ctx;
    ck_assert_ptr_eq(of, h);
    told = *event;
    times_told++;
}

/* Traces see each fence with its operands as the instruction gave them. */
START_TEST(every_fence_is_told)
{
    static const u8 kinds[] = {FENCE_EVENT_S, FENCE_EVENT_VS, FENCE_EVENT_G};
    static void (*const each[])(struct hart *, struct fence_arg,
                                struct fence_arg) = {mmu_fence_s, mmu_fence_vs, mmu_fence_g};
    start();
    h->trace.fence = on_fence;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned given = 0; given < 4; given++) {
            struct fence_arg address = {given & 1, 0x12345678}, id = {given >> 1, 0x54321};
            times_told = 0;
            each[i](h, address, id);
            ck_assert_uint_eq(times_told, 1);
            ck_assert_uint_eq(told.kind, kinds[i]);
            ck_assert_uint_eq(told.va, 0x12345678);
            ck_assert_uint_eq(told.va_given, given & 1);
            ck_assert_uint_eq(told.id, 0x54321);
            ck_assert_uint_eq(told.id_given, given >> 1);
        }
    machine_free(m);
}
END_TEST

static struct tlb_event dropped;
static unsigned times_dropped;

static void on_drop(void *ctx, struct hart *of, const struct tlb_event *event)
{
    (void)ctx;
    ck_assert_ptr_eq(of, h);
    dropped = *event;
    times_dropped++;
}

/* So they see what it drops: of which space, and whether all or one page. */
START_TEST(what_a_fence_drops_is_told)
{
    static const u32 zero = 0;
    m = bare_machine("", "", &zero, 1);
    h = m->hart[0];
    csr_poke(h, CSR_hgatp, (u64)ATP_SV39 << 60 | set_field(0, HGATP_VMID, 1));
    u32 id = tlb_space(h->tlb, &names[0]), guest = tlb_space(h->tlb, &names[6]);
    h->trace.tlb = on_drop;
    times_dropped = 0;
    mmu_fence_s(h, (struct fence_arg)ONE(PAGE_1), (struct fence_arg)ONE(1));
    ck_assert_uint_eq(times_dropped, 1);
    ck_assert_int_eq(dropped.kind, TLB_EVENT_DROP_PAGE);
    ck_assert_uint_eq(dropped.va, PAGE_1);
    ck_assert_uint_eq(dropped.space->id, id);
    mmu_fence_s(h, (struct fence_arg)ALL, (struct fence_arg)ONE(1));
    ck_assert_uint_eq(times_dropped, 2);
    ck_assert_int_eq(dropped.kind, TLB_EVENT_DROP);
    ck_assert_uint_eq(dropped.space->name.asid, 1);
    mmu_fence_g(h, (struct fence_arg)ONE(PAGE_1), (struct fence_arg)ONE(1));
    ck_assert_uint_eq(times_dropped, 3);
    ck_assert_int_eq(dropped.kind, TLB_EVENT_DROP);
    ck_assert_uint_eq(dropped.space->name.kind, SPACE_G);
    ck_assert_uint_ne(tlb_space(h->tlb, &names[6]), guest);
    mmu_flush_all(h);
    ck_assert_uint_eq(times_dropped, 4);
    ck_assert_int_eq(dropped.kind, TLB_EVENT_DROP);
    ck_assert_ptr_null(dropped.space);
    machine_free(m);
}
END_TEST

/* norm:sfence_vma_va_all_asid: any address in a superpage drops what it was split into. A hundred
 * superpages on both sides have nothing to do with it. */
START_TEST(a_fence_in_a_superpage_drops_it_and_not_its_neighbours)
{
    static const unsigned sizes[] = {16, 21, 22, 30, 39, 48};
    start();
    h->tlb->next_space = 0;
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++)
        for (s64 beside = -100; beside <= 100; beside++) {
            u64 size = BIT(sizes[i]), va = 0x155 * size + 0x5000;
            struct xlate x = {.pa = 0x5000, .leaf_bits = (u8)sizes[i]};
            mmu_flush_all(h);
            regime.space = space_numbered((u64)ATP_SV39 << 60 | 1);
            tlb2_insert(h, &regime, va, &x);
            struct fence_arg address = ONE((va & ~(size - 1)) + (u64)beside * size + size - 8);
            mmu_fence_s(h, address, (struct fence_arg)ALL);
            regime.space = space_numbered((u64)ATP_SV39 << 60 | 1);
            struct xlate found;
            ck_assert_msg(tlb2_lookup(h->tlb, &regime, va, &found) == (beside != 0),
                          "leaf of 2^%u bytes, fence %d beside it", sizes[i], (int)beside);
        }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tlb");
    TCase *tc = tcase_create("second level");
    tcase_add_test(tc, pages_at_the_same_place_in_different_regions);
    tcase_add_test(tc, consecutive_pages);
    tcase_add_test(tc, the_same_page_of_consecutive_spaces);
    tcase_add_test(tc, an_empty_place_is_taken_first);
    tcase_add_test(tc, the_oldest_of_a_set_goes);
    tcase_add_test(tc, an_entry_that_is_invalid_leads_nowhere);
    tcase_add_test(tc, a_page_that_becomes_global_or_is_no_longer_has_one_entry);
    suite_add_tcase(suite, tc);
    tc = tcase_create("names and contexts");
    tcase_add_test(tc, the_address_space_used_longest_ago_goes);
    tcase_add_test(tc, the_context_used_longest_ago_goes);
    tcase_add_test(tc, no_entry_comes_back_when_the_names_begin_again);
    suite_add_tcase(suite, tc);
    tc = tcase_create("fences");
    tcase_add_test(tc, a_fence_drops_what_it_names_and_keeps_the_rest);
    tcase_add_test(tc, every_fence_is_told);
    tcase_add_test(tc, what_a_fence_drops_is_told);
    tcase_add_test(tc, a_fence_in_a_superpage_drops_it_and_not_its_neighbours);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
