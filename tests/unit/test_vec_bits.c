/* Bit manipulation and carry-less multiplication on vectors: every row against a reference that
 * goes bit by bit, for every SEW, masked or not, with what must stay as it was; in both engines;
 * and what is reserved. */
#include "common/random.h"
#include "vec_hart.h"

enum { VD = 24, VS2 = 8, VS1 = 16, RS1 = 16 }; /* x16 has the number of v16 */
enum { UNMASKED = 1u << 25 };
#define ISA "--isa=rv64max_zvbb_zvbc"

/* ---- references ---- */

static u64 bit(u64 v, unsigned i)
{
    return v >> i & 1;
}

/* Bit i of the result is bit `from` of a; n is b without what is above the width. */
#define MOVED(name, from)                                                                          \
    static u64 name(u64 a, u64 b, unsigned width)                                                  \
    {                                                                                              \
        u64 r = 0, n = b % width;                                                                  \
        (void)n;                                                                                   \
        for (unsigned i = 0; i < width; i++)                                                       \
            r |= bit(a, (unsigned)((from) % width)) << i;                                          \
        return r;                                                                                  \
    }
MOVED(rotated_right, i + n)
MOVED(rotated_left, i + width - n)
MOVED(reversed, width - 1 - i)
MOVED(reversed_bytes, width - 8 - i / 8 * 8 + i % 8)
MOVED(reversed_in_bytes, i / 8 * 8 + 7 - i % 8)

static u64 and_not(u64 a, u64 b, unsigned width)
{
    (void)width;
    return a & ~b;
}

static u64 leading(u64 a, u64 b, unsigned width)
{
    unsigned n = 0;
    (void)b;
    while (n < width && !bit(a, width - 1 - n))
        n++;
    return n;
}

static u64 trailing(u64 a, u64 b, unsigned width)
{
    unsigned n = 0;
    (void)b;
    while (n < width && !bit(a, n))
        n++;
    return n;
}

static u64 population(u64 a, u64 b, unsigned width)
{
    u64 n = 0;
    (void)b;
    for (unsigned i = 0; i < width; i++)
        n += bit(a, i);
    return n;
}

static u64 shifted(u64 a, u64 b, unsigned width)
{
    for (u64 n = b % (2 * width); n; n--)
        a += a;
    return a;
}

/* The coefficients of the product of two polynomials, from number `first` on. */
static u64 product(u64 a, u64 b, unsigned first)
{
    u64 r = 0;
    for (unsigned i = 0; i < 64; i++)
        for (unsigned k = 0; k < 64; k++)
            if (i + k >= first && i + k < first + 64)
                r ^= (bit(a, i) & bit(b, k)) << (i + k - first);
    return r;
}

static u64 product_low(u64 a, u64 b, unsigned width)
{
    (void)width;
    return product(a, b, 0);
}

static u64 product_high(u64 a, u64 b, unsigned width)
{
    (void)width;
    return product(a, b, 64);
}

/* ---- rows ---- */

