/* The timeline: written as the run goes, so that its length costs no memory. Each hart has four
 * tracks: its mode, the VM exits, the firmware's calls, and its interrupts. Time is the clock of
 * instruction slots, in the unit that --insns-per-tick gives it. */
#include "trace/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "sbi/sbi.h"
#include "trace/exit_detail.h"
#include "trace/hub.h"
#include "trace/out.h"
#include "trace/report.h"
#include "trace/words.h"

enum track { TRACK_MODE, TRACK_EXIT, TRACK_SBI, TRACK_IRQ, TRACKS };
static const char *const track_names[TRACKS] = {"mode", "VM exits", "firmware", "interrupts"};

/* Arrows have a number and a kind, by which viewers show and hide them. */
struct arrow {
    u64 id;
    const char *kind;
};

/* An interrupt line that is up and not taken yet. */
struct raised {
    bool up;
    u64 flow; /* number of its arrow */
};

struct timeline_hart {
    struct timeline *t;
    struct hart *h;
    u64 mode_since, mode_retired; /* when the present mode was entered */
    u64 mode_at;                  /* the instructions of all harts before that: for `goto` */
    u64 entered_m, entered_at;    /* the same of M-mode */
    u16 vmid;
    bool in_exit;
    struct vm_exit exit;
    struct raised raised[64];
};

struct timeline {
    struct machine *m;
    struct guest_maps *maps;
    struct out *out;
    struct timeline_hart *hart;
    u64 flows;
    bool any; /* an event has been written: the next needs a comma */
};

/* ---- writing events ---- */

/* A slot as microseconds with three decimals. Viewers count in nanoseconds: a slot takes one at
 * least. */
struct micros {
    char text[32];
};
static struct micros micros_of(const struct timeline *t, u64 slots)
{
    struct micros us;
    u64 tick = t->m->config.opt.hart.insns_per_tick;
    u64 ns = tick > 100 ? slots : (u64)((u128)slots * 100 / tick);
    snprintf(us.text, sizeof us.text, "%" PRIu64 ".%03u", ns / 1000, (unsigned)(ns % 1000));
    return us;
}

/* Where an event belongs: a hart is a process, its tracks are threads. The first thread has the
 * number of the process, which makes it the main one; 0 is no thread to some viewers. */
struct place {
    char text[48];
};
static struct place place_of(const struct hart *h, enum track track)
{
    struct place place;
    unsigned pid = h->id * TRACKS + 1;
    snprintf(place.text, sizeof place.text, "\"pid\":%u,\"tid\":%u", pid, pid + track);
    return place;
}

static void escape(const char *s, char *out, size_t len)
{
    size_t n = 0;
    for (; *s && n + 7 < len; s++) {
        u8 c = (u8)*s;
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        if (c < 0x20 || c >= 0x7f)
            n += (size_t)snprintf(out + n, len - n, "\\u00%02x", c);
        else
            out[n++] = (char)c;
    }
    out[n] = 0;
}

static const char *separator(struct timeline *t)
{
    const char *s = t->any ? ",\n" : "\n";
    t->any = true;
    return s;
}

/* A slice from `start` to `end`. `args` is the inside of a JSON object, or "". */
static void put_slice(struct timeline_hart *th, enum track track, const char *name, u64 start,
                      u64 end, const char *args)
{
    struct timeline *t = th->t;
    char safe[768];
    escape(name, safe, sizeof safe);
    out_printf(t->out, "%s{\"ph\":\"X\",%s,\"ts\":%s,\"dur\":%s,\"name\":\"%s\"", separator(t),
               place_of(th->h, track).text, micros_of(t, start).text,
               micros_of(t, end - start).text, safe);
    out_printf(t->out, *args ? ",\"args\":{%s}}" : "%s}", args);
}

/* Instants and arrows lie a fraction of a nanosecond inside slot `at`: on the edge between two
 * slices, or on an instant, one viewer would take either. The other rounds it away, and puts slices
 * before all else that begins with them. */
#define INSTANT "125"
#define ARROW   "25"

static void put_instant(struct timeline_hart *th, enum track track, const char *name, u64 at)
{
    struct timeline *t = th->t;
    out_printf(t->out, "%s{\"ph\":\"i\",\"s\":\"t\",%s,\"ts\":%s" INSTANT ",\"name\":\"%s\"}",
               separator(t), place_of(th->h, track).text, micros_of(t, at).text, name);
}

/* One end of an arrow: 's' where it starts, 'f' where it points. It binds to the slice of the track
 * that has slot `at` in it. No instant may have been put in that slot. */
static void put_arrow(struct timeline_hart *th, enum track track, char end, u64 at,
                      struct arrow arrow)
{
    struct timeline *t = th->t;
    out_printf(t->out,
               "%s{\"ph\":\"%c\",%s%s,\"ts\":%s" ARROW ",\"id\":%" PRIu64
               ",\"cat\":\"%s\",\"name\":\"%s\"}",
               separator(t), end, end == 'f' ? "\"bp\":\"e\"," : "", place_of(th->h, track).text,
               micros_of(t, at).text, arrow.id, arrow.kind, arrow.kind);
}

