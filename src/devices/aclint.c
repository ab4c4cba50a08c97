/* Timer and software interrupts in the CLINT's layout: the ACLINT's mswi and mtimer devices side by
 * side: mswi at 0, mtimecmp at 0x4000, mtime at 0xbff8 (ACLINT specification, chapters 2 and 3).
 * Output pins: 2 * hart is MSIP, 2 * hart + 1 is MTIP. MTIP is high while mtime >= mtimecmp; the
 * next change is asked for as a deadline, so nothing is polled. mtime is the machine's time plus an
 * offset that a store to mtime changes. */
#include <assert.h>
#include <stdlib.h>

#include "devices/devices.h"

enum { MTIMECMP = 0x4000, MTIME = 0xbff8, WINDOW = 0x10000 };

struct aclint {
    struct device dev;
    u32 harts;
    u64 offset; /* mtime - env->now() */
    u64 mtimecmp[ACLINT_MAX_HARTS];
    u8 msip[ACLINT_MAX_HARTS];
    u8 mtip[ACLINT_MAX_HARTS]; /* levels driven now */
};

static void set_pin(struct aclint *a, unsigned pin, unsigned level)
{
    device_set_pin(&a->dev, pin, level);
}

static u64 mtime(struct aclint *a)
{
    return device_now(&a->dev) + a->offset;
}

static void set_offset(struct aclint *a, u64 offset)
{
    a->offset = offset;
    if (a->dev.env->set_time)
        a->dev.env->set_time(a->dev.env->board, offset);
}

/* Drives the MTIP pins that change and asks for the next deadline. */
static void update_timers(struct aclint *a)
{
    u64 now = device_now(&a->dev);
    u64 time = now + a->offset;
    u64 wait = UINT64_MAX; /* ticks to the next change */
    for (u32 i = 0; i < a->harts; i++) {
        u8 level = time >= a->mtimecmp[i];
        /* A pending timer falls when mtime wraps around. */
        u64 change = level ? 0 - time : a->mtimecmp[i] - time;
        if (change != 0 && change < wait)
            wait = change;
        if (level != a->mtip[i]) {
            a->mtip[i] = level;
            set_pin(a, 2 * i + 1, level);
        }
    }
    u64 deadline = now + wait < now ? UINT64_MAX : now + wait;
    device_set_deadline(&a->dev, deadline);
}

/* A 4- or 8-byte part of the 64-bit register `reg` at byte `at` (0 or 4). */
static u64 read_part(u64 reg, u64 at, unsigned size)
{
    return size == 8 ? reg : (u32)(reg >> (at * 8));
}

static u64 write_part(u64 reg, u64 at, unsigned size, u64 value)
{
    return size == 8 ? value : set_field(reg, MASK(32) << (at * 8), value);
}

static int aclint_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct aclint *a = (struct aclint *)dev;
    if (size < 4)
        return -1;
    *value = 0;
    if (offset < MTIMECMP) {
        if (size != 4)
            return -1;
        if (offset / 4 < a->harts)
            *value = a->msip[offset / 4];
    } else if (offset >= MTIME && offset < MTIME + 8) {
        *value = read_part(mtime(a), offset & 7, size);
    } else if ((offset - MTIMECMP) / 8 < a->harts) {
        *value = read_part(a->mtimecmp[(offset - MTIMECMP) / 8], offset & 7, size);
    }
    return 0;
}

static int aclint_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct aclint *a = (struct aclint *)dev;
    if (size < 4)
        return -1;
    if (offset < MTIMECMP) {
        if (size != 4)
            return -1;
        if (offset / 4 < a->harts) {
            a->msip[offset / 4] = value & 1;
            set_pin(a, 2 * (unsigned)(offset / 4), value & 1);
        }
    } else if (offset >= MTIME && offset < MTIME + 8) {
        u64 old = mtime(a);
        set_offset(a, a->offset + write_part(old, offset & 7, size, value) - old);
        update_timers(a);
    } else if ((offset - MTIMECMP) / 8 < a->harts) {
        u64 *cmp = &a->mtimecmp[(offset - MTIMECMP) / 8];
        *cmp = write_part(*cmp, offset & 7, size, value);
        update_timers(a);
    }
    return 0;
}

static void aclint_tick(struct device *dev)
{
    update_timers((struct aclint *)dev);
}

/* Drives every pin as the registers say. */
static void drive_pins(struct aclint *a)
{
    for (u32 i = 0; i < a->harts; i++) {
        set_pin(a, 2 * i, a->msip[i]);
        set_pin(a, 2 * i + 1, a->mtip[i]);
    }
}

static int aclint_resume(struct device *dev, struct error *err)
{
    (void)err;
    drive_pins((struct aclint *)dev);
    return 0;
}

/* mtimecmp is unknown after reset by the specification; the largest value keeps MTIP quiet. */
static void aclint_reset(struct device *dev)
{
    struct aclint *a = (struct aclint *)dev;
    a->offset = 0 - device_now(&a->dev); /* mtime is zero */
    for (u32 i = 0; i < a->harts; i++) {
        a->mtimecmp[i] = UINT64_MAX;
        a->msip[i] = a->mtip[i] = 0;
    }
    set_offset(a, a->offset);
    drive_pins(a);
    update_timers(a);
}

static const struct state_row aclint_rows[] = {
    STATE_FIELD(struct aclint, offset),
    STATE_ARRAY(struct aclint, mtimecmp),
    STATE_ARRAY(struct aclint, msip),
    STATE_ARRAY(struct aclint, mtip),
};

static const struct dev_regs aclint_regs = {
    .size = WINDOW,
    .read = aclint_read,
    .write = aclint_write,
    .dt = {.name = "clint", .compatible = {"sifive,clint0", "riscv,clint0"}},
};

static const struct dev_class aclint_class = {
    .name = "clint",
    .regs = &aclint_regs,
    .reset = aclint_reset,
    .tick = aclint_tick,
    .resume = aclint_resume,
    .rows = aclint_rows,
    .num_rows = ARRAY_LEN(aclint_rows),
};

struct device *aclint_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    assert(args->harts >= 1 && args->harts <= ACLINT_MAX_HARTS);
    struct aclint *a = (struct aclint *)device_alloc(sizeof(*a), &aclint_class, env, err);
    if (!a)
        return NULL;
    a->harts = args->harts;
    for (u32 i = 0; i < a->harts; i++)
        a->mtimecmp[i] = UINT64_MAX;
    return &a->dev;
}
