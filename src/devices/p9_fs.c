/* The 9P2000.L session: version, attach, walk, clunk, and the table of messages. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/host.h"
#include "devices/p9_fs.h"

enum { RLERROR = 7, MAX_WALK = 16, MIN_MSIZE = 4096 };

struct p9_fid *p9_find(struct p9_fs *fs, u32 id)
{
    struct p9_fid *f = fs->bucket[id % P9_BUCKETS];
    while (f && f->id != id)
        f = f->next;
    return f;
}

bool p9_name_ok(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void free_fid(struct p9_fid *f)
{
    if (f->dir)
        closedir(f->dir);
    else if (f->fd >= 0)
        close(f->fd);
    close(f->path);
    free(f);
}

/* Takes the fid `id` out of its list. NULL if there is none. */
static struct p9_fid *take_fid(struct p9_fs *fs, u32 id)
{
    struct p9_fid **p = &fs->bucket[id % P9_BUCKETS];
    while (*p && (*p)->id != id)
        p = &(*p)->next;
    struct p9_fid *f = *p;
    if (f)
        *p = f->next;
    return f;
}

static struct p9_fid *put_fid(struct p9_fs *fs, struct p9_fid *f)
{
    f->next = fs->bucket[f->id % P9_BUCKETS];
    fs->bucket[f->id % P9_BUCKETS] = f;
    return f;
}

int p9_clunk(struct p9_fs *fs, u32 id)
{
    struct p9_fid *f = take_fid(fs, id);
    if (!f)
        return EBADF;
    free_fid(f);
    return 0;
}

struct p9_fid *p9_move_fid(struct p9_fs *from, struct p9_fs *to, u32 id)
{
    return put_fid(to, take_fid(from, id));
}

void p9_clunk_all(struct p9_fs *fs)
{
    for (u32 i = 0; i < P9_BUCKETS; i++) {
        while (fs->bucket[i])
            p9_clunk(fs, fs->bucket[i]->id);
    }
}

struct p9_fid *p9_add_fid(struct p9_fs *fs, u32 id, int path)
{
    struct p9_fid *f = malloc(sizeof(*f));
    if (!f) {
        close(path);
        return NULL;
    }
    *f = (struct p9_fid){.id = id, .path = path, .fd = -1};
    return put_fid(fs, f);
}

/* A second descriptor for the same file; -1 and errno on failure. */
static int duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int op_version(struct p9_call *c)
{
    char version[32];
    u32 msize = (u32)p9_get(&c->in, 4);
    p9_get_text(&c->in, version, sizeof(version) - 1);
    if (c->in.bad || msize < MIN_MSIZE)
        return EINVAL;
    p9_clunk_all(c->fs);
    c->fs->msize = msize < P9_MSIZE_MAX ? msize : P9_MSIZE_MAX;
    p9_put(&c->out, 4, c->fs->msize);
    p9_put_text(&c->out, strcmp(version, "9P2000.L") == 0 ? version : "unknown");
    return 0;
}

static int op_attach(struct p9_call *c)
{
    struct stat st;
    u32 id = (u32)p9_get(&c->in, 4);
    if (c->in.bad)
        return EINVAL;
    if (p9_find(c->fs, id))
        return EBADF;
    if (fstat(c->fs->root, &st) != 0)
        return errno;
    int path = duplicate(c->fs->root);
    if (path < 0)
        return errno;
    p9_put_qid(&c->out, &st);
    return p9_add_fid(c->fs, id, path) ? 0 : ENOMEM;
}

/* One step down from *path, which is replaced. ".." is refused: a folder that the host moves out of
 * the share would lead outside; clients that cache names, as Linux's does, never ask for it. */
