/*
 * The inline floating point of the hot path against the functions of fp.h, on all pairs of special
 * values and some random ones, and the contract about the host's sticky flags.
 */
#include "run_suite.h"
#include "fp_check.h"

#include <fenv.h>

static const u64 special_d[] = {
    0,
    FP_SIGN_D,
    1,
    NEG(1),
    D_MIN - 1,
    D_MIN,
    NEG(D_MIN),
    D_ONE,
    NEG(D_ONE),
    D_TWO,
    D_THREE,
    0x3fe0000000000000,
    0xbfe0000000000000, /* +-0.5 */
    0xbfefffffffffffff,
    0xbff0000000000001, /* just above and below -1 */
    0x41dfffffffc00000,
    0x41dfffffffe00000,
    0x41e0000000000000, /* 2^31 - 1, 2^31 - 0.5, 2^31 */
    0xc1e0000000000000,
    0xc1e0000000100000,
    0xc1e0000000200000, /* -2^31, - 0.5, - 1 */
    0x41efffffffe00000,
    0x41effffffff00000,
    0x41f0000000000000, /* 2^32 - 1, 2^32 - 0.5, 2^32 */
    0x43dfffffffffffff,
    0x43e0000000000000,
    0xc3e0000000000000,
    0xc3e0000000000001, /* 2^63 */
    0x43efffffffffffff,
    0x43f0000000000000,
    0x433fffffffffffff,
    0x7fd0000000000000,
    D_MAX,
    NEG(D_MAX),
    D_INF,
    NEG(D_INF),
    FP_NAN_D,
    D_QNAN,
    D_SNAN,
    NEG(D_SNAN),
};

/* The i-th operand of a sweep: all the special values first, then random patterns. */
static u64 operand_d(size_t i, u64 *state)
{
    return i < ARRAY_LEN(special_d) ? special_d[i] : random_bits(state);
}

static u32 operand_s(size_t i, u64 *state)
{
    u8 ignored = 0;

    if (i >= ARRAY_LEN(special_d))
        return (u32)random_bits(state);
    if (special_d[i] == D_SNAN || special_d[i] == NEG(D_SNAN))
        return S_SNAN;
    return fp_cvt_s_d(special_d[i], FP_RTZ, &ignored);
}

/* One of fp_fast.h and its counterpart of fp.h, on the variables a, b, c; pinned each time, so that
 * no result is reused, without its flags, from an earlier use. */
#define AGREE(fast, slow)                                                                          \
    do {                                                                                           \
        u8 flags = 0;                                                                              \
        u64 slow_ = (u64)(slow);                                                                   \
        FP_PIN(a);                                                                                 \
        FP_PIN(b);                                                                                 \
        FP_PIN(c);                                                                                 \
        FAST_IS(fast, slow_, flags);                                                               \
    } while (0)

