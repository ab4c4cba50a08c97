/* The two engines' tables, and what they share. */
#ifndef HEXTANT_CPU_EXEC_H
#define HEXTANT_CPU_EXEC_H

#include "cpu/block.h"
#include "cpu/hart.h"
#include "cpu/insn.h"

/* Handlers call each other by tail calls in an optimised build; elsewhere (no optimisation,
 * sanitizers, coverage) they return the next record and a loop calls it. */
#if defined(HX_DEBUG) || !defined(__OPTIMIZE__)
#define HX_TRAMPOLINE 1
#endif
#ifdef HX_TRAMPOLINE
#define DISPATCH(h, next) return (next)
#else
#define DISPATCH(h, next) return (next)->fn((h), (next))
#endif

/* A test (tests/exact) builds the engines once more and is told of every record that retires. */
#ifdef HX_OBSERVE
void observe_record(struct hart *h, const struct op *op);
#define OBSERVE(h, op) observe_record((h), (op))
#else
#define OBSERVE(h, op) (void)0
#endif

extern const plain_fn plain_rv32[INSN_COUNT], plain_rv64[INSN_COUNT];
/* With floating point in x registers. */
extern const plain_fn finx_rv32[INSN_COUNT], finx_rv64[INSN_COUNT];
extern const fast_fn fast_rv32[INSN_COUNT], fast_rv64[INSN_COUNT];

/* A fused pair: handlers without forwarding, and with the first one's result as the second one's
 * rs1 or rs2. The tables are grouped by the first row and end with INSN_NONE. */
struct pair {
    u16 first, second;
    fast_fn fn[3];
};
extern const struct pair pairs_rv32[], pairs_rv64[];

/* Chooses the plain engine's functions for the hart's configuration: h->plain. */
void exec_setup(struct hart *h);
/* Executes one decoded instruction plainly: h->pc, npc, insn, insn_len are set. 0 or TRAPPED. */
int execute_plain(struct hart *h, unsigned row, const struct op *op);
/* Decodes and executes the instruction at h->pc; takes its trap. */
void plain_step(struct hart *h);
/* Starts the fast engine at a record that has been charged for; comes back at h->pc. */
void fast_run(struct hart *h, const struct op *op);

/* Handlers that belong to no row. */
const struct op *op_slow(struct hart *h, const struct op *op); /* executes its row plainly */
const struct op *op_next(struct hart *h, const struct op *op); /* TAIL_NEXT: falls through */
const struct op *op_stub_taken(struct hart *h, const struct op *op);
const struct op *op_stub_fall(struct hart *h, const struct op *op);
const struct op *op_break(struct hart *h, const struct op *op); /* leaves: a debugger asks */
/* The first record of a block that may become generated code, once it has been entered often. */
const struct op *op_warm(struct hart *h, const struct op *op);
/* The first record of a block whose entries are counted (cpu/cover.h). */
const struct op *op_cover(struct hart *h, const struct op *op);
/* After the last record of a block, which has set another vtype: goes on behind it. */
const struct op *op_other_vtype(struct hart *h, const struct op *op);
/* Continues at h->pc, which is an indirect target. */
const struct op *op_indirect(struct hart *h);
/* `next` begins a block that the budget does not cover: stops before it. */
const struct op *op_no_budget(struct hart *h, const struct op *next);

/* Goes on with the block (or stub) that begins at `next`, if the budget covers it. */
#define ENTER(h, next)                                                                             \
    do {                                                                                           \
        const struct op *next_ = (next);                                                           \
        s64 left_ = (h)->budget - next_->n;                                                        \
        if (UNLIKELY(left_ < 0))                                                                   \
            return op_no_budget((h), next_);                                                       \
        (h)->budget = left_;                                                                       \
        DISPATCH((h), next_);                                                                      \
    } while (0)

/* Was the conditional branch that has executed plainly taken? */
bool branch_taken(struct hart *h, unsigned row, const struct op *op);
/* Raises the illegal instruction of a reserved rounding mode; TRAPPED. */
int raise_rounding(struct hart *h, const struct op *op);
/* The effective rounding mode of a floating-point instruction, or -1 if it is reserved. */
static inline int rounding_mode(const struct hart *h, const struct op *op)
{
    unsigned rm = (unsigned)op->imm >> 8 & 7;
    if (rm == 7)
        rm = (unsigned)h->frm;
    return rm > 4 ? -1 : (int)rm;
}

#endif
