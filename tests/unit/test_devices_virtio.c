/* The virtio block and console devices. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "common/owner.h"
#include "slow_host.h"
#include "virtio_driver.h"

static struct board b;
static struct driver d;
static char path[64];
static int fd;

enum { SECTORS = 300, BLK_IN = 0, BLK_OUT = 1, BLK_FLUSH = 4, BLK_ID = 8 };

#define HEADER BUFFERS
#define DATA   (BUFFERS + 0x1000)
#define STATUS (BUFFERS + 0x800)

static u32 syncs;
static bool sync_fails;

/* The host's, so that a test sees what is asked for, and how long it takes. */
int fdatasync(int file)
{
    (void)file;
    slow_host_call();
    syncs++;
    errno = EIO;
    return sync_fails ? -1 : 0;
}

ssize_t preadv2(int file, const struct iovec *to, int count, off_t offset, int flags)
{
    errno = EAGAIN;
    return slow ? -1 : syscall(SYS_preadv2, file, to, count, offset, 0, flags);
}

ssize_t pread(int file, void *to, size_t len, off_t offset)
{
    slow_host_call();
    return syscall(SYS_pread64, file, to, len, offset);
}

ssize_t pwrite(int file, const void *from, size_t len, off_t offset)
{
    slow_host_call();
    return syscall(SYS_pwrite64, file, from, len, offset);
}

static void setup(void)
{
    syncs = 0;
    sync_fails = false;
    slow_host_init();
    board_init(&b);
    d = (struct driver){.b = &b};
    strcpy(path, "/tmp/hextant-disk-XXXXXX");
    fd = mkstemp(path);
    for (u32 i = 0; i < SECTORS; i++) {
        u8 sector[512];
        memset(sector, (int)i, sizeof(sector));
        ck_assert_int_eq(write(fd, sector, sizeof(sector)), 512);
    }
}

static void teardown(void)
{
    board_free(&b);
    close(fd);
    unlink(path);
}

static struct virtio *try_blk(const char *options)
{
    char spec[128];
    snprintf(spec, sizeof(spec), "%s%s", path, options);
    return virtio_try(&b, virtio_blk_new, spec);
}

static void add_blk(const char *options)
{
    struct virtio *v = try_blk(options);
    ck_assert_msg(v != NULL, "%s", b.err.text);
    driver_carry(&d, &b, v, &dialect);
    start(&d, VIRTIO_F_VERSION_1, 1);
}

/* A request with `len` bytes of data, and its status byte; 0xff: it goes on later. */
static u8 request(u32 type, u64 sector, u32 len)
{
    u8 header[16] = {0}, status = 0xff;
    bool in = type != BLK_OUT;
    memcpy(header, &type, 4);
    memcpy(header + 8, &sector, 8);
    mem_put(&d, HEADER, header, 16);
    mem_put(&d, STATUS, &status, 1);
    set_desc(&d, 0, 0, (struct desc){HEADER, 16, D_NEXT, len ? 1 : 2});
    set_desc(&d, 0, 1, (struct desc){DATA, len, (u16)(D_NEXT | (in ? D_WRITE : 0)), 2});
    set_desc(&d, 0, 2, (struct desc){STATUS, 1, D_WRITE, 0});
    kick(&d, 0, 0);
    mem_get(&d, STATUS, &status, 1);
    return status;
}

static u8 byte_at(u64 pa)
{
    u8 v;
    mem_get(&d, pa, &v, 1);
    return v;
}

static u8 file_byte(off_t at)
{
    u8 v = 0;
    ck_assert_int_eq(pread(fd, &v, 1, at), 1);
    return v;
}

static void fill_data(u8 value, u32 len)
{
    u8 data[0x2000];
    memset(data, value, len);
    mem_put(&d, DATA, data, len);
}

