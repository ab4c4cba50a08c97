/* The virtio transport over PCI (virtio 1.2, section 4.1), without the legacy interface. The common
 * registers, the interrupt status, the device's configuration and the notifications are parts of
 * one window; a capability says where each is. Interrupts come by MSI-X, a vector for each queue
 * and one for the configuration, or by the function's line. */
#include "devices/virtio.h"

#include <string.h>

#include "devices/pci.h"

enum {
    COMMON = 0,
    ISR = 0x1000,
    DEVICE = 0x2000,
    NOTIFY = 0x3000,
    WINDOW = 0x4000,
    PART = 0x1000,
    COMMON_LENGTH = 0x38,
    NOTIFY_MULTIPLIER = 4,
};
enum { BAR_MSIX = 1, BAR_WINDOW = 4 };
enum { ISR_USED = 1, ISR_CONFIG = 2 };

static struct virtio *virtio_of(struct device *dev)
{
    return (struct virtio *)dev;
}

/* ---- the common registers ---- */

/* Those that are the transport's own. */
enum { PCI_REG = 0x80, CONFIG_VECTOR = PCI_REG, NUM_QUEUES, QUEUE_VECTOR, QUEUE_NOTIFY_OFF };

struct field {
    u8 offset, size;
    u8 get, set; /* enum virtio_reg, or one of those above; 0: neither */
};

static const struct field fields[] = {
    {0x00, 4, VREG_DEVICE_FEATURES_SEL, VREG_DEVICE_FEATURES_SEL},
    {0x04, 4, VREG_DEVICE_FEATURES, 0},
    {0x08, 4, VREG_DRIVER_FEATURES_SEL, VREG_DRIVER_FEATURES_SEL},
    {0x0c, 4, VREG_DRIVER_FEATURES, VREG_DRIVER_FEATURES},
    {0x10, 2, CONFIG_VECTOR, CONFIG_VECTOR},
    {0x12, 2, NUM_QUEUES, 0},
    {0x14, 1, VREG_STATUS, VREG_STATUS},
    {0x15, 1, VREG_GENERATION, 0},
    {0x16, 2, VREG_QUEUE_SEL, VREG_QUEUE_SEL},
    {0x18, 2, VREG_QUEUE_NUM, VREG_QUEUE_NUM},
    {0x1a, 2, QUEUE_VECTOR, QUEUE_VECTOR},
    {0x1c, 2, VREG_QUEUE_READY, VREG_QUEUE_READY},
    {0x1e, 2, QUEUE_NOTIFY_OFF, 0},
    {0x20, 4, VREG_QUEUE_DESC_LOW, VREG_QUEUE_DESC_LOW},
    {0x24, 4, VREG_QUEUE_DESC_HIGH, VREG_QUEUE_DESC_HIGH},
    {0x28, 4, VREG_QUEUE_DRIVER_LOW, VREG_QUEUE_DRIVER_LOW},
    {0x2c, 4, VREG_QUEUE_DRIVER_HIGH, VREG_QUEUE_DRIVER_HIGH},
    {0x30, 4, VREG_QUEUE_DEVICE_LOW, VREG_QUEUE_DEVICE_LOW},
    {0x34, 4, VREG_QUEUE_DEVICE_HIGH, VREG_QUEUE_DEVICE_HIGH},
};

static u32 get(struct virtio *v, u8 reg)
{
    const struct virtqueue *vq = virtio_selected(v);
    switch (reg) {
    case CONFIG_VECTOR:
        return v->s.config_vector;
    case NUM_QUEUES:
        return v->vclass->num_queues;
    case QUEUE_VECTOR:
        return vq ? vq->vector : VIRTIO_NO_VECTOR;
    case QUEUE_NOTIFY_OFF:
        return vq ? v->s.queue_sel : 0;
    default:
        return virtio_get(v, (enum virtio_reg)reg);
    }
}

/* A vector that does not exist is refused: the driver reads that there is none. */
static u16 legal_vector(const struct virtio *v, u32 value)
{
    return value < v->pci.vectors ? (u16)value : VIRTIO_NO_VECTOR;
}

