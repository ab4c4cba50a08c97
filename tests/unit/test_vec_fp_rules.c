/* Vector floating point: the rules that are about more than an element, and that the engines agree.
 */
#include "vec_fp_hart.h"

/* ---- rules about more than an element ---- */

/* Words with v24, v8, v16 or f16, unmasked. */
enum {
    VFADD_VF = 0x02885c57,
    VFADD_VV = 0x02881c57,
    VFMERGE_VFM = 0x5c885c57,
    VFMV_V_F = 0x5e085c57,
    VFMV_F_S = 0x42801857, /* to f16 */
    VFMV_S_F = 0x42085c57,
    VFSLIDE1UP_VF = 0x3a885c57,
    VFSLIDE1DOWN_VF = 0x3e885c57,
    VFREDOSUM_VS_MASKED = 0x0c881c57,
    VFREDMIN_VS_MASKED = 0x14881c57,
    VFSGNJ_VV = 0x22881c57,
    VFWCVT_F_F_V = 0x4a861c57,
    VFNCVT_F_F_W = 0x4a8a1c57,
    VFNCVT_ROD_F_F_W = 0x4a8a9c57,
    VFWCVT_F_X_V = 0x4a859c57,
    VFNCVT_X_F_W = 0x4a889c57,
    VFCVT_X_F_V = 0x4a809c57,
    VFWADD_VV = 0xc2881c57,
};
static const u32 moves[] = {VFMERGE_VFM, VFMV_V_F,      VFMV_F_S,
                            VFMV_S_F,    VFSLIDE1UP_VF, VFSLIDE1DOWN_VF};

START_TEST(norm_V_inv_frm_rsv)
{
    struct machine *m = vector_machine(ISA, "");
    struct hart *h = m->hart[0];
    for (u64 vl = 0; vl < 2; vl++)
        for (unsigned frm = 0; frm < 8; frm++) {
            for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                configure(h, rows[i].types == F || rows[i].types == FW ? 2 : 1, LMUL, vl);
                h->frm = frm;
                ck_assert_msg((execute(h, word_of(&rows[i], false)) == -1) == (frm > 4), "%s",
                              rows[i].name);
            }
            for (unsigned i = 0; i < ARRAY_LEN(moves); i++)
                ck_assert_int_eq(execute(h, moves[i]) == -1, frm > 4);
        }
    machine_free(m);
}
END_TEST

START_TEST(norm_vfop_freg_NaNbox_lsb_sewbits)
{
    struct machine *m = vector_machine(ISA, "");
    struct hart *h = m->hart[0];
    static const u64 nan[] = {0, FP_NAN_H, FP_NAN_S}, bad[] = {0, 0xfffe000000003c00, 0x3f800000};
    for (unsigned sew = 1; sew < 3; sew++) {
        configure(h, sew, 0, 2);
        h->f[VS1] = bad[sew];
        ck_assert_int_eq(execute(h, VFMV_V_F), 0);
        ck_assert_uint_eq(get(h, h->v, VD, sew, 0), nan[sew]);
        ck_assert_uint_eq(get(h, h->v, VD, sew, 1), nan[sew]);
        ck_assert_int_eq(execute(h, VFADD_VF), 0);
        ck_assert_uint_eq(get(h, h->v, VD, sew, 1), nan[sew]);
        set(h, VD, sew, 0, 0);
        ck_assert_int_eq(execute(h, VFMV_S_F), 0);
        ck_assert_uint_eq(get(h, h->v, VD, sew, 0), nan[sew]);
    }
    machine_free(m);
}
END_TEST

/* norm:vfredosum_op_exceptions; the same of minimum and maximum. */
START_TEST(no_active_element_copies_the_scalar)
{
    struct machine *m = vector_machine(ISA, "");
    struct hart *h = m->hart[0];
    static const u32 words[] = {VFREDOSUM_VS_MASKED, VFREDMIN_VS_MASKED};
    configure(h, 2, 0, 4);
    for (unsigned i = 0; i < 2; i++) {
        set(h, 0, 3, 0, 0);
        set(h, VS1, 2, 0, S_SNAN);
        set(h, VD, 2, 0, 0);
        set(h, VS2, 2, 0, S_SNAN);
        ck_assert_int_eq(execute(h, words[i]), 0);
        ck_assert_uint_eq(get(h, h->v, VD, 2, 0), S_SNAN);
        set(h, 0, 3, 0, 2);
        set(h, VS2, 2, 1, S_ONE);
        ck_assert_int_eq(execute(h, words[i]), FP_NV);
        ck_assert_uint_eq(get(h, h->v, VD, 2, 0), i ? S_ONE : FP_NAN_S);
    }
    machine_free(m);
}
END_TEST

