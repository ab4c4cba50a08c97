/* Both engines, expanded from the rows of isa.def for one XLEN. Included by exec_rv32.c and
 * exec_rv64.c, which define XLEN, ux, sx, and the names of the two tables. Exempt from the size
 * limits: this is the one place where semantics become code. */
#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/lazy.h"
#include "cpu/fields.h"
#include "cpu/insn_access.h"
#include "cpu/sem_fns.h"
#include "cpu/trap.h"
#include "cpu/vec.h"
#include "mmu/mem.h"
#include "mmu/tlb.h"

#define X1        h->x[op->rs1]
#define X2        h->x[op->rs2]
#define XD        h->x[op->rd]
#define F1        h->f[op->rs1]
#define F2        h->f[op->rs2]
#define F3        h->f[op->imm & 31]
#define FD        h->f[op->rd]
#define IMMEDIATE op->imm
#include "cpu/exec_words.h"

/* ---- the plain engine ---- */

#include "cpu/exec_plain.h"
#define FRD(f_, v)                                                                                 \
    do {                                                                                           \
        u64 boxed_ = box_##f_(v);                                                                  \
        FD = boxed_;                                                                               \
        lazy_dirty(h, LAZY_FS);                                                                    \
    } while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-local-typedefs"
#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...)                            \
    int PLAIN_NAME(id)(struct hart * h, const struct op *op)                                       \
    {                                                                                              \
        typedef type accessed;                                                                     \
        UNUSED static const struct insn_access access_ = INSN_ACCESS_OF(access, type);             \
        __VA_ARGS__;                                                                               \
        return 0;                                                                                  \
    }
#define CINSN(id, pattern, fmt, gate, base)
#include "cpu/isa.def"
#undef INSN
#undef CINSN

