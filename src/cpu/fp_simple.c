/*
 * The operations that need no arithmetic, on patterns alone: comparison, minimum and maximum,
 * classification and the load-immediate constants, the same code for every format.
 */
#include "cpu/fp_internal.h"

/* Which NaNs are invalid: the signaling ones (FEQ, FLTQ), or all (FLT, FLE). */
enum nan_rule { QUIET_COMPARE, SIGNALING_COMPARE };

/* Whether the two are unordered, with the exception that comparing them raises. */
static bool unordered(struct fp_format f, u64 a, u64 b, enum nan_rule rule, u8 *flags)
{
    bool nan = fp_is_nan(f, a) || fp_is_nan(f, b);

    if (rule == SIGNALING_COMPARE ? nan : fp_is_signaling(f, a) || fp_is_signaling(f, b))
        *flags |= FP_NV;
    return nan;
}

/* The lesser of two patterns of which neither is a NaN; -0 is less than +0. */
static u64 lesser(struct fp_format f, u64 a, u64 b)
{
    s64 x = fp_order(f, a), y = fp_order(f, b);

    return x < y || (x == y && fp_is_negative(f, a)) ? a : b;
}

/* FMIN: a NaN loses against a number. */
static u64 minimum_number(struct fp_format f, u64 a, u64 b, u8 *flags)
{
    if (!unordered(f, a, b, QUIET_COMPARE, flags))
        return lesser(f, a, b);
    if (fp_is_nan(f, a) && fp_is_nan(f, b))
        return fp_canonical_nan(f);
    return fp_is_nan(f, a) ? b : a;
}

static u64 maximum_number(struct fp_format f, u64 a, u64 b, u8 *flags)
{
    if (!unordered(f, a, b, QUIET_COMPARE, flags))
        return lesser(f, a, b) == a ? b : a;
    return minimum_number(f, a, b, flags);
}

/* FMINM, FMAXM (Zfa): a NaN wins. */
static u64 minimum(struct fp_format f, u64 a, u64 b, u8 *flags)
{
    return unordered(f, a, b, QUIET_COMPARE, flags) ? fp_canonical_nan(f) : lesser(f, a, b);
}

static u64 maximum(struct fp_format f, u64 a, u64 b, u8 *flags)
{
    return unordered(f, a, b, QUIET_COMPARE, flags) ? fp_canonical_nan(f)
                                                    : maximum_number(f, a, b, flags);
}

/* FCLASS: bits 0..7 from -inf through +inf, 8 signaling NaN, 9 quiet NaN. */
static u32 classify(struct fp_format f, u64 v)
{
    u64 m = fp_magnitude(f, v);
    unsigned size; /* 0 zero, 1 subnormal, 2 normal, 3 infinite */

    if (fp_is_nan(f, v))
        return fp_is_signaling(f, v) ? 1u << 8 : 1u << 9;
    if (m == 0)
        size = 0;
    else if (m < BIT(f.precision - 1))
        size = 1;
    else
        size = m < fp_inf(f) ? 2 : 3;
    return 1u << (fp_is_negative(f, v) ? 3 - size : 4 + size);
}

