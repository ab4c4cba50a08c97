/* PCI Express (PCI Express Base Specification; names are its own) as a device sees it. A device on
 * PCI has a function: configuration space, made of tables of rows; base address registers, through
 * which its windows are moved; interrupts, by message (MSI-X) or by a line (INTx). The host bridge
 * (pci_host.c) finds functions, and decides what they reach. */
#ifndef HEXTANT_DEVICES_PCI_H
#define HEXTANT_DEVICES_PCI_H

#include "bus/device.h"
#include "devices/devices.h"

enum { PCI_CONFIG = 256, PCI_BARS = 6, PCI_VECTORS = 32, PCI_PINS = 4 };

/* Part of configuration space: `size` bytes (1, 2 or 4) at `offset` of a header or capability. */
struct pci_row {
    u8 offset, size;
    u32 value;    /* after reset */
    u32 writable; /* bits that take what is written */
    u32 clears;   /* bits that are cleared by writing 1 */
};

enum pci_bar_kind {
    PCI_BAR_NONE,
    PCI_BAR_IO,
    PCI_BAR_MEM32,
    PCI_BAR_MEM64, /* prefetchable; takes two registers */
};

struct pci_bar {
    u8 kind;
    const struct dev_regs *regs; /* what answers; the size is a power of two, 16 at least */
};

enum pci_type { PCI_ENDPOINT = 0, PCI_BRIDGE = 1 };

struct pci_function {
    struct device *dev; /* whose it is */
    struct pci_host *host;
    struct pci_function *port; /* the root port above it; NULL: it is on bus 0 */
    u8 devfn;                  /* device number << 3 | function number */
    u8 bus;                    /* derived: the bus that it is on */
    u8 room;                   /* where the next capability goes */
    u8 last;                   /* the register that will point to it */
    u8 express, power, msix;   /* where these capabilities are; 0: nowhere */
    u8 own;                    /* where the device has a capability that it acts upon */
    u8 vectors;                /* of MSI-X */
    bool wants_port;           /* a root port for it alone: the board's to make */
    u8 initial[PCI_CONFIG], writable[PCI_CONFIG], clears[PCI_CONFIG];
    struct pci_bar bar[PCI_BARS];
    /* Bytes at `offset` are about to be read; have been written. May be NULL. */
    void (*before_read)(struct pci_function *f, u32 offset, u32 size);
    void (*after_write)(struct pci_function *f, u32 offset, u32 size);
    /* state */
    u8 config[PCI_CONFIG];
    u32 table[PCI_VECTORS][4]; /* of MSI-X: address, its high half, data, control */
    u32 pending;               /* its vectors, a bit each */
    u8 line;                   /* level of the function's interrupt, whoever hears it */
};

/* Rows of the device whose struct has a function as this member. */
#define PCI_ROWS(type, member)                                                                     \
    STATE_FIELD(type, member.config), STATE_ARRAY(type, member.table),                             \
        STATE_FIELD(type, member.pending), STATE_FIELD(type, member.line)

/* What identifies a function: vendor and device, subsystem vendor and device, class code (24 bits)
 * and revision. */
struct pci_identity {
    u16 vendor, device, subvendor, subdevice;
    u32 class_code;
    u8 revision;
};

/* ---- making a function ---- */

/* Gives `dev` a function with the header of this type, and puts it at the first free device number
 * of bus 0 of the bridge, which is of pci_host_class. 0, or -1 with *err if none is free. */
int pci_init(struct pci_function *f, struct device *dev, struct device *bridge, enum pci_type type,
             const struct pci_identity *id, struct error *err);
/* PCI Express: which kind of port it is follows from where it is. */
void pci_add_express(struct pci_function *f);
/* A capability of that id, made of rows with offsets in it; `size` bytes. Returns where it is. */
u8 pci_add_capability(struct pci_function *f, u8 id, u8 size, const struct pci_row *row,
                      size_t num_rows);
/* Base address register `n` leads to these registers, which are not copied. */
void pci_add_bar(struct pci_function *f, u32 n, enum pci_bar_kind kind,
                 const struct dev_regs *regs);
/* MSI-X with so many vectors, its table and pending bits behind base address register `bar`. */
void pci_add_msix(struct pci_function *f, u32 bar, u32 vectors);
/* The same in a window of the device's own, which asks these for the words at offsets from where
 * the table begins; the pending bits follow wherever the place says. */
struct pci_msix_place {
    u32 bar, table, pending;
};
void pci_share_msix(struct pci_function *f, const struct pci_msix_place *at, u32 vectors);
u32 pci_msix_read(const struct pci_function *f, u64 offset);
void pci_msix_write(struct pci_function *f, u64 offset, u32 value);

/* ---- at work ---- */

/* Little-endian bytes of configuration space as they are. */
u32 pci_get(const struct pci_function *f, u32 offset, u32 size);
void pci_put(struct pci_function *f, u32 offset, u32 size, u32 value);
/* The level (0 or 1) of the function's INTx interrupt: heard unless MSI-X is on, or the command
 * register disables it. */
void pci_set_line(struct pci_function *f, u8 level);
/* Does the function interrupt by MSI-X? */
bool pci_msix_on(const struct pci_function *f);
/* Interrupts by vector `vector`, any number: sends its message, or notes it as pending while the
 * vector or the function is masked. */
void pci_send(struct pci_function *f, u32 vector);

/* ---- the bridge ---- */

/* How many functions there are; one of them, 0 to that. `host` is of pci_host_class. */
u32 pci_num_functions(const struct device *host);
const struct pci_function *pci_function(const struct device *host, u32 i);

/* A vector of MSI-X as it is, and a function's line, for who explains them. */
struct pci_vector {
    bool on; /* MSI-X is */
    bool all_masked, masked, pending;
    u64 address; /* of its message */
    u32 data;
};
struct pci_vector pci_vector(const struct pci_function *f, u32 vector);
struct pci_line {
    bool disabled;  /* by the command register */
    u8 bridge_line; /* 0 to 3: which of the bridge's it leads to */
};
struct pci_line pci_line(const struct pci_function *f);

/* Addresses that a host bridge forwards. */
struct pci_windows {
    u64 io, io_size, mem32, mem32_size, mem64, mem64_size;
};
extern const struct dev_class pci_host_class;
/* Those of this one, which is of pci_host_class. */
const struct pci_windows *pci_host_windows(const struct device *host);

#endif
