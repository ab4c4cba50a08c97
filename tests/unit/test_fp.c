/*
 * Floating point: hand-picked vectors for each rule of the manual's chapters F, D, Zfh, Zfbfmin and
 * Zfa, above all what TestFloat has no function for: minimum and maximum, classification, FLI,
 * FCVTMOD, boxing.
 */
#include "run_suite.h"
#include "fp_check.h"

/* norm:fp_nan-boxing, norm:FP_nontransfer_instrs_improper_nan-boxed_input */
START_TEST(boxing)
{
    ck_assert_uint_eq(fp_box_s(S_ONE), 0xffffffff3f800000);
    ck_assert_uint_eq(fp_box_h(H_ONE), 0xffffffffffff3c00);
    ck_assert_uint_eq(fp_unbox_s(fp_box_s(S_SNAN)), S_SNAN);
    ck_assert_uint_eq(fp_unbox_h(fp_box_h(H_SNAN)), H_SNAN);
    ck_assert_uint_eq(fp_unbox_s(0xfffffffe3f800000), FP_NAN_S);
    ck_assert_uint_eq(fp_unbox_s(S_ONE), FP_NAN_S);
    ck_assert_uint_eq(fp_unbox_h(0xfffffffffffe3c00), FP_NAN_H);
    ck_assert_uint_eq(fp_unbox_h(0x00000000ffff3c00), FP_NAN_H);
    ck_assert_uint_eq(fp_unbox_bf16(0xfffffffffffe3f80), FP_NAN_BF16);
    ck_assert_uint_eq(fp_unbox_bf16(0xffffffffffff3f80), 0x3f80);
}
END_TEST

