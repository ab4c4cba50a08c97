/* RISC-V PLIC specification: priorities, thresholds, gateways, claim and completion. */
#include "devices_board.h"

#define PLIC 0xc000000ull

static struct board b;
static struct device *plic;

enum { M0, S0, M1, S1 }; /* contexts */

static void setup(void)
{
    board_init(&b);
    b.args.harts = 2;
    plic = board_make(&b, plic_new, PLIC);
}

static void teardown(void)
{
    board_free(&b);
}

static void set_priority(u32 irq, u32 priority)
{
    wr(&b, PLIC + 4 * irq, 4, priority);
}

static void enable(u32 ctx, u32 irq)
{
    u64 reg = PLIC + 0x2000 + 0x80 * ctx + irq / 32 * 4;
    wr(&b, reg, 4, rd(&b, reg, 4) | 1u << irq % 32);
}

static void set_threshold(u32 ctx, u32 value)
{
    wr(&b, PLIC + 0x200000 + 0x1000 * ctx, 4, value);
}

static u32 claim(u32 ctx)
{
    return (u32)rd(&b, PLIC + 0x200004 + 0x1000 * ctx, 4);
}

static void complete(u32 ctx, u32 irq)
{
    wr(&b, PLIC + 0x200004 + 0x1000 * ctx, 4, irq);
}

static bool pending(u32 irq)
{
    return rd(&b, PLIC + 0x1000 + irq / 32 * 4, 4) >> irq % 32 & 1;
}

static unsigned out(u32 ctx)
{
    return b.pin[plic->id][ctx];
}

START_TEST(a_source_interrupts_the_contexts_that_enable_it)
{
    set_priority(10, 1);
    enable(S1, 10);
    plic->cls->input(plic, 10, 1);
    ck_assert(pending(10));
    ck_assert_uint_eq(out(S1), 1);
    ck_assert_uint_eq(out(S0), 0);
    ck_assert_uint_eq(out(M1), 0);
}
END_TEST

START_TEST(priority_zero_never_interrupts)
{
    enable(S0, 10);
    plic->cls->input(plic, 10, 1);
    ck_assert_uint_eq(out(S0), 0);
    ck_assert_uint_eq(claim(S0), 0);
    set_priority(10, 1);
    ck_assert_uint_eq(out(S0), 1);
}
END_TEST

START_TEST(the_highest_priority_is_claimed_first_and_the_lowest_id_among_equals)
{
    static const u32 order[] = {70, 5, 6, 127};
    set_priority(5, 2), set_priority(6, 2), set_priority(70, 3), set_priority(127, 1);
    for (u32 i = 0; i < 4; i++) {
        enable(S0, order[3 - i]);
        plic->cls->input(plic, order[3 - i], 1);
    }
    for (u32 i = 0; i < 4; i++)
        ck_assert_uint_eq(claim(S0), order[i]);
    ck_assert_uint_eq(claim(S0), 0);
    ck_assert_uint_eq(out(S0), 0);
}
END_TEST

START_TEST(the_threshold_masks_the_interrupt_but_not_the_claim)
{
    set_priority(3, 4);
    enable(M0, 3);
    set_threshold(M0, 4);
    plic->cls->input(plic, 3, 1);
    ck_assert_uint_eq(out(M0), 0);
    set_threshold(M0, 3);
    ck_assert_uint_eq(out(M0), 1);
    set_threshold(M0, 7);
    ck_assert_uint_eq(claim(M0), 3);
}
END_TEST

START_TEST(priorities_and_thresholds_are_warl_three_bits)
{
    set_priority(3, 0xffffffff);
    set_threshold(S0, 0xfffffffc);
    ck_assert_uint_eq(rd(&b, PLIC + 12, 4), 7);
    ck_assert_uint_eq(rd(&b, PLIC + 0x201000, 4), 4);
    wr(&b, PLIC, 4, 7); /* source 0 does not exist */
    wr(&b, PLIC + 0x2000, 4, 1);
    ck_assert_uint_eq(rd(&b, PLIC, 4), 0);
    ck_assert_uint_eq(rd(&b, PLIC + 0x2000, 4), 0);
}
END_TEST

