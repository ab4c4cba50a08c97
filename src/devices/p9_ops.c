/* The 9P2000.L operations on files and folders. What needs a path where there is only an O_PATH
 * descriptor goes through /proc/self/fd, which leads to that very file and follows nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "devices/p9_fs.h"

/* Open flags as the protocol has them. */
enum { L_EXCL = 0200, L_TRUNC = 01000, L_APPEND = 02000, L_DSYNC = 010000, L_SYNC = 04000000 };
enum { SET_MODE = 1, SET_UID = 2, SET_GID = 4, SET_SIZE = 8, SET_ATIME = 16, SET_MTIME = 32 };
enum { SET_ATIME_GIVEN = 128, SET_MTIME_GIVEN = 256 };
enum { STATS_BASIC = 0x7ff, L_REMOVEDIR = 0x200 };

struct proc_path {
    char text[40];
};

static struct proc_path proc_path(int fd)
{
    struct proc_path p;
    snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d", fd);
    return p;
}

static struct p9_fid *get_fid(struct p9_call *c)
{
    return p9_find(c->fs, (u32)p9_get(&c->in, 4));
}

/* A name that may be made or removed. 0 or an errno. */
static int get_name(struct p9_call *c, char name[P9_NAME_MAX + 1])
{
    p9_get_text(&c->in, name, P9_NAME_MAX);
    return c->in.bad || !p9_name_ok(name) ? EINVAL : 0;
}

/* The start of every operation that changes a folder: {fid, name}. */
static int get_target(struct p9_call *c, struct p9_fid **dir, char name[P9_NAME_MAX + 1])
{
    *dir = get_fid(c);
    if (!*dir)
        return EBADF;
    if (c->fs->read_only)
        return EROFS;
    return get_name(c, name);
}

/* Permission bits a guest may set: never set-user-id, which would be the host user's. */
static mode_t safe_mode(u64 mode)
{
    return (mode_t)mode & (S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO);
}

static int result(int ret)
{
    return ret < 0 ? errno : 0;
}

static int open_flags(u32 l)
{
    int flags = (int)(l & O_ACCMODE) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    flags |= l & L_EXCL ? O_EXCL : 0;
    flags |= l & L_TRUNC ? O_TRUNC : 0;
    flags |= l & L_APPEND ? O_APPEND : 0;
    flags |= l & L_DSYNC ? O_DSYNC : 0;
    flags |= l & L_SYNC ? O_SYNC : 0;
    return flags;
}

/* The reply to lopen and lcreate: qid and "no preferred size". */
static int put_opened(struct p9_call *c, int path)
{
    struct stat st;
    if (fstat(path, &st) != 0)
        return errno;
    p9_put_qid(&c->out, &st);
    p9_put(&c->out, 4, 0);
    return 0;
}

int p9_open_dir(struct p9_fid *f)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0 || !S_ISDIR(st.st_mode))
        return 0;
    f->dir = fdopendir(f->fd);
    if (f->dir)
        return 0;
    close(f->fd);
    f->fd = -1;
    return -1;
}

/* Only files and folders: opening a device or a pipe would act on the host. */
int p9_lopen(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    u32 l = (u32)p9_get(&c->in, 4);
    struct stat st;
    if (!f || c->in.bad || f->fd >= 0)
        return EBADF;
    if (fstat(f->path, &st) != 0)
        return errno;
    if (c->fs->read_only && ((l & O_ACCMODE) != O_RDONLY || (l & L_TRUNC)))
        return EROFS;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return S_ISLNK(st.st_mode) ? ELOOP : ENXIO;
    int fd = open(proc_path(f->path).text, open_flags(l) & ~O_EXCL);
    if (fd < 0)
        return errno;
    f->fd = fd;
    return p9_open_dir(f) ? ENOMEM : put_opened(c, f->path);
}

/* Why a file of this type is not opened: 0 for a plain one, or an errno. */
static int refusal(mode_t mode)
{
    if (S_ISREG(mode))
        return 0;
    return S_ISLNK(mode) ? ELOOP : S_ISDIR(mode) ? EISDIR : EACCES;
}

