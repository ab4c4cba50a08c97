/*
 * The hot path's floating point: one host instruction per operation, round to nearest even, no
 * flags argument. The host's sticky exception flags (MXCSR on x86-64) stand in for fflags until
 * somebody asks. Included by fp.h; kept apart from it for length only.
 *
 * What the caller owes:
 *  1. Use these only when the effective rounding mode is RNE, and with the host in its default
 *     environment (round to nearest, no flush-to-zero): the host's mode is never changed outside
 *     the functions of fp.h, which restore it.
 *  2. While a thread runs a hart, the thread's sticky flags belong to that hart. Call
 *     fp_run_enter() (fp_host.h) when a hart starts to run on the thread; when it stops, store all
 *     results to the hart and or what fp_run_leave() returns into its fflags. Before anything
 *     reads or writes fflags, fcsr or the FS field meanwhile, or fp_host_flags_collect() into it.
 *  3. Between the two, no other code computes in float or double: statistics, clocks and printing
 *     are for after the collection. The functions of fp.h may be called at any time: they neither
 *     lose nor add sticky flags (so or their *flags into fflags yourself).
 *  4. Compile with -ffp-contract=off (a fused pair must not become one rounding), and with clang
 *     also -ffp-exception-behavior=maytrap (no speculated arithmetic). Never -ffast-math.
 */
#ifndef HEXTANT_CPU_FP_FAST_H
#define HEXTANT_CPU_FP_FAST_H

#include "cpu/fp.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && !defined(FP_PORTABLE)
#include <emmintrin.h>
#define FP_X86 1
#else
#define FP_X86 0
#endif

/* The thread's sticky exceptions in fflags' layout; reading clears them. */
u8 fp_host_flags_collect(void);

/* Add exceptions (fflags' layout) to the thread's sticky ones. */
void fp_host_flags_raise(u8 flags);

/*
 * Provided here as static inline, all exact with flags as in fp.h, for F in s (T = u32), d (u64):
 *   T    fp_fast_add_F(T a, T b)   sub mul div
 *   T    fp_fast_sqrt_F(T a)
 *   T    fp_fast_fmadd_F(T a, T b, T c)   fmsub fnmsub fnmadd
 *   T    fp_fast_min_F(T a, T b)   max
 *   bool fp_fast_eq_F(T a, T b)    lt le
 *   s32  fp_fast_cvt_w_F_rtz(T a);   u32 ..wu_F_rtz;   s64 ..l_F_rtz;   u64 ..lu_F_rtz
 *   T    fp_fast_cvt_F_w(s32 a)   wu(u32)  l(s64)  lu(u64)
 *   u32  fp_fast_cvt_s_d(u64 a);   u64 fp_fast_cvt_d_s(u32 a)
 * Moves, sign injection and classification need no host arithmetic.
 */

static ALWAYS_INLINE float fp_host_s(u32 v)
{
    float x;
    memcpy(&x, &v, sizeof x);
    return x;
}

static ALWAYS_INLINE u32 fp_bits_s(float x)
{
    u32 v;
    memcpy(&v, &x, sizeof v);
    return v;
}

static ALWAYS_INLINE double fp_host_d(u64 v)
{
    double x;
    memcpy(&x, &v, sizeof x);
    return x;
}

static ALWAYS_INLINE u64 fp_bits_d(double x)
{
    u64 v;
    memcpy(&v, &x, sizeof v);
    return v;
}

/*
 * Written in a rare path, after x was set there (FP_RARE) or without one (FP_RARE_PATH). It keeps
 * the compiler from turning the branch, which is predicted, into a conditional move, which would
 * make every result wait for a compare; and x in a floating-point register, from which it is stored
 * directly.
 */
#if FP_X86
#define FP_RARE(x) __asm__ volatile("" : "+x"(x))
#else
#define FP_RARE(x) __asm__ volatile("" : "+m"(x))
#endif
#define FP_RARE_PATH() __asm__ volatile("")

/* The pattern of a result, where any NaN is the canonical one. The compare is quiet. */
static ALWAYS_INLINE u32 fp_result_s(float x)
{
    if (UNLIKELY(x != x)) {
        x = fp_host_s(FP_NAN_S);
        FP_RARE(x);
    }
    return fp_bits_s(x);
}

static ALWAYS_INLINE u64 fp_result_d(double x)
{
    if (UNLIKELY(x != x)) {
        x = fp_host_d(FP_NAN_D);
        FP_RARE(x);
    }
    return fp_bits_d(x);
}

/* Add NV to the sticky flags, without a call where the host has an instruction for it. */
static ALWAYS_INLINE void fp_raise_invalid(void)
{
#if FP_X86
    __asm__ volatile("comisd %0, %0" : : "x"(fp_host_d(FP_NAN_D)) : "cc");
#else
    fp_host_flags_raise(FP_NV);
#endif
}

