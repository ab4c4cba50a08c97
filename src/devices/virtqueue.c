/* Split virtqueues (virtio 1.2, section 2.7), seen from the device. The rings and descriptors are
 * the guest's to write at any time: each word is read once, checked, and used from our copy. */
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "devices/dma.h"
#include "devices/virtio.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, AVAIL_NO_INTERRUPT = 1 };

/* What requests and their segments cost of a piece, and how soon the next piece is done. */
enum { CHAIN_COST = 512, SEGMENT_COST = 64, PIECES_HZ = 100000 };

struct descriptor {
    u64 addr;
    u32 len;
    u16 flags, next;
};
_Static_assert(sizeof(struct descriptor) == 16, "the layout is the guest's");

/* A table of descriptors that a chain is being read from. */
struct table {
    u64 base;
    u32 num;
    bool indirect;
};

static int read_ring(struct virtio *v, u64 iova, void *buf, u64 len)
{
    if (dma_read(&v->dev, iova, buf, len) == 0)
        return 0;
    virtio_stop(v, "ring at 0x%" PRIx64 " is outside RAM", iova);
    return -1;
}

static int write_ring(struct virtio *v, u64 iova, const void *buf, u64 len)
{
    if (dma_write(&v->dev, iova, buf, len) == 0)
        return 0;
    virtio_stop(v, "ring at 0x%" PRIx64 " is outside RAM", iova);
    return -1;
}

static u64 avail_entry(const struct virtqueue *vq, u32 i)
{
    return vq->avail + 4 + 2 * (u64)i;
}

static u64 used_entry(const struct virtqueue *vq, u32 i)
{
    return vq->used + 4 + 8 * (u64)i;
}

/* Requests waiting: 0 .. num, or -1 if the device had to stop. */
static int available(struct virtio *v, unsigned q)
{
    struct virtqueue *vq = &v->s.vq[q];
    u16 idx;
    if (read_ring(v, vq->avail + 2, &idx, sizeof(idx)) != 0)
        return -1;
    atomic_thread_fence(memory_order_acquire);
    u16 count = (u16)(idx - vq->next_avail);
    if (count > vq->num) {
        virtio_stop(v, "queue %u: available index runs ahead by %u of %u entries", q, count,
                    vq->num);
        return -1;
    }
    return count;
}

/* Appends one descriptor's buffer to the chain. */
static int add_segment(struct virtio *v, struct vq_chain *c, const struct descriptor *d)
{
    bool in = d->flags & DESC_WRITE;
    if (d->len == 0)
        return 0;
    if (dma_check(&v->dev, d->addr, d->len, in ? DMA_TO_MEMORY : DMA_FROM_MEMORY)) {
        virtio_stop(v, "descriptor for %u bytes at 0x%" PRIx64 " is outside RAM", d->len, d->addr);
        return -1;
    }
    if (!in && c->num_in) {
        virtio_stop(v, "descriptor to read from follows one to write to");
        return -1;
    }
    if (c->out_len + c->in_len + d->len > UINT32_MAX) {
        virtio_stop(v, "request is longer than 4 GiB");
        return -1;
    }
    c->seg[c->num_out + c->num_in] = (struct vq_segment){d->addr, d->len};
    if (in) {
        c->num_in++;
        c->in_len += d->len;
    } else {
        c->num_out++;
        c->out_len += d->len;
    }
    return 0;
}

/* Continues in the table that an indirect descriptor points to. */
static int enter_indirect(struct virtio *v, struct table *t, const struct descriptor *d)
{
    if (t->indirect || !(v->s.features & VIRTIO_F_INDIRECT) || (d->flags & DESC_NEXT) ||
        d->len == 0 || d->len % sizeof(*d) != 0) {
        virtio_stop(v, "indirect descriptor of %u bytes where none may be", d->len);
        return -1;
    }
    *t = (struct table){d->addr, d->len / (u32)sizeof(*d), true};
    return 0;
}

