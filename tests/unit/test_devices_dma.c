/* DMA: whoever stands between a device and memory moves it and refuses it, by the device's
 * requester id; what is refused stops a virtio device (virtio 1.2, section 2.1.2) and nothing else.
 */
#include <fcntl.h>
#include <unistd.h>

#include "devices/dma.h"
#include "virtio_driver.h"

/* Devices see memory this much higher, and only `shown` bytes of it. */
#define SHIFT 0x1000000000ull

enum { PAGE = 0x1000, BLK_IN = 0, BLK_OUT = 1 };

static struct board b;
static struct driver d;
static u64 shown;
static u32 wanted;   /* the requester that is served */
static u32 patience; /* accesses until all are refused */

static int translate(void *board, const struct device *dev, struct dma_access *a)
{
    ck_assert_ptr_eq(board, &b);
    u64 offset = a->iova - SHIFT - BOARD_RAM, left = PAGE - offset % PAGE;
    if (dev->requester != wanted || offset >= shown || patience == 0)
        return -1;
    patience--;
    a->pa = a->iova - SHIFT;
    a->len = a->len < left ? a->len : left; /* page by page */
    return 0;
}

static void setup(void)
{
    board_init(&b);
    b.env.translate = translate;
    shown = BOARD_RAM_SIZE;
    patience = UINT32_MAX;
    wanted = 0; /* the first device */
}

static void teardown(void)
{
    board_free(&b);
}

/* Sets up a queue as setup_queue() does, at the addresses that the device sees. */
static void shift_queue(u32 q)
{
    vput(&d, 0x30, q);
    vput(&d, 0x44, 0);
    vput(&d, 0x84, (DESC(q) + SHIFT) >> 32);
    vput(&d, 0x94, (AVAIL(q) + SHIFT) >> 32);
    vput(&d, 0xa4, (USED(q) + SHIFT) >> 32);
    vput(&d, 0x44, 1);
}

static void start_shifted(u32 queues)
{
    start(&d, VIRTIO_F_VERSION_1, queues);
    for (u32 q = 0; q < queues; q++)
        shift_queue(q);
}

static void buffer(u32 q, u32 i, u64 pa, u32 len, u16 flags)
{
    set_desc(&d, q, i, (struct desc){pa + SHIFT, len, flags, (u16)(i + 1)});
}

START_TEST(copies_are_cut_where_translations_end)
{
    static u8 in[3 * PAGE], out[3 * PAGE];
    driver_init(&d, &b, virtio_rng_new, NULL);
    for (u32 i = 0; i < sizeof(in); i++)
        in[i] = (u8)(i * 7 + i / PAGE);
    u64 at = BOARD_RAM + PAGE / 2;
    ck_assert_int_eq(dma_write(d.dev, at + SHIFT, in, sizeof(in)), 0);
    mem_get(&d, at, out, sizeof(out));
    ck_assert_mem_eq(in, out, sizeof(in));
    memset(out, 0, sizeof(out));
    ck_assert_int_eq(dma_read(d.dev, at + SHIFT, out, sizeof(out)), 0);
    ck_assert_mem_eq(in, out, sizeof(in));
}
END_TEST

START_TEST(a_copy_that_is_refused_in_part_is_refused)
{
    static const u8 in[2 * PAGE] = {1};
    u8 byte = 0;
    driver_init(&d, &b, virtio_rng_new, NULL);
    shown = PAGE;
    ck_assert_int_eq(dma_write(d.dev, BOARD_RAM + SHIFT, in, sizeof(in)), -1);
    ck_assert_int_eq(dma_check(d.dev, BOARD_RAM + SHIFT, sizeof(in), DMA_FROM_MEMORY), -1);
    ck_assert_int_eq(dma_check(d.dev, BOARD_RAM + SHIFT, PAGE, DMA_FROM_MEMORY), 0);
    mem_get(&d, BOARD_RAM, &byte, 1);
    ck_assert_uint_eq(byte, 0);                                 /* nothing was copied */
    ck_assert_int_eq(dma_read(d.dev, BOARD_RAM, &byte, 1), -1); /* a physical address is no iova */
}
END_TEST

START_TEST(a_device_works_at_addresses_of_its_own)
{
    u8 bytes[2 * PAGE], zero[2 * PAGE] = {0};
    driver_init(&d, &b, virtio_rng_new, NULL);
    start_shifted(1);
    mem_put(&d, BUFFERS, zero, sizeof(zero));
    buffer(0, 0, BUFFERS + 16, PAGE, D_WRITE); /* on two pages */
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), PAGE);
    mem_get(&d, BUFFERS, bytes, sizeof(bytes));
    ck_assert_mem_eq(bytes, zero, 16);
    for (u32 i = 0; i < PAGE; i += 64)
        ck_assert_mem_ne(bytes + 16 + i, zero, 16);
    ck_assert_mem_eq(bytes + 16 + PAGE, zero, PAGE - 16);
    ck_assert_uint_eq(virq(&d), 1);
}
END_TEST

