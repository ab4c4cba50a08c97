/*
 * Floating point by GNU MPFR, for what the host cannot do exactly: round-to-nearest-max-magnitude
 * in every format, and everything that rounds to half precision or bfloat16. Operations are
 * computed with 64 bits rounded towards zero plus one sticky bit, in MPFR's own wide exponent
 * range; round_to_format() then rounds once, to an integer multiple of the format's unit in the
 * last place. Operands and results travel as integers, so the host's FPU is not involved.
 */
#include "cpu/fp_internal.h"

#include <assert.h>
#include <mpfr.h>

/* Enough for every operand, and for every truncated result to hold all bits before the sticky. */
#define WORK_BITS 64

static mpfr_rnd_t mpfr_mode(unsigned rm)
{
    static const mpfr_rnd_t modes[] = {
        [FP_RNE] = MPFR_RNDN, [FP_RTZ] = MPFR_RNDZ,  [FP_RDN] = MPFR_RNDD,
        [FP_RUP] = MPFR_RNDU, [FP_RMM] = MPFR_RNDNA,
    };
    assert(rm < ARRAY_LEN(modes));
    return modes[rm];
}

/* x = the value of pattern v, exactly. */
static void load(mpfr_t x, struct fp_format f, u64 v)
{
    u64 magnitude = fp_magnitude(f, v);
    u64 exponent = magnitude >> (f.precision - 1);
    u64 fraction = magnitude & MASK(f.precision - 1);

    if (fp_is_nan(f, v)) {
        mpfr_set_nan(x);
        return;
    }
    if (magnitude == fp_inf(f))
        mpfr_set_inf(x, 1);
    else if (exponent == 0)
        mpfr_set_uj_2exp(x, fraction, f.lsb, MPFR_RNDN);
    else
        mpfr_set_uj_2exp(x, fraction | BIT(f.precision - 1), f.lsb + (s64)exponent - 1, MPFR_RNDN);
    mpfr_setsign(x, x, fp_is_negative(f, v), MPFR_RNDN);
}

/* |x| in units of 2^unit, rounded to an integer; *inexact is set when that changed the value. */
static u64 round_to_unit(mpfr_t x, s64 unit, unsigned rm, bool *inexact)
{
    MPFR_DECL_INIT(scaled, WORK_BITS + 1);
    MPFR_DECL_INIT(integer, WORK_BITS + 1);

    mpfr_mul_2si(scaled, x, -unit, MPFR_RNDN);
    mpfr_rint(integer, scaled, mpfr_mode(rm));
    *inexact = !mpfr_equal_p(integer, scaled);
    mpfr_abs(integer, integer, MPFR_RNDN);
    return mpfr_get_uj(integer, MPFR_RNDN);
}

/* The finite result of an overflow, or infinity, without its sign ("7.4", IEEE 754). */
static u64 overflow(struct fp_format f, bool negative, unsigned rm, u8 *flags)
{
    bool finite = rm == FP_RTZ || rm == (negative ? FP_RUP : FP_RDN);

    *flags |= FP_OF | FP_NX;
    return finite ? fp_inf(f) - 1 : fp_inf(f);
}

/*
 * The pattern of x in format f. Counting in units of the last place makes the pattern without
 * further cases: a carry out of the fraction moves into the exponent field by itself.
 */
static u64 round_to_format(struct fp_format f, mpfr_t x, unsigned rm, u8 *flags)
{
    u64 sign = mpfr_signbit(x) ? fp_sign(f) : 0;
    bool inexact, ignored;

    if (mpfr_nan_p(x))
        return fp_canonical_nan(f);
    if (mpfr_inf_p(x))
        return sign | fp_inf(f);
    if (mpfr_zero_p(x))
        return sign;

    s64 unit = mpfr_get_exp(x) - f.precision; /* of a result with unbounded exponent */
    s64 exponent = unit - f.lsb;
    if (exponent >= (s64)BIT(f.width - f.precision))
        return sign | overflow(f, sign != 0, rm, flags);

    u64 units = round_to_unit(x, exponent < 0 ? f.lsb : unit, rm, &inexact);
    u64 pattern = exponent < 0 ? units : ((u64)exponent << (f.precision - 1)) + units;
    if (pattern >= fp_inf(f))
        return sign | overflow(f, sign != 0, rm, flags);
    if (inexact) {
        /* Tiny after rounding: below the least normal number were the exponent unbounded. */
        bool tiny = exponent < -1 ||
                    (exponent == -1 && round_to_unit(x, unit, rm, &ignored) < BIT(f.precision));
        *flags |= tiny ? FP_UF | FP_NX : FP_NX;
    }
    return sign | pattern;
}

