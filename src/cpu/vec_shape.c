/* Through the elements of a vector instruction: the shapes that call a row's loops, and what
 * becomes of elements that are masked off or behind the last. */
#include <string.h>

#include "cpu/fields.h"
#include "cpu/vec_impl.h"

/* ---- masks as bytes and as bits ---- */

void vec_bytes_of_mask(u8 *bytes, const u8 *bits, u64 n)
{
    for (u64 i = 0; i < n; i += 8) {
        u64 spread = bits[i / 8] * 0x0101010101010101ull & 0x8040201008040201ull;
        spread = (spread + 0x7f7f7f7f7f7f7f7full) >> 7 & 0x0101010101010101ull;
        memcpy(bytes + i, &spread, 8);
    }
}

u64 vec_bits_of_mask(const u8 *bytes, u64 n)
{
    u64 bits = 0, eight;
    for (unsigned i = 0; i < 64 && i < n; i += 8) {
        memcpy(&eight, bytes + i, 8);
        bits |= (eight & 0x0101010101010101ull) * 0x0102040810204080ull >> 56 << i;
    }
    return bits;
}

struct vec_body vec_body_of(struct hart *h, const struct op *op)
{
    struct vec_body b = {.start = h->vstart, .end = h->vl};
    if (vec_masked(op)) {
        u8 *bytes = h->v_scratch[VEC_SCRATCH_MASK];
        vec_bytes_of_mask(bytes, vec_reg(h, 0), b.end);
        b.mask = bytes;
    }
    return b;
}

/* ---- agnostic elements ---- */

/* Does the element of that value become all ones? What is mixed depends on nothing that an engine
 * could have otherwise. */
static bool becomes_ones(const struct hart *h, u64 i, u64 value)
{
    if (h->config.v_agnostic != VEC_MIXED)
        return h->config.v_agnostic == VEC_ONES;
    u64 x = (value ^ i << 40 ^ h->config.v_seed) * 0x9e3779b97f4a7c15ull;
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9ull >> 63;
}

static void agnostic(const struct hart *h, u8 *at, unsigned log2, u64 i)
{
    if (becomes_ones(h, i, vec_get(at + (i << log2), log2)))
        memset(at + (i << log2), 0xff, 1u << log2);
}

static bool tail_agnostic(const struct hart *h)
{
    return UNLIKELY(h->config.v_agnostic != VEC_UNDISTURBED) && (h->vtype & VTYPE_VTA);
}

static bool mask_agnostic(const struct hart *h)
{
    return UNLIKELY(h->config.v_agnostic != VEC_UNDISTURBED) && (h->vtype & VTYPE_VMA);
}

void vec_tail(struct hart *h, unsigned vd, unsigned log2, u64 end, u64 bytes)
{
    u8 *d = vec_reg(h, vd);
    if (tail_agnostic(h))
        for (u64 i = end; i < bytes >> log2; i++)
            agnostic(h, d, log2, i);
}

/* Masks are always tail-agnostic. */
void vec_tail_mask(struct hart *h, unsigned vd, u64 end)
{
    u8 *d = vec_reg(h, vd);
    if (LIKELY(h->config.v_agnostic == VEC_UNDISTURBED))
        return;
    for (u64 i = end; i < h->config.vlen; i++)
        if (becomes_ones(h, i, d[i / 8]))
            d[i / 8] |= (u8)(1u << i % 8);
}

u64 vec_group_bytes(const struct hart *h, unsigned log2)
{
    int emul = vec_lmul(h) + (int)log2 - (int)vec_sew(h);
    return emul > 0 ? (u64)vec_bytes(h) << emul : vec_bytes(h);
}

void vec_put(struct hart *h, unsigned vd, unsigned log2, const struct vec_body *b,
             const void *values)
{
    u8 *d = vec_reg(h, vd);
    u64 at = b->start << log2;
    if (b->start < b->end && !b->mask) {
        if (values != d)
            memmove(d + at, (const u8 *)values + at, (b->end << log2) - at);
    } else if (b->start < b->end) {
        struct vec_env env = {.mask = b->mask + b->start};
        h->loops->blend[log2](d + at, (const u8 *)values + at, &env, b->end - b->start, &env);
        if (mask_agnostic(h))
            for (u64 i = b->start; i < b->end; i++)
                if (!b->mask[i])
                    agnostic(h, d, log2, i);
    }
    vec_tail(h, vd, log2, b->end, vec_group_bytes(h, log2));
}

