/* What is common to virtio devices whatever carries them (virtio 1.2, chapter 2): status, features,
 * the set-up of queues, configuration space, and how a device stops. */
#include "devices/virtio.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/owner.h"

enum { STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8, STATUS_NEEDS_RESET = 64 };
enum { MAX_COMPLAINTS = 10 };

#define F_NONE BIT(63) /* never offered */

void virtio_config_changed(struct virtio *v)
{
    v->s.generation++;
    if (v->s.status & STATUS_DRIVER_OK)
        v->transport->interrupt(v, VIRTIO_VECTOR_CONFIG);
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
        owner_message(v->dev.env->owner, "%s: stopped until the guest resets it: %s",
                      v->dev.cls->name, text);
    }
    v->s.status |= STATUS_NEEDS_RESET;
    virtio_config_changed(v);
}

bool virtio_queue_live(const struct virtio *v, unsigned q)
{
    return (v->s.status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) == STATUS_DRIVER_OK &&
           v->s.vq[q].ready;
}

/* What a reset leaves where it is not zero. */
static void set_defaults(struct virtio *v)
{
    for (u32 q = 0; q < v->vclass->num_queues; q++) {
        v->s.vq[q].num = VIRTIO_QUEUE_MAX;
        v->s.vq[q].align = 4096;
        v->s.vq[q].vector = VIRTIO_NO_VECTOR;
    }
    v->s.config_vector = VIRTIO_NO_VECTOR;
}

/* A driver that does not know of the bus's addresses gives physical ones. */
static void derive_addresses(struct virtio *v)
{
    v->dev.dma_physical = v->offered & ~v->s.features & VIRTIO_F_ACCESS_PLATFORM;
}

void virtio_reset(struct device *dev)
{
    struct virtio *v = (struct virtio *)dev;
    u32 generation = v->s.generation;
    memset(&v->s, 0, sizeof(v->s));
    v->s.generation = generation;
    set_defaults(v);
    derive_addresses(v);
    v->transport->update(v);
    if (v->vclass->reset)
        v->vclass->reset(v);
}

int virtio_resume(struct device *dev, struct error *err)
{
    (void)err;
    struct virtio *v = (struct virtio *)dev;
    derive_addresses(v);
    v->transport->update(v);
    return 0;
}

/* ---- registers ---- */

struct virtqueue *virtio_selected(struct virtio *v)
{
    return v->s.queue_sel < v->vclass->num_queues ? &v->s.vq[v->s.queue_sel] : NULL;
}

/* Half `sel` of a 64-bit set of features. */
static u32 feature_word(u64 features, u32 sel)
{
    return sel < 2 ? (u32)(features >> (32 * sel)) : 0;
}

/* The address that a register of a queue is half of; *half says which. NULL for others. */
static u64 *queue_address(struct virtqueue *vq, enum virtio_reg reg, unsigned *half)
{
    *half = (reg - VREG_QUEUE_DESC_LOW) & 1;
    switch (reg) {
    case VREG_QUEUE_DESC_LOW:
    case VREG_QUEUE_DESC_HIGH:
        return &vq->desc;
    case VREG_QUEUE_DRIVER_LOW:
    case VREG_QUEUE_DRIVER_HIGH:
        return &vq->avail;
    case VREG_QUEUE_DEVICE_LOW:
    case VREG_QUEUE_DEVICE_HIGH:
        return &vq->used;
    default:
        return NULL;
    }
}

static u32 get_queue(struct virtio *v, enum virtio_reg reg)
{
    struct virtqueue *vq = virtio_selected(v);
    unsigned half;
    if (!vq)
        return 0;
    if (reg == VREG_QUEUE_NUM)
        return vq->num;
    if (reg == VREG_QUEUE_READY)
        return vq->ready;
    if (reg == VREG_QUEUE_PFN)
        return vq->ready && v->s.page_size ? (u32)(vq->desc / v->s.page_size) : 0;
    u64 *address = queue_address(vq, reg, &half);
    return address ? (u32)(*address >> (32 * half)) : 0;
}

u32 virtio_get(struct virtio *v, enum virtio_reg reg)
{
    switch (reg) {
    case VREG_DEVICE_FEATURES_SEL:
        return v->s.device_features_sel;
    case VREG_DEVICE_FEATURES:
        return feature_word(v->offered, v->s.device_features_sel);
    case VREG_DRIVER_FEATURES_SEL:
        return v->s.driver_features_sel;
    case VREG_DRIVER_FEATURES:
        return feature_word(v->s.features, v->s.driver_features_sel);
    case VREG_STATUS:
        return v->s.status;
    case VREG_GENERATION:
        return v->s.generation;
    case VREG_QUEUE_SEL:
        return v->s.queue_sel;
    default:
        return get_queue(v, reg);
    }
}

/* May the driver go on with these features? */
static bool acceptable(const struct virtio *v)
{
    return !(v->s.features & ~v->offered) &&
           ((v->s.features & VIRTIO_F_VERSION_1) || v->dialect->version == 1 ||
            v->dialect->drivers == VIRTIO_DRIVERS_ANY);
}

/* FEATURES_OK stays clear when the driver took what was not offered, or speaks the legacy dialect.
 */
static void set_status(struct virtio *v, u32 value)
{
    if (value == 0) {
        virtio_reset(&v->dev);
        return;
    }
    if (!(v->s.status & STATUS_FEATURES_OK) && !acceptable(v))
        value &= (u32)~STATUS_FEATURES_OK;
    v->s.status = (value & 0xff) | (v->s.status & STATUS_NEEDS_RESET);
}

