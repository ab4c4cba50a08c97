/* The ACLINT's supervisor software interrupt device: setssip[hart] at 4 * hart. A write of 1 drives
 * pin `hart` to 1 and back to 0, an edge that sets mip.SSIP; the register holds nothing and reads
 * zero. */
#include <assert.h>
#include <stdlib.h>

#include "devices/devices.h"

enum { WINDOW = 0x4000 };

struct sswi {
    struct device dev;
    u32 harts;
};

static int sswi_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)offset;
    *value = 0;
    return size == 4 ? 0 : -1;
}

static int sswi_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct sswi *s = (struct sswi *)dev;
    if (size != 4)
        return -1;
    if (offset / 4 < s->harts && (value & 1)) {
        device_set_pin(dev, (unsigned)(offset / 4), 1);
        device_set_pin(dev, (unsigned)(offset / 4), 0);
    }
    return 0;
}

static const struct dev_regs sswi_regs = {
    .size = WINDOW,
    .read = sswi_read,
    .write = sswi_write,
    .dt = {.name = "sswi",
           .compatible = {"riscv,aclint-sswi"},
           .prop = {{"interrupt-controller", 0, 0}, {"#interrupt-cells", 1, 0}}},
};

static const struct dev_class sswi_class = {
    .name = "sswi",
    .regs = &sswi_regs,
};

struct device *sswi_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    assert(args->harts >= 1 && args->harts <= WINDOW / 4);
    struct sswi *s = (struct sswi *)device_alloc(sizeof(*s), &sswi_class, env, err);
    if (!s)
        return NULL;
    s->harts = args->harts;
    return &s->dev;
}
