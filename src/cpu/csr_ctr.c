/* Control transfer records (Smctr, Ssctr): the CSRs, the buffer behind siselect 0x200 to 0x2ff, and
 * what is recorded. There are no cycle counts and no predictions (ctrdata.CC, ctrtarget.MISP). One
 * of the files that own the question about V. */
#include "cpu/ctr.h"

#include <string.h>

#include "cpu/block.h"
#include "cpu/counter.h"
#include "cpu/csr_impl.h"
#include "cpu/exec.h"
#include "cpu/lazy.h"
#include "cpu/trap.h"

/* Types of transfers (chapter Smctr, table transfer-type-defs), and the bit of xctrctl that says
 * that one is not recorded; of branches that are not taken, that it is. */
enum transfer {
    EXCEPTION = 1,
    INTERRUPT,
    TRAP_RETURN,
    NOT_TAKEN,
    TAKEN,
    INDIRECT_CALL = 8,
    DIRECT_CALL,
    INDIRECT_JUMP,
    DIRECT_JUMP,
    COROUTINE_SWAP,
    FUNCTION_RETURN,
    OTHER_INDIRECT_JUMP,
    OTHER_DIRECT_JUMP,
    TRANSFERS
};
static const u64 filter[TRANSFERS] = {
    [EXCEPTION] = CTRCTL_EXCINH,
    [INTERRUPT] = CTRCTL_INTRINH,
    [TRAP_RETURN] = CTRCTL_TRETINH,
    [NOT_TAKEN] = CTRCTL_NTBREN,
    [TAKEN] = CTRCTL_TKBRINH,
    [INDIRECT_CALL] = CTRCTL_INDCALLINH,
    [DIRECT_CALL] = CTRCTL_DIRCALLINH,
    [INDIRECT_JUMP] = CTRCTL_INDJMPINH,
    [DIRECT_JUMP] = CTRCTL_DIRJMPINH,
    [COROUTINE_SWAP] = CTRCTL_CORSWAPINH,
    [FUNCTION_RETURN] = CTRCTL_RETINH,
    [OTHER_INDIRECT_JUMP] = CTRCTL_INDLJMPINH,
    [OTHER_DIRECT_JUMP] = CTRCTL_DIRLJMPINH,
};

static unsigned depth(const struct hart *h)
{
    return 16u << h->sctrdepth;
}

/* The register that controls records in that mode, and its bit for it. */
static u64 control(const struct hart *h, enum mode mode)
{
    return mode_table[mode].v ? h->vsctrctl : h->mctrctl;
}

static bool enabled(const struct hart *h, enum mode mode)
{
    static const u64 bit[] = {CTRCTL_U, CTRCTL_S, 0, CTRCTL_M};
    return control(h, mode) & bit[mode_table[mode].nominal];
}

/* ---- the buffer ---- */

static unsigned written_before(const struct hart *h, unsigned entries)
{
    return (unsigned)(h->sctrstatus - entries) & (depth(h) - 1);
}

static void move_pointer(struct hart *h, unsigned to)
{
    h->sctrstatus = set_field(h->sctrstatus, SCTRSTATUS_WRPTR, to & (depth(h) - 1));
}

static void put(struct hart *h, unsigned entry, u64 source, u64 target, enum transfer type)
{
    h->ctrsource[entry] = (source & CTRSOURCE_PC) | CTRSOURCE_V;
    h->ctrtarget[entry] = target & CTRTARGET_PC;
    h->ctrdata[entry] = set_field(0, CTRDATA_TYPE, type);
}

static void push(struct hart *h, u64 source, u64 target, enum transfer type)
{
    unsigned entry = (unsigned)get_field(h->sctrstatus, SCTRSTATUS_WRPTR);
    put(h, entry, source, target, type);
    move_pointer(h, entry + 1);
}

