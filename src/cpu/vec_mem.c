/* Vector loads and stores, element by element through mem_load() and mem_store(): whatever can
 * happen to an access happens to each, and what traps leaves its element's index in vstart (chapter
 * V, "Vector Loads and Stores"). What needs none of that is in vec_mem_fast.c. */
#include <string.h>

#include "cpu/lazy.h"
#include "cpu/trigger.h"
#include "cpu/vec_impl.h"

u64 vec_memory_elements(const struct hart *h, const struct op *op, const struct vec_row *r)
{
    switch (r->mode) {
    case MODE_WHOLE:
        return (u64)vec_fields(op) * vec_bytes(h) >> r->width;
    case MODE_MASK:
        return (h->vl + 7) / 8;
    default:
        return h->vl;
    }
}

static u64 stride_of(const struct hart *h, const struct op *op, const struct vec_row *r,
                     const struct vec_access *p)
{
    return r->mode == MODE_STRIDE ? h->x[op->rs2] : (u64)p->fields << p->log2;
}

struct vec_access vec_access_of(struct hart *h, const struct op *op, const struct vec_row *r)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    struct vec_access p = {.base = get_x(h, op->rs1),
                           .log2 = (unsigned)vec_width_log2(h, r, (enum vec_width)c->vd),
                           .fields = c->flags & NF ? vec_fields(op) : 1,
                           .data = vec_reg(h, op->rd & 31),
                           .store = c->flags & STORES};
    p.field_distance = vec_group_bytes(h, p.log2);
    p.stride = stride_of(h, op, r, &p);
    if (r->mode == MODE_INDEX) {
        p.index = vec_reg(h, op->rs2);
        p.index_log2 = r->width;
    }
    if (vec_masked(op)) {
        vec_bytes_of_mask(h->v_scratch[VEC_SCRATCH_MASK], vec_reg(h, 0), h->vl);
        p.mask = h->v_scratch[VEC_SCRATCH_MASK];
    }
    return p;
}

/* All fields of segment i. */
static int segment(struct hart *h, const struct vec_access *p, u64 i)
{
    u64 at = p->base + p->stride * i, offset = 0;
    if (p->index) {
        offset = vec_get(p->index + (i << p->index_log2), p->index_log2);
        at = p->base + offset;
    }
    for (unsigned f = 0; f < p->fields; f++) {
        u8 *element = p->data + f * p->field_distance + (i << p->log2);
        u64 va = at + ((u64)f << p->log2), value = 0;
        if (is_rv32(h))
            va = (u32)va;
        if (p->store) {
            value = vec_get(element, p->log2);
            if (mem_store(h, va, 1u << p->log2, 0, value))
                return TRAPPED;
        } else {
            if (mem_load(h, va, 1u << p->log2, 0, &value))
                return TRAPPED;
            vec_set(element, p->log2, value);
        }
    }
    return 0;
}

/* Is it something else than an exception of the access itself: what a debugger or a trigger wants?
 */
static bool is_wanted(const struct hart *h)
{
    return h->trap.held || h->trap.refusal.reason == REASON_TRIGGER;
}

/* A trap at element i. */
static int stopped(struct hart *h, u64 i)
{
    if (h->trap.held) /* nothing has happened yet: what was done will be done again */
        return TRAPPED;
    vec_start_at(h, i);
    lazy_dirty(h, LAZY_VS);
    return TRAPPED;
}

static void finish_load(struct hart *h, const struct op *op, const struct vec_row *r,
                        const struct vec_access *p, u64 start, u64 end)
{
    struct vec_body b = {.start = start, .end = end, .mask = p->mask};
    if (r->mode == MODE_WHOLE)
        return;
    if (r->mode == MODE_MASK) {
        vec_tail_mask(h, op->rd, h->vl);
        return;
    }
    for (unsigned f = 0; f < p->fields; f++) {
        unsigned vd = op->rd + f * (unsigned)(p->field_distance / vec_bytes(h));
        vec_put(h, vd, p->log2, &b, vec_reg(h, vd));
    }
}

int vec_run_memory(struct hart *h, const struct op *op, const struct vec_row *r)
{
    struct vec_access p = vec_access_of(h, op, r);
    u64 start = h->vstart, end = vec_memory_elements(h, op, r);
    if (start >= end)
        return vec_done(h);
    for (u64 i = start; i < end; i++) {
        if ((p.mask && !p.mask[i]) || !segment(h, &p, i))
            continue;
        if (r->mode != MODE_FIRST || i == 0 || is_wanted(h))
            return stopped(h, i);
        h->vl = end = i;
    }
    if (!p.store)
        finish_load(h, op, r, &p, start, end);
    return vec_done(h);
}
