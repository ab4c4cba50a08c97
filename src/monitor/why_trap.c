/* Why a trap was taken: what was executed, the rule, the registers behind it, where it went, what
 * its handler sees, and what would have changed it. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "machine/history.h"
#include "monitor/fields.h"
#include "monitor/origin.h"
#include "monitor/why.h"

/* Everything the parts of the screen share. */
struct screen {
    struct monitor *mon;
    struct probe *p;
    const struct hart *h; /* the probe's: as the hart was */
    const struct trap_record *r;
    const struct refusal *why; /* of an exception */
};

/* ---- what was done ---- */

static void show_instruction(struct screen *s)
{
    const struct trap_event *ev = &s->r->ev;
    char symbol[128], text[128];
    mon_symbol(s->mon, s->h, (enum mode)ev->from, ev->epc, symbol, sizeof symbol);
    if (ev->interrupt)
        why_line(s->mon, "before", "0x%" PRIx64 " %s", ev->epc, symbol);
    else if ((refused_access(s->why) || s->why->reason == REASON_TRIGGER) && !s->r->insn)
        why_line(s->mon, "at", "0x%" PRIx64 " %s (the instruction was not fetched)", ev->epc,
                 symbol);
    else
        why_line(s->mon, "executed", "0x%" PRIx64 " %s  %s", ev->epc, symbol,
                 insn_disassemble_on(s->h, ev->epc, s->r->insn, text, sizeof text));
}

static void show_access(struct screen *s)
{
    const struct refusal *why = s->why;
    why_line(s->mon, "access", "%s at va 0x%" PRIx64 " with the rights of %s-mode%s",
             access_name(why->access, why->flags), s->r->trap.tval, mode_name(s->h, why->mode),
             why->flags & MEM_HV ? " (hstatus.SPVP, hypervisor access)"
             : why->mode != s->h->mode && why->access != ACCESS_FETCH ? " (mstatus.MPRV, MPP, MPV)"
                                                                      : "");
}

/* ---- the rule ---- */

static void show_register(struct screen *s, unsigned csr)
{
    char text[200];
    u64 value;
    if (csr_peek(s->p->h, csr, &value))
        return;
    why_line(s->mon, "", "%-8s = 0x%0*" PRIx64 "  %s", csr_name(csr), addr_digits(s->h), value,
             fields_of(s->h, csr, value, text, sizeof text));
}

static bool is_guest_page_fault(const struct screen *s)
{
    u32 cause = s->r->trap.cause;
    return cause == CAUSE_INSN_GUEST_PAGE || cause == CAUSE_LOAD_GUEST_PAGE ||
           cause == CAUSE_STORE_GUEST_PAGE;
}

/* The registers that a walk started from. */
static void show_walk(struct screen *s)
{
    u64 tinst = s->r->trap.tinst;
    u64 satp;
    if (is_guest_page_fault(s))
        why_line(s->mon, "", "gpa 0x%" PRIx64 "%s", s->r->trap.gpa,
                 tinst & 0x20 ? ", to set A or D in a VS-stage entry"
                 : tinst      ? ", to read a VS-stage entry"
                              : ", the address itself");
    if (mode_table[s->why->mode].v) {
        show_register(s, CSR_vsatp);
        show_register(s, CSR_hgatp);
        why_root(s->mon, s->p->h);
    } else if (s->why->mode != MODE_M && csr_peek(s->p->h, CSR_satp, &satp) == 0 && satp) {
        show_register(s, CSR_satp);
    }
}

/* The access went by an entry of the translation caches that memory had not confirmed. */
static void show_stale(struct screen *s)
{
    const struct cached *c = &s->r->stale;
    char text[240];
    if (c->name.kind == SPACE_NONE)
        return;
    why_line(s->mon, "stale", "%sthe hart did not look into memory: %s%s", tint(s->mon, TINT_NOTE),
             cached_text(c, text, sizeof text), tint(s->mon, TINT_NONE));
    if (c->memory)
        why_line(s->mon, "", "memory said: %s 0x%" PRIx64 " leads to pa 0x%" PRIx64,
                 c->name.kind == SPACE_G ? "gpa" : "va", c->addr, c->memory_pa);
    else
        why_line(s->mon, "", "memory said: %s 0x%" PRIx64 " leads nowhere",
                 c->name.kind == SPACE_G ? "gpa" : "va", c->addr);
}

