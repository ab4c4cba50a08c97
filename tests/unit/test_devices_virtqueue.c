/* The virtio transport and split virtqueues (virtio 1.2, sections 2.7 and 4.2), with the entropy
 * device behind them. A hostile ring stops the device and nothing else. */
#include "virtio_driver.h"

static struct board b;
static struct driver d;

#define BASIC VIRTIO_F_VERSION_1

/* Rings of the largest size. */
#define BIG_AVAIL (BOARD_RAM + 0x4000)
#define BIG_USED  (BOARD_RAM + 0x6000)

static void setup(void)
{
    static const u64 seed = 1;
    board_init(&b);
    b.args.seed = &seed;
    driver_init(&d, &b, virtio_rng_new, NULL);
}

static void teardown(void)
{
    board_free(&b);
}

static void in_buffer(u32 i, u64 addr, u32 len)
{
    set_desc(&d, 0, i, (struct desc){addr, len, D_WRITE, 0});
}

/* The device has stopped, says so, does nothing more, and works again after a reset. */
static void check_stopped(void)
{
    ck_assert_uint_eq(vget(&d, VSTATUS), 15 | NEEDS_RESET);
    ck_assert_uint_eq(vget(&d, VISR) & 2, 2);
    ck_assert_uint_eq(virq(&d), 1);
    u16 before = used_idx(&d, 0);
    vput(&d, VNOTIFY, 0);
    ck_assert_uint_eq(used_idx(&d, 0), before);
    start(&d, BASIC, 1);
    ck_assert_uint_eq(virq(&d), 0);
    in_buffer(0, BUFFERS, 8);
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
}

START_TEST(the_transport_names_itself)
{
    ck_assert_uint_eq(vget(&d, 0x00), 0x74726976);
    ck_assert_uint_eq(vget(&d, 0x04), 2);
    ck_assert_uint_eq(vget(&d, 0x08), 4);
    ck_assert_uint_eq(vget(&d, 0x34), VIRTIO_QUEUE_MAX);
    vput(&d, 0x30, 1); /* no such queue */
    ck_assert_uint_eq(vget(&d, 0x34), 0);
    ck_assert_uint_eq(vget(&d, 0xb0), 0xffffffff);
}
END_TEST

START_TEST(control_registers_are_words)
{
    ck_assert(refuses(&b, VDEV, 1));
    ck_assert(refuses(&b, VDEV + 0x70, 2));
    ck_assert(refuses(&b, VDEV, 8));
    ck_assert_uint_eq(vconfig(&d, 0x00, 1), 0); /* no configuration space here */
}
END_TEST

START_TEST(features_ok_needs_version_1_and_nothing_unoffered)
{
    static const u64 bad[] = {0, VIRTIO_F_INDIRECT, BASIC | BIT(0), BASIC | BIT(33)};
    for (u32 i = 0; i < ARRAY_LEN(bad); i++) {
        vput(&d, VSTATUS, 0);
        vput(&d, VSTATUS, 3);
        vput(&d, 0x24, 0), vput(&d, 0x20, (u32)bad[i]);
        vput(&d, 0x24, 1), vput(&d, 0x20, bad[i] >> 32);
        vput(&d, VSTATUS, 11);
        ck_assert_uint_eq(vget(&d, VSTATUS), 3);
    }
}
END_TEST

/* What features the driver accepts at FEATURES_OK, in a dialect. */
static bool takes(struct virtio_dialect with, u64 features)
{
    dialect = with;
    vput(&d, VSTATUS, 0);
    vput(&d, VSTATUS, 3);
    vput(&d, 0x24, 0), vput(&d, 0x20, (u32)features);
    vput(&d, 0x24, 1), vput(&d, 0x20, features >> 32);
    vput(&d, VSTATUS, 11);
    return vget(&d, VSTATUS) == 11;
}

START_TEST(drivers_without_version_1_are_served_when_any_are)
{
    const struct virtio_dialect any = {0x554d4551, 2, VIRTIO_DRIVERS_ANY};
    ck_assert(takes(any, 0));
    ck_assert(takes(any, BASIC));
    ck_assert(!takes(any, BIT(0))); /* not offered */
    if (carrier() == BUS_MMIO)
        ck_assert_uint_eq(vget(&d, 0x0c), 0x554d4551);
    vput(&d, VSTATUS, 0);
    vput(&d, 0x24, 2), vput(&d, 0x20, 1); /* no such bit */
    vput(&d, VSTATUS, 11);
    ck_assert_uint_eq(vget(&d, VSTATUS), 3);
}
END_TEST