enum form { VV, VX, VI, V1 };
static const struct row {
    const char *name;
    u32 word; /* without registers and immediates */
    u8 form, wide, immediates, only_64;
    u64 (*reference)(u64 a, u64 b, unsigned width);
} rows[] = {
    /* norm:vandn_op, norm:vandn-vx_rs1, norm:vandn-vv_vs1 */
    {"vandn.vv", 0x06000057, VV, 0, 0, 0, and_not},
    {"vandn.vx", 0x06004057, VX, 0, 0, 0, and_not},
    {"vbrev.v", 0x4a052057, V1, 0, 0, 0, reversed},           /* norm:vbrev-v_op */
    {"vbrev8.v", 0x4a042057, V1, 0, 0, 0, reversed_in_bytes}, /* norm:vbrev8-v_op */
    {"vrev8.v", 0x4a04a057, V1, 0, 0, 0, reversed_bytes},     /* norm:vrev8-v_op */
    {"vclz.v", 0x4a062057, V1, 0, 0, 0, leading},     /* norm:vclz-v_op, norm:vclz-v_op_zeroinput */
    {"vctz.v", 0x4a06a057, V1, 0, 0, 0, trailing},    /* norm:vctz-v_op */
    {"vcpop.v", 0x4a072057, V1, 0, 0, 0, population}, /* norm:vcpop-v_op */
    {"vrol.vv", 0x56000057, VV, 0, 0, 0, rotated_left}, /* norm:vrol_op */
    {"vrol.vx", 0x56004057, VX, 0, 0, 0, rotated_left},
    {"vror.vv", 0x52000057, VV, 0, 0, 0, rotated_right}, /* norm:vror_op */
    {"vror.vx", 0x52004057, VX, 0, 0, 0, rotated_right},
    {"vror.vi", 0x52003057, VI, 0, 64, 0, rotated_right},
    {"vwsll.vv", 0xd6000057, VV, 1, 0, 0, shifted}, /* norm:vwsll_op */
    {"vwsll.vx", 0xd6004057, VX, 1, 0, 0, shifted},
    {"vwsll.vi", 0xd6003057, VI, 1, 32, 0, shifted},
    {"vclmul.vv", 0x32002057, VV, 0, 0, 1, product_low}, /* norm:vclmul_op */
    {"vclmul.vx", 0x32006057, VX, 0, 0, 1, product_low},
    {"vclmulh.vv", 0x36002057, VV, 0, 0, 1, product_high}, /* norm:vclmulh_op */
    {"vclmulh.vx", 0x36006057, VX, 0, 0, 1, product_high},
};

static bool exists(const struct row *r, unsigned sew)
{
    return sew + r->wide < 4 && (sew == 3 || !r->only_64);
}

static u32 word_of(const struct row *r, bool masked, unsigned immediate)
{
    u32 first = r->form == V1 ? 0 : r->form == VI ? immediate & 31 : VS1;
    u32 word = r->word | VD << 7 | VS2 << 20 | first << 15 | (immediate >> 5) << 26;
    return masked ? word & ~(u32)UNMASKED : word;
}

static struct random dice;

/* Numbers with few and with many bits, and 0. */
static u64 operand(void)
{
    u64 v = random_next(&dice), mood = random_next(&dice);
    if (mood & 1)
        return v;
    return mood & 2 ? v >> (mood >> 8 & 63) : v & random_next(&dice) & random_next(&dice);
}

static void fill(struct hart *h)
{
    for (unsigned i = 0; i < 32 * vec_bytes(h) / 8; i++)
        set(h, 0, 3, i, i % 5 ? operand() : 0);
    h->x[RS1] = operand();
}

/* -1: it is refused. */
static int execute(struct hart *h, u32 word)
{
    unsigned row;
    struct op op = decode(h, word, &row);
    if (vec_refuses(h, row, &op) != REASON_NONE)
        return -1;
    return vec_execute(h, &op, row);
}

/* ---- results ---- */

static void compare(const struct hart *h, const u8 *before, const struct row *r, bool masked,
                    unsigned immediate)
{
    unsigned sew = vec_sew(h), to = sew + r->wide, width = 8u << sew;
    for (u64 i = 0; i < 4 * vec_bytes(h) >> to; i++) {
        u64 a = get(h, before, VS2, sew, i), b = get(h, before, VS1, sew, i);
        u64 was = get(h, before, VD, to, i), is = get(h, h->v, VD, to, i);
        b = r->form == VX ? h->x[RS1] & MASK(width) : r->form == VI ? immediate : b;
        u64 must = r->reference(a, b, width) & MASK(width << r->wide);
        if (i >= h->vl || (masked && !mask_bit(before, i)))
            must = was;
        ck_assert_msg(is == must, "%s e%u [%u] of %llx, %llx: %llx, not %llx", r->name, width,
                      (unsigned)i, (unsigned long long)a, (unsigned long long)b,
                      (unsigned long long)is, (unsigned long long)must);
    }
}