/* norm:canonical_NaN: payloads and signs of operands do not travel. */
START_TEST(canonical_nans)
{
    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
        IS(fp_add_d(D_QNAN, D_ONE, rm, &flags), FP_NAN_D, 0);
        IS(fp_add_d(D_SNAN, D_ONE, rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_sub_d(D_INF, D_INF, rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_mul_d(0, NEG(D_INF), rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_div_d(0, NEG(0), rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_sqrt_d(NEG(D_ONE), rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_sqrt_d(NEG(0), rm, &flags), NEG(0), 0);
        IS(fp_sqrt_s(0xffc12345, rm, &flags), FP_NAN_S, 0);
        IS(fp_mul_s(S_SNAN, 0xffc12345, rm, &flags), FP_NAN_S, FP_NV);
        IS(fp_mul_h(H_SNAN, 0, rm, &flags), FP_NAN_H, FP_NV);
        IS(fp_add_h(0xfe01, 0, rm, &flags), FP_NAN_H, 0);
    }
    FAST_IS(fp_fast_add_d(X(D_QNAN), X(D_ONE)), FP_NAN_D, 0);
    FAST_IS(fp_fast_mul_s(XS(S_INF), XS(0)), FP_NAN_S, FP_NV);
    FAST_IS(fp_fast_cvt_d_s(XS(0xff812345)), FP_NAN_D, FP_NV);
    FAST_IS(fp_fast_cvt_s_d(X(D_QNAN)), FP_NAN_S, 0);
}
END_TEST

/* 1 + 2^-53 (a tie) and its negative in every mode; exact zero sums. */
START_TEST(rounding_modes)
{
    const u64 half_ulp = 0x3ca0000000000000, up = D_ONE + 1;

    IS(fp_add_d(D_ONE, half_ulp, FP_RNE, &flags), D_ONE, FP_NX);
    IS(fp_add_d(D_ONE, half_ulp, FP_RTZ, &flags), D_ONE, FP_NX);
    IS(fp_add_d(D_ONE, half_ulp, FP_RDN, &flags), D_ONE, FP_NX);
    IS(fp_add_d(D_ONE, half_ulp, FP_RUP, &flags), up, FP_NX);
    IS(fp_add_d(D_ONE, half_ulp, FP_RMM, &flags), up, FP_NX);
    IS(fp_sub_d(NEG(D_ONE), half_ulp, FP_RDN, &flags), NEG(up), FP_NX);
    IS(fp_sub_d(NEG(D_ONE), half_ulp, FP_RUP, &flags), NEG(D_ONE), FP_NX);
    IS(fp_sub_d(NEG(D_ONE), half_ulp, FP_RMM, &flags), NEG(up), FP_NX);
    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
        IS(fp_sub_d(D_ONE, D_ONE, rm, &flags), rm == FP_RDN ? NEG(0) : 0, 0);
        IS(fp_sub_h(H_ONE, H_ONE, rm, &flags), rm == FP_RDN ? 0x8000 : 0, 0);
        IS(fp_fmsub_s(S_ONE, S_ONE, S_ONE, rm, &flags), rm == FP_RDN ? FP_SIGN_S : 0, 0);
        IS(fp_mul_d(NEG(0), D_ONE, rm, &flags), NEG(0), 0);
        IS(fp_mul_h(0x8000, H_ONE, rm, &flags), 0x8000, 0);
    }
}
END_TEST

/* What lies far below the last place still counts: 2^-80 beside 1, 2^-48 beside 2^15 in h. */
START_TEST(sticky_remainder)
{
    const u64 tiny = 0x3af0000000000000;

    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
        bool up = rm == FP_RUP, down = rm == FP_RDN || rm == FP_RTZ;
        IS(fp_add_d(D_ONE, tiny, rm, &flags), D_ONE + up, FP_NX);
        IS(fp_sub_d(D_ONE, tiny, rm, &flags), D_ONE - down, FP_NX);
        IS(fp_sub_d(NEG(D_ONE), tiny, rm, &flags), NEG(D_ONE) + (rm == FP_RDN), FP_NX);
        IS(fp_fmadd_h(1, 1, 0x7800, rm, &flags), 0x7800 + up, FP_NX);
        IS(fp_fnmsub_h(1, 1, 0x7800, rm, &flags), 0x7800 - down, FP_NX);
        /* beside -2^15 the same remainder moves towards zero */
        IS(fp_fmadd_h(1, 1, 0xf800, rm, &flags), 0xf800 - (up || rm == FP_RTZ), FP_NX);
    }
}
END_TEST

START_TEST(overflow_and_division_by_zero)
{
    static const bool to_infinity[2][5] = {{1, 0, 0, 1, 1}, {1, 0, 1, 0, 1}};

    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++)
        for (unsigned sign = 0; sign < 2; sign++) {
            u64 s = (u64)sign << 63;
            bool inf = to_infinity[sign][rm];
            IS(fp_mul_d(D_MAX, D_TWO | s, rm, &flags), s | (inf ? D_INF : D_MAX), FP_OF | FP_NX);
            IS(fp_add_h((u16)(H_MAX | s >> 48), (u16)(H_MAX | s >> 48), rm, &flags),
               s >> 48 | (inf ? H_INF : H_MAX), FP_OF | FP_NX);
            IS(fp_cvt_s_d(D_MAX | s, rm, &flags), s >> 32 | (inf ? S_INF : S_MAX), FP_OF | FP_NX);
            /* Rounded down, the greatest s is the greatest bf16: no overflow then. */
            IS(fp_cvt_bf16_s(S_MAX | (u32)(s >> 32), rm, &flags), s >> 48 | (inf ? 0x7f80 : 0x7f7f),
               inf ? FP_OF | FP_NX : FP_NX);
            IS(fp_div_d(D_ONE | s, 0, rm, &flags), s | D_INF, FP_DZ);
            IS(fp_div_h((u16)(H_ONE | s >> 48), 0, rm, &flags), s >> 48 | H_INF, FP_DZ);
            IS(fp_div_d(D_INF | s, 0, rm, &flags), s | D_INF, 0);
        }
}
END_TEST

/* norm:ieee_std_tininess: after rounding, and only when inexact. */
START_TEST(tininess)
{
    /* 2^-1022 - 2^-1076 needs 54 bits: rounded to 53 with unbounded exponent it is the least normal
     * number, or, rounding down, the number below. Products of two do not get there. */
    const u64 two_m538 = 0x1e50000000000000; /* 2^-538; its square is 2^-1076 */

    IS(fp_fnmsub_d(two_m538, two_m538, D_MIN, FP_RNE, &flags), D_MIN, FP_NX);
    IS(fp_fnmsub_d(two_m538, two_m538, D_MIN, FP_RUP, &flags), D_MIN, FP_NX);
    IS(fp_fnmsub_d(two_m538, two_m538, D_MIN, FP_RMM, &flags), D_MIN, FP_NX);
    IS(fp_fnmsub_d(two_m538, two_m538, D_MIN, FP_RDN, &flags), D_MIN - 1, FP_UF | FP_NX);
    /* 2^-1022 - 2^-1075 has 53 bits: tiny, although it rounds to the least normal number. */
    IS(fp_fnmsub_d(two_m538, 0x1e60000000000000, D_MIN, FP_RNE, &flags), D_MIN, FP_UF | FP_NX);
    IS(fp_fnmsub_d(two_m538, 0x1e60000000000000, D_MIN, FP_RMM, &flags), D_MIN, FP_UF | FP_NX);
    FAST_IS(fp_fast_fnmsub_d(X(two_m538), X(two_m538), X(D_MIN)), D_MIN, FP_NX);
    FAST_IS(fp_fast_fnmsub_d(X(two_m538), X(0x1e60000000000000), X(D_MIN)), D_MIN, FP_UF | FP_NX);
    /* Exact subnormals raise nothing. */
    IS(fp_mul_d(D_MIN, 0x3fe0000000000000, FP_RNE, &flags), D_MIN / 2, 0);
    IS(fp_mul_d(D_MIN, 0x3fe0000000000000, FP_RMM, &flags), D_MIN / 2, 0);
    IS(fp_mul_h(0x0400, 0x3800, FP_RNE, &flags), 0x0200, 0);
    IS(fp_mul_d(1, 0x3fe0000000000000, FP_RNE, &flags), 0, FP_UF | FP_NX);
    IS(fp_mul_d(1, 0x3fe0000000000000, FP_RMM, &flags), 1, FP_UF | FP_NX);
    /* Subnormal operands count in full. */
    IS(fp_add_d(1, 1, FP_RNE, &flags), 2, 0);
    FAST_IS(fp_fast_add_d(X(1), X(1)), 2, 0);
    FAST_IS(fp_fast_add_s(XS(1), XS(0x007fffff)), 0x00800000, 0);
    /* s narrowed from d, and h from s, at the same border. */
    IS(fp_cvt_s_d(0x380fffffffffffff, FP_RNE, &flags), S_MIN, FP_NX);
    IS(fp_cvt_s_d(0x380fffffe0000000, FP_RNE, &flags), S_MIN, FP_UF | FP_NX);
    IS(fp_cvt_h_s(0x387fffff, FP_RNE, &flags), 0x0400, FP_NX);
    IS(fp_cvt_h_s(0x387fe000, FP_RNE, &flags), 0x0400, FP_UF | FP_NX);
}
END_TEST

/* norm:fmadd-s_op and its relatives; norm:fma_nv_flag */
START_TEST(fused_multiply_add)
{
    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
        IS(fp_fmadd_d(D_TWO, D_THREE, D_ONE, rm, &flags), 0x401c000000000000, 0);       /* 7 */
        IS(fp_fmsub_d(D_TWO, D_THREE, D_ONE, rm, &flags), 0x4014000000000000, 0);       /* 5 */
        IS(fp_fnmsub_d(D_TWO, D_THREE, D_ONE, rm, &flags), NEG(0x4014000000000000), 0); /* -5 */
        IS(fp_fnmadd_d(D_TWO, D_THREE, D_ONE, rm, &flags), NEG(0x401c000000000000), 0); /* -7 */
        IS(fp_fmadd_d(D_INF, 0, FP_NAN_D, rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_fmadd_d(NEG(0), NEG(D_INF), D_QNAN, rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_fmadd_s(0, S_INF, FP_NAN_S, rm, &flags), FP_NAN_S, FP_NV);
        IS(fp_fmadd_h(0, H_INF, FP_NAN_H, rm, &flags), FP_NAN_H, FP_NV);
        IS(fp_fmadd_d(D_MAX, D_MAX, D_QNAN, rm, &flags), FP_NAN_D, 0);
        IS(fp_fmsub_d(D_INF, D_ONE, D_INF, rm, &flags), FP_NAN_D, FP_NV);
        IS(fp_fnmsub_h(0x4000, 0x4200, H_ONE, rm, &flags), 0xc500, 0); /* -(2 * 3) + 1 */
    }
    FAST_IS(fp_fast_fmadd_d(X(D_INF), X(0), X(FP_NAN_D)), FP_NAN_D, FP_NV);
    FAST_IS(fp_fast_fmadd_d(X(D_INF), X(D_ONE), X(FP_NAN_D)), FP_NAN_D, 0);
    FAST_IS(fp_fast_fmadd_d(X(D_MAX), X(D_MAX), X(D_QNAN)), FP_NAN_D, 0);
    FAST_IS(fp_fast_fmadd_s(XS(0), XS(S_INF), XS(FP_NAN_S)), FP_NAN_S, FP_NV);
    /* One rounding: (1 + 2^-52)^2 - (1 + 2^-51) is 2^-104. */
    FAST_IS(fp_fast_fmsub_d(X(D_ONE + 1), X(D_ONE + 1), X(D_ONE + 2)), 0x3970000000000000, 0);
}
END_TEST

/* norm:fmin-s_fmax-s_op and what follows it; norm:fmaxm-s_fminm-s_op */
START_TEST(minimum_and_maximum)
{
    IS(fp_min_d(D_ONE, D_TWO, &flags), D_ONE, 0);
    IS(fp_max_d(D_ONE, D_TWO, &flags), D_TWO, 0);
    IS(fp_min_d(NEG(D_ONE), NEG(D_TWO), &flags), NEG(D_TWO), 0);
    IS(fp_max_d(NEG(D_ONE), D_INF, &flags), D_INF, 0);
    IS(fp_min_d(0, NEG(0), &flags), NEG(0), 0);
    IS(fp_min_d(NEG(0), 0, &flags), NEG(0), 0);
    IS(fp_max_d(0, NEG(0), &flags), 0, 0);
    IS(fp_max_d(NEG(0), 0, &flags), 0, 0);
    IS(fp_min_d(D_QNAN, D_ONE, &flags), D_ONE, 0);
    IS(fp_max_d(D_ONE, D_QNAN, &flags), D_ONE, 0);
    IS(fp_min_d(D_SNAN, D_ONE, &flags), D_ONE, FP_NV);
    IS(fp_max_d(D_QNAN, NEG(D_QNAN), &flags), FP_NAN_D, 0);
    IS(fp_max_d(D_QNAN, D_SNAN, &flags), FP_NAN_D, FP_NV);
    IS(fp_minm_d(D_ONE, D_QNAN, &flags), FP_NAN_D, 0);
    IS(fp_maxm_d(D_SNAN, D_ONE, &flags), FP_NAN_D, FP_NV);
    IS(fp_minm_d(0, NEG(0), &flags), NEG(0), 0);
    IS(fp_maxm_d(NEG(0), 0, &flags), 0, 0);
    IS(fp_maxm_d(D_ONE, D_TWO, &flags), D_TWO, 0);
    IS(fp_min_s(S_SNAN, S_SNAN, &flags), FP_NAN_S, FP_NV);
    IS(fp_minm_s(S_ONE, 0xffc12345, &flags), FP_NAN_S, 0);
    IS(fp_max_h(H_ONE, 0xbc00, &flags), H_ONE, 0);
    IS(fp_min_h(H_ONE, 0xbc00, &flags), 0xbc00, 0);
    IS(fp_max_h(H_SNAN, 0xbc00, &flags), 0xbc00, FP_NV);
    IS(fp_maxm_h(H_ONE, FP_NAN_H, &flags), FP_NAN_H, 0);
}
END_TEST

/* norm:flt-s_fle-s_signaling, norm:feq-s_quiet, norm:fleq-s_fltq-s_op */
START_TEST(comparisons)
{
    IS(fp_eq_d(0, NEG(0), &flags), 1, 0);
    IS(fp_lt_d(NEG(0), 0, &flags), 0, 0);
    IS(fp_le_d(0, NEG(0), &flags), 1, 0);
    IS(fp_lt_d(NEG(D_INF), D_MAX, &flags), 1, 0);
    IS(fp_eq_d(D_QNAN, D_QNAN, &flags), 0, 0);
    IS(fp_eq_d(D_SNAN, D_ONE, &flags), 0, FP_NV);
    IS(fp_lt_d(D_QNAN, D_ONE, &flags), 0, FP_NV);
    IS(fp_le_d(D_ONE, D_QNAN, &flags), 0, FP_NV);
    IS(fp_ltq_d(D_QNAN, D_ONE, &flags), 0, 0);
    IS(fp_leq_d(D_ONE, D_SNAN, &flags), 0, FP_NV);
    IS(fp_leq_s(S_ONE, S_ONE, &flags), 1, 0);
    IS(fp_ltq_h(0xbc00, H_ONE, &flags), 1, 0);
    IS(fp_ltq_h(0xbc00, FP_NAN_H, &flags), 0, 0);
    FAST_IS(fp_fast_lt_d(X(D_QNAN), X(D_ONE)), 0, FP_NV);
    FAST_IS(fp_fast_le_s(XS(FP_NAN_S), XS(FP_NAN_S)), 0, FP_NV);
    FAST_IS(fp_fast_eq_d(X(D_QNAN), X(D_QNAN)), 0, 0);
    FAST_IS(fp_fast_eq_s(XS(S_ONE), XS(S_SNAN)), 0, FP_NV);
}
END_TEST

/* norm:fclass-s_op: ten classes in order, as h, s, d. */
START_TEST(classes)
{
    static const struct {
        u16 h;
        u32 s;
        u64 d;
    } of[] = {
        {0xfc00, 0xff800000, NEG(D_INF)},
        {0xbc00, NEG_S(S_ONE), NEG(D_MIN)},
        {0x83ff, 0x80000001, NEG(D_MIN - 1)},
        {0x8000, FP_SIGN_S, FP_SIGN_D},
        {0, 0, 0},
        {0x0001, S_MIN - 1, 1},
        {0x0400, S_MAX, D_MAX},
        {H_INF, S_INF, D_INF},
        {0xfdff, S_SNAN, NEG(D_SNAN)},
        {0xfe00, FP_NAN_S, D_QNAN},
    };

    for (unsigned i = 0; i < ARRAY_LEN(of); i++) {
        ck_assert_uint_eq(fp_class_h(of[i].h), 1u << i);
        ck_assert_uint_eq(fp_class_s(of[i].s), 1u << i);
        ck_assert_uint_eq(fp_class_d(of[i].d), 1u << i);
    }
}
END_TEST

/* Table "Domains of float-to-integer conversions and behavior for invalid inputs" (chapter F). */
START_TEST(saturation)
{
    static const struct {
        u64 a;
        s32 w;
        u32 wu;
        s64 l;
        u64 lu;
    } of[] = {
        {NEG(D_INF), INT32_MIN, 0, INT64_MIN, 0},
        {NEG(D_MAX), INT32_MIN, 0, INT64_MIN, 0},
        {D_MAX, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX},
        {D_INF, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX},
        {FP_NAN_D, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX},
        {NEG(D_SNAN), INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX},
    };

    for (unsigned i = 0; i < ARRAY_LEN(of); i++)
        for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
            u8 ignored = 0;
            u32 s = i == 5 ? NEG_S(S_SNAN) : fp_cvt_s_d(of[i].a, FP_RNE, &ignored);
            IS(fp_cvt_w_d(of[i].a, rm, &flags), of[i].w, FP_NV);
            IS(fp_cvt_wu_d(of[i].a, rm, &flags), of[i].wu, FP_NV);
            IS(fp_cvt_l_d(of[i].a, rm, &flags), of[i].l, FP_NV);
            IS(fp_cvt_lu_d(of[i].a, rm, &flags), of[i].lu, FP_NV);
            IS(fp_cvt_w_s(s, rm, &flags), of[i].w, FP_NV);
            IS(fp_cvt_lu_s(s, rm, &flags), of[i].lu, FP_NV);
        }
    /* -0.5 is valid for unsigned results when it rounds to 0, and inexact; -1 never is. */
    IS(fp_cvt_wu_d(0xbfe0000000000000, FP_RTZ, &flags), 0, FP_NX);
    IS(fp_cvt_wu_d(0xbfe0000000000000, FP_RNE, &flags), 0, FP_NX);
    IS(fp_cvt_wu_d(0xbfe0000000000000, FP_RMM, &flags), 0, FP_NV);
    IS(fp_cvt_lu_s(NEG_S(0x3f000000), FP_RDN, &flags), 0, FP_NV);
    IS(fp_cvt_lu_h(0xbc00, FP_RTZ, &flags), 0, FP_NV);
    /* Rounding decides what fits: 2^31 - 0.5. */
    IS(fp_cvt_w_d(0x41dfffffffe00000, FP_RTZ, &flags), INT32_MAX, FP_NX);
    IS(fp_cvt_w_d(0x41dfffffffe00000, FP_RNE, &flags), INT32_MAX, FP_NV);
    IS(fp_cvt_l_d(0x41dfffffffe00000, FP_RNE, &flags), 0x80000000, FP_NX);
    IS(fp_cvt_w_h(0x4100, FP_RNE, &flags), 2, FP_NX); /* 2.5 */
    IS(fp_cvt_w_h(0x4100, FP_RMM, &flags), 3, FP_NX);
    IS(fp_cvt_wu_h(H_INF, FP_RNE, &flags), UINT32_MAX, FP_NV);
}
END_TEST

START_TEST(from_integers)
{
    IS(fp_cvt_d_w(-1, FP_RNE, &flags), NEG(D_ONE), 0);
    IS(fp_cvt_s_wu(UINT32_MAX, FP_RTZ, &flags), 0x4f7fffff, FP_NX);
    IS(fp_cvt_s_wu(UINT32_MAX, FP_RMM, &flags), 0x4f800000, FP_NX);
    IS(fp_cvt_d_lu(UINT64_MAX, FP_RNE, &flags), 0x43f0000000000000, FP_NX);
    IS(fp_cvt_d_lu(UINT64_MAX, FP_RDN, &flags), 0x43efffffffffffff, FP_NX);
    IS(fp_cvt_s_lu(0x8000008000000001, FP_RNE, &flags), 0x5f000001, FP_NX);
    IS(fp_cvt_h_lu(UINT64_MAX, FP_RNE, &flags), H_INF, FP_OF | FP_NX);
    IS(fp_cvt_h_l(-65504, FP_RNE, &flags), 0xfbff, 0);
    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
        /* "will never set any exception flags": positive zero in every mode */
        IS(fp_cvt_s_w(0, rm, &flags), 0, 0);
        IS(fp_cvt_d_lu(0, rm, &flags), 0, 0);
        IS(fp_cvt_s_l(0, rm, &flags), 0, 0);
        IS(fp_cvt_h_l(0, rm, &flags), 0, 0);
    }
}
END_TEST

