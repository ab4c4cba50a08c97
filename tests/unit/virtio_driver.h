/* A minimal virtio driver for tests: one device on the board, rings in guest RAM that a test may
 * also fill by hand with whatever a hostile guest would. Registers have the numbers that they have
 * over MMIO. The environment variable VIRTIO_BUS says what carries the device: mmio, pci, or port,
 * PCI behind a root port. */
#ifndef HEXTANT_TESTS_VIRTIO_DRIVER_H
#define HEXTANT_TESTS_VIRTIO_DRIVER_H

#include "devices/pci.h"
#include "devices/virtio.h"
#include "devices_board.h"

#define VDEV 0x10001000ull

enum { D_NEXT = 1, D_WRITE = 2, D_INDIRECT = 4, RING = 8 };
enum { VSTATUS = 0x70, VISR = 0x60, VACK = 0x64, VNOTIFY = 0x50, NEEDS_RESET = 64 };

/* Where queue q lives; buffers of a test start at BUFFERS. */
#define DESC(q)  (BOARD_RAM + 0x1000 * (u64)(q))
#define AVAIL(q) (DESC(q) + 0x400)
#define USED(q)  (DESC(q) + 0x800)
#define BUFFERS  (BOARD_RAM + 0x10000)

struct desc {
    u64 addr;
    u32 len;
    u16 flags, next;
};

struct driver {
    struct board *b;
    struct device *dev;
    u16 avail_idx[4];
};

/* What the devices of a test take drivers to be. */
static struct virtio_dialect dialect = {VIRTIO_VENDOR, VIRTIO_VERSION, VIRTIO_DRIVERS_MODERN};

/* A virtio device from `spec`, or NULL with b->err. */
static inline struct virtio *virtio_try(struct board *b, virtio_make *make, const char *spec)
{
    b->args.spec = spec;
    return make(&b->env, &b->args, &b->err);
}

/* ---- what carries it ---- */

#define VPCI_ECAM 0x30000000ull
#define VPCI_BAR  0x400000000ull
#define VCONFIG   0x100 /* the configuration space, as over MMIO */

static inline enum dev_bus carrier(void)
{
    const char *name = getenv("VIRTIO_BUS");
    return !name || strcmp(name, "mmio") == 0 ? BUS_MMIO
           : strcmp(name, "pci") == 0         ? BUS_PCI
                                              : BUS_PORT;
}

/* The window of registers is open, and may reach memory, wherever enumeration puts it. */
static inline void enumerate(struct board *b)
{
    u64 f = VPCI_ECAM + (1 << 15);
    if (carrier() == BUS_PORT) {
        wr(b, f + 4, 2, 6);
        wr(b, f + 0x18, 4, 0x010100);
        wr(b, f + 0x24, 4, 0);
        wr(b, f + 0x28, 4, VPCI_BAR >> 32);
        wr(b, f + 0x2c, 4, VPCI_BAR >> 32);
        f = VPCI_ECAM + (1 << 20);
    }
    wr(b, f + 0x20, 4, 0);
    wr(b, f + 0x24, 4, VPCI_BAR >> 32);
    wr(b, f + 4, 2, 6);
}

static inline struct device *on_pci(struct board *b, struct virtio *v,
                                    const struct virtio_dialect *with)
{
    static const struct pci_windows windows = {0x3000000, 0x10000,  0x40000000,
                                               1u << 30,  VPCI_BAR, 16ull << 30};
    b->args.pci_windows = &windows;
    b->args.pci_host = board_make(b, pci_host_new, VPCI_ECAM);
    struct device *dev = virtio_pci(v, with, b->args.pci_host, &b->err);
    ck_assert_ptr_nonnull(dev);
    board_add(b, dev, 0);
    b->args.pci_below = dev->pci;
    if (carrier() == BUS_PORT)
        board_make(b, pci_port_new, 0);
    bus_reset(&b->bus);
    enumerate(b);
    return dev;
}

/* The device is on the board from here on, and d drives it. */
static inline void driver_carry(struct driver *d, struct board *b, struct virtio *v,
                                const struct virtio_dialect *with)
{
    ck_assert_msg(v != NULL, "%s", b->err.text);
    *d = (struct driver){.b = b};
    d->dev = carrier() == BUS_MMIO ? board_add(b, virtio_mmio(v, with), VDEV) : on_pci(b, v, with);
}

/* A new one, which must not fail. */
static inline void driver_init(struct driver *d, struct board *b, virtio_make *make,
                               const char *spec)
{
    driver_carry(d, b, virtio_try(b, make, spec), &dialect);
}

/* Where a register is, and its width. */
static inline u64 vreg(u64 reg, unsigned *size)
{
    static const struct {
        u16 mmio, pci;
        u8 size;
    } common[] = {{0x10, 0x04, 4},   {0x14, 0x00, 4},   {0x20, 0x0c, 4}, {0x24, 0x08, 4},
                  {0x30, 0x16, 2},   {0x34, 0x18, 2},   {0x38, 0x18, 2}, {0x44, 0x1c, 2},
                  {0x60, 0x1000, 1}, {0x64, 0x1000, 1}, {0x70, 0x14, 1}, {0x80, 0x20, 4},
                  {0x84, 0x24, 4},   {0x90, 0x28, 4},   {0x94, 0x2c, 4}, {0xa0, 0x30, 4},
                  {0xa4, 0x34, 4},   {0xfc, 0x15, 1}};
    *size = 4;
    if (carrier() == BUS_MMIO)
        return VDEV + reg;
    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        if (common[i].mmio == reg) {
            *size = common[i].size;
            return VPCI_BAR + common[i].pci;
        }
    ck_assert_msg(reg >= VCONFIG, "register 0x%llx is not on PCI", (unsigned long long)reg);
    return VPCI_BAR + 0x2000 + (reg - VCONFIG);
}

