/* The loops of the rows of isa_vf.def, for whoever includes this with VEC_FP_LOOPS, the name of the
 * table, LOOP and REDUCE_LOOP, which make a loop, and the operations that the rows' expressions
 * are made of: vec_fp_any.c and vec_fp_nearest.h. Here is what they share: which operand widths the
 * rows of a shape have, and the operations that no host does faster.
 *
 *    LOOP(id, log2, D, A, B, ...)
 * is the loop of row `id` for an SEW of 1 << log2 bytes with operands of D, A and B bits. In the
 * expression, RM is the rounding mode and `flags` collects exceptions. HALF_LOOP and
 * HALF_REDUCE_LOOP are those with operands in half precision. */

#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

#define SIGN(x) ((__typeof__((x) + 0u))1 << (8 * sizeof(x) - 1))
/* By format: of h, s and d. */
#define BY_FORMAT(x, h, s, d) _Generic((x), u16 : h, u32 : s, u64 : d)
#define PATTERN(x)            _Generic((x), u16 : (u16)(x), u32 : (u32)(x), u64 : (u64)(x))

/* To integers of `bits` bits by way of 64: what does not fit is invalid and nothing else. */
static inline u64 clip_signed(s64 v, unsigned bits, u8 own, u8 *flags)
{
    s64 high = (s64)MASK(bits - 1);
    if (v > high || v < -high - 1) {
        *flags |= FP_NV;
        return (u64)(v > high ? high : -high - 1);
    }
    *flags |= own;
    return (u64)v;
}

static inline u64 clip_unsigned(u64 v, unsigned bits, u8 own, u8 *flags)
{
    if (v > MASK(bits)) {
        *flags |= FP_NV;
        return MASK(bits);
    }
    *flags |= own;
    return v;
}

#define DEFINE_TO_INTEGER(F, T)                                                                    \
    static u64 to_signed_##F(T a, unsigned rm, unsigned bits, u8 *flags)                           \
    {                                                                                              \
        u8 own = 0;                                                                                \
        s64 v = fp_cvt_l_##F(a, rm, &own);                                                         \
        return clip_signed(v, bits, own, flags);                                                   \
    }                                                                                              \
    static u64 to_unsigned_##F(T a, unsigned rm, unsigned bits, u8 *flags)                         \
    {                                                                                              \
        u8 own = 0;                                                                                \
        u64 v = fp_cvt_lu_##F(a, rm, &own);                                                        \
        return clip_unsigned(v, bits, own, flags);                                                 \
    }
DEFINE_TO_INTEGER(h, u16)
DEFINE_TO_INTEGER(s, u32)
DEFINE_TO_INTEGER(d, u64)

/* Round to odd: what is inexact gets an odd pattern, the nearer to zero. */
#define DEFINE_ODD(name, to, from, fn)                                                             \
    static to name(from a, u8 *flags)                                                              \
    {                                                                                              \
        u8 own = 0;                                                                                \
        to v = fn(a, FP_RTZ, &own);                                                                \
        *flags |= own;                                                                             \
        return own & FP_NX ? v | 1 : v;                                                            \
    }
DEFINE_ODD(odd_h_s, u16, u32, fp_cvt_h_s)
DEFINE_ODD(odd_s_d, u32, u64, fp_cvt_s_d)

#define NEG(x)         ((__typeof__(PATTERN(x)))((x) ^ SIGN(x)))
#define RSQRT7(x)      BY_FORMAT(x, fp_rsqrt7_h, fp_rsqrt7_s, fp_rsqrt7_d)(x, &flags)
#define REC7(x)        BY_FORMAT(x, fp_rec7_h, fp_rec7_s, fp_rec7_d)(x, RM, &flags)
#define CLASSIFY(x)    BY_FORMAT(x, fp_class_h, fp_class_s, fp_class_d)(x)
#define TO_S(x, rm)    BY_FORMAT(x, to_signed_h, to_signed_s, to_signed_d)(x, rm, BITS, &flags)
#define TO_U(x, rm)    BY_FORMAT(x, to_unsigned_h, to_unsigned_s, to_unsigned_d)(x, rm, BITS, &flags)
#define NARROW_ODD(x)  _Generic((x), u32 : odd_h_s, u64 : odd_s_d)(x, &flags)
#define NARROW_BF16(x) fp_cvt_bf16_s(x, RM, &flags)

/* ---- shapes ---- */

/* A loop for each SEW there is: of operands that are all SEW bits wide; of some that are twice as
 * wide; with SEW 8 where it is that of an integer. */
#define SAME(id, ...)                                                                              \
    HALF_LOOP(id, 1, 16, 16, 16, __VA_ARGS__)                                                      \
    LOOP(id, 2, 32, 32, 32, __VA_ARGS__)                                                           \
    LOOP(id, 3, 64, 64, 64, __VA_ARGS__)
#define WIDE(id, ...) HALF_LOOP(id, 1, 32, 16, 16, __VA_ARGS__) LOOP(id, 2, 64, 32, 32, __VA_ARGS__)
#define WIDEW(id, ...)                                                                             \
    HALF_LOOP(id, 1, 32, 32, 16, __VA_ARGS__) LOOP(id, 2, 64, 64, 32, __VA_ARGS__)
#define COMPARE(id, ...)                                                                           \
    HALF_LOOP(id, 1, 8, 16, 16, __VA_ARGS__)                                                       \
    LOOP(id, 2, 8, 32, 32, __VA_ARGS__) LOOP(id, 3, 8, 64, 64, __VA_ARGS__)

