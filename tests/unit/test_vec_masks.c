/* Reductions, operations on masks, and permutations: each row against the manual's definition, for
 * every SEW, masked or not, with any vl, and with what must stay as it was. */
#include "common/random.h"
#include "vec_hart.h"

enum { VD = 24, VS2 = 8, VS1 = 16, RS1 = 16, RD = 24 };
enum { OPIVV = 0, OPMVV = 2, OPIVI = 3, OPIVX = 4, OPMVX = 6 };

static struct machine *m;
static struct hart *h;
static struct random dice;
static u8 before[32 * 32];
static unsigned sew;
static bool masked;

/* ---- registers before, and one instruction ---- */

static u64 a(u64 i)
{
    return get(h, before, VS2, sew, i);
}

static bool bit_of(unsigned reg, u64 i)
{
    return mask_bit(before + reg * vec_bytes(h), i);
}

static bool active(u64 i)
{
    return i < h->vl && (!masked || bit_of(0, i));
}

static u64 vlmax(void)
{
    return vec_vlmax(h);
}

/* Groups of two registers, of any length; small numbers as often as large ones. */
static void prepare(unsigned round)
{
    for (unsigned i = 0; i < 32 * vec_bytes(h) / 8; i++)
        set(h, 0, 3, i, random_next(&dice));
    configure(h, sew, 1, 0);
    for (u64 i = 0; i < vlmax(); i++)
        if (random_next(&dice) & 1)
            set(h, VS1, sew, i, random_next(&dice) % (vlmax() + 3));
    if (round % 5 == 0)
        memset(vec_reg(h, VS2), 0, 2);
    h->vl = round & 4 ? vlmax() : random_next(&dice) % (vlmax() + 1);
    masked = round & 1;
    h->x[RS1] = round & 2 ? random_next(&dice) % (vlmax() + 3) : random_next(&dice);
    memcpy(before, h->v, sizeof before);
}

static void execute(unsigned funct6, unsigned funct3, unsigned vs2, unsigned vs1)
{
    unsigned row;
    u32 word = 0x57u | VD << 7 | funct3 << 12 | vs1 << 15 | vs2 << 20 | (u32)!masked << 25 |
               (u32)funct6 << 26;
    struct op op = decode(h, word, &row);
    ck_assert_int_eq(vec_refuses(h, row, &op), REASON_NONE);
    ck_assert_int_eq(vec_execute(h, &op, row), 0);
}

/* Element i of vd is v if it is written, else what it was. */
static void element(u64 i, bool written, u64 v, const char *name)
{
    u64 is = get(h, h->v, VD, sew, i),
        must = written ? v & MASK(8u << sew) : get(h, before, VD, sew, i);
    ck_assert_msg(is == must, "%s e%u [%u], vl %u: %llx, not %llx", name, 8u << sew, (unsigned)i,
                  (unsigned)h->vl, (unsigned long long)is, (unsigned long long)must);
}

static void element_bit(u64 i, bool written, bool v, const char *name)
{
    bool is = mask_bit(vec_reg(h, VD), i);
    ck_assert_msg(is == (written ? v : bit_of(VD, i)), "%s [%u], vl %u", name, (unsigned)i,
                  (unsigned)h->vl);
}

/* ---- reductions ---- */

static s64 sx(u64 v)
{
    return sext(v, 8u << sew);
}

static u64 reduced(unsigned funct6, u64 d, u64 x)
{
    switch (funct6) {
    case 0:
        return d + x;
    case 1:
        return d & x;
    case 2:
        return d | x;
    case 3:
        return d ^ x;
    case 4:
        return d < x ? d : x;
    case 5:
        return sx(d) < sx(x) ? d : x;
    case 6:
        return d > x ? d : x;
    default:
        return sx(d) > sx(x) ? d : x;
    }
}

static void reductions(unsigned round)
{
    for (unsigned funct6 = 0; funct6 < 8; funct6++) {
        prepare(round);
        execute(funct6, OPMVV, VS2, VS1);
        u64 sum = get(h, before, VS1, sew, 0);
        for (u64 i = 0; i < h->vl; i++)
            sum = active(i) ? reduced(funct6, sum, a(i)) & MASK(8u << sew) : sum;
        for (u64 i = 0; i < vec_bytes(h) >> sew; i++)
            element(i, i == 0 && h->vl, sum, "reduction");
    }
    for (unsigned is_signed = 0; is_signed < 2 && sew < 3; is_signed++) {
        prepare(round);
        execute(0x30 + is_signed, OPIVV, VS2, VS1);
        u64 sum = get(h, before, VS1, sew + 1, 0);
        for (u64 i = 0; i < h->vl; i++)
            sum += !active(i) ? 0 : is_signed ? (u64)sx(a(i)) : a(i);
        sum = h->vl ? sum & MASK(16u << sew) : get(h, before, VD, sew + 1, 0);
        ck_assert_uint_eq(get(h, h->v, VD, sew + 1, 0), sum);
        ck_assert_mem_eq(vec_reg(h, VD) + (2u << sew), before + VD * vec_bytes(h) + (2u << sew),
                         vec_bytes(h) - (2u << sew));
    }
}

/* ---- masks ---- */

static bool logical(unsigned funct6, bool x, bool y)
{
    const bool of[] = {x && !y, x && y, x || y, x != y, x || !y, !(x && y), !(x || y), x == y};
    return of[funct6 - 0x18];
}

