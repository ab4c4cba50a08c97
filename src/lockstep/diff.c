/* Where two runs part. Both machines keep a history. They are compared after ever longer stretches
 * of instructions; behind the first difference, the instruction that made it is found by bisection.
 */
#include "lockstep/diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/insn.h"
#include "lockstep/diff_report.h"
#include "lockstep/twin.h"
#include "machine/history.h"
#include "machine/state.h"
#include "trace/trace.h"

enum {
    FIRST_STRETCH = 1 << 16, /* instructions until the first comparison, then twice as many ... */
    LAST_STRETCH = 1 << 25   /* ... up to this */
};

/* ---- what is compared ---- */

/* Not what only tells how fast the simulator was, or will be. */
static bool is_compared(const struct state_part *part)
{
    const char *comma = strrchr(part->name, ',');
    return !comma || strcmp(comma, ", TLB") != 0;
}

static int add_part(void *ctx, const struct state_part *part)
{
    struct diff_parts *all = ctx;
    if (is_compared(part) && all->num < ARRAY_LEN(all->part))
        all->part[all->num++] = *part;
    return 0;
}

void diff_parts_of(struct machine *m, struct diff_parts *all)
{
    all->num = 0;
    machine_each_part(m, add_part, all);
}

static bool same_rows(const struct state_part *a, const struct state_part *b)
{
    if (a->num_rows != b->num_rows)
        return false;
    for (u32 i = 0; i < a->num_rows; i++)
        if (a->row[i].size != b->row[i].size || a->row[i].count != b->row[i].count)
            return false;
    return true;
}

const struct state_part *diff_partner(const struct diff_parts *all, const struct state_part *part)
{
    for (u32 i = 0; i < all->num; i++)
        if (strcmp(all->part[i].name, part->name) == 0)
            return same_rows(&all->part[i], part) ? &all->part[i] : NULL;
    return NULL;
}

/* ---- what differed at the start ---- */

static bool is_known(const struct diff *d, const struct state_part *part,
                     const struct state_row *row, u32 i)
{
    for (u32 k = 0; k < d->num_known; k++) {
        const struct diff_element *e = &d->known[k];
        if (e->i == i && strcmp(e->row, row->name) == 0 && strcmp(e->part, part->name) == 0)
            return true;
    }
    return false;
}

static void learn(void *ctx, const struct state_part *a, const struct state_part *b,
                  const struct state_row *row, u32 i)
{
    struct diff *d = ctx;
    struct diff_element *more;
    (void)b;
    if (row == hart_rows && i == DUMP_SLOT)
        return;
    more = realloc(d->known, (d->num_known + 1) * sizeof *more);
    if (!more) {
        d->lost = true;
        return;
    }
    d->known = more;
    d->known[d->num_known] = (struct diff_element){.row = row->name, .i = i};
    snprintf(d->known[d->num_known++].part, sizeof more->part, "%s", a->name);
}

static bool learn_page(void *ctx, u64 at)
{
    struct diff *d = ctx;
    d->known_pages[at / TWIN_PAGE / 64] |= BIT(at / TWIN_PAGE % 64);
    d->num_known_pages++;
    return true;
}

static bool is_known_page(const struct diff *d, u64 at)
{
    return d->known_pages[at / TWIN_PAGE / 64] >> at / TWIN_PAGE % 64 & 1;
}

/* All that differs before the first instruction. 0, or -1 with *err. */
static int learn_start(struct diff *d, struct error *err)
{
    struct diff_parts a, b;
    d->known_pages = calloc(d->a->ram->size / TWIN_PAGE / 64 + 1, 8);
    if (!d->known_pages)
        return error_set(err, "out of memory");
    diff_parts_of(d->a, &a);
    diff_parts_of(d->b, &b);
    for (u32 i = 0; i < a.num; i++) {
        const struct state_part *other = diff_partner(&b, &a.part[i]);
        if (other)
            state_compare(&a.part[i], other, learn, d);
    }
    twin_each_page(d->a, d->b, learn_page, d);
    return d->lost ? error_set(err, "out of memory") : 0;
}

/* ---- comparing ---- */

/* What fn is told of. */
struct telling {
    const struct diff *d;
    const struct diff_listener *to;
    u32 count;
};

static void tell_element(void *ctx, const struct state_part *a, const struct state_part *b,
                         const struct state_row *row, u32 i)
{
    struct telling *t = ctx;
    if ((row == hart_rows && i == DUMP_SLOT) || is_known(t->d, a, row, i))
        return;
    t->count++;
    if (t->to)
        t->to->element(t->to->ctx, a, b, row, i);
}

