/* Flash memory with the common flash interface: commands of Intel's set, each chip's answer in half
 * a word, and what comes into the file. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "devices_board.h"

#define FLASH 0x22000000ull
enum { BLOCK = 256 << 10, FILE_SIZE = 3 * BLOCK, READY = 0x00800080 };
enum { ARRAY = 0xff, STATUS = 0x70, CLEAR = 0x50, ID = 0x90, QUERY = 0x98 };
enum { PROGRAM = 0x40, BUFFER = 0xe8, ERASE = 0x20, CONFIRM = 0xd0 };

static struct board b;
static struct device *flash;
static char path[64];
static int fd;

static void open_with(const char *options)
{
    char spec[128];
    snprintf(spec, sizeof spec, "%s%s", path, options);
    board_init(&b);
    b.args.spec = spec;
    flash = board_make(&b, pflash_new, FLASH);
}

static void setup(void)
{
    u8 block[4096];
    strcpy(path, "/tmp/hextant-flash-XXXXXX");
    fd = mkstemp(path);
    for (u32 i = 0; i < FILE_SIZE / sizeof block; i++) {
        memset(block, (int)i, sizeof block);
        ck_assert_int_eq(write(fd, block, sizeof block), sizeof block);
    }
    open_with("");
}

static void teardown(void)
{
    board_free(&b);
    close(fd);
    unlink(path);
}

static void reopen(const char *options)
{
    board_free(&b);
    open_with(options);
}

/* The same command to both chips. */
static void tell(u64 offset, u32 code)
{
    wr(&b, FLASH + offset, 4, code << 16 | code);
}

static u32 word(u64 offset)
{
    return (u32)rd(&b, FLASH + offset, 4);
}

static u32 status(void)
{
    tell(0, STATUS);
    u32 v = word(0);
    tell(0, CLEAR);
    tell(0, ARRAY);
    return v;
}

static u8 file_byte(off_t at)
{
    u8 v = 0;
    ck_assert_int_eq(pread(fd, &v, 1, at), 1);
    return v;
}

START_TEST(the_array_is_the_file_and_beyond_it_ones)
{
    ck_assert_uint_eq(rd(&b, FLASH + 0x5000, 8), 0x0505050505050505);
    ck_assert_uint_eq(rd(&b, FLASH + 0x5fff, 1), 5);
    ck_assert_uint_eq(rd(&b, FLASH + FILE_SIZE - 2, 2), 0xbfbf);
    ck_assert_uint_eq(rd(&b, FLASH + FILE_SIZE, 8), ~0ull);
    ck_assert_uint_eq(rd(&b, FLASH + (32 << 20) - 4, 4), 0xffffffff);
    ck_assert(refuses(&b, FLASH + (32 << 20), 4));
}
END_TEST

START_TEST(chips_say_what_they_are)
{
    static const struct {
        u32 at, value;
    } table[] = {{0x10, 'Q'}, {0x11, 'R'}, {0x12, 'Y'}, {0x13, 1},   {0x14, 0},   {0x15, 0x31},
                 {0x27, 24},  {0x28, 1},   {0x2a, 10},  {0x2b, 0},   {0x2c, 1},   {0x2d, 127},
                 {0x2e, 0},   {0x2f, 0},   {0x30, 2},   {0x31, 'P'}, {0x32, 'R'}, {0x33, 'I'},
                 {0x34, '1'}, {0x35, '0'}, {0x0f, 0},   {0x100, 0}};
    tell(0x55 * 4, QUERY);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        ck_assert_uint_eq(word(4 * table[i].at), table[i].value * 0x10001);
    ck_assert_uint_eq(rd(&b, FLASH + 4 * 0x11 + 2, 2), 'R');
    tell(0, ID);
    ck_assert_uint_eq(word(0), 0x00890089);
    ck_assert_uint_eq(word(4), 0x00180018);
    tell(0, ARRAY);
    ck_assert_uint_eq(word(0x1000), 0x01010101);
}
END_TEST

START_TEST(programming_clears_bits_and_is_in_the_file_at_once)
{
    tell(0x7000, PROGRAM);
    wr(&b, FLASH + 0x7000, 4, 0xfefdfcfb);
    ck_assert_uint_eq(word(0), READY); /* it shows the status until told otherwise */
    tell(0, ARRAY);
    ck_assert_uint_eq(word(0x7000), 0x07070707 & 0xfefdfcfb);
    ck_assert_uint_eq(file_byte(0x7000), 0x07 & 0xfb);
    ck_assert_uint_eq(word(0x7004), 0x07070707);
    tell(0x7000, 0x10); /* the other command for it */
    wr(&b, FLASH + 0x7001, 1, 0);
    tell(0, ARRAY);
    ck_assert_uint_eq(rd(&b, FLASH + 0x7001, 1), 0);
}
END_TEST