#define SWEEP(F, T, a, b, c)                                                                       \
    do {                                                                                           \
        AGREE(fp_fast_add_##F(a, b), fp_add_##F(a, b, FP_RNE, &flags));                            \
        AGREE(fp_fast_sub_##F(a, b), fp_sub_##F(a, b, FP_RNE, &flags));                            \
        AGREE(fp_fast_mul_##F(a, b), fp_mul_##F(a, b, FP_RNE, &flags));                            \
        AGREE(fp_fast_div_##F(a, b), fp_div_##F(a, b, FP_RNE, &flags));                            \
        AGREE(fp_fast_sqrt_##F(a), fp_sqrt_##F(a, FP_RNE, &flags));                                \
        AGREE(fp_fast_fmadd_##F(a, b, c), fp_fmadd_##F(a, b, c, FP_RNE, &flags));                  \
        AGREE(fp_fast_fmsub_##F(a, b, c), fp_fmsub_##F(a, b, c, FP_RNE, &flags));                  \
        AGREE(fp_fast_fnmsub_##F(a, b, c), fp_fnmsub_##F(a, b, c, FP_RNE, &flags));                \
        AGREE(fp_fast_fnmadd_##F(a, b, c), fp_fnmadd_##F(a, b, c, FP_RNE, &flags));                \
        AGREE(fp_fast_min_##F(a, b), fp_min_##F(a, b, &flags));                                    \
        AGREE(fp_fast_max_##F(a, b), fp_max_##F(a, b, &flags));                                    \
        AGREE(fp_fast_eq_##F(a, b), fp_eq_##F(a, b, &flags));                                      \
        AGREE(fp_fast_lt_##F(a, b), fp_lt_##F(a, b, &flags));                                      \
        AGREE(fp_fast_le_##F(a, b), fp_le_##F(a, b, &flags));                                      \
        AGREE(fp_fast_cvt_w_##F##_rtz(a), fp_cvt_w_##F(a, FP_RTZ, &flags));                        \
        AGREE(fp_fast_cvt_wu_##F##_rtz(a), fp_cvt_wu_##F(a, FP_RTZ, &flags));                      \
        AGREE(fp_fast_cvt_l_##F##_rtz(a), fp_cvt_l_##F(a, FP_RTZ, &flags));                        \
        AGREE(fp_fast_cvt_lu_##F##_rtz(a), fp_cvt_lu_##F(a, FP_RTZ, &flags));                      \
        AGREE(fp_fast_cvt_##F##_w((s32)a), fp_cvt_##F##_w((s32)a, FP_RNE, &flags));                \
        AGREE(fp_fast_cvt_##F##_wu((u32)a), fp_cvt_##F##_wu((u32)a, FP_RNE, &flags));              \
        AGREE(fp_fast_cvt_##F##_l((s64)a), fp_cvt_##F##_l((s64)a, FP_RNE, &flags));                \
        AGREE(fp_fast_cvt_##F##_lu(a), fp_cvt_##F##_lu(a, FP_RNE, &flags));                        \
    } while (0)

#define OPERANDS (ARRAY_LEN(special_d) + 20)

START_TEST(fast_as_slow_d)
{
    u64 state = RANDOM_SEED;

    for (size_t i = 0; i < OPERANDS; i++)
        for (size_t j = 0; j < OPERANDS; j++) {
            u64 a = operand_d(i, &state), b = operand_d(j, &state),
                c = operand_d((i * 7 + j) % OPERANDS, &state);
            SWEEP(d, u64, a, b, c);
            AGREE(fp_fast_cvt_s_d(a), fp_cvt_s_d(a, FP_RNE, &flags));
        }
}
END_TEST

START_TEST(fast_as_slow_s)
{
    u64 state = RANDOM_SEED;

    for (size_t i = 0; i < OPERANDS; i++)
        for (size_t j = 0; j < OPERANDS; j++) {
            u32 a = operand_s(i, &state), b = operand_s(j, &state),
                c = operand_s((i * 7 + j) % OPERANDS, &state);
            SWEEP(s, u32, a, b, c);
            AGREE(fp_fast_cvt_d_s(a), fp_cvt_d_s(a, FP_RNE, &flags));
        }
}
END_TEST

/* The contract of fp_fast.h: flags gather until collected, and nothing in fp.h disturbs them. */
START_TEST(sticky_flags)
{
    fp_host_flags_collect();
    ck_assert_uint_eq(fp_host_flags_collect(), 0);
    u64 r = fp_fast_div_d(X(D_ONE), X(0)) ^ fp_fast_div_d(X(D_ONE), X(D_THREE));
    FP_PIN(r);
    u8 flags = 0;
    fp_add_d(D_SNAN, D_ONE, FP_RUP, &flags);
    ck_assert_uint_eq(flags, FP_NV);
    ck_assert_uint_eq(fp_host_flags_collect(), FP_DZ | FP_NX);
    ck_assert_uint_eq(fp_host_flags_collect(), 0);

    for (unsigned pending = 0; pending < 32; pending++)
        for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
            fp_host_flags_collect();
            fp_host_flags_raise((u8)pending);
            flags = 0x80; /* what is there stays */
            fp_mul_d(D_MAX, D_MAX, rm, &flags);
            fp_div_h(H_ONE, 0x4200, rm, &flags);
            fp_round_s(0x40200000, rm, &flags);
            fp_cvt_w_d(D_QNAN, rm, &flags);
            fp_cvt_s_d(1, rm, &flags);
            fp_lt_d(D_QNAN, D_ONE, &flags);
            ck_assert_uint_eq(flags, 0x80 | FP_OF | FP_UF | FP_NX | FP_NV);
            ck_assert_uint_eq(fp_host_flags_collect(), pending);
            ck_assert_int_eq(fegetround(), FE_TONEAREST);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fp_fast");
    TCase *tc = tcase_create("fp_fast");

    tcase_add_test(tc, fast_as_slow_d);
    tcase_add_test(tc, fast_as_slow_s);
    tcase_add_test(tc, sticky_flags);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