static void set(struct virtio *v, u8 reg, u32 value)
{
    struct virtqueue *vq = virtio_selected(v);
    switch (reg) {
    case CONFIG_VECTOR:
        v->s.config_vector = legal_vector(v, value);
        break;
    case QUEUE_VECTOR:
        if (vq)
            vq->vector = legal_vector(v, value);
        break;
    case VREG_QUEUE_READY: /* a queue is disabled by reset only */
        if (value == 1)
            virtio_set(v, VREG_QUEUE_READY, 1);
        break;
    default:
        virtio_set(v, (enum virtio_reg)reg, value);
    }
}

static u8 common_byte(struct virtio *v, u64 offset)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (offset - fields[i].offset < fields[i].size)
            return (u8)(get(v, fields[i].get) >> (8 * (offset - fields[i].offset)));
    return 0;
}

static u64 common_read(struct virtio *v, u64 offset, unsigned size)
{
    u64 value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (u64)common_byte(v, offset + i) << (8 * i);
    return value;
}

/* Registers are written whole; an address of 64 bits also in one go. */
static void common_write(struct virtio *v, u64 offset, unsigned size, u64 value)
{
    if (size == 8) {
        common_write(v, offset, 4, value & MASK(32));
        common_write(v, offset + 4, 4, value >> 32);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].offset == offset && fields[i].size == size && fields[i].set)
            set(v, fields[i].set, (u32)value);
}

/* ---- interrupts ---- */

static void set_isr(struct virtio *v, u32 isr)
{
    v->s.isr = isr;
    pci_set_line(&v->pci, isr != 0);
}

static void pci_interrupt(struct virtio *v, unsigned vector)
{
    bool config = vector == VIRTIO_VECTOR_CONFIG, by_message = pci_msix_on(&v->pci);
    if (config || !by_message)
        set_isr(v, v->s.isr | (config ? ISR_CONFIG : ISR_USED));
    if (by_message)
        pci_send(&v->pci, config ? v->s.config_vector : v->s.vq[vector].vector);
}

static void pci_update(struct virtio *v)
{
    set_isr(v, v->s.isr);
}

static u32 read_isr(struct virtio *v)
{
    u32 isr = v->s.isr;
    set_isr(v, 0);
    return isr;
}

/* ---- the window ---- */

static int window_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct virtio *v = virtio_of(dev);
    u64 at = offset & (PART - 1);
    *value = 0;
    switch (offset - at) {
    case COMMON:
        *value = common_read(v, at, size);
        break;
    case ISR:
        *value = at == 0 ? read_isr(v) : 0;
        break;
    case DEVICE:
        *value = virtio_get_config(v, at, size);
    }
    return 0;
}

static int window_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct virtio *v = virtio_of(dev);
    u64 at = offset & (PART - 1);
    switch (offset - at) {
    case COMMON:
        common_write(v, at, size, value);
        break;
    case DEVICE:
        virtio_set_config(v, at, size, value);
        break;
    case NOTIFY:
        virtio_notify(v, (u32)at / NOTIFY_MULTIPLIER);
    }
    return 0;
}

static const struct dev_regs window = {.size = WINDOW, .read = window_read, .write = window_write};

/* ---- capabilities ("Virtio Structure PCI Capabilities") ---- */

enum { CAP_VENDOR = 0x09, CAP_COMMON = 1, CAP_NOTIFY, CAP_ISR, CAP_DEVICE, CAP_ACCESS };
enum { CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_DATA = 16, CAP_SIZE = 16 };

static u8 add_structure(struct pci_function *f, u8 type, u32 offset, u32 length)
{
    const struct pci_row rows[] = {
        {2, 1, .value = CAP_SIZE},         {3, 1, .value = type},
        {CAP_BAR, 1, .value = BAR_WINDOW}, {CAP_OFFSET, 4, .value = offset},
        {CAP_LENGTH, 4, .value = length},
    };
    return pci_add_capability(f, CAP_VENDOR, CAP_SIZE, rows, ARRAY_LEN(rows));
}

/* The windows, by way of configuration space. */
static const struct pci_row access_rows[] = {
    {2, 1, .value = CAP_SIZE + 4},           {3, 1, .value = CAP_ACCESS},
    {CAP_BAR, 1, .writable = 0xff},          {CAP_OFFSET, 4, .writable = 0xffffffff},
    {CAP_LENGTH, 4, .writable = 0xffffffff}, {CAP_DATA, 4, .writable = 0xffffffff},
};

