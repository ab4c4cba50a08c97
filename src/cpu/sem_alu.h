/* Integer operations of isa.def that do not fit a single expression: M, Zbb, Zbc, Zbkb, Zbkx. They
 * work on 64 bits; where an operation depends on XLEN it takes the width, and where it does not, an
 * RV32 operand gives the right low 32 bits. */
#ifndef HEXTANT_CPU_SEM_ALU_H
#define HEXTANT_CPU_SEM_ALU_H

#include "common/types.h"

/* DIV, REM and the W forms: chapter M, "Semantics for division by zero and division overflow". The
 * quotient by -1 is formed by negation, which wraps as the overflow case demands. */
static inline s64 sem_div(s64 a, s64 b)
{
    if (b == 0)
        return -1;
    return b == -1 ? (s64)(0 - (u64)a) : a / b;
}

static inline s64 sem_rem(s64 a, s64 b)
{
    if (b == 0)
        return a;
    return b == -1 ? 0 : a % b;
}

static inline u64 sem_divu(u64 a, u64 b)
{
    return b == 0 ? ~0ull : a / b;
}

static inline u64 sem_remu(u64 a, u64 b)
{
    return b == 0 ? a : a % b;
}

/* Leading and trailing zeros of the low `width` bits (the others are zero); `width` if all zero. */
static inline unsigned sem_clz(u64 v, unsigned width)
{
    return v ? (unsigned)__builtin_clzll(v) - (64 - width) : width;
}

static inline unsigned sem_ctz(u64 v, unsigned width)
{
    return v ? (unsigned)__builtin_ctzll(v) : width;
}

/* Rotates the low `width` (32 or 64) bits right by n mod width. */
static inline u64 sem_ror(u64 v, u64 n, unsigned width)
{
    n &= width - 1;
    if (width == 32)
        return (u32)((u32)v >> n | (u32)v << (-n & 31));
    return v >> n | v << (-n & 63);
}

/* ORC.B: each byte becomes all ones if it has a bit set. */
static inline u64 sem_orc_b(u64 v)
{
    const u64 low7 = 0x7f7f7f7f7f7f7f7full;
    u64 top = (((v & low7) + low7) | v) & ~low7;
    return top | (top - (top >> 7));
}

/* BREV8: the bits of each byte in reverse. */
static inline u64 sem_brev8(u64 v)
{
    v = (v & 0x5555555555555555ull) << 1 | (v >> 1 & 0x5555555555555555ull);
    v = (v & 0x3333333333333333ull) << 2 | (v >> 2 & 0x3333333333333333ull);
    return (v & 0x0f0f0f0f0f0f0f0full) << 4 | (v >> 4 & 0x0f0f0f0f0f0f0f0full);
}

/* ZIP: the low half goes to the even bits, the high half to the odd bits. UNZIP: back. */
static inline u32 sem_zip(u32 v)
{
    u32 r = 0;
    for (unsigned i = 0; i < 16; i++)
        r |= (v >> i & 1) << 2 * i | (v >> (i + 16) & 1) << (2 * i + 1);
    return r;
}

static inline u32 sem_unzip(u32 v)
{
    u32 r = 0;
    for (unsigned i = 0; i < 16; i++)
        r |= (v >> 2 * i & 1) << i | (v >> (2 * i + 1) & 1) << (i + 16);
    return r;
}

/* The carry-less product; CLMUL, CLMULH and CLMULR take their part of it. */
static inline u128 sem_clmul(u64 a, u64 b)
{
    u128 product = 0;
    for (u128 shifted = a; b; b >>= 1, shifted <<= 1)
        product ^= b & 1 ? shifted : 0;
    return product;
}

/* XPERM4, XPERM8: each element of `index` selects an element of v, or 0 beyond XLEN. On RV32 the
 * high half of v is zero, which is what an index beyond XLEN must read. */
static inline u64 sem_xperm(u64 v, u64 index, unsigned width)
{
    u64 r = 0;
    for (unsigned i = 0; i < 64; i += width) {
        u64 at = (index >> i & MASK(width)) * width;
        if (at < 64)
            r |= (v >> at & MASK(width)) << i;
    }
    return r;
}

#endif
