/* ACLINT specification, chapters 2 to 4, in the CLINT's layout. */
#include "devices_board.h"

#define CLINT 0x2000000ull
#define SSWI  0x2f00000ull

static struct board b;
static struct device *clint, *sswi;

static void setup(void)
{
    board_init(&b);
    b.now = 1000;
    b.args.harts = 4;
    clint = board_make(&b, aclint_new, CLINT);
    sswi = board_make(&b, sswi_new, SSWI);
}

static void teardown(void)
{
    board_free(&b);
}

START_TEST(msip_drives_the_software_interrupt_of_its_hart)
{
    wr(&b, CLINT + 4 * 2, 4, 0xffffffff);
    ck_assert_uint_eq(rd(&b, CLINT + 4 * 2, 4), 1); /* only bit 0 is there */
    ck_assert_uint_eq(b.pin[clint->id][4], 1);
    ck_assert_uint_eq(b.pin[clint->id][2], 0);
    wr(&b, CLINT + 4 * 2, 4, 0);
    ck_assert_uint_eq(b.pin[clint->id][4], 0);
}
END_TEST

START_TEST(mtip_is_high_while_mtime_is_at_least_mtimecmp)
{
    ck_assert_uint_eq(rd(&b, CLINT + 0xbff8, 8), 0);
    wr(&b, CLINT + 0x4008, 8, 50);
    ck_assert_uint_eq(b.deadline[clint->id], 1050);
    board_run_to(&b, 1049);
    ck_assert_uint_eq(b.pin[clint->id][3], 0);
    board_run_to(&b, 1050);
    ck_assert_uint_eq(b.pin[clint->id][3], 1);
    ck_assert_uint_eq(b.pin[clint->id][1], 0);
    wr(&b, CLINT + 0x4008, 8, 51);
    ck_assert_uint_eq(b.pin[clint->id][3], 0);
}
END_TEST

START_TEST(the_deadline_is_the_nearest_of_all_harts)
{
    wr(&b, CLINT + 0x4000, 8, 300);
    wr(&b, CLINT + 0x4010, 8, 100);
    ck_assert_uint_eq(b.deadline[clint->id], 1100);
    board_run_to(&b, 1100);
    ck_assert_uint_eq(b.pin[clint->id][5], 1);
    ck_assert_uint_eq(b.deadline[clint->id], 1300);
    wr(&b, CLINT + 0x4000, 8, UINT64_MAX);
    ck_assert_uint_eq(b.deadline[clint->id], UINT64_MAX);
}
END_TEST

START_TEST(mtime_and_mtimecmp_can_be_written_by_halves)
{
    wr(&b, CLINT + 0xbff8, 4, 0xfffffff0);
    wr(&b, CLINT + 0xbffc, 4, 7);
    ck_assert_uint_eq(rd(&b, CLINT + 0xbff8, 8), 0x7fffffff0);
    board_run_to(&b, 1020);
    ck_assert_uint_eq(rd(&b, CLINT + 0xbff8, 4), 4);
    ck_assert_uint_eq(rd(&b, CLINT + 0xbffc, 4), 8);
    wr(&b, CLINT + 0x4000, 4, 0x10);
    wr(&b, CLINT + 0x4004, 4, 8);
    ck_assert_uint_eq(rd(&b, CLINT + 0x4000, 8), 0x800000010);
    ck_assert_uint_eq(b.deadline[clint->id], 1020 + 12);
}
END_TEST

START_TEST(writing_mtime_moves_pending_timers)
{
    wr(&b, CLINT + 0x4000, 8, 500);
    wr(&b, CLINT + 0xbff8, 8, 500);
    ck_assert_uint_eq(b.pin[clint->id][1], 1);
    wr(&b, CLINT + 0xbff8, 8, 10);
    ck_assert_uint_eq(b.pin[clint->id][1], 0);
    ck_assert_uint_eq(b.deadline[clint->id], 1490);
}
END_TEST

START_TEST(mtip_falls_when_mtime_wraps)
{
    wr(&b, CLINT + 0x4000, 8, 100);
    wr(&b, CLINT + 0xbff8, 8, ~0ull - 4);
    ck_assert_uint_eq(b.pin[clint->id][1], 1);
    board_run_to(&b, 1005);
    ck_assert_uint_eq(rd(&b, CLINT + 0xbff8, 8), 0);
    ck_assert_uint_eq(b.pin[clint->id][1], 0);
}
END_TEST

START_TEST(harts_that_do_not_exist_read_zero)
{
    wr(&b, CLINT + 4 * 4, 4, 1);
    ck_assert_uint_eq(rd(&b, CLINT + 4 * 4, 4), 0);
    wr(&b, CLINT + 0x4000 + 8 * 4, 8, 1);
    ck_assert_uint_eq(rd(&b, CLINT + 0x4000 + 8 * 4, 8), 0);
}
END_TEST

START_TEST(wrong_widths_fault)
{
    ck_assert(refuses(&b, CLINT, 1));
    ck_assert(refuses(&b, CLINT, 8));
    ck_assert(refuses(&b, CLINT + 0x4000, 2));
    ck_assert(refuses(&b, CLINT + 0xbff8, 1));
    ck_assert(refuses(&b, SSWI, 8));
}
END_TEST

START_TEST(setssip_sends_an_edge_and_reads_zero)
{
    wr(&b, SSWI + 4 * 3, 4, 1);
    ck_assert_uint_eq(b.rises[sswi->id][3], 1);
    ck_assert_uint_eq(b.pin[sswi->id][3], 0);
    ck_assert_uint_eq(rd(&b, SSWI + 4 * 3, 4), 0);
    wr(&b, SSWI + 4 * 3, 4, 2);
    wr(&b, SSWI + 4 * 4, 4, 1);
    ck_assert_uint_eq(b.rises[sswi->id][3], 1);
}
END_TEST

START_TEST(reset_clears_mtime_and_software_interrupts)
{
    wr(&b, CLINT, 4, 1);
    wr(&b, CLINT + 0x4000, 8, 0);
    b.now = 5000;
    bus_reset(&b.bus);
    ck_assert_uint_eq(rd(&b, CLINT + 0xbff8, 8), 0);
    ck_assert_uint_eq(b.pin[clint->id][0], 0);
    ck_assert_uint_eq(b.pin[clint->id][1], 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("aclint");
    TCase *t = tcase_create("aclint");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, msip_drives_the_software_interrupt_of_its_hart);
    tcase_add_test(t, mtip_is_high_while_mtime_is_at_least_mtimecmp);
    tcase_add_test(t, the_deadline_is_the_nearest_of_all_harts);
    tcase_add_test(t, mtime_and_mtimecmp_can_be_written_by_halves);
    tcase_add_test(t, writing_mtime_moves_pending_timers);
    tcase_add_test(t, mtip_falls_when_mtime_wraps);
    tcase_add_test(t, harts_that_do_not_exist_read_zero);
    tcase_add_test(t, wrong_widths_fault);
    tcase_add_test(t, setssip_sends_an_edge_and_reads_zero);
    tcase_add_test(t, reset_clears_mtime_and_software_interrupts);
    suite_add_tcase(s, t);
    return run_suite(s);
}