START_TEST(moves_between_registers)
{
    struct machine *m = vector_machine(ISA, "");
    struct hart *h = m->hart[0];
    for (unsigned sew = 1; sew < 4; sew++) {
        u64 top = MASK(8u << sew);
        configure(h, sew, 0, 0); /* norm:vfmv-s-f_vstart_ge_vl; vfmv.f.s does not go by vl */
        set(h, VS2, sew, 0, 0x8765432187654321);
        set(h, VD, sew, 0, 7);
        h->f[VS1] = box(sew, 5);
        ck_assert_int_eq(execute(h, VFMV_S_F), 0);
        ck_assert_uint_eq(get(h, h->v, VD, sew, 0), 7);
        ck_assert_int_eq(execute(h, VFMV_F_S), 0); /* norm:vfmv-f-s_op */
        ck_assert_uint_eq(h->f[VS1], box(sew, 0x8765432187654321 & top));
        configure(h, sew, 0, 3);
        h->f[VS1] = box(sew, 5);
        set(h, VD, sew, 1, 9);
        ck_assert_int_eq(execute(h, VFMV_S_F), 0); /* norm:vfmv-s-f_op */
        ck_assert_uint_eq(get(h, h->v, VD, sew, 0), 5);
        ck_assert_uint_eq(get(h, h->v, VD, sew, 1), 9);
        for (u64 i = 0; i < 4; i++) {
            set(h, VS2, sew, i, 10 + i);
            set(h, VD, sew, i, 20 + i);
        }
        set(h, 0, 0, 0, 2);
        static const struct {
            u32 word;
            u8 becomes[4];
        } moves_made[] = {
            {VFMERGE_VFM, {10, 5, 12, 23}}, /* norm:vfmerge_op_mask */
            {VFMV_V_F, {5, 5, 5, 23}},
            {VFSLIDE1UP_VF, {5, 10, 11, 23}},
            {VFSLIDE1DOWN_VF, {11, 12, 5, 23}},
        };
        for (unsigned k = 0; k < ARRAY_LEN(moves_made); k++) {
            ck_assert_int_eq(execute(h, moves_made[k].word), 0);
            for (u64 i = 0; i < 4; i++)
                ck_assert_uint_eq(get(h, h->v, VD, sew, i), moves_made[k].becomes[i]);
        }
    }
    /* norm:vfmv-s-f_masked_rsv, norm:vfmv_vs2_nv0_rsv */
    static const u32 reserved[] = {VFMV_F_S & ~(1u << 25), VFMV_S_F & ~(1u << 25),
                                   VFMV_V_F | 1u << 20, VFMV_S_F | 1u << 20, VFMV_F_S | 1u << 15};
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++)
        ck_assert_uint_eq(insn_lookup(h, reserved[i]), INSN_NONE);
    machine_free(m);
}
END_TEST

/* What each extension has: words by SEW. */
START_TEST(extensions)
{
    static const struct {
        const char *isa;
        u32 word;
        u8 sews; /* a bit for each */
    } cases[] = {
        {"--isa=rv64max_zve32f", VFADD_VV, 4},
        {"--isa=rv64max_zve32f", VFWADD_VV, 0},
        {"--isa=rv64max_zve32f", VFMV_V_F, 4},
        {"--isa=rv64max_zve32f", VFWCVT_F_X_V, 2}, /* 16-bit integers to single precision */
        {"--isa=rv64max_zve32f", VFNCVT_X_F_W, 2},
        {"--isa=rv64max_zve32f", VFWCVT_F_F_V, 0},
        {"--isa=rv64max_zve64f", VFADD_VV, 4},
        {"--isa=rv64max_zve64f", VFWCVT_F_X_V, 2},
        {"--isa=rv64max_zve64d", VFADD_VV, 12},
        {"--isa=rv64max_zve64d", VFWADD_VV, 4},
        {"--isa=rv64max_zve64d", VFWCVT_F_F_V, 4},
        {"--isa=rv64max_zve64d_zvfhmin", VFWCVT_F_F_V, 6},
        {"--isa=rv64max_zve64d_zvfhmin", VFNCVT_F_F_W, 6},
        {"--isa=rv64max_zve64d_zvfhmin", VFNCVT_ROD_F_F_W, 4},
        {"--isa=rv64max_zve64d_zvfhmin", VFADD_VV, 12},
        {"--isa=rv64max_zve64d_zvfhmin", VFMV_F_S, 12},
        {"--isa=rv64max_zve64d_zvfhmin", VFSGNJ_VV, 12},
        {"--isa=rv64max_zve64d_zvfhmin", VFCVT_X_F_V, 12},
        {"--isa=rv64max_zve64d_zvfh", VFADD_VV, 14},
        {"--isa=rv64max_zve64d_zvfh", VFWCVT_F_X_V, 7}, /* norm:Zvfh_instr_cvt */
        {"--isa=rv64max_zve64d_zvfh", VFNCVT_X_F_W, 7},
        {"--isa=rv64max_zve64d_zvfh", VFNCVT_ROD_F_F_W, 6},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct machine *m = vector_machine(cases[i].isa, "");
        for (unsigned sew = 0; sew < 4; sew++) {
            struct hart *h = m->hart[0];
            configure(h, sew, LMUL, 1);
            ck_assert_msg((execute(h, cases[i].word) != -1) == (cases[i].sews >> sew & 1),
                          "%s: %08x e%u", cases[i].isa, cases[i].word, 8u << sew);
        }
        machine_free(m);
    }
}
END_TEST
/* ---- engines ---- */

