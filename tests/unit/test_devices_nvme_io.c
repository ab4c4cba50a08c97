/* The NVMe controller at work: data, queues, interrupts, and what bad drivers do. */
#include "nvme_bench.h"

/* ---- data ---- */

START_TEST(it_reads_and_writes_the_file)
{
    u8 data[512];
    create_queue(1);
    ck_assert_uint_eq(submit(1, io(O_READ, 7, 2, DATA, 0), NULL), 0);
    ck_assert_uint_eq(byte_at(DATA), 7);
    ck_assert_uint_eq(byte_at(DATA + 1023), 8);
    memset(data, 0xee, sizeof data);
    mem_put(DATA, data, sizeof data);
    ck_assert_uint_eq(submit(1, io(O_WRITE, 9, 1, DATA, 0), NULL), 0);
    ck_assert_uint_eq(submit(1, io(O_FLUSH, 0, 1, 0, 0), NULL), 0);
    ck_assert_uint_eq(file_byte(9 * 512), 0xee);
    ck_assert_uint_eq(submit(1, io(O_ZEROES, 9, 2, 0, 0), NULL), 0);
    ck_assert_uint_eq(file_byte(9 * 512), 0);
    ck_assert_uint_eq(file_byte(11 * 512 - 1), 0);
    ck_assert_uint_eq(file_byte(11 * 512), 11);
}
END_TEST

START_TEST(data_lie_where_the_lists_say)
{
    u64 list[512];
    create_queue(1);
    /* two pages, the first from its middle on */
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 9, DATA + 0x800, DATA + 0x5000), NULL), 0);
    ck_assert_uint_eq(byte_at(DATA + 0x800), 0);
    ck_assert_uint_eq(byte_at(DATA + 0xfff), 3);
    ck_assert_uint_eq(byte_at(DATA + 0x5000), 4);
    ck_assert_uint_eq(byte_at(DATA + 0x5000 + 5 * 512 - 1), 8);
    /* a list, with its pages backwards */
    for (u32 i = 0; i < 15; i++)
        list[i] = DATA + 0x1000 * (15 - i);
    mem_put(LIST, list, sizeof list);
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 128, DATA, LIST), NULL), 0);
    ck_assert_uint_eq(byte_at(DATA + 0xf000), 8);
    ck_assert_uint_eq(byte_at(DATA + 0x1000), 120);
    /* one that goes on in another page, which its last entry names */
    u64 rest[16], next = LIST + 0x1000;
    for (u32 i = 0; i < 16; i++)
        rest[i] = DATA + 0x1000 * (i + 2);
    mem_put(LIST + 0xff0, (u64[]){DATA + 0x1000, next}, 16);
    mem_put(next, rest, sizeof rest);
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 136, DATA, LIST + 0xff0), NULL), 0);
    ck_assert_uint_eq(byte_at(DATA + 0x1000), 8);
    ck_assert_uint_eq(byte_at(DATA + 0x2000), 16);
    ck_assert_uint_eq(byte_at(DATA + 0x10000), 128);
}
END_TEST

START_TEST(bad_lists_are_refused)
{
    static const struct {
        u64 prp1, prp2, list;
        u32 status;
    } row[] = {
        {DATA, LIST + 4, 0, 0x013},
        {DATA, LIST, DATA + 8, 0x013},
        {DATA, LIST, 0x1000, 0x004}, /* no memory */
        {0x1000, LIST, DATA, 0x004},
        {DATA, 0x1000, 0, 0x004},
        {DATA, LIST + 0xff8, LIST + 0xff8, 0x013}, /* a list that goes on in itself */
    };
    create_queue(1);
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        mem_put(row[i].prp2 & 0xfff8 ? LIST + (row[i].prp2 & 0xff8) : LIST, &row[i].list, 8);
        ck_assert_msg(submit(1, io(O_READ, 0, 32, row[i].prp1, row[i].prp2), NULL) == row[i].status,
                      "row %zu", i);
    }
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 16, DATA, DATA + 8), NULL), 0x013);
    ck_assert_uint_eq(get(CSTS), READY);
}
END_TEST

