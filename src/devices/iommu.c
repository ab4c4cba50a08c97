/* The IOMMU as a device: on the board's bus, with wires and messages, or as a function of PCI, with
 * MSI-X. */
#include <stdlib.h>
#include <string.h>

#include "devices/iommu_impl.h"

static const struct dev_regs mmio_regs = {
    .size = IOMMU_WINDOW,
    .read = iommu_read,
    .write = iommu_write,
    .dt = {.name = "iommu", .compatible = {"riscv,iommu"}, .binding = DT_IOMMU},
};
static const struct dev_regs pci_regs = {
    .size = IOMMU_WINDOW, .read = iommu_read, .write = iommu_write};

/* Everything as at power-on: registers that the specification leaves are zero. */
static void iommu_reset(struct device *dev)
{
    struct iommu *io = (struct iommu *)dev;
    memcpy(io->file, io->initial, sizeof io->file);
    iommu_forget_all(io);
    memset(io->fault, 0, sizeof io->fault);
    io->num_faults = io->unsent = 0;
    io->cycles_at = device_now(dev);
    iommu_drive(io);
    iommu_set_deadline(io);
}

static void iommu_tick(struct device *dev)
{
    struct iommu *io = (struct iommu *)dev;
    iommu_count_cycles(io);
    iommu_run_commands(io);
}

static int iommu_resume(struct device *dev, struct error *err)
{
    (void)err;
    struct iommu *io = (struct iommu *)dev;
    u32 unsent = io->unsent;
    io->unsent = 0; /* they wait still */
    iommu_drive(io);
    io->unsent = unsent;
    return 0;
}

static const struct state_row iommu_rows[] = {
    STATE_FIELD(struct iommu, file),       STATE_FIELD(struct iommu, unsent),
    STATE_FIELD(struct iommu, cycles_at),  STATE_ARRAY(struct iommu, tlb),
    STATE_ARRAY(struct iommu, context),    STATE_ARRAY(struct iommu, fault),
    STATE_FIELD(struct iommu, num_faults), PCI_ROWS(struct iommu, pci),
};

const struct dev_class iommu_class = {
    .name = "iommu",
    .reset = iommu_reset,
    .tick = iommu_tick,
    .resume = iommu_resume,
    .rows = iommu_rows,
    .num_rows = ARRAY_LEN(iommu_rows),
};

const struct iommu_fault *iommu_last_fault(const struct device *dev, u32 n)
{
    const struct iommu *io = (const struct iommu *)dev;
    if (n >= IOMMU_FAULTS || n >= io->num_faults)
        return NULL;
    return &io->fault[(io->num_faults - 1 - n) % IOMMU_FAULTS];
}

/* ---- making ---- */

enum { VERSION = 0x10, PAS_SHIFT = 32, PAS = 56 };

/* All that there is, but for ATS and both byte orders. */
static u64 capabilities(const struct iommu_config *c)
{
    u64 caps = VERSION | CAP_SV32 | CAP_SV39 | CAP_SV48 | CAP_SV57 | CAP_RSW60 | CAP_PBMT |
               CAP_SV32X4 | CAP_SV39X4 | CAP_SV48X4 | CAP_SV57X4 | CAP_AMO_MRIF | CAP_MSI_FLAT |
               CAP_MSI_MRIF | CAP_AMO_HWAD | CAP_HPM | CAP_DBG | (u64)PAS << PAS_SHIFT | CAP_PD8 |
               CAP_PD17 | CAP_PD20 | CAP_NL | CAP_S;
    return (caps | (c->place == IOMMU_MMIO ? CAP_IGS_BOTH : 0)) & ~c->without;
}

static struct iommu *make(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct iommu *io = (struct iommu *)device_alloc(sizeof *io, &iommu_class, env, err);
    if (!io)
        return NULL;
    io->config = *args->iommu_config;
    iommu_make_registers(io, capabilities(&io->config));
    return io;
}

struct device *iommu_mmio_new(const struct dev_env *env, const struct dev_args *args,
                              struct error *err)
{
    struct iommu *io = make(env, args, err);
    if (io)
        io->dev.regs = &mmio_regs;
    return io ? &io->dev : NULL;
}

struct device *iommu_pci_new(const struct dev_env *env, const struct dev_args *args,
                             struct error *err)
{
    enum { BAR = 0, PIN = 0x3d };
    static const struct pci_identity id = {.vendor = 0x1b36,
                                           .device = 0x0014,
                                           .subvendor = 0x1af4,
                                           .subdevice = 0x1100,
                                           .class_code = 0x080600};
    struct iommu *io = make(env, args, err);
    if (!io)
        return NULL;
    if (pci_init(&io->pci, &io->dev, args->pci_host, PCI_ENDPOINT, &id, err)) {
        free(io);
        return NULL;
    }
    io->pci.initial[PIN] = 0;
    pci_add_bar(&io->pci, BAR, PCI_BAR_MEM64, &pci_regs);
    pci_share_msix(&io->pci, &(struct pci_msix_place){BAR, REG_MSI, REG_PENDING}, IOMMU_VECTORS);
    pci_add_express(&io->pci);
    return &io->dev;
}