/* The legacy interface (virtio 1.2, section 4.2.4): the rings lie together, at a page. */
START_TEST(version_1_names_queues_by_page)
{
    enum { PAGE = 0x28, ALIGN = 0x3c, PFN = 0x40, USED_AT = 0x1000 };
    u64 base = BOARD_RAM + 0x4000, data = 0;
    struct desc desc = {BUFFERS, 8, D_WRITE, 0};
    u16 one = 1, used;
    dialect.version = 1;
    u64 v = VDEV + 0x1000;
    board_add(&b, virtio_mmio(virtio_try(&b, virtio_rng_new, NULL), &dialect), v);
    ck_assert_uint_eq(rd(&b, v + 4, 4), 1);
    wr(&b, v + 0x14, 4, 1);
    ck_assert_uint_eq(rd(&b, v + 0x10, 4), 0); /* VERSION_1 is not offered */
    wr(&b, v + VSTATUS, 4, 3);
    wr(&b, v + 0x20, 4, 0);
    wr(&b, v + PAGE, 4, 0x1000);
    wr(&b, v + 0x38, 4, RING);
    wr(&b, v + ALIGN, 4, 0x1000);
    wr(&b, v + PFN, 4, (u32)(base >> 12));
    ck_assert_uint_eq(rd(&b, v + PFN, 4), base >> 12);
    wr(&b, v + VSTATUS, 4, 7);
    mem_put(&d, base, &desc, sizeof desc);
    mem_put(&d, base + 16 * RING + 2, &one, 2);
    wr(&b, v + VNOTIFY, 4, 0);
    mem_get(&d, base + USED_AT + 2, &used, 2);
    ck_assert_uint_eq(used, 1);
    mem_get(&d, BUFFERS, &data, 8);
    ck_assert_uint_ne(data, 0);
    wr(&b, v + PFN, 4, 0);
    ck_assert_uint_eq(rd(&b, v + PFN, 4), 0);
}
END_TEST

/* No store of the guest asks for more than a piece; the rest comes at deadlines. */
START_TEST(a_flood_of_requests_is_served_in_pieces)
{
    enum { EACH = 4096 };
    start(&d, BASIC, 0);
    vput(&d, 0x38, VIRTIO_QUEUE_MAX);
    vput(&d, 0x80, (u32)DESC(0)), vput(&d, 0x84, 0);
    vput(&d, 0x90, (u32)BIG_AVAIL), vput(&d, 0x94, 0);
    vput(&d, 0xa0, (u32)BIG_USED), vput(&d, 0xa4, 0);
    vput(&d, 0x44, 1);
    in_buffer(0, BUFFERS, EACH);
    for (u32 i = 0; i < VIRTIO_QUEUE_MAX; i++) {
        u16 head = 0;
        mem_put(&d, BIG_AVAIL + 4 + 2 * i, &head, 2);
    }
    u16 all = VIRTIO_QUEUE_MAX, done = 0;
    mem_put(&d, BIG_AVAIL + 2, &all, 2);
    vput(&d, VNOTIFY, 0);
    mem_get(&d, BIG_USED + 2, &done, 2);
    ck_assert_uint_gt(done, 0);
    ck_assert_uint_le(done, VIRTIO_PIECE / EACH);
    u32 pieces = 1;
    for (; done < all; pieces++) {
        ck_assert_uint_ne(b.deadline[d.dev->id], UINT64_MAX);
        board_run_to(&b, b.deadline[d.dev->id]);
        mem_get(&d, BIG_USED + 2, &done, 2);
    }
    ck_assert_uint_ge(pieces, VIRTIO_QUEUE_MAX * EACH / VIRTIO_PIECE);
    ck_assert_uint_eq(virq(&d), 1);
}
END_TEST

START_TEST(a_buffer_is_filled_and_the_driver_interrupted)
{
    u64 data[2] = {0};
    start(&d, BASIC, 1);
    in_buffer(3, BUFFERS, 16);
    kick(&d, 0, 3);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    ck_assert_uint_eq(used_len(&d, 0, 0), 16);
    mem_get(&d, BUFFERS, data, 16);
    ck_assert_uint_ne(data[0], 0);
    ck_assert_uint_ne(data[0], data[1]);
    ck_assert_uint_eq(vget(&d, VISR), 1);
    ck_assert_uint_eq(virq(&d), 1);
    vput(&d, VACK, 1);
    ck_assert_uint_eq(virq(&d), 0);
}
END_TEST