/* Groups of two registers: the wide results have four. */
START_TEST(results)
{
    const struct row *r = &rows[_i];
    struct machine *m = vector_machine(ISA, "");
    struct hart *h = m->hart[0];
    static u8 before[32 * 32];
    dice.state = (u64)_i + 1;
    for (unsigned sew = 0; sew < 4; sew++)
        for (unsigned round = 0; exists(r, sew) && round < 200; round++) {
            u64 all = 2 * vec_bytes(h) >> sew;
            unsigned immediate = r->immediates ? round % r->immediates : 0;
            fill(h);
            configure(h, sew, 1, round & 2 ? all : random_next(&dice) % (all + 1));
            memcpy(before, h->v, sizeof before);
            ck_assert_int_eq(execute(h, word_of(r, round & 1, immediate)), 0);
            compare(h, before, r, round & 1, immediate);
        }
    machine_free(m);
}
END_TEST

/* Elements that are masked off, and those behind the last, become ones if they may. */
START_TEST(agnostic_elements)
{
    struct machine *m = vector_machine(ISA, "--v-agnostic=ones");
    struct hart *h = m->hart[0];
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned sew = rows[i].only_64 ? 3 : 1, to = sew + rows[i].wide;
        u64 ones = MASK(8u << to);
        configure(h, sew, 1, 5);
        h->vtype |= VTYPE_VTA | VTYPE_VMA;
        memset(h->v, 0, 32 * vec_bytes(h));
        set(h, 0, 0, 0, 0x1b);
        ck_assert_int_eq(execute(h, word_of(&rows[i], true, 0)), 0);
        ck_assert_uint_ne(get(h, h->v, VD, to, 4), ones);
        ck_assert_uint_eq(get(h, h->v, VD, to, 2), ones);
        ck_assert_uint_eq(get(h, h->v, VD, to, 5), ones);
        ck_assert_uint_eq(get(h, h->v, VD, to, (2 * vec_bytes(h) >> sew) - 1), ones);
    }
    machine_free(m);
}
END_TEST

/* ---- what there is ---- */

/* norm:Zvbb_dependent_Zve32x, norm:Zvbc_dependent_Zve64x; Zvkb is the part of Zvbb that is left
 * without those named here. */
START_TEST(extensions)
{
    static const char *const isas[] = {"--isa=rv64max_zvkb", "--isa=rv64max_zvbb",
                                       "--isa=rv64max_zvbc"};
    static const char whole[] = "vbrev.v vclz.v vctz.v vcpop.v vwsll.vv vwsll.vx vwsll.vi";
    for (unsigned k = 0; k < ARRAY_LEN(isas); k++) {
        struct machine *m = vector_machine(isas[k], "");
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
            bool there =
                rows[i].only_64 ? k == 2 : k == 1 || (k == 0 && !strstr(whole, rows[i].name));
            u32 word = word_of(&rows[i], false, 0);
            ck_assert_msg((insn_lookup(m->hart[0], word) != INSN_NONE) == there, "%s with %s",
                          rows[i].name, isas[k]);
        }
        ck_assert(has(m->hart[0], k == 2 ? EXT_Zve64x : EXT_Zve32x));
        machine_free(m);
    }
}
END_TEST

/* norm:vclmul_sewn64_rsv, norm:vclmulh_sewn64_rsv, norm:Zvbc_sew64only, norm:Zvbb_eew,
 * norm:Zvbb_eew_Zve64x */
START_TEST(widths)
{
    struct machine *m = vector_machine(ISA, "");
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned sew = 0; sew < 4; sew++) {
            configure(m->hart[0], sew, 1, 1);
            ck_assert_msg((execute(m->hart[0], word_of(&rows[i], false, 0)) == 0) ==
                              exists(&rows[i], sew),
                          "%s e%u", rows[i].name, 8u << sew);
        }
    machine_free(m);
}
END_TEST

