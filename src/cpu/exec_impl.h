/* Both engines, expanded from the rows of isa.def for one XLEN. Included by exec_rv32.c and
 * exec_rv64.c, which define XLEN, ux, sx, and the names of the two tables. Exempt from the size
 * limits: this is the one place where semantics become code. */
#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "cpu/fp.h"
#include "cpu/fp_fast.h"
#include "cpu/sem_alu.h"
#include "cpu/sem_crypto.h"
#include "cpu/sem_fns.h"
#include "cpu/trap.h"
#include "mmu/mem.h"
#include "mmu/tlb.h"

/* ---- vocabulary common to both engines ---- */

#define RS1    ((ux)h->x[op->rs1])
#define RS2    ((ux)h->x[op->rs2])
#define IMM    ((sx)op->imm)
#define SHAMT  ((unsigned)op->imm)
#define RD(v)  (h->x[op->rd] = (u64)(s64)(sx)(v))

static ALWAYS_INLINE u16 unbox_h(u64 r)
{
    return fp_unbox_h(r);
}
static ALWAYS_INLINE u32 unbox_s(u64 r)
{
    return fp_unbox_s(r);
}
static ALWAYS_INLINE u64 unbox_d(u64 r)
{
    return r;
}
static ALWAYS_INLINE u64 box_h(u16 v)
{
    return fp_box_h(v);
}
static ALWAYS_INLINE u64 box_s(u32 v)
{
    return fp_box_s(v);
}
static ALWAYS_INLINE u64 box_d(u64 v)
{
    return v;
}
#define FRS1(f_) unbox_##f_(h->f[op->rs1])
#define FRS2(f_) unbox_##f_(h->f[op->rs2])
#define FRS3(f_) unbox_##f_(h->f[op->imm & 31])

/* ---- the plain engine ---- */

#define PC     ((ux)h->pc)
#define LINK   ((ux)(h->pc + h->insn_len))
#define RM     ((unsigned)rounding_mode(h, op))
#define LOAD(type, va)                                                                             \
    ({                                                                                             \
        u64 value_;                                                                                \
        if (mem_load(h, (ux)(va), sizeof(type), 0, &value_))                                       \
            return TRAPPED;                                                                        \
        (type) value_;                                                                             \
    })
#define STORE(type, va, v)                                                                         \
    do {                                                                                           \
        if (mem_store(h, (ux)(va), sizeof(type), 0, (type)(v)))                                    \
            return TRAPPED;                                                                        \
    } while (0)
#define ALIGNED(target)                                                                            \
    do {                                                                                           \
        if (((target)&2) && !has(h, EXT_Zca))                                                      \
            return raise(h, CAUSE_INSN_MISALIGNED, (target));                                      \
    } while (0)
#define JUMP(target)                                                                               \
    do {                                                                                           \
        ux target_ = (target);                                                                     \
        ALIGNED(target_);                                                                          \
        h->npc = target_;                                                                          \
        return 0;                                                                                  \
    } while (0)
#define FRD(f_, v)                                                                                 \
    do {                                                                                           \
        u64 boxed_ = box_##f_(v);                                                                  \
        h->f[op->rd] = boxed_;                                                                     \
        fs_dirty(h);                                                                               \
    } while (0)
#define FLAGGED(fn, ...)                                                                           \
    ({                                                                                             \
        u8 flags_ = 0;                                                                             \
        __auto_type result_ = fn(__VA_ARGS__, &flags_);                                            \
        if (flags_) {                                                                              \
            h->fflags |= flags_;                                                                   \
            fs_dirty(h);                                                                           \
        }                                                                                          \
        result_;                                                                                   \
    })
#define FOP(fn, ...)                                                                               \
    ({                                                                                             \
        int rm_ = rounding_mode(h, op);                                                            \
        if (rm_ < 0)                                                                               \
            return raise_illegal(h);                                                               \
        FLAGGED(fp_##fn, __VA_ARGS__, (unsigned)rm_);                                              \
    })
#define FOPN(fn, ...) FLAGGED(fp_##fn, __VA_ARGS__)
#define CALL(fn)      return fn(h, op)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define INSN(name, pattern, fmt, gate, kind, ...)                                                  \
    static int PLAIN_NAME(name)(struct hart * h, const struct op *op)                              \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
        return 0;                                                                                  \
    }
#define CINSN(name, pattern, fmt, gate, base)
#include "cpu/isa.def"
#undef INSN
#undef CINSN

