/* A raw disk image: a host file, read-only, read-write, or with writes kept in memory. */
#ifndef HEXTANT_DEVICES_BLK_IMAGE_H
#define HEXTANT_DEVICES_BLK_IMAGE_H

#include "common/error.h"
#include "common/types.h"
#include "devices/worker.h"

/* Writes go to the file, are refused, or stay in memory and are forgotten at the end. */
enum image_mode { IMAGE_RW, IMAGE_RO, IMAGE_SNAPSHOT };

enum { IMAGE_CLUSTER = 64 << 10 };

/* A piece of the disk that stays in memory. Several may hold it: who writes must be alone. */
struct cluster {
    u32 holders;
    u8 data[IMAGE_CLUSTER];
};

struct image {
    int fd;
    enum image_mode mode;
    u64 size;                  /* bytes, rounded up to whole sectors of 512 */
    struct cluster **clusters; /* IMAGE_SNAPSHOT: what was written; NULL: see the file */
    u64 num_clusters;
    const struct owner *owner; /* who may end the run; NULL at first */
    bool local;                /* host_is_local() */
    struct worker *worker;     /* does what may take time, or NULL */
    struct transfer *transfer; /* its job */
    struct tape *tape;         /* what is read from the file goes by way of it; NULL: it need not */
};

/* Opens and locks (flock: many readers or one writer). NULL with *err, also for a file that is
 * known to be in another format. */
struct image *image_open(const char *path, enum image_mode mode, struct error *err);
/* One that a tape has, without a file: its size comes with image_resize(). NULL with *err. */
struct image *image_of_tape(const char *path, enum image_mode mode, struct error *err);
/* Room for an image of that size. 0, or -1 without memory. */
int image_resize(struct image *im, u64 size);
void image_close(struct image *im);
/* A cluster with one holder and any content, or NULL without memory; one more holder, one less.
 * NULL stays NULL. */
struct cluster *image_new_cluster(void);
struct cluster *image_share_cluster(struct cluster *c);
void image_drop_cluster(struct cluster *c);
/* Transfers len bytes at `offset`, all inside the image. 0, or -1 with errno. EINTR, here and
 * below: as worker_wait(); it may be tried again. */
int image_read(struct image *im, u64 offset, void *buf, u64 len);
int image_write(struct image *im, u64 offset, const void *buf, u64 len);
/* Makes durable what was written so far. 0, or -1 with errno. */
int image_flush(struct image *im);

#endif
