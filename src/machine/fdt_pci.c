/* The PCI host bridge in the device tree: what it forwards, where its lines lead, and who takes its
 * messages. The bindings are Linux's and Open Firmware's. */
#include <libfdt.h>

#include "cpu/trap.h"
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

void dt_describe_pci(struct tree *t, int node, const struct dt_device *dev)
{
    const fdt32_t buses[] = {0, cpu_to_fdt32(255)};
    u32 files = dt_find_files(t, IRQ_SEI);
    if (t->controller)
        set_interrupt_map(t, node, dev);
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
