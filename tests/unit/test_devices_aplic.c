/* The APLIC with delivery by wires (AIA 4): domains, source modes, pending bits, and the structures
 * of the harts. */
#include "aplic_bench.h"

static void setup(void)
{
    aplic_setup(1023, 0);
}

static void teardown(void)
{
    board_free(&b);
}

/* Hart 0 gets what the domain has, without a threshold. */
static void open_domain(u64 domain)
{
    put(domain, DOMAINCFG, IE);
    put(domain, idc(0, IDELIVERY), 1);
}

static unsigned out(u64 domain, u32 hart)
{
    return b.pin[(domain == M_DOMAIN ? root : child)->id][hart];
}

/* ---- 4.5.1 ---- */

START_TEST(domaincfg_is_zero_at_reset_and_its_top_byte_0x80)
{
    ck_assert_uint_eq(get(M_DOMAIN, DOMAINCFG), 0x80000000);
    put(M_DOMAIN, DOMAINCFG, ~0u);
    ck_assert_uint_eq(get(M_DOMAIN, DOMAINCFG), 0x80000100); /* DM and BE are read-only zero */
    put(M_DOMAIN, DOMAINCFG, 0x01000001);                    /* the write for either byte order */
    ck_assert_uint_eq(get(M_DOMAIN, DOMAINCFG), 0x80000000);
}
END_TEST

START_TEST(ie_touches_delivery_alone)
{
    configure(M_DOMAIN, 3, EDGE1);
    put(M_DOMAIN, idc(0, IDELIVERY), 1);
    wire(3, 1);
    ck_assert_uint_eq(out(M_DOMAIN, 0), 0);
    ck_assert(pending(M_DOMAIN, 3) && enabled(M_DOMAIN, 3));
    ck_assert_uint_eq(get(M_DOMAIN, idc(0, TOPI)), 3 << 16 | 1);
    put(M_DOMAIN, DOMAINCFG, IE);
    ck_assert_uint_eq(out(M_DOMAIN, 0), 1);
    put(M_DOMAIN, DOMAINCFG, 0);
    ck_assert_uint_eq(out(M_DOMAIN, 0), 0);
    ck_assert_uint_eq(get(M_DOMAIN, idc(0, CLAIMI)), 3 << 16 | 1);
}
END_TEST

/* ---- 4.5.2 ---- */

START_TEST(a_source_that_is_not_delegated_is_read_only_zero_in_the_child)
{
    put(S_DOMAIN, sourcecfg(7), LEVEL1);
    ck_assert_uint_eq(get(S_DOMAIN, sourcecfg(7)), 0);
    put(M_DOMAIN, sourcecfg(7), DELEGATE);
    ck_assert_uint_eq(get(S_DOMAIN, sourcecfg(7)), 0);
    put(S_DOMAIN, sourcecfg(7), LEVEL1);
    ck_assert_uint_eq(get(S_DOMAIN, sourcecfg(7)), LEVEL1);
}
END_TEST

START_TEST(a_leaf_that_delegates_zeroes_the_whole_register)
{
    configure(S_DOMAIN, 7, LEVEL1);
    put(S_DOMAIN, sourcecfg(7), DELEGATE | LEVEL1);
    ck_assert_uint_eq(get(S_DOMAIN, sourcecfg(7)), 0);
}
END_TEST

START_TEST(reserved_source_modes_are_not_kept)
{
    for (u32 mode = 0; mode < 8; mode++) {
        put(M_DOMAIN, sourcecfg(7), mode);
        ck_assert_uint_eq(get(M_DOMAIN, sourcecfg(7)), mode == 2 || mode == 3 ? 0 : mode);
    }
    put(M_DOMAIN, sourcecfg(7), ~0u);
    ck_assert_uint_eq(get(M_DOMAIN, sourcecfg(7)), DELEGATE); /* of child 0, the only one */
}
END_TEST

