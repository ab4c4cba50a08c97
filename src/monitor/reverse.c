/* Reverse execution by going to moments of the history and executing again. */
#include "monitor/reverse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/history.h"

/* ---- places ---- */

/* What re-execution would change of the points, and must not. */
struct point_counts {
    struct point *point;
    u64 hits, ignore;
    bool enabled;
};
struct kept_points {
    struct point_counts *counts;
    u32 num;
};

static int keep_points(const struct control *c, struct kept_points *k)
{
    u32 n = 0;
    for (const struct point *p = c->points.first; p; p = p->next)
        n++;
    k->counts = calloc(n + 1, sizeof *k->counts);
    k->num = 0;
    for (struct point *p = c->points.first; k->counts && p; p = p->next)
        k->counts[k->num++] = (struct point_counts){p, p->hits, p->ignore, p->enabled};
    return k->counts ? 0 : -1;
}

/* As they were, but ignoring nothing while we look. */
static void reset_points(const struct kept_points *k)
{
    for (u32 i = 0; i < k->num; i++) {
        k->counts[i].point->ignore = 0;
        k->counts[i].point->enabled = k->counts[i].enabled;
    }
}

static void give_points_back(struct kept_points *k)
{
    for (u32 i = 0; i < k->num; i++) {
        struct point *p = k->counts[i].point;
        p->hits = k->counts[i].hits;
        p->ignore = k->counts[i].ignore;
        p->enabled = k->counts[i].enabled;
    }
    free(k->counts);
}

int reverse_ready(const struct control *c, struct error *err)
{
    if (!history_is_kept(c->m))
        return error_set(err, "there is no way back: start with --history");
    return history_mend(c->m, err);
}

static int go_to_moment(struct control *c, const struct moment *mo, struct error *err)
{
    int rc = history_go(c->m, mo, err);
    control_moved(c);
    return rc;
}

static int go_to_start(struct control *c, struct error *err)
{
    int rc = go_to_moment(c, history_first(c->m), err);
    c->stop.why = STOPPED_START;
    return rc;
}

/* From a moment before it to where so many instructions have been executed. */
static void run_quietly(struct control *c, u64 executed)
{
    c->quiet = true;
    if (c->m->state.executed < executed) {
        machine_appoint(c->m, APPOINTED_STOP, executed);
        control_go(c);
        machine_appoint(c->m, APPOINTED_STOP, UINT64_MAX);
    }
    c->quiet = false;
}

/* Somebody has asked for the machine on the way, or it has gone another one. */
static int check_arrival(const struct control *c, u64 executed, struct error *err)
{
    if (c->m->state.executed == executed)
        return 0;
    return error_set(err, "stopped on the way, after %" PRIu64 " instructions",
                     c->m->state.executed);
}

/* What happened on the way is not news. */
static void arrive(struct control *c, struct hart *h)
{
    if (!control_ended(c))
        c->stop.why = STOPPED_COUNT;
    c->stop.trapped = false;
    c->focus = c->stop.hart = h;
}

int reverse_run(struct control *c, u64 executed, struct error *err)
{
    struct hart *focus = c->focus;
    run_quietly(c, executed);
    arrive(c, focus);
    return check_arrival(c, executed, err);
}

int reverse_goto(struct control *c, u64 executed, struct error *err)
{
    if (reverse_ready(c, err))
        return -1;
    const struct moment *mo = history_before(c->m, executed);
    if (!mo)
        return error_set(err, "that is before the history's start, at %" PRIu64 " instructions",
                         moment_facts(c->m, history_first(c->m)).executed);
    if (executed < c->m->state.executed || moment_facts(c->m, mo).executed > c->m->state.executed)
        if (go_to_moment(c, mo, err))
            return -1;
    return reverse_run(c, executed, err);
}

