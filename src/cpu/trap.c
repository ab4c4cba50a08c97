/* Traps: where they go (delegation), how they are entered (one routine over the banks M, HS, VS,
 * then the tail that only H adds). How they are left: trap_return.c. One of the files that own the
 * question about V. */
#include "cpu/trap_impl.h"

#include <assert.h>

#include "cpu/counter.h"
#include "cpu/csr.h"
#include "cpu/ctr.h"
#include "cpu/fields.h"
#include "cpu/hart.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/storm.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

enum tval_kind { TVAL_NONE, TVAL_INSN, TVAL_ADDR, TVAL_PC, TVAL_VALUE };
enum { G_GVA = 1, G_XTINST = 2, G_GPA = 4 };
enum { D_MEDELEG = 1, D_HEDELEG = 2 };

struct cause_info {
    const char *name;
    u8 tval, guest, deleg;
};

/* The words that trap.def uses. */
#define NONE    TVAL_NONE
#define INSN    TVAL_INSN
#define ADDR    TVAL_ADDR
#define PC      TVAL_PC
#define VALUE   TVAL_VALUE
#define GVA     G_GVA
#define XTINST  G_XTINST
#define GPA     (G_GPA | G_XTINST)
#define MEDELEG D_MEDELEG
#define HEDELEG D_HEDELEG
static const struct cause_info causes[64] = {
#define EXC(code, e, name, tval, guest, deleg) [code] = {name, tval, guest, deleg},
#define IRQ(code, e, name)
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};
#undef NONE
#undef INSN
#undef ADDR
#undef PC
#undef VALUE
#undef GVA
#undef XTINST
#undef GPA
#undef MEDELEG
#undef HEDELEG

static const char *const interrupt_names[64] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) [code] = (name),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};

const char *exception_name(unsigned code)
{
    return code < 64 && causes[code].name ? causes[code].name : "reserved";
}

const char *interrupt_name(unsigned code)
{
    return code < ARRAY_LEN(interrupt_names) && interrupt_names[code] ? interrupt_names[code]
                                                                      : "reserved";
}

static u64 delegable(u8 which)
{
    u64 mask = 0;
    for (unsigned i = 0; i < 64; i++)
        if (causes[i].deleg & which)
            mask |= BIT(i);
    return mask;
}

u64 impossible_exceptions(const struct hart *h)
{
    u64 mask = 0;
    if (!has(h, EXT_H))
        mask |= BIT(CAUSE_ECALL_VS) | BIT(CAUSE_INSN_GUEST_PAGE) | BIT(CAUSE_LOAD_GUEST_PAGE) |
                BIT(CAUSE_VIRTUAL_INSN) | BIT(CAUSE_STORE_GUEST_PAGE);
    if (has(h, EXT_C) || has(h, EXT_Zca))
        mask |= BIT(CAUSE_INSN_MISALIGNED);
    if (!has(h, EXT_Zicfilp) && !has(h, EXT_Zicfiss))
        mask |= BIT(CAUSE_SOFTWARE_CHECK);
    return mask;
}

u64 medeleg_writable(const struct hart *h)
{
    return delegable(D_MEDELEG) & ~impossible_exceptions(h) & ~trigger_undelegable(h);
}

u64 hedeleg_writable(const struct hart *h)
{
    return delegable(D_HEDELEG) & ~impossible_exceptions(h);
}

/* ---- raising ---- */

int raise_exception(struct hart *h, enum cause cause, u64 tval, enum reason reason)
{
    const struct cause_info *c = &causes[cause];
    assert(reason != REASON_NONE);
    struct trap *t = &h->trap;
    t->cause = cause;
    t->gva = (c->guest & G_GVA) && mode_table[h->mode].v;
    t->offset = t->held = 0;
    t->tval = tval;
    t->gpa = t->tinst = 0;
    t->refusal.reason = (u16)reason;
    t->refusal.num = t->refusal.csr = 0;
    return TRAPPED;
}

int raise_illegal(struct hart *h, enum reason reason)
{
    return raise_exception(h, CAUSE_ILLEGAL, h->insn, reason);
}

int raise_virtual(struct hart *h, enum reason reason)
{
    return raise_exception(h, CAUSE_VIRTUAL_INSN, h->insn, reason);
}

/* ---- delegation ---- */

struct delegation delegate(const struct hart *h, unsigned cause)
{
    struct delegation d = {.bank = BANK_M, .cause = cause};
    d.medeleg = h->medeleg >> cause & 1;
    d.hedeleg = h->hedeleg >> cause & 1;
    if (h->mode == MODE_M || !d.medeleg)
        return d;
    d.bank = mode_table[h->mode].v && d.hedeleg ? BANK_VS : BANK_S;
    return d;
}

/* ---- entry ---- */

/* What a trap writes, whichever bank it enters. */
struct entry {
    u64 cause, epc, tval, tval2, tinst;
    u8 interrupt, gva;
};

