/* A minimal virtio driver for tests: one device on the board, rings in guest RAM that a test may
 * also fill by hand with whatever a hostile guest would. */
#ifndef HEXTANT_TESTS_VIRTIO_DRIVER_H
#define HEXTANT_TESTS_VIRTIO_DRIVER_H

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

/* The same, which must not fail, on the board. */
static inline void driver_init(struct driver *d, struct board *b, virtio_make *make,
                               const char *spec)
{
    struct virtio *v = virtio_try(b, make, spec);
    ck_assert_msg(v != NULL, "%s", b->err.text);
    *d = (struct driver){.b = b, .dev = board_add(b, virtio_mmio(v, &dialect), VDEV)};
}

static inline void vput(struct driver *d, u64 reg, u32 value)
{
    wr(d->b, VDEV + reg, 4, value);
}

static inline u32 vget(struct driver *d, u64 reg)
{
    return (u32)rd(d->b, VDEV + reg, 4);
}

static inline void mem_put(struct driver *d, u64 pa, const void *buf, u64 len)
{
    ck_assert_int_eq(bus_copy_to(&d->b->bus, pa, buf, len), 0);
}

static inline void mem_get(struct driver *d, u64 pa, void *buf, u64 len)
{
    ck_assert_int_eq(bus_copy_from(&d->b->bus, pa, buf, len), 0);
}

static inline void setup_queue(struct driver *d, u32 q)
{
    u8 zero[0x1000] = {0};
    mem_put(d, DESC(q), zero, sizeof(zero));
    d->avail_idx[q] = 0;
    vput(d, 0x30, q);
    vput(d, 0x38, RING);
    vput(d, 0x80, (u32)DESC(q)), vput(d, 0x84, DESC(q) >> 32);
    vput(d, 0x90, (u32)AVAIL(q)), vput(d, 0x94, AVAIL(q) >> 32);
    vput(d, 0xa0, (u32)USED(q)), vput(d, 0xa4, USED(q) >> 32);
    vput(d, 0x44, 1);
    ck_assert_uint_eq(vget(d, 0x44), 1);
}

/* Reset, accept `features`, set up `queues`, go. */
static inline void start(struct driver *d, u64 features, u32 queues)
{
    vput(d, VSTATUS, 0);
    vput(d, VSTATUS, 1 | 2);
    vput(d, 0x24, 0), vput(d, 0x20, (u32)features);
    vput(d, 0x24, 1), vput(d, 0x20, features >> 32);
    vput(d, VSTATUS, 1 | 2 | 8);
    ck_assert_uint_eq(vget(d, VSTATUS), 11);
    for (u32 q = 0; q < queues; q++)
        setup_queue(d, q);
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
    return d->b->pin[d->dev->id][0];
}

#endif