static void set_driver_features(struct virtio *v, u32 value)
{
    u32 sel = v->s.driver_features_sel;
    if (sel < 2 && !(v->s.status & STATUS_FEATURES_OK))
        v->s.features = set_field(v->s.features, MASK(32) << (32 * sel), value);
    else if (sel >= 2 && value && !(v->s.status & STATUS_FEATURES_OK))
        v->s.features |= F_NONE; /* such a bit does not exist: refuse at FEATURES_OK */
    derive_addresses(v);
}

static void set_ready(struct virtio *v, struct virtqueue *vq, u32 value)
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
    vq->suspended = 0;
    vq->ready = 1;
}

/* The legacy interface names the page where the rings lie, one behind the other (virtio 1.2,
 * section 2.7.2). Page 0: no longer. */
static void set_pfn(struct virtio *v, struct virtqueue *vq, u32 value)
{
    if (vq->align == 0 || (vq->align & (vq->align - 1))) {
        virtio_stop(v, "queue %u cannot be aligned to %u", v->s.queue_sel, vq->align);
        return;
    }
    vq->ready = 0;
    vq->desc = (u64)value * v->s.page_size;
    vq->avail = vq->desc + 16 * (u64)vq->num;
    vq->used = (vq->avail + 6 + 2 * (u64)vq->num + vq->align - 1) & ~(u64)(vq->align - 1);
    set_ready(v, vq, value != 0);
}

static void set_num(struct virtio *v, struct virtqueue *vq, u32 value)
{
    if (value == 0 || value > VIRTIO_QUEUE_MAX || (value & (value - 1)))
        virtio_stop(v, "queue %u cannot have %u entries", v->s.queue_sel, value);
    else
        vq->num = value;
}

/* Registers of the selected queue; its layout is fixed while it is ready. */
static void set_queue(struct virtio *v, enum virtio_reg reg, u32 value)
{
    struct virtqueue *vq = virtio_selected(v);
    unsigned half;
    if (!vq)
        return;
    if (reg == VREG_QUEUE_READY) {
        set_ready(v, vq, value);
        return;
    }
    if (reg == VREG_QUEUE_PFN) {
        set_pfn(v, vq, value);
        return;
    }
    if (vq->ready)
        return;
    if (reg == VREG_QUEUE_NUM) {
        set_num(v, vq, value);
        return;
    }
    if (reg == VREG_QUEUE_ALIGN) {
        vq->align = value;
        return;
    }
    u64 *address = queue_address(vq, reg, &half);
    if (address)
        *address = set_field(*address, MASK(32) << (32 * half), value);
}

void virtio_set(struct virtio *v, enum virtio_reg reg, u32 value)
{
    switch (reg) {
    case VREG_DEVICE_FEATURES_SEL:
        v->s.device_features_sel = value;
        break;
    case VREG_DRIVER_FEATURES_SEL:
        v->s.driver_features_sel = value;
        break;
    case VREG_DRIVER_FEATURES:
        set_driver_features(v, value);
        break;
    case VREG_STATUS:
        set_status(v, value);
        break;
    case VREG_QUEUE_SEL:
        v->s.queue_sel = value;
        break;
    case VREG_PAGE_SIZE:
        v->s.page_size = value;
        break;
    default:
        set_queue(v, reg, value);
        break;
    }
}

void virtio_notify(struct virtio *v, u32 q)
{
    if (q >= v->vclass->num_queues || !virtio_queue_live(v, q))
        return;
    virtio_begin(v);
    v->vclass->notify(v, q);
}

/* ---- pieces ---- */

void virtio_begin(struct virtio *v)
{
    v->left = VIRTIO_PIECE;
}

u64 virtio_allow(const struct virtio *v, u64 len)
{
    return len < v->left ? len : v->left;
}

void virtio_spend(struct virtio *v, u64 cost)
{
    v->left -= (u32)virtio_allow(v, cost);
}

void virtio_tick(struct device *dev)
{
    struct virtio *v = (struct virtio *)dev;
    virtio_begin(v);
    for (u32 q = 0; q < v->vclass->num_queues; q++)
        if (virtio_queue_live(v, q))
            v->vclass->notify(v, q);
}

u64 virtio_get_config(struct virtio *v, u64 offset, unsigned size)
{
    u64 value = 0;
    if (offset < v->vclass->config_len) {
        u64 n = v->vclass->config_len - offset;
        memcpy(&value, (u8 *)v->config + offset, n < size ? n : size);
    }
    return value;
}

void virtio_set_config(struct virtio *v, u64 offset, unsigned size, u64 value)
{
    const struct virtio_class *c = v->vclass;
    if (!c->config_changed || offset < c->writable_from || offset + size > c->config_len)
        return;
    memcpy((u8 *)v->config + offset, &value, size);
    c->config_changed(v);
}

struct virtio *virtio_alloc(size_t size, const struct virtio_class *vclass,
                            const struct dev_env *env, const struct dev_args *args,
                            struct error *err)
{
    struct virtio *v = (struct virtio *)device_alloc(size, vclass->dev, env, err);
    if (!v)
        return NULL;
    v->vclass = vclass;
    v->bus = args->bus;
    v->offered = VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX;
    set_defaults(v);
    return v;
}
