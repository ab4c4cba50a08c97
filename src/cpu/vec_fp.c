/* Vector floating point (chapter V, "Vector Floating-Point Instructions"): the shapes that call the
 * loops of the rows of isa_vf.def, and the moves from and to f registers.
 *
 * Elements that are inactive raise no exceptions: in what is masked, their operands are replaced by
 * 1.0, or the integer 0, for which no operation raises one. */
#include "cpu/vec_fp.h"

#include <string.h>

/* The operands of one instruction. */
struct operands {
    u8 *d;
    const u8 *a, *b;
    unsigned log2_d, log2_a, log2_b; /* bytes of an element */
    u64 idle_a;                      /* what an inactive a is replaced by */
    vec_fp_loop *loop;
};

/* 1.0, by log2 of its bytes. As BF16 the second is 2^-7, whose sums and products are exact, too. */
static const u64 one[4] = {0, 0x3c00, 0x3f800000, 0x3ff0000000000000};

static vec_fp_loop *loop_of(const struct hart *h, const struct vec_row *r)
{
    const struct vec_fp_loops *loops = h->frm == FP_RNE ? h->loops->nearest : &vec_fp_any;
    return loops->row[r->insn][vec_sew(h)];
}

static unsigned width(const struct hart *h, const struct vec_row *r, u8 width)
{
    return (unsigned)vec_width_log2(h, r, (enum vec_width)width);
}

/* vl elements of SEW bits, all the same. */
static const u8 *splat(struct hart *h, const u64 *scalar)
{
    u8 *all = vec_scratch(h, 2);
    h->loops->row[INSN_vmv_v_x][vec_sew(h)](all, all, scalar, h->vl, &(struct vec_env){0});
    return all;
}

/* Those of the instruction. scalar: b, or NULL if it is vs1 or nothing. */
static struct operands operands_of(struct hart *h, const struct op *op, const struct vec_row *r,
                                   const u64 *scalar)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    struct operands o = {.d = vec_reg(h, op->rd),
                         .a = vec_reg(h, op->rs2),
                         .b = vec_reg(h, c->vs1 == WIDTH_NONE ? op->rs2 : op->rs1),
                         .log2_d = width(h, r, c->vd),
                         .log2_a = width(h, r, c->vs2),
                         .log2_b = width(h, r, c->vs1 == WIDTH_NONE ? c->vs2 : c->vs1),
                         .loop = loop_of(h, r)};
    bool integers = r->vclass == VEC_INT_FWIDE || r->vclass == VEC_INT_FNARROW;
    o.idle_a = integers ? 0 : one[o.log2_a];
    if (scalar) {
        o.b = splat(h, scalar);
        o.log2_b = vec_sew(h);
    }
    return o;
}

static bool apart(const u8 *d, u64 d_bytes, const u8 *s, u64 s_bytes)
{
    return d + d_bytes <= s || s + s_bytes <= d;
}

/* May a loop write n elements to where the instruction wants them? */
static bool fits(const struct operands *o, u64 n)
{
    u64 bytes = n << o->log2_d;
    bool a = (o->d == o->a && o->log2_d == o->log2_a) || apart(o->d, bytes, o->a, n << o->log2_a);
    bool b = (o->d == o->b && o->log2_d == o->log2_b) || apart(o->d, bytes, o->b, n << o->log2_b);
    return a && b;
}

/* All elements, with those that are masked off replaced by `idle`, in scratch memory. */
static u8 *with_idle(struct hart *h, unsigned scratch, const u8 *from, unsigned log2, u64 idle)
{
    u8 *to = vec_scratch(h, scratch);
    struct vec_env env = {.mask = vec_scratch(h, VEC_SCRATCH_MASK)};
    h->loops->select[log2](to, from, &idle, h->vl, &env);
    return to;
}

/* The results of the body's elements, where scratch memory 0 has d. */
static u8 *results(struct hart *h, struct operands *o, const struct vec_body *b)
{
    u8 *d = vec_scratch(h, 0);
    if (b->mask) {
        o->a = with_idle(h, 1, o->a, o->log2_a, o->idle_a);
        o->b = with_idle(h, 2, o->b, o->log2_b, one[o->log2_b]);
    }
    h->fflags |= o->loop(d + (b->start << o->log2_d), o->a + (b->start << o->log2_a),
                         o->b + (b->start << o->log2_b), b->end - b->start, (unsigned)h->frm);
    return d;
}

/* The common case: all operands of SEW bits, all elements from 0 on active, and a destination that
 * is apart from the sources or the same. scalar: as above. Has it been that? */
static ALWAYS_INLINE bool common(struct hart *h, const struct op *op, const struct vec_row *r,
                                 const u64 *scalar)
{
    if (UNLIKELY(vec_masked(op) || h->vstart || h->config.v_reserved == VEC_RUN || !h->vl))
        return false;
    const u8 *b = scalar ? splat(h, scalar) : vec_reg(h, op->rs1);
    h->fflags |= loop_of(h, r)(vec_reg(h, op->rd), vec_reg(h, op->rs2), b, h->vl, (unsigned)h->frm);
    vec_tail(h, op->rd, vec_sew(h), h->vl, vec_group_bytes(h, vec_sew(h)));
    return true;
}

