/* Vector permutations: moves between registers, slides, compress (chapter V, "Vector Integer
 * Permutation Instructions"). Gathers are loops: vec_shape.c. */
#include <string.h>

#include "cpu/vec_impl.h"

int vec_run_vmv_x_s(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    unsigned sew = vec_sew(h);
    set_rd(h, op, (u64)sext(vec_get(vec_reg(h, op->rs2), sew), 8u << sew));
    return vec_done(h);
}

int vec_run_vmv_s_x(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    unsigned sew = vec_sew(h);
    u64 value = h->x[op->rs1];
    if (h->vstart < h->vl) {
        vec_set(vec_reg(h, op->rd), sew, value);
        vec_tail(h, op->rd, sew, 1, vec_bytes(h));
    }
    return vec_done(h);
}

/* ---- slides ---- */

static int slide_up(struct hart *h, const struct op *op, u64 offset)
{
    struct vec_body b = vec_body_of(h, op);
    unsigned sew = vec_sew(h);
    if (b.start >= b.end)
        return vec_done(h);
    if (b.start < offset)
        b.start = offset;
    if (offset < b.end)
        memcpy(vec_scratch(h, 0) + (offset << sew), vec_reg(h, op->rs2), (b.end - offset) << sew);
    vec_put(h, op->rd, sew, &b, vec_scratch(h, 0));
    return vec_done(h);
}

static int slide_down(struct hart *h, const struct op *op, u64 offset)
{
    struct vec_body b = vec_body_of(h, op);
    unsigned sew = vec_sew(h);
    u64 vlmax = vec_vlmax(h), there = offset < vlmax ? vlmax - offset : 0;
    u8 *values = vec_scratch(h, 0);
    if (b.start >= b.end)
        return vec_done(h);
    if (there > b.end)
        there = b.end;
    if (there)
        memcpy(values, vec_reg(h, op->rs2) + (offset << sew), there << sew);
    memset(values + (there << sew), 0, (b.end - there) << sew);
    vec_put(h, op->rd, sew, &b, values);
    return vec_done(h);
}

int vec_run_vslideup_x(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return slide_up(h, op, get_x(h, op->rs1));
}

int vec_run_vslideup_u(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return slide_up(h, op, op->rs1);
}

int vec_run_vslidedown_x(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return slide_down(h, op, get_x(h, op->rs1));
}

int vec_run_vslidedown_u(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return slide_down(h, op, op->rs1);
}

int vec_slide1up(struct hart *h, const struct op *op, u64 value)
{
    struct vec_body b = vec_body_of(h, op);
    unsigned sew = vec_sew(h);
    u8 *values = vec_scratch(h, 0);
    if (b.start >= b.end)
        return vec_done(h);
    vec_set(values, sew, value);
    memcpy(values + (1u << sew), vec_reg(h, op->rs2), (b.end - 1) << sew);
    vec_put(h, op->rd, sew, &b, values);
    return vec_done(h);
}

int vec_slide1down(struct hart *h, const struct op *op, u64 value)
{
    struct vec_body b = vec_body_of(h, op);
    unsigned sew = vec_sew(h);
    u8 *values = vec_scratch(h, 0);
    if (b.start >= b.end)
        return vec_done(h);
    memcpy(values, vec_reg(h, op->rs2) + (1u << sew), (b.end - 1) << sew);
    vec_set(values + ((b.end - 1) << sew), sew, value);
    vec_put(h, op->rd, sew, &b, values);
    return vec_done(h);
}

int vec_run_vslide1up(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return vec_slide1up(h, op, h->x[op->rs1]);
}

int vec_run_vslide1down(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    return vec_slide1down(h, op, h->x[op->rs1]);
}

/* ---- others ---- */

int vec_run_vcompress(struct hart *h, const struct op *op, const struct vec_row *r)
{
    (void)r;
    unsigned sew = vec_sew(h);
    struct vec_body b = {0};
    if (!h->vl)
        return 0;
    vec_bytes_of_mask(vec_scratch(h, 1), vec_reg(h, op->rs1), h->vl);
    b.end = vec_pack(vec_scratch(h, 0), vec_reg(h, op->rs2), sew, vec_scratch(h, 1), h->vl);
    vec_put(h, op->rd, sew, &b, vec_scratch(h, 0));
    return 0;
}

int vec_run_vmvr(struct hart *h, const struct op *op, const struct vec_row *r)
{
    size_t bytes = (size_t)vec_bytes(h) << (vec_classes[r->vclass].vd - WIDTH_R1);
    size_t at = h->vstart << vec_sew(h);
    if (at < bytes)
        memmove(vec_reg(h, op->rd) + at, vec_reg(h, op->rs2) + at, bytes - at);
    return vec_done(h);
}
