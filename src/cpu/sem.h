/* What the semantic functions of isa.def rows (sem_*.h, CALL) stand on. */
#ifndef HEXTANT_CPU_SEM_H
#define HEXTANT_CPU_SEM_H

#include "cpu/hart.h"
#include "cpu/insn.h"
#include "cpu/csr.h"
#include "mmu/mem.h"

/* Writes x[rd]; on RV32 the low 32 bits are kept sign-extended. op->rd is already 32 for x0. */
static inline void set_rd(struct hart *h, const struct op *op, u64 value)
{
    h->x[op->rd] = is_rv32(h) ? (u64)(s32)value : value;
}

/* A register as an address or unsigned operand of XLEN bits. */
static inline u64 get_x(const struct hart *h, unsigned r)
{
    return is_rv32(h) ? (u32)h->x[r] : h->x[r];
}

/* Bytes in a register. */
static inline unsigned xlen_bytes(const struct hart *h)
{
    return is_rv32(h) ? 4 : 8;
}

/* Effective address: (x[rs1] + offset) mod 2^XLEN. */
static inline u64 address(const struct hart *h, unsigned rs1, s64 offset)
{
    u64 va = h->x[rs1] + (u64)offset;
    return is_rv32(h) ? (u32)va : va;
}

#endif
