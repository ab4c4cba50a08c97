/* The virtio block device (virtio 1.2, section 5.2) on a raw image. */
#include <errno.h>
#include <stdlib.h>

#include "devices/drive.h"
#include "devices/virtio.h"

enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, TYPE_GET_ID = 8 };
enum { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPPORTED = 2, NOT_YET = 0xff };
enum { SECTOR = DRIVE_SECTOR, ID_LEN = DRIVE_ID, SEG_MAX = VIRTIO_QUEUE_MAX - 2 };

#define F_SEG_MAX  BIT(2)
#define F_RO       BIT(5)
#define F_BLK_SIZE BIT(6)
#define F_FLUSH    BIT(9)

struct blk_config {
    u64 capacity; /* sectors */
    u32 size_max, seg_max;
    u8 geometry[4];
    u32 blk_size;
};

struct blk_header {
    u32 type, reserved;
    u64 sector;
};

struct blk {
    struct virtio v;
    struct drive drive;
    struct blk_config config;
    struct vq_chain chain;
};

/* Moves the rest of `len` bytes at `offset` of the image into the in-segments, as far as this piece
 * allows. */
static u8 do_read(struct blk *b, u64 offset, u64 len)
{
    struct vq_chain *c = &b->chain;
    while (c->done < len) {
        u64 n = virtio_allow(&b->v, len - c->done);
        if (n == 0)
            return NOT_YET;
        u8 *p = vq_in_at(&b->v, c, c->done, &n);
        if (!p || image_read(b->drive.image, offset + c->done, p, n) != 0)
            return p && errno == EINTR ? NOT_YET : STATUS_IOERR;
        c->done += (u32)n;
        virtio_spend(&b->v, n);
    }
    return STATUS_OK;
}

static u8 do_write(struct blk *b, u64 offset, u64 len)
{
    struct vq_chain *c = &b->chain;
    while (c->done < len) {
        u64 n = virtio_allow(&b->v, len - c->done);
        if (n == 0)
            return NOT_YET;
        const u8 *p = vq_out_at(&b->v, c, sizeof(struct blk_header) + c->done, &n);
        if (!p || image_write(b->drive.image, offset + c->done, p, n) != 0)
            return p && errno == EINTR ? NOT_YET : STATUS_IOERR;
        c->done += (u32)n;
        virtio_spend(&b->v, n);
    }
    return STATUS_OK;
}

/* No more is done in a piece that waited for the disk. */
static u8 flush(struct blk *b)
{
    virtio_spend(&b->v, VIRTIO_PIECE);
    return image_flush(b->drive.image) == 0 ? STATUS_OK : errno == EINTR ? NOT_YET : STATUS_IOERR;
}

/* A driver that has not negotiated flushes relies on every completed write (virtio 1.2, section
 * 5.2.6.2). */
static u8 write_through(struct blk *b, u8 status)
{
    return status != STATUS_OK || (b->v.s.features & F_FLUSH) ? status : flush(b);
}

/* Are `len` bytes at `sector` whole sectors inside the image? */
static bool in_image(const struct blk *b, u64 sector, u64 len)
{
    return len % SECTOR == 0 && sector <= b->config.capacity &&
           len / SECTOR <= b->config.capacity - sector;
}

/* Carries out one request, or a piece of it (NOT_YET); *data is how many bytes of the in-segments
 * it has filled. */
static u8 serve(struct blk *b, const struct blk_header *h, u64 *data)
{
    u64 in = b->chain.in_len - 1, out = b->chain.out_len - sizeof(*h);
    u8 status;
    switch (h->type) {
    case TYPE_IN:
        status = in_image(b, h->sector, in) ? do_read(b, h->sector * SECTOR, in) : STATUS_IOERR;
        *data = status == STATUS_OK ? in : 0;
        return status;
    case TYPE_OUT:
        if (!in_image(b, h->sector, out) || b->drive.image->mode == IMAGE_RO)
            return STATUS_IOERR;
        return write_through(b, do_write(b, h->sector * SECTOR, out));
    case TYPE_FLUSH:
        return flush(b);
    case TYPE_GET_ID:
        *data = vq_write(&b->v, &b->chain, 0, b->drive.id, in < ID_LEN ? in : ID_LEN);
        return STATUS_OK;
    default:
        return STATUS_UNSUPPORTED;
    }
}

static void blk_notify(struct virtio *v, unsigned q)
{
    struct blk *b = (struct blk *)v;
    struct vq_chain *c = &b->chain;
    while (vq_pop(v, q, c) == 1) {
        struct blk_header h;
        u64 data = 0;
        if (vq_read(v, c, 0, &h, sizeof(h)) != sizeof(h) || c->in_len == 0) {
            virtio_stop(v, "request without header or status byte");
            return;
        }
        u8 status = serve(b, &h, &data);
        if (status == NOT_YET) {
            vq_suspend(v, q, c);
            break;
        }
        vq_write(v, c, c->in_len - 1, &status, 1);
        vq_push(v, q, c, (u32)(data + 1));
    }
    vq_signal(v, q);
}

static void blk_destroy(struct device *dev)
{
    drive_close(&((struct blk *)dev)->drive, dev->env->owner);
}

static void *blk_give_host(struct device *dev)
{
    return drive_give(&((struct blk *)dev)->drive);
}

/* A tape's image has its size only when its media are there. */
static int blk_resume(struct device *dev, struct error *err)
{
    struct blk *b = (struct blk *)dev;
    b->config.capacity = drive_sectors(&b->drive);
    return virtio_resume(dev, err);
}

static const struct dev_media blk_media = DRIVE_MEDIA(struct blk, drive);

static const struct state_row blk_rows[] = {VIRTIO_ROWS};

static const struct dev_class blk_dev_class = {
    .name = "virtio-blk",
    .reset = virtio_reset,
    .tick = virtio_tick,
    .resume = blk_resume,
    .destroy = blk_destroy,
    .give_host = blk_give_host,
    .media = &blk_media,
    .rows = blk_rows,
    .num_rows = ARRAY_LEN(blk_rows),
};

static const struct virtio_class blk_class = {
    .dev = &blk_dev_class,
    .device_id = 2,
    .num_queues = 1,
    .config_len = sizeof(struct blk_config),
    .notify = blk_notify,
};

struct virtio *virtio_blk_new(const struct dev_env *env, const struct dev_args *args,
                              struct error *err)
{
    struct blk *b = (struct blk *)virtio_alloc(sizeof(*b), &blk_class, env, args, err);
    if (!b || drive_open(&b->drive, env, args, err)) {
        free(b);
        return NULL;
    }
    b->v.bus = b->drive.bus;
    b->v.offered |=
        F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (b->drive.image->mode == IMAGE_RO ? F_RO : 0);
    b->config.capacity = drive_sectors(&b->drive);
    b->config.seg_max = SEG_MAX;
    b->config.blk_size = SECTOR;
    b->v.config = &b->config;
    return &b->v;
}
