/* What follows from the configuration of all functions: which bus each is on, who asks when it
 * reaches memory, where its windows are, and which of the bridge's lines it drives. It is worked
 * out anew after every change, so nothing of it is state. */
#include "bus/bus.h"
#include "devices/pci_impl.h"

static u32 command(const struct pci_function *f)
{
    return pci_get(f, PCI_COMMAND, 2);
}

/* Is it in D0? */
static bool awake(const struct pci_function *f)
{
    return !f->power || !(f->config[f->power + POWER_CONTROL] & POWER_STATE);
}

bool pci_is_below(const struct pci_function *f, const struct pci_function *port)
{
    while (f && f != port)
        f = f->port;
    return f != NULL;
}

/* ---- bus numbers ---- */

/* Does a request for a bus go through the port? */
static bool routes(const struct pci_function *port, u32 bus)
{
    return bus >= port->config[PCI_SECONDARY] && bus <= port->config[PCI_SUBORDINATE];
}

struct pci_function *pci_find(struct pci_host *host, u32 bus, u32 devfn)
{
    for (u32 i = 0; i < host->num_functions; i++) {
        struct pci_function *f = host->function[i];
        if (f->bus == bus && f->devfn == devfn && (!f->port || (bus && routes(f->port, bus))))
            return f;
    }
    return NULL;
}

/* ---- windows ---- */

struct range {
    u64 first, last;
};

static bool inside(u64 base, u64 size, struct range r)
{
    return base >= r.first && base + (size - 1) >= base && base + (size - 1) <= r.last;
}

static bool in_window(u64 base, u64 size, u64 window, u64 window_size)
{
    return window_size && inside(base, size, (struct range){window, window + (window_size - 1)});
}

static struct range io_range(const struct pci_function *port)
{
    return (struct range){(u64)(port->config[PCI_IO_BASE] & 0xf0) << 8,
                          (u64)(port->config[PCI_IO_LIMIT] & 0xf0) << 8 | 0xfff};
}

static struct range memory_range(const struct pci_function *port)
{
    return (struct range){(u64)(pci_get(port, PCI_MEM_BASE, 2) & 0xfff0) << 16,
                          (u64)(pci_get(port, PCI_MEM_LIMIT, 2) & 0xfff0) << 16 | 0xfffff};
}

static struct range prefetchable_range(const struct pci_function *port)
{
    u64 base = (u64)(pci_get(port, PCI_PREF_BASE, 2) & 0xfff0) << 16,
        limit = (u64)(pci_get(port, PCI_PREF_LIMIT, 2) & 0xfff0) << 16 | 0xfffff;
    return (struct range){base | (u64)pci_get(port, PCI_PREF_BASE_HIGH, 4) << 32,
                          limit | (u64)pci_get(port, PCI_PREF_LIMIT_HIGH, 4) << 32};
}

/* Do the ports above forward these addresses, of memory or of I/O, to the function? */
static bool forwarded(const struct pci_function *f, u64 base, u64 size, u32 space)
{
    for (const struct pci_function *p = f->port; p; p = p->port) {
        if (!(command(p) & space) || !awake(p))
            return false;
        if (space == COMMAND_IO && !inside(base, size, io_range(p)))
            return false;
        if (space == COMMAND_MEMORY && !inside(base, size, memory_range(p)) &&
            !inside(base, size, prefetchable_range(p)))
            return false;
    }
    return true;
}

/* Where base address register `n` puts its window in the address space of harts. */
static bool place_of(const struct pci_function *f, u32 n, u64 *at)
{
    const struct pci_windows *w = &f->host->windows;
    const struct pci_bar *bar = &f->bar[n];
    u32 low = pci_get(f, PCI_BAR0 + 4 * n, 4),
        space = bar->kind == PCI_BAR_IO ? COMMAND_IO : COMMAND_MEMORY;
    u64 size = bar->regs->size, base = low & ~(space == COMMAND_IO ? 3u : 15u);
    if (bar->kind == PCI_BAR_MEM64)
        base |= (u64)pci_get(f, PCI_BAR0 + 4 * n + 4, 4) << 32;
    if (!(command(f) & space) || !awake(f) || !forwarded(f, base, size, space))
        return false;
    if (space == COMMAND_IO) {
        *at = w->io + base;
        return in_window(base, size, 0, w->io_size);
    }
    *at = base;
    return in_window(base, size, w->mem32, w->mem32_size) ||
           in_window(base, size, w->mem64, w->mem64_size);
}