/* What is there may be anything, and opening a pipe or a device acts on the host: nothing is opened
 * before its type is known. */
int p9_open_file(int dir, const char *name, int flags, mode_t mode, int *path)
{
    struct stat st;
    bool make = flags & O_CREAT;
    int fd = make ? openat(dir, name, flags | O_EXCL | O_NOFOLLOW, mode) : -1;
    if (make && fd < 0 && (errno != EEXIST || (flags & O_EXCL)))
        return -1;
    flags &= ~O_CREAT;
    *path = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int err = *path < 0 || fstat(*path, &st) != 0 ? errno : refusal(st.st_mode);
    if (!err && fd < 0 && (fd = open(proc_path(*path).text, flags)) < 0)
        err = errno;
    if (!err)
        return fd;
    if (fd >= 0)
        close(fd);
    if (*path >= 0)
        close(*path);
    errno = err;
    return -1;
}

int p9_lcreate(struct p9_call *c)
{
    struct p9_fid *f;
    char name[P9_NAME_MAX + 1];
    int path, err = get_target(c, &f, name);
    u32 l = (u32)p9_get(&c->in, 4), mode = (u32)p9_get(&c->in, 4);
    if (err || c->in.bad || f->fd >= 0)
        return err ? err : EBADF;
    int fd = p9_open_file(f->path, name, open_flags(l) | O_CREAT, safe_mode(mode), &path);
    if (fd < 0)
        return errno;
    close(f->path);
    f->path = path;
    f->fd = fd;
    return put_opened(c, path);
}

/* Room for data behind the four bytes of its count, within the message size. */
static u32 data_room(const struct p9_call *c, u64 wanted)
{
    u32 room = c->out.len < c->fs->msize ? c->out.len : c->fs->msize;
    room = room > c->out.at + 4 ? room - c->out.at - 4 : 0;
    return wanted < room ? (u32)wanted : room;
}

int p9_read(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    u64 offset = p9_get(&c->in, 8), count = p9_get(&c->in, 4);
    if (!f || f->fd < 0 || c->in.bad)
        return EBADF;
    if (f->dir)
        return EISDIR;
    struct p9_cursor number = c->out;
    u32 room = data_room(c, count);
    p9_put(&c->out, 4, 0);
    ssize_t n = pread(f->fd, c->out.data + c->out.at, room, (off_t)offset);
    if (n < 0)
        return errno;
    p9_put(&number, 4, (u64)n);
    p9_take(&c->out, (u32)n);
    return 0;
}

int p9_write(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    u64 offset = p9_get(&c->in, 8);
    u32 count = (u32)p9_get(&c->in, 4);
    const u8 *data = p9_take(&c->in, count);
    if (!f || f->fd < 0)
        return EBADF;
    if (!data)
        return EINVAL;
    if (c->fs->read_only)
        return EROFS;
    ssize_t n = pwrite(f->fd, data, count, (off_t)offset);
    if (n < 0)
        return errno;
    p9_put(&c->out, 4, (u64)n);
    return 0;
}

/* One entry, if it fits before `end`. Its qid carries the number and type only. */
static bool put_entry(struct p9_cursor *out, u32 end, const struct dirent *e, dev_t dev)
{
    struct stat st = {.st_ino = e->d_ino, .st_dev = dev};
    st.st_mode = e->d_type == DT_DIR ? S_IFDIR : e->d_type == DT_LNK ? S_IFLNK : S_IFREG;
    if (out->at + P9_QID + 8 + 1 + 2 + (u32)strlen(e->d_name) > end)
        return false;
    p9_put_qid(out, &st);
    p9_put(out, 8, (u64)e->d_off);
    p9_put(out, 1, e->d_type);
    p9_put_text(out, e->d_name);
    return true;
}

