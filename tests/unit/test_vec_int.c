/* Integer and fixed-point instructions on vectors: every row, in every form, against the manual's
 * operation written down here with wide integers, for every SEW, masked or not, with every rounding
 * mode, with vxsat, and with what must stay as it was. */
#include "common/random.h"
#include "cpu/csr.h"
#include "vec_hart.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

enum { VD = 24, VS2 = 8, VS1 = 16, RS1 = 16 }; /* x16 has the number of v16 */
enum { RNU, RNE, RDN, ROD };

/* ---- one element ---- */

struct in {
    u64 a, b, d; /* vs2, vs1, vd */
    unsigned width, a_width, d_width, vxrm;
    bool c, saturates;
};

static i128 sx(u64 v, unsigned width)
{
    return (i128)v - (width < 64 && v >> (width - 1) & 1 ? (i128)1 << width
                      : width == 64 && v >> 63           ? (i128)1 << 64
                                                         : 0);
}

static i128 rounded(const struct in *x, i128 v, u64 n)
{
    i128 floor = v >> n, rest = v - floor * ((i128)1 << n), half = n ? (i128)1 << (n - 1) : 1;
    switch (x->vxrm) {
    case RNU:
        return floor + (rest >= half);
    case RNE:
        return floor + (rest > half || (rest == half && floor & 1));
    case RDN:
        return floor;
    default:
        return floor | (rest != 0);
    }
}

static i128 limited(struct in *x, i128 v, i128 low, i128 high)
{
    x->saturates = v < low || v > high;
    return v < low ? low : v > high ? high : v;
}

#define A            ((i128)x->a)
#define B            ((i128)x->b)
#define D            ((i128)x->d)
#define SA           sx(x->a, x->a_width)
#define SB           sx(x->b, x->width)
#define SD           sx(x->d, x->d_width)
#define W            x->width
#define SHIFT        (x->b & (x->a_width - 1))
#define U_LIMITED(v) limited(x, v, 0, ((i128)1 << W) - 1)
#define S_LIMITED(v) limited(x, v, -((i128)1 << (W - 1)), ((i128)1 << (W - 1)) - 1)

static i128 quotient(i128 a, i128 b)
{
    return b ? a / b : -1;
}

static i128 remainder_of(i128 a, i128 b)
{
    return b ? a % b : a;
}

typedef i128 operation(struct in *x);
#define OP(name, expression)                                                                       \
    static i128 name(struct in *x)                                                                 \
    {                                                                                              \
        return expression;                                                                         \
    }
/* clang-format off */
OP(add, A + B)
OP(sub, A - B)
OP(rsub, B - A)
OP(minu, A < B ? A : B)
OP(min, SA < SB ? SA : SB)
OP(maxu, A < B ? B : A)
OP(max, SA < SB ? SB : SA)
OP(and, A & B)
OP(or, A | B)
OP(xor, A ^ B)
OP(sll, (i128)((u128)A << SHIFT))
OP(srl, A >> SHIFT)
OP(sra, SA >> SHIFT)
OP(mul, (i128)((u128)A * (u128)B))
OP(mulhu, (i128)((u128)A * (u128)B >> W))
OP(mulhsu, (SA * B) >> W)
OP(mulh, (SA * SB) >> W)
OP(divu, quotient(A, B))
OP(sdiv, quotient(SA, SB))
OP(remu, remainder_of(A, B))
OP(srem, remainder_of(SA, SB))
OP(madd, (i128)((u128)B * (u128)D + (u128)A))
OP(nmsub, (i128)((u128)A - (u128)B * (u128)D))
OP(macc, (i128)((u128)A * (u128)B + (u128)D))
OP(nmsac, (i128)((u128)D - (u128)A * (u128)B))
OP(saddu, U_LIMITED(A + B))
OP(sadd, S_LIMITED(SA + SB))
OP(ssubu, U_LIMITED(A - B))
OP(ssub, S_LIMITED(SA - SB))
OP(smul, S_LIMITED(rounded(x, SA * SB, W - 1)))
OP(ssrl, rounded(x, A, SHIFT))
OP(ssra, rounded(x, SA, SHIFT))
OP(aaddu, rounded(x, A + B, 1))
OP(aadd, rounded(x, SA + SB, 1))
OP(asubu, rounded(x, A - B, 1))
OP(asub, rounded(x, SA - SB, 1))
OP(clipu, U_LIMITED(rounded(x, A, SHIFT)))
OP(clip, S_LIMITED(rounded(x, SA, SHIFT)))
OP(wadd, SA + SB)
OP(wsub, SA - SB)
OP(wmulsu, SA * B)
OP(wmul, SA * SB)
OP(wmacc, SA * SB + SD)
OP(wmaccus, SA * B + SD)
OP(wmaccsu, A * SB + SD)
OP(adc, A + B + x->c)
OP(sbc, A - B - x->c)
OP(carry, (A + B + x->c) >> W != 0)
OP(borrow, A < B + x->c)
OP(carry_alone, (A + B) >> W != 0)
OP(borrow_alone, A < B)
OP(merge, x->c ? B : A)
OP(move, B)
OP(equal, A == B)
OP(unequal, A != B)
OP(ltu, A < B)
OP(lt, SA < SB)
OP(leu, A <= B)
OP(le, SA <= SB)
OP(gtu, A > B)
OP(gt, SA > SB)
OP(zero_extended, A)
OP(sign_extended, SA)
/* clang-format on */

