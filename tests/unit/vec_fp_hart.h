/* What the tests of vector floating point share: the rows of vec_fp_rows.def, operands for them,
 * and a hart that executes one. */
#ifndef HEXTANT_TESTS_VEC_FP_HART_H
#define HEXTANT_TESTS_VEC_FP_HART_H

#include "fp_check.h"
#include "vec_hart.h"

#include "cpu/fp_internal.h"
#include "cpu/lazy.h"
#include "cpu/vec_fp.h"

/* Formats by log2 of their bytes; 0 is BF16. */
static const struct fp_format formats[] = {FP_FORMAT_BF16, FP_FORMAT_H, FP_FORMAT_S, FP_FORMAT_D};

/* ---- rows ---- */

enum form { VV, VF, V1, CMP_VV, CMP_VF, RED };
enum types { F, F2, FW, BF };
static const struct row {
    const char *name;
    u32 word;
    u8 form, types, wide_d, wide_a;
} rows[] = {
#define ROW(name, word, form, types, d, a, ref) {name, word, form, types, d, a},
#include "vec_fp_rows.def"
#undef ROW
};

static inline bool exists(const struct row *r, unsigned sew)
{
    static const u8 sews[] = {[F] = 0xe, [F2] = 0x7, [FW] = 0x6, [BF] = 0x2};
    return sews[r->types] >> sew & 1 && sew + r->wide_d <= 3 && sew + r->wide_a <= 3;
}

/* ---- operands ---- */

static u64 state = RANDOM_SEED;

static inline u64 special(struct fp_format f)
{
    u64 inf = fp_inf(f), unit = BIT(f.precision - 1), one = (inf / unit / 2) * unit;
    const u64 values[] = {0,
                          1,
                          unit - 1,
                          unit,
                          unit + 1,
                          one,
                          one + 1,
                          one - 1,
                          one + unit,
                          one + unit / 2,
                          inf,
                          inf - 1,
                          inf | 1,
                          inf | fp_quiet(f),
                          inf | fp_quiet(f) | 5,
                          one + 7 * unit + unit / 2};
    u64 v = values[random_bits(&state) % ARRAY_LEN(values)];
    return random_bits(&state) & 1 ? v | fp_sign(f) : v;
}

/* Numbers near 1 with few bits, so that sums cancel and roundings tie. */
static inline u64 tame(struct fp_format f)
{
    u64 unit = BIT(f.precision - 1), one = (fp_inf(f) / unit / 2) * unit, r = random_bits(&state);
    u64 v = one + (r % 13 - 6) * unit + (r >> 8 & 7) * (unit / 8) + (r >> 11 & 1);
    return r >> 16 & 1 ? v | fp_sign(f) : v;
}

enum { WILD, SOME_SPECIAL, TAME, MOODS };

static inline u64 operand(unsigned log2, enum types types, unsigned mood)
{
    u64 r = random_bits(&state);
    struct fp_format f = formats[log2 == 1 && types == BF ? 0 : log2];
    if (log2 == 0)
        return r & 0xff;
    if (mood == WILD && r & 4)
        return random_bits(&state) & MASK(8u << log2);
    if (mood == WILD || (mood == SOME_SPECIAL && r >> 4 & 1 && r >> 5 & 1))
        return special(f);
    return tame(f);
}

/* ---- a hart ---- */

enum { VD = 24, VS2 = 8, VS1 = 16 };

#define ISA "--isa=rv64max_zve64d_zvfh_zvfbfwma"
enum { LMUL = 1, VLEN = 2048 };

static inline u32 word_of(const struct row *r, bool masked)
{
    return r->word | (masked ? 0u : 1u << 25) | VD << 7 | VS2 << 20 |
           (r->form == V1 ? 0u : VS1 << 15);
}

/* Executes it; the exceptions it raised. -1: it was refused. */
static inline int execute(struct hart *h, u32 word)
{
    unsigned row;
    struct op op = decode(h, word, &row);
    h->fflags = 0;
    fp_host_flags_collect();
    if (vec_refuses(h, row, &op) != REASON_NONE)
        return -1;
    ck_assert_int_eq(vec_execute(h, &op, row), 0);
    return (int)h->fflags | fp_host_flags_collect();
}

static inline u64 box(unsigned log2, u64 v)
{
    return log2 == 3 ? v : v | ~MASK(8u << log2);
}

#endif
