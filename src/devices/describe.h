/* The part of a device tree node that every device has. */
#ifndef HEXTANT_DEVICES_DESCRIBE_H
#define HEXTANT_DEVICES_DESCRIBE_H

#include "bus/device.h"

/* Adds the node `name`@base below `parent` with its reg (two address and two size cells, the size
 * is the device's window). Returns the node's offset or a negative libfdt error. */
int describe_node(struct device *dev, void *fdt, int parent, u64 base, const char *name);
/* Sets `compatible` to one string and returns `node`, or passes an error through: when `node` is
 * negative already, it comes back unchanged. */
int describe_compatible(void *fdt, int node, const char *compatible);

#endif
