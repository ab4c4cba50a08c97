/* Why a trap was taken: what was executed, the rule, the registers behind it, where it went, what
 * its handler sees, and what would have changed it. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "monitor/fields.h"
#include "monitor/why.h"

static const char *const banks[] = {"M", "HS", "VS"};

/* Everything the parts of the screen share. */
struct screen {
    struct monitor *mon;
    struct probe *p;
    const struct hart *h; /* the probe's: as the hart was */
    const struct trap_record *r;
    struct report rep;
    bool has_rep;
};

/* ---- what was done ---- */

static void show_instruction(struct screen *s)
{
    const struct trap_event *ev = &s->r->ev;
    char symbol[128], text[128];
    mon_symbol(s->mon, s->h, (enum mode)ev->from, ev->epc, symbol, sizeof symbol);
    if (ev->interrupt)
        why_line(s->mon, "before", "0x%" PRIx64 " %s", ev->epc, symbol);
    else if (s->has_rep && s->rep.access == ACCESS_FETCH)
        why_line(s->mon, "at", "0x%" PRIx64 " %s (the instruction was not fetched)", ev->epc,
                 symbol);
    else
        why_line(s->mon, "executed", "0x%" PRIx64 " %s  %s", ev->epc, symbol,
                 insn_disassemble_on(s->h, ev->epc, s->r->insn, text, sizeof text));
}

static void show_access(struct screen *s)
{
    const struct report *rep = &s->rep;
    enum mode mode = (enum mode)rep->r.mode;
    why_line(s->mon, "access", "%s at va 0x%" PRIx64 " with the rights of %s-mode%s",
             access_name(rep->access, rep->flags), rep->va, mode_table[mode].name,
             rep->flags & MEM_HV ? " (hstatus.SPVP, hypervisor access)"
             : mode != s->h->mode && rep->access != ACCESS_FETCH ? " (mstatus.MPRV, MPP, MPV)"
                                                                 : "");
}

/* ---- the rule ---- */

static void show_rule(struct screen *s, const struct why_rule *rule)
{
    why_line(s->mon, "rule", "%s%s%s", tint(s->mon, TINT_NOTE), rule->text,
             tint(s->mon, TINT_NONE));
    why_line(s->mon, "", "[%s]", rule->cite);
}

static void show_register(struct screen *s, unsigned csr)
{
    char text[200];
    u64 value;
    if (csr_peek(s->p->h, csr, &value))
        return;
    why_line(s->mon, "", "%-8s = 0x%0*" PRIx64 "  %s", csr_name(csr), addr_digits(s->h), value,
             fields_of(s->h, csr, value, text, sizeof text));
}

/* The entry at which a walk failed, and the registers that it started from. */
static void show_walk(struct screen *s)
{
    const struct report *rep = &s->rep;
    const struct report_step *t = rep->steps ? &rep->step[rep->steps - 1] : NULL;
    char flags[16], text[96];
    if (rep->ok) {
        if (rep->device)
            why_line(s->mon, "rule",
                     "the device %s does not answer this width at offset 0x%" PRIx64,
                     rep->device->dev->cls->name, rep->x.pa - rep->device->base);
        else
            why_line(s->mon, "note", "the access is allowed now: page tables have changed");
        return;
    }
    struct why_rule rule = rule_of_walk(rep);
    show_rule(s, &rule);
    if (rep->fault.rule == RULE_FINAL_ACCESS || report_of_pte(rep)) {
        bool pte = report_of_pte(rep);
        why_line(s->mon, "carried", "%spa 0x%" PRIx64 ": %s", pte ? "the entry at " : "",
                 pte ? t->pa : rep->x.pa, pmp_entry_text(s->h, rep->pmp_entry, text, sizeof text));
    } else if (t && rep->fault.rule != RULE_VA_RANGE && rep->fault.rule != RULE_GPA_RANGE) {
        const struct stage *st = t->s.g_stage ? &rep->r.g : &rep->r.s;
        why_line(s->mon, "carried",
                 "%s-stage, level %u: PTE at pa 0x%" PRIx64 " = 0x%" PRIx64 " [%s]",
                 t->s.g_stage  ? "G"
                 : rep->r.virt ? "VS"
                               : "S",
                 t->s.level, t->pa, t->s.pte, pte_flags(st, t->s.pte, flags));
    } else {
        why_line(s->mon, "carried", "%s", "the mode of the translation:");
    }
    if (rep->fault.kind == FAULT_GUEST_PAGE)
        why_line(s->mon, "", "gpa 0x%" PRIx64 "%s", rep->fault.gpa,
                 rep->fault.implicit == 2   ? ", to set A or D in a VS-stage entry"
                 : rep->fault.implicit == 1 ? ", to read a VS-stage entry"
                                            : ", the address itself");
    if (rep->r.virt) {
        show_register(s, CSR_vsatp);
        show_register(s, CSR_hgatp);
    } else if (rep->r.s.levels) {
        show_register(s, CSR_satp);
    }
}

static void show_double_trap(struct screen *s)
{
    struct why_rule rule = {"a trap into a mode whose SDT bit is still set is a double trap to M",
                            "norm:sstatus_sdt_trap"};
    show_rule(s, &rule);
    why_line(s->mon, "carried", "the trap that could not be taken: cause %" PRIu64 " (%s)",
             s->r->ev.tval2 & 0x7fffffff, exception_name((unsigned)(s->r->ev.tval2 & 63)));
    show_register(s, mode_table[s->h->mode].v ? CSR_vsstatus : CSR_sstatus);
}