/* As a return-address stack (RASEMU): calls are pushed, returns pop. */
static void emulate_stack(struct hart *h, u64 source, u64 target, enum transfer type)
{
    unsigned youngest = written_before(h, 1);
    switch (type) {
    case INDIRECT_CALL:
    case DIRECT_CALL:
        push(h, source, target, type);
        break;
    case FUNCTION_RETURN:
        move_pointer(h, youngest);
        h->ctrsource[youngest] &= ~(u64)CTRSOURCE_V;
        break;
    case COROUTINE_SWAP:
        put(h, youngest, source, target, type);
        break;
    default:
        break;
    }
}

/* A transfer of a kind that ctl does not filter out. */
static void record(struct hart *h, u64 ctl, u64 source, u64 target, enum transfer type)
{
    if (ctl & CTRCTL_RASEMU)
        emulate_stack(h, source, target, type);
    else if (!(ctl & filter[type]) == (type != NOT_TAKEN))
        push(h, source, target, type);
}

bool ctr_get(const struct hart *h, unsigned number, struct ctr_record *out)
{
    static const char *const names[16] = {
        [EXCEPTION] = "exception",
        [INTERRUPT] = "interrupt",
        [TRAP_RETURN] = "trap return",
        [NOT_TAKEN] = "branch not taken",
        [TAKEN] = "branch taken",
        [INDIRECT_CALL] = "indirect call",
        [DIRECT_CALL] = "call",
        [INDIRECT_JUMP] = "indirect jump",
        [DIRECT_JUMP] = "jump",
        [COROUTINE_SWAP] = "co-routine swap",
        [FUNCTION_RETURN] = "return",
        [OTHER_INDIRECT_JUMP] = "indirect jump with linkage",
        [OTHER_DIRECT_JUMP] = "jump with linkage",
    };
    if (number >= depth(h))
        return false;
    unsigned entry = written_before(h, number + 1);
    const char *name = names[get_field(h->ctrdata[entry], CTRDATA_TYPE)];
    *out = (struct ctr_record){.source = h->ctrsource[entry] & CTRSOURCE_PC,
                               .target = h->ctrtarget[entry] & CTRTARGET_PC,
                               .type = name ? name : "?"};
    return h->ctrsource[entry] & CTRSOURCE_V;
}

void ctr_clear(struct hart *h)
{
    memset(h->ctrsource, 0, sizeof h->ctrsource);
    memset(h->ctrtarget, 0, sizeof h->ctrtarget);
    memset(h->ctrdata, 0, sizeof h->ctrdata);
}

/* ---- branches and jumps ---- */

u8 ctr_derive(struct hart *h)
{
    u8 modes = 0;
    h->d.ctr = (h->mctrctl | h->vsctrctl) && !(h->sctrstatus & SCTRSTATUS_FROZEN);
    for (unsigned mode = 0; h->d.ctr && mode < MODE_COUNT; mode++)
        modes |= (u8)(enabled(h, (enum mode)mode) << mode);
    return modes;
}

static bool is_link(unsigned r)
{
    return r == 1 || r == 5;
}

static enum transfer jalr_type(const struct op *op)
{
    if (is_link(op->rd))
        return is_link(op->rs1) && op->rs1 != op->rd ? COROUTINE_SWAP : INDIRECT_CALL;
    if (is_link(op->rs1))
        return FUNCTION_RETURN;
    return op->rd == DUMP_SLOT ? INDIRECT_JUMP : OTHER_INDIRECT_JUMP;
}

/* The type of a row's transfer; 0: it makes none. Of branches only whether it is one. */
static enum transfer type_of(unsigned row, const struct op *op)
{
    switch (insn_row(row)->kind) {
    case KIND_BRANCH:
        return TAKEN;
    case KIND_JAL:
        return is_link(op->rd)       ? DIRECT_CALL
               : op->rd == DUMP_SLOT ? DIRECT_JUMP
                                     : OTHER_DIRECT_JUMP;
    case KIND_JALR:
        return jalr_type(op);
    default:
        break;
    }
    switch (row) {
    case INSN_cm_jt:
        return DIRECT_JUMP;
    case INSN_cm_jalt:
        return DIRECT_CALL;
    case INSN_cm_popret:
    case INSN_cm_popretz:
        return FUNCTION_RETURN;
    default:
        return 0;
    }
}

