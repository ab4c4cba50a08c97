/* The board that fuzzers of devices share: a bus with memory, a clock that goes on when it is
 * looked at, a deadline, and a note of how many pins there are. Each input begins with a new one.
 */
#ifndef HEXTANT_TESTS_FUZZ_BOARD_H
#define HEXTANT_TESTS_FUZZ_BOARD_H

#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "devices/devices.h"
#include "devices/pci.h"

#define RAM  0x80000000ull
#define ECAM 0x30000000ull

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct fuzz_board {
    struct bus bus;
    struct dev_env env;
    struct dev_args args;
    u64 now, deadline;
    struct device *due; /* whose deadline it is */
    u32 pins;           /* of each device, at most */
};

static inline void fuzz_set_pin(void *board, struct device *dev, unsigned pin, unsigned level)
{
    (void)dev;
    if (pin >= ((struct fuzz_board *)board)->pins || level > 1)
        abort();
}

static inline u64 fuzz_now(void *board)
{
    return ++((struct fuzz_board *)board)->now;
}

static inline void fuzz_set_deadline(void *board, struct device *dev, u64 deadline)
{
    struct fuzz_board *b = board;
    b->due = dev;
    b->deadline = deadline;
}

static inline void fuzz_board_init(struct fuzz_board *b, u32 pins, u64 ram)
{
    memset(b, 0, sizeof *b);
    bus_init(&b->bus);
    b->pins = pins;
    b->deadline = UINT64_MAX;
    b->env = (struct dev_env){.bus = &b->bus,
                              .board = b,
                              .set_pin = fuzz_set_pin,
                              .now = fuzz_now,
                              .set_deadline = fuzz_set_deadline,
                              .hz = 10000000};
    if (ram && !bus_add_memory(&b->bus, "ram", RAM, ram, true))
        abort();
}

/* Gives the bus a device; with registers it answers at `base`, if that is not 0. Returns it. */
static inline struct device *fuzz_own(struct fuzz_board *b, struct device *dev, u64 base)
{
    if (!dev || bus_add_device(&b->bus, dev) ||
        (base && bus_map_window(&b->bus, dev, dev->regs, base)))
        abort();
    return dev;
}

/* A PCI host bridge, which later devices are on. */
static inline struct device *fuzz_add_bridge(struct fuzz_board *b)
{
    static const struct pci_windows windows = {0x3000000, 0x10000,     0x40000000,
                                               1u << 30,  16ull << 30, 16ull << 30};
    struct error err;
    b->args.pci_windows = &windows;
    b->args.pci_host = fuzz_own(b, pci_host_new(&b->env, &b->args, &err), ECAM);
    return b->args.pci_host;
}

/* Lets what is due happen. */
static inline void fuzz_tick(struct fuzz_board *b)
{
    if (b->deadline == UINT64_MAX)
        return;
    b->now = b->deadline;
    b->deadline = UINT64_MAX;
    b->due->cls->tick(b->due);
}

#endif
