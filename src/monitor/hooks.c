/* What the harts call while the machine runs under control: is there a point here that hits? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/csr.h"
#include "cpu/irq.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"
#include "monitor/control.h"
#include "monitor/expr.h"

static bool condition_holds(struct control *c, const struct point *p, struct hart *h)
{
    struct expr_scope scope = {.h = h, .symbols = c->m->symbols};
    struct error err;
    u64 value;
    if (!p->condition)
        return true;
    return expr_eval(&scope, p->condition, &value, &err) != 0 || value != 0;
}

/* The point's place is met, seen from `mode`: does it stop the machine? */
static bool hit(struct control *c, struct point *p, struct hart *h, enum mode mode)
{
    if (c->quiet || !p->enabled || !filter_matches(&p->filter, h, mode) ||
        !condition_holds(c, p, h))
        return false;
    p->hits++;
    if (p->ignore) {
        p->ignore--;
        return false;
    }
    if (c->stop.why != STOPPED_POINT) {
        c->stop.why = STOPPED_POINT;
        c->stop.point = p->id;
        c->stop.kind = p->kind;
        c->stop.owner = p->owner;
        c->stop.access = p->access;
        c->stop.hart = h;
        c->stop.addr = p->addr;
    }
    if (p->temporary)
        p->enabled = false; /* deleted when the stop is reported */
    machine_stop(c->m, STOP_DEBUG, HOLD_POINT);
    return true;
}

/* Is the hart still where it was when the point there was reported? */
static bool passed(const struct reported *r, const struct hart *h)
{
    return r->valid && r->clock == h->clock && r->pc == h->pc;
}

/* ---- breakpoints ---- */

static bool maybe_marked(const struct control *c, u64 pc)
{
    unsigned n = (pc >> 1) & 255;
    return c->filter[n >> 6] >> (n & 63) & 1;
}

static bool on_marked(void *ctx, const struct hart *h, u64 pc)
{
    const struct control *c = ctx;
    (void)h;
    if (!maybe_marked(c, pc))
        return false;
    for (u32 i = 0; i < c->num_marks; i++)
        if (c->marks[i] == pc)
            return true;
    return false;
}

static bool on_before(void *ctx, struct hart *h)
{
    struct control *c = ctx;
    bool stop = false;
    if (!maybe_marked(c, h->pc) || passed(&c->hart[h->id].breakpoint, h))
        return true;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->kind == POINT_BREAK && p->addr == h->pc)
            stop |= hit(c, p, h, (enum mode)h->mode);
    return !stop;
}

static int by_value(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return x < y ? -1 : x > y;
}

/* Brings the marks up to date; decoded code is dropped only if they have changed. */
static void set_marks(struct control *c)
{
    u32 n = 0, most = 0;
    for (struct point *p = c->points.first; p; p = p->next)
        most += p->kind == POINT_BREAK && p->enabled;
    u64 *marks = calloc(most + 1, sizeof *marks);
    if (!marks)
        return;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->kind == POINT_BREAK && p->enabled)
            marks[n++] = p->addr;
    qsort(marks, n, sizeof *marks, by_value);
    bool same = n == c->num_marks && (!n || !memcmp(marks, c->marks, n * sizeof *marks));
    free(c->marks);
    c->marks = marks;
    c->num_marks = n;
    memset(c->filter, 0, sizeof c->filter);
    for (u32 i = 0; i < n; i++)
        c->filter[(marks[i] >> 1 & 255) >> 6] |= BIT(marks[i] >> 1 & 63);
    for (u32 i = 0; !same && i < c->m->num_harts; i++)
        block_drop_all(c->m->hart[i]);
}

/* ---- watchpoints ---- */

static bool overlaps(u64 a, u64 len, u64 b, u64 blen)
{
    return a < b + blen && b < a + len;
}