START_TEST(the_ring_wraps)
{
    start(&d, BASIC, 1);
    in_buffer(0, BUFFERS, 8);
    for (u32 i = 1; i <= 70000; i++)
        kick(&d, 0, 0);
    ck_assert_uint_eq(used_idx(&d, 0), (u16)70000);
}
END_TEST

START_TEST(chains_and_indirect_tables_are_followed)
{
    struct desc table[2] = {{BUFFERS, 8, D_WRITE | D_NEXT, 1}, {BUFFERS + 64, 8, D_WRITE, 0}};
    u64 data;
    start(&d, BASIC | VIRTIO_F_INDIRECT, 1);
    mem_put(&d, BUFFERS + 0x1000, table, sizeof(table));
    set_desc(&d, 0, 0, (struct desc){BUFFERS + 0x1000, 32, D_INDIRECT, 0});
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), 16);
    mem_get(&d, BUFFERS + 64, &data, 8);
    ck_assert_uint_ne(data, 0);
}
END_TEST

START_TEST(no_interrupt_when_the_driver_asks_for_none)
{
    u16 flag = 1;
    start(&d, BASIC, 1);
    mem_put(&d, AVAIL(0), &flag, 2);
    in_buffer(0, BUFFERS, 8);
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    ck_assert_uint_eq(virq(&d), 0);
}
END_TEST

START_TEST(event_index_says_when_to_interrupt_and_when_to_notify)
{
    u16 event = 1, asked; /* interrupt when entry 1 is used, not before */
    start(&d, BASIC | VIRTIO_F_EVENT_IDX, 1);
    mem_put(&d, AVAIL(0) + 4 + 2 * RING, &event, 2);
    in_buffer(0, BUFFERS, 8);
    kick(&d, 0, 0);
    ck_assert_uint_eq(virq(&d), 0);
    mem_get(&d, USED(0) + 4 + 8 * RING, &asked, 2);
    ck_assert_uint_eq(asked, 1);
    kick(&d, 0, 0);
    ck_assert_uint_eq(virq(&d), 1);
    vput(&d, VACK, 1);
    kick(&d, 0, 0);
    ck_assert_uint_eq(virq(&d), 0);
}
END_TEST

START_TEST(nothing_happens_before_driver_ok)
{
    vput(&d, VSTATUS, 3);
    setup_queue(&d, 0);
    in_buffer(0, BUFFERS, 8);
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_idx(&d, 0), 0);
}
END_TEST

static void on_code(void *ctx, u64 page)
{
    *(u64 *)ctx = page;
}

START_TEST(a_store_by_the_device_into_code_is_told)
{
    u64 page = 0;
    start(&d, BASIC, 1);
    b.bus.listener = (struct bus_listener){.ctx = &page, .overwritten = on_code};
    bus_note_code(&b.bus.region[0], BUFFERS, 4);
    in_buffer(0, BUFFERS, 8);
    kick(&d, 0, 0);
    ck_assert_uint_eq(page, BUFFERS >> 12);
}
END_TEST

START_TEST(buffer_outside_ram_stops)
{
    static const struct desc bad[] = {
        {0, 8, D_WRITE, 0},
        {BOARD_RAM + BOARD_RAM_SIZE - 4, 8, D_WRITE, 0},
        {BOARD_RAM, 0xffffffff, D_WRITE, 0},
        {~0ull - 3, 8, D_WRITE, 0},
        {VDEV, 8, D_WRITE, 0}, /* a device is not RAM */
        {0x10, 8, 0, 0},
    };
    for (u32 i = 0; i < ARRAY_LEN(bad); i++) {
        start(&d, BASIC, 1);
        set_desc(&d, 0, 0, bad[i]);
        kick(&d, 0, 0);
        check_stopped();
    }
}
END_TEST

