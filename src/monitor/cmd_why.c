/* `why` in its forms, and the list of traps it can be asked about. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/csr_impl.h"
#include "cpu/fields.h"
#include "monitor/iommu_text.h"
#include "monitor/why.h"

/* ---- why csr ---- */

static void show_csr_rule(struct monitor *mon, struct probe *p, unsigned num, enum csr_op op)
{
    char text[128];
    struct refusal why;
    struct trial t = {.what = TRY_CSR, .csr = (u16)num, .csr_op = (u16)op, .pmp_entry = -1};
    int cause = csr_check(p->h, num, op, &why);
    const struct csr_row *row = csr_row(num);
    if (row && row->vs && mode_table[p->h->mode].v)
        why_line(mon, "means", "%s: when V=1 it stands in [norm:H_vscsrs_sub]", csr_name(row->vs));
    if (cause)
        why_rule(mon, why.reason);
    t.base = trial_outcome(p, &t);
    why_line(mon, "result", "%s%s%s", tint(mon, cause ? TINT_BAD : TINT_GOOD),
             cause ? outcome_text(p->h, &t.base, text, sizeof text) : "allowed",
             tint(mon, TINT_NONE));
    why_experiments(mon, p, &t);
}

static int why_csr(struct monitor *mon, struct args *a, struct hart *h)
{
    const char *name = args_word(a);
    enum mode mode = (enum mode)h->mode;
    enum csr_op op = CSR_READ;
    int num = name ? csr_number(name) : -1;
    if (name && isdigit((unsigned char)*name))
        num = (int)strtol(name, NULL, 0) & 0xfff;
    if (num < 0)
        return mon_error(mon, "usage: why csr NAME [r|w] [MODE]");
    for (char *word = args_word(a); word; word = args_word(a)) {
        int m = mode_named(word);
        if (m >= 0)
            mode = (enum mode)m;
        else if (strcmp(word, "w") == 0 || strcmp(word, "r") == 0)
            op = *word == 'w' ? CSR_WRITE : CSR_READ;
        else
            return mon_error(mon, "'%s' is neither a mode nor r or w", word);
    }
    struct probe *p = mon_probe(mon, h);
    p->h->mode = mode;
    probe_settle(p);
    fprintf(mon->out, "%s of %s (0x%03x) in %s-mode, hart %u\n", op == CSR_WRITE ? "write" : "read",
            csr_name((unsigned)num) ? csr_name((unsigned)num) : "?", (unsigned)num,
            mode_name(h, mode), h->id);
    show_csr_rule(mon, p, (unsigned)num, op);
    return 0;
}

/* ---- why ADDRESS ---- */

static int why_access(struct monitor *mon, struct args *a, struct hart *h, char *where)
{
    const char *vmid = args_option(a, "vmid");
    struct report rep;
    struct request q;
    char text[128];
    if (args_request(mon, a, where, &q))
        return -1;
    struct probe *p = mon_probe(mon, h);
    if (vmid && probe_use_vmid(mon, p, h, vmid))
        return -1;
    if (!(q.flags & MEM_HV)) {
        p->h->mode = q.mode;
        probe_settle(p);
    }
    report_make(p->h, &rep, &q);
    request_show(mon, h, &rep);
    walk_show(mon, p, &rep);
    walk_show_cached(mon, p, h->tlb, &rep);
    struct trial t = {.what = TRY_ACCESS, .request = &q, .pmp_entry = (s16)rep.pmp_entry};
    if (rep.steps)
        t.pte = rep.step[rep.steps - 1].s.pa;
    t.base = trial_outcome(p, &t);
    if (!rep.ok) {
        why_rule(mon, rep.fault.refusal.reason);
        why_line(mon, "target", "%s", outcome_text(h, &t.base, text, sizeof text));
    }
    why_experiments(mon, p, &t);
    return 0;
}

static int why_irq(struct monitor *mon, struct hart *h)
{
    struct probe *p = mon_probe(mon, h);
    struct trial t = {.what = TRY_INTERRUPT, .pmp_entry = -1};
    char text[128];
    irq_explain(mon, p->h);
    irq_explain_chips(mon, h);
    t.base = trial_outcome(p, &t);
    why_line(mon, "result", "%s",
             t.base.trapped || t.base.wakes ? outcome_text(p->h, &t.base, text, sizeof text)
             : h->wait != WAIT_NONE         ? "no interrupt is taken now, and the hart waits on"
                                            : "no interrupt is taken now");
    why_experiments(mon, p, &t);
    return 0;
}

