/*
 * Half precision (Zfh): all arithmetic by MPFR, since computing in a wider host format and
 * rounding again is not exact for subnormal results, directed modes and fused operations.
 * The negated forms of the fused multiply-add are here for all formats.
 */
#include "cpu/fp_internal.h"

#define DEFINE_HALF(name, op)                                                                      \
    u16 fp_##name##_h(u16 a, u16 b, unsigned rm, u8 *flags)                                        \
    {                                                                                              \
        return (u16)fp_mpfr_op(FP_FORMAT_H, op, (u64[3]){a, b}, rm, flags);                        \
    }

DEFINE_HALF(add, FP_OP_ADD)
DEFINE_HALF(sub, FP_OP_SUB)
DEFINE_HALF(mul, FP_OP_MUL)
DEFINE_HALF(div, FP_OP_DIV)

u16 fp_sqrt_h(u16 a, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_op(FP_FORMAT_H, FP_OP_SQRT, (u64[3]){a}, rm, flags);
}

u16 fp_fmadd_h(u16 a, u16 b, u16 c, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_op(FP_FORMAT_H, FP_OP_FMA, (u64[3]){a, b, c}, rm, flags);
}

/* Negating a factor or the addend is exact, and turning a NaN's sign changes nothing. */
#define DEFINE_NEGATED(F, T, SIGN)                                                                 \
    T fp_fmsub_##F(T a, T b, T c, unsigned rm, u8 *flags)                                          \
    {                                                                                              \
        return fp_fmadd_##F(a, b, c ^ SIGN, rm, flags);                                            \
    }                                                                                              \
    T fp_fnmsub_##F(T a, T b, T c, unsigned rm, u8 *flags)                                         \
    {                                                                                              \
        return fp_fmadd_##F(a ^ SIGN, b, c, rm, flags);                                            \
    }                                                                                              \
    T fp_fnmadd_##F(T a, T b, T c, unsigned rm, u8 *flags)                                         \
    {                                                                                              \
        return fp_fmadd_##F(a ^ SIGN, b, c ^ SIGN, rm, flags);                                     \
    }

DEFINE_NEGATED(h, u16, FP_SIGN_H)
DEFINE_NEGATED(s, u32, FP_SIGN_S)
DEFINE_NEGATED(d, u64, FP_SIGN_D)

u16 fp_cvt_h_l(s64 a, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_from_s64(FP_FORMAT_H, a, rm, flags);
}

u16 fp_cvt_h_lu(u64 a, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_from_u64(FP_FORMAT_H, a, rm, flags);
}

u16 fp_cvt_h_w(s32 a, unsigned rm, u8 *flags)
{
    return fp_cvt_h_l(a, rm, flags);
}

u16 fp_cvt_h_wu(u32 a, unsigned rm, u8 *flags)
{
    return fp_cvt_h_l(a, rm, flags);
}