static inline void vput(struct driver *d, u64 reg, u32 value)
{
    unsigned size;
    if (reg == VNOTIFY && carrier() != BUS_MMIO) {
        wr(d->b, VPCI_BAR + 0x3000 + 4 * (u64)value, 2, value & 0xffff);
        return;
    }
    u64 pa = vreg(reg, &size);
    if (reg == VACK && carrier() != BUS_MMIO)
        rd(d->b, pa, size);
    else
        wr(d->b, pa, size, value & MASK(8 * size));
}

/* The interrupt status is looked at without taking it, which on PCI a read does. */
static inline u32 vget(struct driver *d, u64 reg)
{
    unsigned size;
    if (reg == VISR)
        return ((const struct virtio *)d->dev)->s.isr;
    u64 pa = vreg(reg, &size);
    return (u32)rd(d->b, pa, size);
}

/* `size` bytes of configuration space. */
static inline u64 vconfig(struct driver *d, u64 offset, unsigned size)
{
    unsigned width;
    return rd(d->b, vreg(VCONFIG, &width) + offset, size);
}

static inline void mem_put(struct driver *d, u64 pa, const void *buf, u64 len)
{
    ck_assert_int_eq(bus_copy_to(&d->b->bus, pa, buf, len), 0);
}

static inline void mem_get(struct driver *d, u64 pa, void *buf, u64 len)
{
    ck_assert_int_eq(bus_copy_from(&d->b->bus, pa, buf, len), 0);
}

/* Empties the rings of queue q and tells the device where they are. */
static inline void lay_queue(struct driver *d, u32 q)
{
    u8 zero[0x1000] = {0};
    mem_put(d, DESC(q), zero, sizeof(zero));
    d->avail_idx[q] = 0;
    vput(d, 0x30, q);
    vput(d, 0x38, RING);
    vput(d, 0x80, (u32)DESC(q)), vput(d, 0x84, DESC(q) >> 32);
    vput(d, 0x90, (u32)AVAIL(q)), vput(d, 0x94, AVAIL(q) >> 32);
    vput(d, 0xa0, (u32)USED(q)), vput(d, 0xa4, USED(q) >> 32);
}

static inline void setup_queue(struct driver *d, u32 q)
{
    lay_queue(d, q);
    vput(d, 0x44, 1);
    ck_assert_uint_eq(vget(d, 0x44), 1);
}

/* Reset, accept `features`. */
static inline void negotiate(struct driver *d, u64 features)
{
    vput(d, VSTATUS, 0);
    vput(d, VSTATUS, 1 | 2);
    vput(d, 0x24, 0), vput(d, 0x20, (u32)features);
    vput(d, 0x24, 1), vput(d, 0x20, features >> 32);
    vput(d, VSTATUS, 1 | 2 | 8);
    ck_assert_uint_eq(vget(d, VSTATUS), 11);
}

/* Reset, accept `features`, set up `queues`, go. */
static inline void start(struct driver *d, u64 features, u32 queues)
{
    negotiate(d, features);
    for (u32 q = 0; q < queues; q++)
        setup_queue(d, q);
    vput(d, VSTATUS, 1 | 2 | 8 | 4);
}

/* The same with queue 0, which is not made ready. */
static inline void start_unready(struct driver *d, u64 features)
{
    negotiate(d, features);
    lay_queue(d, 0);
    vput(d, VSTATUS, 1 | 2 | 8 | 4);
}

static inline void set_desc(struct driver *d, u32 q, u32 i, struct desc value)
{
    mem_put(d, DESC(q) + 16 * i, &value, 16);
}

/* Makes the chain at `head` available, without telling. */
static inline void offer(struct driver *d, u32 q, u16 head)
{
    u16 idx = d->avail_idx[q]++;
    mem_put(d, AVAIL(q) + 4 + 2 * (idx % RING), &head, 2);
    idx++;
    mem_put(d, AVAIL(q) + 2, &idx, 2);
}

static inline void kick(struct driver *d, u32 q, u16 head)
{
    offer(d, q, head);
    vput(d, VNOTIFY, q);
}

static inline u16 used_idx(struct driver *d, u32 q)
{
    u16 idx;
    mem_get(d, USED(q) + 2, &idx, 2);
    return idx;
}

/* Bytes the device says it wrote for used entry i. */
static inline u32 used_len(struct driver *d, u32 q, u32 i)
{
    u32 e[2];
    mem_get(d, USED(q) + 4 + 8 * (i % RING), e, 8);
    return e[1];
}

static inline unsigned virq(struct driver *d)
{
    return carrier() == BUS_MMIO ? d->b->pin[d->dev->id][0] : d->b->pin[d->b->args.pci_host->id][1];
}

#endif
