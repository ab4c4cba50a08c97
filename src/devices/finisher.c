/* The test finisher: one 32-bit register by which the guest ends the run. In the device tree it is
 * also the syscon behind poweroff and reboot. */
#include <libfdt.h>
#include <stdlib.h>

#include "devices/describe.h"
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

static int finisher_describe(struct device *dev, void *fdt, int parent, u64 base)
{
    static const char compatible[] = "sifive,test1\0sifive,test0\0syscon";
    int node = describe_node(dev, fdt, parent, base, "test");
    if (node < 0)
        return node;
    int err = fdt_setprop(fdt, node, "compatible", compatible, sizeof(compatible));
    return err ? err : node;
}

static const struct dev_class finisher_class = {
    .name = "finisher",
    .read = finisher_read,
    .write = finisher_write,
    .describe = finisher_describe,
};

struct device *finisher_new(const struct dev_env *env)
{
    struct device *dev = calloc(1, sizeof(*dev));
    if (dev)
        *dev = (struct device){.cls = &finisher_class, .env = env, .window = WINDOW};
    return dev;
}
