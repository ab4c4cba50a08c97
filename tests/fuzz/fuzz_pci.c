/* Fuzzes PCI: configuration space, base address registers, MSI-X tables and the virtio transport
 * behind them. The input is a program of accesses to a bridge with two functions on bus 0 and one
 * behind a root port. Nothing breaks, windows stay inside what the bridge forwards, and what is
 * derived is what would be derived anew.
 * Run with -close_fd_mask=2: stopped devices say so on stderr. */
#include "devices/virtio.h"
#include "fuzz_board.h"

enum { RAM_SIZE = 0x10000 };

static struct device *add_rng(struct fuzz_board *b)
{
    static const u64 seed = 1;
    static const struct virtio_dialect dialect = {VIRTIO_VENDOR, VIRTIO_VERSION,
                                                  VIRTIO_DRIVERS_MODERN};
    struct error err;
    b->args.seed = &seed;
    struct virtio *v = virtio_rng_new(&b->env, &b->args, &err);
    return fuzz_own(b, v ? virtio_pci(v, &dialect, b->args.pci_host, &err) : NULL, 0);
}

static struct device *make_board(struct fuzz_board *b)
{
    struct error err;
    fuzz_board_init(b, PCI_PINS, RAM_SIZE);
    struct device *host = fuzz_add_bridge(b);
    add_rng(b);
    add_rng(b);
    b->args.pci_below = add_rng(b)->pci;
    fuzz_own(b, pci_port_new(&b->env, &b->args, &err), 0);
    bus_reset(&b->bus);
    return host;
}

static bool within(u64 base, u64 size, u64 window, u64 window_size)
{
    return base >= window && base - window + size <= window_size;
}

static void check(struct bus *bus, struct device *host)
{
    static struct bus_window before[ARRAY_LEN(bus->window)];
    const struct pci_windows *pci = pci_host_windows(host);
    struct error err;
    u32 count = bus->num_windows;
    for (u32 i = 0; i < count; i++) {
        const struct bus_window *w = before + i;
        before[i] = bus->window[i];
        if (w->dev != host && !within(w->base, w->size, pci->io, pci->io_size) &&
            !within(w->base, w->size, pci->mem32, pci->mem32_size) &&
            !within(w->base, w->size, pci->mem64, pci->mem64_size))
            abort();
    }
    if (host->cls->resume(host, &err) || count != bus->num_windows ||
        memcmp(before, bus->window, count * sizeof *before) != 0)
        abort();
}

/* Where an access goes: configuration space of one of the functions (or of none), the windows, or
 * wherever a window is now. */
static u64 place(const struct bus *bus, const struct pci_windows *pci, u8 kind, u16 at)
{
    static const u64 function[] = {0,       1 << 15, 2 << 15, 3 << 15,
                                   1 << 20, 2 << 20, 5 << 15, 255u << 20};
    const struct bus_window *w = &bus->window[(kind >> 2) % bus->num_windows];
    switch (kind & 3) {
    case 0:
    case 1:
        return ECAM + function[kind >> 2 & 7] + (at & 0xff);
    case 2:
        return w->base + (w->dev->pci && w->size < ECAM ? at % w->size : 0);
    default:
        return (kind & 4 ? pci->mem64 : pci->mem32) + ((u64)at << 12);
    }
}

/* One step; returns how many bytes it took, 0 at the end. */
static size_t step(struct bus *bus, struct device *host, const u8 *data, size_t len)
{
    u32 value;
    u16 at;
    u64 got;
    if (len < 8)
        return 0;
    memcpy(&at, data + 2, 2);
    memcpy(&value, data + 4, 4);
    unsigned size = 1u << (data[0] & 3);
    u64 pa = place(bus, pci_host_windows(host), data[1], at) & ~(u64)(size - 1);
    switch (data[0] >> 2 & 7) {
    case 0:
        bus_read(bus, pa, size, &got);
        break;
    case 1:
        bus_reset(bus);
        break;
    case 2: /* an interrupt, from whichever function */
        for (u32 i = 0; i < bus->num_devices; i++)
            if (bus->device[i]->pci && i == (at & 7))
                pci_send(bus->device[i]->pci, value & 0xffff);
        break;
    case 3:
        bus_copy_to(bus, RAM + (at & 0xfff), &value, 4);
        break;
    default:
        bus_write(bus, pa, size, value);
    }
    check(bus, host);
    return 8;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct fuzz_board b;
    struct device *host = make_board(&b);
    for (size_t at = 0, n; (n = step(&b.bus, host, data + at, size - at)) > 0;)
        at += n;
    bus_free(&b.bus);
    return 0;
}