/* Bits [start, end) of the word that begins with bit `at`. */
static u64 range(u64 at, u64 start, u64 end)
{
    u64 low = start > at ? start - at : 0, high = end - at;
    return low >= 64 || high <= low ? 0 : MASK(high) & ~MASK(low);
}

void vec_put_mask(struct hart *h, unsigned vd, const struct vec_body *b, const u8 *values)
{
    u8 *d = vec_reg(h, vd);
    for (u64 at = b->start & ~63ull; at < b->end; at += 64) {
        u64 old, body = range(at, b->start, b->end), active = body;
        if (b->mask)
            active &= vec_bits_of_mask(b->mask + at, b->end - at);
        memcpy(&old, d + at / 8, 8);
        u64 v = (old & ~active) | (vec_bits_of_mask(values + at, b->end - at) & active);
        if (mask_agnostic(h))
            for (u64 i = at; i < at + 64; i++)
                if ((body & ~active) >> (i - at) & 1 && becomes_ones(h, i, old))
                    v |= BIT(i - at);
        memcpy(d + at / 8, &v, 8);
    }
    vec_tail_mask(h, vd, b->end);
}

/* ---- elements ---- */

/* The operands of one instruction. A scalar has step_b 0. */
struct elements {
    u8 *d;
    const u8 *a, *b;
    unsigned log2_d, log2_a, log2_b;
    bool scalar_b;
    vec_loop *loop;
    struct vec_env env;
};

static bool clashes(const u8 *d, u64 d_bytes, const u8 *s, u64 s_bytes)
{
    return d != s && d < s + s_bytes && s < d + d_bytes;
}

/* Would a loop read what it has written? */
static bool must_copy(const struct elements *e, u64 n)
{
    u64 bytes = n << e->log2_d;
    if (e->d == e->a && e->log2_a != e->log2_d)
        return true;
    if (!e->scalar_b && e->d == e->b && e->log2_b != e->log2_d)
        return true;
    return clashes(e->d, bytes, e->a, n << e->log2_a) ||
           (!e->scalar_b && clashes(e->d, bytes, e->b, n << e->log2_b));
}

static struct elements elements_of(struct hart *h, const struct op *op, const struct vec_row *r,
                                   const u64 *scalar)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    struct elements e = {.d = vec_reg(h, op->rd & 31),
                         .log2_d = (unsigned)vec_width_log2(h, r, (enum vec_width)c->vd),
                         .log2_a = (unsigned)vec_width_log2(h, r, (enum vec_width)c->vs2),
                         .log2_b = (unsigned)vec_width_log2(h, r, (enum vec_width)c->vs1),
                         .loop = h->loops->row[r->insn][vec_sew(h)],
                         .env = {.vxrm = (u32)h->vxrm, .insn = r->insn}};
    e.a = c->vs2 == WIDTH_NONE ? e.d : vec_reg(h, op->rs2);
    e.scalar_b = scalar != NULL;
    e.b = scalar ? (const u8 *)scalar : vec_reg(h, op->rs1);
    return e;
}

static u32 run_loop(const struct elements *e, u8 *d, u64 from, u64 to)
{
    if (!from)
        return e->loop(d, e->a, e->b, to, &e->env);
    struct vec_env env = e->env;
    env.mask = env.mask ? env.mask + from : NULL;
    return e->loop(d + (from << e->log2_d), e->a + (from << e->log2_a),
                   e->scalar_b ? e->b : e->b + (from << e->log2_b), to - from, &env);
}

/* Every stretch of active elements by itself, in place. */
static u32 run_active(const struct elements *e, const struct vec_body *b)
{
    u32 saturated = 0;
    for (u64 i = b->start, end; i < b->end; i = end) {
        end = i + 1;
        if (b->mask && !b->mask[i])
            continue;
        while (end < b->end && (!b->mask || b->mask[end]))
            end++;
        saturated |= run_loop(e, e->d, i, end);
    }
    return saturated;
}