#define LOOPS_FSAME_V(id, ...) SAME(id, __VA_ARGS__)
#define LOOPS_FSAME_F(id, ...) SAME(id, __VA_ARGS__)
#define LOOPS_FSAME_1(id, ...) SAME(id, __VA_ARGS__)
#define LOOPS_FWIDE_V(id, ...) WIDE(id, __VA_ARGS__)
#define LOOPS_FWIDE_F(id, ...) WIDE(id, __VA_ARGS__)
#define LOOPS_FWIDE_1(id, ...) WIDE(id, __VA_ARGS__)
#define LOOPS_IWIDE_1(id, ...)                                                                     \
    HALF_LOOP(id, 0, 16, 8, 8, __VA_ARGS__)                                                        \
    LOOP(id, 1, 32, 16, 16, __VA_ARGS__) LOOP(id, 2, 64, 32, 32, __VA_ARGS__)
#define LOOPS_FWIDEW_V(id, ...) WIDEW(id, __VA_ARGS__)
#define LOOPS_FWIDEW_F(id, ...) WIDEW(id, __VA_ARGS__)
#define LOOPS_BFWIDE_V(id, ...) LOOP(id, 1, 32, 16, 16, __VA_ARGS__)
#define LOOPS_BFWIDE_F(id, ...) LOOP(id, 1, 32, 16, 16, __VA_ARGS__)
#define LOOPS_BFWIDE_1(id, ...) LOOP(id, 1, 32, 16, 16, __VA_ARGS__)
#define LOOPS_FNARROW_1(id, ...)                                                                   \
    HALF_LOOP(id, 1, 16, 32, 32, __VA_ARGS__) LOOP(id, 2, 32, 64, 64, __VA_ARGS__)
#define LOOPS_INARROW_1(id, ...)                                                                   \
    HALF_LOOP(id, 0, 8, 16, 16, __VA_ARGS__)                                                       \
    LOOP(id, 1, 16, 32, 32, __VA_ARGS__) LOOP(id, 2, 32, 64, 64, __VA_ARGS__)
#define LOOPS_BFNARROW_1(id, ...) LOOP(id, 1, 16, 32, 32, __VA_ARGS__)
#define LOOPS_FCOMPARE_V(id, ...) COMPARE(id, __VA_ARGS__)
#define LOOPS_FCOMPARE_F(id, ...) COMPARE(id, __VA_ARGS__)
#define LOOPS_FREDUCE(id, ...)                                                                     \
    HALF_REDUCE_LOOP(id, 1, 16, 16, __VA_ARGS__)                                                   \
    REDUCE_LOOP(id, 2, 32, 32, __VA_ARGS__) REDUCE_LOOP(id, 3, 64, 64, __VA_ARGS__)
#define LOOPS_FWREDUCE(id, ...)                                                                    \
    HALF_REDUCE_LOOP(id, 1, 32, 16, __VA_ARGS__) REDUCE_LOOP(id, 2, 64, 32, __VA_ARGS__)

/* The row's line of the table. */
#define TO_64(id)            [INSN_##id] = {NULL, id##_1, id##_2, id##_3},
#define TO_32(id)            [INSN_##id] = {NULL, id##_1, id##_2},
#define FROM_8(id)           [INSN_##id] = {id##_0, id##_1, id##_2},
#define ONLY_16(id)          [INSN_##id] = {NULL, id##_1},
#define TABLE_FSAME_V(id)    TO_64(id)
#define TABLE_FSAME_F(id)    TO_64(id)
#define TABLE_FSAME_1(id)    TO_64(id)
#define TABLE_FWIDE_V(id)    TO_32(id)
#define TABLE_FWIDE_F(id)    TO_32(id)
#define TABLE_FWIDE_1(id)    TO_32(id)
#define TABLE_IWIDE_1(id)    FROM_8(id)
#define TABLE_FWIDEW_V(id)   TO_32(id)
#define TABLE_FWIDEW_F(id)   TO_32(id)
#define TABLE_BFWIDE_V(id)   ONLY_16(id)
#define TABLE_BFWIDE_F(id)   ONLY_16(id)
#define TABLE_BFWIDE_1(id)   ONLY_16(id)
#define TABLE_FNARROW_1(id)  TO_32(id)
#define TABLE_INARROW_1(id)  FROM_8(id)
#define TABLE_BFNARROW_1(id) ONLY_16(id)
#define TABLE_FCOMPARE_V(id) TO_64(id)
#define TABLE_FCOMPARE_F(id) TO_64(id)
#define TABLE_FREDUCE(id)    TO_64(id)
#define TABLE_FWREDUCE(id)   TO_32(id)

/* Shapes without loops. */
#define LOOPS_vfmerge(...)
#define LOOPS_vfmv_v_f(...)
#define LOOPS_vfmv_f_s(...)
#define LOOPS_vfmv_s_f(...)
#define LOOPS_vfslide1up(...)
#define LOOPS_vfslide1down(...)
#define TABLE_vfmerge(...)
#define TABLE_vfmv_v_f(...)
#define TABLE_vfmv_f_s(...)
#define TABLE_vfmv_s_f(...)
#define TABLE_vfslide1up(...)
#define TABLE_vfslide1down(...)

#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...)                           \
    LOOPS_##shape(id, __VA_ARGS__)
#include "cpu/isa_vf.def"
#undef VINSN

const struct vec_fp_loops VEC_FP_LOOPS = {
    .row =
        {
#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...) TABLE_##shape(id)
#include "cpu/isa_vf.def"
        },
};
