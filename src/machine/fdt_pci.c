/* The PCI host bridge in the device tree: what it forwards, where its lines lead, and who takes its
 * messages. The bindings are Linux's and Open Firmware's. */
#include <libfdt.h>
#include <stdio.h>

#include "cpu/trap.h"
#include "devices/iommu.h"
#include "devices/pci.h"
#include "machine/fdt_impl.h"

enum { SPACE_IO = 0x01000000, SPACE_MEM32 = 0x02000000, SPACE_MEM64 = 0x03000000 };
enum { LEVEL_HIGH = 4, DEVICE_SHIFT = 11 };

/* One row of `ranges`: seven cells. */
static void put_range(fdt32_t row[7], u32 space, u64 on_bus, u64 base, u64 size)
{
    row[0] = cpu_to_fdt32(space);
    dt_put_u64(row + 1, on_bus);
    dt_put_u64(row + 3, base);
    dt_put_u64(row + 5, size);
}

static void set_ranges(struct tree *t, int node, const struct pci_windows *w)
{
    fdt32_t row[3][7];
    u32 n = 0;
    put_range(row[n++], SPACE_IO, 0, w->io, w->io_size);
    put_range(row[n++], SPACE_MEM32, w->mem32, w->mem32, w->mem32_size);
    if (w->mem64_size)
        put_range(row[n++], SPACE_MEM64, w->mem64, w->mem64, w->mem64_size);
    dt_set_bytes(t, node, "ranges", row, n * sizeof row[0]);
}

/* Pin p of device d leads to line (p + d) % 4, so four devices say it all. */
static void set_interrupt_map(struct tree *t, int node, const struct dt_device *dev)
{
    fdt32_t cells[PCI_PINS * PCI_PINS * 7];
    u32 n = 0;
    for (u32 slot = 0; slot < PCI_PINS; slot++)
        for (u32 pin = 0; pin < PCI_PINS; pin++) {
            cells[n++] = cpu_to_fdt32(slot << DEVICE_SHIFT);
            cells[n++] = 0;
            cells[n++] = 0;
            cells[n++] = cpu_to_fdt32(pin + 1);
            cells[n++] = cpu_to_fdt32(t->controller);
            cells[n++] = cpu_to_fdt32(dev->wire[(pin + slot) % PCI_PINS].number);
            if (t->cells == 2)
                cells[n++] = cpu_to_fdt32(LEVEL_HIGH);
        }
    const fdt32_t mask[] = {cpu_to_fdt32((PCI_PINS - 1) << DEVICE_SHIFT), 0, 0, cpu_to_fdt32(7)};
    dt_set_bytes(t, node, "interrupt-map-mask", mask, sizeof mask);
    dt_set_bytes(t, node, "interrupt-map", cells, n * sizeof cells[0]);
}

void dt_describe_iommu(struct tree *t, int node, u32 phandle)
{
    u32 files = dt_find_files(t, IRQ_SEI);
    if (files)
        dt_set_u32(t, node, "msi-parent", files);
    dt_set_u32(t, node, "#iommu-cells", 1);
    dt_set_u32(t, node, "phandle", phandle);
}

/* The node of an IOMMU that is a function of PCI. */
static u32 add_iommu(struct tree *t, int bridge, u32 devfn)
{
    const fdt32_t reg[5] = {cpu_to_fdt32(devfn << 8)};
    u32 phandle = t->next_phandle++;
    char name[16];
    snprintf(name, sizeof name, "iommu@%x", devfn >> 3);
    int node = dt_add_node(t, bridge, name);
    dt_set_bytes(t, node, "reg", reg, sizeof reg);
    dt_describe_iommu(t, node, phandle);
    dt_set_string(t, node, "compatible", "riscv,pci-iommu");
    return phandle;
}

/* Which functions are behind the IOMMU: all, but itself. */
static void set_iommu_map(struct tree *t, int node, const struct device *host)
{
    enum { REQUESTERS = 0x10000 };
    for (u32 i = 0; i < t->d->num_devices; i++) {
        if (t->d->devices[i].dev->regs->dt.binding != DT_IOMMU)
            continue;
        const fdt32_t all[] = {0, cpu_to_fdt32(t->phandle[i]), 0, cpu_to_fdt32(REQUESTERS)};
        dt_set_bytes(t, node, "iommu-map", all, sizeof all);
    }
    for (u32 i = 0; i < pci_num_functions(host); i++) {
        const struct pci_function *f = pci_function(host, i);
        if (f->dev->cls != &iommu_class)
            continue;
        fdt32_t unit = cpu_to_fdt32(add_iommu(t, node, f->devfn)), id = cpu_to_fdt32(f->devfn),
                next = cpu_to_fdt32(f->devfn + 1u), rest = cpu_to_fdt32(REQUESTERS - 1u - f->devfn);
        const fdt32_t others[] = {0, unit, 0, id, next, unit, next, rest};
        dt_set_bytes(t, node, "iommu-map", others, sizeof others);
    }
}

void dt_describe_pci(struct tree *t, int node, const struct dt_device *dev)
{
    const fdt32_t buses[] = {0, cpu_to_fdt32(255)};
    u32 files = dt_find_files(t, IRQ_SEI);
    if (t->controller)
        set_interrupt_map(t, node, dev);
    set_iommu_map(t, node, dev->dev);
    set_ranges(t, node, pci_host_windows(dev->dev));
    if (files)
        dt_set_u32(t, node, "msi-parent", files);
    dt_set_empty(t, node, "dma-coherent");
    dt_set_bytes(t, node, "bus-range", buses, sizeof buses);
    dt_set_u32(t, node, "linux,pci-domain", 0);
    dt_set_string(t, node, "device_type", "pci");
    dt_set_u32(t, node, "#interrupt-cells", 1);
    dt_set_u32(t, node, "#size-cells", 2);
    dt_set_u32(t, node, "#address-cells", 3);
}
