/* Differences that pass: a register that differs for a while and is overwritten leaves no trace in
 * what is compared later. So the last stretch before the runs part for good is executed once more,
 * plainly, and what every instruction does is hashed. */
#include "lockstep/diff_report.h"

#include "machine/history.h"
#include "trace/hub.h"

enum { STRETCH = 1 << 20 /* instructions hashed between two comparisons */ };

/* After an instruction: where it leads, and what registers it can have written hold. */
static void note(void *ctx, struct hart *h)
{
    u64 *hash = ctx;
    u32 rd = h->insn >> 7 & 31, compressed = 8 + (h->insn >> 2 & 7);
    u64 values = h->pc ^ h->x[rd] * 3 ^ h->x[compressed] * 5 ^ h->f[rd] * 7;
    *hash = (*hash ^ values) * 0x9e3779b97f4a7c15ull;
    *hash ^= *hash >> 29;
}

int diff_watch(struct machine *m, struct diff_watch *w)
{
    for (u32 i = 0; i < m->num_harts; i++) {
        w->listener[i] = hub_add(m->hart[i]);
        if (!w->listener[i])
            return -1;
        w->listener[i]->ctx = &w->hash;
    }
    return 0;
}

static void set_watch(struct machine *m, struct diff_watch *w, bool on)
{
    w->hash = 0;
    for (u32 i = 0; i < m->num_harts; i++) {
        w->listener[i]->plain = on;
        w->listener[i]->insn = on ? note : NULL;
        hub_refresh(m->hart[i]);
    }
}

/* Does anything differ in the instructions up to `to`, from where both stand? 1, 0, or -1 with
 * *err. */
static int hashes_differ(struct diff *d, u64 to, struct error *err)
{
    set_watch(d->a, &d->watch[0], true);
    set_watch(d->b, &d->watch[1], true);
    int rc = diff_go_to(d, to, err);
    bool differ = d->watch[0].hash != d->watch[1].hash;
    set_watch(d->a, &d->watch[0], false);
    set_watch(d->b, &d->watch[1], false);
    return rc ? -1 : differ;
}

/* Something differs between `from`, where moments are kept, and `to`: the first instruction. 0, or
 * -1 with *err. */
static int bisect(struct diff *d, u64 from, u64 *to, struct error *err)
{
    u64 same = from;
    while (*to - same > 1) {
        u64 middle = same + (*to - same) / 2;
        int differ = diff_go_to(d, from, err) ? -1 : hashes_differ(d, middle, err);
        if (differ < 0)
            return -1;
        *(differ ? to : &same) = middle;
    }
    return 0;
}

int diff_find_passing(struct diff *d, u64 back, u64 *parting, struct error *err)
{
    u64 end = *parting == UINT64_MAX ? d->a->state.executed : *parting - 1;
    u64 at = end > back ? end - back : 0;
    while (at < end) {
        u64 next = end - at > STRETCH ? at + STRETCH : end;
        if (diff_go_to(d, at, err) || history_keep(d->a, err) || history_keep(d->b, err))
            return -1;
        int differ = hashes_differ(d, next, err);
        if (differ < 0)
            return -1;
        if (differ) {
            *parting = next;
            return bisect(d, at, parting, err);
        }
        at = next;
    }
    return 0;
}
