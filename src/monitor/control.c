/* Resuming and stopping the machine. */
#include "monitor/control.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "machine/history.h"
#include "machine/moments.h"
#include "trace/trace.h"

static void free_harts(struct control_hart *hart, u32 num)
{
    for (u32 i = 0; hart && i < num; i++)
        record_free(&hart[i].log);
    free(hart);
}

/* NULL without memory. */
static struct control_hart *new_harts(u32 num)
{
    struct control_hart *hart = calloc(num, sizeof *hart);
    for (u32 i = 0; hart && i < num; i++)
        if (record_init(&hart[i].log)) {
            free_harts(hart, num);
            return NULL;
        }
    return hart;
}

struct control *control_new(struct machine *m)
{
    struct control *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->m = m;
    c->focus = c->stop.hart = m->hart[0];
    c->probe = probe_new(m);
    c->hart = new_harts(m->num_harts);
    if (!c->hart || !c->probe) {
        control_free(c);
        return NULL;
    }
    control_hook(c);
    return c;
}

void control_free(struct control *c)
{
    if (!c)
        return;
    while (c->points.first)
        points_delete(&c->points, c->points.first);
    control_unhook(c);
    free_harts(c->hart, c->m->num_harts);
    probe_free(c->probe);
    free(c->marks);
    free(c);
}

bool control_ended(const struct control *c)
{
    return c->m->state.stop_reason && c->m->state.stop_reason != STOP_DEBUG;
}

bool control_storm(const struct control *c)
{
    return c->m->state.stop_reason == STOP_DEBUG && c->m->state.stop_status == HOLD_STORM;
}

const char *control_end_text(const struct control *c, char *buf, size_t len)
{
    switch (c->m->state.stop_reason) {
    case STOP_GUEST_EXIT:
        snprintf(buf, len, "the guest has ended with status %u", c->m->state.stop_status);
        break;
    case STOP_INSN_LIMIT:
        snprintf(buf, len, "the instruction limit is reached");
        break;
    case STOP_HUNG:
        snprintf(buf, len, "every hart waits and nothing can wake one");
        break;
    case STOP_CRITICAL:
        snprintf(buf, len, "a hart has met an error without a handler");
        break;
    case STOP_STORM:
        snprintf(buf, len, "a hart traps for ever");
        break;
    case STOP_SIGNAL:
        snprintf(buf, len, "ended by signal %u", c->m->state.stop_status);
        break;
    case STOP_QUIT:
        snprintf(buf, len, "ended by Ctrl-A x");
        break;
    default:
        snprintf(buf, len, "the run is over");
    }
    return buf;
}

/* For a breakpoint at which a hart stands: it has been reported, or the user has moved the hart
 * there. */
static struct reported here(const struct hart *h)
{
    return (struct reported){.valid = true, .clock = h->clock, .pc = h->pc};
}

static void prepare(struct control *c)
{
    struct error err;
    if (history_mend(c->m, &err)) /* who wants to go back will be told */
        history_cut(c->m);
    c->hart[c->focus->id].breakpoint = here(c->focus);
    c->hart[c->stop.hart->id].breakpoint = here(c->stop.hart);
    c->stop = (struct stop_info){.why = STOPPED_ASKED, .hart = c->focus};
    c->watch_hit = NULL;
    control_hook(c);
    if (!c->started)
        machine_start(c->m);
    c->started = true;
}

/* The machine stands still: why? */
static void conclude(struct control *c)
{
    struct machine *m = c->m;
    m->hold.hart = m->hold.only = NULL;
    if (control_ended(c)) {
        c->stop.why = STOPPED_ENDED;
        control_end_text(c, c->stop.text, sizeof c->stop.text);
    } else if (m->state.stop_status == HOLD_COUNT) {
        c->stop.why = STOPPED_COUNT;
    } else if (m->state.stop_status == HOLD_ASKED) {
        c->stop.why = STOPPED_ASKED;
    }
    control_settle(c);
    if (c->stop.why == STOPPED_POINT && c->stop.owner == OWNER_GDB && c->stop.kind == POINT_WATCH)
        c->hart[c->stop.hart->id].watch = here(c->stop.hart);
    c->focus = c->stop.hart;
    machine_flush(m);
    trace_flush(m);
}

static void run(struct control *c)
{
    if (control_ended(c)) {
        conclude(c);
        return;
    }
    prepare(c);
    c->m->state.stop_reason = STOP_NONE;
    machine_go(c->m);
    if ((control_ended(c) || control_storm(c)) && c->m->state.turn < c->m->num_harts)
        c->stop.hart = c->m->hart[c->m->state.turn]; /* whose turn it was */
    conclude(c);
}

void control_go(struct control *c)
{
    run(c);
}

void control_go_alone(struct control *c, struct hart *h)
{
    if (c->m->num_harts > 1)
        history_cut(c->m);
    c->focus = h;
    c->m->hold.only = h;
    run(c);
}

void control_step(struct control *c, struct hart *h, u64 count)
{
    if (!count)
        return;
    c->focus = h;
    c->m->hold.hart = h;
    c->m->hold.left = count;
    run(c);
}