int p9_readdir(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    u64 offset = p9_get(&c->in, 8), count = p9_get(&c->in, 4);
    struct stat st;
    const struct dirent *e;
    if (!f || !f->dir || c->in.bad)
        return EBADF;
    if (fstat(f->fd, &st) != 0)
        return errno;
    struct p9_cursor number = c->out;
    u32 room = data_room(c, count);
    p9_put(&c->out, 4, 0);
    u32 start = c->out.at;
    if (offset == 0)
        rewinddir(f->dir);
    else
        seekdir(f->dir, (long)offset);
    while ((e = readdir(f->dir)) && put_entry(&c->out, start + room, e, st.st_dev))
        ;
    p9_put(&number, 4, c->out.at - start);
    return 0;
}

int p9_fsync(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    bool data_only = p9_get(&c->in, 4) != 0;
    if (!f || f->fd < 0)
        return EBADF;
    return result(data_only ? fdatasync(f->fd) : fsync(f->fd));
}

static void put_time(struct p9_cursor *out, struct timespec t)
{
    p9_put(out, 8, (u64)t.tv_sec);
    p9_put(out, 8, (u64)t.tv_nsec);
}

int p9_getattr(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    struct stat st;
    if (!f)
        return EBADF;
    if (fstat(f->path, &st) != 0)
        return errno;
    p9_put(&c->out, 8, STATS_BASIC);
    p9_put_qid(&c->out, &st);
    p9_put(&c->out, 4, st.st_mode);
    p9_put(&c->out, 4, st.st_uid);
    p9_put(&c->out, 4, st.st_gid);
    p9_put(&c->out, 8, st.st_nlink);
    p9_put(&c->out, 8, st.st_rdev);
    p9_put(&c->out, 8, (u64)st.st_size);
    p9_put(&c->out, 8, (u64)st.st_blksize);
    p9_put(&c->out, 8, (u64)st.st_blocks);
    put_time(&c->out, st.st_atim);
    put_time(&c->out, st.st_mtim);
    put_time(&c->out, st.st_ctim);
    for (int i = 0; i < 4; i++) /* birth time, generation, data version: not given */
        p9_put(&c->out, 8, 0);
    return 0;
}

/* Reads one time of Tsetattr: leave alone, now, or as given. */
static struct timespec get_time(struct p9_cursor *in, bool set, bool given)
{
    struct timespec t = {.tv_sec = (time_t)p9_get(in, 8)};
    t.tv_nsec = (long)p9_get(in, 8);
    if (!set)
        t.tv_nsec = UTIME_OMIT;
    else if (!given)
        t.tv_nsec = UTIME_NOW;
    return t;
}

int p9_setattr(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    u32 valid = (u32)p9_get(&c->in, 4), mode = (u32)p9_get(&c->in, 4);
    u32 uid = (u32)p9_get(&c->in, 4), gid = (u32)p9_get(&c->in, 4);
    u64 size = p9_get(&c->in, 8);
    struct timespec times[2] = {get_time(&c->in, valid & SET_ATIME, valid & SET_ATIME_GIVEN),
                                {.tv_sec = 0}};
    times[1] = get_time(&c->in, valid & SET_MTIME, valid & SET_MTIME_GIVEN);
    if (!f || c->in.bad)
        return EBADF;
    if (c->fs->read_only)
        return EROFS;
    struct proc_path path = proc_path(f->path);
    if ((valid & (SET_UID | SET_GID)) &&
        fchownat(f->path, "", valid & SET_UID ? uid : (uid_t)-1, valid & SET_GID ? gid : (gid_t)-1,
                 AT_EMPTY_PATH) != 0)
        return errno;
    if ((valid & SET_MODE) && chmod(path.text, safe_mode(mode)) != 0)
        return errno;
    if ((valid & SET_SIZE) && truncate(path.text, (off_t)size) != 0)
        return errno;
    if ((valid & (SET_ATIME | SET_MTIME)) && utimensat(AT_FDCWD, path.text, times, 0) != 0)
        return errno;
    return 0;
}