/* Does the bank's xDT bit work? */
static bool double_trap_on(const struct hart *h, enum bank bank)
{
    if (bank == BANK_M)
        return has(h, EXT_Smdbltrp);
    if (!has(h, EXT_Ssdbltrp) || !(h->menvcfg & ENVCFG_DTE))
        return false;
    return bank == BANK_S || (h->henvcfg & ENVCFG_DTE);
}

static void enter_status(struct hart *h, enum bank bank)
{
    const struct status_fields *f = &status_fields[bank];
    u64 *status = bank_status(h, bank), s = *status;
    s = set_field(s, f->pie, (s & f->ie) != 0);
    s &= ~f->ie;
    s = set_field(s, f->pp, mode_table[h->mode].nominal);
    if (double_trap_on(h, bank))
        s |= f->dt;
    if (has(h, EXT_Zicfilp)) {
        s = set_field(s, f->pelp, h->elp);
        h->elp = 0;
    }
    *status = s;
}

/* The part of an entry that only the hypervisor extension adds. */
static void enter_guest(struct hart *h, enum bank bank, const struct entry *e)
{
    unsigned v = mode_table[h->mode].v;
    if (bank == BANK_M) {
        h->mstatus = set_field(h->mstatus, MSTATUS_MPV, v);
        h->mstatus = set_field(h->mstatus, MSTATUS_GVA, e->gva);
        h->mtinst = e->tinst;
    } else if (bank == BANK_S) {
        h->hstatus = set_field(h->hstatus, HSTATUS_SPV, v);
        h->hstatus = set_field(h->hstatus, HSTATUS_GVA, e->gva);
        if (v)
            h->hstatus = set_field(h->hstatus, HSTATUS_SPVP, mode_table[h->mode].nominal);
        h->htval = e->tval2;
        h->htinst = e->tinst;
    }
}

static u64 vector(u64 tvec, const struct entry *e, u64 code)
{
    u64 base = tvec & TVEC_BASE;
    return (tvec & TVEC_MODE) == TVEC_VECTORED && e->interrupt ? base + 4 * code : base;
}

/* Enables no interrupt that was not enabled before: irq_check is left alone. */
static void enter(struct hart *h, enum bank bank, const struct entry *e, u64 code)
{
    u64 cause = code | (e->interrupt ? BIT(h->config.xlen - 1) : 0);
    enum mode from = h->mode;
    h->event[EVENT_TRAP]++;
    if (has(h, EXT_H))
        enter_guest(h, bank, e);
    enter_status(h, bank);
    move_on(h, 0);
    switch (bank) {
    case BANK_M:
        h->mepc = e->epc, h->mcause = cause, h->mtval = e->tval, h->mtval2 = e->tval2;
        h->pc = vector(h->mtvec, e, code);
        h->mode = MODE_M;
        if (UNLIKELY(h->tcontrol))
            trigger_enter_machine(h);
        break;
    case BANK_S:
        h->sepc = e->epc, h->scause = cause, h->stval = e->tval;
        h->pc = vector(h->stvec, e, code);
        h->mode = MODE_S;
        break;
    default:
        h->vsepc = e->epc, h->vscause = cause, h->vstval = e->tval;
        h->pc = vector(h->vstvec, e, code);
        h->mode = MODE_VS;
        break;
    }
    if (is_rv32(h))
        h->pc = (u32)h->pc;
    if (UNLIKELY(h->d.ctr))
        ctr_trap(h, from, e->epc, e->interrupt, code);
    mode_entered(h, from);
    if (UNLIKELY(h->firmware.hypervisor_csrs != NULL) && bank == BANK_S)
        h->firmware.hypervisor_csrs(h->firmware.ctx, h, mode_table[from].v);
    if (UNLIKELY(h->d.triggers & TRIGGER_TRAP))
        trigger_trapped(h, from, cause);
}

/* Smdbltrp: a trap into M while MDT is set goes to the RNMI handler, or is a critical error; so is
 * one in that handler. */
static bool machine_double_trap(struct hart *h, const struct entry *e, u64 code)
{
    if (!double_trap_on(h, BANK_M))
        return false;
    bool in_rnmi = has(h, EXT_Smrnmi) && !(h->mnstatus & MNSTATUS_NMIE);
    if (!(h->mstatus & MSTATUS_MDT) && !(in_rnmi && h->mode == MODE_M))
        return false;
    if (has(h, EXT_Smrnmi) && !in_rnmi) {
        enter_nmi(h, code | (e->interrupt ? BIT(h->config.xlen - 1) : 0), e->epc);
        return true;
    }
    hart_critical_error(h);
    return true;
}

/* Ssdbltrp: a trap into S or VS while that bank's SDT is set becomes a double trap to M. (Without
 * DTE no SDT is set: a_envcfg().) */
