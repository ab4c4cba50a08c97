/* The bus: who answers at an address, DMA, and the log of stores into decoded code. */
#include "devices_board.h"

static int echo_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)size;
    *value = ~0ull - offset;
    return 0;
}

static int echo_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    (void)dev, (void)offset, (void)size, (void)value;
    return 0;
}

static const struct dev_regs small = {.size = 0x100, .read = echo_read, .write = echo_write};
static const struct dev_regs page = {.size = 0x1000, .read = echo_read, .write = echo_write};

static struct device *echo_new(struct board *b, const struct dev_regs *regs)
{
    static const struct dev_class echo = {.name = "echo"};
    struct device *dev = device_alloc(sizeof(*dev), &echo, &b->env, &b->err);
    dev->regs = regs;
    return dev;
}

START_TEST(a_device_answers_in_its_window_only)
{
    struct board b;
    board_init(&b);
    board_add(&b, echo_new(&b, &small), 0x3000);
    board_add(&b, echo_new(&b, &small), 0x1000);
    board_add(&b, echo_new(&b, &small), 0x2000);
    for (u64 base = 0x1000; base <= 0x3000; base += 0x1000) {
        ck_assert_uint_eq(rd(&b, base, 8), ~0ull);
        ck_assert_uint_eq(rd(&b, base + 0xff, 1), 0);
        ck_assert(refuses(&b, base - 1, 1));
        ck_assert(refuses(&b, base + 0x100, 1));
    }
    ck_assert(refuses(&b, 0, 8));
    ck_assert(refuses(&b, ~0ull - 7, 8));
    board_free(&b);
}
END_TEST

START_TEST(a_misaligned_or_odd_sized_access_faults)
{
    struct board b;
    board_init(&b);
    board_add(&b, echo_new(&b, &small), 0x1000);
    ck_assert(refuses(&b, 0x1001, 2));
    ck_assert(refuses(&b, 0x1004, 8));
    ck_assert(refuses(&b, 0x1000, 3));
    ck_assert(refuses(&b, 0x1000, 16));
    ck_assert(refuses(&b, 0x1000, 0));
    ck_assert_uint_eq(rd(&b, 0x1000, 2), 0xffff); /* no more bits than asked for */
    board_free(&b);
}
END_TEST

START_TEST(ranges_do_not_overlap)
{
    struct board b;
    board_init(&b);
    board_add(&b, echo_new(&b, &page), 0x1000);
    struct device *second = echo_new(&b, &page);
    bus_add_device(&b.bus, second);
    ck_assert_int_eq(bus_map_window(&b.bus, second, &page, 0x1800), -1);
    ck_assert_int_eq(bus_map_window(&b.bus, second, &page, 0x800), -1);
    ck_assert_int_eq(bus_map_window(&b.bus, second, &page, BOARD_RAM + 0x1000), -1);
    ck_assert_ptr_null(bus_add_memory(&b.bus, "rom", 0, 0x2000, false));
    ck_assert_ptr_null(bus_add_memory(&b.bus, "rom", 0x1000, 0x1000, false));
    ck_assert_ptr_null(bus_add_memory(&b.bus, "none", 0x5000, 0, false));
    ck_assert_int_eq(bus_map_window(&b.bus, second, &page, 0x2000), 0);
    board_free(&b);
}
END_TEST

START_TEST(a_window_moves_and_goes)
{
    static const struct dev_regs other = {.size = 0x100, .read = echo_read, .write = echo_write};
    struct board b;
    board_init(&b);
    struct device *dev = board_add(&b, echo_new(&b, &small), 0x2000);
    board_add(&b, echo_new(&b, &small), 0x3000);
    ck_assert_int_eq(bus_map_window(&b.bus, dev, &other, 0x1000), 0); /* a second one */
    ck_assert_int_eq(bus_map_window(&b.bus, dev, &small, 0x4000), 0);
    ck_assert(refuses(&b, 0x2000, 4));
    ck_assert_uint_eq(rd(&b, 0x4004, 4), 0xfffffffb);
    ck_assert_uint_eq(rd(&b, 0x1000, 4), 0xffffffff);
    ck_assert_int_eq(bus_map_window(&b.bus, dev, &small, 0x4080), 0); /* over itself */
    ck_assert(refuses(&b, 0x4000, 4));
    ck_assert_int_eq(bus_map_window(&b.bus, dev, &small, 0x3080), -1);
    ck_assert(refuses(&b, 0x4080, 4)); /* it answers nowhere now */
    ck_assert_uint_eq(rd(&b, 0x3080, 4), 0xffffff7f);
    bus_unmap_window(&b.bus, dev, &other);
    bus_unmap_window(&b.bus, dev, &other);
    ck_assert(refuses(&b, 0x1000, 4));
    ck_assert_uint_eq(b.bus.num_windows, 1);
    ck_assert_int_eq(bus_map_window(&b.bus, dev, &small, 0x2000), 0);
    ck_assert_uint_eq(rd(&b, 0x2000, 4), 0xffffffff);
    board_free(&b);
}
END_TEST

