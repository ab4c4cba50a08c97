/* The second-level TLB keeps what it has room for: both engines would be right with less, and
 * slow. */
#include "bare_machine.h"
#include "cpu/fields.h"
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

int main(void)
{
    Suite *suite = suite_create("tlb");
    TCase *tc = tcase_create("second level");
    tcase_add_test(tc, pages_at_the_same_place_in_different_regions);
    tcase_add_test(tc, consecutive_pages);
    tcase_add_test(tc, the_oldest_of_a_set_goes);
    tcase_add_test(tc, a_page_that_becomes_global_or_is_no_longer_has_one_entry);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
