/* The virtio transport over MMIO, version 2 (virtio 1.2, section 4.2), without the legacy
 * interface. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "devices/describe.h"
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
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
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
};

enum { STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8, STATUS_NEEDS_RESET = 64 };
enum { ISR_USED = 1, ISR_CONFIG = 2 };
enum { MAX_COMPLAINTS = 10 };

static void set_isr(struct virtio *v, u32 isr)
{
    v->s.isr = isr;
    v->dev.env->set_pin(v->dev.env->board, &v->dev, 0, isr != 0);
}

void virtio_raise(struct virtio *v)
{
    set_isr(v, v->s.isr | ISR_USED);
}

void virtio_config_changed(struct virtio *v)
{
    v->s.generation++;
    if (v->s.status & STATUS_DRIVER_OK)
        set_isr(v, v->s.isr | ISR_CONFIG);
}

void virtio_stop(struct virtio *v, const char *why, ...)
{
    if (v->s.status & STATUS_NEEDS_RESET)
        return;
    /* A guest that breaks its device again and again shall not fill the user's disk. */
    if (v->complaints++ < MAX_COMPLAINTS) {
        char text[200];
        va_list args;
        va_start(args, why);
        vsnprintf(text, sizeof(text), why, args);
        va_end(args);
        fprintf(stderr, "hextant: %s: stopped until the guest resets it: %s\n", v->dev.cls->name,
                text);
    }
    v->s.status |= STATUS_NEEDS_RESET;
    virtio_config_changed(v);
}

bool virtio_queue_live(const struct virtio *v, unsigned q)
{
    return (v->s.status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) == STATUS_DRIVER_OK &&
           v->s.vq[q].ready;
}

void virtio_reset(struct device *dev)
{
    struct virtio *v = (struct virtio *)dev;
    u32 generation = v->s.generation;
    memset(&v->s, 0, sizeof(v->s));
    v->s.generation = generation;
    for (u32 q = 0; q < v->vclass->num_queues; q++)
        v->s.vq[q].num = VIRTIO_QUEUE_MAX;
    set_isr(v, 0);
    if (v->vclass->reset)
        v->vclass->reset(v);
}

void virtio_resume(struct device *dev)
{
    struct virtio *v = (struct virtio *)dev;
    set_isr(v, v->s.isr);
}

/* The queue that QueueSel names, or NULL. */
static struct virtqueue *selected(struct virtio *v)
{
    return v->s.queue_sel < v->vclass->num_queues ? &v->s.vq[v->s.queue_sel] : NULL;
}

/* Half `sel` of a 64-bit set of features. */
static u32 feature_word(u64 features, u32 sel)
{
    return sel < 2 ? (u32)(features >> (32 * sel)) : 0;
}

static u32 read_register(struct virtio *v, u64 offset)
{
    const struct virtqueue *vq = selected(v);
    switch (offset) {
    case MAGIC:
        return 0x74726976;
    case VERSION:
        return 2;
    case DEVICE_ID:
        return v->vclass->device_id;
    case VENDOR_ID:
        return 0x58455448;
    case DEVICE_FEATURES:
        return feature_word(v->offered, v->s.device_features_sel);
    case QUEUE_NUM_MAX:
        return vq ? VIRTIO_QUEUE_MAX : 0;
    case QUEUE_READY:
        return vq ? vq->ready : 0;
    case INTERRUPT_STATUS:
        return v->s.isr;
    case STATUS:
        return v->s.status;
    case CONFIG_GENERATION:
        return v->s.generation;
    default: /* no shared memory region has a length or base */
        return offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH ? ~0u : 0;
    }
}

/* Configuration space takes any width; beyond its end it reads as zero. */
static void read_config(struct virtio *v, u64 offset, unsigned size, u64 *value)
{
    *value = 0;
    if (offset < v->vclass->config_len) {
        u64 n = v->vclass->config_len - offset;
        memcpy(value, (u8 *)v->config + offset, n < size ? n : size);
    }
}

int virtio_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct virtio *v = (struct virtio *)dev;
    if (offset >= CONFIG) {
        read_config(v, offset - CONFIG, size, value);
        return 0;
    }
    if (size != 4)
        return -1;
    *value = read_register(v, offset);
    return 0;
}

/* FEATURES_OK stays clear when the driver took what was not offered, or speaks the legacy dialect.
 */
static void write_status(struct virtio *v, u32 value)
{
    if (value == 0) {
        virtio_reset(&v->dev);
        return;
    }
    bool acceptable = !(v->s.features & ~v->offered) && (v->s.features & VIRTIO_F_VERSION_1);
    if (!(v->s.status & STATUS_FEATURES_OK) && !acceptable)
        value &= (u32)~STATUS_FEATURES_OK;
    v->s.status = (value & 0xff) | (v->s.status & STATUS_NEEDS_RESET);
}