START_TEST(memory_is_found_whole_or_not_at_all)
{
    struct board b;
    board_init(&b);
    struct mem_region *rom = bus_add_memory(&b.bus, "rom", 0x1000, 0x1000, false);
    ck_assert_ptr_eq(bus_find_memory(&b.bus, 0x1000, 0x1000), rom);
    ck_assert_ptr_null(bus_find_memory(&b.bus, 0x1001, 0x1000));
    ck_assert_ptr_nonnull(bus_find_memory(&b.bus, BOARD_RAM + BOARD_RAM_SIZE - 8, 8));
    ck_assert_ptr_null(bus_find_memory(&b.bus, BOARD_RAM + BOARD_RAM_SIZE - 7, 8));
    ck_assert_ptr_null(bus_find_memory(&b.bus, BOARD_RAM - 1, 8));
    ck_assert_ptr_null(bus_find_memory(&b.bus, BOARD_RAM, ~0ull));
    ck_assert_ptr_null(bus_find_memory(&b.bus, ~0ull - 3, 8));
    board_free(&b);
}
END_TEST

START_TEST(an_empty_bus_holds_nothing)
{
    struct bus bus;
    bus_init(&bus);
    ck_assert_ptr_null(bus_find_memory(&bus, 0, 0));
    ck_assert_ptr_null(bus_find_memory(&bus, 0, 1));
    ck_assert_ptr_null(bus_find_device(&bus, 0, 1));
    bus_free(&bus);
}
END_TEST

/* What a host bridge forwards: windows and memory come first. */
START_TEST(behind_other_windows_a_device_answers_where_none_is)
{
    struct board b;
    board_init(&b);
    struct device *bridge = board_add(&b, echo_new(&b, &small), 0x500);
    ck_assert_int_eq(bus_map_behind(&b.bus, bridge, &page, 0x1000, 0x4000), 0);
    struct device *dev = board_add(&b, echo_new(&b, &small), 0x2000);
    ck_assert_uint_eq(rd(&b, 0x2001, 1), 0xfe); /* offsets are those of who answers */
    ck_assert_uint_eq(rd(&b, 0x2100, 2), 0xffff - 0x1100);
    ck_assert_uint_eq(rd(&b, 0x4ff8, 8), ~0ull - 0x3ff8);
    ck_assert(refuses(&b, 0x5000, 1));
    ck_assert(refuses(&b, 0xfff, 1));
    ck_assert_int_eq(bus_map_window(&b.bus, dev, &small, 0x3000), 0);
    ck_assert_uint_eq(rd(&b, 0x2001, 1), 0xfe); /* 0xff - 0x1001 */
    ck_assert_uint_eq(rd(&b, 0x2000, 2), 0xffff - 0x1000);
    ck_assert_ptr_eq(bus_find_device(&b.bus, 0x3000, 4)->dev, dev);
    for (u32 i = 1; i < ARRAY_LEN(b.bus.behind); i++)
        ck_assert_int_eq(bus_map_behind(&b.bus, bridge, &page, i << 20, 1), 0);
    ck_assert_int_ne(bus_map_behind(&b.bus, bridge, &page, 5 << 20, 1), 0);
    board_free(&b);
}
END_TEST

START_TEST(dma_copies_all_or_nothing)
{
    struct board b;
    u8 in[16], out[16] = {0};
    board_init(&b);
    memset(in, 0xa5, sizeof(in));
    ck_assert_int_eq(bus_copy_to(&b.bus, BOARD_RAM + 4, in, 16), 0);
    ck_assert_int_eq(bus_copy_from(&b.bus, BOARD_RAM + 4, out, 16), 0);
    ck_assert_mem_eq(in, out, 16);
    u64 end = BOARD_RAM + BOARD_RAM_SIZE;
    ck_assert_int_eq(bus_copy_to(&b.bus, end - 8, in, 16), -1);
    ck_assert_int_eq(bus_copy_from(&b.bus, end - 8, out, 8), 0);
    ck_assert_uint_eq(out[0], 0);
    ck_assert_int_eq(bus_copy_from(&b.bus, end, out, 1), -1);
    bus_add_memory(&b.bus, "rom", 0x1000, 0x1000, false);
    ck_assert_int_eq(bus_copy_to(&b.bus, 0x1000, in, 1), -1);
    board_free(&b);
}
END_TEST

