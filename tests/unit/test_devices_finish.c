/* How a guest ends the run: the test finisher and HTIF, with HTIF's console and system calls. */
#include <fcntl.h>
#include <unistd.h>

#include "devices_board.h"

#define TEST     0x100000ull
#define TOHOST   (BOARD_RAM + 0x1000)
#define FROMHOST (BOARD_RAM + 0x1040)
#define BLOCK    (BOARD_RAM + 0x2000)

static struct board b;
static struct device *htif;
static struct chardev *console;
static int to_guest, from_guest;

static void setup(void)
{
    int in[2], out[2];
    board_init(&b);
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    console = chardev_from_fds(in[0], out[1]);
    to_guest = in[1];
    from_guest = out[0];
    board_make(&b, finisher_new, TEST);
    b.args = (struct dev_args){.console = console, .tohost = TOHOST, .fromhost = FROMHOST};
    htif = board_make(&b, htif_new, 0);
    ck_assert_uint_ne(htif->id, b.bus.window[0].dev->id);
}

static void teardown(void)
{
    board_free(&b);
    chardev_close(console);
    close(to_guest);
    close(from_guest);
}

static u64 load(u64 pa)
{
    u64 v;
    ck_assert_int_eq(bus_copy_from(&b.bus, pa, &v, 8), 0);
    return v;
}

/* The guest stores. */
static void store(u64 pa, u64 value, unsigned size)
{
    ck_assert_int_eq(bus_copy_to(&b.bus, pa, &value, size), 0);
    bus_stored(&b.bus, pa, size);
}

START_TEST(finisher_pass_fail_and_reset)
{
    wr(&b, TEST, 4, 0x5555);
    ck_assert_uint_eq(b.stop_reason, STOP_GUEST_EXIT);
    ck_assert_uint_eq(b.stop_status, 0);
    wr(&b, TEST, 4, 0x3333 | 42 << 16);
    ck_assert_uint_eq(b.stop_status, 42);
    wr(&b, TEST, 4, 0x3333);
    ck_assert_uint_eq(b.stop_status, 1); /* never looks like success */
    wr(&b, TEST, 4, 0x7777);
    ck_assert_uint_eq(b.stop_reason, STOP_RESET_COLD);
}
END_TEST

START_TEST(finisher_ignores_other_values_and_refuses_other_widths)
{
    wr(&b, TEST, 4, 0x1234);
    wr(&b, TEST + 4, 4, 0x5555);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    ck_assert_uint_eq(rd(&b, TEST, 4), 0);
    ck_assert(refuses(&b, TEST, 1));
    ck_assert(refuses(&b, TEST, 8));
}
END_TEST

START_TEST(htif_odd_payload_is_the_exit_code)
{
    store(TOHOST, 1337 << 1 | 1, 8);
    ck_assert_uint_eq(b.stop_reason, STOP_GUEST_EXIT);
    ck_assert_uint_eq(b.stop_status, 1337);
    store(TOHOST, 1, 8);
    ck_assert_uint_eq(b.stop_status, 0);
    ck_assert_uint_eq(load(TOHOST), 0);
}
END_TEST

START_TEST(htif_takes_two_halves_in_either_order)
{
    char c[2];
    store(TOHOST, 'A', 4); /* odd: would be an exit */
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    store(TOHOST + 4, 0x01010000, 4);
    store(TOHOST + 4, 0x01010000, 4);
    store(TOHOST, 'C', 4);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    chardev_poll(console);
    ck_assert_int_eq(read(from_guest, c, 2), 2);
    ck_assert_mem_eq(c, "AC", 2);
}
END_TEST

START_TEST(htif_low_half_alone_counts_after_a_while)
{
    store(TOHOST, 7, 4);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    ck_assert_uint_ne(b.deadline[htif->id], UINT64_MAX);
    htif->cls->tick(htif);
    ck_assert_uint_eq(b.stop_reason, STOP_GUEST_EXIT);
    ck_assert_uint_eq(b.stop_status, 3);
}
END_TEST

START_TEST(htif_console_reads_when_there_is_input)
{
    store(TOHOST, 0x0100000000000000, 8);
    ck_assert_uint_eq(load(FROMHOST), 0);
    ck_assert_int_eq(write(to_guest, "k", 1), 1);
    chardev_poll(console);
    bus_poll(&b.bus);
    ck_assert_uint_eq(load(FROMHOST), 0x0100000000000100 | 'k');
}
END_TEST