#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...)                            \
    [INSN_##id] = PLAIN_NAME(id),
#define CINSN(id, pattern, fmt, gate, base)
const plain_fn PLAIN_TABLE[INSN_COUNT] = {
#include "cpu/isa.def"
};
#undef INSN
#undef CINSN

#undef RS1
#undef RS2
#undef RD
#undef PC
#undef LINK
#undef LOAD
#undef STORE
#undef ALIGNED
#undef JUMP
#undef FRD
#undef FOP
#undef FOPN
#undef CALL
#undef ACCESS

/* ---- the fast engine ---- */

#define PC_IMM (END_PC + (u64)(s64)op->imm) /* imm is relative to the block's end */
#define END_PC block_tail(op)[TAIL_END].end.end_pc
#include "cpu/exec_bodies.h"

/* The tail of a block, seen from its last record: jumps are always last. */
#define LAST_TAIL(op_) ((const union block_tail_record *)((op_) + 1))

/* Where a handler goes after the body of `op`. Only what the body can return survives inlining. A
 * miss is a tail call to the slow path, so that the handler itself needs no frame. */
#define GO_ON(outcome_, op_)                                                                       \
    do {                                                                                           \
        switch (outcome_) {                                                                        \
        case TO_NEXT:                                                                              \
            OBSERVE(h, op_);                                                                       \
            DISPATCH(h, (op_) + 1);                                                                \
        case TO_TAKEN:                                                                             \
            OBSERVE(h, op_);                                                                       \
            ENTER(h, LAST_TAIL(op_)[TAIL_LINK].link.taken);                                        \
        case TO_FALL:                                                                              \
            OBSERVE(h, op_);                                                                       \
            ENTER(h, LAST_TAIL(op_)[TAIL_LINK].link.fall);                                         \
        default:                                                                                   \
            return op_slow(h, op_);                                                                \
        }                                                                                          \
    } while (0)
/* JALR: the target is in h->npc. */
#define GO_INDIRECT                                                                                \
    do {                                                                                           \
        u64 target_ = h->npc;                                                                      \
        const struct jump_entry *j_ = jump_slot(h->blocks, target_);                               \
        if (LIKELY(j_->pc == target_ && j_->gen == h->d.fetch_gen && j_->key == h->d.key))         \
            ENTER(h, j_->op);                                                                      \
        h->pc = target_;                                                                           \
        return op_indirect(h);                                                                     \
    } while (0)

#define HANDLER(name, ...)                                                                         \
    static const struct op *FAST_NAME(name)(struct hart * h, const struct op *op)                  \
    {                                                                                              \
        u64 result;                                                                                \
        __VA_ARGS__;                                                                               \
    }
#define HANDLER_INLINE(name) HANDLER(name, GO_ON(BODY_NAME(name)(h, op, 0, 0, &result), op))
#define HANDLER_ALU(name)    HANDLER_INLINE(name)
#define HANDLER_LOAD(name)   HANDLER_INLINE(name)
#define HANDLER_STORE(name)  HANDLER_INLINE(name)
#define HANDLER_FP(name)     HANDLER_INLINE(name)
#define HANDLER_FPN(name)    HANDLER_INLINE(name)
#define HANDLER_FLOAD(name)  HANDLER_INLINE(name)
#define HANDLER_FSTORE(name) HANDLER_INLINE(name)
#define HANDLER_BRANCH(name) HANDLER_INLINE(name)
#define HANDLER_AUIPC(name)  HANDLER_INLINE(name)
#define HANDLER_JAL(name)    HANDLER_INLINE(name)
#define HANDLER_JALR(name)                                                                         \
    HANDLER(name, BODY_NAME(name)(h, op, 0, 0, &result); OBSERVE(h, op); GO_INDIRECT)
#define HANDLER_PLAIN(name)  HANDLER(name, (void)result; return op_slow(h, op))
#define HANDLER_PLAINF(name) HANDLER_PLAIN(name)
#define HANDLER_SYSTEM(name) HANDLER_PLAIN(name)
/* Goes on with the block that follows, unless the key is another now. */
#define HANDLER_VSET(name)                                                                         \
    HANDLER(name, (void)result; sem_##name(h, op); OBSERVE(h, op);                                 \
            if (UNLIKELY(h->d.exit_block)) return op_other_vtype(h, op);                           \
            ENTER(h, LAST_TAIL(op)[TAIL_LINK].link.fall))
#define HANDLER_VECTOR(name)                                                                       \
    HANDLER(name, (void)result; if (UNLIKELY(vec_fast(h, op, INSN_##name))) return op_slow(h, op); \
            OBSERVE(h, op); DISPATCH(h, op + 1))
#define HANDLER_VECTORF(name) HANDLER_VECTOR(name)

#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...) HANDLER_##kind(id)
#define CINSN(id, pattern, fmt, gate, base)
#include "cpu/isa.def"
#undef INSN
#undef CINSN

#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...) [INSN_##id] = FAST_NAME(id),
#define CINSN(id, pattern, fmt, gate, base)
const fast_fn FAST_TABLE[INSN_COUNT] = {
#include "cpu/isa.def"
};
#undef INSN
#undef CINSN

/* ---- pairs ---- */

#define PAIR_BODY(a, b, forward, finish)                                                           \
    static const struct op *PAIR_NAME(a, b, forward)(struct hart * h, const struct op *op)         \
    {                                                                                              \
        u64 first = 0, second;                                                                     \
        if (BODY_NAME(a)(h, op, 0, 0, &first) == MISS)                                             \
            return op_slow(h, op);                                                                 \
        OBSERVE(h, op);                                                                            \
        finish(b, forward);                                                                        \
    }
#define FINISH(b, forward) GO_ON(BODY_NAME(b)(h, op + 1, forward, first, &second), op + 1)
#define FINISH_JALR(b, forward)                                                                    \
    BODY_NAME(b)(h, op + 1, forward, first, &second);                                              \
    OBSERVE(h, op + 1);                                                                            \
    GO_INDIRECT
#define PAIR(a, b) PAIR_BODY(a, b, 0, FINISH) PAIR_BODY(a, b, 1, FINISH) PAIR_BODY(a, b, 2, FINISH)
#define PAIR_JALR(a, b)                                                                            \
    PAIR_BODY(a, b, 0, FINISH_JALR) PAIR_BODY(a, b, 1, FINISH_JALR) PAIR_BODY(a, b, 2, FINISH_JALR)
#if XLEN == 64
#define PAIR64(a, b) PAIR(a, b)
#else
#define PAIR64(a, b)
#endif
#include "cpu/pairs.def"
#undef PAIR
#undef PAIR_JALR
#undef PAIR64

#define PAIR(a, b)                                                                                 \
    {INSN_##a, INSN_##b, {PAIR_NAME(a, b, 0), PAIR_NAME(a, b, 1), PAIR_NAME(a, b, 2)}},
#define PAIR_JALR(a, b) PAIR(a, b)
#if XLEN == 64
#define PAIR64(a, b) PAIR(a, b)
#else
#define PAIR64(a, b)
#endif
const struct pair PAIR_TABLE[] = {
#include "cpu/pairs.def"
    {INSN_NONE, INSN_NONE, {NULL, NULL, NULL}},
};