/* Where it waits, and for what. */
static int why_wait(struct monitor *mon, struct hart *h)
{
    char symbol[128];
    mon_symbol(mon, h, (enum mode)h->mode, h->pc, symbol, sizeof symbol);
    fprintf(mon->out, "hart %u waits for an interrupt in %s-mode (WFI before 0x%" PRIx64 "%s%s)\n",
            h->id, mode_name(h, h->mode), h->pc, *symbol ? " " : "", symbol);
    return why_irq(mon, h);
}

/* ---- why last ---- */

/* Without a record: what the trap CSRs of the mode the hart is in still say. */
static int from_csrs(struct monitor *mon, struct hart *h, struct trap_record *r)
{
    enum bank bank = mode_table[h->mode].bank;
    static const u16 csrs[BANK_COUNT][3] = {{CSR_mcause, CSR_mepc, CSR_mtval},
                                            {CSR_scause, CSR_sepc, CSR_stval},
                                            {CSR_vscause, CSR_vsepc, CSR_vstval}};
    u64 cause, epc, tval;
    if (mode_table[h->mode].nominal == 0 || csr_peek(h, csrs[bank][0], &cause) ||
        csr_peek(h, csrs[bank][1], &epc) || csr_peek(h, csrs[bank][2], &tval) || (!cause && !epc))
        return mon_error(mon, "hart %u has taken no trap that is remembered", h->id);
    memset(r, 0, sizeof *r);
    memcpy(r->state, h, sizeof r->state);
    unsigned v = bank == BANK_M ? (h->mstatus & MSTATUS_MPV) != 0
                                : bank == BANK_VS || (h->hstatus & HSTATUS_SPV);
    unsigned pp = bank == BANK_M   ? (unsigned)get_field(h->mstatus, MSTATUS_MPP)
                  : bank == BANK_S ? (h->mstatus & MSTATUS_SPP) != 0
                                   : (h->vsstatus & MSTATUS_SPP) != 0;
    enum mode from = mode_of(pp, pp == 3 ? 0 : v);
    r->state[offsetof(struct hart, mode) / 8] = from;
    r->state[offsetof(struct hart, pc) / 8] = epc;
    r->ev = (struct trap_event){.cause = cause & MASK(31),
                                .interrupt = cause >> (h->config.xlen - 1) & 1,
                                .epc = epc,
                                .tval = tval,
                                .tval2 = bank == BANK_M   ? h->mtval2
                                         : bank == BANK_S ? h->htval
                                                          : 0,
                                .tinst = bank == BANK_M   ? h->mtinst
                                         : bank == BANK_S ? h->htinst
                                                          : 0,
                                .gva = bank == BANK_S && (h->hstatus & HSTATUS_GVA),
                                .bank = (u8)bank,
                                .from = (u8)from};
    r->executed = mon->m->state.executed;
    r->trap = (struct trap){.cause = (u32)r->ev.cause, .tval = tval};
    struct view view = {.h = h, .kind = VIEW_VA, .mode = (u8)from};
    struct error err;
    u64 insn = 0;
    view_read_word(&view, epc, 4, &insn, &err);
    r->insn = (insn & 3) == 3 ? (u32)insn : (u32)insn & 0xffff;
    r->insn_len = (insn & 3) == 3 ? 4 : 2;
    probe_load_record(mon->c->probe, h, r);
    struct outcome again = probe_execute(mon->c->probe);
    if (again.trapped && again.ev.cause == r->ev.cause) {
        r->trap = again.trap;
        r->insn = again.insn;
        r->ev.reason = again.ev.reason;
    }
    fprintf(mon->out,
            "(from the %s-mode trap CSRs: the trap itself was not recorded, and its "
            "handler may have changed registers)\n",
            bank_name(h, bank));
    return 0;
}

static int why_recorded(struct monitor *mon, struct args *a, struct hart *h, bool only_faults)
{
    const struct trap_log *log = &mon->c->hart[h->id].log;
    struct trap_record made;
    u64 n = 0;
    if (*a->text && mon_eval(mon, a->text, &n))
        return -1;
    const struct trap_record *r =
        only_faults ? record_last_fault(log, (unsigned)n) : record_last(log, (unsigned)n);
    if (!r && !n)
        r = record_last(log, 0);
    if (!r && !n && !log->count && from_csrs(mon, h, &made) == 0)
        r = &made;
    if (!r)
        return n ? mon_error(mon, "not so many traps are remembered; 'traps' lists them") : -1;
    why_trap(mon, h, r);
    return 0;
}

static int cmd_why(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    if (!h)
        return -1;
    char *word = args_word(a);
    if (!word && h->wait == WAIT_WFI && !args_option(a, "trap"))
        return why_wait(mon, h);
    if (!word || strcmp(word, "fault") == 0)
        return why_recorded(mon, a, h, true);
    if (strcmp(word, "last") == 0)
        return why_recorded(mon, a, h, false);
    if (strcmp(word, "csr") == 0)
        return why_csr(mon, a, h);
    if (strcmp(word, "irq") == 0 || strcmp(word, "interrupt") == 0)
        return why_irq(mon, h);
    if (strcmp(word, "iommu") == 0)
        return iommu_why(mon, a);
    return why_access(mon, a, h, word);
}

