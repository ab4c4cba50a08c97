/* Vector floating point: every row of vec_fp_rows.def, for every SEW, rounding mode and table of
 * loops, masked and not, on operands that are special, random or tame; element by element and with
 * the exceptions, against MPFR and the scalar functions. */
#include "vec_fp_hart.h"

/* ---- one element ---- */

/* Operands as patterns, log2 of their bytes, the rounding mode; of vs2, vs1 or the scalar, vd. */
struct in {
    u64 a, b, d;
    unsigned la, lb, ld, rm;
    u8 *flags;
};
typedef u64 ref_fn(const struct in *);

static u64 widened(const struct in *in, unsigned from, u64 v)
{
    return from == in->ld ? v
                          : fp_mpfr_narrow(formats[in->ld], formats[from], v, in->rm, in->flags);
}

static u64 two(const struct in *in, enum fp_op op, u64 x, u64 y)
{
    return fp_mpfr_op(formats[in->ld], op, (u64[3]){x, y}, in->rm, in->flags);
}
#define A widened(in, in->la, in->a)
#define B widened(in, in->lb, in->b)
#define REF(name, value)                                                                           \
    static u64 ref_##name(const struct in *in)                                                     \
    {                                                                                              \
        return value;                                                                              \
    }
REF(add, two(in, FP_OP_ADD, A, B))
REF(sub, two(in, FP_OP_SUB, A, B))
REF(rsub, two(in, FP_OP_SUB, B, A))
REF(mul, two(in, FP_OP_MUL, A, B))
REF(div, two(in, FP_OP_DIV, A, B))
REF(rdiv, two(in, FP_OP_DIV, B, A))
REF(sqrt, two(in, FP_OP_SQRT, A, 0))

/* x * y + z, where 1 in `negate` negates the product and 2 the addend. */
static u64 fused(const struct in *in, u64 x, u64 y, u64 z, unsigned negate)
{
    u64 sign = fp_sign(formats[in->ld]);
    return fp_mpfr_op(formats[in->ld], FP_OP_FMA,
                      (u64[3]){negate & 1 ? x ^ sign : x, y, negate & 2 ? z ^ sign : z}, in->rm,
                      in->flags);
}
REF(macc, fused(in, B, A, in->d, 0))
REF(nmacc, fused(in, B, A, in->d, 3))
REF(msac, fused(in, B, A, in->d, 2))
REF(nmsac, fused(in, B, A, in->d, 1))
REF(madd, fused(in, B, in->d, A, 0))
REF(nmadd, fused(in, B, in->d, A, 3))
REF(msub, fused(in, B, in->d, A, 2))
REF(nmsub, fused(in, B, in->d, A, 1))
REF(macc_bf16, fused(in, widened(in, 0, in->b), widened(in, 0, in->a), in->d, 0))

