/* What would have to be different? Each register field that decides something is changed in turn on
 * a copy of the hart, and the same thing tried again; what comes out differently is printed. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/lazy.h"
#include "cpu/fields.h"
#include "monitor/fields.h"
#include "monitor/why.h"

enum { MOST_LINES = 14 };

struct run {
    struct probe *p;
    const struct trial *t;
    change_fn *tell;
    void *ctx;
};

void why_line(struct monitor *mon, const char *label, const char *format, ...)
{
    va_list ap;
    fprintf(mon->out, "  %s%-11s%s", tint(mon, TINT_DIM), label, tint(mon, TINT_NONE));
    va_start(ap, format);
    vfprintf(mon->out, format, ap);
    va_end(ap);
    fputc('\n', mon->out);
}

void why_root(struct monitor *mon, const struct hart *h)
{
    if (h->hgatp_dropped)
        why_line(mon, "",
                 "hgatp: bits 1:0 of PPN were dropped (written as %u): they read as zero, the root "
                 "of an "
                 "SvNNx4 table is aligned to 16 KiB [norm:hgatp_ppn_op]",
                 (unsigned)h->hgatp_dropped);
}

char *outcome_text(const struct hart *h, const struct outcome *o, char *buf, size_t len)
{
    if (o->dead)
        snprintf(buf, len, "an error that has no handler");
    else if (o->wakes)
        snprintf(buf, len, "the hart wakes and goes on; no interrupt is taken");
    else if (!o->trapped)
        snprintf(buf, len, "no trap");
    else
        snprintf(buf, len, "%s takes %s %" PRIu64 " (%s)", bank_name(h, o->ev.bank),
                 o->ev.interrupt ? "interrupt" : "cause", o->ev.cause,
                 o->ev.interrupt ? interrupt_name((unsigned)o->ev.cause)
                                 : exception_name((unsigned)o->ev.cause));
    return buf;
}

struct outcome trial_outcome(struct probe *p, const struct trial *t)
{
    struct outcome out = {0};
    struct report again;
    switch (t->what) {
    case TRY_EXECUTE:
        return probe_execute(p);
    case TRY_INTERRUPT:
        return probe_interrupt(p);
    case TRY_ACCESS:
        report_make(p->h, &again, t->request);
        out.ev.cause = again.cause;
        out.trapped = !again.ok;
        break;
    case TRY_CSR:
        out.ev.cause = (u64)csr_check(p->h, t->csr, (enum csr_op)t->csr_op, NULL);
        out.trapped = out.ev.cause != 0;
        break;
    }
    if (out.trapped)
        out.ev.bank = delegate(p->h, (unsigned)out.ev.cause).bank;
    return out;
}

/* The instruction could not even be fetched. */
static bool is_fetch(const struct outcome *o)
{
    return o->trapped && !o->ev.interrupt &&
           (o->ev.cause == CAUSE_INSN_ACCESS || o->ev.cause == CAUSE_INSN_PAGE ||
            o->ev.cause == CAUSE_INSN_GUEST_PAGE);
}

static void compare(struct run *r, struct change *c)
{
    struct outcome *o = &c->outcome;
    *o = trial_outcome(r->p, r->t);
    /* What another instruction does, or none, is no answer to why this one trapped. */
    bool another = is_fetch(o) || o->insn != r->t->base.insn;
    if (outcome_differs(o, &r->t->base) && (!another || is_fetch(&r->t->base)))
        r->tell(r->ctx, c);
}

/* ---- registers ---- */

/* `value` of the field's part in place of what the CSR has there. */
static void try_value(struct run *r, unsigned csr, const struct field_part *p, u64 old, u64 part)
{
    char what[96], text[64];
    u64 now, mask = FIELD_MASK(p->high, p->low), value = set_field(old, mask, part);
    csr_poke(r->p->h, csr, value);
    probe_settle(r->p);
    if (csr_peek(r->p->h, csr, &now) == 0 && get_field(now, mask) == part) {
        if (field_is_set(p->f)) {
            unsigned n = (unsigned)__builtin_ctzll(value ^ old);
            field_text(p->f, r->p->h, part_value(p, BIT(n)), text, sizeof text);
            snprintf(what, sizeof what, "%s[%s] = %u", csr_name(csr), text,
                     (unsigned)(value >> n & 1));
            mask = BIT(n);
        } else {
            field_text(p->f, r->p->h, part << p->shift, text, sizeof text);
            snprintf(what, sizeof what, "%s.%s = %s", csr_name(csr), p->f->name, text);
        }
        compare(r, &(struct change){.kind = CHANGE_REGISTER,
                                    .number = (u16)csr,
                                    .mask = mask,
                                    .value = now & mask,
                                    .text = what});
    }
}

/* The n-th value worth trying instead of v, in *other; false: no more. Of a set each member is put
 * in or out; of a choice each value that exists (of translation modes Bare and the first: under
 * another the same tables mean something else); and all of what is short. */
static bool other_value(const struct hart *h, const struct field_part *p, unsigned n, u64 v,
                        u64 *other)
{
    unsigned width = p->high - p->low + 1u;
    u32 choice = h->rules.legal[p->f->shown];
    if (field_is_set(p->f)) {
        *other = n < width ? v ^ BIT(n) : v;
        return n < width;
    }
    if (!choice) {
        *other = n;
        return width <= 2 && n < 1u << width;
    }
    if ((p->f->shown == SHOW_ATP || p->f->shown == SHOW_GATP) && n > 1)
        return false;
    for (; choice && n; n--)
        choice &= choice - 1;
    *other = choice ? mask_shift(choice) : 0;
    return choice != 0;
}

