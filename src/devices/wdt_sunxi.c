/* The watchdog of the Allwinner D1, which Linux drives with sunxi_wdt: it counts down in guest time
 * and, unless it is restarted, resets the machine or interrupts. Words that control it count only
 * with their key. */
#include <stdlib.h>

#include "common/owner.h"
#include "devices/devices.h"

enum {
    IRQ_ENABLE = 0x00,
    IRQ_STATUS = 0x04, /* written with 1: cleared */
    SOFT_RESET = 0x08,
    CONTROL = 0x10, /* restarts the count */
    CONFIG = 0x14,  /* what happens at its end */
    MODE = 0x18,    /* bit 0: it counts; 7..4: how long */
    WINDOW = 0x1000,
};
enum { ON = 1, INTERVAL_LOW = 4, CONFIG_MASK = 3, CONFIG_INTERRUPT = 2, MODE_MASK = 0xf1 };
enum { KEY = 0x16aa, RESTART = 0xa57 << 1 | 1 };

struct wdt {
    struct device dev;
    u64 since; /* when the count began */
    u32 config, mode;
    u8 irq_enabled, irq_pending;
};

/* Half seconds of an interval; 0: it is reserved. */
static u64 half_seconds(unsigned interval)
{
    static const u8 lengths[16] = {1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32};
    return lengths[interval & 15];
}

/* When the count is at its end; UINT64_MAX: never. */
static u64 end_of_count(const struct wdt *w)
{
    u64 length = half_seconds(w->mode >> INTERVAL_LOW) * w->dev.env->hz / 2;
    return (w->mode & ON) && length ? w->since + length : UINT64_MAX;
}

static void update(struct wdt *w)
{
    device_set_deadline(&w->dev, end_of_count(w));
    device_set_pin(&w->dev, 0, w->irq_enabled && w->irq_pending);
}

static void restart(struct wdt *w)
{
    w->since = device_now(&w->dev);
    update(w);
}

static void reset_machine(struct wdt *w, const char *why)
{
    owner_message(w->dev.env->owner, "the watchdog resets the machine: %s", why);
    w->dev.env->stop(w->dev.env->board, STOP_RESET_COLD, 0);
}

static void wdt_tick(struct device *dev)
{
    struct wdt *w = (struct wdt *)dev;
    if (device_now(dev) < end_of_count(w)) {
        update(w);
        return;
    }
    if ((w->config & CONFIG_MASK) == CONFIG_INTERRUPT) {
        w->irq_pending = 1;
        restart(w);
    } else {
        w->mode &= ~(u32)ON;
        reset_machine(w, "it was not restarted in time");
    }
}

static int wdt_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    const struct wdt *w = (const struct wdt *)dev;
    if (size != 4)
        return -1;
    *value = offset == IRQ_ENABLE   ? w->irq_enabled
             : offset == IRQ_STATUS ? w->irq_pending
             : offset == CONFIG     ? w->config
             : offset == MODE       ? w->mode
                                    : 0;
    return 0;
}

/* A count that goes on is as long as it was to be until it is restarted. */
static void set_mode(struct wdt *w, u32 value)
{
    bool begins = (value & ON) && !(w->mode & ON);
    w->mode = value & MODE_MASK;
    if (begins)
        restart(w);
}

static int wdt_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct wdt *w = (struct wdt *)dev;
    bool unlocked = (u32)value >> 16 == KEY;
    if (size != 4)
        return -1;
    if (offset == IRQ_ENABLE)
        w->irq_enabled = value & 1;
    else if (offset == IRQ_STATUS)
        w->irq_pending &= (u8)~value;
    else if (offset == CONTROL && (value & 0x1fff) == RESTART)
        w->since = device_now(dev);
    else if (offset == CONFIG && unlocked)
        w->config = value & CONFIG_MASK;
    else if (offset == MODE && unlocked)
        set_mode(w, (u32)value);
    else if (offset == SOFT_RESET && unlocked && (value & 1))
        reset_machine(w, "the guest asked for it");
    update(w);
    return 0;
}

static int wdt_resume(struct device *dev, struct error *err)
{
    struct wdt *w = (struct wdt *)dev;
    (void)err;
    device_set_pin(dev, 0, w->irq_enabled && w->irq_pending);
    return 0;
}

static void wdt_reset(struct device *dev)
{
    struct wdt *w = (struct wdt *)dev;
    w->config = 1;
    w->mode = w->irq_enabled = w->irq_pending = 0;
    update(w);
}

static const struct state_row wdt_rows[] = {
    STATE_FIELD(struct wdt, since),       STATE_FIELD(struct wdt, config),
    STATE_FIELD(struct wdt, mode),        STATE_FIELD(struct wdt, irq_enabled),
    STATE_FIELD(struct wdt, irq_pending),
};

static const struct dev_regs wdt_regs = {
    .size = WINDOW,
    .read = wdt_read,
    .write = wdt_write,
    .dt = {.name = "watchdog", .compatible = {"allwinner,sun20i-d1-wdt"}},
};

static const struct dev_class wdt_class = {
    .name = "watchdog",
    .regs = &wdt_regs,
    .reset = wdt_reset,
    .tick = wdt_tick,
    .resume = wdt_resume,
    .rows = wdt_rows,
    .num_rows = ARRAY_LEN(wdt_rows),
};

struct device *wdt_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    (void)args;
    return device_alloc(sizeof(struct wdt), &wdt_class, env, err);
}
