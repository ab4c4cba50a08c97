/* Which moments are kept and which are forgotten. */
#include "machine/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/tape.h"
#include "devices/chardev.h"
#include "machine/recording.h"

/* Moments of the history have this name; the user's have others. */
static const char name[] = "";

struct history {
    u64 size; /* bytes that it may take */
    u64 gap;  /* instructions between two moments */
    bool cut;
};

bool history_is_kept(const struct machine *m)
{
    return m->history != NULL;
}

static bool is_ours(const struct machine *m, const struct moment *mo)
{
    return strcmp(moment_facts(m, mo).name, name) == 0;
}

static u64 executed_at(const struct machine *m, const struct moment *mo)
{
    return moment_facts(m, mo).executed;
}

/* ---- looking for moments ---- */

/* The last of ours at or before `executed`, by what `hart` (-1: all of them) had executed. */
static const struct moment *find(struct machine *m, s64 hart, u64 executed)
{
    const struct moment *best = NULL;
    u64 latest = 0;
    for (const struct moment *mo = moment_next(m, NULL); mo; mo = moment_next(m, mo)) {
        struct moment_facts f = moment_facts(m, mo);
        u64 there = hart < 0 ? f.executed : f.hart_executed[hart];
        if (!is_ours(m, mo) || there > executed || (best && f.executed < latest))
            continue;
        best = mo;
        latest = f.executed;
    }
    return best;
}

const struct moment *history_before(struct machine *m, u64 executed)
{
    return find(m, -1, executed);
}

const struct moment *history_before_hart(struct machine *m, u32 hart, u64 executed)
{
    return find(m, hart, executed);
}

const struct moment *history_earlier(struct machine *m, const struct moment *moment)
{
    u64 executed = executed_at(m, moment);
    return executed ? find(m, -1, executed - 1) : NULL;
}

const struct moment *history_first(struct machine *m)
{
    const struct moment *first = NULL;
    for (const struct moment *mo = moment_next(m, NULL); mo; mo = moment_next(m, mo))
        if (is_ours(m, mo) && (!first || executed_at(m, mo) < executed_at(m, first)))
            first = mo;
    return first;
}

/* ---- what was written ---- */

/* Is one place between two moments, both ours, or between one and the present? */
static bool covers(const struct machine *m, const struct moment_facts *f, u64 from, u64 end)
{
    return f->before && is_ours(m, f->before) && executed_at(m, f->before) <= from &&
           f->executed >= end;
}

bool history_may_write(struct machine *m, u64 page, u64 from, u64 end)
{
    for (const struct moment *mo = moment_next(m, NULL); mo; mo = moment_next(m, mo)) {
        struct moment_facts f = moment_facts(m, mo), now = {.before = mo};
        now.executed = m->state.executed;
        if ((is_ours(m, mo) && covers(m, &f, from, end) && !moment_has_page(m, mo, page)) ||
            (f.here && covers(m, &now, from, end) && !moment_has_page(m, NULL, page)))
            return false;
    }
    return true;
}

/* ---- keeping and forgetting ---- */

static int by_executed(const void *a, const void *b)
{
    const struct moment_facts *x = a, *y = b;
    return x->executed < y->executed ? -1 : x->executed > y->executed;
}

/* All of ours in order; free() it. NULL without memory. */
static struct moment_facts *in_order(struct machine *m, u32 *count)
{
    u32 n = 0;
    for (const struct moment *mo = moment_next(m, NULL); mo; mo = moment_next(m, mo))
        n += is_ours(m, mo);
    struct moment_facts *all = calloc(n + 1, sizeof *all);
    *count = 0;
    for (const struct moment *mo = moment_next(m, NULL); all && mo; mo = moment_next(m, mo))
        if (is_ours(m, mo))
            all[(*count)++] = moment_facts(m, mo);
    if (all)
        qsort(all, *count, sizeof *all, by_executed);
    return all;
}

/* What is lost when a moment goes: how long the way becomes, against how far away that is. */
static double loss(const struct machine *m, const struct moment_facts *f)
{
    u64 now = m->state.executed, at = f->executed;
    double away = (double)(now > at ? now - at : at - now) + (double)m->history->gap;
    return (double)(f[1].executed - f[-1].executed) / away;
}

/* Forgets the moment that will be missed least. False: none can be. */
static bool forget_one(struct machine *m)
{
    u32 count, best = 0;
    struct moment_facts *all = in_order(m, &count);
    bool done = false;
    while (all && !done) {
        best = 0;
        for (u32 i = 1; i + 1 < count; i++)
            if (all[i].moment && (!best || loss(m, &all[i]) < loss(m, &all[best])))
                best = i;
        if (!best)
            break;
        done = moment_forget(m, all[best].moment);
        all[best].moment = NULL;
    }
    if (all && !done && count > 2 && moment_forget(m, all[0].moment)) /* it begins later */
        done = true;
    free(all);
    return done;
}

static void appoint(struct machine *m)
{
    machine_appoint(m, APPOINTED_MOMENT, m->state.executed + m->history->gap);
}

int history_keep(struct machine *m, struct error *err)
{
    struct history *h = m->history;
    appoint(m);
    const struct moment *last = history_before(m, m->state.executed);
    if (last && m->state.executed - executed_at(m, last) < h->gap / 2)
        return 0; /* the run has been here before */
    if (!moment_keep(m, name, err))
        return -1;
    while (moments_size(m) + m->tape->events.len > h->size && forget_one(m))
        continue;
    return 0;
}

/* ---- beginning ---- */

static int check_options(const struct options *o, struct error *err)
{
    const char *what = o->replay                           ? NULL
                       : o->record                         ? "--record"
                       : o->num_shares                     ? "--share"
                       : o->semihosting && *o->semihosting ? "semihosting with a folder"
                                                           : NULL;
    return what ? error_set(err, "--history: there is no way back with %s; leave it out", what) : 0;
}

int history_start(struct machine *m, struct error *err)
{
    const struct options *o = &m->config.opt;
    if (!o->history)
        return 0;
    if (check_options(o, err))
        return -1;
    m->history = calloc(1, sizeof *m->history);
    if (!m->history)
        return error_set(err, "out of memory");
    *m->history = (struct history){.size = o->history, .gap = o->history_gap};
    appoint(m);
    return moment_keep(m, name, err) ? 0 : -1;
}

void history_free(struct machine *m)
{
    free(m->history);
}

void history_cut(struct machine *m)
{
    if (m->history)
        m->history->cut = true;
}

/* All of ours but one. */
static void forget_all_but(struct machine *m, const struct moment *kept)
{
    const struct moment *next;
    bool more = true;
    while (more) { /* some can go only after others */
        more = false;
        for (const struct moment *mo = moment_next(m, NULL); mo; mo = next) {
            next = moment_next(m, mo);
            if (mo != kept && is_ours(m, mo))
                more |= moment_forget(m, mo);
        }
    }
}

int history_mend(struct machine *m, struct error *err)
{
    if (!m->history || !m->history->cut)
        return 0;
    m->history->cut = false;
    if (!m->tape->closed) { /* what would have come later will not */
        m->tape->events.len = m->tape->events.at;
        chardev_say_again(m->host.console);
        if (m->host.terminal && m->host.terminal != m->host.console)
            chardev_say_again(m->host.terminal);
    }
    const struct moment *here = moment_keep(m, name, err);
    if (!here)
        return -1;
    forget_all_but(m, here);
    appoint(m);
    return 0;
}

int history_go(struct machine *m, const struct moment *moment, struct error *err)
{
    if (moment_go(m, moment, err))
        return -1;
    appoint(m);
    return 0;
}
