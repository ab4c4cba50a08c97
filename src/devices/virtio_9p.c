/* The virtio 9P transport (virtio 1.2, section 5.16): a request is copied out of its chain, served
 * by p9_fs.c in the worker's thread, and the reply copied back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/host.h"
#include "common/keys.h"
#include "common/tape.h"
#include "devices/devices.h"
#include "devices/p9_fs.h"
#include "devices/virtio.h"
#include "devices/worker.h"

enum { TAG_MAX = 62 };

#define F_MOUNT_TAG BIT(0)

struct p9_config {
    u16 tag_len;
    char tag[TAG_MAX];
};

/* The host's side: the folder, what is open in it, and a message; all are the worker's while it
 * serves that. */
struct p9_server {
    struct job job;
    struct worker *worker;
    struct p9_fs fs;
    struct p9_call call;
    bool asked; /* has a message been handed over whose reply nobody has taken? */
    u32 len;    /* of the reply */
    u8 request[P9_MSIZE_MAX], reply[P9_MSIZE_MAX];
};

struct p9_device {
    struct virtio v;
    struct p9_server *server;
    struct p9_server *old;     /* what an earlier instance had, until its state is put back */
    struct state_blob session; /* for p9_load() */
    struct p9_config config;
    bool read_only;
    struct vq_chain chain;
};

/* Does a tape have all that the folder would answer? Then it is not opened. */
static bool is_replayed(const struct p9_device *d)
{
    const struct tape *t = d->v.dev.env->tape;
    return t && t->closed;
}

/* ---- the server ---- */

static void serve(struct job *job)
{
    struct p9_server *s = (struct p9_server *)job;
    s->len = p9_serve(&s->call);
}

static void free_server(struct job *job)
{
    struct p9_server *s = (struct p9_server *)job;
    p9_clunk_all(&s->fs);
    if (s->fs.root >= 0)
        close(s->fs.root);
    free(s);
}

/* For the folder `root`, a descriptor that it owns; -1: nothing will be served. NULL without
 * memory; then that is closed. */
static struct p9_server *new_server(int root, bool read_only)
{
    struct p9_server *s = calloc(1, sizeof(*s));
    if (!s) {
        if (root >= 0)
            close(root);
        return NULL;
    }
    s->job = (struct job){serve, free_server};
    s->fs.root = root;
    s->fs.local = root >= 0 && host_is_local(root);
    s->fs.read_only = read_only;
    s->fs.msize = P9_MSIZE_MAX;
    return s;
}

static void leave_server(struct p9_server *s)
{
    if (s && worker_leave(s->worker))
        free_server(&s->job);
}

/* Afterwards nothing is being served. What the host does not come back from, when the user has
 * ended the run, keeps its server. */
static void settle(struct p9_device *d)
{
    struct p9_server *s = d->server, *fresh = NULL;
    if (worker_wait(s->worker, d->v.dev.env->owner) != 0)
        fresh = new_server(fcntl(s->fs.root, F_DUPFD_CLOEXEC, 0), d->read_only);
    if (fresh) {
        d->server = fresh;
        leave_server(s);
    } else {
        worker_wait(s->worker, NULL);
        s->asked = false;
    }
}

/* Has the message in d->chain served. 0, or EINTR: its time is not known. */
static int have_served(struct p9_device *d)
{
    struct p9_server *s = d->server;
    u64 room = d->chain.in_len;
    if (s->asked)
        return worker_wait(s->worker, d->v.dev.env->owner);
    s->call = (struct p9_call){
        .fs = &s->fs,
        .in = {s->request, 0, (u32)d->chain.out_len, false},
        .out = {s->reply, 0, room < P9_MSIZE_MAX ? (u32)room : P9_MSIZE_MAX, false}};
    if (!p9_may_last(&s->call)) {
        serve(&s->job);
        return 0;
    }
    s->asked = true;
    return worker_do(&s->worker, &s->job, d->v.dev.env->owner);
}

/* The reply that the record has. */
static int take_reply(struct p9_device *d)
{
    struct p9_server *s = d->server;
    const void *reply = tape_need(d->v.dev.env->tape, TAPE_SHARE, d->v.dev.id, &s->len);
    if (!reply || s->len == 0 || s->len > sizeof s->reply)
        return EINTR;
    memcpy(s->reply, reply, s->len);
    return 0;
}

/* The same by way of the tape. */
static int ask(struct p9_device *d)
{
    struct tape *t = d->v.dev.env->tape;
    if (tape_replays(t))
        return take_reply(d);
    int error = have_served(d);
    tape_put(t, TAPE_SHARE, d->v.dev.id, d->server->reply, error ? 0 : d->server->len);
    return error;
}

/* ---- the device ---- */

static void p9_notify(struct virtio *v, unsigned q)
{
    struct p9_device *d = (struct p9_device *)v;
    while (vq_pop(v, q, &d->chain) == 1) {
        struct p9_server *s = d->server;
        u64 len = d->chain.out_len;
        if (len > P9_MSIZE_MAX) {
            virtio_stop(v, "message of %llu bytes", (unsigned long long)len);
            return;
        }
        if (d->chain.in_len < P9_SMALLEST) {
            virtio_stop(v, "no room for a reply");
            return;
        }
        if (!s->asked && vq_read(v, &d->chain, 0, s->request, len) != len)
            return;
        virtio_spend(v, VIRTIO_PIECE); /* the host's files take what time they take */
        if (ask(d) != 0) {
            vq_suspend(v, q, &d->chain);
            break;
        }
        s->asked = false;
        vq_write(v, &d->chain, 0, s->reply, s->len);
        vq_push(v, q, &d->chain, s->len);
    }
    vq_signal(v, q);
}