/* Collects the chain that starts at c->head. A chain with more buffers than the largest queue has
 * entries is taken for a loop; the one that leads to an indirect table is none of them. */
static int read_chain(struct virtio *v, unsigned q, struct vq_chain *c)
{
    struct table t = {v->s.vq[q].desc, v->s.vq[q].num, false};
    u32 i = c->head;
    for (u32 buffers = 0; buffers < VIRTIO_QUEUE_MAX;) {
        struct descriptor d;
        if (i >= t.num) {
            virtio_stop(v, "queue %u: descriptor number %u of %u", q, i, t.num);
            return -1;
        }
        if (read_ring(v, t.base + i * sizeof(d), &d, sizeof(d)) != 0)
            return -1;
        if (d.flags & DESC_INDIRECT) {
            if (enter_indirect(v, &t, &d) != 0)
                return -1;
            i = 0;
            continue;
        }
        buffers++;
        if (add_segment(v, c, &d) != 0)
            return -1;
        if (!(d.flags & DESC_NEXT))
            return 0;
        i = d.next;
    }
    virtio_stop(v, "queue %u: descriptors form a loop, or are more than %u", q, VIRTIO_QUEUE_MAX);
    return -1;
}

/* Asks to be notified about the next request, and looks once more. */
static int rearm(struct virtio *v, unsigned q)
{
    struct virtqueue *vq = &v->s.vq[q];
    if (!(v->s.features & VIRTIO_F_EVENT_IDX))
        return 0;
    if (write_ring(v, used_entry(vq, vq->num), &vq->next_avail, sizeof(vq->next_avail)) != 0)
        return -1;
    atomic_thread_fence(memory_order_seq_cst);
    return available(v, q);
}

/* The piece is over: the device looks at its queues again soon. */
static void go_on_later(struct virtio *v)
{
    device_set_deadline(&v->dev, device_now(&v->dev) + v->dev.env->hz / PIECES_HZ);
}

/* The first descriptor of the next request, or of the one to go on with, in c->head. */
static int take_head(struct virtio *v, unsigned q, struct vq_chain *c)
{
    struct virtqueue *vq = &v->s.vq[q];
    c->done = vq->suspended ? vq->done : 0;
    c->head = vq->head;
    if (vq->suspended)
        return 0;
    u64 entry = avail_entry(vq, vq->next_avail & (vq->num - 1));
    return read_ring(v, entry, &c->head, sizeof(c->head));
}

int vq_pop(struct virtio *v, unsigned q, struct vq_chain *c)
{
    struct virtqueue *vq = &v->s.vq[q];
    if (!virtio_queue_live(v, q))
        return 0;
    int count = vq->suspended ? 1 : available(v, q);
    if (count == 0)
        count = rearm(v, q);
    if (count <= 0)
        return count;
    if (v->left == 0) {
        go_on_later(v);
        return 0;
    }
    c->num_out = c->num_in = 0;
    c->out_len = c->in_len = 0;
    if (take_head(v, q, c) != 0 || read_chain(v, q, c) != 0)
        return -1;
    virtio_spend(v, CHAIN_COST + SEGMENT_COST * (u64)(c->num_out + c->num_in));
    vq->next_avail += !vq->suspended;
    vq->suspended = 0;
    return 1;
}

void vq_suspend(struct virtio *v, unsigned q, const struct vq_chain *c)
{
    struct virtqueue *vq = &v->s.vq[q];
    vq->suspended = 1;
    vq->head = c->head;
    vq->done = c->done;
    go_on_later(v);
}

/* Somebody answers in the device's place: what it has written becomes that. */
static COLD void answer_instead(struct virtio *v, const struct vq_chain *c, u32 written)
{
    struct dev_answers *a = v->dev.env->answers;
    u32 left = a->bytes.len - a->at, n = written < left ? written : left;
    a->at += (u32)vq_write(v, c, 0, a->bytes.data + a->at, n);
}