/* Would this hart execute the machine's next instruction anyway? */
static bool is_next(const struct machine *m, const struct hart *h)
{
    return m->num_harts == 1 ||
           (m->state.in_round && m->hart[m->state.turn] == h && !m->state.yielded &&
            h->wait == WAIT_NONE && h->clock < m->state.round_end);
}

void control_step_alone(struct control *c, struct hart *h)
{
    bool asleep = h->wait != WAIT_NONE && !hart_wakes(h);
    if (is_next(c->m, h) || asleep || control_ended(c)) {
        control_step(c, h, 1);
        return;
    }
    c->focus = h;
    history_cut(c->m);
    prepare(c);
    c->m->state.stop_reason = STOP_NONE;
    machine_step_alone(c->m, h);
    machine_stop(c->m, STOP_DEBUG, HOLD_COUNT);
    conclude(c);
}

void control_moved(struct control *c)
{
    for (u32 i = 0; i < c->m->num_harts; i++) {
        record_forget(&c->hart[i].log);
        c->hart[i].breakpoint.valid = c->hart[i].watch.valid = false;
    }
    c->focus = c->m->hart[c->focus->id];
    c->stop = (struct stop_info){.why = STOPPED_START, .hart = c->focus};
    c->started = c->m->state.executed != 0;
    c->watch_hit = NULL;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->kind == POINT_WATCH_CSR)
            csr_peek(c->m->hart[p->filter.hart < 0 ? 0 : p->filter.hart], p->csr, &p->old);
}

int control_park(struct control *c, struct parked *p, struct error *err)
{
    struct control_hart *fresh = new_harts(c->m->num_harts);
    if (!fresh)
        return error_set(err, "out of memory");
    *p = (struct parked){c->hart, c->stop, c->focus};
    c->hart = fresh;
    return 0;
}

void control_unpark(struct control *c, const struct parked *p)
{
    free_harts(c->hart, c->m->num_harts);
    c->hart = p->hart;
    c->stop = p->stop;
    c->focus = p->focus;
}

/* A place to run to: pc in that mode of the present address space, with sp at least `sp`. */
static struct point *add_aim(struct control *c, const struct hart *h, enum mode mode, u64 sp)
{
    struct point *p = points_add(&c->points, POINT_BREAK, OWNER_COMMAND);
    char text[64];
    if (!p)
        return NULL;
    snprintf(text, sizeof text, "sp >= 0x%" PRIx64, sp);
    p->condition = strdup(text);
    p->filter = (struct filter){.modes = (u8)(1u << mode),
                                .hart = (s32)h->id,
                                .asid = (s32)hart_asid(h, mode),
                                .vmid = mode_table[mode].v ? (s32)hart_vmid(h) : -1};
    return p;
}

static void run_to_aims(struct control *c, struct hart *h)
{
    c->focus = h;
    run(c);
    points_delete_owner(&c->points, OWNER_COMMAND);
}

void control_run_to(struct control *c, struct hart *h, u64 pc, u64 sp)
{
    struct point *p = add_aim(c, h, (enum mode)h->mode, sp);
    if (!p)
        return;
    p->addr = pc;
    run_to_aims(c, h);
}

void control_run_until(struct control *c, struct hart *h, u64 pc, const struct filter *f)
{
    struct point *p = points_add(&c->points, POINT_BREAK, OWNER_COMMAND);
    if (!p)
        return;
    p->addr = pc;
    p->filter = *f;
    p->filter.hart = (s32)h->id;
    run_to_aims(c, h);
}

void control_run_back(struct control *c, struct hart *h)
{
    const struct trap_record *r = record_last(&c->hart[h->id].log, 0);
    for (unsigned i = 0; r && i < 2; i++) {
        u64 sp = r->state[offsetof(struct hart, x) / 8 + 2] & MASK(h->config.xlen);
        struct point *p = add_aim(c, h, (enum mode)r->ev.from, sp);
        if (p)
            p->addr = r->ev.epc + (i ? r->insn_len : 0);
    }
    if (r)
        run_to_aims(c, h);
}

/* ---- moments ---- */

int control_keep(struct control *c, const char *name, struct error *err)
{
    if (moment_find(c->m, name))
        return error_set(err, "there is a snapshot '%s' already", name);
    return moment_keep(c->m, name, err) ? 0 : -1;
}

/* Observers that draw a line in time cannot turn. */
static const char *goes_forwards(const struct options *o)
{
    return o->timeline  ? "--timeline"
           : o->profile ? "--profile"
           : o->report  ? "--report"
           : o->record  ? "--record"
           : o->replay  ? "--replay"
                        : NULL;
}

int control_go_back(struct control *c, const char *name, struct error *err)
{
    const struct moment *mo = moment_find(c->m, name);
    const char *observer = goes_forwards(&c->m->config.opt);
    if (!mo)
        return error_set(err, "no snapshot '%s'; 'snapshot list' shows all", name);
    if (observer)
        return error_set(err, "%s goes forwards only; leave it out to go back", observer);
    int rc = moment_go(c->m, mo, err);
    control_moved(c);
    return rc;
}
