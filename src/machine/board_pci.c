/* PCI on the board: whether there is a host bridge, and which addresses it forwards. */
#include <string.h>

#include "devices/devices.h"
#include "devices/pci.h"
#include "machine/board.h"

/* Does the value of an option ask for PCI? */
static bool on_pci(const char *spec)
{
    return strstr(spec, ",bus=pci") || strstr(spec, ",bus=port") || strstr(spec, ",if=nvme");
}

static bool any_on_pci(const char *const *specs, u32 count)
{
    bool any = false;
    for (u32 i = 0; i < count; i++)
        any |= on_pci(specs[i]);
    return any;
}

bool board_wants_pci(const struct options *o)
{
    return o->pci || o->iommu.place == IOMMU_PCI || o->virtio_bus != BUS_MMIO ||
           any_on_pci(o->drives, o->num_drives) || any_on_pci(o->nets, o->num_nets) ||
           any_on_pci(o->shares, o->num_shares);
}

/* The large window is above RAM, aligned to its own size; on RV32 where 34 bits of address leave
 * room, if they do. */
struct pci_windows board_pci_windows(const struct options *o)
{
    struct pci_windows w = {.io = 0x3000000,
                            .io_size = 0x10000,
                            .mem32 = 0x40000000,
                            .mem32_size = 0x40000000,
                            .mem64_size = 16ull << 30};
    u64 end = RAM_BASE + o->memory;
    w.mem64 = (end + w.mem64_size - 1) & ~(w.mem64_size - 1);
    if (o->hart.xlen == 32) {
        w.mem64 = 12ull << 30;
        w.mem64_size = end > w.mem64 ? 0 : 4ull << 30;
    }
    return w;
}