static int evaluate(mpfr_t t, enum fp_op op, mpfr_ptr const x[3], mpfr_rnd_t mode)
{
    switch (op) {
    case FP_OP_ADD:
        return mpfr_add(t, x[0], x[1], mode);
    case FP_OP_SUB:
        return mpfr_sub(t, x[0], x[1], mode);
    case FP_OP_MUL:
        return mpfr_mul(t, x[0], x[1], mode);
    case FP_OP_DIV:
        return mpfr_div(t, x[0], x[1], mode);
    case FP_OP_SQRT:
        return mpfr_sqrt(t, x[0], mode);
    default:
        assert(op == FP_OP_FMA);
        return mpfr_fma(t, x[0], x[1], x[2], mode);
    }
}

static unsigned operands(enum fp_op op)
{
    return op == FP_OP_SQRT ? 1 : op == FP_OP_FMA ? 3 : 2;
}

/* NV and DZ, which come from the operands; the rest comes from rounding. */
static u8 operand_flags(struct fp_format f, enum fp_op op, const u64 x[3], mpfr_t result)
{
    bool signaling = false, nan = false;

    for (unsigned i = 0; i < operands(op); i++) {
        signaling |= fp_is_signaling(f, x[i]);
        nan |= fp_is_nan(f, x[i]);
    }
    if (op == FP_OP_FMA && fp_is_zero_times_infinity(f, x[0], x[1]))
        return FP_NV;
    if (signaling || (mpfr_nan_p(result) && !nan))
        return FP_NV;
    if (op == FP_OP_DIV && mpfr_inf_p(result) && fp_magnitude(f, x[0]) != fp_inf(f))
        return FP_DZ;
    return 0;
}

u64 fp_mpfr_op(struct fp_format f, enum fp_op op, const u64 x[3], unsigned rm, u8 *flags)
{
    MPFR_DECL_INIT(a, WORK_BITS);
    MPFR_DECL_INIT(b, WORK_BITS);
    MPFR_DECL_INIT(c, WORK_BITS);
    MPFR_DECL_INIT(truncated, WORK_BITS);
    MPFR_DECL_INIT(result, WORK_BITS + 1);
    mpfr_ptr in[3] = {a, b, c};

    for (unsigned i = 0; i < operands(op); i++)
        load(in[i], f, x[i]);
    int rest = evaluate(truncated, op, in, MPFR_RNDZ);
    /* An exact zero sum is -0 only when rounding down, +0 in all other modes. */
    if (mpfr_zero_p(truncated) && rm == FP_RDN)
        evaluate(truncated, op, in, MPFR_RNDD);
    mpfr_set(result, truncated, MPFR_RNDN);
    /* What was cut off becomes one sticky bit, which no rounding can mistake for a tie. */
    if (rest < 0)
        mpfr_nextabove(result);
    else if (rest > 0)
        mpfr_nextbelow(result);
    *flags |= operand_flags(f, op, x, result);
    return round_to_format(f, result, rm, flags);
}

u64 fp_mpfr_narrow(struct fp_format f, struct fp_format from, u64 v, unsigned rm, u8 *flags)
{
    MPFR_DECL_INIT(x, WORK_BITS);

    if (fp_is_nan(from, v))
        return fp_quieted(from, v, f, flags);
    load(x, from, v);
    return round_to_format(f, x, rm, flags);
}

u64 fp_mpfr_from_s64(struct fp_format f, s64 v, unsigned rm, u8 *flags)
{
    MPFR_DECL_INIT(x, WORK_BITS);

    mpfr_set_sj(x, v, MPFR_RNDN);
    return round_to_format(f, x, rm, flags);
}

u64 fp_mpfr_from_u64(struct fp_format f, u64 v, unsigned rm, u8 *flags)
{
    MPFR_DECL_INIT(x, WORK_BITS);

    mpfr_set_uj(x, v, MPFR_RNDN);
    return round_to_format(f, x, rm, flags);
}
