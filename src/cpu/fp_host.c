/*
 * Floating point by the host's FPU: the arithmetic of s and d in the four rounding modes the host
 * has (RMM goes to MPFR), and the thread's sticky exception flags. On x86-64 the environment is
 * MXCSR alone, reached directly: <fenv.h> would save and restore the unused x87 unit as well.
 * Every host operation stands between FP_PIN()s, which no compiler moves across the changes of
 * the environment around it.
 */
#include "cpu/fp_host.h"
#include "cpu/fp_internal.h"

#include <assert.h>

#if FP_X86
enum {
    MXCSR_FLAGS = 0x3f,
    MXCSR_RC_SHIFT = 13,
    MXCSR_RC = 3 << MXCSR_RC_SHIFT,
    MXCSR_DEFAULT = 0x1f80 /* no exception traps, round to nearest, no flush to zero */
};

/* MXCSR has fflags' order reversed, with one of its own (denormal operand, bit 1) in between. */
static u8 flags_of_mxcsr(u32 csr)
{
    return (u8)((csr >> 5 & FP_NX) | (csr >> 3 & FP_UF) | (csr >> 1 & FP_OF) | (csr << 1 & FP_DZ) |
                (csr << 4 & FP_NV));
}

static u32 mxcsr_of_flags(u8 flags)
{
    return (u32)((flags & FP_NX) << 5 | (flags & FP_UF) << 3 | (flags & FP_OF) << 1 |
                 (flags & FP_DZ) >> 1 | (flags & FP_NV) >> 4);
}

/* Writing MXCSR costs tens of nanoseconds, reading it next to nothing. */
static void change_mxcsr(u32 from, u32 to)
{
    if (from != to)
        _mm_setcsr(to);
}

struct fp_env fp_env_enter(unsigned rm)
{
    static const u8 rounding_control[] = {[FP_RNE] = 0, [FP_RTZ] = 3, [FP_RDN] = 1, [FP_RUP] = 2};
    struct fp_env env = {_mm_getcsr()};

    assert(rm < ARRAY_LEN(rounding_control));
    change_mxcsr(env.csr, (env.csr & ~(u32)(MXCSR_RC | MXCSR_FLAGS)) | (u32)rounding_control[rm]
                                                                           << MXCSR_RC_SHIFT);
    return env;
}

struct fp_env fp_env_hold(void)
{
    return (struct fp_env){_mm_getcsr()};
}

u8 fp_env_leave(struct fp_env env)
{
    u32 csr = _mm_getcsr();

    change_mxcsr(csr, env.csr);
    return flags_of_mxcsr(csr);
}

struct fp_env fp_run_enter(void)
{
    struct fp_env env = {_mm_getcsr()};

    change_mxcsr(env.csr, MXCSR_DEFAULT);
    return env;
}

u8 fp_run_leave(struct fp_env env)
{
    u32 csr = _mm_getcsr();

    change_mxcsr(csr, env.csr & ~(u32)MXCSR_FLAGS);
    return flags_of_mxcsr(csr);
}

u8 fp_host_flags_collect(void)
{
    u32 csr = _mm_getcsr();

    change_mxcsr(csr, csr & ~(u32)MXCSR_FLAGS);
    return flags_of_mxcsr(csr);
}

void fp_host_flags_raise(u8 flags)
{
    u32 csr = _mm_getcsr();

    change_mxcsr(csr, csr | mxcsr_of_flags(flags));
}
#else
static const struct {
    int host;
    u8 flag;
} exceptions[] = {
    {FE_INEXACT, FP_NX},   {FE_UNDERFLOW, FP_UF}, {FE_OVERFLOW, FP_OF},
    {FE_DIVBYZERO, FP_DZ}, {FE_INVALID, FP_NV},
};

static u8 flags_of_host(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);
    u8 flags = 0;

    for (size_t i = 0; i < ARRAY_LEN(exceptions); i++)
        flags |= raised & exceptions[i].host ? exceptions[i].flag : 0;
    return flags;
}

struct fp_env fp_env_enter(unsigned rm)
{
    static const int modes[] = {[FP_RNE] = FE_TONEAREST,
                                [FP_RTZ] = FE_TOWARDZERO,
                                [FP_RDN] = FE_DOWNWARD,
                                [FP_RUP] = FE_UPWARD};
    struct fp_env env;

    assert(rm < ARRAY_LEN(modes));
    feholdexcept(&env.host);
    fesetround(modes[rm]);
    return env;
}

struct fp_env fp_env_hold(void)
{
    return fp_env_enter(FP_RNE);
}

u8 fp_env_leave(struct fp_env env)
{
    u8 flags = flags_of_host();

    fesetenv(&env.host);
    return flags;
}

struct fp_env fp_run_enter(void)
{
    struct fp_env env;

    fegetenv(&env.host);
    fesetenv(FE_DFL_ENV);
    return env;
}

u8 fp_run_leave(struct fp_env env)
{
    u8 flags = flags_of_host();

    fesetenv(&env.host);
    feclearexcept(FE_ALL_EXCEPT);
    return flags;
}

u8 fp_host_flags_collect(void)
{
    u8 flags = flags_of_host();

    feclearexcept(FE_ALL_EXCEPT);
    return flags;
}

/* feraiseexcept() may add inexact to overflow and underflow. */
void fp_host_flags_raise(u8 flags)
{
    int wanted = 0, exact = flags & FP_NX ? 0 : FE_INEXACT & ~fetestexcept(FE_INEXACT);

    for (size_t i = 0; i < ARRAY_LEN(exceptions); i++)
        wanted |= flags & exceptions[i].flag ? exceptions[i].host : 0;
    feraiseexcept(wanted);
    feclearexcept(exact);
}
#endif

