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
        u32 n = p9_serve(&d->fs, d->request, (u32)len, d->reply,
                         room < P9_MSIZE_MAX ? (u32)room : P9_MSIZE_MAX);
        if (n == 0) {
            virtio_stop(v, "no room for a reply");
            return;
        }
        vq_write(v, &d->chain, 0, d->reply, n);
        vq_push(v, q, &d->chain, n);
    }
    vq_signal(v, q);
}

static void p9_reset(struct virtio *v)
{
    p9_clunk_all(&((struct p9_device *)v)->fs);
}

static void p9_destroy(struct device *dev)
{
    struct p9_device *d = (struct p9_device *)dev;
    p9_clunk_all(&d->fs);
    close(d->fs.root);
}

/* A guest finds a folder by its tag alone. */
static int p9_beside(const struct device *dev, const struct device *other, struct error *err)
{
    const struct p9_device *a = (const struct p9_device *)dev, *b = (const struct p9_device *)other;
    if (strcmp(a->config.tag, b->config.tag) != 0)
        return 0;
    return error_set(err, "--share: two folders have the tag '%s'; add ,tag=NAME", a->config.tag);
}

static const struct dev_field p9_fields[] = {VIRTIO_FIELD};

static const struct dev_class p9_dev_class = {
    .name = "virtio-9p",
    .reset = virtio_reset,
    .resume = virtio_resume,
    .destroy = p9_destroy,
    .beside = p9_beside,
    .fields = p9_fields,
    .num_fields = ARRAY_LEN(p9_fields),
};

static const struct virtio_class p9_class = {
    .dev = &p9_dev_class,
    .device_id = VIRTIO_ID_9P,
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
    d->v.offered |= F_MOUNT_TAG;
    d->v.config = &d->config;
    return &d->v;
}