/* norm:fround-s_op, norm:fround-s_zero_inf, norm:fround-s_nan_nv, norm:froundnx-s_op */
START_TEST(round_to_integral)
{
    static const u64 rounded[5] = {D_TWO, D_TWO, D_TWO, D_THREE, D_THREE}; /* of 2.5 */

    for (unsigned rm = FP_RNE; rm <= FP_RMM; rm++) {
        u8 ignored = 0;
        u64 a = 0x4004000000000000; /* 2.5 */
        u32 s = fp_cvt_s_d(rounded[rm], rm, &ignored);
        u16 h = fp_cvt_h_d(rounded[rm], rm, &ignored);
        IS(fp_round_d(a, rm, &flags), rounded[rm], 0);
        IS(fp_roundnx_d(a, rm, &flags), rounded[rm], FP_NX);
        IS(fp_round_s(0x40200000, rm, &flags), s, 0);
        IS(fp_roundnx_s(0x40200000, rm, &flags), s, FP_NX);
        IS(fp_roundnx_h(0x4100, rm, &flags), h, FP_NX);
        IS(fp_roundnx_d(NEG(0), rm, &flags), NEG(0), 0);
        IS(fp_roundnx_d(NEG(D_INF), rm, &flags), NEG(D_INF), 0);
        IS(fp_round_d(D_MAX, rm, &flags), D_MAX, 0);
        IS(fp_roundnx_h(H_MAX, rm, &flags), H_MAX, 0);
        IS(fp_round_d(D_QNAN, rm, &flags), FP_NAN_D, 0);
        IS(fp_round_s(S_SNAN, rm, &flags), FP_NAN_S, FP_NV);
        IS(fp_roundnx_h(H_SNAN, rm, &flags), FP_NAN_H, FP_NV);
    }
    IS(fp_roundnx_d(NEG(0x3fd0000000000000), FP_RUP, &flags), NEG(0), FP_NX); /* -0.25 */
    IS(fp_roundnx_d(0x3fdfffffffffffff, FP_RMM, &flags), 0, FP_NX);           /* below 0.5 */
    IS(fp_round_h(0x8001, FP_RDN, &flags), 0xbc00, 0);
}
END_TEST

