/* The table of VM exits: listeners and rows. */
#include "trace/exits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "machine/machine.h"
#include "sbi/sbi.h"
#include "trace/hub.h"
#include "trace/words.h"

enum { ROWS_MAX = 512, SBI_MAX = 256, BUCKETS = 2048 };

struct exits_hart {
    struct exits *e;
    struct vm_exit exit;
    bool in_exit;
};

struct exits {
    struct machine *m;
    struct guest_maps *maps;
    struct exits_hart *hart;
    struct exit_row row[ROWS_MAX];
    u32 num_rows;
    u16 bucket[BUCKETS]; /* number of a row + 1, open addressing */
    struct sbi_row sbi[SBI_MAX];
    u32 num_sbi;
    bool sorted;
};

/* ---- rows ---- */

static u32 hash_of(const struct vm_exit *x, const char *detail)
{
    u32 h =
        2166136261u ^ x->code ^ (u32)x->interrupt << 8 ^ (u32)x->to << 16 ^ (u32)x->passed_on << 24;
    h *= 16777619u;
    for (; *detail; detail++)
        h = (h ^ (u8)*detail) * 16777619u;
    return h;
}

static bool same_row(const struct exit_row *r, const struct vm_exit *x, const char *detail)
{
    return r->code == x->code && r->interrupt == x->interrupt && r->to == x->to &&
           r->passed_on == x->passed_on && !strcmp(r->detail, detail);
}

/* The row of this exit. When there are too many, what is new shares a row for each cause. */
static struct exit_row *row_of(struct exits *e, const struct vm_exit *x, const char *detail)
{
    if (e->num_rows >= ROWS_MAX - 128)
        detail = "(other details)";
    u32 at = hash_of(x, detail) % BUCKETS;
    for (; e->bucket[at]; at = (at + 1) % BUCKETS)
        if (same_row(&e->row[e->bucket[at] - 1], x, detail))
            return &e->row[e->bucket[at] - 1];
    if (e->num_rows == ROWS_MAX)
        return &e->row[ROWS_MAX - 1];
    struct exit_row *r = &e->row[e->num_rows++];
    e->bucket[at] = (u16)e->num_rows;
    r->cause = vm_exit_cause(x);
    r->code = x->code;
    r->interrupt = x->interrupt;
    r->to = x->to;
    r->passed_on = x->passed_on;
    snprintf(r->detail, sizeof r->detail, "%s", detail);
    return r;
}

static void count_sbi(struct exits *e, const char *name, enum mode from, bool failed)
{
    struct sbi_row *r = e->sbi;
    while (r < e->sbi + e->num_sbi && strcmp(r->name, name) != 0)
        r++;
    if (r == e->sbi + e->num_sbi) {
        if (e->num_sbi == SBI_MAX)
            return;
        e->num_sbi++;
        snprintf(r->name, sizeof r->name, "%s", name);
    }
    r->from[from]++;
    r->errors += failed;
}

static void count_exit(struct exits *e, const struct vm_exit *x, const struct hart *h)
{
    char detail[sizeof e->row[0].detail];
    vm_exit_detail(x, h, detail, sizeof detail);
    struct exit_row *r = row_of(e, x, detail);
    if (r->count++ == 0 || (x->outcome != EXIT_OPEN && x->hs > r->hs.max))
        r->at = x->at;
    r->user += x->user;
    r->emulated += x->outcome == EXIT_PASSED;
    if (x->outcome != EXIT_OPEN)
        histogram_add(&r->hs, x->hs);
    if (!x->interrupt && x->code == CAUSE_ECALL_VS)
        count_sbi(e, detail, MODE_VS, false);
}

/* ---- listeners ---- */

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct exits_hart *eh = ctx;
    if (!vm_exit_begins(ev))
        return;
    vm_exit_begin(&eh->exit, h, ev, eh->e->maps);
    eh->in_exit = true;
}

