/* The virtio console (virtio 1.2, section 5.3): one port, with the terminal's size. Linux takes the
 * size only when it is told of a change, and forgets one that comes before its own terminal exists.
 * So the size is announced again with some of the first output. */
#include <stdlib.h>
#include <string.h>

#include "common/tape.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "devices/virtio.h"

enum { QUEUE_RX, QUEUE_TX, NUM_QUEUES };
enum { BYTE_COST = 4 }; /* a byte for a terminal costs as much as so many others */
enum { ANNOUNCEMENTS = 16, ANNOUNCE_HZ = 10 };

#define F_SIZE        BIT(0)
#define F_EMERG_WRITE BIT(2)

struct console_config {
    u16 columns, rows;
    u32 max_ports;
    u32 emergency;
};

struct console {
    struct virtio v;
    struct chardev *chardev;
    struct console_config config;
    struct vq_chain chain;
    u64 announced;     /* when the driver was last told of the size ... */
    u32 announcements; /* ... and how often since it started */
};

/* Tells a driver that has just come up, or has output, what the size is. */
static void announce_size(struct console *c)
{
    u64 now = device_now(&c->v.dev);
    if (!(c->v.s.features & F_SIZE) || c->announcements == ANNOUNCEMENTS ||
        (c->announcements && now - c->announced < c->v.dev.env->hz / ANNOUNCE_HZ))
        return;
    c->announced = now;
    c->announcements++;
    virtio_config_changed(&c->v);
}

/* Hands waiting input to the driver's buffers. */
static void receive(struct console *c)
{
    if (!virtio_queue_live(&c->v, QUEUE_RX)) {
        chardev_release(c->chardev);
        return;
    }
    chardev_claim(c->chardev, NULL, 0); /* even before the driver has buffers */
    while (chardev_pending(c->chardev) && vq_pop(&c->v, QUEUE_RX, &c->chain) == 1) {
        u64 done = 0, n;
        while (done < c->chain.in_len && chardev_pending(c->chardev)) {
            n = c->chain.in_len - done;
            u8 *p = vq_in_at(&c->v, &c->chain, done, &n);
            if (!p)
                break;
            done += chardev_claim(c->chardev, p, n);
        }
        vq_push(&c->v, QUEUE_RX, &c->chain, (u32)done);
    }
    vq_signal(&c->v, QUEUE_RX);
}

/* Writes what a request holds, as far as this piece allows. True: there is no more. */
static bool send(struct console *c)
{
    struct vq_chain *chain = &c->chain;
    while (chain->done < chain->out_len) {
        u64 n = virtio_allow(&c->v, (chain->out_len - chain->done) * BYTE_COST) / BYTE_COST;
        if (n == 0)
            return false;
        const u8 *p = vq_out_at(&c->v, chain, chain->done, &n);
        if (!p)
            return true;
        chardev_write(c->chardev, p, n);
        chain->done += (u32)n;
        virtio_spend(&c->v, n * BYTE_COST);
    }
    return true;
}

static void transmit(struct console *c)
{
    while (vq_pop(&c->v, QUEUE_TX, &c->chain) == 1) {
        if (!send(c)) {
            vq_suspend(&c->v, QUEUE_TX, &c->chain);
            break;
        }
        vq_push(&c->v, QUEUE_TX, &c->chain, 0);
    }
    vq_signal(&c->v, QUEUE_TX);
    announce_size(c);
}

static void console_notify(struct virtio *v, unsigned q)
{
    struct console *c = (struct console *)v;
    if (q == QUEUE_TX)
        transmit(c);
    else
        receive(c);
}

/* The only field a driver may write is the emergency character. */
static void console_config_changed(struct virtio *v)
{
    struct console *c = (struct console *)v;
    u8 byte = (u8)c->config.emergency;
    chardev_write(c->chardev, &byte, 1);
    c->config.emergency = 0;
}

struct window {
    u16 columns, rows;
};

/* Has somebody changed the window? */
static bool new_size(const struct console *c, struct window *w)
{
    const void *data;
    struct tape *t = c->v.dev.env->tape;
    if (tape_replays(t)) {
        if (tape_look(t, TAPE_WINDOW, 1, &data) != (int)sizeof *w)
            return false;
        memcpy(w, data, sizeof *w);
        return true;
    }
    if (chardev_window(c->chardev, &w->columns, &w->rows) != 0 ||
        (w->columns == c->config.columns && w->rows == c->config.rows))
        return false;
    tape_put(t, TAPE_WINDOW, 1, w, sizeof *w);
    return true;
}

static bool read_size(struct console *c)
{
    struct window w;
    if (!new_size(c, &w))
        return false;
    c->config.columns = w.columns;
    c->config.rows = w.rows;
    return true;
}

static void console_poll(struct device *dev)
{
    struct console *c = (struct console *)dev;
    if (read_size(c))
        virtio_config_changed(&c->v);
    else if (!c->announcements && virtio_queue_live(&c->v, QUEUE_TX))
        announce_size(c);
    virtio_begin(&c->v);
    receive(c);
}

static void console_reset(struct virtio *v)
{
    struct console *c = (struct console *)v;
    c->announcements = 0;
    chardev_release(c->chardev);
}

static const struct state_row console_rows[] = {
    VIRTIO_ROWS,
    STATE_FIELD(struct console, config.columns),
    STATE_FIELD(struct console, config.rows),
    STATE_FIELD(struct console, announced),
    STATE_FIELD(struct console, announcements),
};

static const struct dev_class console_dev_class = {
    .name = "virtio-console",
    .reset = virtio_reset,
    .tick = virtio_tick,
    .poll = console_poll,
    .resume = virtio_resume,
    .rows = console_rows,
    .num_rows = ARRAY_LEN(console_rows),
};

static const struct virtio_class console_class = {
    .dev = &console_dev_class,
    .device_id = 3,
    .num_queues = NUM_QUEUES,
    .config_len = sizeof(struct console_config),
    .writable_from = offsetof(struct console_config, emergency),
    .notify = console_notify,
    .reset = console_reset,
    .config_changed = console_config_changed,
};

struct virtio *virtio_console_new(const struct dev_env *env, const struct dev_args *args,
                                  struct error *err)
{
    struct console *c = (struct console *)virtio_alloc(sizeof(*c), &console_class, env, args, err);
    if (!c)
        return NULL;
    u16 columns, rows;
    c->chardev = args->terminal;
    c->config.max_ports = 1;
    c->v.offered |= F_EMERG_WRITE | (chardev_window(c->chardev, &columns, &rows) == 0 ? F_SIZE : 0);
    read_size(c);
    c->v.config = &c->config;
    return &c->v;
}
