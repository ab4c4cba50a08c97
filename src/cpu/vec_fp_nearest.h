/* The loops of vector floating point for round to nearest even, on the host's FPU in its default
 * environment, for whoever includes this with VEC_FP_LOOPS: vec_fp_nearest.c and
 * vec_fp_nearest_v3.c, which differ in what the compiler may use. The rules of fp_fast.h hold.
 *
 * The compiler vectorises what is easy: hosts and RISC-V agree as long as no result is a NaN. So a
 * piece of the elements is computed into a buffer; if there is a NaN among the results, that
 * piece is computed again, by the loop for any mode: what the host has raised by then, it
 * raises too. Half precision is left to that loop. */
#include "cpu/vec_fp.h"

/* Of the buffer as much is read as was written, which gcc 16 does not see. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

/* What the host computes, for s and d. `nan` collects whether there was one. */
#define DEFINE_NEAREST(F, T, S, HOST, FMA_FN)                                                      \
    static inline T note_##F(HOST x, T *nan)                                                       \
    {                                                                                              \
        *nan |= x != x;                                                                            \
        return fp_bits_##F(x);                                                                     \
    }                                                                                              \
    static inline T near_add_##F(T a, T b, T *nan)                                                 \
    {                                                                                              \
        return note_##F(fp_host_##F(a) + fp_host_##F(b), nan);                                     \
    }                                                                                              \
    static inline T near_sub_##F(T a, T b, T *nan)                                                 \
    {                                                                                              \
        return note_##F(fp_host_##F(a) - fp_host_##F(b), nan);                                     \
    }                                                                                              \
    static inline T near_mul_##F(T a, T b, T *nan)                                                 \
    {                                                                                              \
        return note_##F(fp_host_##F(a) * fp_host_##F(b), nan);                                     \
    }                                                                                              \
    static inline T near_div_##F(T a, T b, T *nan)                                                 \
    {                                                                                              \
        return note_##F(fp_host_##F(a) / fp_host_##F(b), nan);                                     \
    }                                                                                              \
    static inline T near_fma_##F(T a, T b, T c, T *nan)                                            \
    {                                                                                              \
        return note_##F(FMA_FN(fp_host_##F(a), fp_host_##F(b), fp_host_##F(c)), nan);              \
    }                                                                                              \
    /* As integers with the same order; no NaN, so a signaling one is seen to as well. */          \
    static inline S order_##F(T v)                                                                 \
    {                                                                                              \
        return (S)(v ^ ((T)((S)v >> (8 * sizeof(T) - 1)) >> 1));                                   \
    }                                                                                              \
    static inline T near_min_##F(T a, T b, T *nan)                                                 \
    {                                                                                              \
        *nan |= (a & ~FP_SIGN_OF_##F) > FP_INF_OF_##F || (b & ~FP_SIGN_OF_##F) > FP_INF_OF_##F;    \
        return order_##F(a) < order_##F(b) ? a : b;                                                \
    }                                                                                              \
    static inline T near_max_##F(T a, T b, T *nan)                                                 \
    {                                                                                              \
        *nan |= (a & ~FP_SIGN_OF_##F) > FP_INF_OF_##F || (b & ~FP_SIGN_OF_##F) > FP_INF_OF_##F;    \
        return order_##F(a) > order_##F(b) ? a : b;                                                \
    }                                                                                              \
    static inline bool near_eq_##F(T a, T b)                                                       \
    {                                                                                              \
        return fp_host_##F(a) == fp_host_##F(b);                                                   \
    }                                                                                              \
    static inline bool near_lt_##F(T a, T b)                                                       \
    {                                                                                              \
        return fp_host_##F(a) < fp_host_##F(b);                                                    \
    }                                                                                              \
    static inline bool near_le_##F(T a, T b)                                                       \
    {                                                                                              \
        return fp_host_##F(a) <= fp_host_##F(b);                                                   \
    }
#define FP_INF_OF_s 0x7f800000u
#define FP_INF_OF_d 0x7ff0000000000000ull
DEFINE_NEAREST(s, u32, s32, float, fmaf)
DEFINE_NEAREST(d, u64, s64, double, fma)

static inline u64 near_widen_s(u32 a, u64 *nan)
{
    return note_d(fp_host_s(a), nan);
}

static inline u32 near_narrow_d(u64 a, u32 *nan)
{
    return note_s((float)fp_host_d(a), nan);
}

static inline u32 near_sqrt_s(u32 a, u32 *nan)
{
    return note_s(__builtin_sqrtf(fp_host_s(a)), nan);
}

static inline u64 near_sqrt_d(u64 a, u64 *nan)
{
    return note_d(__builtin_sqrt(fp_host_d(a)), nan);
}

static inline u32 near_bf16(u16 a, u32 *nan)
{
    return note_s(fp_host_s((u32)a << 16), nan);
}

/* NARROW_ODD, TO_S and the like are those for any mode. */
#define NEAR(name, x)   _Generic((x), u32 : near_##name##_s, u64 : near_##name##_d)
#define ADD(x, y)       NEAR(add, x)(x, y, &nan)
#define SUB(x, y)       NEAR(sub, x)(x, y, &nan)
#define MUL(x, y)       NEAR(mul, x)(x, y, &nan)
#define DIV(x, y)       NEAR(div, x)(x, y, &nan)
#define SQRT(x)         NEAR(sqrt, x)(x, &nan)
#define FMA(x, y, z)    NEAR(fma, x)(x, y, z, &nan)
#define MIN(x, y)       NEAR(min, x)(x, y, &nan)
#define MAX(x, y)       NEAR(max, x)(x, y, &nan)
#define EQ(x, y)        NEAR(eq, x)(x, y)
#define LT(x, y)        NEAR(lt, x)(x, y)
#define LE(x, y)        NEAR(le, x)(x, y)
#define FROM_S(x)       FROM_INTEGER(x)
#define FROM_U(x)       FROM_INTEGER(x)
#define FROM_INTEGER(x) _Generic(*dv, u32 : fp_bits_s((float)(x)), u64 : fp_bits_d((double)(x)))
#define WIDEN(x)        near_widen_s(x, &nan)
#define WIDEN_BF16(x)   near_bf16(x, &nan)
#define NARROW(x)       near_narrow_d(x, &nan)

enum { PIECE = 64 };
#define RM FP_RNE
#define LOOP(id, log2, D, A, B, ...)                                                               \
    static u8 id##_##log2(void *d_, const void *a_, const void *b_, size_t n, unsigned rm UNUSED)  \
    {                                                                                              \
        enum { BITS = D };                                                                         \
        u8 flags = 0;                                                                              \
        u##D *dv = d_;                                                                             \
        const u##A *av = a_;                                                                       \
        const u##B *bv = b_;                                                                       \
        for (size_t at = 0; at < n; at += PIECE, dv += PIECE, av += PIECE, bv += PIECE) {          \
            size_t m = n - at < PIECE ? n - at : PIECE;                                            \
            u##D r[PIECE], nan = 0;                                                                \
            for (size_t i = 0; i < m; i++) {                                                       \
                const u##A a = av[i];                                                              \
                const s##A sa = (s##A)a;                                                           \
                const u##B b = bv[i];                                                              \
                const u##D d = dv[i];                                                              \
                r[i] = (u##D)(__VA_ARGS__);                                                        \
            }                                                                                      \
            if (UNLIKELY(nan))                                                                     \
                flags |= vec_fp_any.row[INSN_##id][log2](dv, av, bv, m, RM);                       \
            else                                                                                   \
                for (size_t i = 0; i < m; i++)                                                     \
                    dv[i] = r[i];                                                                  \
        }                                                                                          \
        return flags;                                                                              \
    }
#define REDUCE_LOOP(id, log2, D, A, ...)                                                           \
    static u8 id##_##log2(void *d_, const void *a_, const void *b_, size_t n, unsigned rm UNUSED)  \
    {                                                                                              \
        u8 flags = 0;                                                                              \
        u##D d = *(const u##D *)d_, nan = 0;                                                       \
        const u##A *av = a_;                                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const u##A a = av[i];                                                                  \
            d = __VA_ARGS__;                                                                       \
        }                                                                                          \
        if (UNLIKELY(nan))                                                                         \
            return vec_fp_any.row[INSN_##id][log2](d_, a_, b_, n, RM);                             \
        *(u##D *)d_ = d;                                                                           \
        return flags;                                                                              \
    }
#define HALF_LOOP(id, log2, D, A, B, ...)     FOR_ANY(id, log2)
#define HALF_REDUCE_LOOP(id, log2, D, A, ...) FOR_ANY(id, log2)
#define FOR_ANY(id, log2)                                                                          \
    static u8 id##_##log2(void *d, const void *a, const void *b, size_t n, unsigned rm UNUSED)     \
    {                                                                                              \
        return vec_fp_any.row[INSN_##id][log2](d, a, b, n, RM);                                    \
    }

#include "cpu/vec_fp_loops.h"