typedef void bar_fn(struct pci_function *f, u32 n);

static void each_bar(struct pci_host *host, bar_fn *fn)
{
    for (u32 i = 0; i < host->num_functions; i++)
        for (u32 n = 0; n < PCI_BARS; n++)
            if (host->function[i]->bar[n].kind != PCI_BAR_NONE)
                fn(host->function[i], n);
}

static void unmap(struct pci_function *f, u32 n)
{
    bus_unmap_window(f->dev->env->bus, f->dev, f->bar[n].regs);
}

/* Of two that overlap the one comes first whose function was made first. */
static void map(struct pci_function *f, u32 n)
{
    u64 at;
    if (place_of(f, n, &at))
        bus_map_window(f->dev->env->bus, f->dev, f->bar[n].regs, at);
}

/* Where nothing answers reads are all ones, and writes are dropped. */
static int nobody_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)offset, (void)size;
    *value = ~0ull;
    return 0;
}

static int nobody_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    (void)dev, (void)offset, (void)size, (void)value;
    return 0;
}

static void forward_windows(struct pci_host *host)
{
    static const struct dev_regs nobody = {.read = nobody_read, .write = nobody_write};
    const struct pci_windows *w = &host->windows;
    struct bus *bus = host->dev.env->bus;
    if (host->forwards)
        return;
    host->forwards = true;
    bus_map_behind(bus, &host->dev, &nobody, w->io, w->io_size);
    bus_map_behind(bus, &host->dev, &nobody, w->mem32, w->mem32_size);
    bus_map_behind(bus, &host->dev, &nobody, w->mem64, w->mem64_size);
}

/* ---- requesters ---- */

static void name_requester(struct pci_function *f)
{
    f->bus = f->port ? f->port->config[PCI_SECONDARY] : 0;
    f->dev->requester = (u32)f->bus << 8 | f->devfn;
    f->dev->dma_off = false;
    for (const struct pci_function *p = f; p; p = p->port)
        if (!(command(p) & COMMAND_MASTER) || !awake(p))
            f->dev->dma_off = true;
}

/* ---- lines ---- */

/* The bridge's line that the function's interrupt leads to: each port turns them by the device
 * number of what is below it. */
static u32 line_of(const struct pci_function *f)
{
    u32 line = f->config[PCI_PIN] - 1u;
    for (; f; f = f->port)
        line = (line + (f->devfn >> 3)) % PCI_PINS;
    return line;
}

struct pci_line pci_line(const struct pci_function *f)
{
    return (struct pci_line){command(f) & COMMAND_INTX_OFF, (u8)line_of(f)};
}

void pci_drive_lines(struct pci_host *host)
{
    bool level[PCI_PINS] = {false};
    for (u32 i = 0; i < host->num_functions; i++) {
        struct pci_function *f = host->function[i];
        bool on = f->line && !pci_msix_on(f);
        u32 status = pci_get(f, PCI_STATUS, 2);
        pci_put(f, PCI_STATUS, 2, on ? status | STATUS_INTERRUPT : status & ~STATUS_INTERRUPT);
        struct pci_line l = pci_line(f);
        if (on && !l.disabled)
            level[l.bridge_line] = true;
    }
    for (u32 i = 0; i < PCI_PINS; i++)
        device_set_pin(&host->dev, i, level[i]);
}

void pci_derive(struct pci_host *host)
{
    forward_windows(host);
    for (u32 i = 0; i < host->num_functions; i++)
        name_requester(host->function[i]);
    each_bar(host, unmap);
    each_bar(host, map);
    pci_drive_lines(host);
}