START_TEST(blk_says_how_large_it_is)
{
    add_blk("");
    ck_assert_uint_eq(vconfig(&d, 0x00, 4), SECTORS);
    ck_assert_uint_eq(vconfig(&d, 0x14, 4), 512);
    ck_assert_uint_eq(vconfig(&d, 0x0c, 4), 254);
    vput(&d, VCONFIG + 0x00, 0); /* read-only */
    ck_assert_uint_eq(vconfig(&d, 0x00, 4), SECTORS);
}
END_TEST

START_TEST(blk_reads_and_writes_the_file)
{
    add_blk("");
    ck_assert_uint_eq(request(BLK_IN, 7, 1024), 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), 1025);
    ck_assert_uint_eq(byte_at(DATA), 7);
    ck_assert_uint_eq(byte_at(DATA + 1023), 8);
    fill_data(0xee, 512);
    ck_assert_uint_eq(request(BLK_OUT, 7, 512), 0);
    ck_assert_uint_eq(used_len(&d, 0, 1), 1);
    ck_assert_uint_eq(request(BLK_FLUSH, 0, 0), 0);
    ck_assert_uint_eq(file_byte(7 * 512), 0xee);
    ck_assert_uint_eq(file_byte(8 * 512), 8);
}
END_TEST

START_TEST(blk_snapshot_leaves_the_file_alone)
{
    add_blk(",snapshot=on");
    fill_data(0xee, 0x2000);
    ck_assert_uint_eq(request(BLK_OUT, 120, 0x2000), 0); /* across the end of a cluster */
    fill_data(0, 0x2000);
    ck_assert_uint_eq(request(BLK_IN, 119, 0x2000), 0);
    ck_assert_uint_eq(byte_at(DATA), 119);
    ck_assert_uint_eq(byte_at(DATA + 512), 0xee);
    ck_assert_uint_eq(byte_at(DATA + 0x1fff), 0xee);
    ck_assert_uint_eq(request(BLK_IN, 136, 512), 0);
    ck_assert_uint_eq(byte_at(DATA), 136);
    ck_assert_uint_eq(request(BLK_FLUSH, 0, 0), 0);
    ck_assert_uint_eq(file_byte(120 * 512), 120);
}
END_TEST

START_TEST(blk_read_only_refuses_writes)
{
    add_blk(",ro");
    vput(&d, 0x14, 0);
    ck_assert_uint_eq(vget(&d, 0x10) >> 5 & 1, 1);
    fill_data(0xee, 512);
    ck_assert_uint_eq(request(BLK_OUT, 7, 512), 1);
    ck_assert_uint_eq(file_byte(7 * 512), 7);
}
END_TEST

START_TEST(blk_requests_outside_the_disk_are_io_errors)
{
    add_blk("");
    ck_assert_uint_eq(request(BLK_IN, SECTORS, 512), 1);
    ck_assert_uint_eq(request(BLK_IN, SECTORS - 1, 1024), 1);
    ck_assert_uint_eq(request(BLK_OUT, ~0ull, 512), 1);
    ck_assert_uint_eq(request(BLK_OUT, 1ull << 55, 512), 1);
    ck_assert_uint_eq(request(BLK_IN, 0, 100), 1); /* not whole sectors */
    ck_assert_uint_eq(request(77, 0, 512), 2);
    ck_assert_uint_eq(request(BLK_IN, SECTORS - 1, 512), 0);
}
END_TEST

START_TEST(blk_full_disk_is_an_io_error)
{
    struct rlimit small = {100 * 512, 100 * 512};
    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    add_blk("");
    setrlimit(RLIMIT_FSIZE, &small);
    fill_data(1, 512);
    ck_assert_uint_eq(request(BLK_OUT, 200, 512), 1);
    ck_assert_uint_eq(request(BLK_OUT, 10, 512), 0);
}
END_TEST

