/* The loops of the rows of isa_v.def, for whoever includes this with VEC_LOOPS, the name of the
 * table, and VEC_NEAREST, that of the one for floating point: vec_baseline.c and vec_v3.c, which
 * differ in what the compiler may use. Exempt from the size limits: this is where the rows'
 * expressions become code.
 *
 * The destination may be one of the sources; what overlaps otherwise is copied by the caller. So no
 * iteration depends on another, which the compiler is told. */
#include "cpu/sem_alu.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_impl.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-local-typedefs"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wtype-limits"

#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* By SEW: twice as wide, at least as wide as int, and both. */
typedef u16 W8;
typedef u32 W16;
typedef u64 W32;
typedef u128 W64;
typedef s16 SW8;
typedef s32 SW16;
typedef s64 SW32;
typedef s128 SW64;
typedef u32 P8, P16, P32, PW8, PW16;
typedef u64 P64, PW32;
typedef u128 PW64;
#define TYPES(sew)                                                                                 \
    enum { SEW = (sew) };                                                                          \
    typedef u##sew U;                                                                              \
    typedef s##sew S;                                                                              \
    typedef W##sew W;                                                                              \
    typedef SW##sew SW;                                                                            \
    typedef P##sew P;                                                                              \
    typedef PW##sew PW

#define VLMAX (env->vlmax)
#define SAT(condition, value, limit)                                                               \
    ({                                                                                             \
        bool saturates_ = (condition);                                                             \
        saturated |= saturates_;                                                                   \
        saturates_ ? (U)(limit) : (U)(value);                                                      \
    })
#define CLIP(value, low, high)                                                                     \
    ({                                                                                             \
        __auto_type value_ = (value);                                                              \
        bool below_ = value_<(low), above_ = value_>(high);                                        \
        saturated |= below_ || above_;                                                             \
        (U)(below_ ? (low) : above_ ? (high) : value_);                                            \
    })
/* Chapter V, "Vector Fixed-Point Rounding Mode": (v >> d) + r. */
#define ROUND(value, count)                                                                        \
    ({                                                                                             \
        __auto_type v_ = (value);                                                                  \
        unsigned by_ = (unsigned)(count);                                                          \
        bool last_ = by_ && (v_ >> (by_ - 1) & 1);                                                 \
        bool below_ = by_ && (v_ & (((__typeof__(v_))1 << (by_ - 1)) - 1)) != 0;                   \
        bool odd_ = v_ >> by_ & 1;                                                                 \
        (v_ >> by_) + (env->vxrm == VXRM_RNU   ? last_                                             \
                       : env->vxrm == VXRM_RNE ? last_ && (below_ || odd_)                         \
                       : env->vxrm == VXRM_ROD ? !odd_ && (last_ || below_)                        \
                                               : 0);                                               \
    })

/* One loop over elements of D, A and B bits. `first` and `b_of` say where b is, `c_of` what c is.
 */
#define LOOP(name, sew, D, A, B, first, b_of, c_of, ...)                                           \
    static u32 name(void *d_, const void *a_, const void *b_, size_t n, const struct vec_env *env) \
    {                                                                                              \
        TYPES(sew);                                                                                \
        u##D *dv = d_;                                                                             \
        const u##A *av = a_, *from = env->from;                                                    \
        const u##B *bv = b_;                                                                       \
        const u8 *mask = env->mask;                                                                \
        u32 saturated = 0;                                                                         \
        const u##B b0 = first;                                                                     \
        INDEPENDENT                                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            const u##A a = av[i];                                                                  \
            const u##B b = b_of;                                                                   \
            const u##D d = dv[i];                                                                  \
            const s##A sa = (s##A)a;                                                               \
            const s##B sb = (s##B)b;                                                               \
            const s##D sd = (s##D)d;                                                               \
            const u8 c = c_of;                                                                     \
            dv[i] = (u##D)(__VA_ARGS__);                                                           \
        }                                                                                          \
        return saturated;                                                                          \
    }
