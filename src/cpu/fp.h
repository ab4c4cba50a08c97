/*
 * Floating-point arithmetic of F, D, Zfh, Zfhmin, Zfbfmin and Zfa as functions of raw bit patterns.
 * Nothing here knows a hart. Formats carry the manual's suffixes: h (binary16, u16), s (binary32,
 * u32), d (binary64, u64) and bf16 (u16). NaN results are canonical, tininess is detected after
 * rounding, and conversions saturate (unprivileged manual, chapters F, D, Zfh, Zfbfmin, Zfa).
 *
 * `rm` is one of enum fp_rm: the caller resolves DYN from frm and traps on reserved values.
 * `flags` is or-ed with the exceptions raised (enum fp_flag, the layout of fflags), never cleared.
 * The functions declared here leave the host's rounding mode and sticky flags as they found them.
 * The inline ones for the interpreter's hot path, which do not, are in fp_fast.h.
 */
#ifndef HEXTANT_CPU_FP_H
#define HEXTANT_CPU_FP_H

#include "common/types.h"

enum fp_rm { FP_RNE, FP_RTZ, FP_RDN, FP_RUP, FP_RMM };

enum fp_flag { FP_NX = 1, FP_UF = 2, FP_OF = 4, FP_DZ = 8, FP_NV = 16 };

#define FP_NAN_H    ((u16)0x7e00)
#define FP_NAN_BF16 ((u16)0x7fc0)
#define FP_NAN_S    0x7fc00000u
#define FP_NAN_D    0x7ff8000000000000ull

#define FP_SIGN_H ((u16)0x8000)
#define FP_SIGN_S 0x80000000u
#define FP_SIGN_D 0x8000000000000000ull

/*
 * NaN boxing in 64-bit f registers ("NaN Boxing of Narrower Values", chapter D): boxing sets all
 * upper bits; unboxing an improperly boxed register gives the canonical NaN of the narrow format.
 * A hart with FLEN = 32 keeps the upper half of its registers all ones and uses the same functions.
 */
static inline u64 fp_box_s(u32 v)
{
    return v | 0xffffffff00000000ull;
}

static inline u64 fp_box_h(u16 v)
{
    return v | 0xffffffffffff0000ull;
}

static inline u32 fp_unbox_s(u64 reg)
{
    return LIKELY(reg >> 32 == 0xffffffffu) ? (u32)reg : FP_NAN_S;
}

static inline u16 fp_unbox_h(u64 reg)
{
    return LIKELY(reg >> 16 == 0xffffffffffffull) ? (u16)reg : FP_NAN_H;
}

static inline u16 fp_unbox_bf16(u64 reg)
{
    return LIKELY(reg >> 16 == 0xffffffffffffull) ? (u16)reg : FP_NAN_BF16;
}

/* clang-format off */
/*
 * The operations every format F (h, s, d) of width T has; (a, b, c) are rs1, rs2, rs3.
 *   add sub mul div sqrt    FADD ... FSQRT
 *   fmadd fmsub fnmsub fnmadd   a*b+c, a*b-c, -(a*b)+c, -(a*b)-c, one rounding; inf*0 is NV even
 *                               when c is a quiet NaN
 *   min max                 FMIN/FMAX: -0 < +0, one NaN gives the other operand
 *   minm maxm               FMINM/FMAXM: any NaN gives the canonical NaN
 *   eq                      FEQ: NV only for a signaling NaN
 *   lt le                   FLT/FLE: NV for any NaN
 *   ltq leq                 FLTQ/FLEQ: as lt, le, but quiet
 *   class                   FCLASS: the one-hot 10-bit mask; no flags
 *   round roundnx           FROUND/FROUNDNX: to an integer in the same format
 *   cvt_w cvt_wu cvt_l cvt_lu   FCVT to integer, saturating with NV; RV64 sign-extends wu as well
 *   cvt_F_w ...             FCVT from integer
 *   fli                     FLI: the constant numbered by the rs1 field (0..31); no flags
 *   rec7 rsqrt7             vfrec7, vfrsqrt7: estimates of 1/a and 1/sqrt(a)
 */