static void write_driver_features(struct virtio *v, u32 value)
{
    u32 sel = v->s.driver_features_sel;
    if (sel < 2 && !(v->s.status & STATUS_FEATURES_OK))
        v->s.features = set_field(v->s.features, MASK(32) << (32 * sel), value);
    else if (sel >= 2 && value && !(v->s.status & STATUS_FEATURES_OK))
        v->s.features &= ~VIRTIO_F_VERSION_1; /* such a bit does not exist: refuse at FEATURES_OK */
}

static void write_ready(struct virtio *v, struct virtqueue *vq, u32 value)
{
    if (!(value & 1)) {
        vq->ready = 0;
        return;
    }
    if (vq->ready)
        return;
    if ((vq->desc & 15) || (vq->avail & 1) || (vq->used & 3)) {
        virtio_stop(v, "queue %u is not aligned", v->s.queue_sel);
        return;
    }
    vq->next_avail = vq->next_used = vq->signalled = 0;
    vq->ready = 1;
}

static void set_half(u64 *reg, unsigned half, u32 value)
{
    *reg = set_field(*reg, MASK(32) << (32 * half), value);
}

/* Registers of the selected queue; its layout is fixed while it is ready. */
static void write_queue(struct virtio *v, u64 offset, u32 value)
{
    struct virtqueue *vq = selected(v);
    if (!vq)
        return;
    if (offset == QUEUE_READY) {
        write_ready(v, vq, value);
        return;
    }
    if (vq->ready)
        return;
    switch (offset) {
    case QUEUE_NUM:
        if (value == 0 || value > VIRTIO_QUEUE_MAX || (value & (value - 1)))
            virtio_stop(v, "queue %u cannot have %u entries", v->s.queue_sel, value);
        else
            vq->num = value;
        break;
    case QUEUE_DESC_LOW:
    case QUEUE_DESC_HIGH:
        set_half(&vq->desc, offset == QUEUE_DESC_HIGH, value);
        break;
    case QUEUE_DRIVER_LOW:
    case QUEUE_DRIVER_HIGH:
        set_half(&vq->avail, offset == QUEUE_DRIVER_HIGH, value);
        break;
    case QUEUE_DEVICE_LOW:
    case QUEUE_DEVICE_HIGH:
        set_half(&vq->used, offset == QUEUE_DEVICE_HIGH, value);
        break;
    }
}

static void write_register(struct virtio *v, u64 offset, u32 value)
{
    switch (offset) {
    case DEVICE_FEATURES_SEL:
        v->s.device_features_sel = value;
        break;
    case DRIVER_FEATURES_SEL:
        v->s.driver_features_sel = value;
        break;
    case DRIVER_FEATURES:
        write_driver_features(v, value);
        break;
    case QUEUE_SEL:
        v->s.queue_sel = value;
        break;
    case QUEUE_NOTIFY:
        if (value < v->vclass->num_queues && virtio_queue_live(v, value))
            v->vclass->notify(v, value);
        break;
    case INTERRUPT_ACK:
        set_isr(v, v->s.isr & ~value);
        break;
    case STATUS:
        write_status(v, value);
        break;
    default:
        write_queue(v, offset, value);
        break;
    }
}

static void write_config(struct virtio *v, u64 offset, unsigned size, u64 value)
{
    const struct virtio_class *c = v->vclass;
    if (!c->config_changed || offset < c->writable_from || offset + size > c->config_len)
        return;
    memcpy((u8 *)v->config + offset, &value, size);
    c->config_changed(v);
}

int virtio_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct virtio *v = (struct virtio *)dev;
    if (offset >= CONFIG) {
        write_config(v, offset - CONFIG, size, value);
        return 0;
    }
    if (size != 4)
        return -1;
    write_register(v, offset, (u32)value);
    return 0;
}

int virtio_describe(struct device *dev, void *fdt, int parent, u64 base)
{
    return describe_compatible(fdt, describe_node(dev, fdt, parent, base, "virtio_mmio"),
                               "virtio,mmio");
}

void virtio_init(struct virtio *v, const struct dev_class *cls, const struct virtio_class *vclass,
                 const struct dev_env *env)
{
    v->dev = (struct device){.cls = cls, .env = env, .window = VIRTIO_WINDOW};
    v->vclass = vclass;
    v->offered |= VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX;
    for (u32 q = 0; q < vclass->num_queues; q++)
        v->s.vq[q].num = VIRTIO_QUEUE_MAX;
}