/* Where a watched guest-physical address lies now; -1 if nowhere. */
static int pa_of_gpa(struct hart *h, u64 gpa, u64 *pa)
{
    struct regime r = *mmu_regime(h, MODE_VS);
    struct walk w = {.h = h, .r = &r, .access = ACCESS_LOAD, .flags = MEM_PROBE};
    struct xlate x;
    r.s.levels = 0;
    r.g.mxr = 1;
    if (walk(&w, gpa, &x))
        return -1;
    *pa = x.pa;
    return 0;
}

static bool touches_pa(u64 addr, u64 len, const struct hart_access *a)
{
    return overlaps(addr, len, a->pa, a->first) ||
           (a->first < a->size && overlaps(addr, len, a->pa_next, a->size - a->first));
}

static bool touches(const struct point *p, struct hart *h, const struct hart_access *a)
{
    u64 pa;
    if (p->space == VIEW_PA)
        return touches_pa(p->addr, p->len, a);
    if (p->space == VIEW_VA)
        return overlaps(p->addr, p->len, mask_pointer(mmu_regime(h, (enum mode)a->mode), a->va),
                        a->size);
    if (!mode_table[a->mode].v)
        return false;
    for (u64 done = 0, n; done < p->len; done += n) { /* page by page */
        n = 0x1000 - ((p->addr + done) & 0xfff);
        if (n > p->len - done)
            n = p->len - done;
        if (pa_of_gpa(h, p->addr + done, &pa) == 0 && touches_pa(pa, n, a))
            return true;
    }
    return false;
}

static u64 watched_value(const struct point *p, struct hart *h, enum mode mode)
{
    struct view v = {.h = h, .kind = p->space, .mode = (u8)mode};
    struct error err;
    u64 value = 0;
    view_read(&v, p->addr, &value, p->len < 8 ? p->len : 8, &err);
    return value;
}

static unsigned watch_kinds(const struct hart_access *a)
{
    return (a->kinds & TRIGGER_LOAD ? WATCH_READ : 0u) |
           (a->kinds & TRIGGER_STORE ? WATCH_WRITE : 0u);
}

/* gdb expects of this architecture to be stopped before the access: it takes its watchpoints away,
 * steps, and compares. A client that leaves them in place gets over the access as well. */
static bool hits_gdb(struct control *c, struct hart *h, const struct hart_access *a)
{
    if (passed(&c->hart[h->id].watch, h))
        return false;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->owner == OWNER_GDB && p->kind == POINT_WATCH && (p->access & watch_kinds(a)) &&
            touches(p, h, a) && hit(c, p, h, (enum mode)a->mode))
            return true;
    return false;
}

/* The person's points stop behind the access, so that the new value can be told. */
static int on_access(void *ctx, struct hart *h, const struct hart_access *a)
{
    struct control *c = ctx;
    if (hits_gdb(c, h, a)) {
        h->trap = (struct trap){.held = 1};
        return TRAPPED;
    }
    for (struct point *p = c->points.first; p; p = p->next) {
        if (p->owner == OWNER_GDB || p->kind != POINT_WATCH || !(p->access & watch_kinds(a)) ||
            !touches(p, h, a))
            continue;
        u64 old = watched_value(p, h, (enum mode)a->mode);
        if (!hit(c, p, h, (enum mode)a->mode) || c->watch_hit)
            continue;
        c->watch_hit = p;
        c->stop.access = (u8)watch_kinds(a);
        c->stop.old = old;
    }
    return 0;
}

/* Does a watched place lie in the page that is at va and pa? */
static bool watches_page(const struct point *p, struct hart *h, u64 va, u64 pa)
{
    u64 at;
    if (p->space == VIEW_VA)
        return overlaps(p->addr, p->len, mask_pointer(h->tlb->data, va) & ~0xfffull, 0x1000);
    if (p->space == VIEW_PA)
        return overlaps(p->addr, p->len, pa & ~0xfffull, 0x1000);
    if (!h->tlb->data->virt)
        return false;
    for (u64 gpa = p->addr & ~0xfffull; gpa < p->addr + p->len; gpa += 0x1000)
        if (pa_of_gpa(h, gpa, &at) == 0 && at == (pa & ~0xfffull))
            return true;
    return false;
}