/* Widths, groups and overlaps are those of the integer instructions. */
START_TEST(reserved)
{
    enum { M1, M2, M4, M8 };
    enum { VWSLL_VV = (int)0xd6000057, VWSLL_VX = (int)0xd6004057, VBREV = 0x4a052057 };
    static const struct {
        u32 word;
        u8 vd, vs2, vs1, unmasked, sew, lmul, legal;
    } cases[] = {
        {VBREV, 8, 16, 10, 1, 3, M8, 1},
        {VBREV, 9, 16, 10, 1, 3, M2, 0},
        {VBREV, 8, 17, 10, 1, 3, M2, 0},
        {VBREV, 8, 9, 10, 1, 0, M1, 1},
        {VBREV, 0, 8, 10, 1, 0, M1, 1},
        {VBREV, 0, 8, 10, 0, 0, M1, 0}, /* vd is the mask */
        {VBREV, 8, 0, 10, 0, 0, M1, 0}, /* v0 has two EEWs */
        {(u32)VWSLL_VV, 8, 16, 24, 1, 2, M4, 1},
        {(u32)VWSLL_VV, 8, 16, 24, 1, 2, M8, 0},
        {(u32)VWSLL_VV, 8, 16, 24, 1, 3, M1, 0}, /* 2*SEW is 128 */
        {(u32)VWSLL_VV, 8, 9, 24, 1, 2, M1, 1},  /* the highest part */
        {(u32)VWSLL_VV, 8, 8, 24, 1, 2, M1, 0},  /* the lowest */
        {(u32)VWSLL_VV, 8, 24, 9, 1, 2, M1, 1},
        {(u32)VWSLL_VV, 8, 24, 8, 1, 2, M1, 0},
        {(u32)VWSLL_VX, 8, 16, 3, 1, 2, M4, 1}, /* an x register is not aligned */
    };
    struct machine *m = vector_machine(ISA, "");
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        u32 word = cases[i].word | (u32)cases[i].vd << 7 | (u32)cases[i].vs2 << 20 |
                   (u32)cases[i].vs1 << 15;
        configure(m->hart[0], cases[i].sew, cases[i].lmul, 1);
        word = cases[i].unmasked ? word : word & ~(u32)UNMASKED;
        ck_assert_msg((execute(m->hart[0], word) == 0) == cases[i].legal, "case %u", i);
    }
    machine_free(m);
}
END_TEST

/* ---- engines ---- */

/* All rows one after the other, over and over. */
static struct machine *after_program(const char *engine, unsigned sew)
{
    u32 code[ARRAY_LEN(rows) + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
        if (exists(&rows[i], sew))
            code[n++] = word_of(&rows[i], i & 1, rows[i].immediates ? i : 0);
    u32 back = 0u - 4 * n; /* a jump to the first */
    code[n++] = 0x6f | (back >> 20 & 1) << 31 | (back >> 1 & 0x3ff) << 21 | (back >> 11 & 1) << 20 |
                (back >> 12 & 0xff) << 12;
    struct machine *m = bare_machine(ISA, engine, code, n);
    struct hart *h = m->hart[0];
    dice.state = 77 + sew;
    h->mstatus |= MSTATUS_VS;
    configure(h, sew, 1, 7);
    fill(h);
    hart_resume(h);
    hart_run(h, n * 50 - 3);
    return m;
}

START_TEST(engines_agree)
{
    unsigned sew = (unsigned)_i;
    struct machine *plain = after_program("--engine=plain", sew),
                   *fast = after_program("--engine=fast", sew);
    const struct hart *a = plain->hart[0], *b = fast->hart[0];
    ck_assert_uint_eq(a->mcause, 0);
    ck_assert_uint_eq(a->pc, b->pc);
    ck_assert_mem_eq(a->v, b->v, 32 * vec_bytes(a));
    machine_free(plain);
    machine_free(fast);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_bits");
    TCase *tc = tcase_create("elements");
    tcase_add_loop_test(tc, results, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tc, agnostic_elements);
    suite_add_tcase(suite, tc);
    tc = tcase_create("rules");
    tcase_add_test(tc, extensions);
    tcase_add_test(tc, widths);
    tcase_add_test(tc, reserved);
    suite_add_tcase(suite, tc);
    tc = tcase_create("engines");
    tcase_add_loop_test(tc, engines_agree, 0, 4);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