void ctr_jump(struct hart *h, unsigned row, const struct op *op)
{
    enum transfer type = type_of(row, op);
    if (!type || !h->d.ctr || !enabled(h, h->mode))
        return;
    if (type == TAKEN && !branch_taken(h, row, op))
        type = NOT_TAKEN;
    record(h, control(h, h->mode), h->pc, h->npc, type);
}

/* ---- traps and their returns ---- */

/* Where only one of the two modes is virtual, the guest's register has the filters. */
static u64 control_between(const struct hart *h, enum mode a, enum mode b)
{
    return mode_table[a].v || mode_table[b].v ? h->vsctrctl : h->mctrctl;
}

/* Is a trap to a mode that is not enabled recorded? That mode, and those between, must allow it. */
static bool external_allowed(const struct hart *h, enum mode from, enum mode to)
{
    if (from == MODE_VU && !(h->vsctrctl & CTRCTL_STE))
        return false;
    if (from != MODE_S && to != MODE_VS && !(h->mctrctl & CTRCTL_STE))
        return false;
    return to != MODE_M || (h->mctrctl & CTRCTL_MTE);
}

/* A counter's overflow or a breakpoint may end the recording. */
static bool freezes(const struct hart *h, unsigned interrupt, u64 code)
{
    u64 ctl = control(h, h->mode);
    return interrupt ? code == IRQ_LCOFI && (ctl & CTRCTL_LCOFIFRZ)
                     : code == CAUSE_BREAKPOINT && (ctl & CTRCTL_BPFRZ);
}

void ctr_trap(struct hart *h, enum mode from, u64 epc, unsigned interrupt, u64 code)
{
    u64 ctl = control_between(h, from, h->mode);
    enum transfer type = interrupt ? INTERRUPT : EXCEPTION;
    if (freezes(h, interrupt, code)) {
        h->sctrstatus |= SCTRSTATUS_FROZEN;
        a_ctr(h, 0);
        return;
    }
    if (enabled(h, h->mode))
        record(h, ctl, enabled(h, from) ? epc : 0, h->pc, type);
    else if (enabled(h, from) && external_allowed(h, from, h->mode))
        record(h, ctl & ~filter[type], epc, 0, type);
}

void ctr_return(struct hart *h, enum mode from)
{
    u64 target = enabled(h, h->mode) ? h->npc : 0;
    if (enabled(h, from))
        record(h, control_between(h, from, h->mode), h->pc, target, TRAP_RETURN);
}

/* ---- CSRs ---- */

u64 r_sctrctl(const struct hart *h, const struct csr_row *row)
{
    return h->mctrctl & h->rules.reg[row->reg].writable;
}

/* Bits above those that the depth needs are read-only zero. */
u64 w_sctrstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 v = reg_legalise(h, row->reg, old, value);
    return set_field(v, SCTRSTATUS_WRPTR, value & (depth(h) - 1));
}

void a_ctr(struct hart *h, u64 old)
{
    (void)old;
    move_pointer(h, (unsigned)get_field(h->sctrstatus, SCTRSTATUS_WRPTR));
    counters_derive(h);
    h->d.exit_block = 1;
}

/* The array and element of a record's register, the youngest record first; NULL: beyond the depth.
 */
static u64 *record_register(const struct hart *h, const struct csr_row *row)
{
    if (row->index >= depth(h))
        return NULL;
    return (u64 *)((uintptr_t)h + row->at) + written_before(h, row->index + 1u);
}

u64 r_ctr_record(const struct hart *h, const struct csr_row *row)
{
    const u64 *p = record_register(h, row);
    return p ? *p : 0;
}

void s_ctr_record(struct hart *h, const struct csr_row *row, u64 value)
{
    u64 *p = record_register(h, row);
    if (p)
        *p = reg_legalise(h, row->reg, *p, value);
}
