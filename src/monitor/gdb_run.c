/* Running the machine for gdb: resuming, stop replies, breakpoints. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/gdb_stub.h"
#include "monitor/reverse.h"

enum { RANGE_STEPS = 100000 }; /* of a range step, before gdb is told where we are */

/* ---- points ---- */

struct wanted {
    u8 kind;
    u8 access;
    u64 addr, len;
};

/* "TYPE,ADDR,KIND" */
static int parse_point(const struct gdb *g, const char *text, struct wanted *w)
{
    u64 type;
    if (gdb_number(&text, &type) || !gdb_skip(&text, ",") || gdb_number(&text, &w->addr) ||
        !gdb_skip(&text, ",") || gdb_number(&text, &w->len) || type > 4)
        return -1;
    static const u8 access[] = {0, 0, WATCH_WRITE, WATCH_READ, WATCH_READ | WATCH_WRITE};
    w->kind = type < 2 ? POINT_BREAK : POINT_WATCH;
    w->access = access[type];
    if (w->kind == POINT_BREAK) {
        w->len = 0;
        w->access = (u8)type; /* 0: gdb calls it a software breakpoint, 1: hardware */
    }
    w->addr &= g->hart->config.xlen == 32 ? 0xffffffffull : ~0ull;
    return w->kind == POINT_WATCH && (!w->len || w->len > 1 << 20) ? -1 : 0;
}

static struct point *find(const struct gdb *g, const struct wanted *w)
{
    for (struct point *p = g->mon->c->points.first; p; p = p->next)
        if (p->owner == OWNER_GDB && p->kind == w->kind && p->addr == w->addr &&
            p->access == w->access && p->len == w->len)
            return p;
    return NULL;
}

void gdb_set_point(struct gdb *g, const char *text)
{
    struct wanted w;
    if (parse_point(g, text, &w)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    struct point *p = find(g, &w);
    if (!p) {
        p = points_add(&g->mon->c->points, (enum point_kind)w.kind, OWNER_GDB);
        if (!p) {
            gdb_out_text(&g->out, "E0c");
            return;
        }
        p->addr = w.addr;
        p->len = w.len;
        p->access = w.access;
        p->space = VIEW_VA;
        p->filter = *monitor_scope(g->mon, w.addr);
    }
    p->enabled = true;
    gdb_out_text(&g->out, "OK");
}

/* gdb takes its points away whenever the machine stops and puts them back before it goes on: until
 * then a point is only disabled, so that it keeps the scope it was made with. */
void gdb_clear_point(struct gdb *g, const char *text)
{
    struct wanted w;
    if (parse_point(g, text, &w)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    struct point *p = find(g, &w);
    if (p)
        p->enabled = false;
    gdb_out_text(&g->out, "OK");
}

static void drop_disabled(struct gdb *g)
{
    struct point *next;
    for (struct point *p = g->mon->c->points.first; p; p = next) {
        next = p->next;
        if (p->owner == OWNER_GDB && !p->enabled)
            points_delete(&g->mon->c->points, p);
    }
}

/* ---- stop replies ---- */

/* Something that was asked for with `monitor`: gdb has no words for it. */
static void tell_point(struct gdb *g, const struct stop_info *s)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len), *out = g->mon->out;
    if (!f)
        return;
    g->mon->out = f;
    monitor_show_point(g->mon, s);
    fclose(f);
    g->mon->out = out;
    gdb_console(g, text, len);
    free(text);
}

static void stop_reason(struct gdb *g, const struct stop_info *s)
{
    static const char *const words[] = {"", "rwatch", "watch", "awatch"};
    if (s->why != STOPPED_POINT)
        return;
    if (s->owner == OWNER_USER)
        tell_point(g, s);
    if (s->owner != OWNER_GDB)
        return;
    if (s->kind == POINT_BREAK) {
        gdb_out_text(&g->out, s->access ? "hwbreak:;" : "swbreak:;");
        return;
    }
    gdb_out_printf(&g->out, "%s:%" PRIx64 ";", words[s->access & 3], s->addr);
}