START_TEST(blk_id_is_the_file_name)
{
    char id[21] = "";
    add_blk("");
    ck_assert_uint_eq(request(BLK_ID, 0, 20), 0);
    mem_get(&d, DATA, id, 20);
    ck_assert_int_eq(strncmp(id, path + 5, 20), 0);
}
END_TEST

START_TEST(blk_request_without_header_stops_the_device)
{
    add_blk("");
    set_desc(&d, 0, 0, (struct desc){HEADER, 15, D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){STATUS, 1, D_WRITE, 0});
    kick(&d, 0, 0);
    ck_assert_uint_eq(vget(&d, VSTATUS) & NEEDS_RESET, NEEDS_RESET);
    start(&d, VIRTIO_F_VERSION_1, 1);
    set_desc(&d, 0, 0, (struct desc){HEADER, 16, 0, 0}); /* nowhere to put the status */
    kick(&d, 0, 0);
    ck_assert_uint_eq(vget(&d, VSTATUS) & NEEDS_RESET, NEEDS_RESET);
}
END_TEST

START_TEST(blk_bad_drives_are_refused_with_the_reason)
{
    static const struct {
        const char *spec, *why;
    } bad[] = {
        {"/nowhere/disk.img", "No such file"},
        {"/tmp", "directory"},
        {"/dev/null", "neither a file"},
    };
    for (u32 i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_ptr_null(virtio_try(&b, virtio_blk_new, bad[i].spec));
        ck_assert_msg(strstr(b.err.text, bad[i].why) != NULL, "%s", b.err.text);
    }
    ck_assert_ptr_null(try_blk(",fast"));
    ck_assert_ptr_nonnull(
        strstr(b.err.text, "--drive: unknown key 'fast'; can be ro, rw, snapshot=off|on"));
    add_blk("");
    ck_assert_ptr_null(try_blk(""));
    ck_assert_ptr_nonnull(strstr(b.err.text, "in use"));
}
END_TEST

/* Another format taken for raw is a disk full of nonsense, and lost once the guest writes to it. */
START_TEST(blk_images_that_are_not_raw_are_refused)
{
    static const char *const magic[] = {
        "QFI\xfb",     "KDMV",       "vhdxfile",
        "conectix",    "QED",        "\x1f\x8b",
        "\xfd\x37zXZ", "(\xb5/\xfd", "<<< Oracle VM VirtualBox Disk Image >>>"};
    for (u32 i = 0; i < ARRAY_LEN(magic); i++) {
        ck_assert_int_eq(pwrite(fd, magic[i], strlen(magic[i]), 0), (ssize_t)strlen(magic[i]));
        ck_assert_ptr_null(try_blk(i & 1 ? "" : ",ro"));
        ck_assert_ptr_nonnull(strstr(b.err.text, "not a raw image"));
    }
    ck_assert_int_eq(pwrite(fd, "\0", 1, 0), 1);
    ck_assert_ptr_nonnull(strstr(b.err.text, "VDI"));
    add_blk("");
}
END_TEST

START_TEST(console_carries_both_directions)
{
    int in[2], out[2];
    char text[8] = "";
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    struct chardev *c = chardev_from_fds(in[0], out[1]);
    b.args.terminal = c;
    driver_init(&d, &b, virtio_console_new, NULL);
    start(&d, VIRTIO_F_VERSION_1, 2);
    mem_put(&d, DATA, "hey", 3);
    set_desc(&d, 1, 0, (struct desc){DATA, 3, 0, 0});
    kick(&d, 1, 0);
    chardev_poll(c);
    ck_assert_int_eq(read(out[0], text, sizeof(text)), 3);
    ck_assert_str_eq(text, "hey");
    ck_assert_int_eq(write(in[1], "input", 5), 5);
    chardev_poll(c);
    bus_poll(&b.bus); /* no buffer yet: it waits */
    set_desc(&d, 0, 0, (struct desc){DATA, 3, D_WRITE, 0});
    set_desc(&d, 0, 1, (struct desc){DATA + 3, 3, D_WRITE, 0});
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), 3);
    kick(&d, 0, 1);
    ck_assert_uint_eq(used_len(&d, 0, 1), 2);
    mem_get(&d, DATA, text, 5);
    ck_assert_mem_eq(text, "input", 5);
    vput(&d, VCONFIG + 0x08, '!'); /* the emergency write */
    chardev_poll(c);
    ck_assert_int_eq(read(out[0], text, sizeof(text)), 1);
    ck_assert_int_eq(text[0], '!');
    chardev_close(c);
    close(in[1]), close(out[0]);
}
END_TEST