static int run(struct hart *h, const struct op *op, struct operands o)
{
    if (!h->vstart && !vec_masked(op) && fits(&o, h->vl)) {
        if (h->vl) {
            h->fflags |= o.loop(o.d, o.a, o.b, h->vl, (unsigned)h->frm);
            vec_tail(h, op->rd, o.log2_d, h->vl, vec_group_bytes(h, o.log2_d));
        }
        return 0;
    }
    struct vec_body b = vec_body_of(h, op);
    if (b.start >= b.end)
        return vec_done(h);
    if (b.mask)
        with_idle(h, 0, o.d, o.log2_d, one[o.log2_d]);
    else
        memcpy(vec_scratch(h, 0), o.d, b.end << o.log2_d);
    vec_put(h, op->rd, o.log2_d, &b, results(h, &o, &b));
    return vec_done(h);
}

static int run_compare(struct hart *h, const struct op *op, struct operands o)
{
    struct vec_body b = vec_body_of(h, op);
    if (b.start < b.end)
        vec_put_mask(h, op->rd, &b, results(h, &o, &b));
    return vec_done(h);
}

/* ---- reductions ---- */

/* Without active elements the scalar is copied as it is, and nothing raised. */
int vec_run_FREDUCE(struct hart *h, const struct op *op, const struct vec_row *r)
{
    struct operands o = operands_of(h, op, r, NULL);
    struct vec_body b = vec_body_of(h, op);
    u64 sum, n = b.end;
    if (!n)
        return 0;
    if (b.mask) {
        n = vec_pack(vec_scratch(h, 0), o.a, o.log2_a, b.mask, n);
        o.a = vec_scratch(h, 0);
    }
    sum = vec_get(o.b, o.log2_b);
    h->fflags |= o.loop(&sum, o.a, o.a, n, (unsigned)h->frm);
    vec_set(o.d, o.log2_d, sum);
    vec_tail(h, op->rd, o.log2_d, 1, vec_bytes(h));
    return 0;
}

int vec_run_FWREDUCE(struct hart *h, const struct op *op, const struct vec_row *r)
{
    return vec_run_FREDUCE(h, op, r);
}

/* ---- f registers ---- */

/* An f register as an element of SEW bits; what is not boxed right is the canonical NaN. */
static u64 scalar_of(const struct hart *h, const struct op *op)
{
    u64 v = h->f[op->rs1];
    switch (vec_sew(h)) {
    case 1:
        return fp_unbox_h(v);
    case 2:
        return fp_unbox_s(v);
    default:
        return v;
    }
}

int vec_run_vfmv_f_s(struct hart *h, const struct op *op, const struct vec_row *r UNUSED)
{
    u64 v = ~0ull;
    memcpy(&v, vec_reg(h, op->rs2), 1u << vec_sew(h));
    h->f[op->rd] = v;
    return vec_done(h);
}

int vec_run_vfmv_s_f(struct hart *h, const struct op *op, const struct vec_row *r UNUSED)
{
    unsigned sew = vec_sew(h);
    u64 value = scalar_of(h, op);
    if (h->vstart < h->vl) {
        vec_set(vec_reg(h, op->rd), sew, value);
        vec_tail(h, op->rd, sew, 1, vec_bytes(h));
    }
    return vec_done(h);
}

int vec_run_vfmerge(struct hart *h, const struct op *op, const struct vec_row *r UNUSED)
{
    return vec_merge(h, op, scalar_of(h, op));
}

int vec_run_vfmv_v_f(struct hart *h, const struct op *op, const struct vec_row *r UNUSED)
{
    return vec_splat(h, op, scalar_of(h, op));
}

int vec_run_vfslide1up(struct hart *h, const struct op *op, const struct vec_row *r UNUSED)
{
    return vec_slide1up(h, op, scalar_of(h, op));
}

int vec_run_vfslide1down(struct hart *h, const struct op *op, const struct vec_row *r UNUSED)
{
    return vec_slide1down(h, op, scalar_of(h, op));
}

/* ---- shapes ---- */

#define VECTOR(shape, fn)                                                                          \
    int vec_run_##shape(struct hart *h, const struct op *op, const struct vec_row *r)              \
    {                                                                                              \
        return fn(h, op, operands_of(h, op, r, NULL));                                             \
    }
#define SCALAR(shape, fn, value)                                                                   \
    int vec_run_##shape(struct hart *h, const struct op *op, const struct vec_row *r)              \
    {                                                                                              \
        u64 scalar = value;                                                                        \
        return fn(h, op, operands_of(h, op, r, &scalar));                                          \
    }
int vec_run_FSAME_V(struct hart *h, const struct op *op, const struct vec_row *r)
{
    return common(h, op, r, NULL) ? 0 : run(h, op, operands_of(h, op, r, NULL));
}
int vec_run_FSAME_F(struct hart *h, const struct op *op, const struct vec_row *r)
{
    u64 scalar = scalar_of(h, op);
    return common(h, op, r, &scalar) ? 0 : run(h, op, operands_of(h, op, r, &scalar));
}
VECTOR(FSAME_1, run)
VECTOR(FWIDE_V, run)
SCALAR(FWIDE_F, run, scalar_of(h, op))
VECTOR(FWIDE_1, run)
VECTOR(IWIDE_1, run)
VECTOR(FWIDEW_V, run)
SCALAR(FWIDEW_F, run, scalar_of(h, op))
VECTOR(BFWIDE_V, run)
SCALAR(BFWIDE_F, run, fp_unbox_bf16(h->f[op->rs1]))
VECTOR(BFWIDE_1, run)
VECTOR(FNARROW_1, run)
VECTOR(INARROW_1, run)
VECTOR(BFNARROW_1, run)
VECTOR(FCOMPARE_V, run_compare)
SCALAR(FCOMPARE_F, run_compare, scalar_of(h, op))