/* A result that a host may have called tiny before it was rounded, and RISC-V does not: the
 * smallest normal number. x86 asks as RISC-V does. */
static inline bool is_doubtful(struct fp_format f, u64 r, u8 raised)
{
    return !FP_X86 && (raised & FP_UF) && fp_magnitude(f, r) == BIT(f.precision - 1);
}

/* The inline function `call` of fp_fast.h, but in mode rm and with its flags returned; `again` does
 * it by MPFR, in format f. */
#define IN_MODE(T, f, rm, flags, pins, call, again)                                                \
    do {                                                                                           \
        struct fp_env env = fp_env_enter(rm);                                                      \
        pins;                                                                                      \
        T r = call;                                                                                \
        FP_PIN(r);                                                                                 \
        u8 raised = fp_env_leave(env);                                                             \
        if (is_doubtful(f, r, raised))                                                             \
            return (T)again;                                                                       \
        *(flags) |= raised;                                                                        \
        return r;                                                                                  \
    } while (0)

#define PIN2(a, b)                                                                                 \
    FP_PIN(a);                                                                                     \
    FP_PIN(b)
#define PIN3(a, b, c)                                                                              \
    PIN2(a, b);                                                                                    \
    FP_PIN(c)

#define DEFINE_BINARY(F, T, name, FORMAT, op, call)                                                \
    T fp_##name##_##F(T a, T b, unsigned rm, u8 *flags)                                            \
    {                                                                                              \
        if (rm == FP_RMM)                                                                          \
            return (T)fp_mpfr_op(FORMAT, op, (u64[3]){a, b}, rm, flags);                           \
        IN_MODE(T, FORMAT, rm, flags, PIN2(a, b), call(a, b),                                      \
                fp_mpfr_op(FORMAT, op, ((u64[3]){a, b}), rm, flags));                              \
    }

#define DEFINE_ARITHMETIC(F, T, FORMAT)                                                            \
    DEFINE_BINARY(F, T, add, FORMAT, FP_OP_ADD, fp_fast_add_##F)                                   \
    DEFINE_BINARY(F, T, sub, FORMAT, FP_OP_SUB, fp_fast_sub_##F)                                   \
    DEFINE_BINARY(F, T, mul, FORMAT, FP_OP_MUL, fp_here_mul_##F)                                   \
    DEFINE_BINARY(F, T, div, FORMAT, FP_OP_DIV, fp_here_div_##F)                                   \
    T fp_sqrt_##F(T a, unsigned rm, u8 *flags)                                                     \
    {                                                                                              \
        if (rm == FP_RMM)                                                                          \
            return (T)fp_mpfr_op(FORMAT, FP_OP_SQRT, (u64[3]){a}, rm, flags);                      \
        IN_MODE(T, FORMAT, rm, flags, FP_PIN(a), fp_fast_sqrt_##F(a), r);                          \
    }                                                                                              \
    T fp_fmadd_##F(T a, T b, T c, unsigned rm, u8 *flags)                                          \
    {                                                                                              \
        if (rm == FP_RMM)                                                                          \
            return (T)fp_mpfr_op(FORMAT, FP_OP_FMA, (u64[3]){a, b, c}, rm, flags);                 \
        IN_MODE(T, FORMAT, rm, flags, PIN3(a, b, c), fp_here_fmadd_##F(a, b, c),                   \
                fp_mpfr_op(FORMAT, FP_OP_FMA, ((u64[3]){a, b, c}), rm, flags));                    \
    }                                                                                              \
    T fp_cvt_##F##_l(s64 a, unsigned rm, u8 *flags)                                                \
    {                                                                                              \
        if (rm == FP_RMM)                                                                          \
            return (T)fp_mpfr_from_s64(FORMAT, a, rm, flags);                                      \
        IN_MODE(T, FORMAT, rm, flags, FP_PIN(a), fp_fast_cvt_##F##_l(a), r);                       \
    }                                                                                              \
    T fp_cvt_##F##_lu(u64 a, unsigned rm, u8 *flags)                                               \
    {                                                                                              \
        if (rm == FP_RMM)                                                                          \
            return (T)fp_mpfr_from_u64(FORMAT, a, rm, flags);                                      \
        IN_MODE(T, FORMAT, rm, flags, FP_PIN(a), fp_fast_cvt_##F##_lu(a), r);                      \
    }                                                                                              \
    T fp_cvt_##F##_w(s32 a, unsigned rm, u8 *flags)                                                \
    {                                                                                              \
        return fp_cvt_##F##_l(a, rm, flags);                                                       \
    }                                                                                              \
    T fp_cvt_##F##_wu(u32 a, unsigned rm, u8 *flags)                                               \
    {                                                                                              \
        return fp_cvt_##F##_l(a, rm, flags);                                                       \
    }

DEFINE_ARITHMETIC(s, u32, FP_FORMAT_S)
DEFINE_ARITHMETIC(d, u64, FP_FORMAT_D)

u32 fp_cvt_s_d(u64 a, unsigned rm, u8 *flags)
{
    if (rm == FP_RMM)
        return (u32)fp_mpfr_narrow(FP_FORMAT_S, FP_FORMAT_D, a, rm, flags);
    IN_MODE(u32, FP_FORMAT_S, rm, flags, FP_PIN(a), fp_here_cvt_s_d(a),
            fp_mpfr_narrow(FP_FORMAT_S, FP_FORMAT_D, a, rm, flags));
}