/* A terminal of 99 columns and 33 rows; *keyboard is its other side. */
static struct chardev *new_terminal(int *keyboard)
{
    struct winsize size = {.ws_row = 33, .ws_col = 99};
    struct termios t;
    *keyboard = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(*keyboard >= 0 && grantpt(*keyboard) == 0 && unlockpt(*keyboard) == 0);
    int screen = open(ptsname(*keyboard), O_RDWR | O_NOCTTY);
    ck_assert(tcgetattr(screen, &t) == 0);
    cfmakeraw(&t);
    tcsetattr(screen, TCSANOW, &t);
    ck_assert_int_eq(ioctl(screen, TIOCSWINSZ, &size), 0);
    return chardev_from_fds(screen, screen);
}

/* The size in configuration space, after the interrupt that tells of it. */
static void expect_size(u16 columns, u16 rows)
{
    ck_assert_uint_eq(vget(&d, VISR) & 2, 2);
    ck_assert_uint_eq(vconfig(&d, 0x00, 2), columns);
    ck_assert_uint_eq(vconfig(&d, 0x02, 2), rows);
    vput(&d, VACK, 2);
}

START_TEST(console_has_the_size_of_the_terminal)
{
    enum { F_SIZE = 1 };
    int keyboard;
    struct chardev *c = new_terminal(&keyboard);
    b.args.terminal = c;
    driver_init(&d, &b, virtio_console_new, NULL);
    vput(&d, 0x14, 0);
    ck_assert_uint_eq(vget(&d, 0x10) & F_SIZE, F_SIZE);
    start(&d, VIRTIO_F_VERSION_1 | F_SIZE, 2);
    bus_poll(&b.bus);
    expect_size(99, 33); /* a driver may look only when it is told */
    bus_poll(&b.bus);
    ck_assert_uint_eq(vget(&d, VISR), 0);
    struct winsize size = {.ws_row = 50, .ws_col = 132};
    ck_assert_int_eq(ioctl(keyboard, TIOCSWINSZ, &size), 0);
    bus_poll(&b.bus);
    expect_size(132, 50);
    b.now = b.env.hz; /* output a second later: the driver's terminal is there now */
    set_desc(&d, 1, 0, (struct desc){DATA, 3, 0, 0});
    kick(&d, 1, 0);
    expect_size(132, 50);
    kick(&d, 1, 0);
    ck_assert_uint_eq(vget(&d, VISR) & 2, 0);
    chardev_close(c);
    close(keyboard);
}
END_TEST

START_TEST(console_without_a_terminal_has_no_size)
{
    struct chardev *c = chardev_from_fds(-1, -1);
    b.args.terminal = c;
    driver_init(&d, &b, virtio_console_new, NULL);
    vput(&d, 0x14, 0);
    ck_assert_uint_eq(vget(&d, 0x10) & 1, 0);
    chardev_close(c);
}
END_TEST

/* The serial port and the virtio console may share a terminal: input goes to the serial port until
 * a driver has started the console, and again when it has reset it. */
