/* Interrupt controllers in the device tree: who delivers a device's interrupt, and how the domains
 * of an APLIC and the interrupt files of harts belong together. The bindings are Linux's. */
#include <libfdt.h>

#include "cpu/trap.h"
#include "devices/aplic.h"
#include "machine/fdt_impl.h"

static enum dt_binding binding_of(const struct dt_device *dev)
{
    return (enum dt_binding)dev->dev->regs->dt.binding;
}

static bool is_plic(const struct dt_device *dev)
{
    return dev->dev->cls->input && binding_of(dev) == DT_PLAIN;
}

void dt_find_controller(struct tree *t)
{
    for (u32 i = 0; i < t->d->num_devices; i++) {
        const struct dt_device *dev = &t->d->devices[i];
        if (binding_of(dev) == DT_PCI || (binding_of(dev) == DT_PLAIN && !is_plic(dev)))
            continue;
        t->phandle[i] = t->next_phandle++;
        if (!is_plic(dev) && dev->dev->cls != &aplic_s_class)
            continue;
        t->controller = t->phandle[i];
        t->cells = is_plic(dev) ? 1 : 2;
    }
}

/* The phandle of the device of that kind that drives the same interrupt of harts; 0: none. */
static u32 find_like(const struct tree *t, enum dt_binding binding, u8 irq)
{
    for (u32 i = 0; i < t->d->num_devices; i++)
        if (binding_of(&t->d->devices[i]) == binding && t->d->devices[i].wire[0].number == irq)
            return t->phandle[i];
    return 0;
}

u32 dt_find_files(const struct tree *t, u8 irq)
{
    return find_like(t, DT_IMSIC, irq);
}

static u32 phandle_of(const struct tree *t, const struct dt_device *dev)
{
    return t->phandle[dev - t->d->devices];
}

bool dt_by_message(const struct tree *t, const struct dt_device *dev)
{
    return binding_of(dev) == DT_APLIC && find_like(t, DT_IMSIC, dev->wire[0].number);
}

static void describe_imsic(struct tree *t, int node)
{
    dt_set_u32(t, node, "#msi-cells", 0);
    dt_set_empty(t, node, "msi-controller");
    dt_set_empty(t, node, "interrupt-controller");
    dt_set_u32(t, node, "#interrupt-cells", 0);
}

/* The root gives all sources to the supervisor's domain. */
static void describe_root(struct tree *t, int node, u32 sources)
{
    for (u32 i = 0; i < t->d->num_devices; i++) {
        if (t->d->devices[i].dev->cls != &aplic_s_class)
            continue;
        fdt32_t all[] = {cpu_to_fdt32(t->phandle[i]), cpu_to_fdt32(1), cpu_to_fdt32(sources)};
        dt_set_bytes(t, node, "riscv,delegation", all, sizeof all);
        dt_set_u32(t, node, "riscv,children", t->phandle[i]);
    }
}

static void describe_aplic(struct tree *t, int node, const struct dt_device *dev)
{
    if (dt_by_message(t, dev))
        dt_set_u32(t, node, "msi-parent", find_like(t, DT_IMSIC, dev->wire[0].number));
    if (dev->dev->cls == &aplic_m_class)
        describe_root(t, node, aplic_num_sources(dev->dev));
    dt_set_empty(t, node, "interrupt-controller");
    dt_set_u32(t, node, "#interrupt-cells", 2);
    dt_set_u32(t, node, "#address-cells", 0);
}

void dt_describe_controller(struct tree *t, int node, const struct dt_device *dev)
{
    if (!phandle_of(t, dev))
        return;
    if (t->d->machine_level_taken && binding_of(dev) != DT_PLAIN && dev->wire[0].number == IRQ_MEI)
        dt_set_string(t, node, "status", "disabled");
    if (binding_of(dev) == DT_IOMMU) {
        dt_describe_iommu(t, node, phandle_of(t, dev));
        return;
    }
    dt_set_u32(t, node, "phandle", phandle_of(t, dev));
    if (binding_of(dev) == DT_IMSIC) {
        describe_imsic(t, node);
    } else if (binding_of(dev) == DT_APLIC) {
        describe_aplic(t, node, dev);
    } else {
        dt_set_empty(t, node, "interrupt-controller");
        dt_set_u32(t, node, "#interrupt-cells", 1);
        dt_set_u32(t, node, "#address-cells", 0);
    }
}
