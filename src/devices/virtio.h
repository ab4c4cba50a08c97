/* What every virtio device shares: the state that its driver sees, the registers behind any
 * transport, and split virtqueues. A device is a struct that begins with `struct virtio`, and a
 * const struct virtio_class; what carries it (registers at addresses, interrupts) is a const struct
 * virtio_transport that it does not know. Everything in the rings is written by the guest and not
 * trusted: what cannot be followed stops the device (virtio_stop) until the guest resets it. */
#ifndef HEXTANT_DEVICES_VIRTIO_H
#define HEXTANT_DEVICES_VIRTIO_H

#include "bus/device.h"
#include "common/types.h"
#include "devices/pci.h"

enum { VIRTIO_MAX_QUEUES = 4, VIRTIO_QUEUE_MAX = 256 };

#define VIRTIO_F_INDIRECT  BIT(28)
#define VIRTIO_F_EVENT_IDX BIT(29)
#define VIRTIO_F_VERSION_1 BIT(32)
/* Its addresses are those that its bus knows, not physical ones. */
#define VIRTIO_F_ACCESS_PLATFORM BIT(33)

struct virtio;

struct virtio_class {
    const struct dev_class *dev;
    u32 device_id; /* virtio 1.2, section 5 */
    u32 num_queues;
    u32 config_len;    /* bytes of configuration space at virtio.config */
    u32 writable_from; /* the driver may write those from here on, if there is config_changed */
    /* The driver has put buffers into queue `q`. */
    void (*notify)(struct virtio *v, unsigned q);
    void (*reset)(struct virtio *v);          /* beyond virtio_state; may be NULL */
    void (*config_changed)(struct virtio *v); /* the driver wrote it; NULL: it is read-only */
};

/* What a device tells its driver of: used buffers in a queue, by its number, or that the
 * configuration space has changed (or the device has stopped). */
enum { VIRTIO_VECTOR_CONFIG = VIRTIO_MAX_QUEUES };

/* What drivers may take for granted. */
struct virtio_dialect {
    u32 vendor;  /* id at the transport */
    u32 version; /* of the registers: 2, or 1, the legacy interface (virtio 1.2, section 4.2.4) */
    u32 drivers; /* enum virtio_drivers */
};
/* Drivers that do not accept VIRTIO_F_VERSION_1: refused, or served all the same. */
enum virtio_drivers { VIRTIO_DRIVERS_MODERN, VIRTIO_DRIVERS_ANY };
enum { VIRTIO_VENDOR = 0x58455448, VIRTIO_VERSION = 2 };

/* What carries a device to its driver. */
struct virtio_transport {
    /* Interrupts the driver about `vector`, a queue or VIRTIO_VECTOR_CONFIG. */
    void (*interrupt)(struct virtio *v, unsigned vector);
    /* The state was reset or put back: drives the pins as it says. */
    void (*update)(struct virtio *v);
};

struct virtqueue {
    u64 desc, avail, used; /* addresses as the device sees them */
    u32 num;
    u32 align;      /* of the used ring, where the driver names pages (version 1) */
    u32 done;       /* of the request that goes on later (vq_suspend): the bytes that are done */
    u16 head;       /* its first descriptor */
    u8 suspended;   /* is there such a request? */
    u16 next_avail; /* first entry of the available ring not taken yet */
    u16 next_used;
    u16 signalled; /* next_used when the driver was last considered for an interrupt */
    u16 vector;    /* of its interrupts, where the transport has many */
    u8 ready;
};
enum { VIRTIO_NO_VECTOR = 0xffff };

/* Everything the driver can change. */
struct virtio_state {
    u32 status, isr, queue_sel, device_features_sel, driver_features_sel, generation;
    u32 page_size; /* that queues' pages are numbered by (version 1) */
    u64 features;  /* that the driver accepted */
    u16 config_vector;
    struct virtqueue vq[VIRTIO_MAX_QUEUES];
};

struct virtio {
    struct device dev;
    const struct virtio_class *vclass;
    const struct virtio_transport *transport;
    const struct virtio_dialect *dialect;
    u64 offered; /* features */
    void *config;
    u32 complaints;          /* messages printed so far */
    u32 left;                /* what may still be done in this piece (virtio_allow) */
    u32 bus;                 /* enum dev_bus: where the user wants it */
    struct pci_function pci; /* if it is there */
    struct virtio_state s;
};

/* A piece of one buffer. */
struct vq_segment {
    u64 iova;
    u32 len;
};

/* One request: `num_out` segments to read from, then `num_in` to write to. */
struct vq_chain {
    u16 head;
    u32 done; /* bytes of it that were done before it was suspended */
    u32 num_out, num_in;
    u64 out_len, in_len;
    struct vq_segment seg[VIRTIO_QUEUE_MAX];
};

/* ---- for devices ---- */

/* A zeroed instance of `size` bytes that begins with a virtio device of this class, without a
 * transport and with no features of its own, to be put on args->bus. NULL with *err. */
struct virtio *virtio_alloc(size_t size, const struct virtio_class *vclass,
                            const struct dev_env *env, const struct dev_args *args,
                            struct error *err);
