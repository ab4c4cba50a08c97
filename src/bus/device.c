/* The making of a device. */
#include "bus/device.h"

#include <stdlib.h>

struct device *device_alloc(size_t size, const struct dev_class *cls, const struct dev_env *env,
                            struct error *err)
{
    struct device *dev = calloc(1, size);
    if (!dev) {
        error_set(err, "no memory for device '%s'", cls->name);
        return NULL;
    }
    *dev = (struct device){.cls = cls, .env = env, .regs = cls->regs};
    return dev;
}

struct state_part device_part(const struct device *dev)
{
    return state_part(dev, dev->cls->rows, dev->cls->num_rows, "%s, device %u", dev->cls->name,
                      dev->id);
}
