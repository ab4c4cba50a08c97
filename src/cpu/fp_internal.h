/*
 * What the fp*.c files share: the formats described as data, tests on bit patterns, and the
 * arithmetic by MPFR. Nobody else includes this.
 */
#ifndef HEXTANT_CPU_FP_INTERNAL_H
#define HEXTANT_CPU_FP_INTERNAL_H

#include "cpu/fp.h"

/* A binary interchange format: its width, its precision with the hidden bit, and the exponent of
 * its smallest subnormal (2^lsb). Patterns of every format travel right-aligned in a u64. */
struct fp_format {
    u8 width, precision;
    s16 lsb;
};

#define FP_FORMAT_H    ((struct fp_format){16, 11, -24})
#define FP_FORMAT_BF16 ((struct fp_format){16, 8, -133})
#define FP_FORMAT_S    ((struct fp_format){32, 24, -149})
#define FP_FORMAT_D    ((struct fp_format){64, 53, -1074})

/* The sign bit, the pattern of +inf, and the bit that tells a quiet NaN from a signaling one. */
static inline u64 fp_sign(struct fp_format f)
{
    return BIT(f.width - 1);
}

static inline u64 fp_inf(struct fp_format f)
{
    return MASK(f.width - 1) & ~MASK(f.precision - 1);
}

static inline u64 fp_quiet(struct fp_format f)
{
    return BIT(f.precision - 2);
}

static inline u64 fp_canonical_nan(struct fp_format f)
{
    return fp_inf(f) | fp_quiet(f);
}

static inline u64 fp_magnitude(struct fp_format f, u64 v)
{
    return v & ~fp_sign(f);
}

static inline bool fp_is_negative(struct fp_format f, u64 v)
{
    return (v & fp_sign(f)) != 0;
}

static inline bool fp_is_nan(struct fp_format f, u64 v)
{
    return fp_magnitude(f, v) > fp_inf(f);
}

static inline bool fp_is_signaling(struct fp_format f, u64 v)
{
    return fp_is_nan(f, v) && !(v & fp_quiet(f));
}

/* inf * 0, which a fused multiply-add answers with NV whatever the addend (chapter F). */
static inline bool fp_is_zero_times_infinity(struct fp_format f, u64 a, u64 b)
{
    u64 x = fp_magnitude(f, a), y = fp_magnitude(f, b);

    return (x == 0 && y == fp_inf(f)) || (y == 0 && x == fp_inf(f));
}

/* The canonical NaN of `to` for the NaN v of `from`; a signaling one raises NV. */
static inline u64 fp_quieted(struct fp_format from, u64 v, struct fp_format to, u8 *flags)
{
    *flags |= fp_is_signaling(from, v) ? FP_NV : 0;
    return fp_canonical_nan(to);
}

/* An order on non-NaN patterns of one format: like the numbers, with -0 equal to +0. */
static inline s64 fp_order(struct fp_format f, u64 v)
{
    s64 m = (s64)fp_magnitude(f, v);
    return fp_is_negative(f, v) ? -m : m;
}

/* A pattern of h, s, d or bf16 that is no NaN as a pattern of d (exact, so without flags). */
u64 fp_widen(struct fp_format f, u64 v);

enum fp_op { FP_OP_ADD, FP_OP_SUB, FP_OP_MUL, FP_OP_DIV, FP_OP_SQRT, FP_OP_FMA };

/* One operation on the patterns x (as many as it takes) of format f: any format, any mode. */
u64 fp_mpfr_op(struct fp_format f, enum fp_op op, const u64 x[3], unsigned rm, u8 *flags);

/* A pattern of another format, rounded to format f. */
u64 fp_mpfr_narrow(struct fp_format f, struct fp_format from, u64 v, unsigned rm, u8 *flags);

/* An integer, rounded to format f. */
u64 fp_mpfr_from_s64(struct fp_format f, s64 v, unsigned rm, u8 *flags);
u64 fp_mpfr_from_u64(struct fp_format f, u64 v, unsigned rm, u8 *flags);

#endif