START_TEST(what_is_outside_the_disk_is_refused)
{
    struct command c;
    create_queue(1);
    ck_assert_uint_eq(submit(1, io(O_READ, SECTORS, 1, DATA, 0), NULL), 0x080);
    ck_assert_uint_eq(submit(1, io(O_READ, SECTORS - 1, 2, DATA, 0), NULL), 0x080);
    ck_assert_uint_eq(submit(1, io(O_WRITE, ~0ull, 1, DATA, 0), NULL), 0x080);
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 1025, DATA, LIST), NULL), 0x002); /* MDTS */
    ck_assert_uint_eq(submit(1, io(O_READ, SECTORS - 1, 1, DATA, 0), NULL), 0);
    c = io(O_READ, 0, 1, DATA, 0);
    c.dw[1] = 2;
    ck_assert_uint_eq(submit(1, c, NULL), 0x00b);
    c = io(O_READ, 0, 1, DATA, 0);
    c.dw[0] |= 1 << 14; /* a scatter-gather list */
    ck_assert_uint_eq(submit(1, c, NULL), 0x002);
    ck_assert_uint_eq(submit(1, io(0x55, 0, 1, DATA, 0), NULL), 0x001);
}
END_TEST

START_TEST(a_read_only_disk_says_so)
{
    board_free(&b);
    pci_board_init();
    open_with(",ro");
    create_queue(1);
    ck_assert_uint_eq(submit(1, io(O_WRITE, 0, 1, DATA, 0), NULL), 0x020);
    ck_assert_uint_eq(submit(1, io(O_ZEROES, 0, 1, DATA, 0), NULL), 0x020);
    ck_assert_uint_eq(admin(IDENTIFY, 1, DATA, 0, 0), 0);
    ck_assert_uint_eq(byte_at(DATA + 99), 1);
    ck_assert_uint_eq(file_byte(0), 0);
}
END_TEST

/* ---- queues at work ---- */

START_TEST(a_full_completion_queue_holds_commands_back)
{
    create_queue(1);
    for (u32 i = 0; i < RING_SIZE - 1; i++)
        offer(1, io(O_READ, i, 1, DATA, 0));
    ring(1);
    work();
    for (u32 i = 0; i < 2; i++)
        offer(1, io(O_READ, 100 + i, 1, DATA + 512 * i, 0));
    ring(1);
    work();
    ck_assert_uint_eq(byte_at(DATA), RING_SIZE - 2);
    ck_assert_uint_eq(reap(1, NULL), 0);
    work();
    ck_assert_uint_eq(byte_at(DATA), 100); /* room for one */
    ck_assert_uint_ne(byte_at(DATA + 512), 101);
    for (u32 i = 0; i < RING_SIZE; i++) {
        ck_assert_uint_eq(reap(1, NULL), 0);
        work();
    }
    ck_assert_uint_eq(reap(1, NULL), 0xffff);
    ck_assert_uint_eq(byte_at(DATA + 512), 101);
}
END_TEST

START_TEST(queues_take_turns)
{
    create_queue(1);
    create_queue(2);
    for (u32 i = 0; i < 3; i++) {
        offer(1, io(O_READ, 10 + i, 1, DATA, 0));
        offer(2, io(O_READ, 20 + i, 1, DATA, 0));
    }
    ring(2);
    ring(1);
    work();
    for (u32 i = 0; i < 3; i++) {
        ck_assert_uint_eq(reap(1, NULL), 0);
        ck_assert_uint_eq(reap(2, NULL), 0);
    }
}
END_TEST

START_TEST(a_large_request_is_served_in_pieces)
{
    u64 list[128];
    for (u32 i = 0; i < 128; i++)
        list[i] = DATA + 0x1000;
    mem_put(LIST, list, sizeof list);
    create_queue(1);
    offer(1, io(O_READ, 0, 1024, DATA, LIST));
    ring(1);
    ck_assert_uint_eq(reap(1, NULL), 0xffff);
    u32 pieces = 0;
    for (; b.deadline[nvme->id] != UINT64_MAX; pieces++)
        board_run_to(&b, b.deadline[nvme->id]);
    ck_assert_uint_ge(pieces, 2);
    ck_assert_uint_eq(reap(1, NULL), 0);
    ck_assert_uint_eq(byte_at(DATA + 0x1000), 1016 & 0xff);
}
END_TEST

START_TEST(bad_doorbells_are_ignored)
{
    create_queue(1);
    put(DOORBELL + 8 * 1, RING_SIZE);
    put(DOORBELL + 8 * 1 + 4, 0xffffffff);
    put(DOORBELL + 8 * 5, 1);
    put(DOORBELL + 8 * 17, 1);
    put(0x3ffc, 1);
    work();
    ck_assert_uint_eq(get(CSTS), READY);
    ck_assert_uint_eq(submit(1, io(O_READ, 1, 1, DATA, 0), NULL), 0);
}
END_TEST

