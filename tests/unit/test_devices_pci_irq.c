/* Interrupts of PCI functions: MSI-X with its table, masks and pending bits, and INTx. */
#include "pci_bench.h"

enum { ADDRESS = 0, ADDRESS_HIGH = 4, DATA = 8, CONTROL = 12, PENDING = 0x800 };
enum { ENABLE = 0x8000, MASK_ALL = 0x4000 };
#define TABLE   (MEM32 + 0x10000)
#define MAILBOX (BOARD_RAM + 0x100)

static struct probe *p;
static u64 at, control;

static void setup(void)
{
    pci_board_init();
    p = probe_new();
    at = cfg(0, 1);
    pci_board_reset();
    control = at + capability(at, 0x11) + 2;
    place_bars(at, MEM32, MEM64, 0);
    wr(&b, at + BAR + 4 * BAR_TABLE, 4, TABLE);
}

static void teardown(void)
{
    board_free(&b);
}

/* Vector `i` writes `data` to a mailbox of its own. */
static void aim(u32 i, u32 data)
{
    wr(&b, TABLE + 16 * i + ADDRESS, 4, MAILBOX + 4 * i);
    wr(&b, TABLE + 16 * i + ADDRESS_HIGH, 4, 0);
    wr(&b, TABLE + 16 * i + DATA, 4, data);
    wr(&b, TABLE + 16 * i + CONTROL, 4, 0);
}

/* What has arrived since the last look. */
static u32 arrived(u32 i)
{
    u32 data, none = 0;
    ck_assert_int_eq(bus_copy_from(&b.bus, MAILBOX + 4 * i, &data, 4), 0);
    ck_assert_int_eq(bus_copy_to(&b.bus, MAILBOX + 4 * i, &none, 4), 0);
    return data;
}

START_TEST(vectors_are_masked_after_reset)
{
    for (u32 i = 0; i < VECTORS; i++)
        ck_assert_uint_eq(rd(&b, TABLE + 16 * i + CONTROL, 4), 1);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 0);
}
END_TEST

START_TEST(what_a_vector_s_entry_holds)
{
    static const u32 writable[] = {0xfffffffc, 0xffffffff, 0xffffffff, 1};
    for (u32 i = 0; i < VECTORS; i++)
        for (u32 w = 0; w < 4; w++) {
            u64 pa = TABLE + 16 * i + 4 * w;
            wr(&b, pa, 4, ~0u);
            ck_assert_uint_eq(rd(&b, pa, 4), writable[w]);
            wr(&b, pa, 4, 0);
            ck_assert_uint_eq(rd(&b, pa, 4), 0);
        }
    wr(&b, TABLE, 8, 0x1122334455667788);
    ck_assert_uint_eq(rd(&b, TABLE + 4, 4), 0x11223344);
    ck_assert_uint_eq(rd(&b, TABLE, 8), 0x1122334455667788);
    wr(&b, TABLE + 16 * VECTORS, 4, ~0u); /* beyond the last one */
    ck_assert_uint_eq(rd(&b, TABLE + 16 * VECTORS, 4), 0);
    wr(&b, TABLE + PENDING, 4, ~0u); /* read-only */
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 0);
}
END_TEST

START_TEST(a_vector_s_message_is_a_write)
{
    aim(0, 0x1111);
    aim(2, 0x2222);
    wr(&b, control, 2, ENABLE);
    pci_send(&p->f, 2);
    ck_assert_uint_eq(arrived(2), 0x2222);
    ck_assert_uint_eq(arrived(0), 0);
    pci_send(&p->f, VECTORS); /* no such vector */
    pci_send(&p->f, 0xffff);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 0);
}
END_TEST

START_TEST(nothing_is_sent_or_remembered_while_msix_is_off)
{
    aim(0, 0x1111);
    pci_send(&p->f, 0);
    wr(&b, control, 2, ENABLE);
    ck_assert_uint_eq(arrived(0), 0);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 0);
}
END_TEST

START_TEST(a_masked_vector_is_pending_and_sent_once_when_it_is_unmasked)
{
    aim(1, 0x1111);
    wr(&b, TABLE + 16 + CONTROL, 4, 1);
    wr(&b, control, 2, ENABLE);
    pci_send(&p->f, 1);
    pci_send(&p->f, 1);
    ck_assert_uint_eq(arrived(1), 0);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 2);
    wr(&b, TABLE + 16 + DATA, 4, 0x3333); /* what holds then counts */
    wr(&b, TABLE + 16 + CONTROL, 4, 0);
    ck_assert_uint_eq(arrived(1), 0x3333);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 0);
    wr(&b, TABLE + 16 + CONTROL, 4, 1);
    wr(&b, TABLE + 16 + CONTROL, 4, 0);
    ck_assert_uint_eq(arrived(1), 0);
}
END_TEST

START_TEST(the_function_s_mask_holds_all_vectors)
{
    aim(0, 0x1111);
    aim(1, 0x2222);
    wr(&b, control, 2, ENABLE | MASK_ALL);
    pci_send(&p->f, 0);
    pci_send(&p->f, 1);
    wr(&b, TABLE + CONTROL, 4, 1);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 3);
    wr(&b, control, 2, ENABLE);
    ck_assert_uint_eq(arrived(0), 0); /* its own mask still does */
    ck_assert_uint_eq(arrived(1), 0x2222);
    ck_assert_uint_eq(rd(&b, TABLE + PENDING, 4), 1);
}
END_TEST

