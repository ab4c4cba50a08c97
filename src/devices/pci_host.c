/* The host bridge: "generic ECAM". Each function's configuration space is a page of its window, at
 * bus << 20 | device << 15 | function << 12; where there is none, reads are all ones. The bridge
 * forwards the windows that the board gives it, and has four lines for the functions' INTx. */
#include "devices/pci_impl.h"

enum { ECAM_SIZE = 256 << 20, BUS_SHIFT = 20, FUNCTION_SHIFT = 12 };

static struct pci_function *function_at(struct pci_host *host, u64 offset)
{
    return pci_find(host, (u32)(offset >> BUS_SHIFT), (u32)(offset >> FUNCTION_SHIFT) & 0xff);
}

static int ecam_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct pci_function *f = function_at((struct pci_host *)dev, offset);
    u32 reg = offset & MASK(FUNCTION_SHIFT);
    if (size > 4)
        return -1;
    *value = !f ? ~0ull : reg < PCI_CONFIG ? pci_config_read(f, reg, size) : 0;
    return 0;
}

static int ecam_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct pci_function *f = function_at((struct pci_host *)dev, offset);
    u32 reg = offset & MASK(FUNCTION_SHIFT);
    if (size > 4)
        return -1;
    if (f && reg < PCI_CONFIG)
        pci_config_write(f, reg, size, (u32)value);
    return 0;
}

/* The functions' devices have been reset before. */
static void host_reset(struct device *dev)
{
    struct pci_host *host = (struct pci_host *)dev;
    for (u32 i = 0; i < host->num_functions; i++)
        pci_reset_config(host->function[i]);
    pci_derive(host);
}

static int host_resume(struct device *dev, struct error *err)
{
    (void)err;
    pci_derive((struct pci_host *)dev);
    return 0;
}

static const struct state_row host_rows[] = {PCI_ROWS(struct pci_host, self)};

const struct dev_class pci_host_class = {
    .name = "pci-host",
    .reset = host_reset,
    .resume = host_resume,
    .rows = host_rows,
    .num_rows = ARRAY_LEN(host_rows),
};

const struct pci_windows *pci_host_windows(const struct device *host)
{
    return &((const struct pci_host *)host)->windows;
}

u32 pci_num_functions(const struct device *host)
{
    return ((const struct pci_host *)host)->num_functions;
}

const struct pci_function *pci_function(const struct device *host, u32 i)
{
    return ((const struct pci_host *)host)->function[i];
}

static bool slot_free(const struct pci_host *host, u32 slot)
{
    for (u32 i = 0; i < host->num_functions; i++)
        if (!host->function[i]->port && host->function[i]->devfn >> 3 == slot)
            return false;
    return true;
}

int pci_init(struct pci_function *f, struct device *dev, struct device *bridge, enum pci_type type,
             const struct pci_identity *id, struct error *err)
{
    struct pci_host *host = (struct pci_host *)bridge;
    u32 slot = 0;
    while (slot < PCI_SLOTS && !slot_free(host, slot))
        slot++;
    if (slot == PCI_SLOTS || host->num_functions == PCI_FUNCTIONS)
        return error_set(err, "device '%s': no place on PCI is free", dev->cls->name);
    host->function[host->num_functions++] = f;
    f->dev = dev;
    f->host = host;
    f->devfn = (u8)(slot << 3);
    dev->pci = f;
    pci_make_header(f, type, id);
    pci_reset_config(f);
    return 0;
}

struct device *pci_host_new(const struct dev_env *env, const struct dev_args *args,
                            struct error *err)
{
    static const struct pci_identity id = {.vendor = 0x1b36,
                                           .device = 0x0008,
                                           .subvendor = 0x1af4,
                                           .subdevice = 0x1100,
                                           .class_code = 0x060000};
    static const struct dev_regs regs = {
        .size = ECAM_SIZE,
        .read = ecam_read,
        .write = ecam_write,
        .dt = {.name = "pci", .compatible = {"pci-host-ecam-generic"}, .binding = DT_PCI},
    };
    struct pci_host *host =
        (struct pci_host *)device_alloc(sizeof *host, &pci_host_class, env, err);
    if (!host)
        return NULL;
    host->windows = *args->pci_windows;
    host->dev.regs = &regs;
    pci_init(&host->self, &host->dev, &host->dev, PCI_ENDPOINT, &id, err);
    host->self.initial[PCI_PIN] = 0;
    return &host->dev;
}
