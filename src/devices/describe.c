/* The part of a device tree node that every device has: name, reg, compatible. */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "devices/describe.h"

int describe_node(struct device *dev, void *fdt, int parent, u64 base, const char *name)
{
    char full[64];
    snprintf(full, sizeof(full), "%s@%" PRIx64, name, base);
    int node = fdt_add_subnode(fdt, parent, full);
    if (node < 0)
        return node;
    fdt64_t reg[2] = {cpu_to_fdt64(base), cpu_to_fdt64(dev->window)};
    int err = fdt_setprop(fdt, node, "reg", reg, sizeof(reg));
    return err ? err : node;
}

int describe_compatible(void *fdt, int node, const char *compatible)
{
    if (node < 0)
        return node;
    int err = fdt_setprop(fdt, node, "compatible", compatible, (int)strlen(compatible) + 1);
    return err ? err : node;
}