static void show_reason(struct screen *s)
{
    char reg[160];
    if (s->has_rep) {
        show_access(s);
        show_walk(s);
        return;
    }
    if (s->r->ev.cause == CAUSE_DOUBLE_TRAP) {
        show_double_trap(s);
        return;
    }
    struct why_rule rule =
        rule_of_insn(s->h, s->r->insn, (unsigned)s->r->ev.cause, reg, sizeof reg);
    if (!*rule.text) {
        why_line(s->mon, "rule",
                 "raised on behalf of another (by firmware or hypervisor software)");
        return;
    }
    show_rule(s, &rule);
    if (*reg)
        why_line(s->mon, "carried", "%s", reg);
    if (s->r->ev.cause == CAUSE_LOAD_MISALIGNED || s->r->ev.cause == CAUSE_STORE_MISALIGNED ||
        s->r->ev.cause == CAUSE_INSN_MISALIGNED)
        why_line(s->mon, "carried", "address 0x%" PRIx64, s->r->trap.tval);
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
    why_line(s->mon, "target", "%s -> %s%s-mode%s", chain, tint(s->mon, TINT_BOLD), banks[ev->bank],
             tint(s->mon, TINT_NONE));
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
    why_line(s->mon, "", "%sepc = 0x%" PRIx64 " %s", x, ev->epc,
             mon_symbol(s->mon, s->h, (enum mode)ev->from, ev->epc, symbol, sizeof symbol));
    why_line(s->mon, "", "%stval = 0x%" PRIx64 "%s", x, ev->tval,
             ev->gva && ev->bank != BANK_VS ? " (a guest virtual address: GVA=1)" : "");
    if (ev->bank == BANK_VS || !has(s->h, EXT_H))
        return;
    x = ev->bank == BANK_M ? "m" : "h";
    if (ev->cause == CAUSE_DOUBLE_TRAP)
        why_line(s->mon, "", "mtval2 = %" PRIu64, ev->tval2);
    else if (ev->tval2 || (s->has_rep && s->rep.fault.kind == FAULT_GUEST_PAGE))
        why_line(s->mon, "", "%s = 0x%" PRIx64 " (gpa 0x%" PRIx64 "%s%s)",
                 ev->bank == BANK_M ? "mtval2" : "htval", ev->tval2, ev->tval2 << 2,
                 s->has_rep && s->rep.fault.implicit ? ", of a page-table entry" : ", low bits in ",
                 s->has_rep && s->rep.fault.implicit ? ""
                 : ev->bank == BANK_M                ? "mtval"
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

/* Exchanges the page-table entries of the recorded walk with those in memory now, in either order,
 * so that the experiments see the tables as they were. */
static void exchange_entry(struct screen *s, struct report_step *t)
{
    const struct stage *st = t->s.g_stage ? &s->rep.r.g : &s->rep.r.s;
    struct mem_region *m = t->pa ? bus_find_memory(s->h->bus, t->pa, st->pte_size) : NULL;
    u64 now = 0;
    if (!m || !m->writable)
        return;
    u8 *host = m->host + (t->pa - m->base);
    memcpy(&now, host, st->pte_size);
    memcpy(host, &t->s.pte, st->pte_size);
    t->s.pte = now;
}

static void experiment(struct screen *s)
{
    char text[128];
    struct trial t = {.what = s->r->ev.interrupt ? TRY_INTERRUPT : TRY_EXECUTE,
                      .rep = s->has_rep ? &s->rep : NULL};
    struct outcome was = {.trapped = true, .ev = s->r->ev};
    probe_settle(s->p);
    t.base = trial_outcome(s->p, &t);
    if (outcome_differs(&t.base, &was))
        why_line(s->mon, "note", "tried again now: %s", outcome_text(&t.base, text, sizeof text));
    else
        why_experiments(s->mon, s->p, &t);
}

static void show_experiments(struct screen *s)
{
    u32 n = s->has_rep ? s->rep.steps : 0;
    for (u32 i = 0; i < n; i++)
        exchange_entry(s, &s->rep.step[i]);
    experiment(s);
    while (n-- > 0)
        exchange_entry(s, &s->rep.step[n]);
}

void why_trap(struct monitor *mon, struct hart *h, const struct trap_record *r)
{
    const struct trap_event *ev = &r->ev;
    struct probe *p = mon->c->probe;
    probe_load_record(p, h, r);
    struct screen s = {.mon = mon, .p = p, .h = p->h, .r = r};
    fprintf(mon->out, "%s%s%s (%s %" PRIu64 ") in %s-mode, taken to %s-mode; hart %u\n",
            tint(mon, TINT_BOLD),
            ev->interrupt ? interrupt_name((unsigned)ev->cause)
                          : exception_name((unsigned)ev->cause),
            tint(mon, TINT_NONE), ev->interrupt ? "interrupt" : "cause", ev->cause,
            mode_table[ev->from].name, banks[ev->bank], h->id);
    s.has_rep = r->has_report;
    if (s.has_rep)
        s.rep = r->report;
    show_instruction(&s);
    if (ev->interrupt)
        irq_explain(mon, s.h);
    else
        show_reason(&s);
    show_target(&s);
    show_seen(&s);
    show_experiments(&s);
}
