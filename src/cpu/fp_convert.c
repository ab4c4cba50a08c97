/*
 * Conversions that leave the format or the fraction behind: between formats, to integers with
 * RISC-V's saturation, and to integral values (Zfa). Every h, s and bf16 is exactly a d, so the
 * work is done on d once for all formats.
 */
#include "cpu/fp_host.h"
#include "cpu/fp_internal.h"

#include <assert.h>

u64 fp_widen(struct fp_format f, u64 v)
{
    u64 sign = fp_is_negative(f, v) ? FP_SIGN_D : 0;
    u64 m = fp_magnitude(f, v);

    assert(!fp_is_nan(f, v));
    if (m == fp_inf(f))
        return sign | fp_inf(FP_FORMAT_D);
    if (f.width == 64)
        return v;
    /* With the fraction moved to d's place only the exponent's bias is wrong, by this power of 2.
     */
    u64 bias = MASK(f.width - f.precision - 1);
    double scale = fp_host_d((2 * 1023 - bias) << 52);
    return sign | fp_bits_d(fp_host_d(m << (53 - f.precision)) * scale);
}

/* A pattern of d that is exactly representable in s or h, as that. */
static u32 exact_s(u64 v)
{
    return fp_bits_s((float)fp_host_d(v));
}

static u16 exact_h(u64 v)
{
    u8 none = 0;
    return (u16)fp_mpfr_narrow(FP_FORMAT_H, FP_FORMAT_D, v, FP_RNE, &none);
}

/* A pattern of d, no NaN, rounded to an integral value. No flags; libm's may go either way. */
static u64 integral(u64 v, unsigned rm)
{
    struct fp_env env = fp_env_hold();

    FP_PIN(v);
    double x = fp_host_d(v);
    switch (rm) {
    case FP_RNE:
        x = nearbyint(x);
        break;
    case FP_RTZ:
        x = trunc(x);
        break;
    case FP_RDN:
        x = floor(x);
        break;
    case FP_RUP:
        x = ceil(x);
        break;
    default:
        assert(rm == FP_RMM);
        x = round(x);
    }
    v = fp_bits_d(x);
    FP_PIN(v);
    (void)fp_env_leave(env);
    return v;
}

/* What an integer type holds: low <= x < high; what NaN and too large become is `max`. */
struct integer_type {
    double low, high;
    u64 min, max;
};

static const struct integer_type type_w = {-0x1p31, 0x1p31, (u64)INT32_MIN, INT32_MAX};
static const struct integer_type type_wu = {0, 0x1p32, 0, UINT32_MAX};
static const struct integer_type type_l = {-0x1p63, 0x1p63, (u64)INT64_MIN, INT64_MAX};
static const struct integer_type type_lu = {0, 0x1p64, 0, UINT64_MAX};

/* FCVT to integer of a pattern of format f ("Domains of float-to-integer conversions"). */
static u64 to_integer(struct fp_format f, u64 v, const struct integer_type *type, unsigned rm,
                      u8 *flags)
{
    if (fp_is_nan(f, v)) {
        *flags |= FP_NV;
        return type->max;
    }
    u64 wide = fp_widen(f, v);
    u64 rounded = integral(wide, rm);
    double x = fp_host_d(rounded);
    if (x < type->low || x >= type->high) {
        *flags |= FP_NV;
        return x < 0 ? type->min : type->max;
    }
    if (rounded != wide)
        *flags |= FP_NX;
    return x < 0x1p63 ? (u64)(s64)x : (u64)(s64)(x - 0x1p63) | BIT(63);
}

/* FROUND and FROUNDNX; `inexact` is the flag to raise when the value changes. The result is a d. */
static u64 to_integral(struct fp_format f, u64 v, unsigned rm, u8 inexact, u8 *flags)
{
    u64 wide = fp_widen(f, v);
    u64 rounded = integral(wide, rm);

    *flags |= rounded != wide ? inexact : 0;
    return rounded;
}