START_TEST(console_takes_the_input_of_a_shared_terminal_while_it_lives)
{
    enum { UART = 0x10000000, LSR = UART + 5 };
    int in[2];
    ck_assert_int_eq(pipe(in), 0);
    struct chardev *c = chardev_from_fds(in[0], -1);
    b.args.console = c;
    board_make(&b, uart_new, UART);
    b.args.terminal = c;
    driver_init(&d, &b, virtio_console_new, NULL);
    ck_assert_int_eq(write(in[1], "a", 1), 1);
    chardev_poll(c), bus_poll(&b.bus);
    ck_assert_uint_eq(rd(&b, UART, 1), 'a');
    start(&d, VIRTIO_F_VERSION_1, 2);
    set_desc(&d, 0, 0, (struct desc){DATA, 3, D_WRITE, 0});
    kick(&d, 0, 0);
    ck_assert_int_eq(write(in[1], "bc", 2), 2);
    chardev_poll(c), bus_poll(&b.bus);
    ck_assert_uint_eq(rd(&b, LSR, 1) & 1, 0);
    ck_assert_uint_eq(used_len(&d, 0, 0), 2);
    ck_assert_int_eq(write(in[1], "d", 1), 1); /* no buffer: it waits for one */
    chardev_poll(c), bus_poll(&b.bus);
    ck_assert_uint_eq(rd(&b, LSR, 1) & 1, 0);
    vput(&d, VSTATUS, 0);
    bus_poll(&b.bus);
    ck_assert_uint_eq(rd(&b, UART, 1), 'd');
    chardev_close(c);
    close(in[1]);
}
END_TEST

/* virtio 1.2, section 5.2.6.2: without flushes a completed write is on stable storage. */
START_TEST(blk_writes_through_for_a_driver_that_does_not_flush)
{
    enum { F_FLUSH = 1 << 9 };
    add_blk("");
    ck_assert_uint_eq(request(BLK_OUT, 0, 512), 0);
    ck_assert_uint_eq(syncs, 1);
    ck_assert_uint_eq(request(BLK_IN, 0, 512), 0);
    ck_assert_uint_eq(syncs, 1);
    sync_fails = true;
    ck_assert_uint_eq(request(BLK_OUT, 0, 512), 1); /* an I/O error */
    sync_fails = false;
    start(&d, VIRTIO_F_VERSION_1 | F_FLUSH, 1);
    syncs = 0;
    ck_assert_uint_eq(request(BLK_OUT, 0, 512), 0);
    ck_assert_uint_eq(syncs, 0);
    ck_assert_uint_eq(request(BLK_FLUSH, 0, 0), 0);
    ck_assert_uint_eq(syncs, 1);
}
END_TEST

static const u32 slow_types[] = {BLK_IN, BLK_OUT, BLK_FLUSH};

