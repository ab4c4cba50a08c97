/* The virtio entropy device (virtio 1.2, section 5.4). With a seed its bytes are the same in every
 * run, which replay needs; without, they are the host's. */
#include <stdlib.h>
#include <sys/random.h>

#include "common/tape.h"
#include "devices/devices.h"
#include "devices/virtio.h"

struct rng {
    struct virtio v;
    u8 seeded;
    u64 state;
    struct vq_chain chain;
};

/* SplitMix64. */
static u64 next(u64 *state)
{
    u64 z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* A request gets no more than this: fewer bytes than asked for are allowed (virtio 1.2, section
 * 5.4.6.2), and no request shall hold up the machine. */
enum { MOST = 4096 };

/* Fills at most 256 bytes; returns how many. */
static u64 fill(struct rng *r, u8 *p, u64 len)
{
    u64 n = len < 256 ? len : 256;
    if (!r->seeded) {
        struct tape *t = r->v.dev.env->tape;
        if (tape_replays(t))
            return tape_take(t, TAPE_RANDOM, p, (u32)n) ? 0 : n;
        if (getrandom(p, n, 0) != (ssize_t)n) /* that few bytes come at once */
            return 0;
        tape_put(t, TAPE_RANDOM, 0, p, (u32)n);
        return n;
    }
    for (u64 i = 0, word = 0; i < n; i++, word >>= 8) {
        if (i % 8 == 0)
            word = next(&r->state);
        p[i] = (u8)word;
    }
    return n;
}

static void rng_notify(struct virtio *v, unsigned q)
{
    struct rng *r = (struct rng *)v;
    while (vq_pop(v, q, &r->chain) == 1) {
        u64 done = 0;
        u64 len = r->chain.in_len < MOST ? r->chain.in_len : MOST;
        while (done < len) {
            u64 n = len - done;
            u8 *p = vq_in_at(v, &r->chain, done, &n);
            if (!p || (n = fill(r, p, n)) == 0)
                break;
            done += n;
        }
        virtio_spend(v, done);
        vq_push(v, q, &r->chain, (u32)done);
    }
    vq_signal(v, q);
}

static const struct state_row rng_rows[] = {VIRTIO_ROWS, STATE_FIELD(struct rng, state)};

static const struct dev_class rng_dev_class = {
    .name = "virtio-rng",
    .reset = virtio_reset,
    .tick = virtio_tick,
    .resume = virtio_resume,
    .rows = rng_rows,
    .num_rows = ARRAY_LEN(rng_rows),
};

static const struct virtio_class rng_class = {
    .dev = &rng_dev_class,
    .device_id = 4,
    .num_queues = 1,
    .notify = rng_notify,
};

struct virtio *virtio_rng_new(const struct dev_env *env, const struct dev_args *args,
                              struct error *err)
{
    struct rng *r = (struct rng *)virtio_alloc(sizeof(*r), &rng_class, env, args, err);
    if (!r)
        return NULL;
    r->seeded = args->seed != NULL;
    r->state = args->seed ? *args->seed : 0;
    return &r->v;
}