static const struct pci_row notify_rows[] = {
    {2, 1, .value = CAP_SIZE + 4},     {3, 1, .value = CAP_NOTIFY},
    {CAP_BAR, 1, .value = BAR_WINDOW}, {CAP_OFFSET, 4, .value = NOTIFY},
    {CAP_LENGTH, 4, .value = PART},    {CAP_SIZE, 4, .value = NOTIFY_MULTIPLIER},
};

/* What the access capability names, if it is inside a window: `length` bytes at *offset. */
static const struct dev_regs *accessed(const struct pci_function *f, u32 at, u32 *offset,
                                       u32 *length)
{
    u32 bar = pci_get(f, at + CAP_BAR, 1);
    *offset = pci_get(f, at + CAP_OFFSET, 4);
    *length = pci_get(f, at + CAP_LENGTH, 4);
    if (bar >= PCI_BARS || f->bar[bar].kind == PCI_BAR_NONE)
        return NULL;
    const struct dev_regs *regs = f->bar[bar].regs;
    bool width = *length == 1 || *length == 2 || *length == 4;
    return width && *offset % *length == 0 && *offset < regs->size ? regs : NULL;
}

static bool touches_data(const struct pci_function *f, u32 offset, u32 size)
{
    u32 data = f->own + CAP_DATA;
    return offset < data + 4 && offset + size > data;
}

static void access_read(struct pci_function *f, u32 offset, u32 size)
{
    u32 cap = f->own, at, length;
    const struct dev_regs *regs = accessed(f, cap, &at, &length);
    u64 value;
    if (touches_data(f, offset, size) && regs && !regs->read(f->dev, at, length, &value))
        pci_put(f, cap + CAP_DATA, length, (u32)value);
}

static void access_write(struct pci_function *f, u32 offset, u32 size)
{
    u32 cap = f->own, at, length;
    const struct dev_regs *regs = accessed(f, cap, &at, &length);
    if (touches_data(f, offset, size) && regs)
        regs->write(f->dev, at, length, pci_get(f, cap + CAP_DATA, length));
}

/* ---- making ---- */

enum { VENDOR = 0x1af4, DEVICE_BASE = 0x1040, SUBDEVICE = 0x1100 };

/* The class code that says what it is, by virtio's number. */
static u32 class_of(u32 device_id)
{
    static const u32 class_code[] = {
        [1] = 0x020000, [2] = 0x010000, [3] = 0x078000, [9] = 0x000200};
    return device_id < ARRAY_LEN(class_code) && class_code[device_id] ? class_code[device_id]
                                                                      : 0x00ff00;
}

struct device *virtio_pci(struct virtio *v, const struct virtio_dialect *dialect,
                          struct device *bridge, struct error *err)
{
    static const struct virtio_transport transport = {pci_interrupt, pci_update};
    struct pci_function *f = &v->pci;
    const struct pci_identity id = {VENDOR,
                                    (u16)(DEVICE_BASE + v->vclass->device_id),
                                    VENDOR,
                                    SUBDEVICE,
                                    class_of(v->vclass->device_id),
                                    1};
    v->transport = &transport;
    v->dialect = dialect;
    f->wants_port = v->bus == BUS_PORT;
    if (v->dev.env->translate)
        v->offered |= VIRTIO_F_ACCESS_PLATFORM;
    if (pci_init(f, &v->dev, bridge, PCI_ENDPOINT, &id, err))
        return NULL;
    pci_add_msix(f, BAR_MSIX, v->vclass->num_queues + 1);
    pci_add_bar(f, BAR_WINDOW, PCI_BAR_MEM64, &window);
    add_structure(f, CAP_COMMON, COMMON, COMMON_LENGTH);
    add_structure(f, CAP_ISR, ISR, 1);
    add_structure(f, CAP_DEVICE, DEVICE, PART);
    pci_add_capability(f, CAP_VENDOR, CAP_SIZE + 4, notify_rows, ARRAY_LEN(notify_rows));
    f->own = pci_add_capability(f, CAP_VENDOR, CAP_SIZE + 4, access_rows, ARRAY_LEN(access_rows));
    pci_add_express(f);
    f->before_read = access_read;
    f->after_write = access_write;
    return &v->dev;
}
