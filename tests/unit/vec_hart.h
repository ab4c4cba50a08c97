/* What the tests of vector instructions share: a hart that executes one, and its registers. */
#ifndef HEXTANT_TESTS_VEC_HART_H
#define HEXTANT_TESTS_VEC_HART_H

#include "bare_machine.h"

#include "cpu/fields.h"
#include "cpu/vec.h"

#include <string.h>

/* Element i, of 1 << log2 bytes, of the group at `reg`. */
static inline void set(struct hart *h, unsigned reg, unsigned log2, u64 i, u64 v)
{
    memcpy(vec_reg(h, reg) + (i << log2), &v, 1u << log2);
}

/* The same, of a copy of the registers. */
static inline u64 get(const struct hart *h, const u8 *regs, unsigned reg, unsigned log2, u64 i)
{
    u64 v = 0;
    memcpy(&v, regs + (size_t)reg * vec_bytes(h) + (i << log2), 1u << log2);
    return v;
}

static inline bool mask_bit(const u8 *regs, u64 i)
{
    return regs[i / 8] >> i % 8 & 1;
}

/* One instruction that does nothing; vectors and floating point are on. */
static inline struct machine *vector_machine(const char *isa, const char *option)
{
    static const u32 nop = 0x13;
    struct machine *m = bare_machine(isa, option, &nop, 1);
    m->hart[0]->mstatus |= MSTATUS_FS | MSTATUS_VS;
    return m;
}

/* sew: log2 of the bytes; lmul as vtype has it. */
static inline void configure(struct hart *h, unsigned sew, unsigned lmul, u64 vl)
{
    h->vtype = sew << 3 | lmul;
    h->vl = vl;
}

static inline struct op decode(struct hart *h, u32 word, unsigned *row)
{
    struct op op = {0};
    *row = insn_lookup(h, word);
    ck_assert_msg(*row != INSN_NONE, "no instruction is %08x", word);
    insn_operands(*row, h->config.xlen, word, &op);
    return op;
}

#endif