START_TEST(a_buffer_in_rom_cannot_be_written)
{
    bus_add_memory(&b.bus, "rom", 0x1000, 0x1000, false);
    start(&d, BASIC, 1);
    in_buffer(0, 0x1000, 8);
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

/* As many buffers as the largest queue has entries, which is what a disk's seg_max promises. */
START_TEST(an_indirect_table_may_be_as_long_as_the_largest_queue)
{
    struct desc table[VIRTIO_QUEUE_MAX + 1];
    for (u32 i = 0; i < ARRAY_LEN(table); i++)
        table[i] = (struct desc){BUFFERS + 8 * i, 8, D_WRITE | D_NEXT, (u16)(i + 1)};
    table[VIRTIO_QUEUE_MAX - 1].flags = D_WRITE;
    start(&d, BASIC | VIRTIO_F_INDIRECT, 1);
    mem_put(&d, BUFFERS + 0x1000, table, sizeof(table));
    set_desc(&d, 0, 0, (struct desc){BUFFERS + 0x1000, sizeof(table), D_INDIRECT, 0});
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    ck_assert_uint_eq(used_len(&d, 0, 0), 8 * VIRTIO_QUEUE_MAX);
    table[VIRTIO_QUEUE_MAX - 1].flags = D_WRITE | D_NEXT; /* one more is too many */
    table[VIRTIO_QUEUE_MAX].flags = D_WRITE;
    mem_put(&d, BUFFERS + 0x1000, table, sizeof(table));
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

START_TEST(a_loop_stops)
{
    start(&d, BASIC, 1);
    set_desc(&d, 0, 0, (struct desc){BUFFERS, 8, D_WRITE | D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){BUFFERS, 8, D_WRITE | D_NEXT, 0});
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

START_TEST(numbers_beyond_the_ring_stop)
{
    start(&d, BASIC, 1);
    kick(&d, 0, RING);
    check_stopped();
    start(&d, BASIC, 1);
    set_desc(&d, 0, 0, (struct desc){BUFFERS, 8, D_WRITE | D_NEXT, 0xffff});
    kick(&d, 0, 0);
    check_stopped();
    start(&d, BASIC, 1);
    d.avail_idx[0] = RING; /* the available index runs ahead */
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

START_TEST(readable_after_writable_stops)
{
    start(&d, BASIC, 1);
    set_desc(&d, 0, 0, (struct desc){BUFFERS, 8, D_WRITE | D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){BUFFERS, 8, 0, 0});
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

START_TEST(bad_indirect_tables_stop)
{
    static const struct desc bad[] = {
        {BUFFERS, 0, D_INDIRECT, 0},
        {BUFFERS, 17, D_INDIRECT, 0},
        {BUFFERS, 16, D_INDIRECT | D_NEXT, 1},
        {0x5000, 16, D_INDIRECT, 0},
        {~0ull - 15, 0xfffffff0, D_INDIRECT, 0},
        {DESC(0), 16 * RING, D_INDIRECT, 0}, /* itself: nested */
    };
    for (u32 i = 0; i < ARRAY_LEN(bad); i++) {
        start(&d, BASIC | VIRTIO_F_INDIRECT, 1);
        set_desc(&d, 0, 0, bad[i]);
        kick(&d, 0, 0);
        check_stopped();
    }
    start(&d, BASIC, 1); /* not negotiated */
    set_desc(&d, 0, 0, (struct desc){BUFFERS, 16, D_INDIRECT, 0});
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

START_TEST(rings_outside_ram_stop)
{
    for (u32 reg = 0x80; reg <= 0xa0; reg += 0x10) {
        start_unready(&d, BASIC);
        in_buffer(0, BUFFERS, 8);
        offer(&d, 0, 0);
        vput(&d, reg, 0xfffff000);
        vput(&d, 0x44, 1);
        vput(&d, VNOTIFY, 0);
        check_stopped();
    }
}
END_TEST

START_TEST(a_queue_of_impossible_size_or_alignment_stops)
{
    static const u32 sizes[] = {0, 3, 512, 0x10000, 0xffffffff};
    for (u32 i = 0; i < ARRAY_LEN(sizes); i++) {
        start_unready(&d, BASIC);
        vput(&d, 0x38, sizes[i]);
        check_stopped();
    }
    start_unready(&d, BASIC);
    vput(&d, 0x80, (u32)DESC(0) + 8);
    vput(&d, 0x44, 1);
    check_stopped();
}
END_TEST

START_TEST(total_length_beyond_4_gib_stops)
{
    ck_assert_ptr_nonnull(bus_add_memory(&b.bus, "big", 1ull << 40, 3ull << 30, true));
    start(&d, BASIC, 1);
    set_desc(&d, 0, 0, (struct desc){1ull << 40, 3u << 30, D_WRITE | D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){1ull << 40, 3u << 30, D_WRITE, 0});
    kick(&d, 0, 0);
    check_stopped();
}
END_TEST

START_TEST(a_live_queue_cannot_be_changed_and_zero_length_buffers_are_harmless)
{
    start(&d, BASIC, 1);
    vput(&d, 0x80, 0);
    vput(&d, 0x38, 3);
    in_buffer(0, 0, 0);
    kick(&d, 0, 0);
    ck_assert_uint_eq(vget(&d, VSTATUS), 15);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    ck_assert_uint_eq(used_len(&d, 0, 0), 0);
}
END_TEST

START_TEST(random_rings_do_no_harm)
{
    u64 x = 88172645463325252ull;
    for (u32 round = 0; round < 2000; round++) {
        u8 page[0x1000];
        for (u32 i = 0; i < sizeof(page); i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            page[i] = (u8)(x >> 32);
        }
        start(&d, BASIC | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX, 1);
        for (u32 i = 0; i < RING; i++) { /* plausible now and then */
            struct desc *e = (struct desc *)(page + 16 * i);
            e->addr = (e->addr & 1) ? BUFFERS + (e->addr & 0xfff0) : e->addr;
            e->len = (e->len & 1) ? e->len & 0xff0 : e->len;
            e->flags &= 7, e->next &= RING - 1;
        }
        u16 idx = page[0] & 7;
        memcpy(page + 0x402, &idx, 2);
        for (u32 i = 0; i < RING; i++)
            page[0x404 + 2 * i] &= RING - 1, page[0x405 + 2 * i] = 0;
        mem_put(&d, DESC(0), page, sizeof(page));
        vput(&d, VNOTIFY, 0);
    }
}
END_TEST

/* Fewer bytes than asked for are allowed, and no request holds up the machine. */
START_TEST(a_request_for_randomness_is_bounded)
{
    start(&d, BASIC, 1);
    in_buffer(0, BUFFERS, (u32)(BOARD_RAM_SIZE - (BUFFERS - BOARD_RAM)));
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), 4096);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtqueue");
    TCase *t = tcase_create("virtqueue");
    tcase_add_checked_fixture(t, setup, teardown);
    if (carrier() == BUS_MMIO) {
        tcase_add_test(t, the_transport_names_itself);
        tcase_add_test(t, control_registers_are_words);
        tcase_add_test(t, version_1_names_queues_by_page);
    }
    tcase_add_test(t, features_ok_needs_version_1_and_nothing_unoffered);
    tcase_add_test(t, drivers_without_version_1_are_served_when_any_are);
    tcase_add_test(t, a_flood_of_requests_is_served_in_pieces);
    tcase_add_test(t, a_buffer_is_filled_and_the_driver_interrupted);
    tcase_add_test(t, the_ring_wraps);
    tcase_add_test(t, chains_and_indirect_tables_are_followed);
    tcase_add_test(t, no_interrupt_when_the_driver_asks_for_none);
    tcase_add_test(t, event_index_says_when_to_interrupt_and_when_to_notify);
    tcase_add_test(t, nothing_happens_before_driver_ok);
    tcase_add_test(t, a_store_by_the_device_into_code_is_told);
    tcase_add_test(t, buffer_outside_ram_stops);
    tcase_add_test(t, a_buffer_in_rom_cannot_be_written);
    tcase_add_test(t, an_indirect_table_may_be_as_long_as_the_largest_queue);
    tcase_add_test(t, a_loop_stops);
    tcase_add_test(t, numbers_beyond_the_ring_stop);
    tcase_add_test(t, readable_after_writable_stops);
    tcase_add_test(t, bad_indirect_tables_stop);
    tcase_add_test(t, rings_outside_ram_stop);
    tcase_add_test(t, a_queue_of_impossible_size_or_alignment_stops);
    tcase_add_test(t, total_length_beyond_4_gib_stops);
    tcase_add_test(t, a_live_queue_cannot_be_changed_and_zero_length_buffers_are_harmless);
    tcase_add_test(t, random_rings_do_no_harm);
    tcase_add_test(t, a_request_for_randomness_is_bounded);
    suite_add_tcase(s, t);
    return run_suite(s);
}
