/* A raw disk image: a host file, read-only, read-write, or with writes kept in memory. */
#ifndef HEXTANT_DEVICES_BLK_IMAGE_H
#define HEXTANT_DEVICES_BLK_IMAGE_H

#include "common/error.h"
#include "common/types.h"
#include "devices/sync_job.h"

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
    struct sync_job *flush; /* under way, or NULL */
};

/* Opens and locks (flock: many readers or one writer). NULL with *err, also for a file that is
 * known to be in another format. */
struct image *image_open(const char *path, enum image_mode mode, struct error *err);
void image_close(struct image *im);
/* A cluster with one holder and any content, or NULL without memory; one more holder, one less.
 * NULL stays NULL. */
struct cluster *image_new_cluster(void);
struct cluster *image_share_cluster(struct cluster *c);
void image_drop_cluster(struct cluster *c);
/* Transfers len bytes at `offset`, all inside the image. 0, or -1 for an I/O error. */
int image_read(struct image *im, u64 offset, void *buf, u64 len);
int image_write(struct image *im, u64 offset, const void *buf, u64 len);
/* Begins to make durable what was written so far; waits until it is (which begins it, if nobody
 * has). 0, or -1 with errno; EINTR as sync_end(): it may be waited for again. */
int image_flush_begin(struct image *im);
int image_flush_end(struct image *im, const struct owner *o);

#endif