static void try_field(struct run *r, unsigned csr, const struct field_part *p, u64 old)
{
    u64 v = bits(old, p->high, p->low), other, state[HART_STATE_BYTES / 8];
    memcpy(state, r->p->h, sizeof state);
    for (unsigned n = 0; other_value(r->p->h, p, n, v, &other); n++) {
        if (other == v)
            continue;
        try_value(r, csr, p, old, other);
        memcpy(r->p->h, state, sizeof state);
        probe_settle(r->p);
    }
}

static void try_csr(struct run *r, unsigned csr)
{
    u64 value;
    for (struct field_part p = {0}; csr_next_field(r->p->h, csr, &p);) {
        if (p.f->shown == SHOW_FRM && lazy_level(r->p->h, LAZY_FS) == LAZY_OFF)
            continue; /* writing it would make FS dirty */
        if (p.f->try == TRY_KEEP || csr_peek(r->p->h, csr, &value))
            continue;
        if (p.f->try == TRY_CLEAR && !bits(value, p.high, p.low))
            continue;
        try_field(r, csr, &p, value);
    }
}

static void try_registers(struct run *r)
{
    for (enum reg reg = REG_NONE + 1; reg < REG_COUNT; reg++)
        if (reg_tried(reg))
            for (unsigned n = 0; (n = reg_csr(r->p->h, reg, n)) < 4096; n++)
                try_csr(r, n);
}

/* ---- memory protection and page tables ---- */

static void try_pmp(struct run *r)
{
    static const char names[] = "RWX";
    struct hart *h = r->p->h;
    if (r->t->pmp_entry < 0)
        return;
    unsigned e = (unsigned)r->t->pmp_entry;
    for (unsigned bit = 0; bit < 3; bit++) {
        char what[64];
        u64 old = h->pmpcfg[e / 8];
        h->pmpcfg[e / 8] ^= BIT(e % 8 * 8 + bit);
        probe_settle(r->p);
        snprintf(what, sizeof what, "pmp%ucfg.%c = %u", e, names[bit],
                 (unsigned)(h->pmpcfg[e / 8] >> (e % 8 * 8 + bit) & 1));
        compare(r, &(struct change){.kind = CHANGE_PMP,
                                    .number = (u16)e,
                                    .mask = BIT(bit),
                                    .value = h->pmpcfg[e / 8] >> (e % 8 * 8) & BIT(bit),
                                    .text = what});
        h->pmpcfg[e / 8] = old;
        probe_settle(r->p);
    }
}

/* The bits of one entry, changed in memory for a moment: the machine stands still. */
static void try_pte(struct run *r)
{
    static const char names[] = "VRWXUGAD";
    u64 pa = r->t->pte;
    struct mem_region *m = pa ? bus_find_memory(r->p->h->bus, pa, pte_bytes(r->p->h)) : NULL;
    if (!m || !m->writable)
        return;
    u8 *host = m->host + (pa - m->base);
    for (unsigned bit = 0; bit < 8; bit++) {
        char what[64];
        if (bit == 5) /* G changes no outcome */
            continue;
        host[0] ^= (u8)(1u << bit);
        mmu_flush_all(r->p->h);
        snprintf(what, sizeof what, "PTE at 0x%" PRIx64 ": %c = %u", pa, names[bit],
                 host[0] >> bit & 1);
        compare(r, &(struct change){.kind = CHANGE_PTE,
                                    .pte = pa,
                                    .mask = BIT(bit),
                                    .value = host[0] & BIT(bit),
                                    .text = what});
        host[0] ^= (u8)(1u << bit);
    }
    mmu_flush_all(r->p->h);
}

void try_changes(struct probe *p, const struct trial *t, change_fn *tell, void *ctx)
{
    struct run r = {.p = p, .t = t, .tell = tell, .ctx = ctx};
    try_pte(&r);
    try_registers(&r);
    try_pmp(&r);
}

/* ---- printed ---- */

void change_show(void *ctx, const struct change *c)
{
    struct changes_shown *s = ctx;
    char text[128];
    if (s->lines++ >= MOST_LINES)
        return;
    if (s->is_question && !c->outcome.trapped)
        snprintf(text, sizeof text, "allowed");
    else
        outcome_text(s->h, &c->outcome, text, sizeof text);
    why_line(s->mon, s->lines == 1 ? "change" : "", "%-28s -> %s", c->text, text);
}

void changes_end(const struct changes_shown *s)
{
    if (!s->lines)
        why_line(s->mon, "change", "no single field of a register or page-table entry alters it");
    if (s->lines > MOST_LINES)
        why_line(s->mon, "", "... and %u more", s->lines - MOST_LINES);
}

void why_experiments(struct monitor *mon, struct probe *p, const struct trial *t)
{
    bool is_question = t->what == TRY_ACCESS || t->what == TRY_CSR;
    struct changes_shown shown = {.mon = mon, .h = p->h, .is_question = is_question};
    try_changes(p, t, change_show, &shown);
    changes_end(&shown);
}