static int run(struct hart *h, const struct op *op, struct elements *e)
{
    struct vec_body b = vec_body_of(h, op);
    if (b.start < b.end) {
        bool copy = b.mask || must_copy(e, b.end);
        u8 *d = copy ? vec_scratch(h, 0) : e->d;
        if (copy && vec_classes[vec_rows[e->env.insn].vclass].flags & READS_VD)
            memcpy(d, e->d, b.end << e->log2_d);
        run_loop(e, d, b.start, b.end);
        vec_put(h, op->rd, e->log2_d, &b, d);
    }
    return vec_done(h);
}

static int run_carry(struct hart *h, const struct op *op, struct elements *e)
{
    struct vec_body b = vec_body_of(h, op);
    e->env.mask = b.mask;
    b.mask = NULL; /* an operand: all elements are active */
    if (b.start < b.end) {
        u8 *d = must_copy(e, b.end) ? vec_scratch(h, 0) : e->d;
        run_loop(e, d, b.start, b.end);
        vec_put(h, op->rd, e->log2_d, &b, d);
    }
    return vec_done(h);
}

static int run_compare(struct hart *h, const struct op *op, struct elements *e)
{
    struct vec_body b = vec_body_of(h, op);
    e->log2_d = 0;
    if (vec_classes[vec_rows[e->env.insn].vclass].flags & CARRIES) {
        e->env.mask = b.mask;
        b.mask = NULL;
    }
    if (b.start < b.end) {
        run_loop(e, vec_scratch(h, 0), b.start, b.end);
        vec_put_mask(h, op->rd, &b, vec_scratch(h, 0));
    }
    return vec_done(h);
}

static int run_saturating(struct hart *h, const struct op *op, struct elements *e)
{
    struct vec_body b = vec_body_of(h, op);
    if (b.start < b.end) {
        if (must_copy(e, b.end)) { /* the one source that may be wider */
            e->a = memcpy(vec_scratch(h, 0), e->a, b.end << e->log2_a);
        }
        if (run_active(e, &b))
            h->vxsat = 1;
        vec_put(h, op->rd, e->log2_d, &b, e->d);
    }
    return vec_done(h);
}

typedef int run_fn(struct hart *h, const struct op *op, struct elements *e);

static int with_vector(struct hart *h, const struct op *op, const struct vec_row *r, run_fn *fn)
{
    struct elements e = elements_of(h, op, r, NULL);
    return fn(h, op, &e);
}

static int with_scalar(struct hart *h, const struct op *op, const struct vec_row *r, run_fn *fn,
                       u64 scalar)
{
    struct elements e = elements_of(h, op, r, &scalar);
    return fn(h, op, &e);
}

/* The common case: sources of SEW bits, elements from 0 on, and a destination that is apart from
 * the sources or the same. Has it been that? */
static ALWAYS_INLINE bool common(struct hart *h, const struct op *op, const struct vec_row *r,
                                 u8 *d, const void *b)
{
    const u8 *a = vec_reg(h, op->rs2);
    const struct vec_env env = {.from = a, .vlmax = vec_vlmax(h), .vxrm = (u32)h->vxrm};
    if (UNLIKELY(h->vstart || h->config.v_reserved == VEC_RUN || !h->vl))
        return false;
    h->loops->row[r->insn][vec_sew(h)](d, a, b, h->vl, &env);
    return true;
}

/* ... and with a mask, when inactive elements are left alone. */
static NOINLINE bool common_masked(struct hart *h, const struct op *op, const struct vec_row *r,
                                   const void *b)
{
    u8 *to = vec_reg(h, op->rd & 31), *d = vec_scratch(h, 0);
    unsigned sew = vec_sew(h);
    if (h->config.v_agnostic != VEC_UNDISTURBED)
        return false;
    if (vec_classes[r->vclass].flags & READS_VD)
        memcpy(d, to, h->vl << sew);
    if (!common(h, op, r, d, b))
        return false;
    struct vec_body body = vec_body_of(h, op);
    const struct vec_env env = {.mask = body.mask};
    h->loops->blend[sew](to, d, &env, body.end, &env);
    return true;
}

