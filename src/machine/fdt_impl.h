/* The inside of the files that make the device tree. libfdt puts what is new before what is there,
 * so nodes and properties are added last first. */
#ifndef HEXTANT_MACHINE_FDT_IMPL_H
#define HEXTANT_MACHINE_FDT_IMPL_H

#include <libfdt.h>

#include "bus/bus.h"
#include "machine/fdt.h"

/* A tree under construction; after the first error nothing more happens. */
struct tree {
    void *fdt;
    int err;
    const struct dt_desc *d;
    u32 next_phandle;
    u32 controller;               /* phandle of the interrupt controller; 0: none yet */
    u32 cells;                    /* of one of its interrupts */
    u32 phandle[BUS_MAX_DEVICES]; /* of each device of `d`; 0: it needs none */
};

/* Remembers the first error, a negative result of libfdt. */
void dt_note(struct tree *t, int result);
/* A new node, and properties of it. */
int dt_add_node(struct tree *t, int parent, const char *name);
void dt_set_bytes(struct tree *t, int node, const char *name, const void *data, size_t len);
void dt_set_string(struct tree *t, int node, const char *name, const char *value);
void dt_set_empty(struct tree *t, int node, const char *name);
void dt_set_u32(struct tree *t, int node, const char *name, u32 value);

/* A number of an address, or of a size, in two cells. */
static inline void dt_put_u64(fdt32_t cell[2], u64 value)
{
    cell[0] = cpu_to_fdt32((u32)(value >> 32));
    cell[1] = cpu_to_fdt32((u32)value);
}

/* ---- fdt_aia.c: APLIC and IMSIC ---- */

/* Decides which devices of `d` have phandles, and who is the controller of the others' wires. */
void dt_find_controller(struct tree *t);
/* Is this device, an APLIC's domain, wired to harts only by way of their interrupt files? */
bool dt_by_message(const struct tree *t, const struct dt_device *dev);
/* What an interrupt controller's node says besides its window and its wires. */
void dt_describe_controller(struct tree *t, int node, const struct dt_device *dev);

/* The phandle of the interrupt files that drive this interrupt of harts; 0: there are none. */
u32 dt_find_files(const struct tree *t, u8 irq);

/* ---- fdt_pci.c ---- */

/* What the node of a PCI host bridge says besides its window. */
void dt_describe_pci(struct tree *t, int node, const struct dt_device *dev);
/* The same of an IOMMU on the board's bus. */
void dt_describe_iommu(struct tree *t, int node, u32 phandle);

#endif
