/* The 16550A as its data sheet and Linux's 8250 driver have it. */
#include <unistd.h>

#include "devices_board.h"

#define UART 0x10000000ull

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

static struct board b;
static struct device *uart;
static struct chardev *console;
static int to_guest, from_guest; /* far ends of the console */

static void setup(void)
{
    int in[2], out[2];
    board_init(&b);
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    console = chardev_from_fds(in[0], out[1]);
    to_guest = in[1];
    from_guest = out[0];
    b.args.console = console;
    uart = board_make(&b, uart_new, UART);
}

static void teardown(void)
{
    board_free(&b);
    chardev_close(console);
    close(to_guest);
    close(from_guest);
}

static u8 get(u32 reg)
{
    return (u8)rd(&b, UART + reg, 1);
}

static void put(u32 reg, u8 value)
{
    wr(&b, UART + reg, 1, value);
}

static unsigned irq(void)
{
    return b.pin[uart->id][0];
}

/* The host types. */
static void type(const char *text)
{
    ck_assert_int_eq(write(to_guest, text, strlen(text)), (ssize_t)strlen(text));
    chardev_poll(console);
    bus_poll(&b.bus);
}

START_TEST(output_reaches_the_console)
{
    char text[8] = "";
    for (const char *p = "hello"; *p; p++)
        put(RBR, (u8)*p);
    chardev_poll(console);
    ck_assert_int_eq(read(from_guest, text, sizeof(text)), 5);
    ck_assert_str_eq(text, "hello");
    ck_assert_uint_eq(get(LSR), 0x60);
}
END_TEST

START_TEST(input_is_read_in_order_and_raises_data_ready)
{
    put(IIR, 1);
    ck_assert_uint_eq(get(LSR) & 1, 0);
    type("ab");
    ck_assert_uint_eq(get(LSR) & 1, 1);
    ck_assert_uint_eq(irq(), 0); /* not enabled */
    ck_assert_uint_eq(get(RBR), 'a');
    ck_assert_uint_eq(get(RBR), 'b');
    ck_assert_uint_eq(get(LSR) & 1, 0);
}
END_TEST

START_TEST(received_data_interrupts_at_the_trigger_level_and_by_timeout_below)
{
    put(IIR, 0x81); /* FIFO on, trigger 8 */
    put(IER, 1);
    type("1234567");
    ck_assert_uint_eq(irq(), 1);
    ck_assert_uint_eq(get(IIR), 0xcc);
    type("8");
    ck_assert_uint_eq(get(IIR), 0xc4);
    for (int i = 0; i < 8; i++)
        get(RBR);
    ck_assert_uint_eq(irq(), 0);
    ck_assert_uint_eq(get(IIR), 0xc1);
}
END_TEST

START_TEST(nothing_is_lost_when_more_comes_than_the_fifo_holds)
{
    char sent[10001];
    for (u32 i = 0; i < 10000; i++)
        sent[i] = (char)('a' + i % 26);
    sent[10000] = 0;
    put(IIR, 1);
    type(sent);
    for (u32 i = 0; i < 10000; i++) {
        if (!(get(LSR) & 1))
            bus_poll(&b.bus);
        ck_assert_int_eq(get(RBR), sent[i]);
    }
    ck_assert_uint_eq(get(LSR), 0x60); /* no overrun either */
}
END_TEST

START_TEST(the_transmitter_interrupt_rises_when_enabled_and_falls_when_iir_is_read)
{
    put(IER, 2);
    ck_assert_uint_eq(irq(), 1);
    ck_assert_uint_eq(get(IIR), 2);
    ck_assert_uint_eq(irq(), 0);
    ck_assert_uint_eq(get(IIR), 1);
    put(RBR, 'x');
    ck_assert_uint_eq(get(IIR), 2);
    put(IER, 2); /* already on: no new edge */
    ck_assert_uint_eq(get(IIR), 1);
    put(IER, 0);
    put(IER, 2);
    ck_assert_uint_eq(get(IIR), 2);
}
END_TEST

