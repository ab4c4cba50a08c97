/* Zcmp: push, pop and double moves. Zcmt: table jumps. */
#include "cpu/sem_fns.h"

enum { RA = 1, SP = 2, A0 = 10, A1 = 11 };

/* Registers in a list (chapter Zcmp): ra, then s0 and on; list 15 has s10 and s11 both. */
static unsigned list_length(unsigned rlist)
{
    return rlist == 15 ? 13 : rlist - 3;
}

/* The i-th register of a list: ra, s0, s1, s2 ... */
static unsigned list_register(unsigned i)
{
    if (i == 0)
        return RA;
    return i <= 2 ? 7 + i : 15 + i;
}

static unsigned rlist_of(const struct op *op)
{
    return (unsigned)op->imm & 15;
}

/* What sp moves by: room for the list in units of 16 bytes, and spimm more of them. */
static s64 stack_adjustment(const struct hart *h, const struct op *op)
{
    s64 room = list_length(rlist_of(op)) * xlen_bytes(h);
    return ((room + 15) & ~15ll) + (op->imm >> 4) * 16;
}

static void move_sp(struct hart *h, s64 offset)
{
    u64 sp = h->x[SP] + (u64)offset;
    h->x[SP] = is_rv32(h) ? (u64)(s32)sp : sp;
}

/* sp moves only when every store has succeeded; after a trap the whole list is stored again. */
int sem_cm_push(struct hart *h, const struct op *op)
{
    unsigned n = list_length(rlist_of(op)), bytes = xlen_bytes(h);
    for (unsigned i = n; i-- > 0;) {
        u64 va = address(h, SP, -(s64)((n - i) * bytes));
        if (mem_store(h, va, bytes, 0, get_x(h, list_register(i))))
            return TRAPPED;
    }
    move_sp(h, -stack_adjustment(h, op));
    return 0;
}

int sem_cm_pop(struct hart *h, const struct op *op)
{
    unsigned n = list_length(rlist_of(op)), bytes = xlen_bytes(h);
    s64 adjustment = stack_adjustment(h, op);
    u64 value[13];
    for (unsigned i = n; i-- > 0;) {
        u64 va = address(h, SP, adjustment - (s64)((n - i) * bytes));
        if (mem_load(h, va, bytes, 0, &value[i]))
            return TRAPPED;
    }
    for (unsigned i = 0; i < n; i++)
        h->x[list_register(i)] = is_rv32(h) ? (u64)(s32)value[i] : value[i];
    move_sp(h, adjustment);
    return 0;
}

int sem_cm_popret(struct hart *h, const struct op *op)
{
    if (sem_cm_pop(h, op))
        return TRAPPED;
    h->npc = get_x(h, RA) & ~1ull;
    return 0;
}

int sem_cm_popretz(struct hart *h, const struct op *op)
{
    if (sem_cm_popret(h, op))
        return TRAPPED;
    h->x[A0] = 0;
    return 0;
}

/* Naming one register twice is reserved. */
int sem_cm_mvsa01(struct hart *h, const struct op *op)
{
    if (op->rs1 == op->rs2)
        return raise_illegal(h, REASON_OPERANDS);
    h->x[op->rs1] = h->x[A0];
    h->x[op->rs2] = h->x[A1];
    return 0;
}

int sem_cm_mva01s(struct hart *h, const struct op *op)
{
    h->x[A0] = h->x[op->rs1];
    h->x[A1] = h->x[op->rs2];
    return 0;
}

/* CM.JT and, from index 32 on, CM.JALT, which links ra. The table entry counts as part of the
 * instruction: it is fetched, not loaded. */
int sem_cm_jt(struct hart *h, const struct op *op)
{
    enum { FIRST_JALT = 32 };
    u64 target, va = (h->jvt & JVT_BASE) + (u64)op->imm * xlen_bytes(h);
    if (mem_jump_table(h, is_rv32(h) ? (u32)va : va, &target))
        return TRAPPED;
    if (op->imm >= FIRST_JALT)
        h->x[RA] = is_rv32(h) ? (u64)(s32)h->npc : h->npc;
    h->npc = target & ~1ull;
    return 0;
}
