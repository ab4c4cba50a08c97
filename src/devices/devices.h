/* Constructors of every device, and the few functions by which the board talks to a particular one.
 * The bus owns what it was given: bus_free() calls cls->destroy (which releases what the device
 * holds) and then frees the instance. */
#ifndef HEXTANT_DEVICES_DEVICES_H
#define HEXTANT_DEVICES_DEVICES_H

#include "bus/device.h"
#include "common/error.h"
#include "common/types.h"

struct chardev;
struct virtio;

enum { ACLINT_MAX_HARTS = 64, PLIC_SOURCES = 128 };

/* What a machine has that a device may be made of. */
struct dev_args {
    u32 harts;                /* 1 .. ACLINT_MAX_HARTS */
    struct chardev *console;  /* of the serial port and HTIF; not owned; may be NULL */
    struct chardev *terminal; /* of the virtio console; not owned */
    u64 epoch_ns;             /* nanoseconds since 1970 when env->now() was 0 */
    u64 tohost, fromhost;     /* guest addresses of HTIF's words (fromhost 0: absent) */
    const u64 *seed;          /* of what is random; NULL: the host's randomness */
    const char *spec;         /* the value of the option that asks for this one device */
};

/* A constructor returns NULL with *err. */
typedef struct device *device_make(const struct dev_env *env, const struct dev_args *args,
                                   struct error *err);
typedef struct virtio *virtio_make(const struct dev_env *env, const struct dev_args *args,
                                   struct error *err);

/* CLINT: mswi at 0, mtimecmp at 0x4000, mtime at 0xbff8 (ACLINT specification, chapters 2 and 3).
 * Output pins: 2 * hart is MSIP, 2 * hart + 1 is MTIP. */
device_make aclint_new;
/* ACLINT sswi: pin `hart` is driven to 1 and back to 0 for every write of 1 to setssip[hart]; the
 * board sets mip.SSIP on the 1 and does nothing on the 0. */
device_make sswi_new;

/* PLIC with two contexts a hart: 2 * hart is M-mode, 2 * hart + 1 is S-mode; the output pin has the
 * context's number. */
device_make plic_new;
/* The level (0 or 1) of interrupt source `irq`, 1 .. PLIC_SOURCES - 1. */
void plic_set_source(struct device *plic, unsigned irq, unsigned level);

/* 16550A on the console. Pin 0 is its interrupt. */
device_make uart_new;

/* Test finisher: 0x5555 passes, 0x3333 | code << 16 fails with `code`, 0x7777 resets. */
device_make finisher_new;

/* Goldfish RTC. Pin 0 is the alarm. */
device_make rtc_new;

/* HTIF. It has no registers, but words in memory. */
device_make htif_new;
/* The guest has just stored `size` bytes at `pa`, which touches tohost. */
void htif_poke(struct device *htif, u64 pa, unsigned size);

/* The virtio devices, which need a transport (virtio.h). */
/* Disk: "FILE[,ro][,snapshot=on]". */
virtio_make virtio_blk_new;
/* Network card: "user[,hostfwd=tcp|udp:[ADDR]:PORT-[ADDR]:PORT][,restrict=on][,mac=...]". */
virtio_make virtio_net_new;
/* Host folder as a 9P file system: "DIR[,ro|rw][,tag=NAME]"; the mount tag is "share" otherwise. */
virtio_make virtio_9p_new;
/* Entropy from the seed, the same in every run, or from the host. */
virtio_make virtio_rng_new;
/* Console on the terminal. */
virtio_make virtio_console_new;

#endif