/* Who wrote the page-table entry that decided; nothing without a history. */
static void show_origin(struct screen *s)
{
    const struct mem_region *ram = s->mon->m->ram;
    struct origin_place place = {.of = ORIGIN_MEMORY, .pa = s->why->pa, .len = pte_bytes(s->h)};
    struct origin o;
    struct error err;
    char text[400];
    if (reason_row(s->why->reason)->kind != REASON_IS_WALK || !history_is_kept(s->mon->m) ||
        mon_goes_forwards(s->mon) || bus_find_memory(&s->mon->m->bus, place.pa, place.len) != ram ||
        origin_find(s->mon->c, &place, s->r->executed, &o, &err))
        return;
    why_line(s->mon, "", "that entry: %s",
             origin_text(s->mon->c, &o, s->r->executed, text, sizeof text));
}

static void show_double_trap(struct screen *s)
{
    why_line(s->mon, "decided by", "the trap that could not be taken: cause %" PRIu64 " (%s)",
             s->r->ev.tval2 & 0x7fffffff, exception_name((unsigned)(s->r->ev.tval2 & 63)));
    show_register(s, mode_table[s->h->mode].v ? CSR_vsstatus : CSR_sstatus);
}

static void show_reason(struct screen *s)
{
    unsigned reason = s->r->ev.reason;
    if (reason == REASON_NONE) {
        why_line(s->mon, "rule",
                 "raised on behalf of another (by firmware or hypervisor software)");
        return;
    }
    bool access = refused_access(s->why) && reason == s->why->reason;
    if (access)
        show_access(s);
    why_rule(s->mon, reason);
    if (reason == REASON_DOUBLE_TRAP) {
        show_double_trap(s);
        return;
    }
    why_decided(s->mon, s->h, s->why, s->r->insn);
    show_origin(s);
    if (access) {
        show_walk(s);
        show_stale(s);
    }
    if (reason_row(reason)->kind == REASON_IS_ALIGN)
        why_line(s->mon, "decided by", "address 0x%" PRIx64, s->r->trap.tval);
}

/* ---- where it went ---- */

/* What sent an interrupt there; without a record, what the registers say now. */
static struct delegation interrupt_route(struct screen *s, unsigned *code)
{
    const struct trap_event *ev = &s->r->ev;
    if (ev->deleg.irq) {
        *code = ev->code;
        return ev->deleg;
    }
    *code = (unsigned)ev->cause;
    if (ev->bank == BANK_VS && *code < 12)
        ++*code; /* VS-mode sees its interrupts under S-mode's numbers */
    return (struct delegation){.bank = (enum bank)ev->bank,
                               .number = IPRIO_EXTERNAL,
                               .medeleg = s->h->mideleg >> *code & 1,
                               .hedeleg = s->h->hideleg >> *code & 1};
}

static char *exception_route(struct screen *s, const struct delegation *d, char *buf, size_t len)
{
    const struct trap_event *ev = &s->r->ev;
    unsigned code = (unsigned)ev->cause;
    if (ev->from == MODE_M)
        snprintf(buf, len, "traps from M-mode stay in M-mode");
    else if (!d->medeleg && !(medeleg_writable(s->h) >> code & 1))
        snprintf(buf, len, "medeleg has no bit %u", code);
    else if (!d->medeleg || !mode_table[ev->from].v)
        snprintf(buf, len, "medeleg[%u]=%u", code, d->medeleg);
    else if (!(hedeleg_writable(s->h) >> code & 1))
        snprintf(buf, len, "medeleg[%u]=1, hedeleg has no bit %u", code, code);
    else
        snprintf(buf, len, "medeleg[%u]=1, hedeleg[%u]=%u", code, code, d->hedeleg);
    return buf;
}