/* The scalar function for SEW. */
#define SCALAR(name, ...)                                                                          \
    (in->la == 1   ? (u64)fp_##name##_h(__VA_ARGS__)                                               \
     : in->la == 2 ? (u64)fp_##name##_s(__VA_ARGS__)                                               \
                   : (u64)fp_##name##_d(__VA_ARGS__))
#define SAME_SCALAR(name, x, y)                                                                    \
    (in->la == 1   ? (u64)fp_##name##_h((u16)(x), (u16)(y), in->flags)                             \
     : in->la == 2 ? (u64)fp_##name##_s((u32)(x), (u32)(y), in->flags)                             \
                   : (u64)fp_##name##_d(x, y, in->flags))
REF(min, SAME_SCALAR(min, in->a, in->b))
REF(max, SAME_SCALAR(max, in->a, in->b))
REF(eq, SAME_SCALAR(eq, in->a, in->b))
REF(ne, !SAME_SCALAR(eq, in->a, in->b))
REF(lt, SAME_SCALAR(lt, in->a, in->b))
REF(le, SAME_SCALAR(le, in->a, in->b))
REF(gt, SAME_SCALAR(lt, in->b, in->a))
REF(ge, SAME_SCALAR(le, in->b, in->a))
REF(class, in->la == 1   ? fp_class_h((u16)in->a)
           : in->la == 2 ? fp_class_s((u32)in->a)
                         : fp_class_d(in->a))
REF(rec7, in->la == 1   ? (u64)fp_rec7_h((u16)in->a, in->rm, in->flags)
          : in->la == 2 ? (u64)fp_rec7_s((u32)in->a, in->rm, in->flags)
                        : fp_rec7_d(in->a, in->rm, in->flags))
REF(rsqrt7, in->la == 1   ? (u64)fp_rsqrt7_h((u16)in->a, in->flags)
            : in->la == 2 ? (u64)fp_rsqrt7_s((u32)in->a, in->flags)
                          : fp_rsqrt7_d(in->a, in->flags))
#define SIGN_BIT fp_sign(formats[in->la])
REF(sgnj, (in->a & ~SIGN_BIT) | (in->b & SIGN_BIT))
REF(sgnjn, (in->a & ~SIGN_BIT) | (~in->b & SIGN_BIT))
REF(sgnjx, in->a ^ (in->b & SIGN_BIT))

REF(from_s, fp_mpfr_from_s64(formats[in->ld],
                             (s64)(in->a << (64 - (8u << in->la))) >> (64 - (8u << in->la)), in->rm,
                             in->flags))
REF(from_u, fp_mpfr_from_u64(formats[in->ld], in->a, in->rm, in->flags))
REF(convert, fp_mpfr_narrow(formats[in->ld], formats[in->la], in->a, in->rm, in->flags))
REF(to_bf16, fp_mpfr_narrow(FP_FORMAT_BF16, FP_FORMAT_S, in->a, in->rm, in->flags))
REF(from_bf16, fp_mpfr_narrow(FP_FORMAT_S, FP_FORMAT_BF16, in->a, in->rm, in->flags))

static u64 ref_rod(const struct in *in)
{
    u8 own = 0;
    u64 v = fp_mpfr_narrow(formats[in->ld], formats[in->la], in->a, FP_RTZ, &own);
    *in->flags |= own;
    return own & FP_NX ? v | 1 : v;
}

/* To an integer of `bits` bits by the manual's words: rounded to an integral value, and then what
 * is out of range is the nearest in range; of d, which holds every other format. */
static u64 to_integer(const struct in *in, unsigned rm, bool is_signed)
{
    unsigned bits = 8u << in->ld;
    u8 own = 0;
    u64 max = is_signed ? MASK(bits - 1) : MASK(bits), min = is_signed ? ~MASK(bits - 1) : 0;
    if (fp_is_nan(formats[in->la], in->a)) {
        *in->flags |= FP_NV;
        return max;
    }
    u64 v = in->la == 3 ? in->a : fp_mpfr_narrow(FP_FORMAT_D, formats[in->la], in->a, 0, &own);
    double x = fp_host_d(fp_roundnx_d(v, rm, &own));
    double end = is_signed ? 0x1p-1 : 1;
    for (unsigned i = 0; i < bits; i++)
        end *= 2;
    if (x >= end || x < (is_signed ? -end : 0)) {
        *in->flags |= FP_NV;
        return x > 0 ? max : min;
    }
    *in->flags |= own;
    return is_signed ? (u64)(s64)x : x >= 0x1p63 ? (u64)(s64)(x - 0x1p63) | BIT(63) : (u64)(s64)x;
}
REF(to_s, to_integer(in, in->rm, true))
REF(to_u, to_integer(in, in->rm, false))
REF(rtz_s, to_integer(in, FP_RTZ, true))
REF(rtz_u, to_integer(in, FP_RTZ, false))

/* ---- trials ---- */

static ref_fn *const refs[] = {
#define ROW(name, word, form, types, d, a, ref) ref,
#include "vec_fp_rows.def"
};

struct trial {
    const struct row *row;
    unsigned sew, rm, mood;
    bool masked;
    u64 scalar; /* of SEW bits */
};

static void fill(struct hart *h, struct trial *t)
{
    const struct row *r = t->row;
    unsigned lb = r->form == RED ? t->sew + r->wide_d : t->sew;
    for (u64 i = 0; i < 32 * vec_bytes(h); i++)
        h->v[i] = (u8)random_bits(&state);
    for (u64 i = 0; i < vec_vlmax(h); i++) {
        set(h, VS2, t->sew + r->wide_a, i,
            operand(t->sew + r->wide_a, (enum types)r->types, t->mood));
        set(h, VS1, lb, i, operand(lb, (enum types)r->types, t->mood));
        set(h, VD, t->sew + r->wide_d, i, operand(t->sew + r->wide_d, F, t->mood));
    }
    t->scalar = operand(t->sew ? t->sew : 1, (enum types)r->types, t->mood);
    h->f[VS1] = box(t->sew, t->scalar);
    h->frm = t->rm;
}

static u64 element(const struct hart *h, const u8 *before, const struct trial *t, u64 i, u8 *flags)
{
    const struct row *r = t->row;
    bool bf = r->types == BF;
    struct in in = {.la = t->sew + r->wide_a,
                    .lb = t->sew,
                    .ld = t->sew + r->wide_d,
                    .rm = t->rm,
                    .flags = flags};
    in.a = get(h, before, VS2, in.la, i);
    in.b = r->form == VF || r->form == CMP_VF ? t->scalar : get(h, before, VS1, t->sew, i);
    in.d = get(h, before, VD, in.ld, i);
    if (bf && r->form != V1)
        in.la = in.lb = 0;
    return refs[r - rows](&in) & MASK(8u << in.ld);
}

/* vs1[0], then the active elements in their order. */
static u64 reduced(const struct hart *h, const u8 *before, const struct trial *t, u8 *flags)
{
    unsigned ld = t->sew + t->row->wide_d;
    u64 sum = get(h, before, VS1, ld, 0);
    for (u64 i = 0; i < h->vl; i++)
        if (!t->masked || mask_bit(before, i)) {
            struct in in = {.a = get(h, before, VS2, t->sew, i),
                            .b = sum,
                            .la = t->sew,
                            .lb = ld,
                            .ld = ld,
                            .rm = t->rm,
                            .flags = flags};
            sum = refs[t->row - rows](&in);
        }
    return sum;
}

static void put(const struct hart *h, u8 *regs, unsigned log2, u64 i, u64 v)
{
    memcpy(regs + (size_t)VD * vec_bytes(h) + (i << log2), &v, 1u << log2);
}

/* What the registers become. */
static u8 expect(const struct hart *h, const u8 *before, u8 *after, const struct trial *t)
{
    unsigned ld = t->sew + t->row->wide_d;
    u8 flags = 0;
    if (t->row->form == RED) {
        if (h->vl)
            put(h, after, ld, 0, reduced(h, before, t, &flags));
        return flags;
    }
    for (u64 i = 0; i < h->vl; i++) {
        if (t->masked && !mask_bit(before, i))
            continue;
        u64 v = element(h, before, t, i, &flags);
        if (t->row->form == CMP_VV || t->row->form == CMP_VF) {
            u8 *byte = after + (size_t)VD * vec_bytes(h) + i / 8;
            *byte = (u8)((*byte & ~(1u << i % 8)) | v << i % 8);
        } else {
            put(h, after, ld, i, v);
        }
    }
    return flags;
}

static u8 before[32 * VLEN / 8], after[32 * VLEN / 8];

/* Names the first element that is not what it should be. (Not by an assertion for each element:
 * each is a system call.) */
static void report(const struct hart *h, const struct trial *t)
{
    unsigned log2 = t->sew + t->row->wide_d;
    u64 i = 0, vd = (u64)VD * vec_bytes(h) >> log2;
    while (get(h, h->v, 0, log2, i) == get(h, after, 0, log2, i))
        i++;
    ck_abort_msg("%s e%u rm %u%s vl %d: v%d[%d] is %llx, expected %llx; vs2 %llx vs1 %llx f %llx "
                 "vd %llx",
                 t->row->name, 8u << t->sew, t->rm, t->masked ? " masked" : "", (int)h->vl,
                 (int)((i << log2) / vec_bytes(h)), (int)(i - vd),
                 (unsigned long long)get(h, h->v, 0, log2, i),
                 (unsigned long long)get(h, after, 0, log2, i),
                 (unsigned long long)get(h, before, VS2, t->sew + t->row->wide_a, i - vd),
                 (unsigned long long)get(h, before, VS1, t->sew, i - vd),
                 (unsigned long long)t->scalar, (unsigned long long)get(h, before, 0, log2, i));
}

static void try(struct hart *h, struct trial *t)
{
    fill(h, t);
    memcpy(before, h->v, sizeof before);
    memcpy(after, h->v, sizeof after);
    u8 flags = expect(h, before, after, t);
    int raised = execute(h, word_of(t->row, t->masked));
    if (memcmp(h->v, after, sizeof after) != 0)
        report(h, t);
    ck_assert_msg(raised == flags, "%s e%u rm %u%s vl %d: flags %02x, expected %02x", t->row->name,
                  8u << t->sew, t->rm, t->masked ? " masked" : "", (int)h->vl, (unsigned)raised,
                  flags);
}

/* _i: the row. */
static void all_of_row(struct hart *h, const struct row *r, unsigned sew)
{
    const struct vec_loops *const loops[] = {vec_host_loops(), &vec_loops_baseline};
    for (unsigned n = 0; n < 5 * 2 * MOODS * 2; n++) {
        struct trial t = {.row = r, .sew = sew, .rm = n % 5, .mood = n / 10 % MOODS};
        t.masked = n / 5 % 2;
        h->loops = loops[n / (10 * MOODS)];
        u64 vlmax = (2 * VLEN / 8) >> sew, most = n % 3 ? vlmax : vlmax < 9 ? vlmax : 9;
        configure(h, sew, LMUL, random_bits(&state) % (most + 1));
        try(h, &t);
    }
}

START_TEST(elements_and_flags)
{
    struct machine *m = vector_machine(ISA, "--vlen=2048");
    struct hart *h = m->hart[0];
    const struct row *r = &rows[_i];
    struct fp_env caller = fp_run_enter();
    for (unsigned sew = 0; sew < 4; sew++) {
        if (exists(r, sew)) {
            all_of_row(h, r, sew);
        } else {
            configure(h, sew, LMUL, 1);
            ck_assert_msg(execute(h, word_of(r, false)) == -1, "%s exists for e%u", r->name,
                          8u << sew);
        }
    }
    fp_run_leave(caller);
    machine_free(m);
}
END_TEST

/* The examples and the table of vfrec7 and vfrsqrt7 in the manual; their accuracy. */
START_TEST(norm_vfrec7_op_precise)
{
    IS(fp_rec7_s(0x00718abc, FP_RNE, &flags), 0x7e900000, 0);
    IS(fp_rec7_s(0x7f765432, FP_RNE, &flags), 0x00214000, 0);
    IS(fp_rsqrt7_s(0x00718abc, &flags), 0x5f080000, 0);
    IS(fp_rsqrt7_s(0x7f765432, &flags), 0x1f820000, 0);
    IS(fp_rec7_s(NEG_S(S_INF), FP_RNE, &flags), NEG_S(0), 0);
    IS(fp_rec7_s(0x001fffff, FP_RNE, &flags), S_INF, FP_NX | FP_OF);
    IS(fp_rec7_s(0x00200000, FP_RNE, &flags), 0x7f7f0000, 0);
    IS(fp_rec7_s(1, FP_RTZ, &flags), S_MAX, FP_NX | FP_OF);
    IS(fp_rec7_s(1, FP_RDN, &flags), S_MAX, FP_NX | FP_OF);
    IS(fp_rec7_s(1, FP_RUP, &flags), S_INF, FP_NX | FP_OF);
    IS(fp_rec7_s(1, FP_RMM, &flags), S_INF, FP_NX | FP_OF);
    IS(fp_rec7_s(NEG_S(1), FP_RUP, &flags), NEG_S(S_MAX), FP_NX | FP_OF);
    IS(fp_rec7_s(NEG_S(1), FP_RDN, &flags), NEG_S(S_INF), FP_NX | FP_OF);
    IS(fp_rec7_s(0, FP_RNE, &flags), S_INF, FP_DZ);
    IS(fp_rec7_s(NEG_S(0), FP_RNE, &flags), NEG_S(S_INF), FP_DZ);
    IS(fp_rec7_s(S_SNAN, FP_RNE, &flags), FP_NAN_S, FP_NV);
    IS(fp_rec7_s(0xffc00001, FP_RNE, &flags), FP_NAN_S, 0);
    IS(fp_rsqrt7_s(NEG_S(1), &flags), FP_NAN_S, FP_NV);
    IS(fp_rsqrt7_s(NEG_S(S_INF), &flags), FP_NAN_S, FP_NV);
    IS(fp_rsqrt7_s(NEG_S(0), &flags), NEG_S(S_INF), FP_DZ);
    IS(fp_rsqrt7_s(0, &flags), S_INF, FP_DZ);
    IS(fp_rsqrt7_s(S_INF, &flags), 0, 0);
    IS(fp_rsqrt7_s(S_SNAN, &flags), FP_NAN_S, FP_NV);
    IS(fp_rsqrt7_s(0xffc00001, &flags), FP_NAN_S, 0);
}
END_TEST

START_TEST(norm_vfrec7_op)
{
    u8 flags = 0;
    for (u32 i = 0x00200000; i < S_INF; i += 0x1357) {
        double x = fp_host_s(i), r = fp_host_s(fp_rec7_s(i, FP_RNE, &flags));
        double e = r * x - 1, s = fp_host_s(fp_rsqrt7_s(i, &flags)), q = s * s * x;
        if (!(e < 0x1p-7 && e > -0x1p-7))
            ck_abort_msg("vfrec7 of %08x", i);
        if (!(q < (1 + 0x1p-7) * (1 + 0x1p-7) && q > (1 - 0x1p-7) * (1 - 0x1p-7)))
            ck_abort_msg("vfrsqrt7 of %08x", i);
    }
    ck_assert_uint_eq(flags, 0);
    for (u32 i = 0; i < 0x10000; i++) { /* all of h as s has them: the tables are the same */
        u8 fh = 0, fs = 0;
        u32 wide = fp_cvt_s_h((u16)i, 0, &fs);
        u16 h = fp_rsqrt7_h((u16)i, &fh);
        fs = 0;
        u32 s = fp_rsqrt7_s(wide, &fs);
        if (!(i & 0x7fff) || (i & 0x7c00) == 0x7c00 || i & 0x8000)
            continue;
        if (fp_cvt_s_h(h, 0, &fh) != s)
            ck_abort_msg("vfrsqrt7 of %04x in half precision", i);
    }
}
END_TEST
int main(void)
{
    Suite *suite = suite_create("vec_fp");
    TCase *tc = tcase_create("elements");
    tcase_add_loop_test(tc, elements_and_flags, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tc, norm_vfrec7_op_precise);
    tcase_add_test(tc, norm_vfrec7_op);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