/* norm:fcvtmod-w-d_op, norm:fcvtmod-w-d_flags */
START_TEST(modular_conversion)
{
    IS(fp_cvtmod_w_d(0x41f0000000100000, &flags), 1, FP_NV);         /* 2^32 + 1 */
    IS(fp_cvtmod_w_d(NEG(0x41f0000000100000), &flags), -1, FP_NV);   /* its negative */
    IS(fp_cvtmod_w_d(0x41e0000000000000, &flags), INT32_MIN, FP_NV); /* 2^31 */
    IS(fp_cvtmod_w_d(0xc1e0000000000000, &flags), INT32_MIN, 0);     /* -2^31 */
    IS(fp_cvtmod_w_d(0x3fefffffffffffff, &flags), 0, FP_NX);
    IS(fp_cvtmod_w_d(D_INF, &flags), 0, FP_NV);
    IS(fp_cvtmod_w_d(FP_NAN_D, &flags), 0, FP_NV);
    IS(fp_cvtmod_w_d(0x4330000000000001, &flags), 1, FP_NV);         /* 2^52 + 1 */
    IS(fp_cvtmod_w_d(0x4530000000000001, &flags), 0, FP_NV);         /* 2^84 + 2^32 */
    IS(fp_cvtmod_w_d(0x4520000000000001, &flags), INT32_MIN, FP_NV); /* 2^83 + 2^31 */
    IS(fp_cvtmod_w_d(1, &flags), 0, FP_NX);
    u64 state = RANDOM_SEED;
    for (size_t i = 0; i < 20000; i++) {
        /* Any exponent from 2^-10 to 2^100, against the remainder of libm. */
        u64 a = (random_bits(&state) & 0x800fffffffffffff) | (1013 + random_bits(&state) % 110)
                                                                 << 52;
        u8 flags = 0, as_fcvt = 0;
        s32 got = fp_cvtmod_w_d(a, &flags);
        (void)fp_cvt_w_d(a, FP_RTZ, &as_fcvt);
        ck_assert_int_eq(got, (s32)(u32)(s64)fmod(trunc(fp_host_d(a)), 0x1p32));
        ck_assert_uint_eq(flags, as_fcvt);
    }
}
END_TEST