START_TEST(what_an_inactive_source_has_is_read_only_zero)
{
    configure(M_DOMAIN, 9, EDGE1);
    put(M_DOMAIN, target(9), 1 << 18 | 5);
    wire(9, 1);
    put(M_DOMAIN, sourcecfg(9), INACTIVE);
    for (int again = 0; again < 2; again++) {
        ck_assert(!pending(M_DOMAIN, 9) && !enabled(M_DOMAIN, 9));
        ck_assert_uint_eq(get(M_DOMAIN, target(9)), 0);
        put(M_DOMAIN, SETIPNUM, 9), put(M_DOMAIN, SETIENUM, 9), put(M_DOMAIN, target(9), 5);
    }
    put(M_DOMAIN, sourcecfg(9), DETACHED);
    ck_assert_uint_eq(get(M_DOMAIN, target(9)), 1);
}
END_TEST

START_TEST(delegation_clears_the_old_domain_and_the_new_one_samples_the_wire)
{
    configure(M_DOMAIN, 9, LEVEL1);
    wire(9, 1);
    ck_assert(pending(M_DOMAIN, 9));
    put(M_DOMAIN, sourcecfg(9), DELEGATE);
    ck_assert(!pending(M_DOMAIN, 9) && !enabled(M_DOMAIN, 9));
    put(S_DOMAIN, sourcecfg(9), LEVEL1);
    ck_assert(pending(S_DOMAIN, 9));
    put(M_DOMAIN, sourcecfg(9), LEVEL1);
    ck_assert(pending(M_DOMAIN, 9) && !pending(S_DOMAIN, 9));
    ck_assert_uint_eq(get(S_DOMAIN, sourcecfg(9)), 0);
    wire(9, 0);
    ck_assert(!pending(M_DOMAIN, 9));
}
END_TEST

START_TEST(a_level_is_pending_as_soon_as_it_is_configured)
{
    wire(4, 1);
    put(M_DOMAIN, sourcecfg(4), LEVEL1);
    ck_assert(pending(M_DOMAIN, 4));
    put(M_DOMAIN, sourcecfg(4), LEVEL0); /* 4.7 comes before 4.5.2: the input is low now */
    ck_assert(!pending(M_DOMAIN, 4));
    put(M_DOMAIN, sourcecfg(4), EDGE1);
    ck_assert(!pending(M_DOMAIN, 4));
}
END_TEST

START_TEST(sources_that_are_not_there_are_read_only_zero)
{
    board_free(&b);
    aplic_setup(40, 0);
    put(M_DOMAIN, sourcecfg(40), EDGE1), put(M_DOMAIN, sourcecfg(41), EDGE1);
    ck_assert_uint_eq(get(M_DOMAIN, sourcecfg(40)), EDGE1);
    ck_assert_uint_eq(get(M_DOMAIN, sourcecfg(41)), 0);
    put(M_DOMAIN, 0x1e00, ~0u), put(M_DOMAIN, 0x1e04, ~0u);
    ck_assert_uint_eq(get(M_DOMAIN, 0x1e00), 0);
    ck_assert_uint_eq(get(M_DOMAIN, 0x1e04), 1 << 8);
    wire(41, 1); /* a wire that leads nowhere */
}
END_TEST

/* ---- 4.5.5 to 4.5.14, 4.7 ---- */

/* After a rise, a fall, setip, clrip: is it pending? The mode, then what the input makes of it. */
START_TEST(pending_bits_change_as_each_mode_says)
{
    static const struct {
        u32 mode;
        u8 rise, fall, set, claimed;
    } rows[] = {{DETACHED, 0, 0, 1, 0},
                {EDGE1, 1, 1, 1, 0},
                {EDGE0, 0, 1, 1, 0},
                {LEVEL1, 1, 0, 0, 0},
                {LEVEL0, 0, 1, 1, 1}};
    open_domain(M_DOMAIN);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        wire(5, 0);
        configure(M_DOMAIN, 5, rows[i].mode);
        put(M_DOMAIN, CLRIPNUM, 5);
        wire(5, 1);
        ck_assert_msg(pending(M_DOMAIN, 5) == rows[i].rise, "mode %u rises", rows[i].mode);
        wire(5, 0);
        ck_assert_msg(pending(M_DOMAIN, 5) == rows[i].fall, "mode %u falls", rows[i].mode);
        put(M_DOMAIN, SETIPNUM, 5);
        ck_assert_msg(pending(M_DOMAIN, 5) == rows[i].set, "mode %u set", rows[i].mode);
        (void)get(M_DOMAIN, idc(0, CLAIMI));
        ck_assert_msg(pending(M_DOMAIN, 5) == rows[i].claimed, "mode %u claimed", rows[i].mode);
        put(M_DOMAIN, SETIPNUM, 5);
        put(M_DOMAIN, CLRIPNUM, 5);
        ck_assert_msg(pending(M_DOMAIN, 5) == rows[i].claimed, "mode %u cleared", rows[i].mode);
        put(M_DOMAIN, sourcecfg(5), INACTIVE);
    }
}
END_TEST