static bool on_watched(void *ctx, const struct hart *h, u64 va, u64 pa)
{
    struct control *c = ctx;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->kind == POINT_WATCH && p->enabled && watches_page(p, c->m->hart[h->id], va, pa))
            return true;
    return false;
}

void control_settle(struct control *c)
{
    const struct point *p = c->watch_hit;
    if (p && c->stop.why == STOPPED_POINT)
        c->stop.value = watched_value(p, c->stop.hart, data_mode(c->stop.hart));
}

/* Watched CSRs: has a value changed? */
static void look_at_csrs(struct control *c, struct hart *h, int accessed)
{
    for (struct point *p = c->points.first; p; p = p->next) {
        u64 value;
        if (p->kind != POINT_WATCH_CSR || csr_peek(h, p->csr, &value))
            continue;
        bool stop = value != p->old || ((p->access & WATCH_READ) && accessed == p->csr);
        u64 old = p->old;
        if ((p->filter.hart < 0 || (u32)p->filter.hart == h->id) || c->m->num_harts == 1)
            p->old = value;
        if (stop && hit(c, p, h, (enum mode)h->mode)) {
            c->stop.old = old;
            c->stop.value = value;
        }
    }
}

static void on_csr(void *ctx, struct hart *h, unsigned num)
{
    look_at_csrs(ctx, h, (int)num);
}

/* ---- catchpoints ---- */

static bool catches(const struct point *p, const struct hart *h, const struct trap_event *ev)
{
    if (p->target != CATCH_ANY && p->target != ev->bank)
        return false;
    u64 cause = ev->cause;
    if (p->own_code && ev->bank == BANK_VS && vs_interrupt((unsigned)cause + 1))
        cause++; /* VS-mode sees its interrupts under S-mode's numbers */
    switch (p->catch_what) {
    case CATCH_EXCEPTION:
    case CATCH_INTERRUPT:
        return ev->interrupt == (p->catch_what == CATCH_INTERRUPT) &&
               (p->cause == CATCH_ANY || (u64)p->cause == cause);
    case CATCH_SBI:
        return !ev->interrupt && (ev->cause == CAUSE_ECALL_S || ev->cause == CAUSE_ECALL_VS) &&
               (p->cause == CATCH_ANY || (u32)p->cause == (u32)h->x[17]);
    default:
        return false;
    }
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct control *c = ctx;
    record_trap(&c->hart[h->id].log, h, ev);
    c->stop.trapped = true;
}

/* Conditions see what the handler will find. */
static void on_trapped(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct control *c = ctx;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->kind == POINT_CATCH && catches(p, h, ev) && hit(c, p, h, (enum mode)ev->from))
            snprintf(c->stop.text, sizeof c->stop.text,
                     "%s (cause %" PRIu64 ") at 0x%" PRIx64 " in %s-mode, taken to %s-mode",
                     ev->interrupt ? interrupt_name((unsigned)ev->cause)
                                   : exception_name((unsigned)ev->cause),
                     ev->cause, ev->epc, mode_name(h, ev->from), bank_name(h, ev->bank));
}

/* Without a target the point has hit already, when the trap came to M-mode. */
static void on_redirected(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct control *c = ctx;
    for (struct point *p = c->points.first; p; p = p->next)
        if (p->kind == POINT_CATCH && p->target != CATCH_ANY && catches(p, h, ev) &&
            hit(c, p, h, (enum mode)ev->from))
            snprintf(c->stop.text, sizeof c->stop.text,
                     "%s (cause %" PRIu64 ") at 0x%" PRIx64
                     " in %s-mode, redirected by the firmware to %s-mode: its MRET comes next",
                     exception_name((unsigned)ev->cause), ev->cause, ev->epc,
                     mode_name(h, ev->from), bank_name(h, ev->bank));
}

