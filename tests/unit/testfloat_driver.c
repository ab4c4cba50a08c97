/*
 * Checks src/cpu/fp.h against vectors of Berkeley TestFloat's generator:
 *   testfloat_driver --list            the functions it knows, one a line, with the option that the
 *                                      generator needs
 *   testfloat_driver FUNCTION MODE     reads "operands result flags" lines (hexadecimal) from
 * stdin; MODE is rne, rtz, rdn, rup or rmm prints a line with the number of vectors and of
 * mismatches, the first few of them on stderr, and exits 1 when there are any. Each vector also
 * checks that the host's pending sticky flags survive, and that the inline function of fp_fast.h,
 * where there is one for the mode, says the same.
 */
#include "cpu/fp.h"

#include <stdio.h>
#include <stdlib.h>

typedef u64 operation(const u64 *x, unsigned rm, u8 *flags);
typedef u64 fast_operation(const u64 *x);

#define ANY_MODE 0x1f

struct row {
    const char *name, *option;
    unsigned operands;
    operation *run;
    fast_operation *fast;
    unsigned fast_modes; /* bit i: the fast function stands for rounding mode i */
};

/* clang-format off */
#define RUN(name, expression)                                                   \
    static u64 run_##name(const u64 *x, unsigned rm, u8 *flags)                 \
    {                                                                           \
        (void)rm;                                                               \
        return expression;                                                      \
    }
#define FAST(name, expression)                                                  \
    static u64 fast_##name(const u64 *x)                                        \
    {                                                                           \
        return expression;                                                      \
    }