#define FP_DECLARE_FORMAT(F, T)                                          \
    T fp_add_##F(T a, T b, unsigned rm, u8 *flags);                      \
    T fp_sub_##F(T a, T b, unsigned rm, u8 *flags);                      \
    T fp_mul_##F(T a, T b, unsigned rm, u8 *flags);                      \
    T fp_div_##F(T a, T b, unsigned rm, u8 *flags);                      \
    T fp_sqrt_##F(T a, unsigned rm, u8 *flags);                          \
    T fp_fmadd_##F(T a, T b, T c, unsigned rm, u8 *flags);               \
    T fp_fmsub_##F(T a, T b, T c, unsigned rm, u8 *flags);               \
    T fp_fnmsub_##F(T a, T b, T c, unsigned rm, u8 *flags);              \
    T fp_fnmadd_##F(T a, T b, T c, unsigned rm, u8 *flags);              \
    T fp_min_##F(T a, T b, u8 *flags);                                   \
    T fp_max_##F(T a, T b, u8 *flags);                                   \
    T fp_minm_##F(T a, T b, u8 *flags);                                  \
    T fp_maxm_##F(T a, T b, u8 *flags);                                  \
    bool fp_eq_##F(T a, T b, u8 *flags);                                 \
    bool fp_lt_##F(T a, T b, u8 *flags);                                 \
    bool fp_le_##F(T a, T b, u8 *flags);                                 \
    bool fp_ltq_##F(T a, T b, u8 *flags);                                \
    bool fp_leq_##F(T a, T b, u8 *flags);                                \
    u32 fp_class_##F(T a);                                               \
    T fp_round_##F(T a, unsigned rm, u8 *flags);                         \
    T fp_roundnx_##F(T a, unsigned rm, u8 *flags);                       \
    s32 fp_cvt_w_##F(T a, unsigned rm, u8 *flags);                       \
    u32 fp_cvt_wu_##F(T a, unsigned rm, u8 *flags);                      \
    s64 fp_cvt_l_##F(T a, unsigned rm, u8 *flags);                       \
    u64 fp_cvt_lu_##F(T a, unsigned rm, u8 *flags);                      \
    T fp_cvt_##F##_w(s32 a, unsigned rm, u8 *flags);                     \
    T fp_cvt_##F##_wu(u32 a, unsigned rm, u8 *flags);                    \
    T fp_cvt_##F##_l(s64 a, unsigned rm, u8 *flags);                     \
    T fp_cvt_##F##_lu(u64 a, unsigned rm, u8 *flags);                    \
    T fp_fli_##F(unsigned index);                                        \
    T fp_rec7_##F(T a, unsigned rm, u8 *flags);                          \
    T fp_rsqrt7_##F(T a, u8 *flags);

FP_DECLARE_FORMAT(h, u16)
FP_DECLARE_FORMAT(s, u32)
FP_DECLARE_FORMAT(d, u64)
/* clang-format on */

/* FCVT between formats, named destination then source. Widening never rounds and ignores rm. */
u32 fp_cvt_s_d(u64 a, unsigned rm, u8 *flags);
u16 fp_cvt_h_d(u64 a, unsigned rm, u8 *flags);
u16 fp_cvt_h_s(u32 a, unsigned rm, u8 *flags);
u16 fp_cvt_bf16_s(u32 a, unsigned rm, u8 *flags);
u64 fp_cvt_d_s(u32 a, unsigned rm, u8 *flags);
u64 fp_cvt_d_h(u16 a, unsigned rm, u8 *flags);
u32 fp_cvt_s_h(u16 a, unsigned rm, u8 *flags);
u32 fp_cvt_s_bf16(u16 a, unsigned rm, u8 *flags);

/* FCVTMOD.W.D (Zfa): round to zero, low 32 bits of the unbounded result; flags as FCVT.W.D. */
s32 fp_cvtmod_w_d(u64 a, u8 *flags);

#include "cpu/fp_fast.h"

#endif
