/* A board for device tests: a bus with RAM, a clock the test sets, and a note of every pin,
 * deadline and stop. */
#ifndef HEXTANT_TESTS_DEVICES_BOARD_H
#define HEXTANT_TESTS_DEVICES_BOARD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run_suite.h"
#include "bus/bus.h"
#include "devices/chardev.h"
#include "devices/devices.h"

enum { BOARD_DEVICES = 48, BOARD_PINS = 128, BOARD_MESSAGES = 64 };
#define BOARD_RAM      0x80000000ull
#define BOARD_RAM_SIZE 0x100000ull

struct board {
    struct bus bus;
    struct dev_env env;
    struct dev_args args;
    struct error err; /* of the last constructor that failed */
    u64 now;
    u64 deadline[BOARD_DEVICES];
    u8 pin[BOARD_DEVICES][BOARD_PINS];
    u32 rises[BOARD_DEVICES][BOARD_PINS]; /* 0 to 1 changes */
    unsigned stop_reason, stop_status;
    struct {
        u32 hart, file, identity;
    } message[BOARD_MESSAGES];
    u32 messages;
};

static inline void board_set_pin(void *arg, struct device *dev, unsigned pin, unsigned level)
{
    struct board *b = arg;
    ck_assert_uint_lt(pin, BOARD_PINS);
    ck_assert_uint_le(level, 1);
    b->rises[dev->id][pin] += level && !b->pin[dev->id][pin];
    b->pin[dev->id][pin] = (u8)level;
}

static inline u64 board_now(void *arg)
{
    return ((struct board *)arg)->now;
}

static inline void board_set_deadline(void *arg, struct device *dev, u64 deadline)
{
    ((struct board *)arg)->deadline[dev->id] = deadline;
}

static inline void board_stop(void *arg, unsigned reason, unsigned status)
{
    struct board *b = arg;
    b->stop_reason = reason;
    b->stop_status = status;
}

static inline void board_message(void *arg, u32 hart, u32 file, u32 identity)
{
    struct board *b = arg;
    ck_assert_uint_lt(b->messages, BOARD_MESSAGES);
    b->message[b->messages].hart = hart;
    b->message[b->messages].file = file;
    b->message[b->messages++].identity = identity;
}

static inline void board_init(struct board *b)
{
    memset(b, 0, sizeof(*b));
    bus_init(&b->bus);
    ck_assert_ptr_nonnull(bus_add_memory(&b->bus, "ram", BOARD_RAM, BOARD_RAM_SIZE, true));
    b->env = (struct dev_env){.bus = &b->bus,
                              .board = b,
                              .set_pin = board_set_pin,
                              .now = board_now,
                              .set_deadline = board_set_deadline,
                              .stop = board_stop,
                              .message = board_message,
                              .hz = 10000000};
    b->args = (struct dev_args){.harts = 1};
    memset(b->deadline, 0xff, sizeof(b->deadline));
}

static inline void board_free(struct board *b)
{
    bus_free(&b->bus);
}

/* Puts dev at base, if it has registers, and resets it. */
static inline struct device *board_add(struct board *b, struct device *dev, u64 base)
{
    ck_assert_msg(dev != NULL, "%s", b->err.text);
    ck_assert_int_eq(bus_add_device(&b->bus, dev), 0);
    if (dev->regs)
        ck_assert_int_eq(bus_map_window(&b->bus, dev, dev->regs, base), 0);
    if (dev->cls->reset)
        dev->cls->reset(dev);
    return dev;
}

/* The same with a new device, made of b->args. */
static inline struct device *board_make(struct board *b, device_make *make, u64 base)
{
    return board_add(b, make(&b->env, &b->args, &b->err), base);
}

/* Moves the clock and runs the devices whose deadline has passed, as the machine does. */
static inline void board_run_to(struct board *b, u64 now)
{
    b->now = now;
    for (u32 i = 0; i < b->bus.num_devices; i++) {
        struct device *dev = b->bus.device[i];
        if (b->deadline[dev->id] <= now) {
            b->deadline[dev->id] = UINT64_MAX;
            dev->cls->tick(dev);
        }
    }
}

/* Access that must succeed. */
static inline u64 rd(struct board *b, u64 pa, unsigned size)
{
    u64 v = 0;
    ck_assert_msg(bus_read(&b->bus, pa, size, &v) == 0, "read of %u at 0x%llx faulted", size,
                  (unsigned long long)pa);
    return v;
}

static inline void wr(struct board *b, u64 pa, unsigned size, u64 value)
{
    ck_assert_msg(bus_write(&b->bus, pa, size, value) == 0, "write of %u at 0x%llx faulted", size,
                  (unsigned long long)pa);
}

/* Does a read and a write of `size` at pa fault? */
static inline bool refuses(struct board *b, u64 pa, unsigned size)
{
    u64 v;
    return bus_read(&b->bus, pa, size, &v) != 0 && bus_write(&b->bus, pa, size, 0) != 0;
}

#endif