void vq_push(struct virtio *v, unsigned q, const struct vq_chain *c, u32 written)
{
    struct virtqueue *vq = &v->s.vq[q];
    u32 element[2] = {c->head, written};
    if (!virtio_queue_live(v, q))
        return;
    if (v->dev.env->answers && UNLIKELY(v->dev.env->answers->at < v->dev.env->answers->bytes.len))
        answer_instead(v, c, written);
    u64 entry = used_entry(vq, vq->next_used & (vq->num - 1));
    if (write_ring(v, entry, element, sizeof(element)) != 0)
        return;
    vq->next_used++;
    atomic_thread_fence(memory_order_release);
    write_ring(v, vq->used + 2, &vq->next_used, sizeof(vq->next_used));
}

/* Does the driver want to hear of the entries between `signalled` and `next_used`? */
static bool wants_interrupt(struct virtio *v, struct virtqueue *vq)
{
    u16 word;
    atomic_thread_fence(memory_order_seq_cst);
    if (v->s.features & VIRTIO_F_EVENT_IDX) {
        if (read_ring(v, avail_entry(vq, vq->num), &word, sizeof(word)) != 0)
            return false;
        return (u16)(vq->next_used - word - 1) < (u16)(vq->next_used - vq->signalled);
    }
    return read_ring(v, vq->avail, &word, sizeof(word)) == 0 && !(word & AVAIL_NO_INTERRUPT);
}

void vq_signal(struct virtio *v, unsigned q)
{
    struct virtqueue *vq = &v->s.vq[q];
    if (!virtio_queue_live(v, q) || vq->next_used == vq->signalled)
        return;
    if (wants_interrupt(v, vq))
        v->transport->interrupt(v, q);
    vq->signalled = vq->next_used;
}

/* The bytes at `offset` of the segments that the direction names. They were in reach when the chain
 * was read; whoever stands between may have changed its mind. */
static u8 *chain_at(struct virtio *v, const struct vq_chain *c, u64 offset, u64 *len,
                    enum dma_dir dir)
{
    bool in = dir == DMA_TO_MEMORY;
    const struct vq_segment *s = c->seg + (in ? c->num_out : 0);
    const struct vq_segment *end = s + (in ? c->num_in : c->num_out);
    for (; s < end && offset >= s->len; s++)
        offset -= s->len;
    if (s == end || *len == 0)
        return NULL;
    if (*len > s->len - offset)
        *len = s->len - offset;
    u8 *p = dma_map(&v->dev, s->iova + offset, len, dir);
    if (!p)
        virtio_stop(v, "access to 0x%" PRIx64 " is refused", s->iova + offset);
    return p;
}

const u8 *vq_out_at(struct virtio *v, const struct vq_chain *c, u64 offset, u64 *len)
{
    return chain_at(v, c, offset, len, DMA_FROM_MEMORY);
}

u8 *vq_in_at(struct virtio *v, const struct vq_chain *c, u64 offset, u64 *len)
{
    return chain_at(v, c, offset, len, DMA_TO_MEMORY);
}

u64 vq_read(struct virtio *v, const struct vq_chain *c, u64 offset, void *buf, u64 len)
{
    u64 done = 0;
    while (done < len) {
        u64 n = len - done;
        const u8 *p = vq_out_at(v, c, offset + done, &n);
        if (!p)
            break;
        memcpy((u8 *)buf + done, p, n);
        done += n;
    }
    return done;
}

u64 vq_write(struct virtio *v, const struct vq_chain *c, u64 offset, const void *buf, u64 len)
{
    u64 done = 0;
    while (done < len) {
        u64 n = len - done;
        u8 *p = vq_in_at(v, c, offset + done, &n);
        if (!p)
            break;
        memcpy(p, (const u8 *)buf + done, n);
        done += n;
    }
    return done;
}
