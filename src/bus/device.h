/* What a device is: one const class and an instance that begins with `struct device`. A device
 * knows neither harts nor its own address: it sees offsets, numbered output pins, and the
 * environment below. */
#ifndef HEXTANT_BUS_DEVICE_H
#define HEXTANT_BUS_DEVICE_H

#include "common/types.h"

struct device;
struct bus;

/* One field of a device's state, for snapshot and display: byte offset and size in the instance. */
struct dev_field {
    const char *name;
    u32 offset, size;
};

/* What the board gives every device. */
struct dev_env {
    struct bus *bus; /* guest memory, for DMA (bus_dma_*) */
    void *board;     /* argument of the functions below */
    /* Drives output pin `pin` of `dev` to `level` (0 or 1); repeated levels are harmless. */
    void (*set_pin)(void *board, struct device *dev, unsigned pin, unsigned level);
    /* The machine's time in timebase ticks (what `mtime` shows before any offset). */
    u64 (*now)(void *board);
    /* Asks that dev->cls->tick be called once now() >= `deadline`; UINT64_MAX cancels. One deadline
     * for each device; a new call replaces the old one. */
    void (*set_deadline)(void *board, struct device *dev, u64 deadline);
    /* Ends the run: status is the process exit status the guest asked for. */
    void (*stop)(void *board, unsigned reason, unsigned status);
    u64 hz; /* ticks of now() in a second, not 0 */
    /* Tells that `mtime` shows now() + offset from here on; may be NULL. */
    void (*set_time)(void *board, u64 offset);
};

enum stop_reason { STOP_NONE, STOP_GUEST_EXIT, STOP_RESET_COLD, STOP_RESET_WARM };

struct dev_class {
    const char *name;
    /* Aligned accesses of 1, 2, 4 or 8 bytes inside the window. Return 0, or -1 for an access fault
     * (a width or offset the real device does not answer). */
    int (*read)(struct device *dev, u64 offset, unsigned size, u64 *value);
    int (*write)(struct device *dev, u64 offset, unsigned size, u64 value);
    void (*reset)(struct device *dev);
    void (*tick)(struct device *dev); /* deadline passed; may be NULL */
    void (*poll)(
        struct device *dev); /* host input may be waiting; called every few ms; may be NULL */
    void (*destroy)(struct device *dev); /* releases what it holds, not `dev` itself; may be NULL */
    void (*resume)(
        struct device *dev); /* fields were put back: drive pins and deadline; may be NULL */
    /* Adds this device's node below the fdt node `parent`, with everything but its wiring
     * (interrupts, phandle), which machine/fdt.c adds. Returns the node's offset or a negative
     * libfdt error. May be NULL. */
    int (*describe)(struct device *dev, void *fdt, int parent, u64 base);
    const struct dev_field *fields;
    u32 num_fields;
};

struct device {
    const struct dev_class *cls;
    const struct dev_env *env;
    u64 window; /* bytes of address space it answers in */
    u32 id;     /* index on the bus; names the device to the board */
};

#endif