/* norm:fli-s_op, norm:fli-d_op, norm:fli-h_op */
START_TEST(load_immediate)
{
    static const double values[32] = {
        -1,     0,   0x1p-16, 0x1p-15, 0x1p-8, 0x1p-7, 0.0625, 0.125,  0.25, 0.3125, 0.375,
        0.4375, 0.5, 0.625,   0.75,    0.875,  1,      1.25,   1.5,    1.75, 2,      2.5,
        3,      4,   8,       16,      128,    256,    0x1p15, 0x1p16, 0,    0,
    };

    for (unsigned i = 0; i < 30; i++) {
        u8 flags = 0;
        if (i == 1)
            continue;
        ck_assert_uint_eq(fp_fli_d(i), fp_bits_d(values[i]));
        ck_assert_uint_eq(fp_fli_s(i), fp_bits_s((float)values[i]));
        ck_assert_uint_eq(fp_fli_h(i), fp_cvt_h_d(fp_bits_d(values[i]), FP_RNE, &flags));
    }
    ck_assert_uint_eq(fp_fli_d(1), D_MIN);
    ck_assert_uint_eq(fp_fli_s(1), S_MIN);
    ck_assert_uint_eq(fp_fli_h(1), 0x0400);
    ck_assert_uint_eq(fp_fli_d(30), D_INF);
    ck_assert_uint_eq(fp_fli_s(30), S_INF);
    ck_assert_uint_eq(fp_fli_h(29), H_INF);
    ck_assert_uint_eq(fp_fli_h(30), H_INF);
    ck_assert_uint_eq(fp_fli_d(31), FP_NAN_D);
    ck_assert_uint_eq(fp_fli_s(31), FP_NAN_S);
    ck_assert_uint_eq(fp_fli_h(31), FP_NAN_H);
}
END_TEST

