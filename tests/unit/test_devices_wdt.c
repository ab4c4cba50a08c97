/* The watchdog: it resets the machine unless it is restarted, and only its key moves it. */
#include <stdio.h>

#include "common/owner.h"
#include "devices_board.h"

#define WDT 0x102000ull

enum {
    IRQ_ENABLE = 0x00,
    IRQ_STATUS = 0x04,
    SOFT_RESET = 0x08,
    CONTROL = 0x10,
    CONFIG = 0x14,
    MODE = 0x18
};
#define KEY        0x16aa0000u
#define RESTART    (0xa57u << 1 | 1)
#define MODE_OF(i) (KEY | (u32)(i) << 4)
#define SECONDS(n) ((u64)(n)*b.env.hz)

static struct board b;
static struct device *wdt;
static char said[200];

static void keep_message(void *ctx, const char *text)
{
    snprintf(ctx, sizeof said, "%s", text);
}
static const struct owner owner = {.ctx = said, .message = keep_message};

static void setup(void)
{
    board_init(&b);
    b.env.owner = &owner;
    *said = '\0';
    wdt = board_make(&b, wdt_new, WDT);
}

static void teardown(void)
{
    board_free(&b);
}

static void put(u64 reg, u32 value)
{
    wr(&b, WDT + reg, 4, value);
}

static void expect_quiet(void)
{
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    ck_assert_uint_eq(b.deadline[wdt->id], UINT64_MAX);
}

START_TEST(it_sleeps_until_it_is_started)
{
    expect_quiet();
    put(CONTROL, RESTART);
    put(MODE, MODE_OF(3));
    expect_quiet();
    ck_assert_uint_eq(rd(&b, WDT + MODE, 4), 0x30);
}
END_TEST

START_TEST(it_resets_the_machine_at_its_time)
{
    static const u8 halves[12] = {1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32};
    put(CONFIG, KEY | 1);
    put(MODE, MODE_OF(_i) | 1);
    u64 end = SECONDS(halves[_i]) / 2;
    board_run_to(&b, end - 1);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    board_run_to(&b, end);
    ck_assert_uint_eq(b.stop_reason, STOP_RESET_COLD);
    ck_assert_ptr_nonnull(strstr(said, "watchdog"));
}
END_TEST

START_TEST(who_restarts_it_in_time_lives)
{
    put(MODE, MODE_OF(4) | 1);
    for (u64 at = 0; at < 10; at++) {
        board_run_to(&b, SECONDS(3 * at));
        put(CONTROL,
            at & 1 ? RESTART | 0xffffe000 : RESTART); /* what lies above the key is nothing */
    }
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    put(CONTROL, RESTART + 2); /* not the key */
    board_run_to(&b, SECONDS(27 + 4));
    ck_assert_uint_eq(b.stop_reason, STOP_RESET_COLD);
}
END_TEST

START_TEST(it_can_be_stopped)
{
    put(MODE, MODE_OF(1) | 1);
    put(MODE, 0); /* without the key */
    ck_assert_uint_eq(rd(&b, WDT + MODE, 4), 0x11);
    put(MODE, KEY);
    expect_quiet();
    put(MODE, MODE_OF(1) | 1);
    wdt->cls->reset(wdt);
    expect_quiet();
}
END_TEST

START_TEST(it_can_interrupt_instead)
{
    put(CONFIG, KEY | 2);
    put(IRQ_ENABLE, 1);
    put(MODE, MODE_OF(2) | 1);
    board_run_to(&b, SECONDS(2));
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    ck_assert_uint_eq(b.pin[wdt->id][0], 1);
    ck_assert_uint_eq(rd(&b, WDT + IRQ_STATUS, 4), 1);
    put(IRQ_STATUS, 0);
    ck_assert_uint_eq(b.pin[wdt->id][0], 1);
    put(IRQ_STATUS, 1);
    ck_assert_uint_eq(b.pin[wdt->id][0], 0);
    put(IRQ_ENABLE, 0);
    board_run_to(&b, SECONDS(4)); /* it goes on */
    ck_assert_uint_eq(rd(&b, WDT + IRQ_STATUS, 4), 1);
    ck_assert_uint_eq(b.pin[wdt->id][0], 0);
}
END_TEST

START_TEST(a_reset_at_once)
{
    put(SOFT_RESET, 1);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    put(SOFT_RESET, KEY | 1);
    ck_assert_uint_eq(b.stop_reason, STOP_RESET_COLD);
}
END_TEST

START_TEST(reserved_intervals_never_end)
{
    put(MODE, MODE_OF(15) | 1);
    expect_quiet();
    ck_assert(refuses(&b, WDT + MODE, 8));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watchdog");
    TCase *t = tcase_create("watchdog");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, it_sleeps_until_it_is_started);
    tcase_add_loop_test(t, it_resets_the_machine_at_its_time, 0, 12);
    tcase_add_test(t, who_restarts_it_in_time_lives);
    tcase_add_test(t, it_can_be_stopped);
    tcase_add_test(t, it_can_interrupt_instead);
    tcase_add_test(t, a_reset_at_once);
    tcase_add_test(t, reserved_intervals_never_end);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