#define LOOP_V(name, sew, D, A, B, ...)  LOOP(name, sew, D, A, B, 0, bv[i], 0, __VA_ARGS__)
#define LOOP_X(name, sew, D, A, B, ...)  LOOP(name, sew, D, A, B, *bv, b0, 0, __VA_ARGS__)
#define LOOP_1(name, sew, D, A, ...)     LOOP(name, sew, D, A, A, 0, 0, 0, __VA_ARGS__)
#define LOOP_0(name, sew, D, ...)        LOOP(name, sew, D, D, D, 0, 0, 0, __VA_ARGS__)
#define LOOP_VC(name, sew, D, A, B, ...) LOOP(name, sew, D, A, B, 0, bv[i], mask[i], __VA_ARGS__)
#define LOOP_XC(name, sew, D, A, B, ...) LOOP(name, sew, D, A, B, *bv, b0, mask[i], __VA_ARGS__)
/* d is what has been added up, one element. */
#define LOOP_REDUCE(name, sew, D, A, ...)                                                          \
    static u32 name(void *d_, const void *a_, const void *b_, size_t n, const struct vec_env *env) \
    {                                                                                              \
        TYPES(sew);                                                                                \
        const u##A *av = a_;                                                                       \
        u##D d = *(const u##D *)d_;                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            const u##A a = av[i];                                                                  \
            const s##A sa = (s##A)a;                                                               \
            const s##D sd = (s##D)d;                                                               \
            d = (u##D)(__VA_ARGS__);                                                               \
        }                                                                                          \
        *(u##D *)d_ = d;                                                                           \
        return 0;                                                                                  \
    }
/* A word of a mask at a time: n counts words. */
#define LOOP_WORDS(name, ...) LOOP_V(name, 64, 64, 64, 64, __VA_ARGS__)

/* The loops of a shape, by SEW, and the row's line of the table. Loops are named ID_SEW. */
#define ALL(id)              [INSN_##id] = {id##_8, id##_16, id##_32, id##_64},
#define TO_32(id)            [INSN_##id] = {id##_8, id##_16, id##_32},
#define FROM_16(id)          [INSN_##id] = {NULL, id##_16, id##_32, id##_64},
#define FROM_32(id)          [INSN_##id] = {NULL, NULL, id##_32, id##_64},
#define ONLY_64(id)          [INSN_##id] = {NULL, NULL, NULL, id##_64},
#define ONE(id)              [INSN_##id] = {id##_words},
#define LIKE(id, base)       [INSN_##id] = {base##_8, base##_16, base##_32, base##_64},
#define LIKE_TO_32(id, base) [INSN_##id] = {base##_8, base##_16, base##_32},

#define SAME(id, form, ...)                                                                        \
    LOOP_##form(id##_8, 8, 8, 8, 8, __VA_ARGS__) LOOP_##form(id##_16, 16, 16, 16, 16, __VA_ARGS__) \
        LOOP_##form(id##_32, 32, 32, 32, 32, __VA_ARGS__)                                          \
            LOOP_##form(id##_64, 64, 64, 64, 64, __VA_ARGS__)
#define BYTES(id, form, ...)                                                                       \
    LOOP_##form(id##_8, 8, 8, 8, 8, __VA_ARGS__) LOOP_##form(id##_16, 16, 8, 16, 16, __VA_ARGS__)  \
        LOOP_##form(id##_32, 32, 8, 32, 32, __VA_ARGS__)                                           \
            LOOP_##form(id##_64, 64, 8, 64, 64, __VA_ARGS__)
#define WIDE(id, form, ...)                                                                        \
    LOOP_##form(id##_8, 8, 16, 8, 8, __VA_ARGS__)                                                  \
        LOOP_##form(id##_16, 16, 32, 16, 16, __VA_ARGS__)                                          \
            LOOP_##form(id##_32, 32, 64, 32, 32, __VA_ARGS__)
#define WIDEW(id, form, ...)                                                                       \
    LOOP_##form(id##_8, 8, 16, 16, 8, __VA_ARGS__)                                                 \
        LOOP_##form(id##_16, 16, 32, 32, 16, __VA_ARGS__)                                          \
            LOOP_##form(id##_32, 32, 64, 64, 32, __VA_ARGS__)
#define NARROW(id, form, ...)                                                                      \
    LOOP_##form(id##_8, 8, 8, 16, 8, __VA_ARGS__)                                                  \
        LOOP_##form(id##_16, 16, 16, 32, 16, __VA_ARGS__)                                          \
            LOOP_##form(id##_32, 32, 32, 64, 32, __VA_ARGS__)

#define LOOPS_SAME_V(id, ...)       SAME(id, V, __VA_ARGS__)
#define LOOPS_SAME_X(id, ...)       SAME(id, X, __VA_ARGS__)
#define LOOPS_MAC_V(id, ...)        SAME(id, V, __VA_ARGS__)
#define LOOPS_MAC_X(id, ...)        SAME(id, X, __VA_ARGS__)
#define LOOPS_SATURATE_V(id, ...)   SAME(id, V, __VA_ARGS__)
#define LOOPS_SATURATE_X(id, ...)   SAME(id, X, __VA_ARGS__)
#define LOOPS_MOVE_V(id, ...)       SAME(id, V, __VA_ARGS__)
#define LOOPS_MOVE_X(id, ...)       SAME(id, X, __VA_ARGS__)
#define LOOPS_GATHER_V(id, ...)     SAME(id, V, __VA_ARGS__)
#define LOOPS_CARRY_V(id, ...)      SAME(id, VC, __VA_ARGS__)
#define LOOPS_CARRY_X(id, ...)      SAME(id, XC, __VA_ARGS__)
#define LOOPS_CARRY_OUT_V(id, ...)  BYTES(id, VC, __VA_ARGS__)
#define LOOPS_CARRY_OUT_X(id, ...)  BYTES(id, XC, __VA_ARGS__)
#define LOOPS_COMPARE_V(id, ...)    BYTES(id, V, __VA_ARGS__)
#define LOOPS_COMPARE_X(id, ...)    BYTES(id, X, __VA_ARGS__)
#define LOOPS_WIDE_V(id, ...)       WIDE(id, V, __VA_ARGS__)
#define LOOPS_WIDE_X(id, ...)       WIDE(id, X, __VA_ARGS__)
#define LOOPS_WMAC_V(id, ...)       WIDE(id, V, __VA_ARGS__)
#define LOOPS_WMAC_X(id, ...)       WIDE(id, X, __VA_ARGS__)
#define LOOPS_WIDEW_V(id, ...)      WIDEW(id, V, __VA_ARGS__)
#define LOOPS_WIDEW_X(id, ...)      WIDEW(id, X, __VA_ARGS__)
#define LOOPS_NARROW_V(id, ...)     NARROW(id, V, __VA_ARGS__)
#define LOOPS_NARROW_X(id, ...)     NARROW(id, X, __VA_ARGS__)
#define LOOPS_NARROW_SAT_V(id, ...) NARROW(id, V, __VA_ARGS__)
#define LOOPS_NARROW_SAT_X(id, ...) NARROW(id, X, __VA_ARGS__)
#define LOOPS_GATHER16(id, ...)                                                                    \
    LOOP_V(id##_8, 8, 8, 8, 16, __VA_ARGS__)                                                       \
    LOOP_V(id##_16, 16, 16, 16, 16, __VA_ARGS__)                                                   \
    LOOP_V(id##_32, 32, 32, 32, 16, __VA_ARGS__) LOOP_V(id##_64, 64, 64, 64, 16, __VA_ARGS__)
#define LOOPS_EXTEND2(id, ...)                                                                     \
    LOOP_1(id##_16, 16, 16, 8, __VA_ARGS__)                                                        \
    LOOP_1(id##_32, 32, 32, 16, __VA_ARGS__) LOOP_1(id##_64, 64, 64, 32, __VA_ARGS__)
#define LOOPS_EXTEND4(id, ...)                                                                     \
    LOOP_1(id##_32, 32, 32, 8, __VA_ARGS__) LOOP_1(id##_64, 64, 64, 16, __VA_ARGS__)
#define LOOPS_EXTEND8(id, ...) LOOP_1(id##_64, 64, 64, 8, __VA_ARGS__)
#define LOOPS_UNARY(id, ...)                                                                       \
    LOOP_1(id##_8, 8, 8, 8, __VA_ARGS__)                                                           \
    LOOP_1(id##_16, 16, 16, 16, __VA_ARGS__)                                                       \
    LOOP_1(id##_32, 32, 32, 32, __VA_ARGS__) LOOP_1(id##_64, 64, 64, 64, __VA_ARGS__)
#define LOOPS_CLMUL_V(id, ...) LOOP_V(id##_64, 64, 64, 64, 64, __VA_ARGS__)
#define LOOPS_CLMUL_X(id, ...) LOOP_X(id##_64, 64, 64, 64, 64, __VA_ARGS__)
#define LOOPS_REDUCE(id, ...)                                                                      \
    LOOP_REDUCE(id##_8, 8, 8, 8, __VA_ARGS__)                                                      \
    LOOP_REDUCE(id##_16, 16, 16, 16, __VA_ARGS__)                                                  \
    LOOP_REDUCE(id##_32, 32, 32, 32, __VA_ARGS__) LOOP_REDUCE(id##_64, 64, 64, 64, __VA_ARGS__)
#define LOOPS_WREDUCE(id, ...)                                                                     \
    LOOP_REDUCE(id##_8, 8, 16, 8, __VA_ARGS__)                                                     \
    LOOP_REDUCE(id##_16, 16, 32, 16, __VA_ARGS__) LOOP_REDUCE(id##_32, 32, 64, 32, __VA_ARGS__)
#define LOOPS_INDEX_OF(id, ...)                                                                    \
    LOOP_0(id##_8, 8, 8, __VA_ARGS__)                                                              \
    LOOP_0(id##_16, 16, 16, __VA_ARGS__)                                                           \
    LOOP_0(id##_32, 32, 32, __VA_ARGS__) LOOP_0(id##_64, 64, 64, __VA_ARGS__)
#define LOOPS_MASKS(id, ...) LOOP_WORDS(id##_words, __VA_ARGS__)

#define TABLE_SAME_V(id, ...)       ALL(id)
#define TABLE_SAME_X(id, ...)       ALL(id)
#define TABLE_MAC_V(id, ...)        ALL(id)
#define TABLE_MAC_X(id, ...)        ALL(id)
#define TABLE_SATURATE_V(id, ...)   ALL(id)
#define TABLE_SATURATE_X(id, ...)   ALL(id)
#define TABLE_MOVE_V(id, ...)       ALL(id)
#define TABLE_MOVE_X(id, ...)       ALL(id)
#define TABLE_GATHER_V(id, ...)     ALL(id)
#define TABLE_GATHER16(id, ...)     ALL(id)
#define TABLE_CARRY_V(id, ...)      ALL(id)
#define TABLE_CARRY_X(id, ...)      ALL(id)
#define TABLE_CARRY_OUT_V(id, ...)  ALL(id)
#define TABLE_CARRY_OUT_X(id, ...)  ALL(id)
#define TABLE_COMPARE_V(id, ...)    ALL(id)
#define TABLE_COMPARE_X(id, ...)    ALL(id)
#define TABLE_WIDE_V(id, ...)       TO_32(id)
#define TABLE_WIDE_X(id, ...)       TO_32(id)
#define TABLE_WMAC_V(id, ...)       TO_32(id)
#define TABLE_WMAC_X(id, ...)       TO_32(id)
#define TABLE_WIDEW_V(id, ...)      TO_32(id)
#define TABLE_WIDEW_X(id, ...)      TO_32(id)
#define TABLE_NARROW_V(id, ...)     TO_32(id)
#define TABLE_NARROW_X(id, ...)     TO_32(id)
#define TABLE_NARROW_SAT_V(id, ...) TO_32(id)
#define TABLE_NARROW_SAT_X(id, ...) TO_32(id)
#define TABLE_EXTEND2(id, ...)      FROM_16(id)
#define TABLE_EXTEND4(id, ...)      FROM_32(id)
#define TABLE_EXTEND8(id, ...)      ONLY_64(id)
#define TABLE_UNARY(id, ...)        ALL(id)
#define TABLE_CLMUL_V(id, ...)      ONLY_64(id)
#define TABLE_CLMUL_X(id, ...)      ONLY_64(id)
#define TABLE_REDUCE(id, ...)       ALL(id)
#define TABLE_WREDUCE(id, ...)      TO_32(id)
#define TABLE_INDEX_OF(id, ...)     ALL(id)
#define TABLE_MASKS(id, ...)        ONE(id)

/* Rows that share loops, and shapes without any. */
#define LOOPS_SAME_I(id, base)
#define LOOPS_SAME_U(id, base)
#define LOOPS_SATURATE_I(id, base)
#define LOOPS_MOVE_I(id, base)
#define LOOPS_CARRY_I(id, base)
#define LOOPS_CARRY_OUT_I(id, base)
#define LOOPS_COMPARE_I(id, base)
#define LOOPS_GATHER_X(id, base)
#define LOOPS_GATHER_U(id, base)
#define LOOPS_WIDE_U(id, base)
#define LOOPS_NARROW_U(id, base)
#define LOOPS_NARROW_SAT_U(id, base)
#define TABLE_SAME_I(id, base)       LIKE(id, base)
#define TABLE_SAME_U(id, base)       LIKE(id, base)
#define TABLE_SATURATE_I(id, base)   LIKE(id, base)
#define TABLE_MOVE_I(id, base)       LIKE(id, base)
#define TABLE_CARRY_I(id, base)      LIKE(id, base)
#define TABLE_CARRY_OUT_I(id, base)  LIKE(id, base)
#define TABLE_COMPARE_I(id, base)    LIKE(id, base)
#define TABLE_GATHER_X(id, base)     LIKE(id, base)
#define TABLE_GATHER_U(id, base)     LIKE(id, base)
#define TABLE_WIDE_U(id, base)       LIKE_TO_32(id, base)
#define TABLE_NARROW_U(id, base)     LIKE_TO_32(id, base)
#define TABLE_NARROW_SAT_U(id, base) LIKE_TO_32(id, base)
#define LOOPS_vcpop(...)
#define LOOPS_vfirst(...)
#define LOOPS_vmsbf(...)
#define LOOPS_vmsof(...)
#define LOOPS_vmsif(...)
#define LOOPS_viota(...)
#define LOOPS_vmv_x_s(...)
#define LOOPS_vmv_s_x(...)
#define LOOPS_vslideup_x(...)
#define LOOPS_vslideup_u(...)
#define LOOPS_vslidedown_x(...)
#define LOOPS_vslidedown_u(...)
#define LOOPS_vslide1up(...)
#define LOOPS_vslide1down(...)
#define LOOPS_vcompress(...)
#define LOOPS_vmvr(...)
#define TABLE_vcpop(...)
#define TABLE_vfirst(...)
#define TABLE_vmsbf(...)
#define TABLE_vmsof(...)
#define TABLE_vmsif(...)
#define TABLE_viota(...)
#define TABLE_vmv_x_s(...)
#define TABLE_vmv_s_x(...)
#define TABLE_vslideup_x(...)
#define TABLE_vslideup_u(...)
#define TABLE_vslidedown_x(...)
#define TABLE_vslidedown_u(...)
#define TABLE_vslide1up(...)
#define TABLE_vslide1down(...)
#define TABLE_vcompress(...)
#define TABLE_vmvr(...)

#define INSN(...)
#define VMEM(...)
#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...)                           \
    LOOPS_##shape(id, __VA_ARGS__)
#include "cpu/isa_v.def"
#undef VINSN

SAME(blend, VC, c ? a : d)
SAME(select, XC, c ? a : b)

const struct vec_loops VEC_LOOPS = {
    .row =
        {
#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...)                           \
    TABLE_##shape(id, __VA_ARGS__)
#include "cpu/isa_v.def"
        },
    .blend = {blend_8, blend_16, blend_32, blend_64},
    .nearest = &VEC_NEAREST,
    .select = {select_8, select_16, select_32, select_64},
};