/* norm:mstatus_FS_off_V_fp_ill: all of them want FS, and mark it; as the engines do it. */
START_TEST(norm_mstatus_FS_dirty_V_fp)
{
    static const u32 code[] = {VFADD_VV, VFMV_F_S, 0x6f};
    for (unsigned fs = 0; fs < 4; fs++) {
        struct machine *m = bare_machine(ISA, _i ? "--engine=plain" : "--engine=fast", code, 3);
        struct hart *h = m->hart[0];
        h->mstatus = (h->mstatus & ~MSTATUS_FS) | MSTATUS_VS | fs * (MSTATUS_FS & -MSTATUS_FS);
        h->vtype = 2 << 3;
        h->vl = 3;
        hart_resume(h);
        hart_run(h, 1);
        ck_assert_uint_eq(h->mcause, fs ? 0 : 2);
        ck_assert_uint_eq(h->pc == RAM_BASE + 4, fs != 0);
        ck_assert_uint_eq(h->mstatus & MSTATUS_FS, fs ? MSTATUS_FS : 0);
        machine_free(m);
    }
}
END_TEST

/* A program of all rows, over and over, with every rounding mode: registers and flags afterwards.
 */
static struct machine *after_program(const char *engine, unsigned sew)
{
    u32 code[ARRAY_LEN(rows) + 8];
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
        if (exists(&rows[i], sew))
            code[n++] = word_of(&rows[i], i & 1);
    u32 offset = -4 * n;
    code[n] = 0x6f | (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3ff) << 21 |
              (offset >> 11 & 1) << 20 | (offset >> 12 & 0xff) << 12;
    n++;
    struct machine *m = bare_machine(ISA, engine, code, n);
    struct hart *h = m->hart[0];
    state = RANDOM_SEED + sew;
    h->mstatus |= MSTATUS_FS | MSTATUS_VS;
    configure(h, sew, 1, 7);
    for (unsigned i = 0; i < 32u * vec_bytes(h) >> sew; i++)
        set(h, 0, sew, i, operand(sew, F, i % MOODS));
    h->f[VS1] = box(sew, operand(sew, F, TAME));
    hart_resume(h);
    for (unsigned round = 0; round < 12; round++) {
        h->frm = round % 5 * (round & 1);
        hart_resume(h);
        hart_run(h, n * 5 - 3);
    }
    return m;
}

START_TEST(engines_agree)
{
    unsigned sew = 1 + (unsigned)_i;
    struct machine *plain = after_program("--engine=plain", sew),
                   *fast = after_program("--engine=fast", sew);
    const struct hart *a = plain->hart[0], *b = fast->hart[0];
    ck_assert_uint_eq(a->pc, b->pc);
    ck_assert_uint_eq(a->mcause, 0);
    ck_assert_uint_eq(a->fflags, b->fflags);
    ck_assert_mem_eq(a->v, b->v, 32 * vec_bytes(a));
    machine_free(plain);
    machine_free(fast);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_fp_rules");
    TCase *tc = tcase_create("rules");
    tcase_add_test(tc, norm_V_inv_frm_rsv);
    tcase_add_test(tc, norm_vfop_freg_NaNbox_lsb_sewbits);
    tcase_add_test(tc, no_active_element_copies_the_scalar);
    tcase_add_test(tc, moves_between_registers);
    tcase_add_test(tc, extensions);
    suite_add_tcase(suite, tc);
    tc = tcase_create("engines");
    tcase_add_loop_test(tc, norm_mstatus_FS_dirty_V_fp, 0, 2);
    tcase_add_loop_test(tc, engines_agree, 0, 3);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