#define DEFINE_SIMPLE(F, T, FORMAT)                                                                \
    T fp_min_##F(T a, T b, u8 *flags)                                                              \
    {                                                                                              \
        return (T)minimum_number(FORMAT, a, b, flags);                                             \
    }                                                                                              \
    T fp_max_##F(T a, T b, u8 *flags)                                                              \
    {                                                                                              \
        return (T)maximum_number(FORMAT, a, b, flags);                                             \
    }                                                                                              \
    T fp_minm_##F(T a, T b, u8 *flags)                                                             \
    {                                                                                              \
        return (T)minimum(FORMAT, a, b, flags);                                                    \
    }                                                                                              \
    T fp_maxm_##F(T a, T b, u8 *flags)                                                             \
    {                                                                                              \
        return (T)maximum(FORMAT, a, b, flags);                                                    \
    }                                                                                              \
    bool fp_eq_##F(T a, T b, u8 *flags)                                                            \
    {                                                                                              \
        return !unordered(FORMAT, a, b, QUIET_COMPARE, flags) &&                                   \
               fp_order(FORMAT, a) == fp_order(FORMAT, b);                                         \
    }                                                                                              \
    bool fp_lt_##F(T a, T b, u8 *flags)                                                            \
    {                                                                                              \
        return !unordered(FORMAT, a, b, SIGNALING_COMPARE, flags) &&                               \
               fp_order(FORMAT, a) < fp_order(FORMAT, b);                                          \
    }                                                                                              \
    bool fp_le_##F(T a, T b, u8 *flags)                                                            \
    {                                                                                              \
        return !unordered(FORMAT, a, b, SIGNALING_COMPARE, flags) &&                               \
               fp_order(FORMAT, a) <= fp_order(FORMAT, b);                                         \
    }                                                                                              \
    bool fp_ltq_##F(T a, T b, u8 *flags)                                                           \
    {                                                                                              \
        return !unordered(FORMAT, a, b, QUIET_COMPARE, flags) &&                                   \
               fp_order(FORMAT, a) < fp_order(FORMAT, b);                                          \
    }                                                                                              \
    bool fp_leq_##F(T a, T b, u8 *flags)                                                           \
    {                                                                                              \
        return !unordered(FORMAT, a, b, QUIET_COMPARE, flags) &&                                   \
               fp_order(FORMAT, a) <= fp_order(FORMAT, b);                                         \
    }                                                                                              \
    u32 fp_class_##F(T a)                                                                          \
    {                                                                                              \
        return classify(FORMAT, a);                                                                \
    }

DEFINE_SIMPLE(h, u16, FP_FORMAT_H)
DEFINE_SIMPLE(s, u32, FP_FORMAT_S)
DEFINE_SIMPLE(d, u64, FP_FORMAT_D)

/*
 * FLI (Zfa, "Load-Immediate Instructions"), as patterns of s: every constant but the least normal
 * number (1) and the NaN (31) has the same value in the other formats, where 2^16 (29) is infinite
 * and 2^-16 (2) and 2^-15 (3) are subnormal in h.
 */
static const u32 fli_s[32] = {
    0xbf800000, 0x00800000, 0x37800000, 0x38000000, 0x3b800000, 0x3c000000, 0x3d800000, 0x3e000000,
    0x3e800000, 0x3ea00000, 0x3ec00000, 0x3ee00000, 0x3f000000, 0x3f200000, 0x3f400000, 0x3f600000,
    0x3f800000, 0x3fa00000, 0x3fc00000, 0x3fe00000, 0x40000000, 0x40200000, 0x40400000, 0x40800000,
    0x41000000, 0x41800000, 0x43000000, 0x43800000, 0x47000000, 0x47800000, 0x7f800000, FP_NAN_S,
};

static const u16 fli_h[32] = {
    0xbc00, 0x0400, 0x0100, 0x0200, 0x1c00, 0x2000, 0x2c00, 0x3000, 0x3400, 0x3500,   0x3600,
    0x3700, 0x3800, 0x3900, 0x3a00, 0x3b00, 0x3c00, 0x3d00, 0x3e00, 0x3f00, 0x4000,   0x4100,
    0x4200, 0x4400, 0x4800, 0x4c00, 0x5800, 0x5c00, 0x7800, 0x7c00, 0x7c00, FP_NAN_H,
};

u32 fp_fli_s(unsigned index)
{
    return fli_s[index & 31];
}

u16 fp_fli_h(unsigned index)
{
    return fli_h[index & 31];
}

u64 fp_fli_d(unsigned index)
{
    switch (index & 31) {
    case 1:
        return BIT(52);
    case 31:
        return FP_NAN_D;
    default:
        return fp_widen(FP_FORMAT_S, fli_s[index & 31]);
    }
}
