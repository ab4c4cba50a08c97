/* The virtio network device (virtio 1.2, section 5.1) on a user-mode network: one pair of queues,
 * no offloads. Frames that arrive while the driver has no buffers wait in a short queue; beyond
 * that they are lost, as on a wire. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keys.h"
#include "common/tape.h"
#include "devices/devices.h"
#include "devices/net_user.h"
#include "devices/virtio.h"

enum { QUEUE_RX, QUEUE_TX, NUM_QUEUES };
enum { HEADER_MAX = 12, MAX_FRAME = 2048, BACKLOG = 128, LINK_UP = 1 };
enum { FRAME_COST = 4096 }; /* of a piece: what the network does with one */

#define F_MAC    BIT(5)
#define F_STATUS BIT(16)

struct net_config {
    u8 mac[6];
    u16 status;
};

struct frame {
    u16 len;
    u8 data[MAX_FRAME];
};

struct net {
    struct virtio v;
    struct net_user *user;
    struct net_config config;
    struct vq_chain chain;
    u32 first, waiting; /* ring of frames for the guest */
    struct frame backlog[BACKLOG];
};

/* What stands before a frame; without VERSION_1 its last field is not there (virtio 1.2, section
 * 5.1.6.1). */
static u32 header_len(const struct net *n)
{
    return n->v.s.features & VIRTIO_F_VERSION_1 ? HEADER_MAX : HEADER_MAX - 2;
}

/* Hands waiting frames to the driver's buffers. */
static void receive(struct net *n)
{
    u8 header[HEADER_MAX] = {[10] = 1}; /* num_buffers */
    u32 before = header_len(n);
    while (n->waiting && vq_pop(&n->v, QUEUE_RX, &n->chain) == 1) {
        const struct frame *f = &n->backlog[n->first];
        u32 written = 0;
        if (n->chain.in_len >= before + (u64)f->len) {
            vq_write(&n->v, &n->chain, 0, header, before);
            vq_write(&n->v, &n->chain, before, f->data, f->len);
            written = before + f->len;
        } /* else the buffer is too small and the frame is lost */
        vq_push(&n->v, QUEUE_RX, &n->chain, written);
        n->first = (n->first + 1) % BACKLOG;
        n->waiting--;
    }
    vq_signal(&n->v, QUEUE_RX);
}

static void put_frame(struct net *n, const u8 *data, size_t len)
{
    if (n->waiting == BACKLOG || len > MAX_FRAME)
        return;
    struct frame *f = &n->backlog[(n->first + n->waiting++) % BACKLOG];
    f->len = (u16)len;
    memcpy(f->data, data, len);
}

/* From the network. Not given to the driver here: this may run inside transmit(). */
static void net_deliver(void *arg, const u8 *data, size_t len)
{
    struct net *n = arg;
    put_frame(n, data, len);
    tape_put(n->v.dev.env->tape, TAPE_FRAME, n->v.dev.id, data, (u32)len);
}

/* The network looks at its sockets, and at what the guest sends (NULL: nothing). Where a tape has
 * what came then, that comes again and nothing is sent. */
static void exchange(struct net *n, const u8 *frame, size_t frame_len)
{
    struct tape *t = n->v.dev.env->tape;
    const void *data;
    int len;
    if (!tape_replays(t) && frame)
        net_user_send(n->user, frame, frame_len);
    else if (!tape_replays(t))
        net_user_poll(n->user);
    else
        while ((len = tape_look(t, TAPE_FRAME, n->v.dev.id, &data)) >= 0)
            put_frame(n, data, (size_t)len);
}

static s64 net_now_ns(void *arg)
{
    struct net *n = arg;
    return (s64)((u128)device_now(&n->v.dev) * 1000000000 / n->v.dev.env->hz);
}

static const struct net_user_ops user_ops = {net_deliver, net_now_ns};

static void transmit(struct net *n)
{
    u8 frame[MAX_FRAME];
    u32 before = header_len(n);
    while (vq_pop(&n->v, QUEUE_TX, &n->chain) == 1) {
        u64 len = n->chain.out_len;
        if (len > before && len - before <= MAX_FRAME) {
            len -= before;
            if (vq_read(&n->v, &n->chain, before, frame, len) != len)
                return;
            exchange(n, frame, len);
            virtio_spend(&n->v, FRAME_COST);
        }
        vq_push(&n->v, QUEUE_TX, &n->chain, 0);
    }
    vq_signal(&n->v, QUEUE_TX);
}