static void supervisor_double_trap(struct hart *h, enum bank *bank, struct entry *e, u64 *code)
{
    if (*bank == BANK_M || !(*bank_status(h, *bank) & MSTATUS_SDT))
        return;
    e->tval2 = *code | (e->interrupt ? BIT(h->config.xlen - 1) : 0);
    e->interrupt = 0;
    *code = CAUSE_DOUBLE_TRAP;
    *bank = BANK_M;
}

static void count_trap(struct hart *h, unsigned interrupt, u64 code)
{
    if (interrupt && code < INTERRUPT_CODES)
        h->interrupts[code * MODE_COUNT + h->mode]++;
    else if (!interrupt && code < EXCEPTION_CODES)
        h->exceptions[code * MODE_COUNT + h->mode]++;
}

static void enter_checked(struct hart *h, const struct delegation *d, struct entry *e, u64 code)
{
    enum bank bank = d->bank;
    u64 first = code;
    storm_trap(h, e->interrupt);
    count_trap(h, e->interrupt, code);
    code = e->interrupt ? d->cause : code;
    supervisor_double_trap(h, &bank, e, &code);
    if (bank == BANK_M && machine_double_trap(h, e, code))
        return;
    if (LIKELY(!h->trace.trap && !h->debug.trap)) {
        enter(h, bank, e, code);
        return;
    }
    struct trap_event ev = {.cause = code,
                            .interrupt = e->interrupt,
                            .bank = bank,
                            .from = (u8)h->mode,
                            .epc = e->epc,
                            .tval = e->tval,
                            .tval2 = e->tval2,
                            .tinst = e->tinst,
                            .gva = e->gva,
                            .deleg = *d,
                            .code = (u16)first,
                            .doubled = bank != d->bank};
    if (!e->interrupt)
        ev.reason = ev.doubled ? REASON_DOUBLE_TRAP : h->trap.refusal.reason;
    if (h->trace.trap)
        h->trace.trap(h->trace.ctx, h, &ev);
    if (h->debug.trap)
        h->debug.trap(h->debug.ctx, h, &ev);
    enter(h, bank, e, code);
    if (h->debug.trapped)
        h->debug.trapped(h->debug.ctx, h, &ev);
}

static u64 exception_tval(const struct hart *h, const struct trap *t, const struct cause_info *c)
{
    bool full = h->config.tval == DETAIL_FULL;
    switch (c->tval) {
    case TVAL_INSN:
    case TVAL_PC:
        return full ? t->tval : 0;
    case TVAL_ADDR:
    case TVAL_VALUE:
        return t->tval;
    default:
        return 0;
    }
}

void take_exception(struct hart *h)
{
    const struct trap *t = &h->trap;
    if (UNLIKELY(t->held))
        return;
    if (UNLIKELY(h->trap_triggers))
        trigger_undone(h);
    const struct cause_info *c = &causes[t->cause];
    struct delegation d = delegate(h, t->cause);
    struct entry e = {.epc = h->pc, .tval = exception_tval(h, t, c)};
    e.gva = t->gva && (c->tval == TVAL_ADDR || h->config.tval == DETAIL_FULL);
    if (has(h, EXT_H)) {
        if ((c->guest & G_GPA) && h->config.htval == DETAIL_FULL)
            e.tval2 = t->gpa >> 2;
        if (t->tinst)
            e.tinst = e.tval2 ? t->tinst : 0;
        else if ((c->guest & G_XTINST) && h->config.htinst == DETAIL_FULL &&
                 t->cause != CAUSE_INSN_GUEST_PAGE)
            e.tinst = insn_transform(h, h->insn, t->offset);
    }
    h->clock++;
    h->unretired++;
    enter_checked(h, &d, &e, t->cause);
}

void take_interrupt(struct hart *h, int irq, const struct delegation *d)
{
    struct entry e = {.epc = h->pc, .interrupt = 1};
    u8 counting = trigger_counting(h);
    enter_checked(h, d, &e, (u64)irq);
    trigger_counted(h, counting);
}

void enter_nmi(struct hart *h, u64 cause, u64 epc)
{
    enum mode from = h->mode;
    h->mnepc = epc;
    h->mncause = cause;
    h->mnstatus = set_field(h->mnstatus, MNSTATUS_MNPP, mode_table[from].nominal);
    h->mnstatus = set_field(h->mnstatus, MNSTATUS_MNPV, mode_table[from].v);
    if (has(h, EXT_Zicfilp)) {
        h->mnstatus = set_field(h->mnstatus, MNSTATUS_MNPELP, h->elp);
        h->elp = 0;
    }
    h->mnstatus &= ~MNSTATUS_NMIE;
    move_on(h, 0);
    h->mode = MODE_M;
    h->pc = is_rv32(h) ? (u32)h->config.nmi_vector : h->config.nmi_vector;
    if (UNLIKELY(h->d.ctr))
        ctr_trap(h, from, epc, 1, cause);
    mode_entered(h, from);
}
