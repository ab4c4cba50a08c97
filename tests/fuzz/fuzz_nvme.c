/* Fuzzes the NVMe controller: the input is a program of register writes, commands and their data
 * lists, as a hostile driver would make them, with the administrator's queues and one more pair set
 * up. Nothing breaks, and the file behind stays as it is. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz_board.h"

#define RAM_SIZE 0x20000ull
#define BARS     0x400000000ull
enum { RING_SIZE = 8, FUNCTION = 1 << 15, CC = 0x14, AQA = 0x24, ASQ = 0x28, ACQ = 0x30 };

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

static void make_board(struct fuzz_board *b)
{
    struct error err;
    fuzz_board_init(b, PCI_PINS, RAM_SIZE);
    b->args.spec = disk();
    fuzz_add_bridge(b);
    fuzz_own(b, nvme_new(&b->env, &b->args, &err), 0);
    bus_reset(&b->bus);
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

static size_t step(struct fuzz_board *b, const u8 *data, size_t len)
{
    struct bus *bus = &b->bus;
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
        fuzz_tick(b);
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
    struct fuzz_board b;
    make_board(&b);
    enable(&b.bus);
    for (size_t at = 0, n; (n = step(&b, data + at, size - at)) > 0;)
        at += n;
    bus_free(&b.bus);
    return 0;
}