/* ---- rows ---- */

enum { V = 1, X = 2, I = 4, U = 8 }; /* forms: vs1, rs1, signed and unsigned immediate */
enum shape { SAME, WIDE, WIDEW, NARROW, MASK_OF, CARRIES, CARRY_OUT, HALF, QUARTER, EIGHTH };
static const struct row {
    const char *name;
    u8 funct6, multiplies, forms, shape; /* funct3 is that of OPMVV, OPMVX, or of OPIVV, ... */
    operation *f;
} rows[] = {
    {"vadd", 0x00, 0, V | X | I, SAME, add},
    {"vsub", 0x02, 0, V | X, SAME, sub},
    {"vrsub", 0x03, 0, X | I, SAME, rsub},
    {"vminu", 0x04, 0, V | X, SAME, minu},
    {"vmin", 0x05, 0, V | X, SAME, min},
    {"vmaxu", 0x06, 0, V | X, SAME, maxu},
    {"vmax", 0x07, 0, V | X, SAME, max},
    {"vand", 0x09, 0, V | X | I, SAME, and},
    {"vor", 0x0a, 0, V | X | I, SAME, or },
    {"vxor", 0x0b, 0, V | X | I, SAME, xor},
    {"vsll", 0x25, 0, V | X | U, SAME, sll},
    {"vsrl", 0x28, 0, V | X | U, SAME, srl},
    {"vsra", 0x29, 0, V | X | U, SAME, sra},
    {"vmulhu", 0x24, 1, V | X, SAME, mulhu},
    {"vmul", 0x25, 1, V | X, SAME, mul},
    {"vmulhsu", 0x26, 1, V | X, SAME, mulhsu},
    {"vmulh", 0x27, 1, V | X, SAME, mulh},
    {"vdivu", 0x20, 1, V | X, SAME, divu},
    {"vdiv", 0x21, 1, V | X, SAME, sdiv},
    {"vremu", 0x22, 1, V | X, SAME, remu},
    {"vrem", 0x23, 1, V | X, SAME, srem},
    {"vmadd", 0x29, 1, V | X, SAME, madd},
    {"vnmsub", 0x2b, 1, V | X, SAME, nmsub},
    {"vmacc", 0x2d, 1, V | X, SAME, macc},
    {"vnmsac", 0x2f, 1, V | X, SAME, nmsac},
    {"vwaddu", 0x30, 1, V | X, WIDE, add},
    {"vwadd", 0x31, 1, V | X, WIDE, wadd},
    {"vwsubu", 0x32, 1, V | X, WIDE, sub},
    {"vwsub", 0x33, 1, V | X, WIDE, wsub},
    {"vwaddu.w", 0x34, 1, V | X, WIDEW, add},
    {"vwadd.w", 0x35, 1, V | X, WIDEW, wadd},
    {"vwsubu.w", 0x36, 1, V | X, WIDEW, sub},
    {"vwsub.w", 0x37, 1, V | X, WIDEW, wsub},
    {"vwmulu", 0x38, 1, V | X, WIDE, mul},
    {"vwmulsu", 0x3a, 1, V | X, WIDE, wmulsu},
    {"vwmul", 0x3b, 1, V | X, WIDE, wmul},
    {"vwmaccu", 0x3c, 1, V | X, WIDE, macc},
    {"vwmacc", 0x3d, 1, V | X, WIDE, wmacc},
    {"vwmaccus", 0x3e, 1, X, WIDE, wmaccus},
    {"vwmaccsu", 0x3f, 1, V | X, WIDE, wmaccsu},
    {"vnsrl", 0x2c, 0, V | X | U, NARROW, srl},
    {"vnsra", 0x2d, 0, V | X | U, NARROW, sra},
    {"vnclipu", 0x2e, 0, V | X | U, NARROW, clipu},
    {"vnclip", 0x2f, 0, V | X | U, NARROW, clip},
    {"vsaddu", 0x20, 0, V | X | I, SAME, saddu},
    {"vsadd", 0x21, 0, V | X | I, SAME, sadd},
    {"vssubu", 0x22, 0, V | X, SAME, ssubu},
    {"vssub", 0x23, 0, V | X, SAME, ssub},
    {"vsmul", 0x27, 0, V | X, SAME, smul},
    {"vssrl", 0x2a, 0, V | X | U, SAME, ssrl},
    {"vssra", 0x2b, 0, V | X | U, SAME, ssra},
    {"vaaddu", 0x08, 1, V | X, SAME, aaddu},
    {"vaadd", 0x09, 1, V | X, SAME, aadd},
    {"vasubu", 0x0a, 1, V | X, SAME, asubu},
    {"vasub", 0x0b, 1, V | X, SAME, asub},
    {"vadc", 0x10, 0, V | X | I, CARRIES, adc},
    {"vsbc", 0x12, 0, V | X, CARRIES, sbc},
    {"vmerge", 0x17, 0, V | X | I, CARRIES, merge},
    {"vmadc.m", 0x11, 0, V | X | I, CARRY_OUT, carry},
    {"vmsbc.m", 0x13, 0, V | X, CARRY_OUT, borrow},
    {"vmadc", 0x11, 0, V | X | I, MASK_OF, carry_alone},
    {"vmsbc", 0x13, 0, V | X, MASK_OF, borrow_alone},
    {"vmseq", 0x18, 0, V | X | I, MASK_OF, equal},
    {"vmsne", 0x19, 0, V | X | I, MASK_OF, unequal},
    {"vmsltu", 0x1a, 0, V | X, MASK_OF, ltu},
    {"vmslt", 0x1b, 0, V | X, MASK_OF, lt},
    {"vmsleu", 0x1c, 0, V | X | I, MASK_OF, leu},
    {"vmsle", 0x1d, 0, V | X | I, MASK_OF, le},
    {"vmsgtu", 0x1e, 0, X | I, MASK_OF, gtu},
    {"vmsgt", 0x1f, 0, X | I, MASK_OF, gt},
    {"vmv.v", 0x17, 0, V | X | I, SAME, move},
    {"vzext.vf2", 0x12, 1, 6, HALF, zero_extended},
    {"vsext.vf2", 0x12, 1, 7, HALF, sign_extended},
    {"vzext.vf4", 0x12, 1, 4, QUARTER, zero_extended},
    {"vsext.vf4", 0x12, 1, 5, QUARTER, sign_extended},
    {"vzext.vf8", 0x12, 1, 2, EIGHTH, zero_extended},
    {"vsext.vf8", 0x12, 1, 3, EIGHTH, sign_extended},
};

