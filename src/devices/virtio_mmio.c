/* The virtio transport over MMIO (virtio 1.2, section 4.2), version 2, or 1, the legacy interface
 * (section 4.2.4). One level-triggered interrupt serves for everything; its causes are in the
 * interrupt status. */
#include "devices/virtio.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    PAGE_SIZE_LEGACY = 0x028,
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_ALIGN_LEGACY = 0x03c,
    QUEUE_PFN_LEGACY = 0x040,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC_LOW = 0x080,
    QUEUE_DESC_HIGH = 0x084,
    QUEUE_DRIVER_LOW = 0x090,
    QUEUE_DRIVER_HIGH = 0x094,
    QUEUE_DEVICE_LOW = 0x0a0,
    QUEUE_DEVICE_HIGH = 0x0a4,
    SHM_LEN_LOW = 0x0b0,
    SHM_BASE_HIGH = 0x0bc,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
    WINDOW = 0x1000,
};

enum { ISR_USED = 1, ISR_CONFIG = 2 };

/* The common registers, at the words where they are read and written, of either version. */
static const u8 readable_legacy[CONFIG / 4] = {
    [DEVICE_FEATURES / 4] = VREG_DEVICE_FEATURES,
    [QUEUE_PFN_LEGACY / 4] = VREG_QUEUE_PFN,
    [STATUS / 4] = VREG_STATUS,
};

static const u8 writable_legacy[CONFIG / 4] = {
    [DEVICE_FEATURES_SEL / 4] = VREG_DEVICE_FEATURES_SEL,
    [DRIVER_FEATURES / 4] = VREG_DRIVER_FEATURES,
    [DRIVER_FEATURES_SEL / 4] = VREG_DRIVER_FEATURES_SEL,
    [PAGE_SIZE_LEGACY / 4] = VREG_PAGE_SIZE,
    [QUEUE_SEL / 4] = VREG_QUEUE_SEL,
    [QUEUE_NUM / 4] = VREG_QUEUE_NUM,
    [QUEUE_ALIGN_LEGACY / 4] = VREG_QUEUE_ALIGN,
    [QUEUE_PFN_LEGACY / 4] = VREG_QUEUE_PFN,
    [STATUS / 4] = VREG_STATUS,
};

static const u8 readable[CONFIG / 4] = {
    [DEVICE_FEATURES / 4] = VREG_DEVICE_FEATURES,
    [QUEUE_READY / 4] = VREG_QUEUE_READY,
    [STATUS / 4] = VREG_STATUS,
    [CONFIG_GENERATION / 4] = VREG_GENERATION,
};

static const u8 writable[CONFIG / 4] = {
    [DEVICE_FEATURES_SEL / 4] = VREG_DEVICE_FEATURES_SEL,
    [DRIVER_FEATURES / 4] = VREG_DRIVER_FEATURES,
    [DRIVER_FEATURES_SEL / 4] = VREG_DRIVER_FEATURES_SEL,
    [QUEUE_SEL / 4] = VREG_QUEUE_SEL,
    [QUEUE_NUM / 4] = VREG_QUEUE_NUM,
    [QUEUE_READY / 4] = VREG_QUEUE_READY,
    [STATUS / 4] = VREG_STATUS,
    [QUEUE_DESC_LOW / 4] = VREG_QUEUE_DESC_LOW,
    [QUEUE_DESC_HIGH / 4] = VREG_QUEUE_DESC_HIGH,
    [QUEUE_DRIVER_LOW / 4] = VREG_QUEUE_DRIVER_LOW,
    [QUEUE_DRIVER_HIGH / 4] = VREG_QUEUE_DRIVER_HIGH,
    [QUEUE_DEVICE_LOW / 4] = VREG_QUEUE_DEVICE_LOW,
    [QUEUE_DEVICE_HIGH / 4] = VREG_QUEUE_DEVICE_HIGH,
};

static bool is_legacy(const struct virtio *v)
{
    return v->dialect->version == 1;
}

static void set_isr(struct virtio *v, u32 isr)
{
    v->s.isr = isr;
    device_set_pin(&v->dev, 0, isr != 0);
}

static void mmio_interrupt(struct virtio *v, unsigned vector)
{
    set_isr(v, v->s.isr | (vector == VIRTIO_VECTOR_CONFIG ? ISR_CONFIG : ISR_USED));
}

static void mmio_update(struct virtio *v)
{
    set_isr(v, v->s.isr);
}

static u32 read_register(struct virtio *v, u64 offset)
{
    switch (offset) {
    case MAGIC:
        return 0x74726976;
    case VERSION:
        return v->dialect->version;
    case DEVICE_ID:
        return v->vclass->device_id;
    case VENDOR_ID:
        return v->dialect->vendor;
    case QUEUE_NUM_MAX:
        return virtio_selected(v) ? VIRTIO_QUEUE_MAX : 0;
    case INTERRUPT_STATUS:
        return v->s.isr;
    default: /* no shared memory region has a length or base */
        if (is_legacy(v))
            return virtio_get(v, readable_legacy[offset / 4]);
        if (offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH)
            return ~0u;
        return virtio_get(v, readable[offset / 4]);
    }
}

static int mmio_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct virtio *v = (struct virtio *)dev;
    if (offset >= CONFIG) {
        *value = virtio_get_config(v, offset - CONFIG, size);
        return 0;
    }
    if (size != 4)
        return -1;
    *value = read_register(v, offset);
    return 0;
}

static int mmio_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct virtio *v = (struct virtio *)dev;
    if (offset >= CONFIG) {
        virtio_set_config(v, offset - CONFIG, size, value);
        return 0;
    }
    if (size != 4)
        return -1;
    if (offset == QUEUE_NOTIFY)
        virtio_notify(v, (u32)value);
    else if (offset == INTERRUPT_ACK)
        set_isr(v, v->s.isr & ~(u32)value);
    else
        virtio_set(v, (is_legacy(v) ? writable_legacy : writable)[offset / 4], (u32)value);
    return 0;
}

struct device *virtio_mmio(struct virtio *v, const struct virtio_dialect *dialect)
{
    static const struct virtio_transport transport = {mmio_interrupt, mmio_update};
    static const struct dev_regs regs = {
        .size = WINDOW,
        .read = mmio_read,
        .write = mmio_write,
        .dt = {.name = "virtio_mmio", .compatible = {"virtio,mmio"}},
    };
    v->transport = &transport;
    v->dialect = dialect;
    if (is_legacy(v))
        v->offered &= ~VIRTIO_F_VERSION_1;
    v->dev.regs = &regs;
    return &v->dev;
}