static void masks(unsigned round)
{
    for (unsigned funct6 = 0x18; funct6 < 0x20; funct6++) {
        prepare(round & ~1u);
        execute(funct6, OPMVV, VS2, VS1);
        for (u64 i = 0; i < 8 * vec_bytes(h); i++)
            element_bit(i, i < h->vl, logical(funct6, bit_of(VS2, i), bit_of(VS1, i)), "logical");
    }
}

/* The first active element whose bit is set; vl: there is none. */
static u64 first_set(void)
{
    u64 i = 0;
    while (i < h->vl && !(active(i) && bit_of(VS2, i)))
        i++;
    return i;
}

static void counts(unsigned round)
{
    u64 n = 0;
    prepare(round);
    execute(0x10, OPMVV, VS2, 0x10);
    for (u64 i = 0; i < h->vl; i++)
        n += active(i) && bit_of(VS2, i);
    ck_assert_uint_eq(h->x[RD], n);
    execute(0x10, OPMVV, VS2, 0x11);
    ck_assert_uint_eq(h->x[RD], first_set() < h->vl ? first_set() : ~0ull);
}

static void first_bits(unsigned round)
{
    for (unsigned which = 1; which < 4; which++) { /* vmsbf, vmsof, vmsif */
        prepare(round);
        execute(0x14, OPMVV, VS2, which);
        u64 first = first_set();
        for (u64 i = 0; i < 8 * vec_bytes(h); i++)
            element_bit(i, active(i),
                        which == 1   ? i < first
                        : which == 2 ? i == first
                                     : i <= first,
                        "vmsbf, vmsof, vmsif");
    }
}

static void numbers(unsigned round)
{
    u64 n = 0;
    prepare(round);
    execute(0x14, OPMVV, VS2, 0x10);
    for (u64 i = 0; i < vlmax(); i++) {
        element(i, active(i), n, "viota.m");
        n += active(i) && bit_of(VS2, i);
    }
    prepare(round);
    execute(0x14, OPMVV, 0, 0x11);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), i, "vid.v");
}

/* ---- permutations ---- */

static u64 or_zero(u64 index)
{
    return index < vlmax() ? a(index) : 0;
}

static void slides(unsigned round)
{
    for (unsigned immediate = 0; immediate < 2; immediate++) {
        prepare(round);
        u64 by = immediate ? round % 32 : h->x[RS1];
        unsigned from = immediate ? round % 32 : RS1, funct3 = immediate ? OPIVI : OPIVX;
        execute(0x0e, funct3, VS2, from);
        for (u64 i = 0; i < vlmax(); i++)
            element(i, active(i) && i >= by, i >= by ? a(i - by) : 0, "vslideup");
        memcpy(h->v, before, sizeof before);
        execute(0x0f, funct3, VS2, from);
        for (u64 i = 0; i < vlmax(); i++)
            element(i, active(i), by < vlmax() ? or_zero(i + by) : 0, "vslidedown");
    }
    prepare(round);
    execute(0x0e, OPMVX, VS2, RS1);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), i ? a(i - 1) : h->x[RS1], "vslide1up");
    memcpy(h->v, before, sizeof before);
    execute(0x0f, OPMVX, VS2, RS1);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), i + 1 < h->vl ? a(i + 1) : h->x[RS1], "vslide1down");
}

static void gathers(unsigned round)
{
    prepare(round);
    execute(0x0c, OPIVV, VS2, VS1);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), or_zero(get(h, before, VS1, sew, i)), "vrgather.vv");
    prepare(round);
    execute(0x0c, OPIVX, VS2, RS1);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), or_zero(h->x[RS1]), "vrgather.vx");
    prepare(round);
    execute(0x0c, OPIVI, VS2, round % 32);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), or_zero(round % 32), "vrgather.vi");
    prepare(round);
    execute(0x0e, OPIVV, VS2, VS1);
    for (u64 i = 0; i < vlmax(); i++)
        element(i, active(i), or_zero(get(h, before, VS1, 1, i)), "vrgatherei16.vv");
}

static void compress(unsigned round)
{
    u64 to = 0;
    prepare(round & ~1u);
    execute(0x17, OPMVV, VS2, VS1);
    for (u64 i = 0; i < h->vl; i++)
        if (bit_of(VS1, i))
            element(to++, true, a(i), "vcompress.vm");
    for (; to < vlmax(); to++)
        element(to, false, 0, "vcompress.vm, the tail");
}

static void moves(unsigned round)
{
    prepare(round & ~1u);
    execute(0x10, OPMVV, VS2, 0);
    ck_assert_uint_eq(h->x[RD], (u64)sx(a(0)));
    execute(0x10, OPMVX, 0, RS1);
    for (u64 i = 0; i < vec_bytes(h) >> sew; i++)
        element(i, i == 0 && h->vl, h->x[RS1], "vmv.s.x");
    for (unsigned n = 1; n <= 8; n *= 2) {
        prepare(round & ~1u);
        execute(0x27, OPIVI, VS2, n - 1);
        for (unsigned i = 0; i < 8; i++)
            ck_assert_mem_eq(vec_reg(h, VD + i), before + (i < n ? VS2 + i : VD + i) * vec_bytes(h),
                             vec_bytes(h));
    }
}

START_TEST(results)
{
    static void (*const kinds[])(unsigned round) = {
        reductions, masks, counts, first_bits, numbers, slides, gathers, compress, moves};
    m = vector_machine("--isa=rv64max_v", "");
    h = m->hart[0];
    sew = (unsigned)_i;
    dice.state = sew + 1;
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        for (unsigned round = 0; round < 200; round++)
            kinds[i](round);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_masks");
    TCase *tc = tcase_create("elements");
    tcase_add_loop_test(tc, results, 0, 4);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
