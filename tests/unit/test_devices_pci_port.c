/* Root ports of PCI: bus numbers, windows that are forwarded, what is below. */
#include "pci_bench.h"

static struct probe *p;
static u64 at; /* configuration space of the root port, once there is one */

static void setup(void)
{
    pci_board_init();
    p = probe_new();
    at = cfg(0, 1);
    pci_board_reset();
}

static void teardown(void)
{
    board_free(&b);
}

static u64 below; /* the probe's configuration space behind a port that has bus 1 */

static void behind_port(void)
{
    port_new(p);
    pci_board_reset();
    below = cfg(1, 0);
    wr(&b, at + COMMAND, 2, CMD_IO | CMD_MEM | CMD_MASTER);
    wr(&b, at + 0x18, 4, 0x010100);
}

/* Its memory window has the first MiB of MEM32, the prefetchable one that of MEM64, I/O 0x2000. */
static void open_windows(void)
{
    wr(&b, at + PORT_MEM, 4, 0x40004000);
    wr(&b, at + PORT_PREF, 4, 0);
    wr(&b, at + PORT_PREF + 4, 4, 4);
    wr(&b, at + PORT_PREF + 8, 4, 4);
    wr(&b, at + PORT_IO, 2, 0x2020);
}

START_TEST(a_root_port_forwards_the_buses_it_is_given)
{
    port_new(p);
    pci_board_reset();
    ck_assert_uint_eq(rd(&b, at, 4), 0x000c1b36); /* it is where the function was */
    ck_assert_uint_eq(rd(&b, cfg(1, 0), 4), NOWHERE);
    wr(&b, at + 0x18, 4, 0x020100);
    ck_assert_uint_eq(rd(&b, cfg(1, 0), 4), 0x56781234);
    ck_assert_uint_eq(rd(&b, cfg(1, 1), 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, cfg(2, 0), 4), NOWHERE);
    wr(&b, at + 0x18, 4, 0x070700);
    ck_assert_uint_eq(rd(&b, cfg(1, 0), 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, cfg(7, 0), 4), 0x56781234);
    wr(&b, at + 0x18, 4, 0x060700); /* an empty range */
    ck_assert_uint_eq(rd(&b, cfg(7, 0), 4), NOWHERE);
}
END_TEST

START_TEST(a_root_port_forwards_its_windows)
{
    behind_port();
    place_bars(below, MEM32 + 0x5000, MEM64, 0x2000);
    ck_assert_uint_eq(rd(&b, MEM32 + 0x5000, 4), NOWHERE);
    open_windows();
    ck_assert_uint_eq(rd(&b, MEM32 + 0x5000, 4), 0x100);
    ck_assert_uint_eq(rd(&b, MEM64, 4), 0x200000);
    ck_assert_uint_eq(rd(&b, IO_BASE + 0x2000, 1), 0x80);
    wr(&b, below + BAR, 4, (u32)MEM32 + 0x100000); /* beyond its end */
    ck_assert_uint_eq(rd(&b, MEM32 + 0x100000, 4), NOWHERE);
    wr(&b, at + PORT_MEM, 4, 0x40104000); /* which moves */
    ck_assert_uint_eq(rd(&b, MEM32 + 0x100000, 4), 0x100);
    wr(&b, below + BAR + 4 * BAR_PORT, 4, 0x3000);
    ck_assert_uint_eq(rd(&b, IO_BASE + 0x3000, 1), 0xff);
}
END_TEST

START_TEST(a_prefetchable_window_above_4_gib_needs_its_high_half)
{
    behind_port();
    open_windows();
    place_bars(below, MEM32, MEM64, 0x2000);
    wr(&b, at + PORT_PREF + 8, 4, 3); /* the limit is below the base */
    ck_assert_uint_eq(rd(&b, MEM64, 4), NOWHERE);
    wr(&b, at + PORT_PREF + 8, 4, 4);
    wr(&b, at + PORT_PREF + 4, 4, 5);
    ck_assert_uint_eq(rd(&b, MEM64, 4), NOWHERE);
}
END_TEST

START_TEST(a_root_port_s_command_register_holds_for_what_is_below)
{
    behind_port();
    open_windows();
    place_bars(below, MEM32, MEM64, 0x2000);
    wr(&b, at + COMMAND, 2, CMD_IO | CMD_MASTER);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, IO_BASE + 0x2000, 1), 0x80);
    ck_assert(!p->dev.dma_off);
    wr(&b, at + COMMAND, 2, CMD_MEM);
    ck_assert_uint_eq(rd(&b, MEM32, 4), 0x100);
    ck_assert_uint_eq(rd(&b, IO_BASE + 0x2000, 1), 0xff);
    ck_assert(p->dev.dma_off);
}
END_TEST

START_TEST(secondary_bus_reset_resets_what_is_below)
{
    behind_port();
    open_windows();
    place_bars(below, MEM32, MEM64, 0x2000);
    u32 before = p->resets;
    wr(&b, at + PORT_CONTROL, 2, 1 << 6);
    wr(&b, at + PORT_CONTROL, 2, 0);
    ck_assert_uint_gt(p->resets, before);
    ck_assert_uint_eq(rd(&b, below + BAR, 4), 0);
    ck_assert_uint_eq(rd(&b, below + COMMAND, 2), 0);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, at + PORT_MEM, 4), 0x40004000); /* not the port itself */
}
END_TEST

START_TEST(a_requester_is_bus_device_and_function_of_the_moment)
{
    ck_assert_uint_eq(p->dev.requester, 1 << 3);
    behind_port();
    ck_assert_uint_eq(p->dev.requester, 0x100);
    wr(&b, at + 0x18, 4, 0x0a0900);
    ck_assert_uint_eq(p->dev.requester, 0x900);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pci_port");
    TCase *t = tcase_create("pci_port");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_root_port_forwards_the_buses_it_is_given);
    tcase_add_test(t, a_root_port_forwards_its_windows);
    tcase_add_test(t, a_prefetchable_window_above_4_gib_needs_its_high_half);
    tcase_add_test(t, a_root_port_s_command_register_holds_for_what_is_below);
    tcase_add_test(t, secondary_bus_reset_resets_what_is_below);
    tcase_add_test(t, a_requester_is_bus_device_and_function_of_the_moment);
    suite_add_tcase(s, t);
    return run_suite(s);
}