static bool tell_page(void *ctx, u64 at)
{
    struct telling *t = ctx;
    if (is_known_page(t->d, at))
        return true;
    t->count++;
    if (t->to)
        t->to->page(t->to->ctx, at);
    return t->to != NULL; /* one is enough to know */
}

u32 diff_compare(const struct diff *d, const struct diff_listener *to)
{
    struct telling t = {.d = d, .to = to};
    struct diff_parts a, b;
    diff_parts_of(d->a, &a);
    diff_parts_of(d->b, &b);
    for (u32 i = 0; i < a.num; i++) {
        const struct state_part *other = diff_partner(&b, &a.part[i]);
        if (other)
            state_compare(&a.part[i], other, tell_element, &t);
    }
    if (!t.count || to)
        twin_each_page(d->a, d->b, tell_page, &t);
    return t.count;
}

/* ---- places of the runs ---- */

static bool has_ended(const struct machine *m)
{
    return m->state.stop_reason && m->state.stop_reason != STOP_DEBUG;
}

/* On, to where so many instructions have been executed, or to the end. */
static void forward(struct machine *m, u64 executed)
{
    if (has_ended(m) || m->state.executed >= executed)
        return;
    m->state.stop_reason = STOP_NONE;
    machine_appoint(m, APPOINTED_STOP, executed);
    machine_go(m);
    machine_appoint(m, APPOINTED_STOP, UINT64_MAX);
}

static int go_to(struct machine *m, u64 executed, struct error *err)
{
    if (executed < m->state.executed || has_ended(m)) {
        const struct moment *mo = history_before(m, executed);
        if (!mo)
            return error_set(err,
                             "the history does not reach back to instruction %" PRIu64
                             "; give it more memory with --history",
                             executed);
        if (history_go(m, mo, err))
            return -1;
    }
    forward(m, executed);
    return 0;
}

int diff_go_to(const struct diff *d, u64 executed, struct error *err)
{
    if (go_to(d->a, executed, err) || go_to(d->b, executed, err))
        return -1;
    return owner_signal(d->a->host.owner) ? error_set(err, "interrupted") : 0;
}

/* ---- the search ---- */

/* They are the same at `same` and differ at `other`: the least such `other`. 0, or -1 with *err. */
static int bisect(struct diff *d, u64 same, u64 *other, struct error *err)
{
    while (*other - same > 1) {
        u64 middle = same + (*other - same) / 2;
        if (diff_go_to(d, middle, err))
            return -1;
        if (diff_compare(d, NULL)) {
            *other = middle;
            continue;
        }
        same = middle;
        if (history_keep(d->a, err) || history_keep(d->b, err)) /* from here it is less far */
            return -1;
    }
    return 0;
}

/* How many instructions they have executed when they first differ; UINT64_MAX: they end first. 0,
 * or -1 with *err. */
static int find(struct diff *d, u64 *parting, struct error *err)
{
    u64 same = 0, stretch = FIRST_STRETCH;
    for (;;) {
        u64 next = same + stretch;
        if (diff_go_to(d, next, err))
            return -1;
        if (diff_compare(d, NULL)) {
            *parting = next;
            return bisect(d, same, parting, err);
        }
        if (has_ended(d->a) && has_ended(d->b)) {
            *parting = UINT64_MAX;
            return 0;
        }
        same = next;
        stretch = stretch < LAST_STRETCH ? 2 * stretch : stretch;
    }
}

static struct machine *new_machine(const struct options *opt, struct owner *quiet,
                                   struct error *err)
{
    struct options one = twin_quiet(opt, quiet);
    if (!one.history)
        one.history = 512ull << 20;
    struct machine *m = twin_new(&one, -1, err);
    if (m && trace_load_symbols(m, err) == 0)
        return m;
    machine_free(m);
    return NULL;
}

int diff_run(const struct options *a, const struct options *b, FILE *out, struct error *err)
{
    struct owner quiet[2];
    struct diff d = {0};
    u64 parting;
    int result = -1;
    if (twin_check(a, "diff", err) || twin_check(b, "diff", err))
        return -1;
    d.a = new_machine(a, &quiet[0], err);
    d.b = d.a ? new_machine(b, &quiet[1], err) : NULL;
    if (d.b && (diff_watch(d.a, &d.watch[0]) || diff_watch(d.b, &d.watch[1])))
        error_set(err, "out of memory");
    else if (d.b && learn_start(&d, err) == 0) {
        diff_report_start(&d, out);
        if (find(&d, &parting, err) == 0 && diff_find_passing(&d, a->look_back, &parting, err) == 0)
            result = diff_report(&d, parting, out, err);
    }
    free(d.known);
    free(d.known_pages);
    machine_free(d.a);
    machine_free(d.b);
    return result;
}