#define RUN_FORMAT(N, F, T)                                                     \
    RUN(N##_add, fp_add_##F((T)x[0], (T)x[1], rm, flags))                       \
    RUN(N##_sub, fp_sub_##F((T)x[0], (T)x[1], rm, flags))                       \
    RUN(N##_mul, fp_mul_##F((T)x[0], (T)x[1], rm, flags))                       \
    RUN(N##_div, fp_div_##F((T)x[0], (T)x[1], rm, flags))                       \
    RUN(N##_sqrt, fp_sqrt_##F((T)x[0], rm, flags))                              \
    RUN(N##_mulAdd, fp_fmadd_##F((T)x[0], (T)x[1], (T)x[2], rm, flags))         \
    RUN(N##_eq, fp_eq_##F((T)x[0], (T)x[1], flags))                             \
    RUN(N##_lt, fp_lt_##F((T)x[0], (T)x[1], flags))                             \
    RUN(N##_le, fp_le_##F((T)x[0], (T)x[1], flags))                             \
    RUN(N##_lt_quiet, fp_ltq_##F((T)x[0], (T)x[1], flags))                      \
    RUN(N##_le_quiet, fp_leq_##F((T)x[0], (T)x[1], flags))                      \
    RUN(N##_roundToInt, fp_round_##F((T)x[0], rm, flags))                       \
    RUN(N##_roundToInt_x, fp_roundnx_##F((T)x[0], rm, flags))                   \
    RUN(N##_to_i32, (u32)fp_cvt_w_##F((T)x[0], rm, flags))                      \
    RUN(N##_to_ui32, fp_cvt_wu_##F((T)x[0], rm, flags))                         \
    RUN(N##_to_i64, (u64)fp_cvt_l_##F((T)x[0], rm, flags))                      \
    RUN(N##_to_ui64, fp_cvt_lu_##F((T)x[0], rm, flags))                         \
    RUN(i32_to_##N, fp_cvt_##F##_w((s32)x[0], rm, flags))                       \
    RUN(ui32_to_##N, fp_cvt_##F##_wu((u32)x[0], rm, flags))                     \
    RUN(i64_to_##N, fp_cvt_##F##_l((s64)x[0], rm, flags))                       \
    RUN(ui64_to_##N, fp_cvt_##F##_lu(x[0], rm, flags))

RUN_FORMAT(f16, h, u16)
RUN_FORMAT(f32, s, u32)
RUN_FORMAT(f64, d, u64)
RUN(f32_to_bf16, fp_cvt_bf16_s((u32)x[0], rm, flags))
RUN(bf16_to_f32, fp_cvt_s_bf16((u16)x[0], rm, flags))
RUN(f16_to_f32, fp_cvt_s_h((u16)x[0], rm, flags))
RUN(f16_to_f64, fp_cvt_d_h((u16)x[0], rm, flags))
RUN(f32_to_f16, fp_cvt_h_s((u32)x[0], rm, flags))
RUN(f32_to_f64, fp_cvt_d_s((u32)x[0], rm, flags))
RUN(f64_to_f16, fp_cvt_h_d(x[0], rm, flags))
RUN(f64_to_f32, fp_cvt_s_d(x[0], rm, flags))

#define FAST_FORMAT(N, F, T)                                                    \
    FAST(N##_add, fp_fast_add_##F((T)x[0], (T)x[1]))                            \
    FAST(N##_sub, fp_fast_sub_##F((T)x[0], (T)x[1]))                            \
    FAST(N##_mul, fp_fast_mul_##F((T)x[0], (T)x[1]))                            \
    FAST(N##_div, fp_fast_div_##F((T)x[0], (T)x[1]))                            \
    FAST(N##_sqrt, fp_fast_sqrt_##F((T)x[0]))                                   \
    FAST(N##_mulAdd, fp_fast_fmadd_##F((T)x[0], (T)x[1], (T)x[2]))              \
    FAST(N##_eq, fp_fast_eq_##F((T)x[0], (T)x[1]))                              \
    FAST(N##_lt, fp_fast_lt_##F((T)x[0], (T)x[1]))                              \
    FAST(N##_le, fp_fast_le_##F((T)x[0], (T)x[1]))                              \
    FAST(N##_to_i32, (u32)fp_fast_cvt_w_##F##_rtz((T)x[0]))                     \
    FAST(N##_to_ui32, fp_fast_cvt_wu_##F##_rtz((T)x[0]))                        \
    FAST(N##_to_i64, (u64)fp_fast_cvt_l_##F##_rtz((T)x[0]))                     \
    FAST(N##_to_ui64, fp_fast_cvt_lu_##F##_rtz((T)x[0]))                        \
    FAST(i32_to_##N, fp_fast_cvt_##F##_w((s32)x[0]))                            \
    FAST(ui32_to_##N, fp_fast_cvt_##F##_wu((u32)x[0]))                          \
    FAST(i64_to_##N, fp_fast_cvt_##F##_l((s64)x[0]))                            \
    FAST(ui64_to_##N, fp_fast_cvt_##F##_lu(x[0]))

FAST_FORMAT(f32, s, u32)
FAST_FORMAT(f64, d, u64)
FAST(f32_to_f64, fp_fast_cvt_d_s((u32)x[0]))
FAST(f64_to_f32, fp_fast_cvt_s_d(x[0]))

#define SLOW(name, option, operands) {#name, option, operands, run_##name, NULL, 0}
#define BOTH(name, option, operands, modes) {#name, option, operands, run_##name, fast_##name, modes}

#define ROWS_FORMAT(N)                                                          \
    BOTH(N##_add, "-notexact", 2, 1 << FP_RNE),                                 \
    BOTH(N##_sub, "-notexact", 2, 1 << FP_RNE),                                 \
    BOTH(N##_mul, "-notexact", 2, 1 << FP_RNE),                                 \
    BOTH(N##_div, "-notexact", 2, 1 << FP_RNE),                                 \
    BOTH(N##_sqrt, "-notexact", 1, 1 << FP_RNE),                                \
    BOTH(N##_mulAdd, "-notexact", 3, 1 << FP_RNE),                              \
    BOTH(N##_eq, "-notexact", 2, ANY_MODE),                                     \
    BOTH(N##_lt, "-notexact", 2, ANY_MODE),                                     \
    BOTH(N##_le, "-notexact", 2, ANY_MODE),                                     \
    SLOW(N##_lt_quiet, "-notexact", 2),                                         \
    SLOW(N##_le_quiet, "-notexact", 2),                                         \
    SLOW(N##_roundToInt, "-notexact", 1),                                       \
    SLOW(N##_roundToInt_x, "-exact", 1),                                        \
    BOTH(N##_to_i32, "-exact", 1, 1 << FP_RTZ),                                 \
    BOTH(N##_to_ui32, "-exact", 1, 1 << FP_RTZ),                                \
    BOTH(N##_to_i64, "-exact", 1, 1 << FP_RTZ),                                 \
    BOTH(N##_to_ui64, "-exact", 1, 1 << FP_RTZ),                                \
    BOTH(i32_to_##N, "-notexact", 1, 1 << FP_RNE),                              \
    BOTH(ui32_to_##N, "-notexact", 1, 1 << FP_RNE),                             \
    BOTH(i64_to_##N, "-notexact", 1, 1 << FP_RNE),                              \
    BOTH(ui64_to_##N, "-notexact", 1, 1 << FP_RNE)

static const struct row rows[] = {
    ROWS_FORMAT(f32),
    ROWS_FORMAT(f64),
    SLOW(f16_add, "-notexact", 2),
    SLOW(f16_sub, "-notexact", 2),
    SLOW(f16_mul, "-notexact", 2),
    SLOW(f16_div, "-notexact", 2),
    SLOW(f16_sqrt, "-notexact", 1),
    SLOW(f16_mulAdd, "-notexact", 3),
    SLOW(f16_eq, "-notexact", 2),
    SLOW(f16_lt, "-notexact", 2),
    SLOW(f16_le, "-notexact", 2),
    SLOW(f16_lt_quiet, "-notexact", 2),
    SLOW(f16_le_quiet, "-notexact", 2),
    SLOW(f16_roundToInt, "-notexact", 1),
    SLOW(f16_roundToInt_x, "-exact", 1),
    SLOW(f16_to_i32, "-exact", 1),
    SLOW(f16_to_ui32, "-exact", 1),
    SLOW(f16_to_i64, "-exact", 1),
    SLOW(f16_to_ui64, "-exact", 1),
    SLOW(i32_to_f16, "-notexact", 1),
    SLOW(ui32_to_f16, "-notexact", 1),
    SLOW(i64_to_f16, "-notexact", 1),
    SLOW(ui64_to_f16, "-notexact", 1),
    SLOW(f32_to_bf16, "-notexact", 1),
    SLOW(bf16_to_f32, "-notexact", 1),
    SLOW(f16_to_f32, "-notexact", 1),
    SLOW(f16_to_f64, "-notexact", 1),
    SLOW(f32_to_f16, "-notexact", 1),
    BOTH(f32_to_f64, "-notexact", 1, ANY_MODE),
    SLOW(f64_to_f16, "-notexact", 1),
    BOTH(f64_to_f32, "-notexact", 1, 1 << FP_RNE),
};
/* clang-format on */

struct vector {
    u64 x[3], result;
    u8 flags;
};

/* The next hexadecimal number of the line at *s; false when there is none. */
static bool number(const char **s, u64 *v)
{
    char *end;

    *v = strtoull(*s, &end, 16);
    bool found = end != *s;
    *s = end;
    return found;
}

static bool parse(const char *line, unsigned operands, struct vector *v)
{
    u64 flags = 0;

    for (unsigned i = 0; i < operands; i++)
        if (!number(&line, &v->x[i]))
            return false;
    bool ok = number(&line, &v->result) && number(&line, &flags);
    v->flags = (u8)flags;
    return ok;
}

static void report(const char *what, const struct row *row, const struct vector *v, u64 got,
                   u8 flags)
{
    fprintf(stderr, "  %s %s", what, row->name);
    for (unsigned i = 0; i < row->operands; i++)
        fprintf(stderr, " %llx", (unsigned long long)v->x[i]);
    fprintf(stderr, ": expected %llx flags %02x, got %llx flags %02x\n",
            (unsigned long long)v->result, v->flags, (unsigned long long)got, flags);
}

/* How many of the checks of one vector fail: the function, the host's sticky flags, the fast one.
 */
static bool check(const struct row *row, unsigned rm, const struct vector *v, bool quiet)
{
    u8 pending = v->x[0] % 32, flags = 0;
    bool bad = false;

    fp_host_flags_collect();
    fp_host_flags_raise(pending);
    u64 got = row->run(v->x, rm, &flags);
    u8 left = fp_host_flags_collect();
    if (got != v->result || flags != v->flags || left != pending) {
        bad = true;
        if (!quiet)
            report(left == pending ? "" : "(sticky flags disturbed)", row, v, got, flags);
    }
    if (row->fast_modes >> rm & 1) {
        got = row->fast(v->x);
        flags = fp_host_flags_collect();
        if (got != v->result || flags != v->flags) {
            if (!bad && !quiet)
                report("fast", row, v, got, flags);
            bad = true;
        }
    }
    return bad;
}

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static int run(const struct row *row, const char *mode, unsigned rm)
{
    unsigned long count = 0, bad = 0;
    char line[256];
    struct vector v;

    while (fgets(line, sizeof line, stdin)) {
        if (!parse(line, row->operands, &v)) {
            fprintf(stderr, "testfloat_driver: not a vector of %s: %s", row->name, line);
            return 2;
        }
        count++;
        bad += check(row, rm, &v, bad >= 5);
    }
    printf("%-18s %s %10lu vectors %10lu mismatches\n", row->name, mode, count, bad);
    return bad != 0 || count == 0;
}

int main(int argc, char **argv)
{
    static const char *const modes[] = {"rne", "rtz", "rdn", "rup", "rmm"};

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            printf("%s %s %u\n", rows[i].name, rows[i].option, rows[i].operands);
        return 0;
    }
    const struct row *row = argc == 3 ? find(argv[1]) : NULL;
    for (unsigned rm = 0; row && rm < ARRAY_LEN(modes); rm++)
        if (strcmp(argv[2], modes[rm]) == 0)
            return run(row, modes[rm], rm);
    fprintf(stderr, "usage: testfloat_driver --list | FUNCTION rne|rtz|rdn|rup|rmm\n");
    return 2;
}
