/* The one protocol of CSR access: exists -> privilege -> gate -> V-substitution -> read -> legalise
 * -> store -> after; and the table made from csr.def. One of the files that own the question about
 * V. */
#include "cpu/csr.h"

#include <string.h>

#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "cpu/trap.h"
#include "cpu/trigger.h"

#define AT(field) offsetof(struct hart, field)
static const struct csr_row rows[] = {
    {.num = 0xfff, .name = NULL}, /* row 0: none */
#define CSR(n, name_, ...) {.num = (n), .name = #name_, __VA_ARGS__},
#include "cpu/csr.def"
#undef CSR
};

enum row_number {
    ROW_NONE,
#define CSR(n, name_, ...) ROW_##name_,
#include "cpu/csr.def"
#undef CSR
};

static const u16 row_of_number[4096] = {
#define CSR(n, name_, ...) [n] = ROW_##name_,
#include "cpu/csr.def"
#undef CSR
};

const struct csr_row *csr_row(unsigned num)
{
    unsigned r = num < 4096 ? row_of_number[num] : 0;
    return r ? &rows[r] : NULL;
}

static bool gate_exists(const struct hart *h, const struct csr_row *row)
{
    switch (row->gate) {
    case GATE_PMPCFG:
        return row->index * 4u < h->config.pmp_entries && (is_rv32(h) || !(row->index & 1));
    case GATE_PMPADDR:
        return row->index < h->config.pmp_entries;
    case GATE_MSECCFG:
        return has(h, EXT_Smepmp) || has(h, EXT_Zkr) || has(h, EXT_Smmpm) || has(h, EXT_Zicfilp);
    case GATE_MTVAL2:
        return has(h, EXT_H) || has(h, EXT_Ssdbltrp) || has(h, EXT_Smdbltrp);
    case GATE_IMSIC:
        return h->config.imsic_ids != 0;
    case GATE_TRIGGERS:
    case GATE_CONTEXT:
        return trigger_count(h) != 0;
    case GATE_TCONTROL:
        return trigger_count(h) && h->config.trigger_reentrancy == REENTRANCY_TCONTROL;
    default:
        return true;
    }
}

bool csr_row_exists(const struct hart *h, const struct csr_row *row)
{
    return (has(h, row->ext) || (row->alt && has(h, row->alt))) && has(h, row->ext2) &&
           (row->size != HI || is_rv32(h)) && gate_exists(h, row);
}

/* ---- may it be accessed? ---- */

/* Rules that are others where the exception is a virtual instruction, and there again for the high
 * halves of RV32. */