START_TEST(in_clrip_reads_the_rectified_input)
{
    wire(6, 1);
    static const u32 modes[] = {INACTIVE, DETACHED, EDGE1, EDGE0, LEVEL1, LEVEL0};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        put(M_DOMAIN, sourcecfg(6), modes[i]);
        wire(6, 1);
        ck_assert_uint_eq(input(M_DOMAIN, 6), modes[i] == EDGE1 || modes[i] == LEVEL1);
        wire(6, 0);
        ck_assert_uint_eq(input(M_DOMAIN, 6), modes[i] == EDGE0 || modes[i] == LEVEL0);
    }
}
END_TEST

START_TEST(registers_by_number_ignore_numbers_that_are_no_active_source)
{
    static const u32 numbers[] = {0, 8, 1024, 0x10007, ~0u};
    put(M_DOMAIN, sourcecfg(7), EDGE1);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        put(M_DOMAIN, SETIPNUM, numbers[i]);
        put(M_DOMAIN, SETIENUM, numbers[i]);
    }
    for (u32 w = 0; w < 32; w++) {
        ck_assert_uint_eq(get(M_DOMAIN, 0x1c00 + 4 * w), 0);
        ck_assert_uint_eq(get(M_DOMAIN, 0x1e00 + 4 * w), 0);
    }
}
END_TEST

START_TEST(arrays_and_numbers_set_and_clear_the_same_bits)
{
    for (u32 i = 1; i < 64; i++)
        put(M_DOMAIN, sourcecfg(i), EDGE1);
    put(M_DOMAIN, 0x1c04, 0x80000001), put(M_DOMAIN, 0x1e00, ~0u);
    ck_assert(pending(M_DOMAIN, 32) && pending(M_DOMAIN, 63) && !pending(M_DOMAIN, 33));
    ck_assert_uint_eq(get(M_DOMAIN, 0x1e00), ~1u); /* source 0 does not exist */
    put(M_DOMAIN, 0x1d04, 1), put(M_DOMAIN, 0x1f00, 2), put(M_DOMAIN, CLRIENUM, 2);
    ck_assert(!pending(M_DOMAIN, 32) && pending(M_DOMAIN, 63));
    ck_assert_uint_eq(get(M_DOMAIN, 0x1e00), ~7u);
    put(M_DOMAIN, CLRIPNUM, 63);
    ck_assert(!pending(M_DOMAIN, 63));
    for (u64 reg = 0x1f00; reg < 0x1f80; reg += 4)
        ck_assert_uint_eq(get(M_DOMAIN, reg), 0);
    ck_assert_uint_eq(get(M_DOMAIN, SETIPNUM) | get(M_DOMAIN, CLRIPNUM), 0);
    ck_assert_uint_eq(get(M_DOMAIN, SETIENUM) | get(M_DOMAIN, CLRIENUM), 0);
}
END_TEST

START_TEST(setipnum_le_and_be_have_their_byte_order)
{
    put(M_DOMAIN, sourcecfg(7), DETACHED), put(M_DOMAIN, sourcecfg(8), DETACHED);
    put(M_DOMAIN, SETIPNUM_LE, 7);
    put(M_DOMAIN, SETIPNUM_BE, 0x08000000);
    ck_assert(pending(M_DOMAIN, 7) && pending(M_DOMAIN, 8));
    ck_assert_uint_eq(get(M_DOMAIN, SETIPNUM_LE) | get(M_DOMAIN, SETIPNUM_BE), 0);
}
END_TEST

START_TEST(without_messages_their_registers_are_read_only_zero)
{
    static const u32 registers[] = {MMSIADDRCFG, MMSIADDRCFGH, SMSIADDRCFG, SMSIADDRCFGH, GENMSI};
    for (size_t i = 0; i < ARRAY_LEN(registers); i++) {
        put(M_DOMAIN, registers[i], ~0u);
        put(S_DOMAIN, registers[i], ~0u);
        ck_assert_uint_eq(get(M_DOMAIN, registers[i]) | get(S_DOMAIN, registers[i]), 0);
    }
}
END_TEST

