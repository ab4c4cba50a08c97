/* The value of --drive, and disks in snapshots, whichever controller they are behind. */
#include "devices/drive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/keys.h"
#include "common/owner.h"
#include "common/tape.h"
#include "devices/blk_media.h"

/* What follows the file in --drive. */
enum drive_controller { DRIVE_VIRTIO, DRIVE_NVME };
struct drive_spec {
    bool read_only, snapshot;
    u32 bus, controller; /* enum dev_bus, enum drive_controller */
};
static const struct key keys[] = {
    {"ro", NULL, KEY_WORD, KEY_AT(struct drive_spec, read_only), .min = true},
    {"rw", NULL, KEY_WORD, KEY_AT(struct drive_spec, read_only), .min = false},
    {"snapshot", "off|on", KEY_CHOICE, KEY_AT(struct drive_spec, snapshot)},
    BUS_KEY(struct drive_spec, bus),
    {"if", "virtio|nvme", KEY_CHOICE, KEY_AT(struct drive_spec, controller)},
};

static enum image_mode mode_of(const struct drive_spec *s)
{
    return s->snapshot ? IMAGE_SNAPSHOT : s->read_only ? IMAGE_RO : IMAGE_RW;
}

/* Splits "FILE[,ro][,snapshot=on]...": cuts the options off `path` (a copy of the text). 0, or -1.
 */
static int parse(char *path, struct drive_spec *s, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--drive", keys, ',');
    return keys_parse(&table, keys_cut(path, ','), s, err);
}

/* Where the controller is: where the spec says, or where all are that do not say; NVMe is on PCI.
 * 0, or -1. */
static int settle_bus(struct drive_spec *s, const struct dev_args *args, struct error *err)
{
    bool nvme = s->controller == DRIVE_NVME;
    if (nvme && s->bus == BUS_MMIO)
        return error_set(err, "--drive=%s: NVMe is on PCI: bus=pci or bus=port", args->spec);
    if (s->bus == BUS_UNSAID)
        s->bus = nvme && args->bus == BUS_MMIO ? BUS_PCI : args->bus;
    return 0;
}

static struct image *open_image(const char *path, enum image_mode mode, struct tape *tape,
                                struct error *err)
{
    return tape && tape->closed ? image_of_tape(path, mode, err) : image_open(path, mode, err);
}

int drive_open(struct drive *d, const struct dev_env *env, const struct dev_args *args,
               struct error *err)
{
    struct drive_spec s = {.bus = BUS_UNSAID};
    struct tape *tape = env->tape;
    d->name = strdup(args->spec);
    if (!d->name)
        return error_set(err, "drive '%s': out of memory", args->spec);
    if (parse(d->name, &s, err) == 0 && settle_bus(&s, args, err) == 0)
        d->image = args->host ? args->host : open_image(d->name, mode_of(&s), tape, err);
    if (!d->image) {
        free(d->name);
        return -1;
    }
    d->image->tape = tape && tape->media ? tape : NULL;
    d->image->owner = env->owner;
    d->bus = s.bus;
    const char *slash = strrchr(d->name, '/'), *name = slash ? slash + 1 : d->name;
    memcpy(d->id, name, strnlen(name, DRIVE_ID));
    return 0;
}

void drive_close(struct drive *d, const struct owner *o)
{
    if (d->image && image_flush(d->image) != 0)
        owner_message(o, "drive '%.*s': the last writes may be lost: %s", DRIVE_ID, d->id,
                      errno == EINTR ? "the run was ended before the disk had them"
                                     : strerror(errno));
    image_close(d->image);
    free(d->name);
}

struct image *drive_give(struct drive *d)
{
    struct image *image = d->image;
    d->image = NULL;
    return image;
}

u64 drive_sectors(const struct drive *d)
{
    return d->image->size / DRIVE_SECTOR;
}

/* ---- in snapshots ---- */

static struct drive *drive_of(struct device *dev)
{
    return (struct drive *)(void *)((char *)dev + dev->cls->media->at);
}

int drive_save_media(struct device *dev, struct state_sink *sink, struct error *err)
{
    return media_save(drive_of(dev)->image, drive_of(dev)->name, sink, err);
}

int drive_load_media(struct device *dev, struct state_source *source, struct error *err)
{
    return media_load(drive_of(dev)->image, drive_of(dev)->name, source, err);
}

void *drive_keep_media(struct device *dev, struct error *err)
{
    const struct drive *d = drive_of(dev);
    void *kept = NULL;
    if (d->image->mode == IMAGE_RW)
        error_set(err,
                  "drive '%s' is written for good, so there is no way back; with ,snapshot=on the "
                  "file stays as it is",
                  d->name);
    else if (!(kept = media_keep(d->image)))
        error_set(err, "drive '%s': out of memory", d->name);
    return kept;
}

void drive_put_back_media(struct device *dev, const void *kept)
{
    media_put_back(drive_of(dev)->image, kept);
}

void drive_drop_media(void *kept)
{
    media_drop(kept);
}
