/* The ACLINT's supervisor software interrupt device: setssip[hart] at 4 * hart. A write of 1 is an
 * edge that sets mip.SSIP; the register holds nothing and reads zero. */
#include <assert.h>
#include <libfdt.h>
#include <stdlib.h>

#include "devices/describe.h"
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
        dev->env->set_pin(dev->env->board, dev, (unsigned)(offset / 4), 1);
        dev->env->set_pin(dev->env->board, dev, (unsigned)(offset / 4), 0);
    }
    return 0;
}

static int sswi_describe(struct device *dev, void *fdt, int parent, u64 base)
{
    int node = describe_compatible(fdt, describe_node(dev, fdt, parent, base, "sswi"),
                                   "riscv,aclint-sswi");
    if (node < 0)
        return node;
    int err = fdt_setprop(fdt, node, "interrupt-controller", "", 0);
    if (!err)
        err = fdt_setprop_u32(fdt, node, "#interrupt-cells", 0);
    return err ? err : node;
}

static const struct dev_class sswi_class = {
    .name = "sswi",
    .read = sswi_read,
    .write = sswi_write,
    .describe = sswi_describe,
};

struct device *sswi_new(const struct dev_env *env, u32 harts)
{
    assert(harts >= 1 && harts <= WINDOW / 4);
    struct sswi *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->dev = (struct device){.cls = &sswi_class, .env = env, .window = WINDOW};
    s->harts = harts;
    return &s->dev;
}