static void net_notify(struct virtio *v, unsigned q)
{
    struct net *n = (struct net *)v;
    if (q == QUEUE_TX)
        transmit(n);
    receive(n); /* the network may have answered at once */
}

static void net_poll(struct device *dev)
{
    struct net *n = (struct net *)dev;
    exchange(n, NULL, 0);
    virtio_begin(&n->v);
    receive(n);
}

static void net_reset(struct virtio *v)
{
    struct net *n = (struct net *)v;
    n->first = n->waiting = 0;
}

static void net_destroy(struct device *dev)
{
    net_user_free(((struct net *)dev)->user);
}

static void *net_give_host(struct device *dev)
{
    struct net *n = (struct net *)dev;
    struct net_user *user = n->user;
    n->user = NULL;
    return user;
}

/* What the host's network knows of the guest's connections cannot be made again. */
static int net_portable(const struct device *dev, struct error *err)
{
    (void)dev;
    return error_set(err,
                     "a user-mode network cannot be saved: its connections are this process's; "
                     "run without --net");
}

static const struct state_row net_rows[] = {
    VIRTIO_ROWS,
    STATE_FIELD(struct net, first),
    STATE_FIELD(struct net, waiting),
    STATE_EACH(struct net, backlog, len),
    STATE_EACH(struct net, backlog, data),
};

static const struct dev_class net_dev_class = {
    .name = "virtio-net",
    .reset = virtio_reset,
    .tick = virtio_tick,
    .poll = net_poll,
    .resume = virtio_resume,
    .destroy = net_destroy,
    .portable = net_portable,
    .give_host = net_give_host,
    .rows = net_rows,
    .num_rows = ARRAY_LEN(net_rows),
};

static const struct virtio_class net_class = {
    .dev = &net_dev_class,
    .device_id = 1,
    .num_queues = NUM_QUEUES,
    .config_len = sizeof(struct net_config),
    .notify = net_notify,
    .reset = net_reset,
};

/* What --net can say after its kind. */
struct net_spec {
    struct net_user_config user;
    u8 mac[6];
    u32 bus;
};

static int set_mac(void *into, const char *value, struct error *err)
{
    unsigned b[6];
    char rest;
    if (sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
               &rest) != 6 ||
        (b[0] & 1))
        return error_set(err, "must be six hexadecimal bytes of a unicast address");
    for (u32 i = 0; i < 6; i++)
        ((struct net_spec *)into)->mac[i] = (u8)b[i];
    return 0;
}

static const struct key net_keys[] = {
    {"restrict", "off|on", KEY_CHOICE, KEY_AT(struct net_spec, user.restricted)},
    {"loopback", "off|on", KEY_CHOICE, KEY_AT(struct net_spec, user.loopback)},
    {"hostfwd", "FROM-TO", KEY_LIST, KEY_ARRAY(struct net_spec, user.forward, user.num_forwards)},
    BUS_KEY(struct net_spec, bus),
    {"mac", "XX:XX:XX:XX:XX:XX", KEY_CALL, .call = set_mac},
};

/* Takes "user[,KEY=VALUE...]", which is cut up, and the network of an earlier instance, if there is
 * one; a replay has none. 0, or -1 with *err. */
static int configure(struct net *n, char *text, struct net_user *user, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--net", net_keys, ',');
    struct net_spec spec = {.bus = n->v.bus, .mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};
    const struct tape *tape = n->v.dev.env->tape;
    char *rest = keys_cut(text, ',');
    if (strcmp(text, "user") != 0)
        return error_set(err, "--net=%s: must be user[,KEY=VALUE...]", text);
    if (keys_parse(&table, rest, &spec, err))
        return -1;
    n->v.bus = spec.bus;
    memcpy(n->config.mac, spec.mac, sizeof(spec.mac));
    if (tape && tape->closed)
        return 0;
    n->user = user ? user : net_user_new(&spec.user, &user_ops, n, err);
    if (user)
        net_user_attach(user, n);
    return n->user ? 0 : -1;
}

struct virtio *virtio_net_new(const struct dev_env *env, const struct dev_args *args,
                              struct error *err)
{
    struct net *n = (struct net *)virtio_alloc(sizeof(*n), &net_class, env, args, err);
    char *text = strdup(args->spec);
    int rc = n && text ? configure(n, text, args->host, err) : error_set(err, "--net: no memory");
    free(text);
    if (rc) {
        free(n);
        return NULL;
    }
    n->config.status = LINK_UP;
    n->v.offered |= F_MAC | F_STATUS;
    n->v.config = &n->config;
    return &n->v;
}