static ALWAYS_INLINE bool common_same(struct hart *h, const struct op *op, const struct vec_row *r,
                                      const void *b)
{
    if (vec_masked(op))
        return common_masked(h, op, r, b);
    if (!common(h, op, r, vec_reg(h, op->rd & 31), b))
        return false;
    if (tail_agnostic(h))
        vec_tail(h, op->rd, vec_sew(h), h->vl, vec_group_bytes(h, vec_sew(h)));
    return true;
}

static ALWAYS_INLINE bool common_mask(struct hart *h, const struct op *op, const struct vec_row *r,
                                      const void *b)
{
    const struct vec_body all = {.end = h->vl};
    if (vec_masked(op) || !common(h, op, r, vec_scratch(h, 0), b))
        return false;
    vec_put_mask(h, op->rd, &all, vec_scratch(h, 0));
    return true;
}

/* The shapes: what goes through the elements, and where the second operand is. */
#define VECTOR(shape, fn)                                                                          \
    int vec_run_##shape(struct hart *h, const struct op *op, const struct vec_row *r)              \
    {                                                                                              \
        return with_vector(h, op, r, fn);                                                          \
    }
#define SCALAR(shape, fn, value)                                                                   \
    int vec_run_##shape(struct hart *h, const struct op *op, const struct vec_row *r)              \
    {                                                                                              \
        return with_scalar(h, op, r, fn, value);                                                   \
    }
/* The same, with a common case. */
#define VECTOR_OR(shape, common, fn)                                                               \
    int vec_run_##shape(struct hart *h, const struct op *op, const struct vec_row *r)              \
    {                                                                                              \
        return common(h, op, r, vec_reg(h, op->rs1)) ? 0 : with_vector(h, op, r, fn);              \
    }
#define SCALAR_OR(shape, common, fn, value)                                                        \
    int vec_run_##shape(struct hart *h, const struct op *op, const struct vec_row *r)              \
    {                                                                                              \
        u64 scalar = value;                                                                        \
        return common(h, op, r, &scalar) ? 0 : with_scalar(h, op, r, fn, scalar);                  \
    }
#define X_REGISTER h->x[op->rs1]
#define SIMM       (u64) sext(op->rs1, 5)
#define UIMM       op->rs1
VECTOR_OR(SAME_V, common_same, run)
SCALAR_OR(SAME_X, common_same, run, X_REGISTER)
SCALAR_OR(SAME_I, common_same, run, SIMM)
SCALAR_OR(SAME_U, common_same, run, UIMM)
VECTOR_OR(MAC_V, common_same, run)
SCALAR_OR(MAC_X, common_same, run, X_REGISTER)
VECTOR(WIDE_V, run)
SCALAR(WIDE_X, run, X_REGISTER)
SCALAR(WIDE_U, run, UIMM)
VECTOR(WMAC_V, run)
SCALAR(WMAC_X, run, X_REGISTER)
VECTOR(WIDEW_V, run)
SCALAR(WIDEW_X, run, X_REGISTER)
VECTOR(NARROW_V, run)
SCALAR(NARROW_X, run, X_REGISTER)
SCALAR(NARROW_U, run, UIMM)
SCALAR(EXTEND2, run, 0)
SCALAR(EXTEND4, run, 0)
SCALAR(EXTEND8, run, 0)
SCALAR(UNARY, run, 0)
VECTOR(CLMUL_V, run)
SCALAR(CLMUL_X, run, X_REGISTER)
VECTOR(MOVE_V, run)
SCALAR_OR(MOVE_X, common_same, run, X_REGISTER)
SCALAR_OR(MOVE_I, common_same, run, SIMM)
VECTOR(CARRY_V, run_carry)
SCALAR(CARRY_X, run_carry, X_REGISTER)
SCALAR(CARRY_I, run_carry, SIMM)
VECTOR_OR(CARRY_OUT_V, common_mask, run_compare)
SCALAR_OR(CARRY_OUT_X, common_mask, run_compare, X_REGISTER)
SCALAR_OR(CARRY_OUT_I, common_mask, run_compare, SIMM)
VECTOR_OR(COMPARE_V, common_mask, run_compare)
SCALAR_OR(COMPARE_X, common_mask, run_compare, X_REGISTER)
SCALAR_OR(COMPARE_I, common_mask, run_compare, SIMM)
VECTOR(SATURATE_V, run_saturating)
SCALAR(SATURATE_X, run_saturating, X_REGISTER)
SCALAR(SATURATE_I, run_saturating, SIMM)
VECTOR(NARROW_SAT_V, run_saturating)
SCALAR(NARROW_SAT_X, run_saturating, X_REGISTER)
SCALAR(NARROW_SAT_U, run_saturating, UIMM)