START_TEST(erasing_a_block_makes_it_ones)
{
    tell(BLOCK + 0x1234 * 4, ERASE);
    tell(BLOCK, CONFIRM);
    ck_assert_uint_eq(status(), READY);
    ck_assert_uint_eq(word(BLOCK), 0xffffffff);
    ck_assert_uint_eq(file_byte(2 * BLOCK - 1), 0xff);
    ck_assert_uint_eq(file_byte(BLOCK - 1), 0x3f);
    ck_assert_uint_eq(file_byte(2 * BLOCK), 0x80);
    tell(0, ERASE);
    tell(0, ARRAY); /* no confirmation */
    ck_assert_uint_eq(status(), 0x00b000b0);
    ck_assert_uint_eq(file_byte(0x1000), 1);
}
END_TEST

static void fill(u64 at, u32 words)
{
    tell(at, BUFFER);
    ck_assert_uint_eq(word(at), READY);
    tell(at, words - 1);
    for (u32 i = 0; i < words; i++)
        wr(&b, FLASH + at + 4 * i, 4, 0x01010101 * (i & 3));
}

START_TEST(a_buffer_is_programmed_when_it_is_confirmed)
{
    tell(2 * BLOCK, ERASE);
    tell(2 * BLOCK, CONFIRM);
    fill(2 * BLOCK + 0x40, 512);
    ck_assert_uint_eq(file_byte(2 * BLOCK + 0x40), 0xff);
    tell(2 * BLOCK, CONFIRM);
    ck_assert_uint_eq(status(), READY);
    for (u32 i = 0; i < 512; i++)
        ck_assert_uint_eq(word(2 * BLOCK + 0x40 + 4 * i), 0x01010101 * (i & 3));
    ck_assert_uint_eq(word(2 * BLOCK + 0x3c), 0xffffffff);
    ck_assert_uint_eq(word(2 * BLOCK + 0x840), 0xffffffff);
}
END_TEST

START_TEST(a_buffer_that_is_not_confirmed_or_too_large_is_an_error)
{
    fill(0x100, 2);
    tell(0x100, ARRAY);
    ck_assert_uint_eq(status(), 0x00900090);
    fill(0x100, 513);
    tell(0x100, CONFIRM);
    ck_assert_uint_eq(status(), 0x00900090);
    fill(BLOCK - 4, 2); /* into the next block */
    tell(0, CONFIRM);
    ck_assert_uint_eq(status(), 0x00900090);
    tell(0x200, BUFFER); /* the second word before the first */
    tell(0x200, 1);
    wr(&b, FLASH + 0x200, 4, 0);
    wr(&b, FLASH + 0x1fe, 2, 0);
    tell(0x200, CONFIRM);
    ck_assert_uint_eq(status(), 0x00900090);
    ck_assert_uint_eq(file_byte(0x100), 0);
    ck_assert_uint_eq(file_byte(BLOCK - 4), 0x3f);
    ck_assert_uint_eq(status(), READY);
}
END_TEST

START_TEST(a_read_only_file_is_protected)
{
    reopen(",ro");
    tell(0x7000, PROGRAM);
    wr(&b, FLASH + 0x7000, 4, 0);
    ck_assert_uint_eq(status(), 0x00920092);
    tell(BLOCK, ERASE);
    tell(BLOCK, CONFIRM);
    ck_assert_uint_eq(status(), 0x00a200a2);
    ck_assert_uint_eq(word(0x7000), 0x07070707);
}
END_TEST

START_TEST(with_a_snapshot_the_file_stays)
{
    reopen(",snapshot=on");
    tell(0x7000, PROGRAM);
    wr(&b, FLASH + 0x7000, 4, 0);
    tell(0, ARRAY);
    ck_assert_uint_eq(word(0x7000), 0);
    ck_assert_uint_eq(file_byte(0x7000), 7);
}
END_TEST

START_TEST(reset_leaves_every_command)
{
    fill(0x100, 2);
    bus_reset(&b.bus);
    ck_assert_uint_eq(word(0x1000), 0x01010101);
    ck_assert_uint_eq(status(), READY);
    tell(0x100, CONFIRM); /* nothing to confirm */
    ck_assert_uint_eq(file_byte(0x104), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pflash");
    TCase *t = tcase_create("pflash");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_array_is_the_file_and_beyond_it_ones);
    tcase_add_test(t, chips_say_what_they_are);
    tcase_add_test(t, programming_clears_bits_and_is_in_the_file_at_once);
    tcase_add_test(t, erasing_a_block_makes_it_ones);
    tcase_add_test(t, a_buffer_is_programmed_when_it_is_confirmed);
    tcase_add_test(t, a_buffer_that_is_not_confirmed_or_too_large_is_an_error);
    tcase_add_test(t, a_read_only_file_is_protected);
    tcase_add_test(t, with_a_snapshot_the_file_stays);
    tcase_add_test(t, reset_leaves_every_command);
    suite_add_tcase(s, t);
    return run_suite(s);
}
