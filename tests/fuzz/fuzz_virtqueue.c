/* Fuzzes the virtio transport, the virtqueue parser and the devices behind it: the input is a
 * program of register writes and stores to guest memory, as a hostile driver would make them.
 * Run with -close_fd_mask=2: stopped devices say so on stderr. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "devices/virtio.h"

#define RAM      0x80000000ull
#define RAM_SIZE 0x10000ull
#define VDEV     0x10001000ull

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void set_pin(void *board, struct device *dev, unsigned pin, unsigned level)
{
    (void)board, (void)dev, (void)pin, (void)level;
}

static u64 now(void *board)
{
    return ++*(u64 *)board;
}

static void set_deadline(void *board, struct device *dev, u64 deadline)
{
    (void)board, (void)dev, (void)deadline;
}

static void stop(void *board, unsigned reason, unsigned status)
{
    (void)board, (void)reason, (void)status;
}

/* A folder with one file and a disk, made once and never changed. */
static const char *fixture(const char *which)
{
    static char share[64], disk[64];
    if (!*share) {
        char top[] = "/tmp/hextant-fuzz-XXXXXX", file[64];
        if (!mkdtemp(top))
            abort();
        snprintf(share, sizeof(share), "%s,ro", top);
        snprintf(disk, sizeof(disk), "%s/disk,snapshot=on", top);
        snprintf(file, sizeof(file), "%s/disk", top);
        int fd = open(file, O_RDWR | O_CREAT, 0600);
        if (fd < 0 || ftruncate(fd, 1 << 20) != 0)
            abort();
        close(fd);
    }
    return strcmp(which, "share") == 0 ? share : disk;
}

static struct virtio *make_device(const struct dev_env *env, u8 kind, struct chardev *console)
{
    static const u64 seed = 1;
    struct dev_args args = {.seed = &seed, .terminal = console};
    struct error err;
    switch (kind % 5) {
    case 0:
        return virtio_rng_new(env, &args, &err);
    case 1:
        args.spec = fixture("disk");
        return virtio_blk_new(env, &args, &err);
    case 2:
        args.spec = fixture("share");
        return virtio_9p_new(env, &args, &err);
    case 3:
        args.spec = "user,restrict=on";
        return virtio_net_new(env, &args, &err);
    default:
        return virtio_console_new(env, &args, &err);
    }
}

static void put(struct bus *bus, u64 reg, u32 value)
{
    bus_write(bus, VDEV + reg, 4, value);
}

/* A driver that gets as far as DRIVER_OK, with two queues of 8 at the start of RAM. */
static void start(struct bus *bus)
{
    put(bus, 0x70, 0);
    put(bus, 0x70, 3);
    put(bus, 0x24, 0), put(bus, 0x20, (u32)(VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX));
    put(bus, 0x24, 1), put(bus, 0x20, 1);
    put(bus, 0x70, 11);
    for (u32 q = 0; q < 2; q++) {
        put(bus, 0x30, q), put(bus, 0x38, 8);
        put(bus, 0x80, (u32)RAM + q * 0x200);
        put(bus, 0x90, (u32)RAM + q * 0x200 + 0x80);
        put(bus, 0xa0, (u32)RAM + q * 0x200 + 0x100);
        put(bus, 0x44, 1);
    }
    put(bus, 0x70, 15);
}

/* A well-formed request of `len` bytes in queue 0, with room for an answer. */
static void submit(struct bus *bus, const u8 *request, u16 len)
{
    struct {
        u64 addr;
        u32 len;
        u16 flags, next;
    } desc[2] = {{RAM + 0x1000, len, 1, 1}, {RAM + 0x4000, 0x2000, 2, 0}};
    u16 idx = 0, head = 0;
    bus_copy_to(bus, RAM + 0x1000, request, len);
    bus_copy_to(bus, RAM, desc, sizeof(desc));
    bus_copy_from(bus, RAM + 0x82, &idx, 2);
    bus_copy_to(bus, RAM + 0x84 + 2 * (idx & 7u), &head, 2);
    idx++;
    bus_copy_to(bus, RAM + 0x82, &idx, 2);
    put(bus, 0x50, 0);
}

/* The same for a 9P message: puts its length in front. */
static void submit_9p(struct bus *bus, const void *body, u32 len)
{
    u8 message[300];
    u32 size = len + 4;
    memcpy(message, &size, 4);
    memcpy(message + 4, body, len);
    submit(bus, message, (u16)size);
}

/* The version and attach that a 9P session begins with; fid 0 is the root. */
static void attach(struct bus *bus)
{
    static const char version[] = "\x64\0\0"
                                  "\0\x20\0\0"
                                  "\x08\0"
                                  "9P2000.L";
    static const u8 attach[] = {104, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0};
    submit_9p(bus, version, sizeof(version) - 1);
    submit_9p(bus, attach, sizeof(attach));
}

/* One step of the program at *data; returns the bytes it took, 0 at the end. */
static size_t step(struct bus *bus, const u8 *data, size_t size)
{
    u64 value = 0;
    if (size < 4)
        return 0;
    size_t n = data[3] < size - 4 ? data[3] : size - 4;
    u16 at = (u16)(data[1] | data[2] << 8);
    switch (data[0] & 7) {
    case 0: /* notify */
        put(bus, 0x50, data[1] & 3);
        return 4;
    case 1: /* any register */
        memcpy(&value, data + 4, n < 8 ? n : 8);
        bus_write(bus, VDEV + (at & 0x1ff), 1u << (data[0] >> 3 & 3), value);
        bus_read(bus, VDEV + (at & 0x1ff), 1u << (data[0] >> 3 & 3), &value);
        return 4 + (n < 8 ? n : 8);
    case 2:
        if (data[1] == 0)
            start(bus);
        bus_poll(bus);
        return 4;
    case 4:
        submit(bus, data + 4, (u16)n);
        return 4 + n;
    case 5:
        submit_9p(bus, data + 4, (u32)n);
        return 4 + n;
    default: /* memory */
        bus_copy_to(bus, RAM + at, data + 4, n);
        return 4 + n;
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    u64 clock = 0;
    struct bus bus;
    struct dev_env env = {.bus = &bus,
                          .board = &clock,
                          .set_pin = set_pin,
                          .now = now,
                          .set_deadline = set_deadline,
                          .stop = stop,
                          .hz = 10000000};
    if (size == 0)
        return 0;
    bus_init(&bus);
    struct chardev *console = chardev_open("console", "null", NULL, &(struct error){0});
    struct virtio *v = make_device(&env, data[0], console);
    static const struct virtio_dialect dialect = {VIRTIO_VENDOR, VIRTIO_VERSION,
                                                  VIRTIO_DRIVERS_MODERN};
    struct device *dev = v ? virtio_mmio(v, &dialect) : NULL;
    if (!dev || !bus_add_memory(&bus, "ram", RAM, RAM_SIZE, true) || bus_add_device(&bus, dev) ||
        bus_map_window(&bus, dev, dev->regs, VDEV))
        abort();
    dev->cls->reset(dev);
    start(&bus);
    if (data[0] % 5 == 2)
        attach(&bus);
    for (size_t at = 1, n; (n = step(&bus, data + at, size - at)) > 0;)
        at += n;
    bus_free(&bus);
    chardev_close(console);
    return 0;
}
