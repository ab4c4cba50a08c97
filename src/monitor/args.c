/* Taking arguments apart, and saying where the machine stands. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/monitor.h"

const char *args_option(const struct args *a, const char *name)
{
    for (unsigned i = 0; i < a->num_options; i++)
        if (strcmp(a->option[i].name, name) == 0)
            return a->option[i].value;
    return NULL;
}

char *args_word(struct args *a)
{
    while (isspace((unsigned char)*a->text))
        a->text++;
    if (!*a->text)
        return NULL;
    char *word = a->text;
    while (*a->text && !isspace((unsigned char)*a->text))
        a->text++;
    if (*a->text)
        *a->text++ = '\0';
    while (isspace((unsigned char)*a->text))
        a->text++;
    return word;
}

int args_end(struct monitor *mon, const struct args *a)
{
    return *a->text ? mon_error(mon, "unexpected argument '%s'", a->text) : 0;
}

static int small_number(struct monitor *mon, const char *name, const char *text, s32 *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 0);
    if (!isdigit((unsigned char)*text) || *end || n > 0xffff)
        return mon_error(mon, "--%s=%s: not a small number", name, text);
    *out = (s32)n;
    return 0;
}

/* A copy of the hart as it was just before the trap that `traps` lists under this number. */
static struct hart *hart_at_trap(struct monitor *mon, const struct hart *h, const char *text)
{
    s32 n;
    if (small_number(mon, "trap", text, &n))
        return NULL;
    const struct trap_record *r = record_last(&mon->c->hart[h->id].log, (unsigned)n);
    if (!r) {
        mon_error(mon, "--trap=%d: not so many are remembered; 'traps' lists them", n);
        return NULL;
    }
    probe_load_record(mon->c->probe, h, r);
    return mon->c->probe->h;
}

static struct hart *hart_by_number(struct monitor *mon, const struct args *a)
{
    const char *text = args_option(a, "hart");
    s32 n;
    if (!text)
        return mon->c->focus;
    if (small_number(mon, "hart", text, &n))
        return NULL;
    if ((u32)n >= mon->m->num_harts) {
        mon_error(mon, "--hart=%d: there are harts 0 to %u", n, mon->m->num_harts - 1);
        return NULL;
    }
    return mon->m->hart[n];
}

struct hart *args_hart(struct monitor *mon, const struct args *a)
{
    const char *trap = args_option(a, "trap");
    struct hart *h = hart_by_number(mon, a);
    return h && trap ? hart_at_trap(mon, h, trap) : h;
}

int args_filter(struct monitor *mon, const struct args *a, struct filter *f)
{
    struct error err;
    const char *mode = args_option(a, "mode"), *vmid = args_option(a, "vmid"),
               *asid = args_option(a, "asid"), *hart = args_option(a, "hart");
    *f = filter_any;
    if (mode && filter_parse_modes(mode, &f->modes, &err))
        return mon_fail(mon, &err);
    if ((vmid && small_number(mon, "vmid", vmid, &f->vmid)) ||
        (asid && small_number(mon, "asid", asid, &f->asid)) ||
        (hart && small_number(mon, "hart", hart, &f->hart)))
        return -1;
    if (hart && (u32)f->hart >= mon->m->num_harts)
        return mon_error(mon, "--hart=%d: there are harts 0 to %u", f->hart, mon->m->num_harts - 1);
    return 0;
}

/* "VS:rest", "gpa:rest": sets the view and returns rest, or returns text. */
static const char *prefix(const char *text, struct view *v)
{
    char word[8];
    size_t n = strcspn(text, ":");
    if (text[n] != ':' || n >= sizeof word)
        return text;
    snprintf(word, sizeof word, "%.*s", (int)n, text);
    int mode = mode_named(word);
    if (mode >= 0) {
        v->kind = VIEW_VA;
        v->mode = (u8)mode;
    } else if (strcmp(word, "gpa") == 0) {
        v->kind = VIEW_GPA;
    } else if (strcmp(word, "pa") == 0) {
        v->kind = VIEW_PA;
    } else if (strcmp(word, "va") != 0) {
        return text;
    }
    return text + n + 1;
}

int args_address(struct monitor *mon, const struct args *a, const char *text, struct view *v,
                 u64 *addr)
{
    struct hart *h = args_hart(mon, a);
    const char *mode = args_option(a, "mode"), *number = args_option(a, "vmid");
    struct error err;
    u8 modes;
    s32 vmid;
    if (!h || (number && small_number(mon, "vmid", number, &vmid)))
        return -1;
    *v = view_of_hart(h);
    if (mode) {
        if (filter_parse_modes(mode, &modes, &err))
            return mon_fail(mon, &err);
        v->mode = (u8)__builtin_ctz(modes);
    }
    struct expr_scope scope = {
        .h = h, .symbols = mon->m->symbols, .view = v, .vmid = number ? &vmid : NULL};
    const char *rest = prefix(text, v);
    return expr_eval(&scope, rest, addr, &err) ? mon_fail(mon, &err) : 0;
}

/* ---- where the machine stands ---- */

static void show_place(struct monitor *mon)
{
    struct hart *h = mon->c->focus;
    fprintf(mon->out, "hart %u %s%s-mode%s", h->id, tint(mon, TINT_BOLD), mode_name(h, h->mode),
            tint(mon, TINT_NONE));
    if (mode_table[h->mode].v)
        fprintf(mon->out, " vmid %u", hart_vmid(h));
    fprintf(mon->out, "  ");
    mon_show_insn(mon, h, h->pc);
    if (h->wait != WAIT_NONE)
        fprintf(mon->out, "  (the hart waits for an interrupt; 'why' says for which)\n");
}

void monitor_show_point(struct monitor *mon, const struct stop_info *s)
{
    const struct point *p = points_find(&mon->c->points, s->point);
    char text[256];
    if (!p)
        return;
    fprintf(mon->out, "%s%u: %s%s\n", tint(mon, TINT_NOTE), p->id,
            *s->text ? s->text : point_text(p, text, sizeof text), tint(mon, TINT_NONE));
    if (p->kind == POINT_WATCH && s->access == WATCH_READ)
        fprintf(mon->out, "  read 0x%" PRIx64 "\n", s->value);
    else if (p->kind == POINT_WATCH || p->kind == POINT_WATCH_CSR)
        fprintf(mon->out, "  0x%" PRIx64 " -> 0x%" PRIx64 "\n", s->old, s->value);
    if (p->temporary)
        points_delete(&mon->c->points, points_find(&mon->c->points, s->point));
}

void monitor_show_stop(struct monitor *mon)
{
    const struct stop_info *s = &mon->c->stop;
    const struct trap_record *r = record_last(&mon->c->hart[mon->c->focus->id].log, 0);
    if (s->why == STOPPED_ENDED) {
        fprintf(mon->out, "%s%s%s\n", tint(mon, TINT_NOTE), s->text, tint(mon, TINT_NONE));
    } else if (s->why == STOPPED_POINT && s->owner == OWNER_USER) {
        monitor_show_point(mon, s);
    } else if (s->why == STOPPED_COUNT && s->trapped && r) {
        fprintf(mon->out, "%strap: %s (cause %" PRIu64 "), %s-mode to %s-mode%s\n",
                tint(mon, TINT_NOTE),
                r->ev.interrupt ? interrupt_name((unsigned)r->ev.cause)
                                : exception_name((unsigned)r->ev.cause),
                r->ev.cause, mode_name(mon->c->focus, r->ev.from),
                bank_name(mon->c->focus, r->ev.bank), tint(mon, TINT_NONE));
    }
    show_place(mon);
}