static int step(struct p9_fs *fs, int *path, const char *name, struct stat *st)
{
    if (!p9_name_ok(name))
        return EACCES;
    int next = openat(*path, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        return errno;
    if (fstat(next, st) != 0) {
        int err = errno;
        close(next);
        return err;
    }
    fs->local = fs->local && host_is_local(next); /* it may be mounted there */
    close(*path);
    *path = next;
    return 0;
}

/* Takes the steps of Twalk from *path. A failing first step is the error; a later one ends the
 * walk, and the qids so far say where. *done tells whether all were taken. */
static int take_steps(struct p9_call *c, int *path, bool *done)
{
    u32 count = (u32)p9_get(&c->in, 2), taken = 0;
    struct p9_cursor number = c->out; /* the count comes first, and is known last */
    if (count > MAX_WALK)
        return EINVAL;
    p9_put(&c->out, 2, 0);
    for (; taken < count; taken++) {
        char name[P9_NAME_MAX + 1];
        struct stat st;
        p9_get_text(&c->in, name, P9_NAME_MAX);
        int err = c->in.bad ? EINVAL : step(c->fs, path, name, &st);
        if (err && taken == 0)
            return err;
        if (err)
            break;
        p9_put_qid(&c->out, &st);
    }
    p9_put(&number, 2, taken);
    *done = taken == count;
    return 0;
}

static int op_walk(struct p9_call *c)
{
    u32 id = (u32)p9_get(&c->in, 4), new_id = (u32)p9_get(&c->in, 4);
    struct p9_fid *f = p9_find(c->fs, id);
    bool done = false;
    if (!f || (new_id != id && p9_find(c->fs, new_id)))
        return EBADF;
    int path = duplicate(f->path);
    if (path < 0)
        return errno;
    int err = take_steps(c, &path, &done);
    if (err || !done) {
        close(path);
        return err;
    }
    if (new_id == id)
        p9_clunk(c->fs, id);
    return p9_add_fid(c->fs, new_id, path) ? 0 : ENOMEM;
}

static int op_clunk(struct p9_call *c)
{
    return p9_clunk(c->fs, (u32)p9_get(&c->in, 4));
}

/* Tremove drops the fid whether it succeeds or not; clients then use Tunlinkat. */
static int op_remove(struct p9_call *c)
{
    p9_clunk(c->fs, (u32)p9_get(&c->in, 4));
    return EOPNOTSUPP;
}

static int op_nothing(struct p9_call *c)
{
    (void)c;
    return 0;
}

/* Locks are between the guest's processes; the guest keeps them itself. */
static int op_lock(struct p9_call *c)
{
    p9_put(&c->out, 1, 0);
    return 0;
}

static int op_getlock(struct p9_call *c)
{
    char client[P9_NAME_MAX + 1];
    p9_take(&c->in, 4 + 1); /* fid, type */
    u64 start = p9_get(&c->in, 8), length = p9_get(&c->in, 8), pid = p9_get(&c->in, 4);
    p9_get_text(&c->in, client, P9_NAME_MAX);
    p9_put(&c->out, 1, 2); /* unlocked */
    p9_put(&c->out, 8, start);
    p9_put(&c->out, 8, length);
    p9_put(&c->out, 4, pid);
    p9_put_text(&c->out, client);
    return 0;
}

/* The request's number; the reply's is one more. Everything else (extended attributes,
 * authentication, renaming by fid) is not supported, which clients cope with. `lasts`: even on a
 * disk of its own the host may be busy with it for long. */
static const struct operation {
    u8 type;
    bool lasts;
    p9_op *op;
} operations[] = {
    {8, false, p9_statfs},    {12, true, p9_lopen},     {14, true, p9_lcreate},
    {16, false, p9_symlink},  {18, false, p9_mknod},    {22, false, p9_readlink},
    {24, false, p9_getattr},  {26, true, p9_setattr},   {40, true, p9_readdir},
    {50, true, p9_fsync},     {52, false, op_lock},     {54, false, op_getlock},
    {70, false, p9_link},     {72, false, p9_mkdir},    {74, true, p9_renameat},
    {76, true, p9_unlinkat},  {100, false, op_version}, {104, false, op_attach},
    {108, false, op_nothing}, {110, false, op_walk},    {116, true, p9_read},
    {118, false, p9_write},   {120, false, op_clunk},   {122, false, op_remove},
};

static const struct operation *operation_of(u8 type)
{
    for (u32 i = 0; i < ARRAY_LEN(operations); i++)
        if (operations[i].type == type)
            return &operations[i];
    return NULL;
}

bool p9_may_last(const struct p9_call *c)
{
    struct p9_cursor in = c->in;
    p9_take(&in, 4);
    const struct operation *o = operation_of((u8)p9_get(&in, 1));
    return o && (o->lasts || !c->fs->local);
}

u32 p9_serve(struct p9_call *c)
{
    struct p9_cursor start = c->out, header = c->out;
    if (start.len < P9_SMALLEST)
        return 0;
    u32 size = (u32)p9_get(&c->in, 4);
    u8 type = (u8)p9_get(&c->in, 1);
    u16 tag = (u16)p9_get(&c->in, 2);
    int err = EPROTO;
    start.at = c->out.at = P9_HEADER;
    if (!c->in.bad && size >= P9_HEADER && size <= c->in.len) {
        c->in.len = size;
        const struct operation *o = operation_of(type);
        err = o ? o->op(c) : EOPNOTSUPP;
    }
    if (!err && (c->in.bad || c->out.bad))
        err = c->in.bad ? EINVAL : EIO;
    if (err) {
        c->out = start;
        p9_put(&c->out, 4, (u32)err);
    }
    p9_put(&header, 4, c->out.at);
    p9_put(&header, 1, err ? RLERROR : type + 1u);
    p9_put(&header, 2, tag);
    return c->out.at;
}