/* How long the disk takes is the host's business: the guest finds the answer at the same time. */
START_TEST(blk_waits_for_a_slow_disk)
{
    u32 type = slow_types[_i], len = type == BLK_FLUSH ? 0 : 512;
    elsewhere = type == BLK_OUT;
    add_blk("");
    fill_data(0x77, 512);
    pthread_t end = slow_host_wakes();
    ck_assert_uint_eq(request(type, 5, len), 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    slow_host_is_fast(end);
    ck_assert_uint_eq(byte_at(DATA), type == BLK_IN ? 5 : 0x77);
    ck_assert_uint_eq(file_byte(5 * 512), type == BLK_OUT ? 0x77 : 5);
    ck_assert_uint_eq(syncs, type != BLK_IN); /* the driver does not flush */
}
END_TEST

/* A disk that does not come back keeps nobody from ending the run; if it does, all is well. */
START_TEST(blk_slow_disk_does_not_hold_up_the_end)
{
    u32 type = slow_types[_i], len = type == BLK_FLUSH ? 0 : 512;
    elsewhere = type == BLK_OUT;
    b.env.owner = &leaver;
    add_blk("");
    fill_data(0x77, 512);
    slow = leaving = true;
    ck_assert_uint_eq(request(type, 5, len), 0xff);
    ck_assert_uint_eq(used_idx(&d, 0), 0);
    ck_assert_uint_ne(b.deadline[d.dev->id], UINT64_MAX);
    slow_host_answers();
    board_run_to(&b, b.deadline[d.dev->id]);
    ck_assert_uint_eq(byte_at(STATUS), 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    ck_assert_uint_eq(byte_at(DATA), type == BLK_IN ? 5 : 0x77);
    ck_assert_uint_eq(file_byte(5 * 512), type == BLK_OUT ? 0x77 : 5);
}
END_TEST

START_TEST(blk_says_when_the_disk_does_not_come_back)
{
    elsewhere = true;
    b.env.owner = &leaver;
    add_blk("");
    slow = leaving = true;
    ck_assert_uint_eq(request(BLK_OUT, 0, 512), 0xff);
    bus_free(&b.bus);
    ck_assert_ptr_nonnull(strstr(said, "the run was ended before the disk had them"));
    slow_host_answers();
}
END_TEST

/* A driver that resets the device begins anew; what was asked for before comes first. */
START_TEST(blk_reset_forgets_a_request)
{
    elsewhere = true;
    b.env.owner = &leaver;
    add_blk("");
    fill_data(0x77, 512);
    slow = leaving = true;
    ck_assert_uint_eq(request(BLK_OUT, 0, 512), 0xff);
    start(&d, VIRTIO_F_VERSION_1, 1);
    slow_host_answers();
    fill_data(0x78, 512);
    ck_assert_uint_eq(request(BLK_OUT, 0, 512), 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
    ck_assert_uint_eq(file_byte(0), 0x78);
}
END_TEST

START_TEST(blk_says_when_the_last_flush_fails)
{
    b.env.owner = &leaver;
    add_blk("");
    sync_fails = true;
    bus_free(&b.bus);
    ck_assert_ptr_nonnull(strstr(said, "the last writes may be lost"));
    ck_assert_ptr_nonnull(strstr(said, strrchr(path, '/') + 1));
}
END_TEST

enum { LARGE = 0x80000 }; /* more than a piece */

/* A request of LARGE bytes, in pieces until it is done. Returns how many. */
static u32 large_request(u32 type)
{
    static u8 header[16];
    memcpy(header, &type, 4);
    mem_put(&d, HEADER, header, 16);
    set_desc(&d, 0, 0, (struct desc){HEADER, 16, D_NEXT, 1});
    set_desc(&d, 0, 1,
             (struct desc){DATA, LARGE, (u16)(D_NEXT | (type == BLK_IN ? D_WRITE : 0)), 2});
    set_desc(&d, 0, 2, (struct desc){STATUS, 1, D_WRITE, 0});
    kick(&d, 0, 0);
    u32 pieces = 1;
    for (; used_idx(&d, 0) == 0; pieces++) {
        ck_assert_uint_ne(b.deadline[d.dev->id], UINT64_MAX);
        board_run_to(&b, b.deadline[d.dev->id]);
    }
    return pieces;
}

/* No store of the guest moves more than a piece. */
START_TEST(blk_serves_a_large_request_in_pieces)
{
    static u8 data[LARGE];
    ck_assert_int_eq(ftruncate(fd, 2 * LARGE), 0);
    add_blk("");
    for (u32 i = 0; i < LARGE; i++)
        data[i] = (u8)(i >> 9 ^ i);
    mem_put(&d, DATA, data, LARGE);
    ck_assert_uint_gt(large_request(BLK_OUT), LARGE / VIRTIO_PIECE);
    ck_assert_uint_eq(byte_at(STATUS), 0);
    for (u32 i = 0; i < LARGE; i += 511)
        ck_assert_uint_eq(file_byte(i), data[i]);
    memset(data, 0, LARGE);
    mem_put(&d, DATA, data, LARGE);
    start(&d, VIRTIO_F_VERSION_1, 1);
    ck_assert_uint_gt(large_request(BLK_IN), LARGE / VIRTIO_PIECE);
    ck_assert_uint_eq(used_len(&d, 0, 0), LARGE + 1);
    for (u32 i = 0; i < LARGE; i += 511)
        ck_assert_uint_eq(byte_at(DATA + i), (u8)(i >> 9 ^ i));
}
END_TEST

/* A reset forgets the request that was under way. */
START_TEST(blk_reset_ends_a_large_request)
{
    ck_assert_int_eq(ftruncate(fd, 2 * LARGE), 0);
    add_blk("");
    set_desc(&d, 0, 0, (struct desc){HEADER, 16, D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){DATA, LARGE, D_NEXT | D_WRITE, 2});
    set_desc(&d, 0, 2, (struct desc){STATUS, 1, D_WRITE, 0});
    kick(&d, 0, 0);
    ck_assert_uint_eq(used_idx(&d, 0), 0);
    start(&d, VIRTIO_F_VERSION_1, 1);
    board_run_to(&b, b.now + b.env.hz);
    ck_assert_uint_eq(used_idx(&d, 0), 0);
    ck_assert_uint_eq(request(BLK_IN, 7, 512), 0);
}
END_TEST

START_TEST(console_writes_a_large_buffer_in_pieces)
{
    int out = open("/dev/null", O_WRONLY);
    struct chardev *c = chardev_from_fds(-1, out);
    b.args.terminal = c;
    driver_init(&d, &b, virtio_console_new, NULL);
    start(&d, VIRTIO_F_VERSION_1, 2);
    set_desc(&d, 1, 0, (struct desc){DATA, LARGE, 0, 0});
    kick(&d, 1, 0);
    u32 pieces = 1;
    for (; used_idx(&d, 1) == 0; pieces++)
        board_run_to(&b, b.deadline[d.dev->id]);
    ck_assert_uint_gt(pieces, LARGE / VIRTIO_PIECE);
    chardev_close(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtio");
    TCase *t = tcase_create("virtio");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, blk_says_how_large_it_is);
    tcase_add_test(t, blk_reads_and_writes_the_file);
    tcase_add_test(t, blk_snapshot_leaves_the_file_alone);
    tcase_add_test(t, blk_read_only_refuses_writes);
    tcase_add_test(t, blk_requests_outside_the_disk_are_io_errors);
    tcase_add_test(t, blk_full_disk_is_an_io_error);
    tcase_add_test(t, blk_id_is_the_file_name);
    tcase_add_test(t, blk_request_without_header_stops_the_device);
    tcase_add_test(t, blk_bad_drives_are_refused_with_the_reason);
    tcase_add_test(t, console_carries_both_directions);
    tcase_add_test(t, console_has_the_size_of_the_terminal);
    tcase_add_test(t, console_without_a_terminal_has_no_size);
    tcase_add_test(t, console_takes_the_input_of_a_shared_terminal_while_it_lives);
    tcase_add_test(t, blk_images_that_are_not_raw_are_refused);
    tcase_add_test(t, blk_writes_through_for_a_driver_that_does_not_flush);
    tcase_add_loop_test(t, blk_waits_for_a_slow_disk, 0, ARRAY_LEN(slow_types));
    tcase_add_loop_test(t, blk_slow_disk_does_not_hold_up_the_end, 0, ARRAY_LEN(slow_types));
    tcase_add_test(t, blk_says_when_the_disk_does_not_come_back);
    tcase_add_test(t, blk_reset_forgets_a_request);
    tcase_add_test(t, blk_says_when_the_last_flush_fails);
    tcase_add_test(t, blk_serves_a_large_request_in_pieces);
    tcase_add_test(t, blk_reset_ends_a_large_request);
    tcase_add_test(t, console_writes_a_large_buffer_in_pieces);
    suite_add_tcase(s, t);
    return run_suite(s);
}
