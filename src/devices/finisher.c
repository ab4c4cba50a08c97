/* The test finisher: one 32-bit register by which the guest ends the run: 0x5555 passes, 0x3333 |
 * code << 16 fails with `code`, 0x7777 resets. In the device tree it is
 * also the syscon behind poweroff and reboot. */
#include <stdlib.h>

#include "devices/devices.h"

enum { FAIL = 0x3333, PASS = 0x5555, RESET = 0x7777, WINDOW = 0x1000 };

static int finisher_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)offset;
    *value = 0;
    return size == 2 || size == 4 ? 0 : -1;
}

static int finisher_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    const struct dev_env *env = dev->env;
    if (size != 2 && size != 4)
        return -1;
    if (offset != 0)
        return 0;
    unsigned code = (unsigned)(value >> 16);
    switch (value & 0xffff) {
    case PASS:
        env->stop(env->board, STOP_GUEST_EXIT, 0);
        break;
    case FAIL: /* a failure without a code must not look like success */
        env->stop(env->board, STOP_GUEST_EXIT, code ? code : 1);
        break;
    case RESET:
        env->stop(env->board, STOP_RESET_COLD, 0);
        break;
    }
    return 0;
}

static const struct dev_regs finisher_regs = {
    .size = WINDOW,
    .read = finisher_read,
    .write = finisher_write,
    .dt = {.name = "test", .compatible = {"sifive,test1", "sifive,test0", "syscon"}},
};

static const struct dev_class finisher_class = {
    .name = "finisher",
    .regs = &finisher_regs,
};

struct device *finisher_new(const struct dev_env *env, const struct dev_args *args,
                            struct error *err)
{
    (void)args;
    return device_alloc(sizeof(struct device), &finisher_class, env, err);
}