/* norm:fcvt-s-h_fcvt-h-s_op, norm:fcvt-s-bf16_op: all 65536 patterns there and back. */
START_TEST(narrow_formats_exhaustively)
{
    for (u32 v = 0; v < 0x10000; v++) {
        u16 half = (u16)v;
        u8 flags = 0, unused = 0;
        bool nan = fp_class_h(half) >= 1 << 8;
        u32 s = fp_cvt_s_h(half, FP_RNE, &flags);
        u64 d = fp_cvt_d_h(half, FP_RNE, &flags);
        ck_assert_uint_eq(flags, fp_class_h(half) == 1 << 8 ? FP_NV : 0);
        ck_assert_uint_eq(fp_cvt_d_s(s, FP_RNE, &unused), d);
        ck_assert_uint_eq(fp_cvt_h_s(s, FP_RDN, &unused), nan ? FP_NAN_H : half);
        ck_assert_uint_eq(fp_cvt_h_d(d, FP_RMM, &unused), nan ? FP_NAN_H : half);

        nan = (v & 0x7fff) > 0x7f80;
        flags = 0;
        s = fp_cvt_s_bf16(half, FP_RNE, &flags);
        ck_assert_uint_eq(s, nan ? FP_NAN_S : v << 16);
        ck_assert_uint_eq(flags, nan && !(v & 0x40) ? FP_NV : 0);
        ck_assert_uint_eq(fp_cvt_bf16_s(s, FP_RUP, &unused), nan ? FP_NAN_BF16 : half);
        ck_assert_uint_eq(unused, 0);
    }
    IS(fp_cvt_bf16_s(0x3f808000, FP_RNE, &flags), 0x3f80, FP_NX);
    IS(fp_cvt_bf16_s(0x3f818000, FP_RNE, &flags), 0x3f82, FP_NX);
    IS(fp_cvt_bf16_s(0x3f808000, FP_RMM, &flags), 0x3f81, FP_NX);
    IS(fp_cvt_bf16_s(S_SNAN, FP_RNE, &flags), FP_NAN_BF16, FP_NV);
    IS(fp_cvt_bf16_s(1, FP_RUP, &flags), 1, FP_UF | FP_NX);
}
END_TEST