START_TEST(queues_outside_memory_are_fatal_until_the_next_reset)
{
    ck_assert_uint_eq(admin(CREATE_CQ, 0, CQ(1), 7 << 16 | 1, 3), 0);
    ck_assert_uint_eq(admin(CREATE_SQ, 0, 0x1000, 7 << 16 | 1, 1 << 16 | 1), 0);
    put(DOORBELL + 8, 1);
    ck_assert_uint_eq(get(CSTS), READY | FATAL);
    put(CC, 0);
    enable();
    ck_assert_uint_eq(admin(CREATE_CQ, 0, 0x1000, 7 << 16 | 1, 3), 0);
    ck_assert_uint_eq(admin(CREATE_SQ, 0, SQ(1), 7 << 16 | 1, 1 << 16 | 1), 0);
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 1, DATA, 0), NULL), 0xffff);
    ck_assert_uint_eq(get(CSTS), READY | FATAL);
}
END_TEST

/* ---- interrupts ---- */

START_TEST(the_line_is_high_while_a_completion_waits)
{
    create_queue(1);
    ck_assert_uint_eq(b.pin[host->id][NVME_PIN], 0);
    offer(1, io(O_READ, 0, 1, DATA, 0));
    ring(1);
    ck_assert_uint_eq(b.pin[host->id][NVME_PIN], 1);
    put(INTMS, 1);
    ck_assert_uint_eq(b.pin[host->id][NVME_PIN], 0);
    put(INTMC, 1);
    ck_assert_uint_eq(b.pin[host->id][NVME_PIN], 1);
    ck_assert_uint_eq(reap(1, NULL), 0);
    ck_assert_uint_eq(b.pin[host->id][NVME_PIN], 0);
}
END_TEST

START_TEST(with_msix_each_completion_queue_has_its_vector)
{
    u32 got = 0;
    wr(&b, cfg(0, 1) + capability(cfg(0, 1), 0x11) + 2, 2, 0x8000);
    for (u32 i = 0; i < 3; i++) {
        wr(&b, TABLE + 16 * i, 4, MAILBOX + 4 * i);
        wr(&b, TABLE + 16 * i + 8, 4, 0x100 + i);
        wr(&b, TABLE + 16 * i + 12, 4, 0);
    }
    create_queue(1);
    mem_get(MAILBOX, &got, 4);
    ck_assert_uint_eq(got, 0x100);
    mem_get(MAILBOX + 4, &got, 4);
    ck_assert_uint_eq(got, 0);
    ck_assert_uint_eq(submit(1, io(O_READ, 0, 1, DATA, 0), NULL), 0);
    mem_get(MAILBOX + 4, &got, 4);
    ck_assert_uint_eq(got, 0x101);
    ck_assert_uint_eq(b.pin[host->id][NVME_PIN], 0);
}
END_TEST

START_TEST(it_is_on_pci_and_nowhere_else)
{
    char spec[128];
    snprintf(spec, sizeof spec, "%s,ro,if=nvme,bus=mmio", path);
    b.args.spec = spec;
    ck_assert_ptr_null(nvme_new(&b.env, &b.args, &b.err));
    ck_assert_ptr_nonnull(strstr(b.err.text, "NVMe is on PCI: bus=pci or bus=port"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nvme_io");
    TCase *t = tcase_create("nvme_io");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, it_reads_and_writes_the_file);
    tcase_add_test(t, data_lie_where_the_lists_say);
    tcase_add_test(t, bad_lists_are_refused);
    tcase_add_test(t, what_is_outside_the_disk_is_refused);
    tcase_add_test(t, a_read_only_disk_says_so);
    tcase_add_test(t, a_full_completion_queue_holds_commands_back);
    tcase_add_test(t, queues_take_turns);
    tcase_add_test(t, a_large_request_is_served_in_pieces);
    tcase_add_test(t, bad_doorbells_are_ignored);
    tcase_add_test(t, queues_outside_memory_are_fatal_until_the_next_reset);
    tcase_add_test(t, the_line_is_high_while_a_completion_waits);
    tcase_add_test(t, with_msix_each_completion_queue_has_its_vector);
    tcase_add_test(t, it_is_on_pci_and_nowhere_else);
    suite_add_tcase(s, t);
    return run_suite(s);
}