/* ---- 4.5.16, 4.8 ---- */

START_TEST(target_has_a_hart_and_a_priority_that_is_not_zero)
{
    put(M_DOMAIN, sourcecfg(7), EDGE1);
    put(M_DOMAIN, target(7), ~0u);
    ck_assert_uint_eq(get(M_DOMAIN, target(7)), 0xfffc00ff);
    put(M_DOMAIN, target(7), 1 << 18);
    ck_assert_uint_eq(get(M_DOMAIN, target(7)), 1 << 18 | 1);
}
END_TEST

START_TEST(the_lowest_priority_number_comes_first_and_the_lowest_source_among_equals)
{
    static const u32 order[] = {900, 5, 6, 40};
    open_domain(S_DOMAIN);
    for (u32 i = 0; i < 4; i++) {
        configure(S_DOMAIN, order[3 - i], EDGE1);
        put(S_DOMAIN, target(order[3 - i]), order[3 - i] == 900 ? 1 : order[3 - i] == 40 ? 9 : 3);
        wire(order[3 - i], 1);
    }
    for (u32 i = 0; i < 4; i++) {
        u32 topi = get(S_DOMAIN, idc(0, TOPI));
        ck_assert_uint_eq(topi >> 16, order[i]);
        ck_assert_uint_eq(out(S_DOMAIN, 0), 1);
        ck_assert_uint_eq(get(S_DOMAIN, idc(0, CLAIMI)), topi);
    }
    ck_assert_uint_eq(get(S_DOMAIN, idc(0, CLAIMI)), 0);
    ck_assert_uint_eq(out(S_DOMAIN, 0), 0);
}
END_TEST

START_TEST(a_source_goes_to_its_hart_alone)
{
    configure(S_DOMAIN, 7, LEVEL1);
    put(S_DOMAIN, DOMAINCFG, IE);
    put(S_DOMAIN, idc(0, IDELIVERY), 1), put(S_DOMAIN, idc(1, IDELIVERY), 1);
    put(S_DOMAIN, target(7), 1 << 18 | 1);
    wire(7, 1);
    ck_assert_uint_eq(out(S_DOMAIN, 1), 1);
    ck_assert_uint_eq(out(S_DOMAIN, 0), 0);
    ck_assert_uint_eq(out(M_DOMAIN, 1), 0);
    put(S_DOMAIN, target(7), 5 << 18 | 1); /* a hart that does not exist */
    ck_assert_uint_eq(out(S_DOMAIN, 1), 0);
    put(S_DOMAIN, target(7), 1);
    ck_assert_uint_eq(out(S_DOMAIN, 0), 1);
}
END_TEST

START_TEST(the_threshold_masks_numbers_from_it_on)
{
    open_domain(M_DOMAIN);
    configure(M_DOMAIN, 7, LEVEL1);
    put(M_DOMAIN, target(7), 4);
    wire(7, 1);
    for (u32 threshold = 0; threshold < 8; threshold++) {
        put(M_DOMAIN, idc(0, ITHRESHOLD), threshold);
        bool passes = !threshold || 4 < threshold;
        ck_assert_uint_eq(out(M_DOMAIN, 0), passes);
        ck_assert_uint_eq(get(M_DOMAIN, idc(0, TOPI)), passes ? 7 << 16 | 4 : 0);
    }
    put(M_DOMAIN, idc(0, ITHRESHOLD), ~0u);
    ck_assert_uint_eq(get(M_DOMAIN, idc(0, ITHRESHOLD)), 0xff);
}
END_TEST

START_TEST(iforce_needs_ie_and_idelivery_and_ends_with_a_claim_of_nothing)
{
    put(M_DOMAIN, idc(1, IFORCE), 3);
    ck_assert_uint_eq(get(M_DOMAIN, idc(1, IFORCE)), 1);
    ck_assert_uint_eq(out(M_DOMAIN, 1), 0);
    put(M_DOMAIN, DOMAINCFG, IE);
    ck_assert_uint_eq(out(M_DOMAIN, 1), 0);
    put(M_DOMAIN, idc(1, IDELIVERY), 1);
    ck_assert_uint_eq(out(M_DOMAIN, 1), 1);
    ck_assert_uint_eq(get(M_DOMAIN, idc(1, CLAIMI)), 0);
    ck_assert_uint_eq(get(M_DOMAIN, idc(1, IFORCE)), 0);
    ck_assert_uint_eq(out(M_DOMAIN, 1), 0);
}
END_TEST

