/* Words of the rows' semantics as the plain engine means them: each may leave the row with a trap.
 * Whoever includes this has the words of cpu/exec_words.h, says what FRD writes, and has
 * PLAIN_NAME(row). */
#include "cpu/exec.h"
#include "cpu/lazy.h"
#include "cpu/sem_fns.h"
#include "cpu/trap.h"
#include "mmu/mem.h"

#define RS1   ((ux)X1)
#define RS2   ((ux)X2)
#define RD(v) (XD = (u64)(s64)(sx)(v))

#define PC   ((ux)h->pc)
#define LINK ((ux)(h->pc + h->insn_len))
#define RM   ((unsigned)rounding_mode(h, op))
#define LOAD(va)                                                                                   \
    ({                                                                                             \
        u64 value_;                                                                                \
        if (mem_load(h, (ux)(va), sizeof(accessed), ACCESS->flags, &value_))                       \
            return TRAPPED;                                                                        \
        (accessed) value_;                                                                         \
    })
#define STORE(va, v)                                                                               \
    do {                                                                                           \
        if (mem_store(h, (ux)(va), sizeof(accessed), ACCESS->flags, (accessed)(v)))                \
            return TRAPPED;                                                                        \
    } while (0)
#define ALIGNED(target)                                                                            \
    do {                                                                                           \
        if (((target)&2) && !has(h, EXT_Zca))                                                      \
            return raise_exception(h, CAUSE_INSN_MISALIGNED, (target), REASON_JUMP_ALIGNED);       \
    } while (0)
#define JUMP(target)                                                                               \
    do {                                                                                           \
        ux target_ = (target);                                                                     \
        ALIGNED(target_);                                                                          \
        h->npc = target_;                                                                          \
        return 0;                                                                                  \
    } while (0)
#define FLAGGED(fn, ...)                                                                           \
    ({                                                                                             \
        u8 flags_ = 0;                                                                             \
        __auto_type result_ = fn(__VA_ARGS__, &flags_);                                            \
        if (flags_) {                                                                              \
            h->fflags |= flags_;                                                                   \
            lazy_dirty(h, LAZY_FS);                                                                \
        }                                                                                          \
        result_;                                                                                   \
    })
#define FOP(fn, ...)                                                                               \
    ({                                                                                             \
        int rm_ = rounding_mode(h, op);                                                            \
        if (rm_ < 0)                                                                               \
            return raise_rounding(h, op);                                                          \
        FLAGGED(fp_##fn, __VA_ARGS__, (unsigned)rm_);                                              \
    })
#define FOPN(fn, ...) FLAGGED(fp_##fn, __VA_ARGS__)
#define CALL(fn, ...) return fn(h, op, ##__VA_ARGS__)
#define ACCESS        (&access_)

/* The functions of the plain engine, for the tables. */
#define INSN(id, ...) int PLAIN_NAME(id)(struct hart * h, const struct op *op);
#define CINSN(...)
#include "cpu/isa.def"
#undef INSN
#undef CINSN