int reverse_step(struct control *c, struct hart *h, u64 count, struct error *err)
{
    if (reverse_ready(c, err))
        return -1;
    u64 target = h->executed - count;
    const struct moment *mo =
        count <= h->executed ? history_before_hart(c->m, h->id, target) : NULL;
    if (!mo)
        return go_to_start(c, err);
    if (go_to_moment(c, mo, err))
        return -1;
    c->quiet = true;
    control_step(c, h, target - h->executed);
    c->quiet = false;
    arrive(c, h);
    return h->executed == target ? 0 : error_set(err, "stopped on the way");
}

/* ---- to the last hit ---- */

/* Runs from a moment to `end`, through all hits before it: how many. */
static u32 count_hits(struct control *c, const struct moment *mo, u64 end, struct error *err)
{
    u32 hits = 0;
    if (go_to_moment(c, mo, err))
        return UINT32_MAX;
    do {
        machine_appoint(c->m, APPOINTED_STOP, end);
        control_go(c);
        hits += c->stop.why == STOPPED_POINT && c->m->state.executed < end;
    } while (c->stop.why == STOPPED_POINT && c->m->state.executed < end);
    machine_appoint(c->m, APPOINTED_STOP, UINT64_MAX);
    if (c->m->state.executed == end || control_ended(c))
        return hits;
    error_set(err, "stopped on the way, after %" PRIu64 " instructions", c->m->state.executed);
    return UINT32_MAX;
}

/* Looks from the present place back to the start, one moment after the other. */
static int go_to_last_hit(struct control *c, const struct kept_points *k, struct error *err)
{
    u64 end = c->m->state.executed;
    const struct moment *mo = end ? history_before(c->m, end - 1) : NULL;
    for (; mo; mo = history_earlier(c->m, mo)) {
        reset_points(k);
        u64 start = moment_facts(c->m, mo).executed;
        u32 hits = count_hits(c, mo, end, err);
        if (hits == UINT32_MAX)
            return -1;
        end = start;
        if (!hits)
            continue;
        reset_points(k);
        if (go_to_moment(c, mo, err))
            return -1;
        while (hits--)
            control_go(c);
        return 0;
    }
    return go_to_start(c, err);
}

int reverse_continue(struct control *c, struct error *err)
{
    struct kept_points k;
    if (reverse_ready(c, err))
        return -1;
    if (keep_points(c, &k))
        return error_set(err, "out of memory");
    int rc = go_to_last_hit(c, &k, err);
    struct stop_info stop = c->stop;
    give_points_back(&k);
    c->stop = stop;
    return rc;
}

/* ---- to an address ---- */

static int add_aim(struct control *c, const struct hart *h, const struct reverse_aim *aim, u64 pc)
{
    char text[64];
    struct point *p = points_add(&c->points, POINT_BREAK, OWNER_COMMAND);
    if (!p)
        return -1;
    snprintf(text, sizeof text, "sp >= 0x%" PRIx64, aim->sp);
    p->condition = strdup(text);
    p->addr = pc;
    p->filter = (struct filter){.modes = (u8)(1u << aim->mode),
                                .hart = (s32)h->id,
                                .asid = (s32)hart_asid(h, aim->mode),
                                .vmid = mode_table[aim->mode].v ? (s32)hart_vmid(h) : -1};
    return p->condition ? 0 : -1;
}

int reverse_to(struct control *c, struct hart *h, const struct reverse_aim *aim, struct error *err)
{
    struct kept_points users, k;
    int rc = reverse_ready(c, err);
    if (rc || keep_points(c, &users))
        return rc ? rc : error_set(err, "out of memory");
    for (u32 i = 0; i < users.num; i++) /* those of others are passed */
        users.counts[i].point->enabled = false;
    for (u32 i = 0; i < aim->num && !rc; i++)
        rc = add_aim(c, h, aim, aim->pc[i]);
    rc = rc || keep_points(c, &k) ? error_set(err, "out of memory") : 0;
    if (!rc) {
        rc = go_to_last_hit(c, &k, err);
        free(k.counts);
    }
    points_delete_owner(&c->points, OWNER_COMMAND);
    give_points_back(&users);
    c->focus = h;
    return rc;
}
