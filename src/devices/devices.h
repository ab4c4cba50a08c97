/* The constructors of all devices, one for each row of board.def. A device belongs to the bus that
 * it is given to: bus_free() calls cls->destroy (which releases what the device holds) and then
 * frees the instance. */
#ifndef HEXTANT_DEVICES_DEVICES_H
#define HEXTANT_DEVICES_DEVICES_H

#include "bus/device.h"
#include "common/error.h"
#include "common/types.h"

struct chardev;
struct iommu_config;
struct pci_function;
struct pci_windows;
struct virtio;

enum { ACLINT_MAX_HARTS = 64, PLIC_SOURCES = 128 };

/* What carries a device that could be in several places: registers of its own, PCI, or a root port
 * of PCI for it alone. */
enum dev_bus { BUS_MMIO, BUS_PCI, BUS_PORT, BUS_UNSAID };
/* The key of specs that says which: into a member, a u32, of a struct. */
#define BUS_KEY(type, member)                                                                      \
    {                                                                                              \
        "bus", "mmio|pci|port", KEY_CHOICE, KEY_AT(type, member)                                   \
    }

/* What a machine has that a device may be made of. */
struct dev_args {
    u32 harts;                      /* 1 .. ACLINT_MAX_HARTS */
    u32 geilen;                     /* guest interrupt files of each */
    u64 ram;                        /* bytes */
    u64 pflash;                     /* 0: there is no flash memory */
    u64 plic;                       /* 0: there is none */
    u64 aplic;                      /* interrupt sources of the APLIC; 0: there is none */
    u64 imsic_ids, imsic_guest_ids; /* identities of interrupt files; 0: harts have none */
    struct device *aplic_root;      /* the APLIC's machine domain, once it is made */
    u64 iommu_mmio, iommu_pci;      /* which IOMMU there is; 0: not that one */
    const struct iommu_config *iommu_config;
    u64 pci;                               /* 0: there is no PCI */
    const struct pci_windows *pci_windows; /* of its host bridge */
    struct device *pci_host;               /* that, once it is made */
    struct pci_function *pci_below;        /* the function that a root port is made for */
    u32 bus;                               /* enum dev_bus, unless the spec says another */
    struct chardev *console;               /* of the serial port and HTIF; not owned; may be NULL */
    struct device *serial;    /* the serial port on that console, if it was made before; or NULL */
    struct chardev *terminal; /* of the virtio console; not owned */
    u64 epoch_ns;             /* nanoseconds since 1970 when env->now() was 0 */
    u64 tohost, fromhost;     /* guest addresses of HTIF's words (fromhost 0: absent) */
    const char *program, *arguments; /* what the guest is called with; may be NULL */
    const u64 *seed;                 /* of what is random; NULL: the host's randomness */
    const char *spec;                /* the value of the option that asks for this one device */
    void *host; /* what an earlier one has given away (dev_class.give_host), or NULL */
};

/* A constructor returns NULL with *err. */
typedef struct device *device_make(const struct dev_env *env, const struct dev_args *args,
                                   struct error *err);
typedef struct virtio *virtio_make(const struct dev_env *env, const struct dev_args *args,
                                   struct error *err);

/* The root port above args->pci_below. */
device_make pci_port_new;

extern const struct dev_class uart_class, semihost_class;
/* Takes up to `len` bytes of the input of a console (NULL: there is none) for somebody else than
 * the serial port on it (NULL: there is none): first what that has fetched and no driver has read.
 * How many. */
size_t uart_read_past(struct device *uart, struct chardev *console, u8 *buf, size_t len);
/* How many bytes there are for it now. */
size_t uart_input(const struct device *uart, const struct chardev *console);

#define DEVICE(make, ...) device_make make;
#define VIRTIO(make, ...) virtio_make make;
#define PCI(make, ...)    device_make make;
#include "devices/board.def"
#undef DEVICE
#undef VIRTIO
#undef PCI

#endif