/* Whether the host has an instruction for a fused multiply-add; x86-64 does not guarantee it. */
static ALWAYS_INLINE bool fp_host_has_fma(void)
{
#if FP_X86
    return __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

/*
 * Without the instruction, fma() of libm is exact as well. Its call costs a handler its frame even
 * where it is never made: a file that runs its fused operations only where fp_host_has_fma() holds
 * (another function standing in elsewhere) defines FP_ASSUME_FMA before it includes this.
 */
#ifdef FP_ASSUME_FMA
#define FP_USE_FMA() true
#else
#define FP_USE_FMA() LIKELY(fp_host_has_fma())
#endif

#if FP_X86
#ifdef __clang__
#define FP_X86_SOURCE "x" /* given the choice, clang takes memory */
#else
#define FP_X86_SOURCE "xm"
#endif
#define FP_FMA_X86(insn)                                                                           \
    if (FP_USE_FMA()) {                                                                            \
        __asm__(insn " %2, %1, %0" : "+x"(a) : "x"(b), FP_X86_SOURCE(c));                          \
        return a;                                                                                  \
    }
#else
#define FP_FMA_X86(insn)
#endif

static ALWAYS_INLINE float fp_host_fma_s(float a, float b, float c)
{
    FP_FMA_X86("vfmadd213ss")
    return fmaf(a, b, c);
}

static ALWAYS_INLINE double fp_host_fma_d(double a, double b, double c)
{
    FP_FMA_X86("vfmadd213sd")
    return fma(a, b, c);
}

/* Not sqrt(): it must not become a call that may set errno. */
static ALWAYS_INLINE float fp_host_sqrt_s(float x)
{
#if FP_X86
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
#else
    return sqrtf(x);
#endif
}

static ALWAYS_INLINE double fp_host_sqrt_d(double x)
{
#if FP_X86
    __m128d v = _mm_set_sd(x);
    return _mm_cvtsd_f64(_mm_sqrt_sd(v, v));
#else
    return sqrt(x);
#endif
}

/*
 * RISC-V asks after rounding whether a result is tiny (chapter F, "Floating-Point Control and
 * Status Register"), and so does x86; other hosts, Arm's among them, ask before. What a host
 * answers for operations that can underflow inexactly is fp_here_NAME; where it may raise UF
 * without need, the functions of fp.h stand in, which look twice.
 */
#if FP_X86
#define FP_RETURN_TINY(T, here, exact) return here
#else
#define FP_RETURN_TINY(T, here, exact)                                                             \
    do {                                                                                           \
        u8 flags = 0;                                                                              \
        T r = exact;                                                                               \
        fp_host_flags_raise(flags);                                                                \
        return r;                                                                                  \
    } while (0)
#endif

/*
 * What follows exists for F = s and d. A NaN from a fused multiply-add needs a second look: hosts
 * differ on inf * 0 + quiet NaN, which is NV here. In the comparisons, ordering two NaNs is NV
 * (flt, fle), but testing them for equality only when one is signaling, which is what the host's
 * quiet compare raises. fmin and fmax use the quiet compare too.
 */
#define FP_DEFINE_FAST(F, T, HOST)                                                                 \
    static ALWAYS_INLINE T fp_fast_add_##F(T a, T b)                                               \
    {                                                                                              \
        return fp_result_##F(fp_host_##F(a) + fp_host_##F(b));                                     \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_sub_##F(T a, T b)                                               \
    {                                                                                              \
        return fp_result_##F(fp_host_##F(a) - fp_host_##F(b));                                     \
    }                                                                                              \
    static ALWAYS_INLINE T fp_here_mul_##F(T a, T b)                                               \
    {                                                                                              \
        return fp_result_##F(fp_host_##F(a) * fp_host_##F(b));                                     \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_mul_##F(T a, T b)                                               \
    {                                                                                              \
        FP_RETURN_TINY(T, fp_here_mul_##F(a, b), fp_mul_##F(a, b, FP_RNE, &flags));                \
    }                                                                                              \
    static ALWAYS_INLINE T fp_here_div_##F(T a, T b)                                               \
    {                                                                                              \
        return fp_result_##F(fp_host_##F(a) / fp_host_##F(b));                                     \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_div_##F(T a, T b)                                               \
    {                                                                                              \
        FP_RETURN_TINY(T, fp_here_div_##F(a, b), fp_div_##F(a, b, FP_RNE, &flags));                \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_sqrt_##F(T a)                                                   \
    {                                                                                              \
        return fp_result_##F(fp_host_sqrt_##F(fp_host_##F(a)));                                    \
    }                                                                                              \
    static ALWAYS_INLINE T fp_here_fmadd_##F(T a, T b, T c)                                        \
    {                                                                                              \
        HOST x = fp_host_##F(a), y = fp_host_##F(b);                                               \
        HOST r = fp_host_fma_##F(x, y, fp_host_##F(c));                                            \
        if (UNLIKELY(r != r)) {                                                                    \
            if ((isinf(x) && y == 0) || (isinf(y) && x == 0))                                      \
                fp_raise_invalid();                                                                \
            r = fp_host_##F(FP_NAN_OF_##F);                                                        \
            FP_RARE(r);                                                                            \
        }                                                                                          \
        return fp_bits_##F(r);                                                                     \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_fmadd_##F(T a, T b, T c)                                        \
    {                                                                                              \
        FP_RETURN_TINY(T, fp_here_fmadd_##F(a, b, c), fp_fmadd_##F(a, b, c, FP_RNE, &flags));      \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_fmsub_##F(T a, T b, T c)                                        \
    {                                                                                              \
        return fp_fast_fmadd_##F(a, b, c ^ FP_SIGN_OF_##F);                                        \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_fnmsub_##F(T a, T b, T c)                                       \
    {                                                                                              \
        return fp_fast_fmadd_##F(a ^ FP_SIGN_OF_##F, b, c);                                        \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_fnmadd_##F(T a, T b, T c)                                       \
    {                                                                                              \
        return fp_fast_fmadd_##F(a ^ FP_SIGN_OF_##F, b, c ^ FP_SIGN_OF_##F);                       \
    }                                                                                              \
    static ALWAYS_INLINE bool fp_fast_eq_##F(T a, T b)                                             \
    {                                                                                              \
        return fp_host_##F(a) == fp_host_##F(b);                                                   \
    }                                                                                              \
    static ALWAYS_INLINE bool fp_fast_lt_##F(T a, T b)                                             \
    {                                                                                              \
        HOST x = fp_host_##F(a), y = fp_host_##F(b);                                               \
        if (UNLIKELY(isunordered(x, y)))                                                           \
            fp_raise_invalid();                                                                    \
        return isless(x, y);                                                                       \
    }                                                                                              \
    static ALWAYS_INLINE bool fp_fast_le_##F(T a, T b)                                             \
    {                                                                                              \
        HOST x = fp_host_##F(a), y = fp_host_##F(b);                                               \
        if (UNLIKELY(isunordered(x, y)))                                                           \
            fp_raise_invalid();                                                                    \
        return islessequal(x, y);                                                                  \
    }                                                                                              \
    /* FMIN and FMAX of operands that are equal (zeros may differ in sign) or unordered. */        \
    static ALWAYS_INLINE T fp_number_of_##F(T a, T b, T if_equal)                                  \
    {                                                                                              \
        HOST x = fp_host_##F(a), y = fp_host_##F(b);                                               \
        if (x == y)                                                                                \
            return if_equal;                                                                       \
        return x == x ? a : fp_result_##F(y);                                                      \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_min_##F(T a, T b)                                               \
    {                                                                                              \
        HOST x = fp_host_##F(a), y = fp_host_##F(b);                                               \
        if (isless(x, y))                                                                          \
            return a;                                                                              \
        return LIKELY(isgreater(x, y)) ? b : fp_number_of_##F(a, b, a | b);                        \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_max_##F(T a, T b)                                               \
    {                                                                                              \
        HOST x = fp_host_##F(a), y = fp_host_##F(b);                                               \
        if (isgreater(x, y))                                                                       \
            return a;                                                                              \
        return LIKELY(isless(x, y)) ? b : fp_number_of_##F(a, b, a & b);                           \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_cvt_##F##_w(s32 a)                                              \
    {                                                                                              \
        return fp_bits_##F((HOST)a);                                                               \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_cvt_##F##_wu(u32 a)                                             \
    {                                                                                              \
        return fp_bits_##F((HOST)(s64)a);                                                          \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_cvt_##F##_l(s64 a)                                              \
    {                                                                                              \
        return fp_bits_##F((HOST)a);                                                               \
    }                                                                                              \
    static ALWAYS_INLINE T fp_fast_cvt_##F##_lu(u64 a)                                             \
    {                                                                                              \
        if (LIKELY((s64)a >= 0))                                                                   \
            return fp_bits_##F((HOST)(s64)a);                                                      \
        /* Half of it with a sticky bit rounds alike, and doubling is exact. */                    \
        HOST half = (HOST)(s64)(a >> 1 | (a & 1));                                                 \
        return fp_bits_##F(half + half);                                                           \
    }

#define FP_SIGN_OF_s FP_SIGN_S
#define FP_SIGN_OF_d FP_SIGN_D
#define FP_NAN_OF_s  FP_NAN_S
#define FP_NAN_OF_d  FP_NAN_D
FP_DEFINE_FAST(s, u32, float)
FP_DEFINE_FAST(d, u64, double)

static ALWAYS_INLINE u32 fp_here_cvt_s_d(u64 a)
{
    return fp_result_s((float)fp_host_d(a));
}

static ALWAYS_INLINE u32 fp_fast_cvt_s_d(u64 a)
{
    FP_RETURN_TINY(u32, fp_here_cvt_s_d(a), fp_cvt_s_d(a, FP_RNE, &flags));
}

static ALWAYS_INLINE u64 fp_fast_cvt_d_s(u32 a)
{
    return fp_result_d(fp_host_s(a));
}

/*
 * To integer, rounding towards zero. x86's signed conversions answer the most negative integer
 * with NV (and no NX) for what does not fit, which leaves only the saturation to do; the unsigned
 * ones look first, so that a value out of range raises no NX on the way.
 */
#if FP_X86
static ALWAYS_INLINE s32 fp_fast_cvt_w_d_rtz(u64 a)
{
    s32 r = _mm_cvttsd_si32(_mm_set_sd(fp_host_d(a)));
    if (LIKELY(r != INT32_MIN))
        return r;
    FP_RARE_PATH();
    return isless(fp_host_d(a), 0) ? INT32_MIN : INT32_MAX;
}

static ALWAYS_INLINE s64 fp_fast_cvt_l_d_rtz(u64 a)
{
    s64 r = _mm_cvttsd_si64(_mm_set_sd(fp_host_d(a)));
    if (LIKELY(r != INT64_MIN))
        return r;
    FP_RARE_PATH();
    return isless(fp_host_d(a), 0) ? INT64_MIN : INT64_MAX;
}

static ALWAYS_INLINE u32 fp_fast_cvt_wu_d_rtz(u64 a)
{
    double x = fp_host_d(a);

    if (LIKELY(isgreater(x, -1.0) && isless(x, 0x1p32)))
        return (u32)_mm_cvttsd_si64(_mm_set_sd(x));
    fp_raise_invalid();
    return islessequal(x, -1.0) ? 0 : UINT32_MAX;
}

static ALWAYS_INLINE u64 fp_fast_cvt_lu_d_rtz(u64 a)
{
    double x = fp_host_d(a);

    if (LIKELY(isgreater(x, -1.0) && isless(x, 0x1p63)))
        return (u64)_mm_cvttsd_si64(_mm_set_sd(x));
    if (isgreaterequal(x, 0x1p63) && isless(x, 0x1p64))
        return (u64)_mm_cvttsd_si64(_mm_set_sd(x - 0x1p63)) | BIT(63);
    fp_raise_invalid();
    return islessequal(x, -1.0) ? 0 : UINT64_MAX;
}
#else
#define FP_DEFINE_FAST_TO_INTEGER(I, T)                                                            \
    static inline T fp_fast_cvt_##I##_d_rtz(u64 a)                                                 \
    {                                                                                              \
        u8 flags = 0;                                                                              \
        T r = fp_cvt_##I##_d(a, FP_RTZ, &flags);                                                   \
        fp_host_flags_raise(flags);                                                                \
        return r;                                                                                  \
    }
FP_DEFINE_FAST_TO_INTEGER(w, s32)
FP_DEFINE_FAST_TO_INTEGER(l, s64)
FP_DEFINE_FAST_TO_INTEGER(wu, u32)
FP_DEFINE_FAST_TO_INTEGER(lu, u64)
#endif

/* From s by way of d, which holds every s exactly. */
static ALWAYS_INLINE s32 fp_fast_cvt_w_s_rtz(u32 a)
{
    return fp_fast_cvt_w_d_rtz(fp_bits_d(fp_host_s(a)));
}

static ALWAYS_INLINE s64 fp_fast_cvt_l_s_rtz(u32 a)
{
    return fp_fast_cvt_l_d_rtz(fp_bits_d(fp_host_s(a)));
}

static ALWAYS_INLINE u32 fp_fast_cvt_wu_s_rtz(u32 a)
{
    return fp_fast_cvt_wu_d_rtz(fp_bits_d(fp_host_s(a)));
}

static ALWAYS_INLINE u64 fp_fast_cvt_lu_s_rtz(u32 a)
{
    return fp_fast_cvt_lu_d_rtz(fp_bits_d(fp_host_s(a)));
}

#undef FP_DEFINE_FAST
#undef FP_RETURN_TINY
#undef FP_FMA_X86

#endif