int p9_readlink(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    char target[P9_PATH_MAX + 1];
    if (!f)
        return EBADF;
    ssize_t n = readlinkat(f->path, "", target, P9_PATH_MAX);
    if (n < 0)
        return errno;
    target[n] = 0;
    p9_put_text(&c->out, target);
    return 0;
}

/* The reply of everything that makes a file: its qid. */
static int put_made(struct p9_call *c, struct p9_fid *dir, const char *name)
{
    struct stat st;
    if (fstatat(dir->path, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    p9_put_qid(&c->out, &st);
    return 0;
}

int p9_symlink(struct p9_call *c)
{
    struct p9_fid *dir;
    char name[P9_NAME_MAX + 1], target[P9_PATH_MAX + 1];
    int err = get_target(c, &dir, name);
    p9_get_text(&c->in, target, P9_PATH_MAX);
    if (err || c->in.bad)
        return err ? err : EINVAL;
    if (symlinkat(target, dir->path, name) != 0)
        return errno;
    return put_made(c, dir, name);
}

int p9_link(struct p9_call *c)
{
    struct p9_fid *dir = get_fid(c), *f = get_fid(c);
    char name[P9_NAME_MAX + 1];
    if (!dir || !f)
        return EBADF;
    if (c->fs->read_only)
        return EROFS;
    int err = get_name(c, name);
    if (err)
        return err;
    return result(linkat(AT_FDCWD, proc_path(f->path).text, dir->path, name, AT_SYMLINK_FOLLOW));
}

/* Files, pipes and sockets; a device node would be one for the host, too. */
int p9_mknod(struct p9_call *c)
{
    struct p9_fid *dir;
    char name[P9_NAME_MAX + 1];
    int err = get_target(c, &dir, name);
    u32 mode = (u32)p9_get(&c->in, 4);
    if (err || c->in.bad)
        return err ? err : EINVAL;
    if (!S_ISREG(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
        return EPERM;
    if (mknodat(dir->path, name, (mode & S_IFMT) | safe_mode(mode), 0) != 0)
        return errno;
    return put_made(c, dir, name);
}

int p9_mkdir(struct p9_call *c)
{
    struct p9_fid *dir;
    char name[P9_NAME_MAX + 1];
    int err = get_target(c, &dir, name);
    u32 mode = (u32)p9_get(&c->in, 4);
    if (err || c->in.bad)
        return err ? err : EINVAL;
    if (mkdirat(dir->path, name, safe_mode(mode)) != 0)
        return errno;
    return put_made(c, dir, name);
}

int p9_renameat(struct p9_call *c)
{
    struct p9_fid *from, *to;
    char old_name[P9_NAME_MAX + 1], new_name[P9_NAME_MAX + 1];
    int err = get_target(c, &from, old_name);
    if (!err)
        err = get_target(c, &to, new_name);
    return err ? err : result(renameat(from->path, old_name, to->path, new_name));
}

int p9_unlinkat(struct p9_call *c)
{
    struct p9_fid *dir;
    char name[P9_NAME_MAX + 1];
    int err = get_target(c, &dir, name);
    u32 flags = (u32)p9_get(&c->in, 4);
    return err ? err : result(unlinkat(dir->path, name, flags & L_REMOVEDIR ? AT_REMOVEDIR : 0));
}

int p9_statfs(struct p9_call *c)
{
    struct p9_fid *f = get_fid(c);
    struct statfs s;
    if (!f)
        return EBADF;
    if (fstatfs(f->path, &s) != 0)
        return errno;
    u64 id;
    memcpy(&id, &s.f_fsid, sizeof(id));
    p9_put(&c->out, 4, (u32)s.f_type);
    p9_put(&c->out, 4, (u64)s.f_bsize);
    p9_put(&c->out, 8, s.f_blocks);
    p9_put(&c->out, 8, s.f_bfree);
    p9_put(&c->out, 8, s.f_bavail);
    p9_put(&c->out, 8, s.f_files);
    p9_put(&c->out, 8, s.f_ffree);
    p9_put(&c->out, 8, id);
    p9_put(&c->out, 4, (u64)s.f_namelen);
    return 0;
}
