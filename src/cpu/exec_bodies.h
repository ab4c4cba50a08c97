/* What each row does in the fast engine, as a body that is inlined into its handler, into the
 * handlers of the pairs it takes part in, and into its stencils. Whoever includes this has the
 * words of cpu/exec_words.h, and defines BODY_NAME(row); PC_IMM, pc + imm (for AUIPC); and END_PC,
 * the address after the block's last instruction. */
#include "cpu/insn_access.h"
#include "mmu/tlb.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-local-typedefs"
/* An instruction may take rs1 or rs2 from the result of the one before it, which is still in a host
 * register. A load may guess the addend of its TLB entry (see LOAD_AT in the stencils). */
enum { FORWARD_RS1 = 1, FORWARD_RS2 = 2, GUESS_ADDEND = 4 };
enum outcome { TO_NEXT, TO_TAKEN, TO_FALL, MISS };

#define RS1   ((ux)(forward & FORWARD_RS1 ? first : X1))
#define RS2   ((ux)(forward & FORWARD_RS2 ? first : X2))
#define RD(v) (XD = *result = (u64)(s64)(sx)(v))
#define LINK  ((ux)END_PC)
#ifndef LOAD_AT
#define LOAD_AT(type, va, addend) (*(const type *)(uintptr_t)((va) + (addend)))
#endif
#define LOAD(va)                                                                                   \
    ({                                                                                             \
        u64 va_ = (u64)(ux)(va);                                                                   \
        const struct tlb_entry *e_ = &h->d.rtlb[va_ >> 12 & (TLB1_SIZE - 1)];                      \
        if (UNLIKELY((va_ & (~0xfffull | (sizeof(accessed) - 1))) != e_->tag))                     \
            return MISS;                                                                           \
        LOAD_AT(accessed, va_, e_->addend);                                                        \
    })
#define STORE(va, v)                                                                               \
    do {                                                                                           \
        u64 va_ = (u64)(ux)(va);                                                                   \
        const struct tlb_entry *e_ = &h->d.wtlb[va_ >> 12 & (TLB1_SIZE - 1)];                      \
        if (UNLIKELY((va_ & (~0xfffull | (sizeof(accessed) - 1))) != e_->tag))                     \
            return MISS;                                                                           \
        *(accessed *)(uintptr_t)(va_ + e_->addend) = (accessed)(v);                                \
    } while (0)
#define ALIGNED(target) (void)0
#define JUMP(target)    return TO_TAKEN
#define FRD(f_, v)      (FD = box_##f_(v))
#define FOP(fn, ...)    fp_fast_##fn(__VA_ARGS__)
#define FOPN(fn, ...)   fp_fast_##fn(__VA_ARGS__)

/* Only the kinds that have a fast form get a body; the selection is by token. */
#define BODY_OF(name, ...)                                                                         \
    static ALWAYS_INLINE enum outcome BODY_NAME(name)(struct hart * h, const struct op *op,        \
                                                      const unsigned forward, const u64 first,     \
                                                      u64 *result)                                 \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
#define BODY_ALU(name, ...)    BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_LOAD(name, ...)   BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_STORE(name, ...)  BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_FP(name, ...)     BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_FPN(name, ...)    BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_FLOAD(name, ...)  BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_FSTORE(name, ...) BODY_OF(name, __VA_ARGS__; return TO_NEXT)
#define BODY_BRANCH(name, ...) BODY_OF(name, __VA_ARGS__; return TO_FALL)
#define BODY_AUIPC(name, ...)  BODY_OF(name, RD((ux)PC_IMM); return TO_NEXT)
#define BODY_JAL(name, ...)    BODY_OF(name, RD(LINK); return TO_TAKEN)
#define BODY_JALR(name, ...)                                                                       \
    BODY_OF(name, h->npc = (ux)(RS1 + IMM) & ~(ux)1; RD(LINK); return TO_TAKEN)
#define BODY_PLAIN(name, ...)
#define BODY_PLAINF(name, ...)
#define BODY_VSET(name, ...)
#define BODY_VECTOR(name, ...)
#define BODY_VECTORF(name, ...)
#define BODY_SYSTEM(name, ...)
#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...)                            \
    BODY_##kind(id, typedef type accessed; __VA_ARGS__)
#define CINSN(id, pattern, fmt, gate, base)
#include "cpu/isa.def"
#undef INSN
#undef CINSN
#pragma GCC diagnostic pop