START_TEST(structures_of_harts_that_are_not_there_are_read_only_zero)
{
    put(M_DOMAIN, idc(2, IDELIVERY), 1), put(M_DOMAIN, idc(0, 0xc), 1);
    put(M_DOMAIN, idc(0, TOPI), 1), put(M_DOMAIN, idc(0, CLAIMI), 1);
    ck_assert_uint_eq(get(M_DOMAIN, idc(2, IDELIVERY)), 0);
    for (u32 reg = 0xc; reg < 0x20; reg += 4)
        ck_assert_uint_eq(get(M_DOMAIN, idc(0, reg)), 0);
}
END_TEST

START_TEST(only_words_are_accessible)
{
    ck_assert(refuses(&b, M_DOMAIN, 1));
    ck_assert(refuses(&b, M_DOMAIN, 2));
    ck_assert(refuses(&b, M_DOMAIN, 8));
    for (u64 reg = 0x1000; reg < 0x1bc0; reg += 4) {
        put(M_DOMAIN, reg, ~0u);
        ck_assert_uint_eq(get(M_DOMAIN, reg), 0);
    }
}
END_TEST

START_TEST(reset_keeps_the_wires_and_nothing_else)
{
    open_domain(M_DOMAIN);
    configure(M_DOMAIN, 7, LEVEL1);
    wire(7, 1);
    ck_assert_uint_eq(out(M_DOMAIN, 0), 1);
    bus_reset(&b.bus);
    ck_assert_uint_eq(out(M_DOMAIN, 0), 0);
    ck_assert_uint_eq(get(M_DOMAIN, DOMAINCFG), 0x80000000);
    ck_assert_uint_eq(get(M_DOMAIN, sourcecfg(7)) | get(M_DOMAIN, idc(0, IDELIVERY)), 0);
    put(M_DOMAIN, sourcecfg(7), LEVEL1);
    ck_assert(pending(M_DOMAIN, 7));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("aplic");
    TCase *t = tcase_create("aplic");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, domaincfg_is_zero_at_reset_and_its_top_byte_0x80);
    tcase_add_test(t, ie_touches_delivery_alone);
    tcase_add_test(t, a_source_that_is_not_delegated_is_read_only_zero_in_the_child);
    tcase_add_test(t, a_leaf_that_delegates_zeroes_the_whole_register);
    tcase_add_test(t, reserved_source_modes_are_not_kept);
    tcase_add_test(t, what_an_inactive_source_has_is_read_only_zero);
    tcase_add_test(t, delegation_clears_the_old_domain_and_the_new_one_samples_the_wire);
    tcase_add_test(t, a_level_is_pending_as_soon_as_it_is_configured);
    tcase_add_test(t, sources_that_are_not_there_are_read_only_zero);
    tcase_add_test(t, pending_bits_change_as_each_mode_says);
    tcase_add_test(t, in_clrip_reads_the_rectified_input);
    tcase_add_test(t, registers_by_number_ignore_numbers_that_are_no_active_source);
    tcase_add_test(t, arrays_and_numbers_set_and_clear_the_same_bits);
    tcase_add_test(t, setipnum_le_and_be_have_their_byte_order);
    tcase_add_test(t, without_messages_their_registers_are_read_only_zero);
    tcase_add_test(t, target_has_a_hart_and_a_priority_that_is_not_zero);
    tcase_add_test(t, the_lowest_priority_number_comes_first_and_the_lowest_source_among_equals);
    tcase_add_test(t, a_source_goes_to_its_hart_alone);
    tcase_add_test(t, the_threshold_masks_numbers_from_it_on);
    tcase_add_test(t, iforce_needs_ie_and_idelivery_and_ends_with_a_claim_of_nothing);
    tcase_add_test(t, structures_of_harts_that_are_not_there_are_read_only_zero);
    tcase_add_test(t, only_words_are_accessible);
    tcase_add_test(t, reset_keeps_the_wires_and_nothing_else);
    suite_add_tcase(s, t);
    return run_suite(s);
}
