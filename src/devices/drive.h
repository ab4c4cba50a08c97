/* A disk as its controllers share it: the value of --drive, the image, and what of it goes into
 * snapshots. */
#ifndef HEXTANT_DEVICES_DRIVE_H
#define HEXTANT_DEVICES_DRIVE_H

#include "devices/blk_image.h"
#include "devices/devices.h"

enum { DRIVE_SECTOR = 512, DRIVE_ID = 20 };

struct drive {
    struct image *image;
    char id[DRIVE_ID]; /* the name of the file, padded with zeroes */
    char *name;        /* its path, for messages */
    u32 bus;           /* enum dev_bus: where the user wants the controller */
};

/* Opens what args->spec describes, or takes over args->host. 0, or -1 with *err: then nothing is
 * open. */
int drive_open(struct drive *d, const struct dev_env *env, const struct dev_args *args,
               struct error *err);
/* Makes durable what was written, says if that fails, and closes. */
void drive_close(struct drive *d, const struct owner *o);
/* Gives the image away, as dev_class.give_host does. */
struct image *drive_give(struct drive *d);
u64 drive_sectors(const struct drive *d);

/* The media of a device whose struct has a drive as this member. */
int drive_save_media(struct device *dev, struct state_sink *sink, struct error *err);
int drive_load_media(struct device *dev, struct state_source *source, struct error *err);
void *drive_keep_media(struct device *dev, struct error *err);
void drive_put_back_media(struct device *dev, const void *kept);
void drive_drop_media(void *kept);
#define DRIVE_MEDIA(type, member)                                                                  \
    {                                                                                              \
        .save = drive_save_media, .load = drive_load_media, .keep = drive_keep_media,              \
        .put_back = drive_put_back_media, .drop = drive_drop_media, .at = offsetof(type, member)   \
    }

#endif