/* What the bus has told of. */
struct told {
    u64 page[8];
    u32 pages, writes;
};

static void on_code(void *ctx, u64 number)
{
    struct told *t = ctx;
    ck_assert_uint_lt(t->pages, ARRAY_LEN(t->page));
    t->page[t->pages++] = number;
}

static void on_dma(void *ctx)
{
    ((struct told *)ctx)->writes++;
}

START_TEST(dma_into_decoded_code_is_told_once_a_page)
{
    struct board b;
    struct told told = {0};
    u8 data[0x2000] = {0};
    board_init(&b);
    b.bus.listener = (struct bus_listener){.ctx = &told, .overwritten = on_code, .dma = on_dma};
    struct mem_region *ram = &b.bus.region[0];
    ck_assert(bus_note_code(ram, BOARD_RAM + 0x1f00, 0x100));
    ck_assert(bus_note_code(ram, BOARD_RAM + 0x2000, 2));
    ck_assert(bus_note_code(ram, BOARD_RAM + 0x4000, 0x1000));
    bus_copy_to(&b.bus, BOARD_RAM + 0x1ff8, data, 0x1000);
    ck_assert_uint_eq(told.pages, 2);
    ck_assert_uint_eq(told.page[0], (BOARD_RAM >> 12) + 1);
    ck_assert_uint_eq(told.page[1], (BOARD_RAM >> 12) + 2);
    ck_assert_uint_eq(ram->page_flags[1], 0);
    ck_assert_uint_eq(ram->page_flags[4], PAGE_CODE);
    bus_copy_to(&b.bus, BOARD_RAM + 0x1ff8, data, 0x1000);
    ck_assert_uint_eq(told.pages, 2);
    ck_assert_uint_eq(told.writes, 2);
    board_free(&b);
}
END_TEST

START_TEST(stores_beside_decoded_code_are_not_told)
{
    struct board b;
    board_init(&b);
    struct mem_region *ram = &b.bus.region[0];
    ck_assert(bus_note_code(ram, BOARD_RAM + 0x10fe, 4)); /* on two lines of 64 bytes */
    ck_assert(!bus_note_code(ram, BOARD_RAM + 0x1ffe, 2));
    ck_assert(!bus_note_write(&b.bus, ram, BOARD_RAM + 0x10bf, 1));
    ck_assert(!bus_note_write(&b.bus, ram, BOARD_RAM + 0x1140, 0x1fbf - 0x1140 + 1));
    ck_assert(!bus_note_write(&b.bus, ram, BOARD_RAM + 0xff8, 8));
    ck_assert(!bus_note_write(&b.bus, ram, BOARD_RAM + 0x2000, 8));
    ck_assert_uint_eq(ram->page_flags[1], PAGE_CODE);
    ck_assert(bus_note_write(&b.bus, ram, BOARD_RAM + 0x10bf, 2));
    ck_assert_uint_eq(ram->page_flags[1], 0);
    ck_assert(bus_note_code(ram, BOARD_RAM + 0x1100, 4));
    ck_assert(
        !bus_note_write(&b.bus, ram, BOARD_RAM + 0x10bf, 2)); /* the old lines are forgotten */
    board_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bus");
    TCase *t = tcase_create("bus");
    tcase_add_test(t, a_device_answers_in_its_window_only);
    tcase_add_test(t, a_misaligned_or_odd_sized_access_faults);
    tcase_add_test(t, ranges_do_not_overlap);
    tcase_add_test(t, a_window_moves_and_goes);
    tcase_add_test(t, memory_is_found_whole_or_not_at_all);
    tcase_add_test(t, an_empty_bus_holds_nothing);
    tcase_add_test(t, behind_other_windows_a_device_answers_where_none_is);
    tcase_add_test(t, dma_copies_all_or_nothing);
    tcase_add_test(t, dma_into_decoded_code_is_told_once_a_page);
    tcase_add_test(t, stores_beside_decoded_code_are_not_told);
    suite_add_tcase(s, t);
    return run_suite(s);
}
