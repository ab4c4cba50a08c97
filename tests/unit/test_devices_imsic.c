/* The pages of interrupt files (AIA 3.5, 3.6): which page is whose, what a write there means, and
 * what is refused. */
#include "devices_board.h"

#define M_PAGES 0x24000000ull
#define S_PAGES 0x28000000ull

static struct board b;

static void setup(void)
{
    board_init(&b);
    b.args.harts = 3;
    b.args.geilen = 5; /* 8 pages for each hart */
    b.args.imsic_ids = 255;
    b.args.imsic_guest_ids = 63;
    board_make(&b, imsic_m_new, M_PAGES);
    board_make(&b, imsic_s_new, S_PAGES);
}

static void teardown(void)
{
    board_free(&b);
}

static void check_last(u32 hart, u32 file, u32 identity)
{
    ck_assert_uint_gt(b.messages, 0);
    ck_assert_uint_eq(b.message[b.messages - 1].hart, hart);
    ck_assert_uint_eq(b.message[b.messages - 1].file, file);
    ck_assert_uint_eq(b.message[b.messages - 1].identity, identity);
}

START_TEST(the_machine_has_a_page_for_each_hart)
{
    wr(&b, M_PAGES, 4, 1);
    check_last(0, 0, 1);
    wr(&b, M_PAGES + 0x2000, 4, 77);
    check_last(2, 0, 77);
}
END_TEST

START_TEST(the_supervisor_has_a_power_of_two_of_pages_for_each_hart)
{
    wr(&b, S_PAGES, 4, 1);
    check_last(0, 1, 1);
    wr(&b, S_PAGES + 0x8000, 4, 2);
    check_last(1, 1, 2);
    wr(&b, S_PAGES + 0x15000, 4, 3); /* hart 2, guest 5 */
    check_last(2, 6, 3);
}
END_TEST

START_TEST(pages_without_a_file_are_read_only_zero)
{
    wr(&b, S_PAGES + 0x6000, 4, 1);  /* hart 0, guest 6 */
    wr(&b, S_PAGES + 0x18000, 4, 1); /* hart 3 */
    wr(&b, M_PAGES + 0x3000, 4, 1);
    ck_assert_uint_eq(b.messages, 0);
    ck_assert_uint_eq(rd(&b, S_PAGES + 0x18000, 4), 0);
}
END_TEST

START_TEST(a_big_endian_write_has_its_own_register)
{
    wr(&b, S_PAGES + 4, 4, 0x2a000000);
    check_last(0, 1, 42);
}
END_TEST

START_TEST(the_whole_word_is_the_identity)
{
    wr(&b, S_PAGES, 4, 0x10001);
    check_last(0, 1, 0x10001); /* the file ignores it: it is not implemented */
}
END_TEST

START_TEST(every_write_counts)
{
    for (u32 i = 0; i < 3; i++)
        wr(&b, S_PAGES, 4, 9);
    ck_assert_uint_eq(b.messages, 3);
}
END_TEST

START_TEST(the_rest_of_a_page_is_read_only_zero)
{
    for (u64 at = 8; at < 0x1000; at += 4) {
        wr(&b, S_PAGES + at, 4, 1);
        ck_assert_uint_eq(rd(&b, S_PAGES + at, 4), 0);
    }
    ck_assert_uint_eq(b.messages, 0);
    wr(&b, S_PAGES, 4, 5);
    ck_assert_uint_eq(rd(&b, S_PAGES, 4), 0);
    ck_assert_uint_eq(rd(&b, S_PAGES + 4, 4), 0);
}
END_TEST

START_TEST(only_words_are_accessible)
{
    ck_assert(refuses(&b, S_PAGES, 1));
    ck_assert(refuses(&b, S_PAGES, 2));
    ck_assert(refuses(&b, S_PAGES, 8));
    ck_assert(refuses(&b, S_PAGES + 2, 4));
    ck_assert_uint_eq(b.messages, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("imsic");
    TCase *t = tcase_create("imsic");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_machine_has_a_page_for_each_hart);
    tcase_add_test(t, the_supervisor_has_a_power_of_two_of_pages_for_each_hart);
    tcase_add_test(t, pages_without_a_file_are_read_only_zero);
    tcase_add_test(t, a_big_endian_write_has_its_own_register);
    tcase_add_test(t, the_whole_word_is_the_identity);
    tcase_add_test(t, every_write_counts);
    tcase_add_test(t, the_rest_of_a_page_is_read_only_zero);
    tcase_add_test(t, only_words_are_accessible);
    suite_add_tcase(s, t);
    return run_suite(s);
}