/* The serial port looks at the console, too: what it has fetched and nobody has read is not lost.
 */
START_TEST(htif_console_reads_what_the_serial_port_has_fetched)
{
    b.args.serial = board_make(&b, uart_new, 0x10000000);
    htif = board_make(&b, htif_new, 0);
    ck_assert_int_eq(write(to_guest, "kl", 2), 2);
    chardev_poll(console);
    b.args.serial->cls->poll(b.args.serial);
    ck_assert_uint_eq(rd(&b, 0x10000005, 1) & 1, 1);
    u64 command = 0x0100000000000000;
    ck_assert_int_eq(bus_copy_to(&b.bus, TOHOST, &command, 8), 0);
    htif->cls->stored(htif, TOHOST, 8);
    ck_assert_uint_eq(load(FROMHOST), 0x0100000000000100 | 'k');
}
END_TEST

static void syscall_block(u64 number, u64 a0, u64 a1, u64 a2)
{
    u64 words[8] = {number, a0, a1, a2};
    bus_copy_to(&b.bus, BLOCK, words, sizeof(words));
    store(TOHOST, BLOCK, 8);
}

START_TEST(htif_proxy_write_prints_and_answers)
{
    char text[8] = "";
    bus_copy_to(&b.bus, BOARD_RAM + 0x3000, "guest", 5);
    syscall_block(64, 1, BOARD_RAM + 0x3000, 5);
    ck_assert_uint_eq(load(FROMHOST), 1);
    ck_assert_uint_eq(load(BLOCK), 5);
    chardev_poll(console);
    ck_assert_int_eq(read(from_guest, text, sizeof(text)), 5);
    ck_assert_str_eq(text, "guest");
}
END_TEST

/* No call holds up the machine: of more than 64 KiB the rest is for another call. */
START_TEST(htif_proxy_write_is_short)
{
    ck_assert_int_ge(fcntl(from_guest, F_SETPIPE_SZ, 1 << 17), 1 << 17);
    syscall_block(64, 1, BOARD_RAM + 0x10000, (64 << 10) + 1);
    ck_assert_uint_eq(load(BLOCK), 64 << 10);
}
END_TEST

START_TEST(htif_proxy_exit_and_errors)
{
    syscall_block(64, 1, 0x1234, 5);
    ck_assert_int_eq((s64)load(BLOCK), -14);
    syscall_block(64, 1, BOARD_RAM + BOARD_RAM_SIZE - 4, ~0ull);
    ck_assert_int_eq((s64)load(BLOCK), -14);
    syscall_block(64, 9, BOARD_RAM, 5);
    ck_assert_int_eq((s64)load(BLOCK), -9);
    syscall_block(1024, 1, BOARD_RAM, 5);
    ck_assert_int_eq((s64)load(BLOCK), -38);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    syscall_block(93, 6, 0, 0);
    ck_assert_uint_eq(b.stop_reason, STOP_GUEST_EXIT);
    ck_assert_uint_eq(b.stop_status, 6);
}
END_TEST

START_TEST(htif_block_outside_memory_does_nothing)
{
    store(TOHOST, 0x10, 8);
    ck_assert_uint_eq(load(FROMHOST), 0);
    ck_assert_uint_eq(b.stop_reason, STOP_NONE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("finish");
    TCase *t = tcase_create("finish");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, finisher_pass_fail_and_reset);
    tcase_add_test(t, finisher_ignores_other_values_and_refuses_other_widths);
    tcase_add_test(t, htif_odd_payload_is_the_exit_code);
    tcase_add_test(t, htif_takes_two_halves_in_either_order);
    tcase_add_test(t, htif_low_half_alone_counts_after_a_while);
    tcase_add_test(t, htif_console_reads_when_there_is_input);
    tcase_add_test(t, htif_console_reads_what_the_serial_port_has_fetched);
    tcase_add_test(t, htif_proxy_write_prints_and_answers);
    tcase_add_test(t, htif_proxy_write_is_short);
    tcase_add_test(t, htif_proxy_exit_and_errors);
    tcase_add_test(t, htif_block_outside_memory_does_nothing);
    suite_add_tcase(s, t);
    return run_suite(s);
}