/* gdb's numbers of signals. The end of a run is a stop with one of its own: everything can be
 * looked at, and running on stops there again. */
enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5, SIGNAL_SEGV = 11, SIGNAL_TERM = 15 };
static const struct {
    u8 stop_reason, signal;
} ends[] = {
    {STOP_GUEST_EXIT, SIGNAL_TERM},
    {STOP_CRITICAL, 6},    /* SIGABRT */
    {STOP_HUNG, 17},       /* SIGSTOP */
    {STOP_INSN_LIMIT, 24}, /* SIGXCPU */
};

static unsigned stop_signal(const struct gdb *g, const struct stop_info *s)
{
    for (size_t i = 0; s->why == STOPPED_ENDED && i < ARRAY_LEN(ends); i++)
        if (ends[i].stop_reason == g->m->state.stop_reason)
            return ends[i].signal;
    if (s->why == STOPPED_ENDED)
        return SIGNAL_TERM;
    if (control_storm(g->mon->c))
        return SIGNAL_SEGV;
    return s->why == STOPPED_ASKED ? SIGNAL_INT : SIGNAL_TRAP;
}

static void tell_end(struct gdb *g)
{
    char why[128], text[256];
    int n = snprintf(text, sizeof text,
                     "%s; 'kill' or 'detach' ends the run, 'monitor reset' starts again\n",
                     control_end_text(g->mon->c, why, sizeof why));
    gdb_console(g, text, (size_t)n);
}

void gdb_stop_reply(struct gdb *g)
{
    const struct stop_info *s = &g->mon->c->stop;
    static const char storm[] = "a hart takes the same trap for ever; 'monitor why' explains it\n";
    bool ended = s->why == STOPPED_ENDED;
    if (ended && g->m->state.stop_reason == STOP_SIGNAL) {
        gdb_out_printf(&g->out, "X%02x", g->m->state.stop_status & 0xff);
        return;
    }
    if (ended && g->m->state.stop_reason == STOP_QUIT) {
        g->killed = true;
        gdb_out_text(&g->out, "W00");
        return;
    }
    if (ended)
        tell_end(g);
    else if (control_storm(g->mon->c))
        gdb_console(g, storm, sizeof storm - 1);
    gdb_stopped_at(g, s->hart);
    gdb_out_start(&g->out);
    gdb_out_printf(&g->out, "T%02xthread:%x;", stop_signal(g, s), s->hart->id + 1);
    stop_reason(g, s);
}

/* ---- resuming ---- */

/* What vCont asks for: one hart steps or runs, and perhaps the others run meanwhile. */
struct plan {
    struct hart *step; /* NULL: none */
    struct hart *run;  /* runs, if not all do */
    bool others;       /* all the others run */
    bool range;
    u64 start, end;
};

static struct hart *thread(const struct gdb *g, u64 id)
{
    return id >= 1 && id <= g->m->num_harts ? g->m->hart[id - 1] : NULL;
}

/* What is stepped, or goes on, where no thread is named. */
static struct hart *resumed(const struct gdb *g)
{
    return g->resumed ? g->resumed : g->hart;
}

/* One "action[:thread]"; *at moves behind it. */
static int parse_action(const struct gdb *g, const char **at, struct plan *plan)
{
    char action = *(*at)++;
    u64 ignored, id;
    struct hart *h = NULL;
    bool range = action == 'r';
    if ((action == 'C' || action == 'S') && gdb_number(at, &ignored))
        return -1;
    if (range && (gdb_number(at, &plan->start) || !gdb_skip(at, ",") || gdb_number(at, &plan->end)))
        return -1;
    bool all = !gdb_skip(at, ":");
    if (!all && gdb_skip(at, "-1"))
        all = true;
    else if (!all && (gdb_number(at, &id) || !(h = thread(g, id))))
        return -1;
    switch (action) {
    case 'c':
    case 'C':
        if (h && !plan->run)
            plan->run = h;
        else
            plan->others = true;
        return 0;
    case 's':
    case 'S':
    case 'r':
        if (!plan->step) {
            plan->step = h ? h : resumed(g);
            plan->range = range;
        }
        return 0;
    default:
        return -1;
    }
}