static u16 virtual_reason(const struct csr_row *row, u16 reason)
{
    static const u16 others[][3] = {
        {REASON_CSR_U, REASON_CSR_VU, REASON_CSR_VU_HIGH},
        {REASON_CSR_V, REASON_CSR_V, REASON_CSR_V_HIGH},
        {REASON_HCOUNTEREN, REASON_HCOUNTEREN, REASON_HCOUNTEREN_HIGH},
        {REASON_SCOUNTEREN, REASON_SCOUNTEREN_VU, REASON_SCOUNTEREN_VU_HIGH},
        {REASON_SENVCFG_SSE, REASON_SENVCFG_SSE_VU, REASON_SENVCFG_SSE_VU},
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (others[i][0] == reason)
            return others[i][row->size == HI ? 2 : 1];
    return reason;
}

/* Notes in *why (may be NULL) why the access to that row (or NULL) is refused; returns the cause.
 */
static COLD int denied(struct refusal *why, const struct csr_row *row, int cause, struct denial d)
{
    if (cause == CAUSE_VIRTUAL_INSN && row)
        d.reason = virtual_reason(row, d.reason);
    if (why)
        *why = (struct refusal){.reason = d.reason, .csr = d.csr, .field = d.field};
    return cause;
}

static struct denial by_rule(enum reason reason)
{
    return (struct denial){.reason = (u16)reason};
}

/* When V=1 a refused access to a high half is a virtual instruction if the same access to its
 * low-half partner would be allowed in HS-mode (hypervisor chapter, "Virtual instruction"). */
static struct denial by_partner(const struct hart *h, const struct csr_row *row, enum csr_op op,
                                struct denial d)
{
    unsigned step = (row->num & 0xc80) == 0xc80 ? 0x80 : 0x10; /* the counters have their own */
    if (row->size == HI && d.level == DENY_HS &&
        csr_gate_check(h, csr_row(row->num - step), op, 1).level != DENY_HS)
        d.level = DENY_V;
    return d;
}

/* No such CSR. stopei and vstopei are HS-qualified without an IMSIC, too: there is none for a guest
 * (AIA, "Virtual instruction exceptions"). */
static COLD int absent(const struct hart *h, const struct csr_row *row, struct refusal *why)
{
    bool guests = row && row->gate == GATE_IMSIC && (row->num >> 8 & 3) != 3;
    if (guests && has(h, EXT_Ssaia) && mode_table[h->mode].v)
        return denied(why, row, CAUSE_VIRTUAL_INSN, by_rule(REASON_NO_INTERRUPT_FILE));
    return denied(why, row, CAUSE_ILLEGAL, by_rule(REASON_CSR_ABSENT));
}

static int check(const struct hart *h, unsigned num, enum csr_op op, struct refusal *why)
{
    const struct csr_row *row = csr_row(num);
    const struct mode_info *m = &mode_table[h->mode];
    unsigned need = num >> 8 & 3; /* lowest privilege; 2 is HS */
    if (!row || !csr_row_exists(h, row))
        return absent(h, row, why);
    if (op != CSR_READ && (num >> 10 & 3) == 3)
        return denied(why, row, CAUSE_ILLEGAL, by_rule(REASON_CSR_READ_ONLY));
    if (need == 3 && h->mode != MODE_M)
        return denied(why, row, CAUSE_ILLEGAL, by_rule(REASON_CSR_M));
    struct denial d = {0};
    if (row->gate != GATE_NONE) {
        d = csr_gate_check(h, row, op, m->v);
        if (m->v)
            d = by_partner(h, row, op, d);
    }
    if (d.level == DENY_HS)
        return denied(why, row, CAUSE_ILLEGAL, d);
    /* From here on the access would be allowed in HS-mode: what stops it in V is virtual. */
    int cause = m->v ? CAUSE_VIRTUAL_INSN : CAUSE_ILLEGAL;
    if (need == 2 && m->v)
        return denied(why, row, cause, by_rule(REASON_CSR_V));
    if (need && m->nominal == 0)
        return denied(why, row, cause, by_rule(REASON_CSR_U));
    if (d.level != DENY_NONE)
        return denied(why, row, cause, d);
    return 0;
}

int csr_check(const struct hart *h, unsigned num, enum csr_op op, struct refusal *why)
{
    int cause = check(h, num, op, why);
    if (cause && why) {
        why->num = (u16)num;
        why->access = (u8)op;
    }
    return cause;
}

/* ---- reading and writing a row ---- */

u64 csr_row_read(const struct hart *h, const struct csr_row *row)
{
    return row->read ? row->read(h, row) : *csr_field(h, row);
}

static u64 visible(const struct hart *h, const struct csr_row *row, u64 value)
{
    if (row->size == HI)
        return value >> 32;
    return value & xlen_mask(h);
}

/* `value` as written by software, in the place it has in the field. */
static u64 placed(const struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    if (row->size == HI)
        return (old & MASK(32)) | value << 32;
    if (row->size == LO && is_rv32(h))
        return (old & ~MASK(32)) | (value & MASK(32));
    return value & xlen_mask(h);
}

void csr_row_write(struct hart *h, const struct csr_row *row, u64 value)
{
    u64 old = row->at ? *csr_field(h, row) : 0;
    if (row->store) {
        row->store(h, row, placed(h, row, row->size == XL ? 0 : csr_row_read(h, row), value));
    } else {
        u64 v = placed(h, row, old, value);
        *csr_field(h, row) =
            row->write ? row->write(h, row, old, v) : reg_legalise(h, row->reg, old, v);
    }
    if (row->after)
        row->after(h, old);
}

static u64 operate(enum csr_op op, u64 base, u64 operand)
{
    return op == CSR_SET ? base | operand : op == CSR_CLEAR ? base & ~operand : operand;
}

/* Tells the trace; `row` NULL: refused with `cause`. What reading changes is not read for it. */
static COLD void tell(struct hart *h, const struct csr_row *row, struct csr_event ev)
{
    if (row) {
        ev.row = row->num;
        if (ev.op != CSR_READ && row->gate != GATE_SEED)
            ev.value = visible(h, row, csr_row_read(h, row));
    }
    h->trace.csr(h->trace.ctx, h, &ev);
}

/* h->trap.refusal has the rule. */
static COLD int refuse(struct hart *h, int cause, unsigned num, enum csr_op op)
{
    struct refusal why = h->trap.refusal;
    why.num = (u16)num;
    why.access = (u8)op;
    if (UNLIKELY(h->trace.csr != NULL))
        tell(h, NULL,
             (struct csr_event){
                 .num = why.num, .op = why.access, .cause = (u8)cause, .reason = why.reason});
    raise_exception(h, (enum cause)cause, h->insn, why.reason);
    h->trap.refusal = why;
    return TRAPPED;
}

/* Does anybody want to know of accesses? One test for all of them. */
static bool is_observed(const struct hart *h)
{
    return ((uintptr_t)h->trace.csr | (uintptr_t)h->debug.csr |
            (uintptr_t)h->firmware.hypervisor_csrs) != 0;
}

/* Tells the trace, the firmware and the debugger of an access to that row. */
static COLD void tell_all(struct hart *h, const struct csr_row *row, struct csr_event ev)
{
    if (h->trace.csr)
        tell(h, row, ev);
    if (h->firmware.hypervisor_csrs && ev.op != CSR_READ && (ev.num >> 8 & 3) == 2)
        h->firmware.hypervisor_csrs(h->firmware.ctx, h, 0);
    if (h->debug.csr)
        h->debug.csr(h->debug.ctx, h, row->num);
}

int csr_access(struct hart *h, unsigned num, enum csr_op op, u64 operand, u64 *old)
{
    int cause = check(h, num, op, &h->trap.refusal);
    if (UNLIKELY(cause))
        return refuse(h, cause, num, op);
    const struct csr_row *row = csr_row(num);
    if (mode_table[h->mode].v && row->vs)
        row = csr_row(row->vs);
    if (row->before)
        row->before(h);
    u64 value = 0;
    if (old || op == CSR_SET || op == CSR_CLEAR) {
        value = visible(h, row, csr_row_read(h, row));
        if (old)
            *old = value;
    }
    if (op != CSR_READ) {
        if (row->rmw && op != CSR_WRITE)
            value = visible(h, row, row->rmw(h, row));
        csr_row_write(h, row, operate(op, value, operand));
    }
    if (UNLIKELY(is_observed(h)))
        tell_all(h, row,
                 (struct csr_event){.num = (u16)num,
                                    .op = (u8)op,
                                    .has_old = old != NULL,
                                    .old = old ? *old : 0,
                                    .operand = operand});
    return 0;
}

int csr_use(struct hart *h, unsigned num)
{
    int cause = check(h, num, CSR_READ, &h->trap.refusal);
    return LIKELY(!cause) ? 0 : refuse(h, cause, num, CSR_READ);
}

/* ---- without gates ---- */

int csr_peek(struct hart *h, unsigned num, u64 *value)
{
    const struct csr_row *row = csr_row(num);
    if (!row || !csr_row_exists(h, row))
        return -1;
    if (row->before)
        row->before(h);
    *value = visible(h, row, csr_row_read(h, row));
    return 0;
}

/* A write by no instruction. */
static void poke(struct hart *h, const struct csr_row *row, u64 value)
{
    if (!row->at && !row->store)
        return;
    csr_row_write(h, row, value);
    if (row->after == a_instret)
        instret_not_executed(h);
}

int csr_poke(struct hart *h, unsigned num, u64 value)
{
    const struct csr_row *row = csr_row(num);
    if (!row || !csr_row_exists(h, row))
        return -1;
    if (row->before)
        row->before(h);
    poke(h, row, value);
    return 0;
}

int csr_poke_bits(struct hart *h, unsigned num, enum csr_op op, u64 mask)
{
    const struct csr_row *row = csr_row(num);
    if (!row || !csr_row_exists(h, row))
        return -1;
    if (row->before)
        row->before(h);
    u64 value = row->rmw ? row->rmw(h, row) : csr_row_read(h, row);
    poke(h, row, operate(op, visible(h, row, value), mask));
    return 0;
}

const char *csr_name(unsigned num)
{
    const struct csr_row *row = csr_row(num);
    return row ? row->name : NULL;
}

int csr_number(const char *name)
{
    for (size_t i = 1; i < ARRAY_LEN(rows); i++)
        if (!strcmp(rows[i].name, name))
            return rows[i].num;
    return -1;
}

void csr_for_each(const struct hart *h, void (*fn)(void *ctx, unsigned num, const char *name),
                  void *ctx)
{
    for (unsigned num = 0; num < 4096; num++) {
        const struct csr_row *row = csr_row(num);
        if (row && csr_row_exists(h, row))
            fn(ctx, num, row->name);
    }
}
