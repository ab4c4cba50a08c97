/* The inside of PCI: registers of configuration space that the bridge looks at, and the bridge. */
#ifndef HEXTANT_DEVICES_PCI_IMPL_H
#define HEXTANT_DEVICES_PCI_IMPL_H

#include "devices/pci.h"

enum {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x09,
    PCI_HEADER = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SECONDARY = 0x19,
    PCI_SUBORDINATE = 0x1a,
    PCI_IO_BASE = 0x1c,
    PCI_IO_LIMIT = 0x1d,
    PCI_MEM_BASE = 0x20,
    PCI_MEM_LIMIT = 0x22,
    PCI_PREF_BASE = 0x24,
    PCI_PREF_LIMIT = 0x26,
    PCI_PREF_BASE_HIGH = 0x28,
    PCI_PREF_LIMIT_HIGH = 0x2c,
    PCI_SUBVENDOR = 0x2c,
    PCI_SUBDEVICE = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_PIN = 0x3d,
    PCI_BRIDGE_CONTROL = 0x3e,
    PCI_HEADER_END = 0x40,
};
enum {
    COMMAND_IO = 1,
    COMMAND_MEMORY = 2,
    COMMAND_MASTER = 4,
    COMMAND_INTX_OFF = 1 << 10,
    STATUS_INTERRUPT = 1 << 3,
    STATUS_CAPABILITIES = 1 << 4,
    BRIDGE_RESET = 1 << 6,
};
/* Offsets in capabilities. */
enum {
    EXPRESS_CONTROL = 8,
    EXPRESS_FLR = 1 << 15,
    POWER_CONTROL = 4,
    POWER_STATE = 3,
    MSIX_CONTROL = 2,
    MSIX_ENABLE = 1 << 15,
    MSIX_MASK = 1 << 14,
    VECTOR_MASKED = 1,
};
enum { PCI_FUNCTIONS = 64, PCI_SLOTS = 32 };

struct pci_host {
    struct device dev;
    struct pci_function self; /* 0:0.0 */
    struct pci_windows windows;
    struct pci_function *function[PCI_FUNCTIONS];
    u32 num_functions;
    bool forwards; /* its windows are on the bus */
};

/* The first part of pci_init and pci_add_msix: the tables. */
void pci_make_header(struct pci_function *f, enum pci_type type, const struct pci_identity *id);
u8 pci_make_msix(struct pci_function *f, const struct pci_msix_place *where, u32 vectors);
/* A function of bus 0, below a port from here on. */
void pci_move_below(struct pci_function *f, struct pci_function *port);
/* One access of configuration space, inside it; `size` is 1, 2 or 4, the offset a multiple of it.
 */
u32 pci_config_read(struct pci_function *f, u32 offset, u32 size);
void pci_config_write(struct pci_function *f, u32 offset, u32 size, u32 value);
/* Configuration space and MSI-X as after reset. */
void pci_reset_config(struct pci_function *f);
/* Function level reset: configuration space, and the device. */
void pci_reset_function(struct pci_function *f);
/* Sends what is pending and no longer masked. */
void pci_send_pending(struct pci_function *f);

/* ---- pci_tree.c ---- */

/* The function that answers to a bus, device and function number, or NULL. */
struct pci_function *pci_find(struct pci_host *host, u32 bus, u32 devfn);
/* After any change of configuration space: bus numbers, requesters, windows, lines. */
void pci_derive(struct pci_host *host);
/* After any change of a line. */
void pci_drive_lines(struct pci_host *host);
/* Is it, or is it below, `port`? */
bool pci_is_below(const struct pci_function *f, const struct pci_function *port);

#endif