static bool extends(const struct row *r)
{
    return r->shape >= HALF;
}

static bool always_whole(const struct row *r) /* vm says something else than masked or not */
{
    return r->shape == CARRIES || r->shape == CARRY_OUT || r->f == carry_alone ||
           r->f == borrow_alone || r->f == move;
}

static u32 word_of(const struct row *r, unsigned form, bool masked, unsigned immediate)
{
    static const u8 of_ints[] = {[V] = 0, [X] = 4, [I] = 3, [U] = 3};
    static const u8 of_products[] = {[V] = 2, [X] = 6};
    u32 vm = r->shape == CARRIES || r->shape == CARRY_OUT ? 0 : !masked;
    u32 first = extends(r) ? r->forms : form >= I ? immediate & 31 : VS1;
    u32 funct3 = extends(r) ? 2 : r->multiplies ? of_products[form] : of_ints[form];
    return 0x57u | VD << 7 | funct3 << 12 | first << 15 | (r->f == move ? 0 : VS2 << 20) |
           vm << 25 | (u32)r->funct6 << 26;
}

/* ---- a whole vector ---- */

static struct random dice;

/* Any number, a small one, of either sign, or one at the edge of its width. */
static u64 operand(unsigned width)
{
    u64 v = random_next(&dice), mood = random_next(&dice) >> 32;
    switch (mood & 3) {
    case 0:
        return BIT(width - 1) - (v & 1);
    case 1:
        return (0 - (v & 1)) ^ (v >> 32 & 3);
    case 2:
        return v >> (mood >> 8 & 63);
    default:
        return v;
    }
}