static void on_mode(void *ctx, struct hart *h, enum mode from)
{
    struct exits_hart *eh = ctx;
    if (!mode_table[from].v && mode_table[h->mode].v)
        guest_maps_entered(eh->e->maps, h);
    if (!eh->in_exit || !vm_exit_move(&eh->exit, h, from))
        return;
    eh->in_exit = false;
    count_exit(eh->e, &eh->exit, h);
}

static void on_sbi(void *ctx, const struct sbi_event *event)
{
    struct exits *e = ctx;
    char name[64];
    if (event->kind != SBI_EVENT_CALL) {
        if (!e->hart[event->hart->id].exit.moved)
            e->hart[event->hart->id].exit.passed_on = (u8)event->to;
        return;
    }
    snprintf(name, sizeof name, "%s.%s", event->extension ? event->extension : "?",
             event->function ? event->function : "?");
    count_sbi(e, name, event->mode, event->error < 0);
}

static int attach(struct exits *e, struct error *err)
{
    e->hart = calloc(e->m->num_harts, sizeof *e->hart);
    for (u32 i = 0; e->hart && i < e->m->num_harts; i++) {
        struct hart *h = e->m->hart[i];
        struct hart_trace *hooks = hub_add(h);
        if (!hooks)
            return error_set(err, "no memory for the table of VM exits");
        e->hart[i].e = e;
        *hooks = (struct hart_trace){.ctx = &e->hart[i], .trap = on_trap, .mode = on_mode};
        hub_refresh(h);
    }
    if (!e->hart)
        return error_set(err, "no memory for the table of VM exits");
    if (e->m->sbi)
        sbi_add_tracer(e->m->sbi, on_sbi, e);
    return 0;
}

struct exits *exits_new(struct machine *m, struct guest_maps *maps, struct error *err)
{
    struct exits *e = calloc(1, sizeof *e);
    if (!e) {
        error_set(err, "no memory for the table of VM exits");
        return NULL;
    }
    e->m = m;
    e->maps = maps;
    if (attach(e, err)) {
        exits_free(e);
        return NULL;
    }
    return e;
}

void exits_free(struct exits *e)
{
    for (u32 i = 0; i < e->num_rows; i++)
        histogram_free(&e->row[i].hs);
    free(e->hart);
    free(e);
}

/* ---- results ---- */

const char *exit_row_target(const struct exits *e, const struct exit_row *r)
{
    return exit_target((enum mode)r->to, (enum mode)r->passed_on, e->m->sbi != NULL);
}

static int compare_rows(const void *a, const void *b)
{
    const struct exit_row *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int by_cause = strcmp(x->cause, y->cause);
    return by_cause ? by_cause : strcmp(x->detail, y->detail);
}

static u64 sbi_total(const struct sbi_row *r)
{
    u64 sum = 0;
    for (unsigned m = 0; m < MODE_COUNT; m++)
        sum += r->from[m];
    return sum;
}

static int compare_sbi(const void *a, const void *b)
{
    u64 x = sbi_total(a), y = sbi_total(b);
    return x != y ? (x < y ? 1 : -1)
                  : strcmp(((const struct sbi_row *)a)->name, ((const struct sbi_row *)b)->name);
}

/* The run is over: exits that are still open count, and the rows find their order. */
static void settle(struct exits *e)
{
    if (e->sorted)
        return;
    e->sorted = true;
    for (u32 i = 0; i < e->m->num_harts; i++)
        if (e->hart[i].in_exit)
            count_exit(e, &e->hart[i].exit, e->m->hart[i]);
    qsort(e->row, e->num_rows, sizeof *e->row, compare_rows);
    qsort(e->sbi, e->num_sbi, sizeof *e->sbi, compare_sbi);
}

u32 exits_rows(struct exits *e, const struct exit_row **rows)
{
    settle(e);
    *rows = e->row;
    return e->num_rows;
}

u32 exits_sbi_rows(struct exits *e, const struct sbi_row **rows)
{
    settle(e);
    *rows = e->sbi;
    return e->num_sbi;
}
