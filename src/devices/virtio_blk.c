/* The virtio block device (virtio 1.2, section 5.2) on a raw image. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keys.h"
#include "common/owner.h"
#include "common/tape.h"
#include "devices/blk_image.h"
#include "devices/blk_media.h"
#include "devices/devices.h"
#include "devices/virtio.h"

enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, TYPE_GET_ID = 8 };
enum { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPPORTED = 2, NOT_YET = 0xff };
enum { SECTOR = 512, ID_LEN = 20, SEG_MAX = VIRTIO_QUEUE_MAX - 2 };

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
    struct image *image;
    struct blk_config config;
    char id[ID_LEN]; /* padded with zeroes */
    char *name;      /* of the file, for messages */
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
        if (!p || image_read(b->image, offset + c->done, p, n) != 0)
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
        if (!p || image_write(b->image, offset + c->done, p, n) != 0)
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
    return image_flush(b->image) == 0 ? STATUS_OK : errno == EINTR ? NOT_YET : STATUS_IOERR;
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
        if (!in_image(b, h->sector, out) || b->image->mode == IMAGE_RO)
            return STATUS_IOERR;
        return write_through(b, do_write(b, h->sector * SECTOR, out));
    case TYPE_FLUSH:
        return flush(b);
    case TYPE_GET_ID:
        *data = vq_write(&b->v, &b->chain, 0, b->id, in < ID_LEN ? in : ID_LEN);
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
    struct blk *b = (struct blk *)dev;
    const struct owner *o = dev->env->owner;
    if (b->image && image_flush(b->image) != 0)
        owner_message(o, "drive '%.*s': the last writes may be lost: %s", ID_LEN, b->id,
                      errno == EINTR ? "the run was ended before the disk had them"
                                     : strerror(errno));
    image_close(b->image);
    free(b->name);
}

static void *blk_give_host(struct device *dev)
{
    struct blk *b = (struct blk *)dev;
    struct image *image = b->image;
    b->image = NULL;
    return image;
}

/* ---- in snapshots ---- */

static int blk_save_media(struct device *dev, struct state_sink *sink, struct error *err)
{
    struct blk *b = (struct blk *)dev;
    return media_save(b->image, b->name, sink, err);
}

static int blk_load_media(struct device *dev, struct state_source *source, struct error *err)
{
    struct blk *b = (struct blk *)dev;
    int rc = media_load(b->image, b->name, source, err);
    b->config.capacity = b->image->size / SECTOR;
    return rc;
}

static void *blk_keep_media(struct device *dev, struct error *err)
{
    struct blk *b = (struct blk *)dev;
    void *kept = NULL;
    if (b->image->mode == IMAGE_RW)
        error_set(err,
                  "drive '%s' is written for good, so there is no way back; with ,snapshot=on the "
                  "file stays as it is",
                  b->name);
    else if (!(kept = media_keep(b->image)))
        error_set(err, "drive '%s': out of memory", b->name);
    return kept;
}

static void blk_put_back_media(struct device *dev, const void *kept)
{
    media_put_back(((struct blk *)dev)->image, kept);
}

static void blk_drop_media(void *kept)
{
    media_drop(kept);
}

static const struct dev_media blk_media = {
    .save = blk_save_media,
    .load = blk_load_media,
    .keep = blk_keep_media,
    .put_back = blk_put_back_media,
    .drop = blk_drop_media,
};

static const struct state_row blk_rows[] = {VIRTIO_ROWS};

static const struct dev_class blk_dev_class = {
    .name = "virtio-blk",
    .reset = virtio_reset,
    .tick = virtio_tick,
    .resume = virtio_resume,
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

/* What follows the file in --drive. */
struct drive {
    bool read_only, snapshot;
    u32 bus;
};
static const struct key drive_keys[] = {
    {"ro", NULL, KEY_WORD, KEY_AT(struct drive, read_only), .min = true},
    {"rw", NULL, KEY_WORD, KEY_AT(struct drive, read_only), .min = false},
    {"snapshot", "off|on", KEY_CHOICE, KEY_AT(struct drive, snapshot)},
    BUS_KEY(struct drive, bus),
};

static enum image_mode mode_of(const struct drive *d)
{
    return d->snapshot ? IMAGE_SNAPSHOT : d->read_only ? IMAGE_RO : IMAGE_RW;
}

/* Splits "FILE[,ro][,snapshot=on]": cuts the options off `path` (a copy of the text). 0, or -1. */
static int parse_drive(char *path, struct drive *d, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--drive", drive_keys, ',');
    return keys_parse(&table, keys_cut(path, ','), d, err);
}

/* The image that args->spec describes, its name in b->id. 0, or -1 with *err. */
static int open_drive(struct blk *b, const struct dev_args *args, struct error *err)
{
    const char *spec = args->spec;
    struct tape *tape = b->v.dev.env->tape;
    struct drive d = {.bus = args->bus};
    char *path = strdup(spec);
    if (!path)
        return error_set(err, "drive '%s': out of memory", spec);
    if (parse_drive(path, &d, err) == 0)
        b->image = args->host             ? args->host
                   : tape && tape->closed ? image_of_tape(path, mode_of(&d), err)
                                          : image_open(path, mode_of(&d), err);
    if (b->image)
        b->image->tape = tape && tape->media ? tape : NULL;
    b->v.bus = d.bus;
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    memcpy(b->id, name, strnlen(name, ID_LEN));
    b->name = path;
    return b->image ? 0 : -1;
}

struct virtio *virtio_blk_new(const struct dev_env *env, const struct dev_args *args,
                              struct error *err)
{
    struct blk *b = (struct blk *)virtio_alloc(sizeof(*b), &blk_class, env, args, err);
    if (!b || open_drive(b, args, err)) {
        if (b)
            free(b->name);
        free(b);
        return NULL;
    }
    b->image->owner = env->owner;
    b->v.offered |= F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (b->image->mode == IMAGE_RO ? F_RO : 0);
    b->config.capacity = b->image->size / SECTOR;
    b->config.seg_max = SEG_MAX;
    b->config.blk_size = SECTOR;
    b->v.config = &b->config;
    return &b->v;
}
