/*
 * The estimates of vfrec7 and vfrsqrt7 (chapter V, "Vector Floating-Point Reciprocal Estimate
 * Instruction" and "... Square-Root Estimate Instruction"), for every format.
 */
#include "cpu/fp_internal.h"

/* The seven high bits of the result's significand, by those of the operand's. */
static const u8 reciprocal[128] = {
    /* clang-format off */
    127, 125, 123, 121, 119, 117, 116, 114, 112, 110, 109, 107, 105, 104, 102, 100,
    99, 97, 96, 94, 93, 91, 90, 88, 87, 85, 84, 83, 81, 80, 79, 77,
    76, 75, 74, 72, 71, 70, 69, 68, 66, 65, 64, 63, 62, 61, 60, 59,
    58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
    42, 41, 40, 40, 39, 38, 37, 36, 35, 35, 34, 33, 32, 31, 31, 30,
    29, 28, 28, 27, 26, 25, 25, 24, 23, 23, 22, 21, 21, 20, 19, 19,
    18, 17, 17, 16, 15, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9, 9,
    8, 8, 7, 7, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0,
    /* clang-format on */
};

/* The same of the square root, by the exponent's last bit and six of the significand's. */
static const u8 reciprocal_root[128] = {
    /* clang-format off */
    52, 51, 50, 48, 47, 46, 44, 43, 42, 41, 40, 39, 38, 36, 35, 34,
    33, 32, 31, 30, 30, 29, 28, 27, 26, 25, 24, 23, 23, 22, 21, 20,
    19, 19, 18, 17, 16, 16, 15, 14, 14, 13, 12, 12, 11, 10, 10, 9,
    9, 8, 7, 7, 6, 6, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0,
    127, 125, 123, 121, 119, 118, 116, 114, 113, 111, 109, 108, 106, 105, 103, 102,
    100, 99, 97, 96, 95, 93, 92, 91, 90, 88, 87, 86, 85, 84, 83, 82,
    80, 79, 78, 77, 76, 75, 74, 73, 72, 71, 70, 70, 69, 68, 67, 66,
    65, 64, 63, 63, 62, 61, 60, 59, 59, 58, 57, 56, 56, 55, 54, 53,
    /* clang-format on */
};

/* A positive number, its exponent as if there were no subnormal numbers, and its fraction. */
struct normalized {
    s64 exponent;
    u64 fraction;
};

static unsigned fraction_bits(struct fp_format f)
{
    return f.precision - 1u;
}

static s64 bias(struct fp_format f)
{
    return (s64)MASK(f.width - f.precision - 1);
}

static struct normalized normalize(struct fp_format f, u64 magnitude)
{
    unsigned n = fraction_bits(f);
    struct normalized x = {(s64)(magnitude >> n), magnitude & MASK(n)};
    if (x.exponent == 0) {
        unsigned zeros = (unsigned)__builtin_clzll(x.fraction) - (64 - n);
        x.exponent = -(s64)zeros;
        x.fraction = x.fraction << (1 + zeros) & MASK(n);
    }
    return x;
}

/* 1/x for an x so small that it overflows. */
static u64 too_large(struct fp_format f, u64 sign, unsigned rm, u8 *flags)
{
    bool finite = rm == FP_RTZ || rm == (sign ? FP_RUP : FP_RDN);
    *flags |= FP_OF | FP_NX;
    return sign | (fp_inf(f) - finite);
}

static u64 rec7(struct fp_format f, u64 v, unsigned rm, u8 *flags)
{
    u64 sign = v & fp_sign(f), magnitude = fp_magnitude(f, v);
    unsigned n = fraction_bits(f);
    if (fp_is_nan(f, v))
        return fp_quieted(f, v, f, flags);
    if (magnitude == fp_inf(f))
        return sign;
    if (magnitude == 0) {
        *flags |= FP_DZ;
        return sign | fp_inf(f);
    }
    struct normalized x = normalize(f, magnitude);
    s64 exponent = 2 * bias(f) - 1 - x.exponent;
    if (exponent > 2 * bias(f))
        return too_large(f, sign, rm, flags);
    u64 fraction = (u64)reciprocal[x.fraction >> (n - 7)] << (n - 7);
    if (exponent <= 0)
        return sign | (BIT(n) | fraction) >> (1 - exponent);
    return sign | (u64)exponent << n | fraction;
}

static u64 rsqrt7(struct fp_format f, u64 v, u8 *flags)
{
    u64 sign = v & fp_sign(f), magnitude = fp_magnitude(f, v);
    unsigned n = fraction_bits(f);
    if (fp_is_nan(f, v))
        return fp_quieted(f, v, f, flags);
    if (magnitude == 0) {
        *flags |= FP_DZ;
        return sign | fp_inf(f);
    }
    if (sign) {
        *flags |= FP_NV;
        return fp_canonical_nan(f);
    }
    if (magnitude == fp_inf(f))
        return 0;
    struct normalized x = normalize(f, magnitude);
    u64 exponent = (u64)(3 * bias(f) - 1 - x.exponent) / 2;
    u64 index = ((u64)x.exponent & 1) << 6 | x.fraction >> (n - 6);
    return exponent << n | (u64)reciprocal_root[index] << (n - 7);
}

#define DEFINE_ESTIMATES(F, T, FORMAT)                                                             \
    T fp_rec7_##F(T a, unsigned rm, u8 *flags)                                                     \
    {                                                                                              \
        return (T)rec7(FORMAT, a, rm, flags);                                                      \
    }                                                                                              \
    T fp_rsqrt7_##F(T a, u8 *flags)                                                                \
    {                                                                                              \
        return (T)rsqrt7(FORMAT, a, flags);                                                        \
    }

DEFINE_ESTIMATES(h, u16, FP_FORMAT_H)
DEFINE_ESTIMATES(s, u32, FP_FORMAT_S)
DEFINE_ESTIMATES(d, u64, FP_FORMAT_D)
