/* What the board's devices are made of, as the options say. */
#include "common/host.h"
#include "machine/board.h"

/* 2025-01-01 00:00 UTC: with the virtual clock a run must not depend on the day it is made. */
#define FIXED_EPOCH_NS 1735689600000000000ull

/* Does the outside take part, so that no two runs are alike anyway? */
static bool in_real_time(const struct machine *m)
{
    return m->config.opt.clock == CLOCK_REAL || m->config.opt.num_nets;
}

struct dev_args board_arguments(struct machine *m)
{
    static const u64 seed = 1;
    const struct image *im = &m->config.image;
    const struct options *o = &m->config.opt;
    return (struct dev_args){.harts = m->num_harts,
                             .geilen = o->hart.geilen,
                             .plic = o->irqchip == IRQCHIP_PLIC,
                             .aplic = o->irqchip == IRQCHIP_PLIC ? 0 : o->aplic_sources,
                             .imsic_ids = o->hart.imsic_ids,
                             .imsic_guest_ids = o->hart.imsic_guest_ids,
                             .ram = o->memory,
                             .pflash = o->num_pflash != 0,
                             .iommu_mmio = o->iommu.place == IOMMU_MMIO,
                             .iommu_pci = o->iommu.place == IOMMU_PCI,
                             .iommu_config = &o->iommu,
                             .pci = board_wants_pci(o),
                             .bus = o->virtio_bus,
                             .console = m->host.console,
                             .terminal = m->host.terminal,
                             .epoch_ns = in_real_time(m) ? host_epoch_ns() : FIXED_EPOCH_NS,
                             .tohost = bus_find_memory(&m->bus, im->tohost, 8) ? im->tohost : 0,
                             .fromhost = im->fromhost,
                             .program = m->config.opt.file,
                             .arguments = m->config.opt.append,
                             .seed = in_real_time(m) ? NULL : &seed};
}
