/* The loops of vector floating point for any rounding mode and format: an element at a time by the
 * functions of fp.h, which leave the host's sticky flags alone. */
#include "cpu/vec_fp.h"

#define OF(name, x)   BY_FORMAT(x, fp_##name##_h, fp_##name##_s, fp_##name##_d)
#define ADD(x, y)     OF(add, x)(x, y, RM, &flags)
#define SUB(x, y)     OF(sub, x)(x, y, RM, &flags)
#define MUL(x, y)     OF(mul, x)(x, y, RM, &flags)
#define DIV(x, y)     OF(div, x)(x, y, RM, &flags)
#define SQRT(x)       OF(sqrt, x)(x, RM, &flags)
#define FMA(x, y, z)  OF(fmadd, x)(x, y, z, RM, &flags)
#define MIN(x, y)     OF(min, x)(x, y, &flags)
#define MAX(x, y)     OF(max, x)(x, y, &flags)
#define EQ(x, y)      OF(eq, x)(x, y, &flags)
#define LT(x, y)      OF(lt, x)(x, y, &flags)
#define LE(x, y)      OF(le, x)(x, y, &flags)
#define FROM_S(x)     BY_FORMAT(*dv, fp_cvt_h_l, fp_cvt_s_l, fp_cvt_d_l)((s64)(x), RM, &flags)
#define FROM_U(x)     BY_FORMAT(*dv, fp_cvt_h_lu, fp_cvt_s_lu, fp_cvt_d_lu)((u64)(x), RM, &flags)
#define WIDEN(x)      _Generic((x), u16 : fp_cvt_s_h, u32 : fp_cvt_d_s)(x, RM, &flags)
#define WIDEN_BF16(x) fp_cvt_s_bf16(x, RM, &flags)
#define NARROW(x)     _Generic((x), u32 : fp_cvt_h_s, u64 : fp_cvt_s_d)(x, RM, &flags)

#define RM rm
#define LOOP(id, log2, D, A, B, ...)                                                               \
    static u8 id##_##log2(void *d_, const void *a_, const void *b_, size_t n, unsigned rm UNUSED)  \
    {                                                                                              \
        enum { BITS = D };                                                                         \
        u8 flags = 0;                                                                              \
        u##D *dv = d_;                                                                             \
        const u##A *av = a_;                                                                       \
        const u##B *bv = b_;                                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const u##A a = av[i];                                                                  \
            const s##A sa = (s##A)a;                                                               \
            const u##B b = bv[i];                                                                  \
            const u##D d = dv[i];                                                                  \
            dv[i] = (u##D)(__VA_ARGS__);                                                           \
        }                                                                                          \
        return flags;                                                                              \
    }
#define REDUCE_LOOP(id, log2, D, A, ...)                                                           \
    static u8 id##_##log2(void *d_, const void *a_, const void *b_ UNUSED, size_t n,               \
                          unsigned rm UNUSED)                                                      \
    {                                                                                              \
        u8 flags = 0;                                                                              \
        u##D d = *(const u##D *)d_;                                                                \
        const u##A *av = a_;                                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const u##A a = av[i];                                                                  \
            d = __VA_ARGS__;                                                                       \
        }                                                                                          \
        *(u##D *)d_ = d;                                                                           \
        return flags;                                                                              \
    }

#define HALF_LOOP        LOOP
#define HALF_REDUCE_LOOP REDUCE_LOOP

#define VEC_FP_LOOPS vec_fp_any
#include "cpu/vec_fp_loops.h"
