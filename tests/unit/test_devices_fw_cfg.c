/* fw_cfg: items by key, read through the data register and by DMA. */
#include "devices_board.h"

#define FW_CFG  0x10100000ull
#define REQUEST BOARD_RAM
#define BUFFER  (BOARD_RAM + 0x1000)
enum { SIGNATURE = 0, ID = 1, RAM_SIZE = 3, CPUS = 5, DIR = 0x19 };
enum { ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

static struct board b;

static void setup(void)
{
    board_init(&b);
    b.args.harts = 3;
    b.args.ram = 0x12345000;
    board_make(&b, fw_cfg_new, FW_CFG);
}

static void teardown(void)
{
    board_free(&b);
}

static void choose(u16 key)
{
    wr(&b, FW_CFG + 8, 2, __builtin_bswap16(key));
}

START_TEST(items_are_read_byte_by_byte_and_end_with_zeroes)
{
    choose(SIGNATURE);
    ck_assert_uint_eq(rd(&b, FW_CFG, 1), 'Q');
    ck_assert_uint_eq(rd(&b, FW_CFG, 1), 'E');
    ck_assert_uint_eq(rd(&b, FW_CFG, 2), 'M' | 'U' << 8);
    ck_assert_uint_eq(rd(&b, FW_CFG, 8), 0);
    choose(SIGNATURE); /* again from the beginning */
    ck_assert_uint_eq(rd(&b, FW_CFG, 8), 0x554d4551);
    choose(ID);
    ck_assert_uint_eq(rd(&b, FW_CFG, 4), 3); /* registers and DMA */
    choose(RAM_SIZE);
    ck_assert_uint_eq(rd(&b, FW_CFG, 8), 0x12345000);
    choose(CPUS);
    ck_assert_uint_eq(rd(&b, FW_CFG, 2), 3);
    choose(DIR);
    ck_assert_uint_eq(rd(&b, FW_CFG, 4), 0); /* no files */
    choose(0x1234);
    ck_assert_uint_eq(rd(&b, FW_CFG, 8), 0);
}
END_TEST

/* A request at REQUEST; what its control word says afterwards. */
static u32 dma(u32 control, u32 length, u64 address)
{
    struct {
        u32 control, length;
        u64 address;
    } r = {__builtin_bswap32(control), __builtin_bswap32(length), __builtin_bswap64(address)};
    ck_assert_int_eq(bus_copy_to(&b.bus, REQUEST, &r, sizeof r), 0);
    wr(&b, FW_CFG + 16, 8, __builtin_bswap64(REQUEST));
    ck_assert_int_eq(bus_copy_from(&b.bus, REQUEST, &r, sizeof r), 0);
    return __builtin_bswap32(r.control);
}

static u64 buffer(void)
{
    u64 v, pattern = ~0ull;
    ck_assert_int_eq(bus_copy_from(&b.bus, BUFFER, &v, 8), 0);
    ck_assert_int_eq(bus_copy_to(&b.bus, BUFFER, &pattern, 8), 0);
    return v;
}

START_TEST(dma_says_that_it_is_there)
{
    ck_assert_uint_eq(rd(&b, FW_CFG + 16, 8), 0x4746432055 << 24 | 0x4d4551);
    ck_assert_uint_eq(rd(&b, FW_CFG + 20, 4), 0x47464320);
}
END_TEST

START_TEST(dma_selects_reads_and_skips)
{
    buffer();
    ck_assert_uint_eq(dma(SIGNATURE << 16 | SELECT | READ, 4, BUFFER), 0);
    ck_assert_uint_eq(buffer(), 0xffffffff554d4551);
    ck_assert_uint_eq(dma(RAM_SIZE << 16 | SELECT | SKIP, 1, 0), 0);
    ck_assert_uint_eq(dma(READ, 2, BUFFER), 0);
    ck_assert_uint_eq(buffer(), 0xffffffffffff3450);
    ck_assert_uint_eq(dma(READ, 8, BUFFER), 0); /* beyond the end: zeroes */
    ck_assert_uint_eq(buffer(), 0x12);
    ck_assert_uint_eq(dma(SIGNATURE << 16 | SELECT, 0, 0), 0);
    ck_assert_uint_eq(rd(&b, FW_CFG, 1), 'Q');
}
END_TEST

START_TEST(an_address_may_come_in_two_halves)
{
    u32 request[4] = {__builtin_bswap32(SIGNATURE << 16 | SELECT | READ), __builtin_bswap32(4)};
    u64 to = __builtin_bswap64(BUFFER);
    memcpy(request + 2, &to, 8);
    ck_assert_int_eq(bus_copy_to(&b.bus, REQUEST, request, sizeof request), 0);
    wr(&b, FW_CFG + 16, 4, 0);
    wr(&b, FW_CFG + 20, 4, __builtin_bswap32((u32)REQUEST));
    ck_assert_uint_eq(buffer() & 0xffffffff, 0x554d4551);
}
END_TEST

START_TEST(what_cannot_be_done_is_an_error)
{
    ck_assert_uint_eq(dma(SIGNATURE << 16 | SELECT | WRITE, 4, BUFFER), ERROR);
    ck_assert_uint_eq(dma(SIGNATURE << 16 | SELECT | READ, 4, 0x1000), ERROR); /* no memory */
    ck_assert_uint_eq(dma(READ, 0xffffffff, BUFFER), ERROR);
    wr(&b, FW_CFG + 16, 8, __builtin_bswap64(0x1000)); /* nobody to tell */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fw_cfg");
    TCase *t = tcase_create("fw_cfg");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, items_are_read_byte_by_byte_and_end_with_zeroes);
    tcase_add_test(t, dma_says_that_it_is_there);
    tcase_add_test(t, dma_selects_reads_and_skips);
    tcase_add_test(t, an_address_may_come_in_two_halves);
    tcase_add_test(t, what_cannot_be_done_is_an_error);
    suite_add_tcase(s, t);
    return run_suite(s);
}