#define INSN(name, pattern, fmt, gate, kind, ...) [INSN_##name] = PLAIN_NAME(name),
#define CINSN(name, pattern, fmt, gate, base)
const plain_fn PLAIN_TABLE[INSN_COUNT] = {
#include "cpu/isa.def"
};
#undef INSN
#undef CINSN

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

/* ---- the fast engine ---- */

#define PC     ((ux)(block_tail(op)[TAIL_END].end.end_pc + (u64)(s64)op->imm)) /* AUIPC */
#define LINK   ((ux)block_tail(op)[TAIL_END].end.end_pc)
#define NEXT   DISPATCH(h, op + 1)
/* A miss: tail call, so that the handler itself needs no frame. */
#define LOAD(type, va)                                                                             \
    ({                                                                                             \
        u64 va_ = (u64)(ux)(va);                                                                   \
        const struct tlb_entry *e_ = &h->d.rtlb[va_ >> 12 & (TLB1_SIZE - 1)];                      \
        if (UNLIKELY((va_ & (~0xfffull | (sizeof(type) - 1))) != e_->tag))                         \
            return op_slow(h, op);                                                                 \
        *(const type *)(uintptr_t)(va_ + e_->addend);                                              \
    })
#define STORE(type, va, v)                                                                         \
    do {                                                                                           \
        u64 va_ = (u64)(ux)(va);                                                                   \
        const struct tlb_entry *e_ = &h->d.wtlb[va_ >> 12 & (TLB1_SIZE - 1)];                      \
        if (UNLIKELY((va_ & (~0xfffull | (sizeof(type) - 1))) != e_->tag))                         \
            return op_slow(h, op);                                                                 \
        *(type *)(uintptr_t)(va_ + e_->addend) = (type)(v);                                        \
    } while (0)
#define ALIGNED(target) (void)0
#define JUMP(target)                                                                               \
    do {                                                                                           \
        (void)(target);                                                                            \
        ENTER(h, block_tail(op)[TAIL_LINK].link.taken);                                                      \
    } while (0)
#define FRD(f_, v)    (h->f[op->rd] = box_##f_(v))
#define FOP(fn, ...)  fp_fast_##fn(__VA_ARGS__)
#define FOPN(fn, ...) fp_fast_##fn(__VA_ARGS__)

/* Only the kinds that have a fast form get a body; the selection is by token. */
#define BODY_ALU(...)    { __VA_ARGS__; NEXT; }
#define BODY_LOAD(...)   { __VA_ARGS__; NEXT; }
#define BODY_STORE(...)  { __VA_ARGS__; NEXT; }
#define BODY_FP(...)     { __VA_ARGS__; NEXT; }
#define BODY_FPN(...)    { __VA_ARGS__; NEXT; }
#define BODY_FLOAD(...)  { __VA_ARGS__; NEXT; }
#define BODY_FSTORE(...) { __VA_ARGS__; NEXT; }
#define BODY_BRANCH(...) { __VA_ARGS__; ENTER(h, block_tail(op)[TAIL_LINK].link.fall); }
#define BODY_AUIPC(...)  { RD(PC); NEXT; } /* the record's imm is relative to the block's end */
#define BODY_JAL(...)    { RD(LINK); ENTER(h, block_tail(op)[TAIL_LINK].link.taken); }
#define BODY_JALR(...)                                                                             \
    {                                                                                              \
        u64 target_ = (ux)(RS1 + IMM) & ~(ux)1;                                                    \
        RD(LINK);                                                                                  \
        const struct jump_entry *j_ = jump_slot(h->blocks, target_);                               \
        if (LIKELY(j_->pc == target_ && j_->gen == h->d.fetch_gen && j_->key == h->d.key))         \
            ENTER(h, j_->op);                                                                      \
        h->pc = target_;                                                                           \
        return op_indirect(h);                                                                     \
    }
#define BODY_PLAIN(...)  { return op_slow(h, op); }
#define BODY_PLAINF(...) { return op_slow(h, op); }
#define BODY_SYSTEM(...) { return op_slow(h, op); }

#define INSN(name, pattern, fmt, gate, kind, ...)                                                  \
    static const struct op *FAST_NAME(name)(struct hart * h, const struct op *op)                  \
        BODY_##kind(__VA_ARGS__)
#define CINSN(name, pattern, fmt, gate, base)
#include "cpu/isa.def"
#undef INSN
#undef CINSN
#pragma GCC diagnostic pop

#define INSN(name, pattern, fmt, gate, kind, ...) [INSN_##name] = FAST_NAME(name),
#define CINSN(name, pattern, fmt, gate, base)
const fast_fn FAST_TABLE[INSN_COUNT] = {
#include "cpu/isa.def"
};