static void on_mode(void *ctx, struct hart *h, enum mode from)
{
    struct control *c = ctx;
    look_at_csrs(c, h, -1);
    for (struct point *p = c->points.first; p; p = p->next) {
        bool world = mode_table[from].v != mode_table[h->mode].v;
        if (p->kind != POINT_CATCH ||
            !(p->catch_what == CATCH_MODE || (p->catch_what == CATCH_WORLD && world)))
            continue;
        if (hit(c, p, h, (enum mode)h->mode))
            snprintf(c->stop.text, sizeof c->stop.text, "%s: %s-mode to %s-mode",
                     p->catch_what == CATCH_WORLD ? "world switch" : "mode switch",
                     mode_name(h, from), mode_name(h, h->mode));
    }
}

/* ---- putting them in place ---- */

static bool any(const struct control *c, unsigned kinds)
{
    for (const struct point *p = c->points.first; p; p = p->next)
        if (p->enabled && (kinds >> p->kind & 1))
            return true;
    return false;
}

static bool any_catch(const struct control *c)
{
    for (const struct point *p = c->points.first; p; p = p->next)
        if (p->enabled && p->kind == POINT_CATCH &&
            (p->catch_what == CATCH_MODE || p->catch_what == CATCH_WORLD))
            return true;
    return false;
}

/* A bit for each page number modulo 64. */
static u64 page_bits(u64 addr, u64 len)
{
    u64 set = 0, pages = ((addr & 0xfff) + len + 0xfff) >> 12;
    if (pages >= 64)
        return ~0ull;
    for (u64 i = 0; i < pages; i++)
        set |= BIT(((addr >> 12) + i) & 63);
    return set;
}

/* Fills in the sieve for pages, and returns a name of the set of watched places. */
static u64 set_watches(const struct control *c, struct hart_debug *d)
{
    u64 sum = 0;
    for (const struct point *p = c->points.first; p; p = p->next) {
        if (p->kind != POINT_WATCH || !p->enabled)
            continue;
        sum = (sum ^ p->addr ^ p->len << 52 ^ (u64)p->space << 62) * 0x9e3779b97f4a7c15ull + 1;
        if (p->space == VIEW_VA)
            d->va_pages |= page_bits(p->addr, p->len);
        else if (p->space == VIEW_PA)
            d->pa_pages |= page_bits(p->addr, p->len);
        else
            d->pa_pages = ~0ull; /* where it lies may change at any time */
    }
    return sum;
}

void control_hook(struct control *c)
{
    bool breaks = any(c, 1u << POINT_BREAK), watch = any(c, 1u << POINT_WATCH);
    bool csrs = any(c, 1u << POINT_WATCH_CSR), modes = any_catch(c);
    struct hart_debug d = {.ctx = c,
                           .marked = breaks ? on_marked : NULL,
                           .before = breaks ? on_before : NULL,
                           .trap = on_trap,
                           .trapped = on_trapped,
                           .redirected = on_redirected,
                           .mode = modes || csrs ? on_mode : NULL,
                           .csr = csrs ? on_csr : NULL,
                           .watched = watch ? on_watched : NULL,
                           .access = watch ? on_access : NULL};
    u64 watches = set_watches(c, &d);
    for (u32 i = 0; i < c->m->num_harts; i++) {
        c->m->hart[i]->debug = d;
        if (watches != c->watches)
            tlb_forget_pages(c->m->hart[i]->tlb);
    }
    c->watches = watches;
    set_marks(c);
}

void control_unhook(struct control *c)
{
    for (u32 i = 0; i < c->m->num_harts; i++) {
        c->m->hart[i]->debug = (struct hart_debug){0};
        if (c->num_marks)
            block_drop_all(c->m->hart[i]);
    }
}
