/* What a device is: one const class and an instance that begins with `struct device`. A device
 * knows neither harts nor its own addresses: it sees offsets in windows, numbered output pins, and
 * the environment below. */
#ifndef HEXTANT_BUS_DEVICE_H
#define HEXTANT_BUS_DEVICE_H

#include "common/error.h"
#include "common/state.h"
#include "common/types.h"

struct device;
struct pci_function;
struct bus;
struct owner;
struct tape;

/* Does a device read memory, or write it? */
enum dma_dir { DMA_FROM_MEMORY, DMA_TO_MEMORY };

/* An access of a device to memory, at an address of the device's own. */
struct dma_access {
    u64 iova, len;
    enum dma_dir dir;
    u64 pa;             /* where it goes: what translate() finds */
    const u32 *message; /* what a message writes; NULL: it is no message */
};

/* Bytes that take the place of what virtio devices put into drivers' buffers, in the order in which
 * requests are done, until they are used up: up to `at`. Usually there are none. */
struct dev_answers {
    struct state_blob bytes;
    u32 at;
};

/* What the board gives every device. */
struct dev_env {
    struct bus *bus;             /* for devices/dma.c */
    const struct owner *owner;   /* for messages; NULL: none */
    struct dev_answers *answers; /* NULL: none, ever */
    struct tape *tape;           /* what comes from outside goes by way of it; NULL: it need not */
    void *board;                 /* argument of the functions below */
    /* What stands between devices and memory (dev->requester says who asks): sets a->pa and lowers
     * a->len to what lies together there. 0; -1: refused; 1: the message is done with. NULL:
     * nothing does. */
    int (*translate)(void *board, const struct device *dev, struct dma_access *a);
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
    /* A message has reached interrupt file `file` of a hart (cpu/imsic.h). */
    void (*message)(void *board, u32 hart, u32 file, u32 identity);
    /* Tells that `mtime` shows now() + offset from here on; may be NULL. */
    void (*set_time)(void *board, u64 offset);
};

enum stop_reason { STOP_NONE, STOP_GUEST_EXIT, STOP_RESET_COLD, STOP_RESET_WARM };

/* A property of a device tree node: one cell, or (cells 0) only its name. */
struct dt_prop {
    const char *name;
    u32 cells, value;
};

/* What else the device tree says of a window, beyond what its wires say. */
enum dt_binding { DT_PLAIN, DT_IMSIC, DT_APLIC, DT_PCI, DT_IOMMU };

/* How the device tree names a window: everything but its address and its wiring. */
struct dt_node {
    u8 binding;                /* enum dt_binding */
    const char *name;          /* NULL: it is not in the tree */
    const char *compatible[3]; /* the most specific first */
    struct dt_prop prop[3];
};

/* Registers: what answers in a window of addresses. */
struct dev_regs {
    u64 size; /* bytes of the window */
    /* Aligned accesses of 1, 2, 4 or 8 bytes inside the window. Return 0, or -1 for an access fault
     * (a width or offset the real device does not answer). */
    int (*read)(struct device *dev, u64 offset, unsigned size, u64 *value);
    int (*write)(struct device *dev, u64 offset, unsigned size, u64 value);
    /* A write of 32 bits by a device, a message; NULL: a device's writes do not get here. */
    void (*message)(struct device *dev, u64 offset, u32 data);
    struct dt_node dt;
};

/* What a device holds that is neither rows nor memory: to a stream and back, and kept in memory,
 * shared with what is written later. 0, or -1 with *err. */
struct dev_media {
    int (*save)(struct device *dev, struct state_sink *sink, struct error *err);
    int (*load)(struct device *dev, struct state_source *source, struct error *err);
    /* Something to be put back, any number of times, until it is dropped. NULL with *err. */
    void *(*keep)(struct device *dev, struct error *err);
    void (*put_back)(struct device *dev, const void *kept);
    void (*drop)(void *kept);
    u32 at; /* where in the device's struct is what the functions are about, if they need it */
};

struct dev_class {
    const char *name;
    const struct dev_regs *regs; /* NULL: it has none, or those of a transport */
    void (*reset)(struct device *dev);
    void (*tick)(struct device *dev); /* deadline passed; may be NULL */
    void (*poll)(
        struct device *dev); /* host input may be waiting; called every few ms; may be NULL */
    void (*destroy)(struct device *dev); /* releases what it holds, not `dev` itself; may be NULL */
    /* Its rows are about to be saved: those that hold what the host knows are brought up to date.
     * May be NULL. */
    void (*suspend)(struct device *dev);
    /* Its rows were put back: drives the pins as they say, opens what they name. 0, or -1 with
     * *err. May be NULL. */
    int (*resume)(struct device *dev, struct error *err);
    /* Could another process put it back? 0, or -1 with *err. NULL: yes. */
    int (*portable)(const struct device *dev, struct error *err);
    /* Gives away what it has on the host (an open file, a network), as its constructor takes it
     * from dev_args.host. May be NULL. */
    void *(*give_host)(struct device *dev);
    /* What it holds besides rows and memory, such as a disk's content; NULL: nothing. */
    const struct dev_media *media;
    /* An interrupt controller: the level (0 or 1) of its input `number` (not 0). NULL for others.
     */
    void (*input)(struct device *dev, unsigned number, unsigned level);
    /* A hart has just stored `size` bytes at pa, which touches dev->watched. May be NULL. */
    void (*stored)(struct device *dev, u64 pa, unsigned size);
    /* Can this one and an earlier one of its class be on one board? 0, or -1 with *err. May be
     * NULL. */
    int (*beside)(const struct device *dev, const struct device *other, struct error *err);
    const struct state_row *rows; /* its state */
    u32 num_rows;
};

struct device {
    const struct dev_class *cls;
    const struct dev_env *env;
    const struct dev_regs *regs; /* of its window; NULL: it has none */
    u32 id;                      /* index on the bus; names the device to the board */
    u32 requester;               /* who asks, in DMA: its id, or that of its PCI function */
    struct pci_function *pci;    /* what it is on PCI; NULL: it is not there */
    bool dma_off;                /* its bus lets nothing of it through: all DMA is refused */
    bool dma_physical;           /* its addresses are physical ones, but for messages */
    u64 watched, watched_len;    /* memory of which cls->stored is told; set by the constructor */
};

/* A zeroed instance of `size` bytes that begins with a device of this class. NULL with *err. */
struct device *device_alloc(size_t size, const struct dev_class *cls, const struct dev_env *env,
                            struct error *err);

/* Its state. The name is that of its class and its number on the bus. */
struct state_part device_part(const struct device *dev);

static inline void device_set_pin(struct device *dev, unsigned pin, unsigned level)
{
    dev->env->set_pin(dev->env->board, dev, pin, level);
}

static inline u64 device_now(const struct device *dev)
{
    return dev->env->now(dev->env->board);
}

static inline void device_set_deadline(struct device *dev, u64 deadline)
{
    dev->env->set_deadline(dev->env->board, dev, deadline);
}

#endif
