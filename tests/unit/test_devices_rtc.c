/* The Goldfish RTC: time in two halves, and the alarm. */
#include "devices_board.h"

#define RTC   0x101000ull
#define EPOCH 1700000000123456789ull

enum {
    TIME_LOW = 0,
    TIME_HIGH = 4,
    ALARM_LOW = 8,
    ALARM_HIGH = 12,
    IRQ_ENABLED = 16,
    CLEAR_ALARM = 20,
    ALARM_STATUS = 24,
    CLEAR_INTERRUPT = 28
};

static struct board b;
static struct device *rtc;

static void setup(void)
{
    board_init(&b);
    b.args.epoch_ns = EPOCH;
    rtc = board_make(&b, rtc_new, RTC);
}

static void teardown(void)
{
    board_free(&b);
}

static u64 time_now(void)
{
    u64 low = rd(&b, RTC + TIME_LOW, 4);
    return rd(&b, RTC + TIME_HIGH, 4) << 32 | low;
}

START_TEST(time_advances_with_the_machine)
{
    ck_assert_uint_eq(time_now(), EPOCH);
    b.now = 25;
    ck_assert_uint_eq(time_now(), EPOCH + 2500);
    b.now = 3000000000000; /* more than 64 bits of ticks times nanoseconds */
    ck_assert_uint_eq(time_now(), EPOCH + 300000000000000);
}
END_TEST

START_TEST(the_high_half_belongs_to_the_low_half_read_before)
{
    u64 low = rd(&b, RTC + TIME_LOW, 4);
    b.now = 100000000; /* ten seconds: the low half has wrapped */
    ck_assert_uint_eq(rd(&b, RTC + TIME_HIGH, 4) << 32 | low, EPOCH);
}
END_TEST

START_TEST(the_alarm_fires_at_its_time)
{
    u64 at = EPOCH + 1050; /* between two ticks */
    wr(&b, RTC + IRQ_ENABLED, 4, 1);
    wr(&b, RTC + ALARM_HIGH, 4, at >> 32);
    wr(&b, RTC + ALARM_LOW, 4, (u32)at);
    ck_assert_uint_eq(rd(&b, RTC + ALARM_STATUS, 4), 1);
    ck_assert_uint_eq(b.deadline[rtc->id], 11);
    board_run_to(&b, 10);
    ck_assert_uint_eq(b.pin[rtc->id][0], 0);
    board_run_to(&b, 11);
    ck_assert_uint_eq(b.pin[rtc->id][0], 1);
    ck_assert_uint_eq(rd(&b, RTC + ALARM_STATUS, 4), 0);
    wr(&b, RTC + CLEAR_INTERRUPT, 4, 1);
    ck_assert_uint_eq(b.pin[rtc->id][0], 0);
}
END_TEST

START_TEST(an_alarm_in_the_past_fires_at_once_and_only_if_enabled)
{
    wr(&b, RTC + ALARM_HIGH, 4, 0);
    wr(&b, RTC + ALARM_LOW, 4, 1);
    ck_assert_uint_eq(b.pin[rtc->id][0], 0);
    wr(&b, RTC + IRQ_ENABLED, 4, 1);
    ck_assert_uint_eq(b.pin[rtc->id][0], 1);
}
END_TEST

START_TEST(a_cleared_alarm_stays_silent)
{
    u64 at = EPOCH + 1000;
    wr(&b, RTC + IRQ_ENABLED, 4, 1);
    wr(&b, RTC + ALARM_HIGH, 4, at >> 32);
    wr(&b, RTC + ALARM_LOW, 4, (u32)at);
    wr(&b, RTC + CLEAR_ALARM, 4, 1);
    ck_assert_uint_eq(b.deadline[rtc->id], UINT64_MAX);
    board_run_to(&b, 100);
    ck_assert_uint_eq(b.pin[rtc->id][0], 0);
}
END_TEST

START_TEST(the_time_can_be_set)
{
    u64 t = 946684800000000000ull;
    wr(&b, RTC + TIME_HIGH, 4, t >> 32);
    wr(&b, RTC + TIME_LOW, 4, (u32)t);
    ck_assert_uint_eq(time_now(), t);
}
END_TEST

START_TEST(only_words_are_accessible)
{
    ck_assert(refuses(&b, RTC, 1));
    ck_assert(refuses(&b, RTC, 2));
    ck_assert(refuses(&b, RTC, 8));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rtc");
    TCase *t = tcase_create("rtc");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, time_advances_with_the_machine);
    tcase_add_test(t, the_high_half_belongs_to_the_low_half_read_before);
    tcase_add_test(t, the_alarm_fires_at_its_time);
    tcase_add_test(t, an_alarm_in_the_past_fires_at_once_and_only_if_enabled);
    tcase_add_test(t, a_cleared_alarm_stays_silent);
    tcase_add_test(t, the_time_can_be_set);
    tcase_add_test(t, only_words_are_accessible);
    suite_add_tcase(s, t);
    return run_suite(s);
}