/* The functions of every virtio device's dev_class, and its rows. */
void virtio_reset(struct device *dev);
void virtio_tick(struct device *dev);
int virtio_resume(struct device *dev, struct error *err);
#define VIRTIO_ROWS                                                                                \
    STATE_FIELD(struct virtio, offered), STATE_FIELD(struct virtio, complaints),                   \
        STATE_FIELD(struct virtio, s.status), STATE_FIELD(struct virtio, s.isr),                   \
        STATE_FIELD(struct virtio, s.queue_sel),                                                   \
        STATE_FIELD(struct virtio, s.device_features_sel),                                         \
        STATE_FIELD(struct virtio, s.driver_features_sel),                                         \
        STATE_FIELD(struct virtio, s.generation), STATE_FIELD(struct virtio, s.page_size),         \
        STATE_FIELD(struct virtio, s.features), STATE_EACH(struct virtio, s.vq, align),            \
        STATE_EACH(struct virtio, s.vq, done), STATE_EACH(struct virtio, s.vq, head),              \
        STATE_EACH(struct virtio, s.vq, suspended), STATE_EACH(struct virtio, s.vq, desc),         \
        STATE_EACH(struct virtio, s.vq, avail), STATE_EACH(struct virtio, s.vq, used),             \
        STATE_EACH(struct virtio, s.vq, num), STATE_EACH(struct virtio, s.vq, next_avail),         \
        STATE_EACH(struct virtio, s.vq, next_used), STATE_EACH(struct virtio, s.vq, signalled),    \
        STATE_EACH(struct virtio, s.vq, ready), STATE_EACH(struct virtio, s.vq, vector),           \
        STATE_FIELD(struct virtio, s.config_vector), PCI_ROWS(struct virtio, pci)

/* Is the driver ready, the queue set up, and the device not stopped? */
bool virtio_queue_live(const struct virtio *v, unsigned q);
/* The device stops: one message that says why, DEVICE_NEEDS_RESET, a configuration
 * interrupt. */
void virtio_stop(struct virtio *v, const char *why, ...) PRINTF(2, 3);
/* Tells the driver that the configuration space has changed. */
void virtio_config_changed(struct virtio *v);

/* Devices work in pieces, so that no request holds up the machine: what was not done when a piece
 * is over goes on at a deadline soon after, from vclass->notify. Each entry from outside (a
 * notification, the deadline, a device's poll) begins a piece. A piece is counted in bytes; what
 * costs the host more than its bytes is spent as more of them. */
enum { VIRTIO_PIECE = 256 << 10 };
void virtio_begin(struct virtio *v);
/* `len`, or less if the piece has not so much left. */
u64 virtio_allow(const struct virtio *v, u64 len);
void virtio_spend(struct virtio *v, u64 cost);

/* Takes the next request, or goes on with the one that was suspended: c->done says where. 1, 0 if
 * there is none or the piece is over, -1 if the device had to stop. */
int vq_pop(struct virtio *v, unsigned q, struct vq_chain *c);
/* The piece is over in the middle of this request, after c->done bytes. */
void vq_suspend(struct virtio *v, unsigned q, const struct vq_chain *c);
/* Gives a request back with `written` bytes in its in-segments. */
void vq_push(struct virtio *v, unsigned q, const struct vq_chain *c, u32 written);
/* Interrupts the driver about what was pushed, unless it asked not to be. */
void vq_signal(struct virtio *v, unsigned q);

/* The bytes at `offset` of the out- or in-segments; *len is how many lie together, at most what it
 * was. NULL at the end, or when the access is refused: then the device has stopped. */
const u8 *vq_out_at(struct virtio *v, const struct vq_chain *c, u64 offset, u64 *len);
u8 *vq_in_at(struct virtio *v, const struct vq_chain *c, u64 offset, u64 *len);
/* Copies as much as there is; returns how many bytes. */
u64 vq_read(struct virtio *v, const struct vq_chain *c, u64 offset, void *buf, u64 len);
u64 vq_write(struct virtio *v, const struct vq_chain *c, u64 offset, const void *buf, u64 len);

/* ---- for transports ---- */

/* Registers that every transport has, at offsets of its own (virtio 1.2, sections 4.1.4.3 and
 * 4.2.2). Those of a queue belong to the selected one; an address is written in two halves. */
enum virtio_reg {
    VREG_NONE,
    VREG_DEVICE_FEATURES_SEL,
    VREG_DEVICE_FEATURES,
    VREG_DRIVER_FEATURES_SEL,
    VREG_DRIVER_FEATURES,
    VREG_STATUS,
    VREG_GENERATION,
    VREG_QUEUE_SEL,
    VREG_QUEUE_NUM,
    VREG_QUEUE_READY,
    VREG_QUEUE_DESC_LOW,
    VREG_QUEUE_DESC_HIGH,
    VREG_QUEUE_DRIVER_LOW,
    VREG_QUEUE_DRIVER_HIGH,
    VREG_QUEUE_DEVICE_LOW,
    VREG_QUEUE_DEVICE_HIGH,
    /* the legacy interface's: the rings lie together, at a page that has a number */
    VREG_PAGE_SIZE,
    VREG_QUEUE_ALIGN,
    VREG_QUEUE_PFN,
};

/* The queue that VREG_QUEUE_SEL names, or NULL. */
struct virtqueue *virtio_selected(struct virtio *v);
u32 virtio_get(struct virtio *v, enum virtio_reg reg);
void virtio_set(struct virtio *v, enum virtio_reg reg, u32 value);
/* The driver says that queue `q` has buffers; any number is allowed. */
void virtio_notify(struct virtio *v, u32 q);
/* Configuration space, 1 to 8 bytes at any offset: what lies beyond its end reads as zero. */
u64 virtio_get_config(struct virtio *v, u64 offset, unsigned size);
void virtio_set_config(struct virtio *v, u64 offset, unsigned size, u64 value);

/* The transport over MMIO (virtio_mmio.c); pin 0 is its interrupt. `dialect` is not copied. Returns
 * &v->dev. */
struct device *virtio_mmio(struct virtio *v, const struct virtio_dialect *dialect);
/* The transport over PCI (virtio_pci.c), on the bridge of pci_host_class. Returns &v->dev, or NULL
 * with *err. */
struct device *virtio_pci(struct virtio *v, const struct virtio_dialect *dialect,
                          struct device *bridge, struct error *err);

#endif
