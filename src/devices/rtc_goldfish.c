/* The Goldfish real-time clock: nanoseconds since 1970 in two halves, and one alarm. Its time is
 * the machine's, so it follows the virtual clock. */
#include <stdlib.h>

#include "devices/devices.h"

enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
    WINDOW = 0x1000,
};

#define NS_PER_S 1000000000ull

struct rtc {
    struct device dev;
    u64 epoch_ns; /* the time when env->now() was zero */
    u64 latched;  /* the time at the last read of TIME_LOW; TIME_HIGH belongs to it */
    u64 alarm_ns;
    u32 alarm_high; /* written before ALARM_LOW, which arms the alarm */
    u8 armed, enabled, pending;
};

static u64 ns_of_ticks(const struct rtc *r, u64 ticks)
{
    return (u64)((u128)ticks * NS_PER_S / r->dev.env->hz);
}

static u64 time_ns(const struct rtc *r)
{
    return r->epoch_ns + ns_of_ticks(r, device_now(&r->dev));
}

/* Looks whether the alarm is due, asks for its deadline, drives the pin. */
static void update(struct rtc *r)
{
    u64 now = time_ns(r), deadline = UINT64_MAX;
    if (r->armed && r->alarm_ns <= now) {
        r->armed = 0;
        r->pending = 1;
    }
    if (r->armed) {
        u128 ticks = ((u128)(r->alarm_ns - now) * r->dev.env->hz + NS_PER_S - 1) / NS_PER_S;
        u64 start = device_now(&r->dev);
        if (ticks < UINT64_MAX - start)
            deadline = start + (u64)ticks;
    }
    device_set_deadline(&r->dev, deadline);
    device_set_pin(&r->dev, 0, r->pending && r->enabled);
}

static int rtc_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct rtc *r = (struct rtc *)dev;
    if (size != 4)
        return -1;
    *value = 0;
    switch (offset) {
    case TIME_LOW:
        r->latched = time_ns(r);
        *value = (u32)r->latched;
        break;
    case TIME_HIGH:
        *value = r->latched >> 32;
        break;
    case ALARM_LOW:
        *value = (u32)r->alarm_ns;
        break;
    case ALARM_HIGH:
        *value = r->alarm_ns >> 32;
        break;
    case IRQ_ENABLED:
        *value = r->enabled;
        break;
    case ALARM_STATUS:
        *value = r->armed;
        break;
    }
    return 0;
}

static int rtc_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct rtc *r = (struct rtc *)dev;
    if (size != 4)
        return -1;
    switch (offset) {
    case TIME_LOW:
        r->epoch_ns += set_field(time_ns(r), MASK(32), value) - time_ns(r);
        break;
    case TIME_HIGH:
        r->epoch_ns += set_field(time_ns(r), ~MASK(32), value) - time_ns(r);
        break;
    case ALARM_LOW:
        r->alarm_ns = (u64)r->alarm_high << 32 | value;
        r->armed = 1;
        break;
    case ALARM_HIGH:
        r->alarm_high = (u32)value;
        break;
    case IRQ_ENABLED:
        r->enabled = value & 1;
        break;
    case CLEAR_ALARM:
        r->armed = 0;
        break;
    case CLEAR_INTERRUPT:
        r->pending = 0;
        break;
    }
    update(r);
    return 0;
}

static void rtc_update(struct device *dev)
{
    update((struct rtc *)dev);
}

static int rtc_resume(struct device *dev, struct error *err)
{
    struct rtc *r = (struct rtc *)dev;
    (void)err;
    device_set_pin(dev, 0, r->pending && r->enabled);
    return 0;
}

static void rtc_reset(struct device *dev)
{
    struct rtc *r = (struct rtc *)dev;
    r->alarm_ns = r->alarm_high = 0;
    r->armed = r->enabled = r->pending = 0;
    update(r);
}

static const struct state_row rtc_rows[] = {
    STATE_FIELD(struct rtc, epoch_ns), STATE_FIELD(struct rtc, latched),
    STATE_FIELD(struct rtc, alarm_ns), STATE_FIELD(struct rtc, alarm_high),
    STATE_FIELD(struct rtc, armed),    STATE_FIELD(struct rtc, enabled),
    STATE_FIELD(struct rtc, pending),
};

static const struct dev_regs rtc_regs = {
    .size = WINDOW,
    .read = rtc_read,
    .write = rtc_write,
    .dt = {.name = "rtc", .compatible = {"google,goldfish-rtc"}},
};

static const struct dev_class rtc_class = {
    .name = "rtc",
    .regs = &rtc_regs,
    .reset = rtc_reset,
    .tick = rtc_update,
    .resume = rtc_resume,
    .rows = rtc_rows,
    .num_rows = ARRAY_LEN(rtc_rows),
};

struct device *rtc_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct rtc *r = (struct rtc *)device_alloc(sizeof(*r), &rtc_class, env, err);
    if (!r)
        return NULL;
    r->epoch_ns = args->epoch_ns;
    return &r->dev;
}
