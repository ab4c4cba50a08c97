/* A raw disk image in a host file. With IMAGE_SNAPSHOT, clusters that are written are copied to
 * memory first and stay there, so the file never changes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/formats.h"
#include "common/host.h"
#include "common/tape.h"
#include "devices/blk_image.h"

enum { CLUSTER = IMAGE_CLUSTER, SECTOR = 512, TRANSFER = 256 << 10 };

/* What the worker does with the file, and what it needs for it. */
struct transfer {
    struct job job;
    enum transfer_kind { TRANSFER_READ, TRANSFER_WRITE, TRANSFER_FLUSH } kind;
    int fd;
    int error; /* errno, or 0 */
    u64 offset, len;
    u8 data[TRANSFER];
};

/* Reads from the file; what lies beyond its end is zero. 0, or an errno. */
static int read_all(int fd, u64 offset, u8 *buf, u64 len)
{
    while (len > 0) {
        ssize_t n = pread(fd, buf, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0) {
            memset(buf, 0, len);
            return 0;
        }
        buf += n;
        offset += (u64)n;
        len -= (u64)n;
    }
    return 0;
}

static int write_all(int fd, u64 offset, const u8 *buf, u64 len)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, buf, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        buf += n;
        offset += (u64)n;
        len -= (u64)n;
    }
    return 0;
}

static void transfer_work(struct job *job)
{
    struct transfer *t = (struct transfer *)job;
    if (t->kind == TRANSFER_READ)
        t->error = read_all(t->fd, t->offset, t->data, t->len);
    else if (t->kind == TRANSFER_WRITE)
        t->error = write_all(t->fd, t->offset, t->data, t->len);
    else
        t->error = fdatasync(t->fd) ? errno : 0;
}

static void transfer_drop(struct job *job)
{
    struct transfer *t = (struct transfer *)job;
    if (t && t->fd >= 0)
        close(t->fd);
    free(t);
}

static struct transfer *transfer_new(void)
{
    struct transfer *t = malloc(sizeof(*t));
    if (t) {
        t->job = (struct job){transfer_work, transfer_drop};
        t->fd = -1;
    }
    return t;
}

static struct image *fail(struct image *im, const char *path, const char *why, struct error *err)
{
    error_set(err, "drive '%s': %s", path, why);
    image_close(im);
    return NULL;
}

/* The format of the file if it is known and not raw, or NULL. */
static const char *other_format(int fd)
{
    u8 start[FORMAT_START];
    ssize_t n = pread(fd, start, sizeof(start), 0);
    return n < 0 ? NULL : format_of(start, (size_t)n);
}