START_TEST(a_message_needs_bus_master)
{
    aim(0, 0x1111);
    wr(&b, control, 2, ENABLE);
    wr(&b, at + COMMAND, 2, CMD_MEM);
    pci_send(&p->f, 0);
    ck_assert_uint_eq(arrived(0), 0);
}
END_TEST

static u32 asked_by;
static int note_requester(void *board, const struct device *dev, struct dma_access *a)
{
    (void)board;
    asked_by = dev->requester;
    a->pa = MAILBOX;
    return 0;
}

START_TEST(a_message_carries_the_function_s_requester)
{
    port_new(p);
    pci_board_reset();
    b.env.translate = note_requester;
    wr(&b, at + COMMAND, 2, CMD_MEM | CMD_MASTER);
    wr(&b, at + 0x18, 4, 0x050500);
    wr(&b, cfg(5, 0) + COMMAND, 2, CMD_MASTER);
    wr(&b, cfg(5, 0) + capability(cfg(5, 0), 0x11) + 2, 2, ENABLE);
    p->f.table[0][3] = 0;
    p->f.table[0][2] = 0x7777;
    pci_send(&p->f, 0);
    ck_assert_uint_eq(arrived(0), 0x7777);
    ck_assert_uint_eq(asked_by, 0x500);
}
END_TEST

/* ---- INTx ---- */

/* The lines of the bridge, a bit each. */
static u32 lines(void)
{
    u32 bits = 0;
    for (u32 i = 0; i < HOST_PIN; i++)
        bits |= (u32)b.pin[host->id][i] << i;
    return bits;
}

START_TEST(a_line_is_turned_by_the_device_number)
{
    struct probe *q[6];
    for (u32 i = 0; i < ARRAY_LEN(q); i++)
        q[i] = probe_new();
    pci_set_line(&p->f, 1);
    ck_assert_uint_eq(lines(), 1 << 1);
    pci_set_line(&p->f, 0);
    for (u32 i = 0; i < ARRAY_LEN(q); i++) {
        pci_set_line(&q[i]->f, 1);
        ck_assert_uint_eq(lines(), 1u << (2 + i) % 4);
        pci_set_line(&q[i]->f, 0);
    }
    ck_assert_uint_eq(lines(), 0);
}
END_TEST

START_TEST(a_root_port_turns_it_by_its_own_number)
{
    struct probe *q = probe_new();
    port_new(q); /* device 2 */
    pci_board_reset();
    pci_set_line(&q->f, 1);
    ck_assert_uint_eq(lines(), 1 << 2);
}
END_TEST

START_TEST(a_line_that_two_share_is_high_as_long_as_one_is)
{
    struct probe *q = NULL;
    for (u32 i = 0; i < 4; i++)
        q = probe_new();
    ck_assert_uint_eq(q->f.devfn >> 3, 5);
    pci_set_line(&p->f, 1);
    pci_set_line(&q->f, 1);
    pci_set_line(&p->f, 0);
    ck_assert_uint_eq(lines(), 1 << 1);
    pci_set_line(&q->f, 0);
    ck_assert_uint_eq(lines(), 0);
}
END_TEST

START_TEST(the_status_register_shows_it_and_the_command_register_hides_it)
{
    pci_set_line(&p->f, 1);
    ck_assert_uint_eq(rd(&b, at + STATUS, 2), 0x18);
    wr(&b, at + COMMAND, 2, CMD_INTX_OFF);
    ck_assert_uint_eq(lines(), 0);
    ck_assert_uint_eq(rd(&b, at + STATUS, 2), 0x18);
    wr(&b, at + COMMAND, 2, 0);
    ck_assert_uint_eq(lines(), 1 << 1);
}
END_TEST

START_TEST(with_msix_on_the_line_is_quiet)
{
    pci_set_line(&p->f, 1);
    wr(&b, control, 2, ENABLE);
    ck_assert_uint_eq(lines(), 0);
    ck_assert_uint_eq(rd(&b, at + STATUS, 2), 0x10);
    wr(&b, control, 2, 0);
    ck_assert_uint_eq(lines(), 1 << 1);
}
END_TEST

START_TEST(reset_takes_the_line_back)
{
    pci_set_line(&p->f, 1);
    bus_reset(&b.bus);
    ck_assert_uint_eq(lines(), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pci_irq");
    TCase *t = tcase_create("pci_irq");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, vectors_are_masked_after_reset);
    tcase_add_test(t, what_a_vector_s_entry_holds);
    tcase_add_test(t, a_vector_s_message_is_a_write);
    tcase_add_test(t, nothing_is_sent_or_remembered_while_msix_is_off);
    tcase_add_test(t, a_masked_vector_is_pending_and_sent_once_when_it_is_unmasked);
    tcase_add_test(t, the_function_s_mask_holds_all_vectors);
    tcase_add_test(t, a_message_needs_bus_master);
    tcase_add_test(t, a_message_carries_the_function_s_requester);
    tcase_add_test(t, a_line_is_turned_by_the_device_number);
    tcase_add_test(t, a_root_port_turns_it_by_its_own_number);
    tcase_add_test(t, a_line_that_two_share_is_high_as_long_as_one_is);
    tcase_add_test(t, the_status_register_shows_it_and_the_command_register_hides_it);
    tcase_add_test(t, with_msix_on_the_line_is_quiet);
    tcase_add_test(t, reset_takes_the_line_back);
    suite_add_tcase(s, t);
    return run_suite(s);
}