/* Sums and products of halves are exact in double, so rounding those once is the same. */
START_TEST(half_against_double)
{
    u64 state = RANDOM_SEED;

    for (size_t i = 0; i < 20000; i++) {
        u16 a = (u16)random_bits(&state), b = (u16)random_bits(&state);
        unsigned rm = i % 5;
        u8 f1 = 0, f2 = 0;
        u64 x = fp_cvt_d_h(a, rm, &f2), y = fp_cvt_d_h(b, rm, &f2);
        u16 sum = fp_cvt_h_d(fp_add_d(x, y, rm, &f2), rm, &f2);
        ck_assert_uint_eq(fp_add_h(a, b, rm, &f1), sum);
        ck_assert_uint_eq(f1, f2);
        x = fp_cvt_d_h(a, rm, &f2), y = fp_cvt_d_h(b, rm, &f2);
        u16 product = fp_cvt_h_d(fp_mul_d(x, y, rm, &f2), rm, &f2);
        ck_assert_uint_eq(fp_mul_h(a, b, rm, &f1), product);
        ck_assert_uint_eq(f1, f2);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fp");
    TCase *tc = tcase_create("fp");

    tcase_add_test(tc, boxing);
    tcase_add_test(tc, canonical_nans);
    tcase_add_test(tc, rounding_modes);
    tcase_add_test(tc, sticky_remainder);
    tcase_add_test(tc, overflow_and_division_by_zero);
    tcase_add_test(tc, tininess);
    tcase_add_test(tc, fused_multiply_add);
    tcase_add_test(tc, minimum_and_maximum);
    tcase_add_test(tc, comparisons);
    tcase_add_test(tc, classes);
    tcase_add_test(tc, saturation);
    tcase_add_test(tc, from_integers);
    tcase_add_test(tc, round_to_integral);
    tcase_add_test(tc, modular_conversion);
    tcase_add_test(tc, load_immediate);
    tcase_add_test(tc, narrow_formats_exhaustively);
    tcase_add_test(tc, half_against_double);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
