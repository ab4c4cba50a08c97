/* The virtio 9P transport (virtio 1.2, section 5.16): a request is copied out of its chain, served
 * by p9_fs.c, and the reply copied back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/keys.h"
#include "devices/devices.h"
#include "devices/p9_fs.h"
#include "devices/virtio.h"

enum { TAG_MAX = 62 };

#define F_MOUNT_TAG BIT(0)

struct p9_config {
    u16 tag_len;
    char tag[TAG_MAX];
};

struct p9_device {
    struct virtio v;
    struct p9_fs fs;
    struct p9_fs *old;      /* what an earlier instance had, until its state is put back */
    struct state_blob fids; /* what is open, for p9_load() */
    struct p9_config config;
    struct vq_chain chain;
    u8 request[P9_MSIZE_MAX], reply[P9_MSIZE_MAX];
};

static void p9_notify(struct virtio *v, unsigned q)
{
    struct p9_device *d = (struct p9_device *)v;
    while (vq_pop(v, q, &d->chain) == 1) {
        u64 len = d->chain.out_len, room = d->chain.in_len;
        if (len > P9_MSIZE_MAX) {
            virtio_stop(v, "message of %llu bytes", (unsigned long long)len);
            return;
        }
        if (vq_read(v, &d->chain, 0, d->request, len) != len)
            return;
        struct p9_call call = {
            .fs = &d->fs,
            .again = d->chain.done,
            .in = {d->request, 0, (u32)len, false},
            .out = {d->reply, 0, room < P9_MSIZE_MAX ? (u32)room : P9_MSIZE_MAX, false}};
        int n = p9_serve(&call);
        virtio_spend(v, VIRTIO_PIECE); /* the host's files take what time they take */
        if (n == P9_LATER) {
            d->chain.done = 1;
            vq_suspend(v, q, &d->chain);
            break;
        }
        if (n == 0) {
            virtio_stop(v, "no room for a reply");
            return;
        }
        vq_write(v, &d->chain, 0, d->reply, (u64)n);
        vq_push(v, q, &d->chain, (u32)n);
    }
    vq_signal(v, q);
}

static void p9_reset(struct virtio *v)
{
    p9_clunk_all(&((struct p9_device *)v)->fs);
}

static void free_old(struct p9_device *d)
{
    if (d->old)
        p9_clunk_all(d->old);
    free(d->old);
    d->old = NULL;
}

static void p9_destroy(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    free_old(d);
    free(d->fids.data);
    p9_clunk_all(&d->fs);
    if (d->fs.root >= 0)
        close(d->fs.root);
}

/* The folder, and the files that are open. */
static void *p9_give_host(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    struct p9_fs *given = malloc(sizeof(*given));
    if (!given)
        return NULL;
    *given = d->fs;
    memset(d->fs.bucket, 0, sizeof(d->fs.bucket));
    d->fs.sync = NULL;
    d->fs.root = -1;
    return given;
}

static void p9_suspend(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    p9_save(&d->fs, &d->fids);
}

static int p9_resume(struct device *dev, struct error *err)
{
    struct p9_device *d = (struct p9_device *)dev;
    int rc = p9_load(&d->fs, &d->fids, d->old, err);
    free_old(d);
    return rc ? rc : virtio_resume(dev, err);
}

static int share_portable(const struct device *dev, struct error *err)
{
    return p9_portable(&((const struct p9_device *)dev)->fs, err);
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
    STATE_FIELD(struct p9_device, fs.msize),
    STATE_BLOB(struct p9_device, fids),
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
    {"ro", NULL, KEY_WORD, KEY_AT(struct p9_device, fs.read_only), .min = true},
    {"rw", NULL, KEY_WORD, KEY_AT(struct p9_device, fs.read_only), .min = false},
    {"tag", "NAME", KEY_CALL, .call = set_tag},
};

/* Cuts "DIR[,ro|rw][,tag=NAME]" at its commas and takes the options. 0, or -1 with *err. */
static int parse_share(struct p9_device *d, char *text, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--share", share_keys, ',');
    set_tag(d, "share", err);
    if (keys_parse(&table, keys_cut(text, ','), d, err))
        return -1;
    if (d->old) {
        d->fs.root = d->old->root;
        d->fs.sync = d->old->sync;
        d->old->sync = NULL;
        return 0;
    }
    d->fs.root = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return d->fs.root < 0 ? error_set(err, "share '%s': %s", text, strerror(errno)) : 0;
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
    struct p9_device *d = (struct p9_device *)virtio_alloc(sizeof(*d), &p9_class, env, err);
    char *text = strdup(args->spec);
    if (d)
        d->old = args->host;
    if (!d || !text || parse_share(d, text, err)) {
        if (d && !text)
            error_set(err, "share '%s': out of memory", args->spec);
        free(text);
        free(d);
        return NULL;
    }
    free(text);
    allow_many_files();
    d->fs.msize = P9_MSIZE_MAX;
    d->fs.owner = env->owner;
    d->v.offered |= F_MOUNT_TAG;
    d->v.config = &d->config;
    return &d->v;
}