#define DEFINE_TO_INTEGER(F, T, FORMAT, EXACT)                                                     \
    s32 fp_cvt_w_##F(T a, unsigned rm, u8 *flags)                                                  \
    {                                                                                              \
        return (s32)to_integer(FORMAT, a, &type_w, rm, flags);                                     \
    }                                                                                              \
    u32 fp_cvt_wu_##F(T a, unsigned rm, u8 *flags)                                                 \
    {                                                                                              \
        return (u32)to_integer(FORMAT, a, &type_wu, rm, flags);                                    \
    }                                                                                              \
    s64 fp_cvt_l_##F(T a, unsigned rm, u8 *flags)                                                  \
    {                                                                                              \
        return (s64)to_integer(FORMAT, a, &type_l, rm, flags);                                     \
    }                                                                                              \
    u64 fp_cvt_lu_##F(T a, unsigned rm, u8 *flags)                                                 \
    {                                                                                              \
        return to_integer(FORMAT, a, &type_lu, rm, flags);                                         \
    }                                                                                              \
    T fp_round_##F(T a, unsigned rm, u8 *flags)                                                    \
    {                                                                                              \
        if (fp_is_nan(FORMAT, a))                                                                  \
            return (T)fp_quieted(FORMAT, a, FORMAT, flags);                                        \
        return EXACT(to_integral(FORMAT, a, rm, 0, flags));                                        \
    }                                                                                              \
    T fp_roundnx_##F(T a, unsigned rm, u8 *flags)                                                  \
    {                                                                                              \
        if (fp_is_nan(FORMAT, a))                                                                  \
            return (T)fp_quieted(FORMAT, a, FORMAT, flags);                                        \
        return EXACT(to_integral(FORMAT, a, rm, FP_NX, flags));                                    \
    }

DEFINE_TO_INTEGER(h, u16, FP_FORMAT_H, exact_h)
DEFINE_TO_INTEGER(s, u32, FP_FORMAT_S, exact_s)
DEFINE_TO_INTEGER(d, u64, FP_FORMAT_D, )

s32 fp_cvtmod_w_d(u64 a, u8 *flags)
{
    u64 magnitude = fp_magnitude(FP_FORMAT_D, a);
    int unit = (int)(magnitude >> 52) - 1075; /* exponent of the last bit of the significand */
    u64 significand = (magnitude & MASK(52)) | BIT(52), low = 0;

    (void)fp_cvt_w_d(a, FP_RTZ, flags);
    if (magnitude < fp_inf(FP_FORMAT_D) && unit > -53 && unit < 32)
        low = unit < 0 ? significand >> -unit : significand << unit;
    return (s32)(u32)(fp_is_negative(FP_FORMAT_D, a) ? -low : low);
}

u16 fp_cvt_h_d(u64 a, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_narrow(FP_FORMAT_H, FP_FORMAT_D, a, rm, flags);
}

u16 fp_cvt_h_s(u32 a, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_narrow(FP_FORMAT_H, FP_FORMAT_S, a, rm, flags);
}

u16 fp_cvt_bf16_s(u32 a, unsigned rm, u8 *flags)
{
    return (u16)fp_mpfr_narrow(FP_FORMAT_BF16, FP_FORMAT_S, a, rm, flags);
}

u64 fp_cvt_d_s(u32 a, unsigned rm UNUSED, u8 *flags)
{
    if (fp_is_nan(FP_FORMAT_S, a))
        return fp_quieted(FP_FORMAT_S, a, FP_FORMAT_D, flags);
    return fp_widen(FP_FORMAT_S, a);
}

u64 fp_cvt_d_h(u16 a, unsigned rm UNUSED, u8 *flags)
{
    if (fp_is_nan(FP_FORMAT_H, a))
        return fp_quieted(FP_FORMAT_H, a, FP_FORMAT_D, flags);
    return fp_widen(FP_FORMAT_H, a);
}

u32 fp_cvt_s_h(u16 a, unsigned rm UNUSED, u8 *flags)
{
    if (fp_is_nan(FP_FORMAT_H, a))
        return (u32)fp_quieted(FP_FORMAT_H, a, FP_FORMAT_S, flags);
    return exact_s(fp_widen(FP_FORMAT_H, a));
}

u32 fp_cvt_s_bf16(u16 a, unsigned rm UNUSED, u8 *flags)
{
    if (fp_is_nan(FP_FORMAT_BF16, a))
        return (u32)fp_quieted(FP_FORMAT_BF16, a, FP_FORMAT_S, flags);
    return (u32)a << 16;
}
