/* A PCI host bridge on a test board, configuration space by ECAM, and a function that has one of
 * everything: windows of each kind, MSI-X, a line. */
#ifndef HEXTANT_TESTS_PCI_BENCH_H
#define HEXTANT_TESTS_PCI_BENCH_H

#include "devices/pci.h"
#include "devices_board.h"

#define ECAM     0x30000000ull
#define IO_BASE  0x3000000ull
#define MEM32    0x40000000ull
#define MEM64    0x400000000ull
#define NOWHERE  0xffffffffull
#define HOST_PIN 4

enum { COMMAND = 4, STATUS = 6, BAR = 0x10, INT_PIN = 0x3d };
enum { CMD_IO = 1, CMD_MEM = 2, CMD_MASTER = 4, CMD_INTX_OFF = 1 << 10 };
enum { PORT_IO = 0x1c, PORT_MEM = 0x20, PORT_PREF = 0x24, PORT_CONTROL = 0x3e };

struct probe {
    struct device dev;
    struct pci_function f;
    u32 resets;
    u64 written;
};

static struct board b;
static struct device *host;

/* A function at (bus, device, 0) of configuration space. */
static inline u64 cfg(u32 bus, u32 slot)
{
    return ECAM + ((u64)bus << 20) + ((u64)slot << 15);
}

/* Windows of 4 KiB, 1 MiB and 32 bytes of I/O read as what distinguishes them. */
static inline int probe_read_mem(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)size;
    *value = 0x100 + offset;
    return 0;
}

static inline int probe_read_large(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)size;
    *value = 0x200000 + offset;
    return 0;
}

static inline int probe_read_io(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)size;
    *value = 0x80 + offset;
    return 0;
}

static inline int probe_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    (void)offset, (void)size;
    ((struct probe *)dev)->written = value;
    return 0;
}

static inline void probe_reset(struct device *dev)
{
    ((struct probe *)dev)->resets++;
}

enum { BAR_SMALL = 0, BAR_TABLE = 1, BAR_LARGE = 2, BAR_PORT = 4, VECTORS = 3 };
static const struct dev_regs probe_small = {0x1000, probe_read_mem, probe_write, NULL, {0}};
static const struct dev_regs probe_large = {0x100000, probe_read_large, probe_write, NULL, {0}};
static const struct dev_regs probe_port = {32, probe_read_io, probe_write, NULL, {0}};
static const struct state_row probe_rows[] = {PCI_ROWS(struct probe, f)};
static const struct dev_class probe_class = {
    .name = "probe", .reset = probe_reset, .rows = probe_rows, .num_rows = ARRAY_LEN(probe_rows)};

/* A new probe at the next free place of bus 0. */
static inline struct probe *probe_new(void)
{
    static const struct pci_identity id = {0x1234, 0x5678, 0x9abc, 0xdef0, 0x123456, 0x78};
    struct probe *p = (struct probe *)device_alloc(sizeof *p, &probe_class, &b.env, &b.err);
    ck_assert_int_eq(pci_init(&p->f, &p->dev, host, PCI_ENDPOINT, &id, &b.err), 0);
    pci_add_bar(&p->f, BAR_SMALL, PCI_BAR_MEM32, &probe_small);
    pci_add_msix(&p->f, BAR_TABLE, VECTORS);
    pci_add_bar(&p->f, BAR_LARGE, PCI_BAR_MEM64, &probe_large);
    pci_add_bar(&p->f, BAR_PORT, PCI_BAR_IO, &probe_port);
    pci_add_express(&p->f);
    board_add(&b, &p->dev, 0);
    return p;
}

/* A root port above it. */
static inline struct device *port_new(struct probe *p)
{
    b.args.pci_host = host;
    b.args.pci_below = &p->f;
    return board_make(&b, pci_port_new, 0);
}

static inline void pci_board_init(void)
{
    static const struct pci_windows windows = {IO_BASE,  0x10000, MEM32,
                                               1u << 30, MEM64,   16ull << 30};
    board_init(&b);
    b.args.pci_windows = &windows;
    host = board_make(&b, pci_host_new, ECAM);
}

/* Everything as after reset, once all functions are there. */
static inline void pci_board_reset(void)
{
    bus_reset(&b.bus);
}

/* The windows of a probe at these addresses, all decoded. */
static inline void place_bars(u64 at, u32 small, u64 large, u32 port)
{
    wr(&b, at + BAR + 4 * BAR_SMALL, 4, small);
    wr(&b, at + BAR + 4 * BAR_LARGE, 4, large & 0xffffffff);
    wr(&b, at + BAR + 4 * BAR_LARGE + 4, 4, large >> 32);
    wr(&b, at + BAR + 4 * BAR_PORT, 4, port);
    wr(&b, at + COMMAND, 2, CMD_IO | CMD_MEM | CMD_MASTER);
}

/* Where the capability with this id is, or 0; the chain has to end. */
static inline u32 capability(u64 at, u8 id)
{
    u32 where = (u32)rd(&b, at + 0x34, 1), steps = 0;
    while (where && rd(&b, at + where, 1) != id) {
        ck_assert_uint_lt(++steps, 48);
        where = (u32)rd(&b, at + where + 1, 1);
    }
    return where;
}

#endif