static void show_target(struct screen *s)
{
    const struct trap_event *ev = &s->r->ev;
    struct delegation d;
    unsigned code;
    char chain[200];
    if (ev->interrupt) {
        d = interrupt_route(s, &code);
        irq_route_text(&d, code, chain, sizeof chain);
    } else {
        d = delegate(s->h, (unsigned)ev->cause);
        exception_route(s, &d, chain, sizeof chain);
    }
    why_line(s->mon, "target", "%s -> %s%s-mode%s", chain, tint(s->mon, TINT_BOLD),
             bank_name(s->h, ev->bank), tint(s->mon, TINT_NONE));
    if (ev->interrupt && d.irq && (has(s->h, EXT_Smaia) || has(s->h, EXT_Ssaia)))
        why_line(s->mon, "", "%s", irq_number_text(d.number, chain, sizeof chain));
    why_line(s->mon, "", "[%s]",
             d.source != IRQ_FROM_MIP ? "AIA, \"Virtual interrupts\""
             : d.bank == BANK_VS || (d.medeleg && mode_table[ev->from].v)
                 ? "norm:H_trap_deleg"
                 : "norm:medeleg_mideleg_op1");
}

static void show_seen(struct screen *s)
{
    static const char *const prefix[] = {"m", "s", "vs"};
    const struct trap_event *ev = &s->r->ev;
    char symbol[128], text[200];
    const char *x = prefix[ev->bank];
    why_line(s->mon, "sees", "%scause = %s%" PRIu64 " (%s)", x, ev->interrupt ? "interrupt " : "",
             ev->cause,
             ev->interrupt ? interrupt_name((unsigned)ev->cause)
                           : exception_name((unsigned)ev->cause));
    mon_symbol(s->mon, s->h, (enum mode)ev->from, ev->epc, symbol, sizeof symbol);
    why_line(s->mon, "", "%sepc = 0x%" PRIx64 "%s%s", x, ev->epc, *symbol ? " " : "", symbol);
    why_line(s->mon, "", "%stval = 0x%" PRIx64 "%s", x, ev->tval,
             ev->gva && ev->bank != BANK_VS ? " (a guest virtual address: GVA=1)" : "");
    if (ev->bank == BANK_VS || !has(s->h, EXT_H))
        return;
    x = ev->bank == BANK_M ? "m" : "h";
    if (ev->cause == CAUSE_DOUBLE_TRAP)
        why_line(s->mon, "", "mtval2 = %" PRIu64, ev->tval2);
    else if (ev->tval2 || (!ev->interrupt && is_guest_page_fault(s)))
        why_line(s->mon, "", "%s = 0x%" PRIx64 " (gpa 0x%" PRIx64 "%s%s)",
                 ev->bank == BANK_M ? "mtval2" : "htval", ev->tval2, ev->tval2 << 2,
                 s->r->trap.tinst ? ", of a page-table entry" : ", low bits in ",
                 s->r->trap.tinst     ? ""
                 : ev->bank == BANK_M ? "mtval"
                                      : "stval");
    if (ev->tinst)
        why_line(s->mon, "", "%stinst = 0x%" PRIx64 " (%s)", x, ev->tinst,
                 tinst_text(s->h, ev->tinst, text, sizeof text));
    const struct mode_info *from = &mode_table[ev->from];
    if (ev->bank == BANK_M)
        why_line(s->mon, "", "mstatus.MPP=%s MPV=%u",
                 from->nominal ? from->nominal == 1 ? "S" : "M" : "U", from->v);
    else
        why_line(s->mon, "", "hstatus.SPV=%u%s sstatus.SPP=%s", from->v,
                 from->v ? from->nominal ? " SPVP=1" : " SPVP=0" : "", from->nominal ? "S" : "U");
}

/* ---- what would change it ---- */

/* Exchanges the page-table entry at which the walk stopped with what is in memory now, either way,
 * so that the experiments see it as it was. */
