/* What the options under "Observing" ask for: begun before the run, finished after it. */
#include "trace/trace.h"

#include <stdlib.h>

#include "machine/machine.h"
#include "trace/exits.h"
#include "trace/guest_map.h"
#include "trace/hub.h"
#include "trace/out.h"
#include "trace/profile.h"
#include "trace/report.h"
#include "trace/residency.h"
#include "trace/symbols.h"
#include "trace/timeline.h"
#include "trace/tracer.h"

struct trace {
    struct guest_maps *maps;
    struct tracer *tracer;
    struct timeline *timeline;
    struct exits *exits;
    struct profile *profile;
    struct residency *residency;
};

/* Finishes the files that are open. */
static int close_files(struct trace *t, struct error *err)
{
    int rc = 0;
    if (t->tracer)
        rc |= tracer_close(t->tracer, err);
    if (t->timeline)
        rc |= timeline_close(t->timeline, err);
    t->tracer = NULL;
    t->timeline = NULL;
    return rc;
}

/* Removes the listeners and frees everything. */
static void trace_free(struct machine *m)
{
    struct trace *t = m->trace;
    for (u32 i = 0; m->hart && i < m->num_harts; i++)
        if (m->hart[i])
            hub_free(m->hart[i]);
    if (t) {
        struct error ignored; /* a run that never began, or was given up */
        close_files(t, &ignored);
        if (t->exits)
            exits_free(t->exits);
        if (t->profile)
            profile_free(t->profile);
        if (t->residency)
            residency_free(t->residency);
        guest_maps_free(t->maps);
    }
    free(t);
    m->trace = NULL;
    symbols_free(m->symbols);
    m->symbols = NULL;
}

int trace_load_symbols(struct machine *m, struct error *err)
{
    if (m->symbols)
        return 0;
    m->forget = trace_free;
    m->symbols = symbols_new(m->hart[0]->config.xlen);
    if (!m->symbols)
        return error_set(err, "no memory for symbols");
    if (m->config.image.is_elf) {
        struct error ignored; /* compressed, or without symbols: it runs all the same */
        struct symbols_file own = {
            .path = m->config.opt.file, .vmid = -1, .load_low = m->config.image.low};
        symbols_add(m->symbols, &own, &ignored);
    }
    for (u32 i = 0; i < m->config.opt.num_symbols; i++)
        if (symbols_add_text(m->symbols, m->config.opt.symbols[i], err))
            return -1;
    return 0;
}

/* Does any option need the machinery? */
static bool wanted(const struct options *opt)
{
    return opt->num_traces || opt->timeline || opt->exits || opt->profile || opt->report;
}

static int start_parts(struct machine *m, struct trace *t, struct error *err)
{
    if (m->config.opt.num_traces && !(t->tracer = tracer_new(m, err)))
        return -1;
    if (m->config.opt.timeline && !(t->timeline = timeline_new(m, t->maps, err)))
        return -1;
    bool report = m->config.opt.report != NULL;
    if ((report && out_try(m->config.opt.report, err)) ||
        (m->config.opt.profile && out_try(m->config.opt.profile, err)))
        return -1;
    if ((m->config.opt.exits || report) && !(t->exits = exits_new(m, t->maps, err)))
        return -1;
    if ((m->config.opt.profile || report) && !(t->profile = profile_new(m, err)))
        return -1;
    if (report && !(t->residency = residency_new(m, err)))
        return -1;
    return 0;
}

static int new_trace(struct machine *m, struct error *err)
{
    m->trace = calloc(1, sizeof *m->trace);
    if (m->trace)
        m->trace->maps = guest_maps_new();
    return m->trace && m->trace->maps ? 0 : error_set(err, "no memory for the trace");
}

int trace_start(struct machine *m, struct error *err)
{
    m->forget = trace_free;
    if (m->config.opt.num_symbols && trace_load_symbols(m, err))
        return -1;
    if (!wanted(&m->config.opt))
        return 0;
    if (new_trace(m, err))
        return -1;
    return trace_load_symbols(m, err) || start_parts(m, m->trace, err) ? -1 : 0;
}

int trace_add(struct machine *m, const char *text, struct error *err)
{
    if (trace_load_symbols(m, err) || (!m->trace && new_trace(m, err)))
        return -1;
    if (!m->trace->tracer && !(m->trace->tracer = tracer_new(m, err)))
        return -1;
    return tracer_add(m->trace->tracer, text, err);
}

void trace_clear(struct machine *m)
{
    if (m->trace && m->trace->tracer)
        tracer_clear(m->trace->tracer);
}

const char *trace_active(const struct machine *m, u32 n)
{
    return m->trace && m->trace->tracer ? tracer_filter(m->trace->tracer, n) : NULL;
}

void trace_flush(struct machine *m)
{
    if (m->trace && m->trace->tracer)
        tracer_flush(m->trace->tracer);
}

int trace_finish(struct machine *m, FILE *out, struct error *err)
{
    struct trace *t = m->trace;
    if (!t)
        return 0;
    int rc = close_files(t, err);
    if (t->exits && m->config.opt.exits)
        exits_print(t->exits, out);
    if (m->config.opt.profile) {
        rc |= profile_write(t->profile, m->config.opt.profile, err);
        profile_print_mix(t->profile, out);
    }
    if (m->config.opt.report) {
        struct report_parts parts = {m, t->exits, t->profile, t->residency};
        rc |= report_write(&parts, m->config.opt.report, err);
    }
    return rc;
}
