/* Stencils for one XLEN: each row of isa.def that has a body in the fast engine, compiled with
 * holes where its operands go. This file is not part of the program: its object is read by
 * extract.c, which makes tables of machine code and of holes for cpu/generate.c. A stencil is
 * called with the hart, the block's first record, and the result of the instruction before (which
 * may stand in for rs1 or rs2); it goes on by jumping to what follows it in the block.
 *
 * Holes are undefined symbols. The kernel code model has them sign-extended from 32 bits. */
#include "cpu/block.h"
#include "cpu/exec.h"
#include "cpu/hart.h"

extern char HOLE_X1[], HOLE_X2[], HOLE_XD[], HOLE_F1[], HOLE_F2[], HOLE_F3[],
    HOLE_FD[];           /* in the hart */
extern char HOLE_IMM[];  /* op->imm */
extern char HOLE_OP[];   /* this record, from the first one */
extern char HOLE_TAIL[]; /* the block's tail, from the first record */
extern char WIDE_PC[];   /* 64 bits: pc + imm */
extern char WIDE_END[];  /* 64 bits: pc after the block's last instruction */
const struct op *stencil_next(struct hart *h, const struct op *first_op, u64 last);
/* What leads there is moved out of the way, into a section of its own. */
__attribute__((cold)) const struct op *op_slow(struct hart *h, const struct op *op);
__attribute__((cold)) const struct op *op_no_budget(struct hart *h, const struct op *next);
__attribute__((cold)) const struct op *op_indirect(struct hart *h);

#define AT(base, hole) ((char *)(uintptr_t)(base) + (intptr_t)(hole))
#define REGISTER(hole) (*(u64 *)(void *)AT(h, hole))
#define X1             REGISTER(HOLE_X1)
#define X2             REGISTER(HOLE_X2)
#define XD             REGISTER(HOLE_XD)
#define F1             REGISTER(HOLE_F1)
#define F2             REGISTER(HOLE_F2)
#define F3             REGISTER(HOLE_F3)
#define FD             REGISTER(HOLE_FD)
#define IMMEDIATE      ((s64)(intptr_t)HOLE_IMM)
#define WIDE(hole)                                                                                 \
    ({                                                                                             \
        u64 wide_;                                                                                 \
        __asm__("movabsq %1, %0" : "=r"(wide_) : "i"(hole));                                       \
        wide_;                                                                                     \
    })
#define PC_IMM WIDE(WIDE_PC)
#define END_PC WIDE(WIDE_END)

#define FP_ASSUME_FMA /* cpu/generate.c leaves fused operations out where the host has none */
#include "cpu/exec_words.h"

/* Where pointers are followed, each load waits for the one before it: for its TLB entry, and then
 * for the memory. A load that guesses the entry's addend waits for memory only; the entry then
 * tells whether the guess was right. Where it keeps being wrong, as in memory whose pages lie
 * scattered, the block soon stops guessing. */
#define LOAD_AT(type, va, addend_)                                                                 \
    ({                                                                                             \
        u64 by_ = forward & GUESS_ADDEND ? guess_addend(block_of_first(op), addend_) : (addend_);  \
        *(const type *)(uintptr_t)((va) + by_);                                                    \
    })
static ALWAYS_INLINE u64 guess_addend(struct block *b, u64 addend)
{
    u64 guess = b->addend;
    __asm__("" : "+r"(guess)); /* or the compiler takes the two for one, once they are equal */
    if (LIKELY(guess == addend))
        return guess;
    if (guess || b->guesses)
        b->addend = b->guesses ? addend : 0;
    b->guesses -= b->guesses != 0;
    return addend;
}
#include "cpu/exec_bodies.h"

#define RECORD ((const struct op *)(const void *)AT(op, HOLE_OP))
#define TAIL   ((const union block_tail_record *)(const void *)AT(op, HOLE_TAIL))

#define STENCIL(name)                                                                              \
    const struct op *name(struct hart *h, const struct op *op, u64 last);                          \
    const struct op *name(struct hart *h, const struct op *op, u64 last)

#define STENCIL_OF(name, forward, ...)                                                             \
    STENCIL(STENCIL_NAME(name, forward))                                                           \
    {                                                                                              \
        u64 result = last;                                                                         \
        enum outcome outcome = BODY_NAME(name)(h, op, forward, last, &result);                     \
        if (UNLIKELY(outcome == MISS))                                                             \
            return op_slow(h, RECORD);                                                             \
        OBSERVE(h, RECORD);                                                                        \
        __VA_ARGS__;                                                                               \
    }
#define FORMS(name, ...)                                                                           \
    STENCIL_OF(name, 0, __VA_ARGS__)                                                               \
    STENCIL_OF(name, 1, __VA_ARGS__)                                                               \
    STENCIL_OF(name, 2, __VA_ARGS__)                                                               \
    STENCIL_OF(name, 3, __VA_ARGS__)
#define IN_LINE(name)       FORMS(name, return stencil_next(h, op, result))
#define STENCIL_ALU(name)   IN_LINE(name)
#define STENCIL_AUIPC(name) IN_LINE(name)
#define GUESSING(name)                                                                             \
    STENCIL_OF(name, 4, return stencil_next(h, op, result))                                        \
    STENCIL_OF(name, 5, return stencil_next(h, op, result))
#define STENCIL_LOAD(name)   IN_LINE(name) GUESSING(name)
#define STENCIL_STORE(name)  IN_LINE(name)
#define STENCIL_FP(name)     IN_LINE(name)
#define STENCIL_FPN(name)    IN_LINE(name)
#define STENCIL_FLOAD(name)  IN_LINE(name)
#define STENCIL_FSTORE(name) IN_LINE(name)
#define STENCIL_BRANCH(name)                                                                       \
    FORMS(name, if (outcome == TO_TAKEN) ENTER(h, TAIL[TAIL_LINK].link.taken);                     \
          ENTER(h, TAIL[TAIL_LINK].link.fall))
#define STENCIL_JAL(name) FORMS(name, ENTER(h, TAIL[TAIL_LINK].link.taken))
#define STENCIL_JALR(name)                                                                         \
    FORMS(name, u64 target = h->npc; const struct jump_entry *j = jump_slot(h->blocks, target);    \
          if (LIKELY(j->pc == target && j->gen == h->d.fetch_gen && j->key == h->d.key))           \
              ENTER(h, j->op);                                                                     \
          h->pc = target; return op_indirect(h))
#define STENCIL_PLAIN(name)
#define STENCIL_PLAINF(name)
#define STENCIL_VSET(name)
#define STENCIL_VECTOR(name)
#define STENCIL_VECTORF(name)
#define STENCIL_SYSTEM(name)

#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...) STENCIL_##kind(id)
#define CINSN(id, pattern, fmt, gate, base)
#include "cpu/isa.def"
#undef INSN
#undef CINSN

/* A record without a stencil: its handler runs, and dispatches the record after it. */
STENCIL(STENCIL_NAME(handler, 0))
{
    (void)last;
    const struct op *record = RECORD;
    return record->fn(h, record);
}

/* Where a handler, or op_slow, comes back: from this record to the block's first one, and to what
 * the instruction before has left in x[rs1]. */
STENCIL(STENCIL_NAME(resume, 0))
{
    (void)last;
    return stencil_next(h, (const struct op *)(const void *)AT(op, -(intptr_t)HOLE_OP), X1);
}

/* The end of a block that does not end with a jump. */
STENCIL(STENCIL_NAME(end, 0))
{
    (void)last;
    ENTER(h, TAIL[TAIL_LINK].link.fall);
}
