/* The session of a 9P client as state: how long messages may be, and the files that it has handles
 * on, by their paths below the shared folder, which is what it takes to open them again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/p9_fs.h"

/* One handle; its path, without the leading slash and without a zero at the end, follows. */
struct entry {
    u32 id;
    u32 len;   /* of the path */
    u32 flags; /* of the open file */
    u8 open, lost;
};

/* ---- from handles to paths ---- */

static ssize_t path_of(int fd, char *buf, size_t len)
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return readlink(link, buf, len);
}

/* Where the file lies below the root, without the leading slash; its length, or -1 if it does not.
 */
static ssize_t path_below(const struct p9_fs *fs, const struct p9_fid *f, char *buf)
{
    char root[P9_PATH_MAX], path[P9_PATH_MAX];
    struct stat st;
    ssize_t top = path_of(fs->root, root, sizeof(root)), n = path_of(f->path, path, sizeof(path));
    if (top <= 0 || n <= 0 || top == sizeof(root) || n == sizeof(path) ||
        fstat(f->path, &st) != 0 || st.st_nlink == 0)
        return -1;
    if (top == 1) /* the root is "/" */
        top = 0;
    if (n < top || memcmp(root, path, (size_t)top) != 0 || (n > top && path[top] != '/'))
        return -1;
    n = n > top ? n - top - 1 : 0;
    memcpy(buf, path + top + 1, (size_t)n);
    return n;
}

static int append(struct state_blob *b, const void *data, u32 len)
{
    u8 *bigger = realloc(b->data, b->len + len + 1);
    if (!bigger)
        return -1;
    memcpy(bigger + b->len, data, len);
    b->data = bigger;
    b->len += len;
    return 0;
}

static int pack(const struct p9_fs *fs, const struct p9_fid *f, struct state_blob *out)
{
    char path[P9_PATH_MAX];
    ssize_t n = path_below(fs, f, path);
    struct entry e = {.id = f->id, .open = f->fd >= 0, .lost = n < 0, .len = n < 0 ? 0 : (u32)n};
    if (f->fd >= 0)
        e.flags = (u32)fcntl(f->fd, F_GETFL);
    return append(out, &e, sizeof(e)) || append(out, path, e.len) ? -1 : 0;
}

int p9_save(const struct p9_fs *fs, struct state_blob *out)
{
    free(out->data);
    *out = (struct state_blob){0};
    if (append(out, &fs->msize, sizeof fs->msize))
        return -1;
    for (u32 i = 0; i < P9_BUCKETS; i++)
        for (const struct p9_fid *f = fs->bucket[i]; f; f = f->next)
            if (pack(fs, f, out))
                return -1;
    return 0;
}

int p9_portable(const struct p9_fs *fs, struct error *err)
{
    char path[P9_PATH_MAX];
    for (u32 i = 0; i < P9_BUCKETS; i++)
        for (const struct p9_fid *f = fs->bucket[i]; f; f = f->next)
            if (path_below(fs, f, path) < 0)
                return error_set(err,
                                 "a shared folder cannot be saved: the guest holds a file that "
                                 "is no longer in it");
    return 0;
}

/* ---- from paths to handles ---- */

int p9_open_below(int root, const char *path, u32 len)
{
    int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
    for (u32 n; at >= 0 && len > 0; path += n, len -= n) {
        char name[P9_NAME_MAX + 1];
        const char *end = memchr(path, '/', len);
        n = end ? (u32)(end - path) : len;
        if (n > P9_NAME_MAX) {
            close(at);
            return -1;
        }
        memcpy(name, path, n);
        name[n] = 0;
        int next = p9_name_ok(name) ? openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
        close(at);
        at = next;
        n += end != NULL;
    }
    return at;
}

static bool same_file(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* Opens it as the client had it. */
static int open_again(struct p9_fid *f, const struct entry *e)
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", f->path);
    if (!e->open)
        return 0;
    f->fd = open(link, (int)e->flags | O_CLOEXEC | O_NOCTTY);
    return f->fd < 0 ? -1 : p9_open_dir(f);
}

/* The handle of one entry; what `old` has open is used where the path does not lead there. */
static struct p9_fid *unpack(struct p9_fs *fs, const struct entry *e, const char *path,
                             struct p9_fs *old)
{
    struct p9_fid *before = old ? p9_find(old, e->id) : NULL;
    int fd = e->lost ? -1 : p9_open_below(fs->root, path, e->len);
    if (fd >= 0 && before && !same_file(fd, before->path)) {
        close(fd);
        fd = -1;
    }
    struct p9_fid *f = fd < 0 ? NULL : p9_add_fid(fs, e->id, fd);
    if (f && open_again(f, e) == 0)
        return f;
    if (f)
        p9_clunk(fs, e->id);
    return before ? p9_move_fid(old, fs, e->id) : NULL;
}

int p9_load(struct p9_fs *fs, const struct state_blob *in, struct p9_fs *old, struct error *err)
{
    struct entry e;
    p9_clunk_all(fs);
    if (in->len >= sizeof fs->msize)
        memcpy(&fs->msize, in->data, sizeof fs->msize);
    for (u32 at = sizeof fs->msize; at < in->len; at += e.len) {
        if (in->len - at < sizeof(e))
            return error_set(err, "the saved state of a shared folder is damaged");
        memcpy(&e, in->data + at, sizeof(e));
        at += (u32)sizeof(e);
        if (in->len - at < e.len)
            return error_set(err, "the saved state of a shared folder is damaged");
        const char *path = (const char *)in->data + at;
        if (!unpack(fs, &e, path, old))
            return error_set(err, "'%.*s' in the shared folder: %s; the saved machine has it open",
                             (int)e.len, path, strerror(errno));
    }
    return 0;
}
