/* Unwinding. */
#include "monitor/stack.h"

#include "cpu/insn.h"

enum { REG_RA = 1, REG_SP = 2, REG_FP = 8, MAX_PROLOGUE = 4096 };

/* What the function has done to the stack up to the frame's pc. */
struct layout {
    s64 size;         /* sp is this much below the caller's */
    s64 ra_at, fp_at; /* offset from sp of the saved registers */
    s64 fp_is;        /* s0 = sp + this, if fp_set */
    bool ra_saved, fp_saved, fp_set;
};

static void note_store(struct layout *l, unsigned reg, s64 at)
{
    if (reg == REG_RA && !l->ra_saved) {
        l->ra_saved = true;
        l->ra_at = at;
    } else if (reg == REG_FP && !l->fp_saved) {
        l->fp_saved = true;
        l->fp_at = at;
    }
}

/* One instruction; returns the amount by which it gives stack back. */
static s64 note(struct layout *l, unsigned row, const struct op *op)
{
    if (row == INSN_addi && op->rd == REG_SP && op->rs1 == REG_SP) {
        if (op->imm > 0)
            return op->imm;
        l->size -= op->imm;
        l->ra_at -= op->imm;
        l->fp_at -= op->imm;
        l->fp_is -= op->imm;
    } else if (row == INSN_addi && op->rd == REG_FP && op->rs1 == REG_SP) {
        l->fp_set = true;
        l->fp_is = op->imm;
    } else if ((row == INSN_sd || row == INSN_sw) && op->rs1 == REG_SP) {
        note_store(l, op->rs2, op->imm);
    }
    return 0;
}

/* Goes through the function from its start to pc. An epilogue in the middle ends with a jump;
 * behind it the stack is again as after the prologue. */
static int scan(const struct view *v, u64 start, u64 pc, struct layout *l)
{
    s64 popped = 0;
    struct layout full = {0};
    if (pc - start > MAX_PROLOGUE * 16)
        return -1;
    while (start < pc) {
        struct error err;
        struct op op = {0};
        u32 insn;
        if (view_read_insn(v, start, &insn, &err))
            return -1;
        unsigned row = insn_decode(v->h, insn, &op);
        if (row != INSN_NONE) {
            row = insn_row(row)->base;
            popped += note(&full, row, &op);
            if (popped &&
                (row == INSN_jalr || row == INSN_jal || row == INSN_sret || row == INSN_mret))
                popped = 0;
        }
        start += insn_length(insn);
    }
    *l = full;
    l->size -= popped;
    if (popped)
        l->ra_saved = l->fp_saved = l->fp_set = false;
    return 0;
}

static int word(const struct view *v, u64 addr, u64 *value)
{
    struct error err;
    return view_read_word(v, addr, v->h->config.xlen / 8u, value, &err);
}

struct frame stack_first(const struct hart *h)
{
    return (struct frame){.pc = h->pc,
                          .sp = h->x[REG_SP] & MASK(h->config.xlen),
                          .fp = h->x[REG_FP] & MASK(h->config.xlen),
                          .ra = h->x[REG_RA] & MASK(h->config.xlen),
                          .innermost = true};
}

/* By the chain of frame pointers: s0 is the caller's sp, ra and the caller's s0 lie below it. */
static int by_frame_pointer(const struct view *v, const struct frame *f, struct frame *caller)
{
    unsigned w = v->h->config.xlen / 8u;
    if (!f->fp || (f->fp & (w - 1)) || f->fp < f->sp)
        return -1;
    caller->sp = f->fp;
    return word(v, f->fp - w, &caller->pc) || word(v, f->fp - 2 * w, &caller->fp) ? -1 : 0;
}

static int by_layout(const struct view *v, const struct frame *f, const struct layout *l,
                     struct frame *caller)
{
    u64 sp = l->fp_set ? f->fp - (u64)l->fp_is : f->sp;
    caller->sp = sp + (u64)l->size;
    caller->fp = f->fp;
    if (l->fp_saved && word(v, sp + (u64)l->fp_at, &caller->fp))
        return -1;
    if (l->ra_saved)
        return word(v, sp + (u64)l->ra_at, &caller->pc);
    caller->pc = f->ra;
    return f->innermost ? 0 : -1;
}

int stack_caller(const struct view *v, const struct symbols *symbols, const struct frame *f,
                 struct frame *caller)
{
    struct layout l = {0};
    struct symbol_place y;
    /* A return address may lie behind the function's last instruction: look at the call. */
    u64 at = f->innermost ? f->pc : f->pc - 1;
    *caller = (struct frame){0};
    int rc = name_at(symbols, v->h, (enum mode)v->mode, at, &y) && scan(v, y.start, f->pc, &l) == 0
                 ? by_layout(v, f, &l, caller)
                 : by_frame_pointer(v, f, caller);
    return rc || !caller->pc || caller->sp < f->sp || (caller->sp == f->sp && !f->innermost) ? -1
                                                                                             : 0;
}