static void exchange_entry(struct screen *s, u64 *pte)
{
    unsigned size = pte_bytes(s->h);
    struct mem_region *m = bus_find_memory(s->h->bus, s->why->pa, size);
    u64 now = 0;
    if (!m || !m->writable)
        return;
    u8 *host = m->host + (s->why->pa - m->base);
    memcpy(&now, host, size);
    memcpy(host, pte, size);
    *pte = now;
}

/* The last page-table entry on the way to a physical address that was refused. */
static u64 last_entry(struct screen *s)
{
    struct report rep;
    struct request q = {.space = VIEW_VA,
                        .mode = s->why->mode,
                        .access = s->why->access,
                        .flags = s->why->flags,
                        .addr = s->r->trap.tval};
    report_make(s->p->h, &rep, &q);
    return rep.steps ? rep.step[rep.steps - 1].s.pa : 0;
}

/* As try_trap(), of a probe that is as the hart was. */
static int experiment(struct screen *s, const struct trial *t, change_fn *tell, void *ctx,
                      struct outcome *now)
{
    struct outcome was = {.trapped = true, .ev = s->r->ev};
    *now = t->base;
    if (s->why->reason == REASON_PMA_WIDTH) {
        now->trapped = false;
        return -1;
    }
    if (outcome_differs(now, &was))
        return -1;
    try_changes(s->p, t, tell, ctx);
    return 0;
}

int try_trap(struct probe *p, struct hart *h, const struct trap_record *r, change_fn *tell,
             void *ctx, struct outcome *now)
{
    struct screen s = {.p = p, .h = p->h, .r = r, .why = &r->trap.refusal};
    struct trial t = {.what = r->ev.interrupt ? TRY_INTERRUPT : TRY_EXECUTE, .pmp_entry = -1};
    unsigned kind = r->ev.interrupt ? REASON_IS_ENCODING : reason_row(s.why->reason)->kind;
    u64 pte = s.why->pte;
    probe_load_record(p, h, r);
    if (kind == REASON_IS_PTE || kind == REASON_IS_FINAL)
        t.pmp_entry = s.why->entry;
    if (kind == REASON_IS_PTE || kind == REASON_IS_WALK)
        t.pte = s.why->pa;
    else if (kind == REASON_IS_FINAL)
        t.pte = last_entry(&s);
    if (kind == REASON_IS_WALK)
        exchange_entry(&s, &pte);
    probe_settle(p);
    t.base = trial_outcome(p, &t);
    int rc = experiment(&s, &t, tell, ctx, now);
    if (kind == REASON_IS_WALK)
        exchange_entry(&s, &pte);
    return rc;
}

static void show_experiments(struct screen *s, struct hart *h)
{
    char text[128];
    struct outcome now;
    struct changes_shown shown = {.mon = s->mon, .h = s->h};
    if (try_trap(s->p, h, s->r, change_show, &shown, &now) == 0)
        changes_end(&shown);
    else if (!now.trapped && s->why->reason == REASON_PMA_WIDTH)
        why_line(s->mon, "note", "the device is not asked again");
    else
        why_line(s->mon, "note", "tried again now: %s",
                 outcome_text(s->h, &now, text, sizeof text));
}

void why_trap(struct monitor *mon, struct hart *h, const struct trap_record *r)
{
    const struct trap_event *ev = &r->ev;
    struct probe *p = mon->c->probe;
    probe_load_record(p, h, r);
    struct screen s = {.mon = mon, .p = p, .h = p->h, .r = r, .why = &r->trap.refusal};
    fprintf(mon->out, "%s%s%s (%s %" PRIu64 ") in %s-mode, taken to %s-mode; hart %u\n",
            tint(mon, TINT_BOLD),
            ev->interrupt ? interrupt_name((unsigned)ev->cause)
                          : exception_name((unsigned)ev->cause),
            tint(mon, TINT_NONE), ev->interrupt ? "interrupt" : "cause", ev->cause,
            mode_name(h, ev->from), bank_name(h, ev->bank), h->id);
    show_instruction(&s);
    if (ev->interrupt)
        irq_explain(mon, s.h);
    else
        show_reason(&s);
    show_target(&s);
    show_seen(&s);
    show_experiments(&s, h);
}
