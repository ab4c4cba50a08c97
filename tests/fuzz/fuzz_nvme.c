/* Fuzzes the NVMe controller: the input is a program of register writes, commands and their data
 * lists, as a hostile driver would make them, with the administrator's queues and one more pair set
 * up. Nothing breaks, and the file behind stays as it is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"
#include "devices/devices.h"
#include "devices/pci.h"

#define RAM      0x80000000ull
#define RAM_SIZE 0x20000ull
#define ECAM     0x30000000ull
#define BARS     0x400000000ull
enum { RING_SIZE = 8, FUNCTION = 1 << 15, CC = 0x14, AQA = 0x24, ASQ = 0x28, ACQ = 0x30 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct clock {
    u64 now, deadline;
};

static void set_pin(void *board, struct device *dev, unsigned pin, unsigned level)
{
    (void)board, (void)dev;
    if (pin >= PCI_PINS || level > 1)
        abort();
}

static u64 now(void *board)
{
    return ++((struct clock *)board)->now;
}

static void set_deadline(void *board, struct device *dev, u64 deadline)
{
    (void)dev;
    ((struct clock *)board)->deadline = deadline;
}

/* A disk that is made once and never changed. */
static const char *disk(void)
{
    static char spec[64];
    if (!*spec) {
        char path[] = "/tmp/hextant-fuzz-XXXXXX";
        int fd = mkstemp(path);
        if (fd < 0 || ftruncate(fd, 1 << 20) != 0)
            abort();
        close(fd);
        snprintf(spec, sizeof spec, "%s,snapshot=on,if=nvme", path);
    }
    return spec;
}

static void put(struct bus *bus, u64 reg, u32 value)
{
    bus_write(bus, BARS + reg, 4, value);
}

static u64 sq(u32 q)
{
    return RAM + 0x2000 * q;
}

/* Hands queue q a command and rings its doorbell. */
static void submit(struct bus *bus, u32 q, u32 slot, const u32 command[16])
{
    bus_copy_to(bus, sq(q) + 64 * (slot % RING_SIZE), command, 64);
    put(bus, 0x1000 + 8 * q, (slot + 1) % RING_SIZE);
}

static void enable(struct bus *bus)
{
    static const u32 create[2][16] = {
        {5, 0, 0, 0, 0, 0, RAM + 0x3000, 0, 0, 0, (RING_SIZE - 1) << 16 | 1, 1 << 16 | 3},
        {1, 0, 0, 0, 0, 0, RAM + 0x2000, 0, 0, 0, (RING_SIZE - 1) << 16 | 1, 1 << 16 | 1}};
    bus_write(bus, ECAM + FUNCTION + 0x14, 4, BARS >> 32);
    bus_write(bus, ECAM + FUNCTION + 4, 2, 6);
    put(bus, CC, 0);
    put(bus, AQA, (RING_SIZE - 1) << 16 | (RING_SIZE - 1));
    put(bus, ASQ, RAM);
    put(bus, ACQ, RAM + 0x1000);
    put(bus, CC, 0x00460001);
    for (u32 i = 0; i < 2; i++)
        submit(bus, 0, i, create[i]);
}

static struct device *make_board(struct bus *bus, struct dev_env *env)
{
    static const struct pci_windows windows = {0x3000000, 0x10000, 0x40000000,
                                               1u << 30,  BARS,    16ull << 30};
    struct error err;
    struct dev_args args = {.pci_windows = &windows, .spec = disk()};
    struct device *host = args.pci_host = pci_host_new(env, &args, &err);
    if (!host || bus_add_device(bus, host) || bus_map_window(bus, host, host->regs, ECAM))
        abort();
    struct device *dev = nvme_new(env, &args, &err);
    if (!dev || bus_add_device(bus, dev))
        abort();
    bus_reset(bus);
    return dev;
}

/* An address among queues, lists and data, or now and then anywhere. */
static u64 address(u32 value)
{
    return value & 1 ? RAM + 0x4000 + (value >> 1 & 0xff) * 0x100 : (u64)value << 4;
}

/* A command made of 24 bytes. */
static void command(struct bus *bus, const u8 *data)
{
    u32 word[6], c[16] = {0};
    memcpy(word, data, sizeof word);
    u64 prp1 = address(word[1]), prp2 = address(word[2]);
    c[0] = (word[0] & 15) | word[0] << 16;
    c[1] = word[0] >> 8 & 3;
    memcpy(&c[6], &prp1, 8);
    memcpy(&c[8], &prp2, 8);
    c[10] = word[3];
    c[11] = word[4] & 0x10003;
    c[12] = word[5] & 0x400007ff;
    submit(bus, word[0] >> 12 & 1, word[0] >> 4 & 7, c);
}

static size_t step(struct bus *bus, struct device *dev, struct clock *clock, const u8 *data,
                   size_t len)
{
    enum { STEP = 28 };
    u32 value, at;
    if (len < STEP)
        return 0;
    memcpy(&at, data + 4, 4);
    memcpy(&value, data + 8, 4);
    switch (data[0] & 7) {
    case 0:
        put(bus, at & 0x3ffc, value);
        break;
    case 1: { /* part of a list */
        u64 entry = address(value);
        bus_copy_to(bus, RAM + 0x4000 + (at & 0xfff8), &entry, 8);
        break;
    }
    case 2:
        if (clock->deadline != UINT64_MAX) {
            clock->now = clock->deadline;
            clock->deadline = UINT64_MAX;
            dev->cls->tick(dev);
        }
        break;
    case 3:
        put(bus, 0x1000 + 4 * (at & 7), value & 15);
        break;
    case 4:
        if (data[1] == 0)
            enable(bus);
        break;
    default:
        command(bus, data + 4);
    }
    return STEP;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct clock clock = {0, UINT64_MAX};
    struct bus bus;
    struct dev_env env = {.bus = &bus,
                          .board = &clock,
                          .set_pin = set_pin,
                          .now = now,
                          .set_deadline = set_deadline,
                          .hz = 10000000};
    bus_init(&bus);
    if (!bus_add_memory(&bus, "ram", RAM, RAM_SIZE, true))
        abort();
    struct device *dev = make_board(&bus, &env);
    enable(&bus);
    for (size_t at = 0, n; (n = step(&bus, dev, &clock, data + at, size - at)) > 0;)
        at += n;
    bus_free(&bus);
    return 0;
}
