/* The files of semihosting: handles are fids of the server for shared folders, which finds names
 * and keeps to its folder. A name is relative to the folder, with or without a slash in front; ".."
 * and symbolic links lead nowhere. */
#include "devices/semihost_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The features that a guest can ask for: a magic word, then bit 0, SYS_EXIT_EXTENDED, and bit 1,
 * that standard output and error are two handles. */
static const u8 features[] = {'S', 'H', 'F', 'B', 3};

enum { MODE_PLUS = 2, MODE_WRITE = 4, MODE_APPEND = 8, MODES = 12 };

enum semihost_kind semihost_kind(const struct semihost_files *f, u64 handle)
{
    return handle < SEMIHOST_HANDLES ? f->kind[handle] : SEMI_FREE;
}

/* The open file of a handle, or -1 with errno. */
static int file_of(const struct semihost_files *f, u64 handle)
{
    struct p9_fid *fid = NULL;
    if (semihost_kind(f, handle) == SEMI_FILE)
        fid = p9_find((struct p9_fs *)(uintptr_t)&f->fs, (u32)handle);
    errno = EBADF;
    return fid ? fid->fd : -1;
}

/* ---- names ---- */

/* Where a name leads: the folder that it is in, and its last component. */
struct place {
    int dir; /* O_PATH descriptor, to be closed */
    char name[P9_NAME_MAX + 1];
};

/* Leaves out what says nothing: slashes in front, double ones, and components ".". */
static u32 tidy(const char *from, char *to)
{
    u32 len = 0;
    while (*from) {
        size_t n = strcspn(from, "/");
        if (n && !(n == 1 && *from == '.')) {
            if (len)
                to[len++] = '/';
            memcpy(to + len, from, n);
            len += (u32)n;
        }
        from += n + (from[n] == '/');
    }
    to[len] = 0;
    return len;
}

/* 0, or -1 with errno. */
static int find(const struct semihost_files *f, const char *text, struct place *p)
{
    char path[P9_PATH_MAX + 1];
    if (f->fs.root < 0) {
        errno = EACCES;
        return -1;
    }
    if (strlen(text) > P9_PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    u32 len = tidy(text, path), dir = len;
    while (dir && path[dir - 1] != '/')
        dir--;
    if (len - dir > P9_NAME_MAX || !p9_name_ok(path + dir)) {
        errno = EACCES;
        return -1;
    }
    memcpy(p->name, path + dir, len - dir + 1);
    errno = EACCES; /* of a ".." on the way */
    p->dir = p9_open_below(&f->fs, path, dir ? dir - 1 : 0);
    return p->dir < 0 ? -1 : 0;
}

/* Closes the place and hands on the result, with its errno. */
static int leave(const struct place *p, int result)
{
    int err = errno;
    close(p->dir);
    errno = err;
    return result;
}

/* ---- opening ---- */

static int host_flags(u64 mode)
{
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (mode & MODE_PLUS)
        flags |= O_RDWR;
    else
        flags |= mode >= MODE_WRITE ? O_WRONLY : O_RDONLY;
    if (mode >= MODE_WRITE)
        flags |= O_CREAT | (mode & MODE_APPEND ? O_APPEND : O_TRUNC);
    return flags;
}

static int open_file(struct semihost_files *f, u32 handle, const char *name, u64 mode)
{
    struct place p;
    int path;
    if (find(f, name, &p))
        return -1;
    int fd = leave(&p, p9_open_file(p.dir, p.name, host_flags(mode), 0666, &path));
    if (fd < 0)
        return -1;
    struct p9_fid *fid = p9_add_fid(&f->fs, handle, path);
    if (!fid) {
        close(fd);
        errno = ENOMEM;
        return -1;
    }
    fid->fd = fd;
    return 0;
}

/* The special names: the console, and the features. */
static enum semihost_kind kind_of(const char *name, u64 mode)
{
    if (strcmp(name, ":tt") == 0)
        return mode < MODE_WRITE ? SEMI_CONSOLE_IN : SEMI_CONSOLE_OUT;
    return strcmp(name, ":semihosting-features") == 0 ? SEMI_FEATURES : SEMI_FILE;
}

int semihost_open(struct semihost_files *f, const char *name, u64 mode)
{
    u32 handle = 1;
    while (handle < SEMIHOST_HANDLES && f->kind[handle] != SEMI_FREE)
        handle++;
    if (handle == SEMIHOST_HANDLES || mode >= MODES) {
        errno = mode >= MODES ? EINVAL : EMFILE;
        return -1;
    }
    enum semihost_kind kind = kind_of(name, mode);
    if (kind == SEMI_FEATURES && mode >= MODE_WRITE) {
        errno = EACCES;
        return -1;
    }
    if (kind == SEMI_FILE && open_file(f, handle, name, mode))
        return -1;
    f->kind[handle] = (u8)kind;
    f->at[handle] = 0;
    return (int)handle;
}

int semihost_close(struct semihost_files *f, u64 handle)
{
    enum semihost_kind kind = semihost_kind(f, handle);
    if (kind == SEMI_FREE) {
        errno = EBADF;
        return -1;
    }
    if (kind == SEMI_FILE)
        p9_clunk(&f->fs, (u32)handle);
    f->kind[handle] = SEMI_FREE;
    return 0;
}

/* ---- what is in them ---- */

s64 semihost_length(const struct semihost_files *f, u64 handle)
{
    struct stat st;
    enum semihost_kind kind = semihost_kind(f, handle);
    if (kind == SEMI_FEATURES)
        return sizeof features;
    if (kind == SEMI_CONSOLE_IN || kind == SEMI_CONSOLE_OUT)
        return 0;
    int fd = file_of(f, handle);
    return fd < 0 || fstat(fd, &st) != 0 ? -1 : st.st_size;
}

static ssize_t read_features(u64 at, void *to, size_t len)
{
    size_t left = at < sizeof features ? sizeof features - at : 0;
    len = len < left ? len : left;
    if (len)
        memcpy(to, features + at, len);
    return (ssize_t)len;
}

ssize_t semihost_read(struct semihost_files *f, u64 handle, void *to, size_t len)
{
    ssize_t n;
    if (semihost_kind(f, handle) == SEMI_FEATURES) {
        n = read_features(f->at[handle], to, len);
    } else {
        int fd = file_of(f, handle);
        n = fd < 0 ? -1 : pread(fd, to, len, (off_t)f->at[handle]);
    }
    if (n > 0)
        f->at[handle] += (u64)n;
    return n;
}

ssize_t semihost_write(struct semihost_files *f, u64 handle, const void *from, size_t len)
{
    struct stat st;
    int fd = file_of(f, handle);
    ssize_t n = fd < 0 ? -1 : pwrite(fd, from, len, (off_t)f->at[handle]);
    if (n < 0)
        return -1;
    bool appends = fcntl(fd, F_GETFL) & O_APPEND; /* it went to the end */
    f->at[handle] = appends && fstat(fd, &st) == 0 ? (u64)st.st_size : f->at[handle] + (u64)n;
    return n;
}

int semihost_remove(const struct semihost_files *f, const char *name)
{
    struct place p;
    return find(f, name, &p) ? -1 : leave(&p, unlinkat(p.dir, p.name, 0));
}

int semihost_rename(const struct semihost_files *f, const char *name, const char *to)
{
    struct place from, dest;
    if (find(f, name, &from))
        return -1;
    if (find(f, to, &dest))
        return leave(&from, -1);
    return leave(&from, leave(&dest, renameat(from.dir, from.name, dest.dir, dest.name)));
}