static void fill(struct hart *h, unsigned log2)
{
    set(h, 0, 3, 0, random_next(&dice));
    for (unsigned i = vec_bytes(h) >> log2; i < 32 * vec_bytes(h) >> log2; i++)
        set(h, 0, log2, i, operand(8u << log2));
    h->x[RS1] = operand(8u << log2);
}

static u64 second(const struct hart *h, const u8 *before, unsigned form, unsigned sew, u64 i,
                  unsigned immediate)
{
    u64 b = form == V ? get(h, before, VS1, sew, i) : form == X ? h->x[RS1] : immediate;
    if (form == I && immediate & 16)
        b -= 32;
    return b & MASK(8u << sew);
}

static void compare(const struct hart *h, const u8 *before, const struct row *r, unsigned form,
                    bool masked, unsigned immediate)
{
    unsigned sew = vec_sew(h), to = sew + (r->shape == WIDE || r->shape == WIDEW);
    unsigned from = sew + (r->shape == WIDEW || r->shape == NARROW);
    from -= extends(r) ? r->shape - HALF + 1u : 0;
    bool to_mask = r->shape == MASK_OF || r->shape == CARRY_OUT, saturated = false;
    for (u64 i = 0; i < 2 * vec_bytes(h) >> sew; i++) {
        bool old_bit = mask_bit(before + VD * vec_bytes(h), i), c = mask_bit(before, i);
        struct in x = {.a = get(h, before, VS2, from, i),
                       .b = second(h, before, form, sew, i, immediate),
                       .d = get(h, before, VD, to, i),
                       .width = 8u << sew,
                       .a_width = 8u << from,
                       .d_width = 8u << to,
                       .vxrm = (unsigned)h->vxrm,
                       .c = c};
        u64 was = to_mask ? old_bit : x.d;
        u64 is = to_mask ? mask_bit(h->v + VD * vec_bytes(h), i) : get(h, h->v, VD, to, i);
        bool active = i < h->vl && (!masked || c || always_whole(r));
        u64 must = active ? (u64)r->f(&x) & MASK(8u << to) : was;
        saturated |= active && x.saturates;
        ck_assert_msg(is == must, "%s form %u e%u [%u] of %llx, %llx, %llx: %llx, not %llx",
                      r->name, form, x.width, (unsigned)i, (unsigned long long)x.a,
                      (unsigned long long)x.b, (unsigned long long)x.d, (unsigned long long)is,
                      (unsigned long long)must);
    }
    ck_assert_msg(h->vxsat == saturated, "%s: vxsat", r->name);
}

static bool exists(const struct row *r, unsigned sew)
{
    if (extends(r))
        return sew > (unsigned)(r->shape - HALF);
    return sew < 3 || r->shape == SAME || r->shape >= MASK_OF;
}

static void try_form(struct hart *h, const struct row *r, unsigned form, unsigned sew)
{
    static u8 before[32 * 32];
    for (unsigned round = 0; round < 128; round++) {
        unsigned row, immediate = round / 4;
        bool masked = round & 1 && !always_whole(r);
        u64 all = 2 * vec_bytes(h) >> sew;
        fill(h, sew);
        configure(h, sew, 1, round & 2 ? all : random_next(&dice) % (all + 1));
        h->vxrm = round >> 2 & 3;
        h->vxsat = 0;
        memcpy(before, h->v, sizeof before);
        struct op op = decode(h, word_of(r, form, masked, immediate), &row);
        ck_assert_int_eq(vec_refuses(h, row, &op), REASON_NONE);
        ck_assert_int_eq(vec_execute(h, &op, row), 0);
        compare(h, before, r, form, masked, immediate);
    }
}

/* Groups of two registers: the wide ones have four. */
START_TEST(results)
{
    const struct row *r = &rows[_i];
    struct machine *m = vector_machine("--isa=rv64max_v", "");
    dice.state = (u64)_i + 1;
    for (unsigned sew = 0; sew < 4; sew++)
        for (unsigned form = V; form <= U; form <<= 1)
            if (exists(r, sew) && (extends(r) ? form == V : r->forms & form))
                try_form(m->hart[0], r, form, sew);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_int");
    TCase *tc = tcase_create("elements");
    tcase_add_loop_test(tc, results, 0, (int)ARRAY_LEN(rows));
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