static int parse_plan(const struct gdb *g, const char *text, struct plan *plan)
{
    u64 addr;
    if (gdb_skip(&text, "vCont;")) {
        while (*text) {
            if (parse_action(g, &text, plan) || (*text && !gdb_skip(&text, ";")))
                return -1;
        }
        return plan->step || plan->run || plan->others ? 0 : -1;
    }
    plan->others = true;
    if (text[0] == 's' || text[0] == 'S')
        plan->step = resumed(g);
    text++;
    if (text[-1] == 'C' || text[-1] == 'S') {
        if (gdb_number(&text, &addr))
            return -1;
        gdb_skip(&text, ";");
    }
    if (*text && gdb_number(&text, &addr) == 0)
        hart_set_pc(resumed(g), addr);
    return 0;
}

static void step(struct gdb *g, const struct plan *plan)
{
    if (plan->others || plan->run)
        control_step(g->mon->c, plan->step, 1);
    else
        control_step_alone(g->mon->c, plan->step);
}

/* gdb cannot say whether a step may leave for a trap handler: `next` over a line with an ECALL and
 * `stepi` on it look the same here. */
static bool passes_over(const struct gdb *g, const struct hart *h)
{
    const struct trap_record *r = record_last(&g->mon->c->hart[h->id].log, 0);
    return g->mon->stepping == STEPPING_NONE ||
           (g->mon->stepping == STEPPING_FAULTS && r && !is_fault(&r->ev));
}

/* Has the last step come to its end? */
static bool arrived(const struct stop_info *s)
{
    return s->why == STOPPED_COUNT || (s->why == STOPPED_POINT && s->owner == OWNER_COMMAND);
}

static void carry_out(struct gdb *g, const struct plan *plan)
{
    const struct stop_info *s = &g->mon->c->stop;
    unsigned n = 0;
    if (!plan->step) {
        if (plan->others)
            control_go(g->mon->c);
        else
            control_go_alone(g->mon->c, plan->run);
        return;
    }
    do {
        step(g, plan);
        if (s->why == STOPPED_COUNT && s->trapped && passes_over(g, plan->step)) {
            g->m->hold.only = plan->others || plan->run ? NULL : plan->step;
            control_run_back(g->mon->c, plan->step);
        }
    } while (plan->range && arrived(s) && !g->interrupted && plan->step->pc >= plan->start &&
             plan->step->pc < plan->end && ++n < RANGE_STEPS);
}

void gdb_resume(struct gdb *g, const char *text)
{
    struct plan plan = {0};
    if (parse_plan(g, text, &plan)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    drop_disabled(g);
    g->interrupted = false;
    g->mon->c->focus = resumed(g);
    carry_out(g, &plan);
    gdb_stop_reply(g);
}

/* gdb takes one more step from where an access was about to be made, backwards as well, and
 * compares then: so it is told of it when it has been made. */
static void pass_access(struct control *c)
{
    const struct stop_info stop = c->stop;
    if (stop.why != STOPPED_POINT || stop.owner != OWNER_GDB || stop.kind != POINT_WATCH)
        return;
    c->quiet = true;
    control_step(c, stop.hart, 1);
    c->quiet = false;
    c->stop = stop;
}

void gdb_reverse(struct gdb *g, const char *text)
{
    struct control *c = g->mon->c;
    struct error err;
    drop_disabled(g);
    c->focus = resumed(g);
    int rc = text[1] == 's' ? reverse_step(c, resumed(g), 1, &err) : reverse_continue(c, &err);
    if (rc == 0)
        pass_access(c);
    if (rc) {
        strcat(err.text, "\n");
        gdb_console(g, err.text, strlen(err.text));
    }
    gdb_stop_reply(g);
    if (rc == 0 && c->stop.why == STOPPED_START)
        gdb_out_text(&g->out, "replaylog:begin;");
}
