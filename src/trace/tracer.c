/* The tracer: filters, windows, and where the lines go. What the lines say is in tracer_hooks.c and
 * tracer_memory.c. */
#include "trace/tracer.h"

#include <stdlib.h>
#include <string.h>

#include "sbi/sbi.h"
#include "trace/hub.h"
#include "trace/tracer_impl.h"

/* ---- which classes, when ---- */

/* The classes that some filter wants on this hart now; *change gets the next slot at which that
 * may be different. */
static u32 active_classes(const struct tracer *t, const struct hart *h, u64 *change)
{
    u32 classes = 0;
    *change = UINT64_MAX;
    for (u32 i = 0; i < t->num_filters; i++) {
        const struct trace_filter *f = &t->filter[i];
        if (!f->left || (f->harts && (h->id > 63 || !(f->harts >> h->id & 1))))
            continue;
        if (h->clock < f->from) {
            *change = f->from < *change ? f->from : *change;
        } else if (h->clock < f->until) {
            classes |= f->classes;
            *change = f->until < *change ? f->until : *change;
        }
    }
    return classes;
}

static void on_alarm(void *ctx, struct hart *h);

/* Installs the hooks that are needed from here on. */
static void update(struct traced_hart *th, struct hart *h)
{
    struct hart_trace *hooks = th->hooks;
    u64 change;
    u32 classes = active_classes(th->t, h, &change);
    th->stale = false;
    *hooks = (struct hart_trace){.ctx = th, .alarm_at = change};
    if (change != UINT64_MAX)
        hooks->alarm = on_alarm;
    tracer_choose_hooks(th, classes);
    hub_refresh(h);
}

static void on_alarm(void *ctx, struct hart *h)
{
    update(ctx, h);
}

/* ---- lines ---- */

struct line *tracer_begin(struct traced_hart *th, enum trace_class c, const struct line_place *at,
                          u32 modes)
{
    struct tracer *t = th->t;
    bool wanted = false;
    if (th->stale)
        update(th, t->m->hart[at->hart]);
    for (u32 i = 0; i < t->num_filters; i++) {
        if (!trace_filter_accepts(&t->filter[i], c, at, modes))
            continue;
        wanted = true;
        if (--t->filter[i].left == 0)
            t->exhausted = true;
    }
    if (!wanted)
        return NULL;
    line_begin(&t->line, at, trace_class_name(c));
    return &t->line;
}

static void release_held(struct tracer *t)
{
    out_write(t->out, t->hold, t->held);
    t->held = 0;
}

void tracer_end(struct traced_hart *th)
{
    struct tracer *t = th->t;
    line_end(&t->line);
    if (th->inside && t->line.len <= HELD_MAX) {
        if (t->held + t->line.len > HELD_MAX)
            release_held(t);
        memcpy(t->hold + t->held, t->line.text, t->line.len);
        t->held += t->line.len;
    } else {
        out_write(t->out, t->line.text, t->line.len);
        if (t->held)
            release_held(t);
    }
    if (!t->exhausted || th->inside)
        return;
    t->exhausted = false;
    for (u32 i = 0; i < t->m->num_harts; i++)
        t->hart[i].stale = true; /* another hart changes its own hooks, when it is next heard of */
    update(th, t->m->hart[th - t->hart]);
}

/* ---- life ---- */

static int add_filter(struct tracer *t, const char *text, struct error *err)
{
    struct trace_filter *f = &t->filter[t->num_filters];
    u32 harts = t->m->num_harts;
    if (t->num_filters == TRACE_FILTERS)
        return error_set(err, "%s: there can be %u traces at a time", text, TRACE_FILTERS);
    if (trace_filter_parse(text, t->m->symbols, f, err))
        return -1;
    if (t->line.format >= LINE_COMMITS && f->classes != 1u << TRACE_INSN)
        return error_set(
            err, "--trace=%s: --trace-format=commits has lines for the class insn only", text);
    if (harts < 64 && f->harts >> harts)
        return error_set(err, "--trace=%s: there is no such hart; they are 0 to %u", text,
                         harts - 1);
    t->filter_text[t->num_filters] = strdup(text);
    if (!t->filter_text[t->num_filters])
        return error_set(err, "no memory for the trace");
    t->num_filters++;
    return 0;
}

/* The classes of all filters. */
static u32 classes_of(const struct tracer *t)
{
    u32 classes = 0;
    for (u32 i = 0; i < t->num_filters; i++)
        classes |= t->filter[i].classes;
    return classes;
}

static int add_filters(struct tracer *t, struct error *err)
{
    const struct options *opt = &t->m->config.opt;
    for (u32 i = 0; i < opt->num_traces; i++)
        if (add_filter(t, opt->traces[i], err))
            return -1;
    if (t->line.format == LINE_AUTO)
        t->line.format = classes_of(t) == 1u << TRACE_INSN ? LINE_COMMITS : LINE_TEXT;
    return 0;
}

/* The filters have changed. */
static void filters_changed(struct tracer *t)
{
    for (u32 i = 0; i < t->m->num_harts; i++)
        update(&t->hart[i], t->m->hart[i]);
    if (t->hears_sbi || !t->m->sbi || !(classes_of(t) >> TRACE_SBI & 1))
        return;
    t->hears_sbi = true;
    sbi_add_tracer(t->m->sbi, tracer_sbi, t);
}

static int attach(struct tracer *t, struct error *err)
{
    t->hart = calloc(t->m->num_harts, sizeof *t->hart);
    for (u32 i = 0; t->hart && i < t->m->num_harts; i++) {
        t->hart[i].t = t;
        t->hart[i].hooks = hub_add(t->m->hart[i]);
        if (!t->hart[i].hooks)
            return error_set(err, "no memory for the trace");
    }
    if (!t->hart)
        return error_set(err, "no memory for the trace");
    filters_changed(t);
    return 0;
}

static void forget_filters(struct tracer *t)
{
    while (t->num_filters)
        free(t->filter_text[--t->num_filters]);
}

static void destroy(struct tracer *t)
{
    forget_filters(t);
    free(t->hart);
    free(t);
}

struct tracer *tracer_new(struct machine *m, struct error *err)
{
    struct tracer *t = calloc(1, sizeof *t);
    if (!t) {
        error_set(err, "no memory for the trace");
        return NULL;
    }
    t->m = m;
    t->line.format = (enum line_format)m->config.opt.trace_format;
    if (symbols_num_files(m->symbols))
        t->line.symbols = m->symbols;
    struct error ignored;
    if (add_filters(t, err) || !(t->out = out_open(m->config.opt.trace_file, m->host.owner, err))) {
        destroy(t);
        return NULL;
    }
    if (attach(t, err)) {
        out_close(t->out, &ignored);
        destroy(t);
        return NULL;
    }
    return t;
}

int tracer_add(struct tracer *t, const char *text, struct error *err)
{
    if (add_filter(t, text, err))
        return -1;
    filters_changed(t);
    return 0;
}

void tracer_clear(struct tracer *t)
{
    forget_filters(t);
    filters_changed(t);
}

const char *tracer_filter(const struct tracer *t, u32 n)
{
    return n < t->num_filters ? t->filter_text[n] : NULL;
}

void tracer_flush(struct tracer *t)
{
    release_held(t);
    out_flush(t->out);
}

int tracer_close(struct tracer *t, struct error *err)
{
    release_held(t);
    int rc = out_close(t->out, err);
    destroy(t);
    return rc;
}