/* What `traps` lists. */
struct listing {
    enum { LIST_ALL, LIST_FAULTS, LIST_NOCALLS } what;
    u64 most;
};

/* The n-th last of the log in a listing; NULL: there is none. *skip: it is not to be shown. */
static const struct trap_record *listed(const struct trap_log *log, const struct listing *l,
                                        unsigned n, bool *skip)
{
    const struct trap_record *r =
        l->what == LIST_FAULTS ? record_last_fault(log, n) : record_last(log, n);
    *skip = r && l->what == LIST_NOCALLS && !r->ev.interrupt && !is_fault(&r->ev);
    return r;
}

static void show_trap(struct monitor *mon, const struct hart *h, const struct trap_record *r,
                      unsigned n)
{
    char symbol[128];
    const struct trap_event *ev = &r->ev;
    mon_symbol(mon, h, (enum mode)ev->from, ev->epc, symbol, sizeof symbol);
    fprintf(mon->out, "%2u  %-2s -> %-2s  %-37s pc 0x%0*" PRIx64 " %s  tval 0x%" PRIx64 "\n", n,
            mode_name(h, ev->from), bank_name(h, ev->bank),
            ev->interrupt ? interrupt_name((unsigned)ev->cause)
                          : exception_name((unsigned)ev->cause),
            addr_digits(h), ev->epc, symbol, ev->tval);
}

/* "[faults|nocalls] [N]"; 0 or -1. */
static int parse_listing(struct monitor *mon, struct args *a, const struct trap_log *log,
                         struct listing *l)
{
    *l = (struct listing){.what = LIST_ALL, .most = log->kept};
    if (strncmp(a->text, "faults", 6) == 0)
        l->what = LIST_FAULTS;
    else if (strncmp(a->text, "nocalls", 7) == 0)
        l->what = LIST_NOCALLS;
    if (l->what != LIST_ALL)
        args_word(a);
    if (*a->text && mon_eval(mon, a->text, &l->most))
        return -1;
    return l->most <= RECORD_MOST ? 0 : mon_error(mon, "at most %u traps are kept", RECORD_MOST);
}

static int cmd_traps(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    struct listing l;
    if (!h || parse_listing(mon, a, &mon->c->hart[h->id].log, &l))
        return -1;
    struct trap_log *log = &mon->c->hart[h->id].log;
    const struct trap_record *r;
    u64 kept = log->kept, shown = 0;
    bool skip;
    for (unsigned n = 0; shown < l.most && (r = listed(log, &l, n, &skip)); n++)
        if (!skip) {
            show_trap(mon, h, r, n);
            shown++;
        }
    if (!shown)
        fprintf(mon->out, "none since the monitor looks on\n");
    if (l.most <= kept)
        return 0;
    if (record_keep(log, l.most))
        return mon_error(mon, "no memory for %" PRIu64 " traps", l.most);
    fprintf(mon->out, "hart %u: %" PRIu64 " traps are kept from now on, instead of %" PRIu64 "\n",
            h->id, l.most, kept);
    return 0;
}

const struct command commands_why[] = {
    {"why", NULL,
     "[fault|last [N]] | ADDRESS [ACCESS] [MODE] | csr NAME [w] [MODE] | irq | iommu [N]",
     "hart mode vmid", "explain a trap, an access, a CSR, the interrupts",
     "why               the last fault (or last trap): rule, registers, target, what it sees, and\n"
     "                  which single change would have altered it (each is tried on a copy); of a\n"
     "                  hart that waits: what it waits for, and what would wake it\n"
     "why fault 2       the fault two before it; why last 0: the last trap of any kind\n"
     "why 0x4000 w VS   would VS-mode be allowed to store there? (also gpa:0x4000, --vmid=N)\n"
     "why csr time VU   would VU-mode be allowed to read time?\n"
     "why irq           why is this interrupt not taken?\n"
     "why iommu 2       the fault that the IOMMU reported two before its last",
     cmd_why, TOPIC_WHY, REPEAT_SAME, WORDS_EXPR, "last fault csr irq iommu"},
    {"traps", NULL, "[faults|nocalls] [N]", "hart", "the traps taken lately, the last first",
     "nocalls leaves environment calls out, faults interrupts as well. 16 are kept; if N is more, "
     "N are\n"
     "from then on.",
     cmd_traps, TOPIC_WHY, REPEAT_SAME, WORDS_NONE, "faults nocalls"},
    {0},
};
