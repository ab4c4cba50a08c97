/* Vector instructions on masks (chapter V, "Vector Mask Instructions"). */
#include <string.h>

#include "cpu/vec_impl.h"

/* Bits `at` and on of a mask. */
static u64 word(const u8 *mask, u64 at)
{
    u64 w;
    memcpy(&w, mask + at / 8, sizeof w);
    return w;
}

/* Elements of vs2 that are set and active: the bits from `at` on. */
static u64 active_bits(struct hart *h, const struct op *op, u64 at)
{
    u64 w = word(vec_reg(h, op->rs2), at) & MASK(h->vl - at);
    return vec_masked(op) ? w & word(vec_reg(h, 0), at) : w;
}

int vec_run_MASKS(struct hart *h, const struct op *op, const struct vec_row *r)
{
    u8 *d = vec_reg(h, op->rd);
    u64 result[VLENB_MAX / 8], end = h->vl, words = (end + 63) / 64;
    if (h->vstart >= end)
        return vec_done(h);
    h->loops->row[r->insn][0](result, vec_reg(h, op->rs2), vec_reg(h, op->rs1), words,
                              &(struct vec_env){0});
    for (u64 i = 0; i < words; i++) {
        u64 low = h->vstart > 64 * i ? h->vstart - 64 * i : 0;
        u64 body = low < 64 ? MASK(end - 64 * i) & ~MASK(low) : 0;
        u64 v = (word(d, 64 * i) & ~body) | (result[i] & body);
        memcpy(d + 8 * i, &v, sizeof v);
    }
    vec_tail_mask(h, op->rd, end);
    return vec_done(h);
}

int vec_run_vcpop(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    u64 n = 0;
    for (u64 at = 0; at < h->vl; at += 64)
        n += (u64)__builtin_popcountll(active_bits(h, op, at));
    set_rd(h, op, n);
    return 0;
}

/* The first active element that is set, or ~0. */
static u64 first(struct hart *h, const struct op *op)
{
    for (u64 at = 0; at < h->vl; at += 64) {
        u64 w = active_bits(h, op, at);
        if (w)
            return at + (u64)__builtin_ctzll(w);
    }
    return ~0ull;
}

int vec_run_vfirst(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    set_rd(h, op, first(h, op));
    return 0;
}

/* Writes ones to the elements from `from` to `to`, zeros to the others. */
static int put_range(struct hart *h, const struct op *op, u64 from, u64 to)
{
    struct vec_body b = vec_body_of(h, op);
    u8 *values = vec_scratch(h, 0);
    if (!b.end)
        return 0;
    memset(values, 0, b.end);
    for (u64 i = from; i < to && i < b.end; i++)
        values[i] = 1;
    vec_put_mask(h, op->rd, &b, values);
    return 0;
}

int vec_run_vmsbf(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return put_range(h, op, 0, first(h, op));
}

int vec_run_vmsif(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    u64 f = first(h, op);
    return put_range(h, op, 0, f == ~0ull ? f : f + 1);
}

int vec_run_vmsof(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    u64 f = first(h, op);
    return put_range(h, op, f, f == ~0ull ? f : f + 1);
}

int vec_run_viota(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    struct vec_body b = vec_body_of(h, op);
    unsigned sew = vec_sew(h);
    u8 *values = vec_scratch(h, 0), *set = vec_scratch(h, 1);
    u64 sum = 0;
    if (!b.end)
        return 0;
    vec_bytes_of_mask(set, vec_reg(h, op->rs2), b.end);
    for (u64 i = 0; i < b.end; i++) {
        vec_set(values + (i << sew), sew, sum);
        sum += set[i] && (!b.mask || b.mask[i]);
    }
    vec_put(h, op->rd, sew, &b, values);
    return 0;
}