/* A piece of metadata of a track: `value` as it stands in JSON. */
static void put_about(struct timeline *t, const struct place *place, const char *name,
                      const char *value)
{
    out_printf(t->out, "%s{\"ph\":\"M\",%s,\"name\":\"%s\",\"args\":{%s}}", separator(t),
               place->text, name, value);
}

static void put_metadata(struct timeline *t)
{
    char value[64];
    for (u32 i = 0; i < t->m->num_harts; i++) {
        struct place first = place_of(t->m->hart[i], TRACK_MODE);
        snprintf(value, sizeof value, "\"name\":\"hart %u\"", i);
        put_about(t, &first, "process_name", value);
        snprintf(value, sizeof value, "\"sort_index\":%u", i);
        put_about(t, &first, "process_sort_index", value);
        for (unsigned k = 0; k < TRACKS; k++) {
            struct place place = place_of(t->m->hart[i], (enum track)k);
            snprintf(value, sizeof value, "\"name\":\"%s\"", track_names[k]);
            put_about(t, &place, "thread_name", value);
            snprintf(value, sizeof value, "\"sort_index\":%u", k);
            put_about(t, &place, "thread_sort_index", value);
        }
    }
}

/* ---- what happens ---- */

/* The hart leaves `mode` at slot `now`. */
static void end_mode(struct timeline_hart *th, enum mode mode, u64 now)
{
    char args[128];
    struct hart *h = th->h;
    int n = snprintf(args, sizeof args, "\"goto\":%" PRIu64 ",\"instructions\":%" PRIu64,
                     th->mode_at, now - h->unretired - th->mode_retired);
    if (mode_table[mode].v)
        snprintf(args + n, sizeof args - (size_t)n, ",\"vmid\":%u", th->vmid);
    if (now > th->mode_since)
        put_slice(th, TRACK_MODE, mode_name(h, mode), th->mode_since, now, args);
    th->mode_since = now;
    th->mode_at = machine_executed(th->t->m) + (now - h->clock);
    th->mode_retired = now - h->unretired;
    th->vmid = (u16)hart_vmid(h);
}

static void end_exit(struct timeline_hart *th, u64 now)
{
    char args[512], detail[160], safe[320];
    struct vm_exit *x = &th->exit;
    struct hart *h = th->h;
    vm_exit_detail(x, h, detail, sizeof detail);
    escape(detail, safe, sizeof safe);
    snprintf(args, sizeof args,
             "\"goto\":%" PRIu64
             ",\"cause\":\"%s\",\"code\":%u,\"to\":\"%s\",\"detail\":\"%s\",\"epc\":\"0x%" PRIx64
             "\",\"tval\":\"0x%" PRIx64 "\",\"htval\":\"0x%" PRIx64 "\",\"htinst\":\"0x%" PRIx64
             "\",\"vmid\":%u,\"instructions\":%" PRIu64,
             x->at, vm_exit_cause(x), x->code,
             exit_target((enum mode)x->to, (enum mode)x->passed_on, th->t->m->sbi != NULL), safe,
             x->epc, x->tval, x->tval2, x->tinst, x->vmid, now - h->unretired - x->retired);
    put_slice(th, TRACK_EXIT, *detail ? detail : vm_exit_cause(x), x->clock, now, args);
    th->in_exit = false;
}

static void on_mode(void *ctx, struct hart *h, enum mode from)
{
    struct timeline_hart *th = ctx;
    u64 now = mode_begin(h, from);
    end_mode(th, from, now);
    if (!mode_table[from].v && mode_table[h->mode].v)
        guest_maps_entered(th->t->maps, h);
    if (h->mode == MODE_M) {
        th->entered_m = now;
        th->entered_at = th->mode_at;
    }
    if (th->in_exit && vm_exit_move(&th->exit, h, from))
        end_exit(th, now);
}

static void interrupt_taken(struct timeline_hart *th, const struct trap_event *ev)
{
    char name[96], args[128];
    u64 clock = th->h->clock;
    struct raised *r = ev->code < ARRAY_LEN(th->raised) ? &th->raised[ev->code] : NULL;
    const char *mode = bank_name(th->h, ev->bank);
    const char *line = interrupt_short_name(ev->code);
    if (*line != '?')
        snprintf(name, sizeof name, "%s taken in %s", line, mode);
    else /* a hypervisor can inject more than there are lines */
        snprintf(name, sizeof name, "interrupt %u taken in %s", ev->code, mode);
    snprintf(args, sizeof args,
             "\"goto\":%" PRIu64 ",\"code\":%u,\"from\":\"%s\",\"epc\":\"0x%" PRIx64 "\"",
             machine_executed(th->t->m), ev->code, mode_name(th->h, ev->from), ev->epc);
    put_slice(th, TRACK_IRQ, name, clock, clock + 1, args);
    if (r && r->up && r->flow)
        put_arrow(th, TRACK_IRQ, 'f', clock, (struct arrow){r->flow, "interrupt"});
    if (r)
        r->flow = 0;
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct timeline_hart *th = ctx;
    if (ev->interrupt)
        interrupt_taken(th, ev);
    if (vm_exit_begins(ev)) {
        vm_exit_begin(&th->exit, h, ev, th->t->maps);
        th->in_exit = true;
    }
}

