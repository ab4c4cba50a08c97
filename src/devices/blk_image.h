/* A raw disk image: a host file, read-only, read-write, or with writes kept in memory. */
#ifndef HEXTANT_DEVICES_BLK_IMAGE_H
#define HEXTANT_DEVICES_BLK_IMAGE_H

#include "common/error.h"
#include "common/types.h"
#include "devices/sync_job.h"

/* Writes go to the file, are refused, or stay in memory and are forgotten at the end. */
enum image_mode { IMAGE_RW, IMAGE_RO, IMAGE_SNAPSHOT };

struct image {
    int fd;
    enum image_mode mode;
    u64 size;      /* bytes, rounded up to whole sectors of 512 */
    u8 **clusters; /* IMAGE_SNAPSHOT: what has been written, by cluster; NULL: see the file */
    u64 num_clusters;
    struct sync_job *flush; /* under way, or NULL */
};

/* Opens and locks (flock: many readers or one writer). NULL with *err, also for a file that is
 * known to be in another format. */
struct image *image_open(const char *path, enum image_mode mode, struct error *err);
void image_close(struct image *im);
/* Transfers len bytes at `offset`, all inside the image. 0, or -1 for an I/O error. */
int image_read(struct image *im, u64 offset, void *buf, u64 len);
int image_write(struct image *im, u64 offset, const void *buf, u64 len);
/* Begins to make durable what was written so far; waits until it is (which begins it, if nobody
 * has). 0, or -1 with errno; EINTR as sync_end(): it may be waited for again. */
int image_flush_begin(struct image *im);
int image_flush_end(struct image *im, const struct owner *o);

#endif
