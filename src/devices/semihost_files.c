/* The files of semihosting: handles are fids of the server for shared folders, which finds names
 * and keeps to its folder. A name is relative to the folder, with or without a slash in front; ".."
 * and symbolic links lead nowhere. What may take the host its time is done by the worker, with
 * descriptors and copies of its own. All that the host answers goes by way of the tape: a replay
 * has handles and positions, and no files. */
#include "devices/semihost_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/tape.h"

/* The features that a guest can ask for: a magic word, then bit 0, SYS_EXIT_EXTENDED, and bit 1,
 * that standard output and error are two handles. */
static const u8 features[] = {'S', 'H', 'F', 'B', 3};

enum { MODE_PLUS = 2, MODE_WRITE = 4, MODE_APPEND = 8, MODES = 12 };

enum semihost_kind semihost_kind(const struct semihost_files *f, u64 handle)
{
    return handle < SEMIHOST_HANDLES ? f->kind[handle] : SEMI_FREE;
}

struct file_job;
/* What is done with the host's files; its result as the functions in the header have it. */
typedef s64 file_op(struct file_job *j);

struct file_job {
    struct job job;
    file_op *op;
    int fd;                        /* the open file, or for names the folder; the job's own */
    char name[2][P9_PATH_MAX + 1]; /* as the guest says them */
    u64 mode;                      /* of SYS_OPEN */
    u64 at;                        /* the position, and where it goes on */
    size_t len;
    u8 data[SEMIHOST_PART];
    s64 result;
    int error;  /* errno, if that is -1 */
    int path;   /* of what was opened: an O_PATH descriptor */
    bool taken; /* has somebody the result? */
};

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
static int find(int root, const char *text, struct place *p)
{
    char path[P9_PATH_MAX + 1];
    u32 len = tidy(text, path), dir = len;
    while (dir && path[dir - 1] != '/')
        dir--;
    errno = EACCES; /* of a ".." on the way, too */
    if (len - dir > P9_NAME_MAX || !p9_name_ok(path + dir))
        return -1;
    memcpy(p->name, path + dir, len - dir + 1);
    p->dir = p9_open_below(root, path, dir ? dir - 1 : 0);
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

/* ---- the worker's part ---- */

/* The result is a descriptor. */
static s64 open_named(struct file_job *j)
{
    struct place p;
    if (find(j->fd, j->name[0], &p))
        return -1;
    return leave(&p, p9_open_file(p.dir, p.name, host_flags(j->mode), 0666, &j->path));
}

static s64 length(struct file_job *j)
{
    struct stat st;
    return fstat(j->fd, &st) ? -1 : st.st_size;
}

static s64 read_part(struct file_job *j)
{
    ssize_t n = pread(j->fd, j->data, j->len, (off_t)j->at);
    j->at += n > 0 ? (u64)n : 0;
    return n;
}

/* What is appended goes to the end, wherever the position was. */
static s64 write_part(struct file_job *j)
{
    ssize_t n = pwrite(j->fd, j->data, j->len, (off_t)j->at);
    if (n < 0)
        return -1;
    s64 end = fcntl(j->fd, F_GETFL) & O_APPEND ? length(j) : -1;
    j->at = end < 0 ? j->at + (u64)n : (u64)end;
    return n;
}

static s64 remove_named(struct file_job *j)
{
    struct place p;
    return find(j->fd, j->name[0], &p) ? -1 : leave(&p, unlinkat(p.dir, p.name, 0));
}

static s64 rename_named(struct file_job *j)
{
    struct place from, to;
    if (find(j->fd, j->name[0], &from))
        return -1;
    if (find(j->fd, j->name[1], &to))
        return leave(&from, -1);
    return leave(&from, leave(&to, renameat(from.dir, from.name, to.dir, to.name)));
}

static void work(struct job *job)
{
    struct file_job *j = (struct file_job *)job;
    j->result = j->op(j);
    j->error = errno;
    close(j->fd);
}

/* Closes what nobody has taken. */
static void forget(struct file_job *j)
{
    if (j->op != open_named || j->taken || j->result < 0)
        return;
    close((int)j->result);
    close(j->path);
}

static void drop(struct job *job)
{
    forget((struct file_job *)job);
    free(job);
}

/* What comes of a job, as an event of the tape; behind it `len` bytes that were read. */
struct answer {
    s64 result;
    u64 at;
    s32 error;
    u32 len;
};

static void put_answer(struct tape *t, const struct answer *a, const void *data)
{
    u8 event[sizeof *a + SEMIHOST_PART];
    memcpy(event, a, sizeof *a);
    if (a->len)
        memcpy(event + sizeof *a, data, a->len);
    tape_put(t, TAPE_FILE, 0, event, (u32)sizeof *a + a->len);
}

/* The answer that the record has; what was read is in j->data. */
static struct answer take_answer(struct tape *t, struct file_job *j)
{
    struct answer a = {.len = UINT32_MAX};
    u32 len = 0;
    const u8 *event = tape_need(t, TAPE_FILE, 0, &len);
    if (event && len >= sizeof a)
        memcpy(&a, event, sizeof a);
    if (a.len > SEMIHOST_PART || len != sizeof a + a.len)
        return (struct answer){.result = -1, .error = EIO};
    memcpy(j->data, event + sizeof a, a.len);
    j->at = a.at;
    return a;
}

/* Nobody works on the job any longer, and it has a descriptor of its own for `fd`. 0 or errno. */
static int free_for(struct semihost_files *f, int fd)
{
    int error = worker_wait(f->worker, f->owner);
    if (error)
        return error;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return errno;
    forget(f->job);
    f->job->fd = own;
    return 0;
}

/* A job about `fd`, to be filled in; or NULL with errno. */
static struct file_job *new_job(struct semihost_files *f, file_op *op, int fd)
{
    if (!f->job && !(f->job = calloc(1, sizeof *f->job)))
        return NULL;
    int error = tape_replays(f->tape) ? 0 : free_for(f, fd);
    if (error) {
        put_answer(f->tape, &(struct answer){.result = -1, .error = error}, NULL);
        errno = error;
        return NULL;
    }
    f->job->job = (struct job){work, drop};
    f->job->op = op;
    f->job->result = -1;
    f->job->taken = false;
    return f->job;
}

/* A job about an open file. */
static struct file_job *handle_job(struct semihost_files *f, file_op *op, u64 handle)
{
    errno = EBADF;
    if (semihost_kind(f, handle) != SEMI_FILE)
        return NULL;
    const struct p9_fid *fid = p9_find(&f->fs, (u32)handle);
    return new_job(f, op, fid ? fid->fd : -1);
}

/* A job about names. */
static struct file_job *name_job(struct semihost_files *f, file_op *op, const char *name,
                                 const char *other)
{
    errno = ENAMETOOLONG;
    if (strlen(name) > P9_PATH_MAX || strlen(other) > P9_PATH_MAX)
        return NULL;
    errno = EACCES;
    struct file_job *j = f->any ? new_job(f, op, f->fs.root) : NULL;
    if (j) {
        strcpy(j->name[0], name);
        strcpy(j->name[1], other);
    }
    return j;
}

/* What the host says to j. */
static struct answer ask_host(struct semihost_files *f, struct file_job *j)
{
    int error = worker_do(&f->worker, &j->job, f->owner);
    if (error)
        return (struct answer){.result = -1, .error = error};
    j->taken = true;
    u32 len = j->op == read_part && j->result > 0 ? (u32)j->result : 0;
    return (struct answer){j->result, j->at, j->error, len};
}

/* The result of j, which may be NULL: -1 with errno. */
static s64 result_of(struct semihost_files *f, struct file_job *j)
{
    struct answer a;
    if (!j)
        return -1;
    if (tape_replays(f->tape)) {
        a = take_answer(f->tape, j);
    } else {
        a = ask_host(f, j);
        put_answer(f->tape, &a, j->data);
    }
    errno = a.error;
    return a.result;
}

void semihost_files_end(struct semihost_files *f)
{
    p9_clunk_all(&f->fs);
    if (f->fs.root >= 0)
        close(f->fs.root);
    if (worker_leave(f->worker) && f->job)
        drop(&f->job->job);
}

/* ---- opening ---- */

static int open_file(struct semihost_files *f, u32 handle, const char *name, u64 mode)
{
    struct file_job *j = name_job(f, open_named, name, "");
    if (j)
        j->mode = mode;
    int fd = (int)result_of(f, j);
    if (fd < 0)
        return -1;
    if (tape_replays(f->tape))
        return 0;
    struct p9_fid *fid = p9_add_fid(&f->fs, handle, j->path);
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

s64 semihost_length(struct semihost_files *f, u64 handle)
{
    enum semihost_kind kind = semihost_kind(f, handle);
    if (kind == SEMI_FEATURES)
        return sizeof features;
    if (kind == SEMI_CONSOLE_IN || kind == SEMI_CONSOLE_OUT)
        return 0;
    return result_of(f, handle_job(f, length, handle));
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
    if (semihost_kind(f, handle) == SEMI_FEATURES) {
        ssize_t n = read_features(f->at[handle], to, len);
        f->at[handle] += (u64)n;
        return n;
    }
    struct file_job *j = handle_job(f, read_part, handle);
    if (j) {
        j->at = f->at[handle];
        j->len = len;
    }
    s64 n = result_of(f, j);
    if (n > 0) {
        memcpy(to, j->data, (size_t)n);
        f->at[handle] = j->at;
    }
    return n;
}

ssize_t semihost_write(struct semihost_files *f, u64 handle, const void *from, size_t len)
{
    struct file_job *j = handle_job(f, write_part, handle);
    if (j) {
        memcpy(j->data, from, len);
        j->at = f->at[handle];
        j->len = len;
    }
    s64 n = result_of(f, j);
    if (n >= 0)
        f->at[handle] = j->at;
    return n;
}

int semihost_remove(struct semihost_files *f, const char *name)
{
    return (int)result_of(f, name_job(f, remove_named, name, ""));
}

int semihost_rename(struct semihost_files *f, const char *name, const char *to)
{
    return (int)result_of(f, name_job(f, rename_named, name, to));
}