START_TEST(a_claim_takes_the_request_for_all_contexts)
{
    set_priority(8, 1);
    enable(S0, 8), enable(S1, 8);
    plic->cls->input(plic, 8, 1);
    ck_assert_uint_eq(claim(S1), 8);
    ck_assert(!pending(8));
    ck_assert_uint_eq(out(S0), 0);
    ck_assert_uint_eq(claim(S0), 0);
}
END_TEST

START_TEST(the_gateway_opens_again_at_completion)
{
    set_priority(8, 1);
    enable(S0, 8);
    plic->cls->input(plic, 8, 1);
    ck_assert_uint_eq(claim(S0), 8);
    plic->cls->input(plic, 8, 0);
    plic->cls->input(plic, 8, 1);
    ck_assert(!pending(8));
    complete(S0, 8);
    ck_assert(pending(8));
    ck_assert_uint_eq(claim(S0), 8);
    plic->cls->input(plic, 8, 0);
    complete(S0, 8);
    ck_assert(!pending(8));
}
END_TEST

START_TEST(a_request_stays_pending_when_the_wire_falls)
{
    set_priority(8, 1);
    enable(S0, 8);
    plic->cls->input(plic, 8, 1);
    plic->cls->input(plic, 8, 0);
    ck_assert_uint_eq(out(S0), 1);
    ck_assert_uint_eq(claim(S0), 8);
    complete(S0, 8);
    ck_assert_uint_eq(out(S0), 0);
}
END_TEST

START_TEST(completion_of_a_source_not_enabled_for_the_context_is_ignored)
{
    set_priority(8, 1);
    enable(S0, 8);
    plic->cls->input(plic, 8, 1);
    ck_assert_uint_eq(claim(S0), 8);
    complete(S1, 8);
    complete(S0, 9);
    complete(S0, 0);
    complete(S0, 4096);
    ck_assert(!pending(8));
    complete(S0, 8);
    ck_assert(pending(8));
}
END_TEST

START_TEST(pending_bits_are_read_only)
{
    wr(&b, PLIC + 0x1000, 4, 0xffffffff);
    ck_assert_uint_eq(rd(&b, PLIC + 0x1000, 4), 0);
}
END_TEST

START_TEST(only_words_are_accessible)
{
    ck_assert(refuses(&b, PLIC + 4, 1));
    ck_assert(refuses(&b, PLIC + 4, 2));
    ck_assert(refuses(&b, PLIC + 8, 8));
    ck_assert_uint_eq(rd(&b, PLIC + 0x5ffffc, 4), 0);
    wr(&b, PLIC + 0x2000 + 0x80 * 4, 4, 1); /* a context that is not there */
    ck_assert_uint_eq(rd(&b, PLIC + 0x2000 + 0x80 * 4, 4), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plic");
    TCase *t = tcase_create("plic");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_source_interrupts_the_contexts_that_enable_it);
    tcase_add_test(t, priority_zero_never_interrupts);
    tcase_add_test(t, the_highest_priority_is_claimed_first_and_the_lowest_id_among_equals);
    tcase_add_test(t, the_threshold_masks_the_interrupt_but_not_the_claim);
    tcase_add_test(t, priorities_and_thresholds_are_warl_three_bits);
    tcase_add_test(t, a_claim_takes_the_request_for_all_contexts);
    tcase_add_test(t, the_gateway_opens_again_at_completion);
    tcase_add_test(t, a_request_stays_pending_when_the_wire_falls);
    tcase_add_test(t, completion_of_a_source_not_enabled_for_the_context_is_ignored);
    tcase_add_test(t, pending_bits_are_read_only);
    tcase_add_test(t, only_words_are_accessible);
    suite_add_tcase(s, t);
    return run_suite(s);
}
