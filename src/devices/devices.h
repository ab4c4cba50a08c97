/* Constructors of every device, and the few functions by which the board talks to a particular one.
 * A constructor returns NULL without memory. The bus owns what it was given: bus_free() calls
 * cls->destroy (which releases what the device holds) and then frees the instance. */
#ifndef HEXTANT_DEVICES_DEVICES_H
#define HEXTANT_DEVICES_DEVICES_H

#include "bus/device.h"
#include "common/types.h"

struct chardev;

enum { ACLINT_MAX_HARTS = 64, PLIC_SOURCES = 128 };

/* CLINT: mswi at 0, mtimecmp at 0x4000, mtime at 0xbff8 (ACLINT specification, chapters 2 and 3).
 * Output pins: 2 * hart is MSIP, 2 * hart + 1 is MTIP. harts: 1 .. ACLINT_MAX_HARTS. */
struct device *aclint_new(const struct dev_env *env, u32 harts);
/* ACLINT sswi: pin `hart` is driven to 1 and back to 0 for every write of 1 to setssip[hart]; the
 * board sets mip.SSIP on the 1 and does nothing on the 0. */
struct device *sswi_new(const struct dev_env *env, u32 harts);

/* PLIC with two contexts a hart: 2 * hart is M-mode, 2 * hart + 1 is S-mode; the output pin has the
 * context's number. */
struct device *plic_new(const struct dev_env *env, u32 harts);
/* The level (0 or 1) of interrupt source `irq`, 1 .. PLIC_SOURCES - 1. */
void plic_set_source(struct device *plic, unsigned irq, unsigned level);

/* 16550A on `console` (not owned; may be NULL). Pin 0 is its interrupt. */
struct device *uart_new(const struct dev_env *env, struct chardev *console);

/* Test finisher: 0x5555 passes, 0x3333 | code << 16 fails with `code`, 0x7777 resets. */
struct device *finisher_new(const struct dev_env *env);

/* Goldfish RTC. `epoch_ns`: nanoseconds since 1970 when env->now() was 0. Pin 0 is the alarm. */
struct device *rtc_new(const struct dev_env *env, u64 epoch_ns);

/* HTIF on the words at guest addresses `tohost` and `fromhost` (fromhost 0: absent). It has no
 * registers: give it to bus_adopt(). */
struct device *htif_new(const struct dev_env *env, struct chardev *console, u64 tohost,
                        u64 fromhost);
/* The guest has just stored `size` bytes at `pa`, which touches tohost. */
void htif_poke(struct device *htif, u64 pa, unsigned size);

/* The virtio devices, on the mmio transport; pin 0 is their interrupt. Those that take a `spec`
 * (the value of --drive and its like) return NULL for a bad one, with one line that says why in
 * err. */
/* Disk: "FILE[,ro][,snapshot=on]". */
struct device *virtio_blk_new(const struct dev_env *env, const char *spec, char *err,
                              size_t err_len);
/* Network card: "user[,hostfwd=tcp|udp:[ADDR]:PORT-[ADDR]:PORT][,restrict=on][,mac=...]". */
struct device *virtio_net_new(const struct dev_env *env, const char *spec, char *err,
                              size_t err_len);
/* Host folder as a 9P file system: "DIR[,ro|rw][,tag=NAME]"; the mount tag is "share" otherwise. */
struct device *virtio_9p_new(const struct dev_env *env, const char *spec, char *err,
                             size_t err_len);
/* Its mount tag; NULL for any other device. */
const char *virtio_9p_tag(const struct device *dev);
/* Entropy from *seed, the same in every run, or from the host when seed is NULL. */
struct device *virtio_rng_new(const struct dev_env *env, const u64 *seed);
/* Console on `chardev` (not owned). */
struct device *virtio_console_new(const struct dev_env *env, struct chardev *chardev);

/* What the state of a device tells snapshots: FIELD(struct uart, lcr). */
#define DEV_FIELD(type, member)                                                                    \
    {                                                                                              \
#member, offsetof(type, member), sizeof(((type *)0)->member)                               \
    }

#endif