static void p9_reset(struct virtio *v)
{
    struct p9_device *d = (struct p9_device *)v;
    settle(d);
    p9_clunk_all(&d->server->fs);
}

static void free_old(struct p9_device *d)
{
    leave_server(d->old);
    d->old = NULL;
}

static void p9_destroy(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    free_old(d);
    free(d->session.data);
    leave_server(d->server);
}

/* The folder, and the files that are open. */
static void *p9_give_host(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    struct p9_server *given = d->server;
    d->server = NULL;
    return given;
}

static void p9_suspend(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    settle(d);
    if (!is_replayed(d))
        p9_save(&d->server->fs, &d->session);
}

static int p9_resume(struct device *dev, struct error *err)
{
    struct p9_device *d = (struct p9_device *)dev;
    settle(d);
    int rc = 0;
    if (!is_replayed(d))
        rc = p9_load(&d->server->fs, &d->session, d->old ? &d->old->fs : NULL, err);
    free_old(d);
    return rc ? rc : virtio_resume(dev, err);
}

static int share_portable(const struct device *dev, struct error *err)
{
    const struct p9_device *d = (const struct p9_device *)dev;
    const struct p9_server *s = d->server;
    if (is_replayed(d))
        return error_set(err, "a shared folder cannot be saved from a replay: it is not there");
    if (s->asked)
        return error_set(err, "a shared folder cannot be saved: the host is still busy with it");
    return p9_portable(&s->fs, err);
}

/* A guest finds a folder by its tag alone. */
static int p9_beside(const struct device *dev, const struct device *other, struct error *err)
{
    const struct p9_device *a = (const struct p9_device *)dev, *b = (const struct p9_device *)other;
    if (strcmp(a->config.tag, b->config.tag) != 0)
        return 0;
    return error_set(err, "--share: two folders have the tag '%s'; add ,tag=NAME", a->config.tag);
}

static const struct state_row p9_rows[] = {
    VIRTIO_ROWS,
    STATE_BLOB(struct p9_device, session),
};

static const struct dev_class p9_dev_class = {
    .name = "virtio-9p",
    .reset = virtio_reset,
    .tick = virtio_tick,
    .suspend = p9_suspend,
    .resume = p9_resume,
    .portable = share_portable,
    .give_host = p9_give_host,
    .destroy = p9_destroy,
    .beside = p9_beside,
    .rows = p9_rows,
    .num_rows = ARRAY_LEN(p9_rows),
};

static const struct virtio_class p9_class = {
    .dev = &p9_dev_class,
    .device_id = 9,
    .num_queues = 1,
    .config_len = sizeof(struct p9_config),
    .notify = p9_notify,
    .reset = p9_reset,
};

static int set_tag(void *into, const char *tag, struct error *err)
{
    struct p9_device *d = into;
    if (strlen(tag) >= TAG_MAX)
        return error_set(err, "at most %u characters", TAG_MAX - 1);
    memset(d->config.tag, 0, TAG_MAX);
    d->config.tag_len = (u16)strlen(tag);
    memcpy(d->config.tag, tag, d->config.tag_len);
    return 0;
}

/* What follows the folder in --share. */
static const struct key share_keys[] = {
    {"ro", NULL, KEY_WORD, KEY_AT(struct p9_device, read_only), .min = true},
    {"rw", NULL, KEY_WORD, KEY_AT(struct p9_device, read_only), .min = false},
    BUS_KEY(struct p9_device, v.bus),
    {"tag", "NAME", KEY_CALL, .call = set_tag},
};

/* Cuts "DIR[,ro|rw][,tag=NAME]" at its commas and takes the options. 0, or -1 with *err. */
static int parse_share(struct p9_device *d, char *text, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--share", share_keys, ',');
    set_tag(d, "share", err);
    if (keys_parse(&table, keys_cut(text, ','), d, err))
        return -1;
    int root = -1;
    if (d->old) {
        root = d->old->fs.root;
        d->old->fs.root = -1;
    } else if (!is_replayed(d) && (root = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return error_set(err, "share '%s': %s", text, strerror(errno));
    d->server = new_server(root, d->read_only);
    return d->server ? 0 : error_set(err, "share '%s': out of memory", text);
}

/* Every file the guest knows costs a descriptor. */
static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

struct virtio *virtio_9p_new(const struct dev_env *env, const struct dev_args *args,
                             struct error *err)
{
    struct p9_device *d = (struct p9_device *)virtio_alloc(sizeof(*d), &p9_class, env, args, err);
    char *text = strdup(args->spec);
    if (d)
        d->old = args->host;
    if (!d || !text || parse_share(d, text, err)) {
        if (d && !text)
            error_set(err, "share '%s': out of memory", args->spec);
        if (d)
            leave_server(d->server);
        free(text);
        free(d);
        return NULL;
    }
    free(text);
    if (!is_replayed(d))
        allow_many_files();
    d->v.offered |= F_MOUNT_TAG;
    d->v.config = &d->config;
    return &d->v;
}