int vec_merge(struct hart *h, const struct op *op, u64 value)
{
    return with_scalar(h, op, &vec_rows[INSN_vmerge_vxm], run_carry, value);
}

int vec_splat(struct hart *h, const struct op *op, u64 value)
{
    return with_scalar(h, op, &vec_rows[INSN_vmv_v_x], run, value);
}

/* ---- gathers, which read the whole group ---- */

static int run_gather(struct hart *h, const struct op *op, struct elements *e)
{
    e->env.from = e->a;
    e->env.vlmax = vec_vlmax(h);
    return run(h, op, e);
}
VECTOR_OR(GATHER_V, common_same, run_gather)
VECTOR(GATHER16, run_gather)

/* All elements get the one at `index`. */
static int gather_one(struct hart *h, const struct op *op, const struct vec_row *r, u64 index)
{
    u64 value = 0;
    unsigned sew = vec_sew(h);
    if (index < vec_vlmax(h))
        value = vec_get(vec_reg(h, op->rs2) + (index << sew), sew);
    return with_scalar(h, op, r, run, value);
}

int vec_run_GATHER_X(struct hart *h, const struct op *op, const struct vec_row *r)
{
    return gather_one(h, op, r, get_x(h, op->rs1));
}

int vec_run_GATHER_U(struct hart *h, const struct op *op, const struct vec_row *r)
{
    return gather_one(h, op, r, op->rs1);
}

/* ---- indices, reductions ---- */

int vec_run_INDEX_OF(struct hart *h, const struct op *op, const struct vec_row *r)
{
    struct vec_body b = vec_body_of(h, op);
    unsigned sew = vec_sew(h);
    if (b.start < b.end) {
        u8 *d = vec_scratch(h, 0);
        h->loops->row[r->insn][sew](d, d, d, b.end, &(struct vec_env){0});
        vec_put(h, op->rd, sew, &b, d);
    }
    return vec_done(h);
}

u64 vec_pack(u8 *to, const u8 *from, unsigned log2, const u8 *mask, u64 n)
{
    u64 k = 0;
    for (u64 i = 0; i < n; i++)
        if (mask[i])
            vec_set(to + (k++ << log2), log2, vec_get(from + (i << log2), log2));
    return k;
}

int vec_run_REDUCE(struct hart *h, const struct op *op, const struct vec_row *r)
{
    unsigned sew = vec_sew(h);
    unsigned log2 = (unsigned)vec_width_log2(h, r, (enum vec_width)vec_classes[r->vclass].vd);
    const u8 *a = vec_reg(h, op->rs2);
    u64 sum = vec_get(vec_reg(h, op->rs1), log2), n = h->vl;
    if (!n)
        return 0;
    if (vec_masked(op)) {
        n = vec_pack(vec_scratch(h, 0), a, sew, vec_body_of(h, op).mask, n);
        a = vec_scratch(h, 0);
    }
    h->loops->row[r->insn][sew](&sum, a, NULL, n, &(struct vec_env){0});
    vec_set(vec_reg(h, op->rd), log2, sum);
    vec_tail(h, op->rd, log2, 1, vec_bytes(h));
    return 0;
}

int vec_run_WREDUCE(struct hart *h, const struct op *op, const struct vec_row *r)
{
    return vec_run_REDUCE(h, op, r);
}
