/* What the options under "Looking" ask for, put together: begun before the run, finished after it.
 */
#include "trace/trace.h"

#include <stdlib.h>

#include "machine/machine.h"
#include "trace/hub.h"
#include "trace/symbols.h"
#include "trace/tracer.h"

struct trace {
    struct tracer *tracer;
};

int trace_load_symbols(struct machine *m, struct error *err)
{
    if (m->symbols)
        return 0;
    m->symbols = symbols_new();
    if (!m->symbols)
        return error_set(err, "no memory for symbols");
    if (m->image.is_elf) {
        struct error ignored; /* compressed, or without symbols: it runs all the same */
        struct symbols_file own = {.path = m->opt.file, .vmid = -1, .load_low = m->image.low};
        symbols_add(m->symbols, &own, &ignored);
    }
    for (u32 i = 0; i < m->opt.num_symbols; i++)
        if (symbols_add_text(m->symbols, m->opt.symbols[i], err))
            return -1;
    return 0;
}

/* Does any option need the machinery? */
static bool wanted(const struct options *opt)
{
    return opt->num_traces;
}

int trace_start(struct machine *m, struct error *err)
{
    if (m->opt.num_symbols && trace_load_symbols(m, err))
        return -1;
    if (!wanted(&m->opt))
        return 0;
    m->trace = calloc(1, sizeof *m->trace);
    if (!m->trace)
        return error_set(err, "no memory for the trace");
    if (trace_load_symbols(m, err))
        return -1;
    if (m->opt.num_traces && !(m->trace->tracer = tracer_new(m, err)))
        return -1;
    return 0;
}

void trace_flush(struct machine *m)
{
    if (m->trace && m->trace->tracer)
        tracer_flush(m->trace->tracer);
}

int trace_finish(struct machine *m, struct error *err)
{
    struct trace *t = m->trace;
    int rc = 0;
    if (!t)
        return 0;
    if (t->tracer)
        rc = tracer_close(t->tracer, err);
    t->tracer = NULL;
    return rc;
}

void trace_free(struct machine *m)
{
    struct error ignored;
    trace_finish(m, &ignored);
    for (u32 i = 0; m->hart && i < m->num_harts; i++)
        if (m->hart[i])
            hub_free(m->hart[i]);
    free(m->trace);
    m->trace = NULL;
    symbols_free(m->symbols);
    m->symbols = NULL;
}