START_TEST(iir_names_the_most_urgent_cause_and_keeps_the_others)
{
    put(IIR, 1);
    put(IER, 3);
    type("z");
    ck_assert_uint_eq(get(IIR), 0xc4); /* trigger level is 1 */
    ck_assert_uint_eq(get(RBR), 'z');
    ck_assert_uint_eq(get(IIR), 0xc2);
    ck_assert_uint_eq(get(IIR), 0xc1);
}
END_TEST

START_TEST(loopback_connects_the_modem_lines_and_the_data)
{
    ck_assert_uint_eq(get(MSR) & 0xf0, 0xb0);
    put(MCR, 0x1a); /* loop, OUT2, RTS: the driver's probe */
    ck_assert_uint_eq(get(MSR) & 0xf0, 0x90);
    put(MCR, 0x10);
    ck_assert_uint_eq(get(MSR), 0x09); /* both lines fell */
    ck_assert_uint_eq(get(MSR), 0x00); /* reading clears the deltas */
    put(RBR, 'q');
    ck_assert_uint_eq(get(RBR), 'q');
    char c;
    put(MCR, 0);
    put(RBR, 'r');
    chardev_poll(console);
    ck_assert_int_eq(read(from_guest, &c, 1), 1);
    ck_assert_int_eq(c, 'r');
}
END_TEST

START_TEST(a_byte_too_many_is_an_overrun)
{
    put(MCR, 0x10);
    put(IER, 4);
    put(RBR, 'a');
    put(RBR, 'b');
    ck_assert_uint_eq(get(IIR), 6);
    ck_assert_uint_eq(get(LSR), 0x63);
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(RBR), 'a');
}
END_TEST

START_TEST(clearing_the_receive_fifo_drops_its_data)
{
    put(IIR, 1);
    type("abc");
    put(IIR, 3);
    ck_assert_uint_eq(get(LSR) & 1, 0);
    ck_assert_uint_eq(get(IIR) & 0xc0, 0xc0);
    put(IIR, 0);
    ck_assert_uint_eq(get(IIR) & 0xc0, 0);
}
END_TEST

START_TEST(dlab_uncovers_the_divisor_and_scratch_holds)
{
    put(LCR, 0x83);
    put(RBR, 0x34);
    put(IER, 0x12);
    ck_assert_uint_eq(get(RBR), 0x34);
    ck_assert_uint_eq(get(IER), 0x12);
    put(LCR, 3);
    ck_assert_uint_eq(get(IER), 0);
    put(SCR, 0xa5);
    ck_assert_uint_eq(get(SCR), 0xa5);
    put(IER, 0xff);
    ck_assert_uint_eq(get(IER), 0x0f);
}
END_TEST

START_TEST(registers_are_bytes)
{
    ck_assert(refuses(&b, UART, 2));
    ck_assert(refuses(&b, UART, 4));
    ck_assert(refuses(&b, UART, 8));
    ck_assert(refuses(&b, UART + 8, 1));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("uart");
    TCase *t = tcase_create("uart");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, output_reaches_the_console);
    tcase_add_test(t, input_is_read_in_order_and_raises_data_ready);
    tcase_add_test(t, received_data_interrupts_at_the_trigger_level_and_by_timeout_below);
    tcase_add_test(t, nothing_is_lost_when_more_comes_than_the_fifo_holds);
    tcase_add_test(t, the_transmitter_interrupt_rises_when_enabled_and_falls_when_iir_is_read);
    tcase_add_test(t, iir_names_the_most_urgent_cause_and_keeps_the_others);
    tcase_add_test(t, loopback_connects_the_modem_lines_and_the_data);
    tcase_add_test(t, a_byte_too_many_is_an_overrun);
    tcase_add_test(t, clearing_the_receive_fifo_drops_its_data);
    tcase_add_test(t, dlab_uncovers_the_divisor_and_scratch_holds);
    tcase_add_test(t, registers_are_bytes);
    suite_add_tcase(s, t);
    return run_suite(s);
}