START_TEST(a_requester_that_is_not_known_reaches_nothing)
{
    driver_init(&d, &b, virtio_rng_new, NULL);
    start_shifted(1);
    wanted = d.dev->requester + 1;
    buffer(0, 0, BUFFERS, 8, D_WRITE);
    kick(&d, 0, 0);
    ck_assert_uint_eq(vget(&d, VSTATUS) & NEEDS_RESET, NEEDS_RESET);
    ck_assert_uint_eq(used_idx(&d, 0), 0);
    wanted = d.dev->requester; /* after a reset it works again */
    start_shifted(1);
    buffer(0, 0, BUFFERS, 8, D_WRITE);
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), 8);
}
END_TEST

/* A request for each device: a header and a buffer on three pages, then one to answer in. */
static const struct {
    virtio_make *make;
    const char *spec;
    u32 queues, queue; /* how many there are; whose the request is */
    u16 head, way;     /* first descriptor; direction of the buffer */
} request[] = {
    {virtio_rng_new, NULL, 1, 0, 1, D_WRITE}, {virtio_blk_new, "", 1, 0, 0, D_WRITE},
    {virtio_blk_new, "", 1, 0, 0, 0},         {virtio_9p_new, "/tmp,ro", 1, 0, 0, D_WRITE},
    {virtio_console_new, NULL, 2, 1, 1, 0},   {virtio_net_new, "user,restrict=on", 2, 1, 1, 0},
};

static void submit(u32 i)
{
    static const u8 version[] = "\x15\0\0\0\x64\0\0\0\x20\0\0\x08\0"
                                "9P2000.L";
    u32 header[4] = {request[i].way ? BLK_IN : BLK_OUT}, q = request[i].queue, len = sizeof(header);
    mem_put(&d, BUFFERS, header, len);
    if (request[i].make == virtio_9p_new) {
        len = sizeof(version) - 1;
        mem_put(&d, BUFFERS, version, len);
    }
    buffer(q, 0, BUFFERS, len, D_NEXT);
    buffer(q, 1, BUFFERS + PAGE + 16, 1024 + PAGE, (u16)(D_NEXT | request[i].way));
    buffer(q, 2, BUFFERS + 4 * PAGE, 1024 + 1, D_WRITE);
    kick(&d, q, request[i].head);
}

/* However late an access is refused, the device stops, and does not crash. */
START_TEST(a_device_stops_at_the_access_that_is_refused)
{
    char disk[] = "/tmp/hextant-dma-XXXXXX";
    const char *spec = request[_i].spec;
    int fd = mkstemp(disk), screen[2];
    u32 needed = 0, q = request[_i].queue;
    ck_assert_int_eq(ftruncate(fd, 1 << 16), 0);
    ck_assert_int_eq(pipe(screen), 0);
    b.args.terminal = chardev_from_fds(-1, screen[1]);
    driver_init(&d, &b, request[_i].make, spec && !*spec ? disk : spec);
    for (;; needed++) {
        start_shifted(request[_i].queues);
        patience = needed;
        submit((u32)_i);
        if (b.deadline[d.dev->id] != UINT64_MAX) /* the disk has its time */
            board_run_to(&b, b.deadline[d.dev->id]);
        patience = UINT32_MAX;
        if (!(vget(&d, VSTATUS) & NEEDS_RESET))
            break;
        ck_assert_uint_le(used_idx(&d, q), 1); /* the look for the next request was refused */
        ck_assert_uint_lt(needed, 100);
    }
    ck_assert_uint_gt(needed, 8); /* rings, descriptors and every page of the buffers */
    ck_assert_uint_eq(used_idx(&d, q), 1);
    chardev_close(b.args.terminal);
    close(screen[0]), close(fd), unlink(disk);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dma");
    TCase *t = tcase_create("dma");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, copies_are_cut_where_translations_end);
    tcase_add_test(t, a_copy_that_is_refused_in_part_is_refused);
    tcase_add_test(t, a_device_works_at_addresses_of_its_own);
    tcase_add_test(t, a_requester_that_is_not_known_reaches_nothing);
    tcase_add_loop_test(t, a_device_stops_at_the_access_that_is_refused, 0, ARRAY_LEN(request));
    suite_add_tcase(s, t);
    return run_suite(s);
}