/* A line rises, with the slot that is over: it may be taken in the next. An arrow starts at the
 * hart that caused it, or at what ran here, until the interrupt is taken. */
static void on_irq(void *ctx, struct hart *h, unsigned irq, unsigned level)
{
    struct timeline_hart *th = ctx;
    struct raised *r = &th->raised[irq & 63];
    const struct poster *source = &h->asked_by;
    r->up = level;
    if (!level)
        return;
    u64 clock = h->clock ? h->clock - 1 : 0;
    char name[32];
    snprintf(name, sizeof name, "%s rises", interrupt_short_name(irq));
    put_instant(th, TRACK_IRQ, name, clock);
    struct arrow arrow = {r->flow = ++th->t->flows, "interrupt"};
    /* It must lie in a slice to be drawn: the mode's, for there always is one. */
    if (source->id)
        put_arrow(&th->t->hart[source->id - 1], TRACK_MODE, 's',
                  source->clock < clock ? source->clock : clock, arrow); /* one may be ahead */
    else
        put_arrow(th, TRACK_MODE, 's', clock, arrow);
}

static void on_sbi(void *ctx, const struct sbi_event *event)
{
    struct timeline *t = ctx;
    const struct hart *h = event->hart;
    struct timeline_hart *th = &t->hart[h->id];
    char args[256], safe[200], name[64];
    u64 start = th->entered_m, end = h->clock > start ? h->clock : start + 1;
    escape(event->text, safe, sizeof safe);
    snprintf(args, sizeof args, "\"goto\":%" PRIu64 ",\"text\":\"%s\",\"from\":\"%s\"",
             th->entered_at - (th->entered_at != 0), safe, mode_name(h, event->mode));
    if (event->kind == SBI_EVENT_CALL)
        snprintf(name, sizeof name, "%s.%s", event->extension ? event->extension : "?",
                 event->function ? event->function : "?");
    else if (event->to != MODE_M)
        snprintf(name, sizeof name, "trap to %s", mode_name(h, event->to));
    else
        snprintf(name, sizeof name, "trap settled");
    if (event->kind != SBI_EVENT_CALL && th->in_exit && !th->exit.moved)
        th->exit.passed_on = (u8)event->to;
    put_slice(th, TRACK_SBI, name, start, end, args);
    if (event->kind != SBI_EVENT_CALL || start == 0)
        return;
    struct arrow arrow = {++t->flows, "firmware"};
    put_arrow(th, TRACK_MODE, 's', start - 1, arrow); /* the ECALL itself */
    put_arrow(th, TRACK_SBI, 'f', start, arrow);
}

/* ---- life ---- */

static int attach(struct timeline *t, struct error *err)
{
    t->hart = calloc(t->m->num_harts, sizeof *t->hart);
    for (u32 i = 0; t->hart && i < t->m->num_harts; i++) {
        struct hart *h = t->m->hart[i];
        struct hart_trace *hooks = hub_add(h);
        if (!hooks)
            return error_set(err, "no memory for the timeline");
        t->hart[i].t = t;
        t->hart[i].h = h;
        t->hart[i].mode_at = t->m->state.executed;
        *hooks = (struct hart_trace){
            .ctx = &t->hart[i], .trap = on_trap, .mode = on_mode, .irq = on_irq};
        hub_refresh(h);
    }
    if (!t->hart)
        return error_set(err, "no memory for the timeline");
    if (t->m->sbi)
        sbi_add_tracer(t->m->sbi, on_sbi, t);
    return 0;
}

struct timeline *timeline_new(struct machine *m, struct guest_maps *maps, struct error *err)
{
    struct timeline *t = calloc(1, sizeof *t);
    struct error ignored;
    if (!t) {
        error_set(err, "no memory for the timeline");
        return NULL;
    }
    t->m = m;
    t->maps = maps;
    t->out = out_open(m->config.opt.timeline, m->host.owner, err);
    if (!t->out || attach(t, err)) {
        if (t->out)
            out_close(t->out, &ignored);
        free(t->hart);
        free(t);
        return NULL;
    }
    out_text(t->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{");
    report_put_origin(m, t->out);
    out_text(t->out, "},\"traceEvents\":[");
    put_metadata(t);
    return t;
}

int timeline_close(struct timeline *t, struct error *err)
{
    for (u32 i = 0; i < t->m->num_harts; i++) {
        struct timeline_hart *th = &t->hart[i];
        end_mode(th, (enum mode)th->h->mode, th->h->clock);
        if (th->in_exit)
            end_exit(th, th->h->clock);
    }
    out_text(t->out, "\n]}\n");
    int rc = out_close(t->out, err);
    free(t->hart);
    free(t);
    return rc;
}