struct image *image_open(const char *path, enum image_mode mode, struct error *err)
{
    struct image *im = calloc(1, sizeof(*im));
    struct stat st;
    if (!im || !(im->transfer = transfer_new()))
        return fail(im, path, "out of memory", err);
    im->mode = mode;
    im->transfer->fd = im->fd = open(path, (mode == IMAGE_RW ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (im->fd < 0 || fstat(im->fd, &st) != 0)
        return fail(im, path, strerror(errno), err);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return fail(im, path, "is neither a file nor a block device", err);
    im->local = host_is_local(im->fd);
    off_t end = lseek(im->fd, 0, SEEK_END);
    if (end <= 0)
        return fail(im, path, end < 0 ? strerror(errno) : "is empty", err);
    if (flock(im->fd, (mode == IMAGE_RW ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 &&
        errno == EWOULDBLOCK)
        return fail(im, path, "is in use, by another process or another --drive; add ,ro to all",
                    err);
    if (other_format(im->fd)) {
        error_set(err, "drive '%s': is %s, not a raw image; convert it, or unpack it, first", path,
                  other_format(im->fd));
        image_close(im);
        return NULL;
    }
    if (image_resize(im, ((u64)end + SECTOR - 1) / SECTOR * SECTOR))
        return fail(im, path, "out of memory", err);
    return im;
}

struct image *image_of_tape(const char *path, enum image_mode mode, struct error *err)
{
    struct image *im = calloc(1, sizeof(*im));
    if (!im)
        return fail(im, path, "out of memory", err);
    im->mode = mode;
    im->fd = -1;
    return im;
}

int image_resize(struct image *im, u64 size)
{
    im->size = size;
    if (im->mode != IMAGE_SNAPSHOT)
        return 0;
    im->num_clusters = (size + CLUSTER - 1) / CLUSTER;
    im->clusters = calloc(im->num_clusters, sizeof(*im->clusters));
    return im->clusters ? 0 : -1;
}

void image_close(struct image *im)
{
    if (!im)
        return;
    for (u64 i = 0; i < im->num_clusters && im->clusters; i++)
        image_drop_cluster(im->clusters[i]);
    free(im->clusters);
    if (worker_leave(im->worker) && im->transfer) /* one of a tape has none */
        transfer_drop(&im->transfer->job);
    free(im);
}

/* Has the worker do it; `from`: what is to be written, or NULL. 0, or -1 with errno. */
static int transfer(struct image *im, enum transfer_kind kind, u64 offset, const void *from,
                    u64 len)
{
    struct transfer *t = im->transfer;
    int error = worker_wait(im->worker, im->owner);
    if (error == 0) {
        t->kind = kind;
        t->offset = offset;
        t->len = len;
        if (from)
            memcpy(t->data, from, len);
        error = worker_do(&im->worker, &t->job, im->owner);
    }
    errno = error ? error : t->error;
    return errno ? -1 : 0;
}

/* How many of the bytes the host has at hand. */
static u64 read_cached(const struct image *im, u64 offset, u8 *buf, u64 len)
{
    const struct iovec to = {buf, len};
    ssize_t n = im->local ? preadv2(im->fd, &to, 1, (off_t)offset, RWF_NOWAIT) : 0;
    return n > 0 ? (u64)n : 0;
}

static int read_host(struct image *im, u64 offset, u8 *buf, u64 len)
{
    while (len > 0) {
        u64 n = read_cached(im, offset, buf, len);
        if (n == 0) {
            n = len < TRANSFER ? len : TRANSFER;
            if (transfer(im, TRANSFER_READ, offset, NULL, n) != 0)
                return -1;
            memcpy(buf, im->transfer->data, n);
        }
        buf += n;
        offset += n;
        len -= n;
    }
    return 0;
}

/* The same, by way of the tape. A read that failed is an event without data. */
static int file_read(struct image *im, u64 offset, u8 *buf, u64 len)
{
    if (tape_replays(im->tape))
        return tape_take(im->tape, TAPE_DISK, buf, (u32)len);
    int rc = read_host(im, offset, buf, len);
    int why = errno;
    tape_put(im->tape, TAPE_DISK, 0, buf, rc ? 0 : (u32)len);
    errno = why;
    return rc;
}

/* A local file takes it into memory; the flush may take its time. */
static int file_write(struct image *im, u64 offset, const u8 *buf, u64 len)
{
    if (tape_replays(im->tape))
        return 0;
    if (im->local) {
        int error = worker_wait(im->worker, im->owner);
        errno = error ? error : write_all(im->fd, offset, buf, len);
        return errno ? -1 : 0;
    }
    while (len > 0) {
        u64 n = len < TRANSFER ? len : TRANSFER;
        if (transfer(im, TRANSFER_WRITE, offset, buf, n) != 0)
            return -1;
        buf += n;
        offset += n;
        len -= n;
    }
    return 0;
}

/* The part of [offset, offset + len) that lies in offset's cluster. */
static u64 in_cluster(u64 offset, u64 len)
{
    u64 left = CLUSTER - offset % CLUSTER;
    return len < left ? len : left;
}

int image_read(struct image *im, u64 offset, void *buf, u64 len)
{
    if (im->mode != IMAGE_SNAPSHOT)
        return file_read(im, offset, buf, len);
    for (u8 *p = buf; len > 0;) {
        u64 n = in_cluster(offset, len);
        const struct cluster *cluster = im->clusters[offset / CLUSTER];
        if (cluster)
            memcpy(p, cluster->data + offset % CLUSTER, n);
        else if (file_read(im, offset, p, n) != 0)
            return -1;
        p += n;
        offset += n;
        len -= n;
    }
    return 0;
}

struct cluster *image_new_cluster(void)
{
    struct cluster *c = malloc(sizeof *c);
    if (c)
        c->holders = 1;
    return c;
}

struct cluster *image_share_cluster(struct cluster *c)
{
    if (c)
        c->holders++;
    return c;
}

void image_drop_cluster(struct cluster *c)
{
    if (c && --c->holders == 0)
        free(c);
}

/* A cluster that can be written: made if it is not there yet, copied if others hold it. NULL on
 * failure. */
static u8 *own_cluster(struct image *im, u64 index)
{
    struct cluster *old = im->clusters[index], *c = old;
    if (old && old->holders == 1)
        return old->data;
    c = image_new_cluster();
    if (!c)
        return NULL;
    if (old) {
        memcpy(c->data, old->data, CLUSTER);
    } else if (file_read(im, index * CLUSTER, c->data, CLUSTER) != 0) {
        free(c);
        return NULL;
    }
    image_drop_cluster(old);
    im->clusters[index] = c;
    return c->data;
}

int image_write(struct image *im, u64 offset, const void *buf, u64 len)
{
    if (im->mode == IMAGE_RW)
        return file_write(im, offset, buf, len);
    errno = EROFS;
    if (im->mode == IMAGE_RO)
        return -1;
    for (const u8 *p = buf; len > 0;) {
        u64 n = in_cluster(offset, len);
        u8 *cluster = own_cluster(im, offset / CLUSTER);
        if (!cluster)
            return -1;
        memcpy(cluster + offset % CLUSTER, p, n);
        p += n;
        offset += n;
        len -= n;
    }
    return 0;
}

int image_flush(struct image *im)
{
    return im->mode == IMAGE_RW && im->fd >= 0 ? transfer(im, TRANSFER_FLUSH, 0, NULL, 0) : 0;
}
