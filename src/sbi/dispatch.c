/* ECALL from (H)S-mode: finds the function, applies --sbi=fail=, calls it, returns its result, and
 * keeps count. */
#include "sbi/firmware.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "sbi/show.h"

const struct sbi_extension *const sbi_extensions[SBI_EXTENSIONS] = {
#define EXTENSION(name) &sbi_ext_##name,
#include "sbi/extensions.def"
#undef EXTENSION
};

/* What a call is for: indices into the tables. */
struct target {
    unsigned ext, fn;
};

bool sbi_function_offered(const struct sbi *sbi, unsigned ext, unsigned fn)
{
    return sbi_extensions[ext]->function[fn].since <= sbi->opt.spec &&
           !(sbi->opt.disabled[ext] >> fn & 1);
}

bool sbi_offered(const struct sbi *sbi, const struct hart *h, unsigned ext)
{
    const struct sbi_extension *e = sbi_extensions[ext];

    if (e->on_request && !(sbi->opt.requested >> ext & 1))
        return false;
    if (e->available && !e->available(sbi, h))
        return false;
    for (unsigned fn = 0; fn < e->num_functions; fn++) {
        if (sbi_function_offered(sbi, ext, fn))
            return true;
    }
    return false;
}

/* Finds the function with these IDs (binary encoding chapter: signed 32-bit numbers). */
static bool find(const struct sbi *sbi, const struct hart *h, struct target *t)
{
    u64 eid = is_rv32(h) ? (u64)(s64)(s32)h->x[17] : h->x[17];
    u64 fid = is_rv32(h) ? (u64)(s64)(s32)h->x[16] : h->x[16];

    for (unsigned i = 0; i < SBI_EXTENSIONS; i++) {
        const struct sbi_extension *e = sbi_extensions[i];
        bool legacy = i == EXTENSION_legacy;
        if (legacy ? eid >= e->num_functions : eid != (u64)(s64)(s32)e->eid)
            continue;
        t->ext = i;
        t->fn = (unsigned)(legacy ? eid : fid < e->num_functions ? fid : e->num_functions);
        if (t->fn < e->num_functions && !e->function[t->fn].call)
            t->fn = e->num_functions;
        return t->fn < e->num_functions && sbi_offered(sbi, h, i) &&
               sbi_function_offered(sbi, i, t->fn);
    }
    t->ext = SBI_EXTENSIONS;
    return false;
}

/* --sbi=fail=: should this call fail? */
static bool injected(struct sbi *sbi, struct target t, s64 *error)
{
    for (u32 i = 0; i < sbi->opt.num_failures; i++) {
        const struct sbi_failure *f = &sbi->opt.failure[i];
        if (f->extension != t.ext || f->function != t.fn)
            continue;
        u64 nth = ++sbi->state.failure_calls[i];
        if (f->nth == 0 || f->nth == nth) {
            *error = f->error;
            return true;
        }
    }
    return false;
}

static u64 host_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

static void count(struct sbi *sbi, struct target t, struct sbi_ret r, u64 started)
{
    struct sbi_stat *stat = &sbi->stat[t.ext][t.fn];

    stat->calls++;
    stat->errors += r.error != SBI_SUCCESS;
    if (started)
        stat->ns += host_ns() - started;
}

/* The registers and mepc after the call. */
static void finish(struct sbi_call *c, struct sbi_ret r)
{
    struct hart *h = c->h;
    bool rv32 = is_rv32(h);

    if (c->flow == FLOW_RETURN) {
        h->x[10] = (u64)r.error;
        h->x[11] = rv32 ? (u64)(s64)(s32)r.value : r.value;
    } else if (c->flow == FLOW_LEGACY) {
        h->x[10] = rv32 ? (u64)(s64)(s32)r.value : r.value;
    }
}

static void tell(const struct sbi *sbi, const struct sbi_event *event)
{
    for (u32 i = 0; i < sbi->num_tracers; i++)
        sbi->tracer[i].fn(sbi->tracer[i].ctx, event);
}

static void trace_call(struct sbi_call *c, struct target t, struct sbi_ret r,
                       const struct sbi_event *caller)
{
    char text[512];
    bool known = t.ext < SBI_EXTENSIONS && t.fn < sbi_extensions[t.ext]->num_functions;
    const struct sbi_function *f = known ? &sbi_extensions[t.ext]->function[t.fn] : NULL;
    struct sbi_event event = {
        .kind = SBI_EVENT_CALL,
        .hart = c->h,
        .pc = caller->pc,
        .mode = caller->mode,
        .extension = t.ext < SBI_EXTENSIONS ? sbi_extensions[t.ext]->name : NULL,
        .function = f ? f->name : NULL,
        .text = text,
        .error = r.error,
        .value = r.value,
    };

    sbi_show_call(c, f, r, text, sizeof(text));
    tell(c->sbi, &event);
}

void sbi_ecall(struct sbi *sbi, struct hart *h)
{
    struct sbi_call c = {
        .sbi = sbi, .h = h, .s = &sbi->state.hart[h->id], .id = {h->x[17], h->x[16]}};
    struct sbi_event caller = {.pc = csr_get(h, CSR_mepc), .mode = MODE_S};
    u64 started = sbi->m->timed ? host_ns() : 0;
    struct target t = {SBI_EXTENSIONS, 0};
    struct sbi_ret r = {SBI_ERR_NOT_SUPPORTED, 0};

    if (sbi->num_tracers)
        caller.mode = previous_mode(mstatus_get(h));
    for (unsigned i = 0; i < 6; i++)
        c.arg[i] = h->x[10 + i] & MASK(h->config.xlen);
    if (!find(sbi, h, &t)) {
        sbi->unknown_calls++;
    } else {
        if (!injected(sbi, t, &r.error))
            r = sbi_extensions[t.ext]->function[t.fn].call(&c);
        else if (t.ext == EXTENSION_legacy)
            c.flow = FLOW_LEGACY, r.value = (u64)r.error;
        count(sbi, t, r, started);
    }
    if (c.flow == FLOW_RETURN || c.flow == FLOW_LEGACY)
        csr_put(h, CSR_mepc, caller.pc + 4);
    finish(&c, r);
    if (sbi->num_tracers)
        trace_call(&c, t, r, &caller);
}

void sbi_trace_trap(struct sbi *sbi, struct hart *h, const struct sbi_route *r, const char *format,
                    ...)
{
    char text[256];
    struct sbi_event event = {.kind = SBI_EVENT_TRAP,
                              .hart = h,
                              .pc = csr_get(h, CSR_mepc),
                              .mode = r->from,
                              .to = r->to,
                              .text = text};
    va_list ap;

    if (!sbi->num_tracers)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    tell(sbi, &event);
}
