/* The inside of the vector files: what a row is to them, and the functions that go through
 * elements.
 *
 * How an instruction is executed is its row's *shape*. Most shapes call *loops*, functions made
 * from the row's expression, one for each SEW: plain C that the compiler vectorises, over
 * contiguous elements from 0 on, all of them active. What is masked, or does not start at element
 * 0, goes through the same loops: into scratch memory, from where the active elements are taken. */
#ifndef HEXTANT_CPU_VEC_IMPL_H
#define HEXTANT_CPU_VEC_IMPL_H

#include <string.h>

#include "cpu/sem.h"
#include "cpu/vec.h"

/* What loops see besides their operands. */
struct vec_env {
    const u8 *mask;   /* a byte for each element, 0 or 1: shapes with v0 as an operand */
    const void *from; /* the group that is gathered from */
    u64 vlmax;
    u32 vxrm;
    u16 insn; /* enum insn */
};

/* For n elements: d[i] = the row's expression of a[i], b[i] (of a scalar, b[0]) and d[i]. Returns
 * whether it has saturated. Compares write bytes that are 0 or 1. */
typedef u32 vec_loop(void *d, const void *a, const void *b, size_t n, const struct vec_env *env);

/* The loops, compiled for one kind of host: those of the rows by SEW, and what the shapes need. */
struct vec_loops {
    vec_loop *row[INSN_COUNT][4];
    /* by log2 of the element's bytes: d[i] = mask[i] ? a[i] : d[i], and : b[0] */
    vec_loop *blend[4], *select[4];
    const struct vec_fp_loops *nearest; /* vec_fp.h */
};
extern const struct vec_loops vec_loops_baseline, vec_loops_v3;

/* The width of an operand's elements; see vec_class.def. */
enum vec_width {
    WIDTH_NONE,
    WIDTH_SEW,
    WIDTH_WIDE,
    WIDTH_HALF,
    WIDTH_QUARTER,
    WIDTH_EIGHTH,
    WIDTH_E16,
    WIDTH_MASK,
    WIDTH_ELEMENT,
    WIDTH_WELEMENT,
    WIDTH_GROUP,
    WIDTH_DATA,
    WIDTH_INDEX,
    WIDTH_WHOLE,
    WIDTH_R1,
    WIDTH_R2,
    WIDTH_R4,
    WIDTH_R8
};
enum {
    READS_VD = 1,
    APART = 2,
    AT_0 = 4,
    CARRIES = 8,
    STORES = 16,
    NF = 32,
    ANY_VTYPE = 64,
    RESUMES = 128,
    GROUPS_4 = 256,
    GROUPS_8 = 512,
    APART_2 = 1024
};
enum vec_types {
    TYPES_ANY,
    TYPES_HIGH,
    TYPES_F,
    TYPES_F2,
    TYPES_FW,
    TYPES_FCVT,
    TYPES_BF16,
    TYPES_E32,
    TYPES_E64,
    TYPES_SHA2
};
struct vec_class {
    u8 vd, vs2, vs1; /* enum vec_width */
    u8 types;
    u16 flags;
};
extern const struct vec_class vec_classes[];
enum vec_class_number {
#define CLASS(name, vd, vs2, vs1, flags, types) VEC_##name,
#include "cpu/vec_class.def"
#undef CLASS
};

/* How a load or store finds its elements. */
enum vec_mode { MODE_UNIT, MODE_FIRST, MODE_STRIDE, MODE_INDEX, MODE_MASK, MODE_WHOLE };

/* A row: its class, and how it is executed. */
struct vec_row;
typedef int vec_run(struct hart *h, const struct op *op, const struct vec_row *r);
struct vec_row {
    vec_run *run;  /* plainly, after the checks */
    vec_run *fast; /* see vec_fast() */
    u16 insn;      /* enum insn */
    u8 vclass;     /* enum vec_class_number */
    u8 mode;       /* of memory: enum vec_mode */
    u8 width;      /* of memory: log2 of the element's, or index's, bytes */
};
extern const struct vec_row vec_rows[INSN_COUNT];

static inline bool vec_masked(const struct op *op)
{
    return !(op->imm & 1);
}

/* Elements of a group that a row works on: 1, or what the manual calls EGS. */
static inline unsigned vec_group_elements(const struct vec_row *r)
{
    unsigned flags = vec_classes[r->vclass].flags;
    return flags & GROUPS_8 ? 8 : flags & GROUPS_4 ? 4 : 1;
}

/* Fields of a segment; registers that are moved whole. */
static inline unsigned vec_fields(const struct op *op)
{
    return ((unsigned)op->imm >> 1 & 7) + 1;
}

/* log2 of the bytes of an operand's elements. 0 for masks. Without sense (negative, too large) for
 * operands that vec_refuses(). */
static inline int vec_width_log2(const struct hart *h, const struct vec_row *r,
                                 enum vec_width width)
{
    static const struct {
        s8 of_sew, of_row, more; /* SEW's and the row's count, if -1 */
    } of[] = {
        [WIDTH_NONE] = {-1, 0, 0},     [WIDTH_SEW] = {-1, 0, 0},      [WIDTH_WIDE] = {-1, 0, 1},
        [WIDTH_HALF] = {-1, 0, -1},    [WIDTH_QUARTER] = {-1, 0, -2}, [WIDTH_EIGHTH] = {-1, 0, -3},
        [WIDTH_E16] = {0, 0, 1},       [WIDTH_MASK] = {0, 0, 0},      [WIDTH_ELEMENT] = {-1, 0, 0},
        [WIDTH_WELEMENT] = {-1, 0, 1}, [WIDTH_DATA] = {0, -1, 0},     [WIDTH_INDEX] = {0, -1, 0},
        [WIDTH_WHOLE] = {0, -1, 0},    [WIDTH_R1] = {-1, 0, 0},       [WIDTH_R2] = {-1, 0, 0},
        [WIDTH_R4] = {-1, 0, 0},       [WIDTH_R8] = {-1, 0, 0},
    };
    return ((int)vec_sew(h) & of[width].of_sew) + (r->width & of[width].of_row) + of[width].more;
}

/* ---- vec_shape.c: what becomes of the elements ---- */

/* Which elements an instruction writes: from `start` to `end`, those that are active. */
struct vec_body {
    u64 start, end;
    const u8 *mask; /* a byte for each element, or NULL: all */
};
/* The body of an instruction with vl and vstart as they are; its mask is in scratch memory. */
struct vec_body vec_body_of(struct hart *h, const struct op *op);
/* Scratch memory for a whole group: number 0 to 2, for whoever executes a row. */
enum { VEC_SCRATCH_MASK = 3 /* the body's mask */ };
static inline u8 *vec_scratch(struct hart *h, unsigned n)
{
    return h->v_scratch[n];
}
/* Moves the body's elements, of 1 << log2 bytes, from `values` to the group at vd; then the
 * elements that are agnostic. `values` may be where vd is: then they are there already. */
void vec_put(struct hart *h, unsigned vd, unsigned log2, const struct vec_body *body,
             const void *values);
/* The same for a mask: `values` has a byte for each element. */
void vec_put_mask(struct hart *h, unsigned vd, const struct vec_body *body, const u8 *values);
/* What is agnostic behind element `end`, of `bytes` bytes with elements of 1 << log2, and of masks.
 */
void vec_tail(struct hart *h, unsigned vd, unsigned log2, u64 end, u64 bytes);
void vec_tail_mask(struct hart *h, unsigned vd, u64 end);
/* Bytes of the group of elements of 1 << log2 bytes: whole registers. */
u64 vec_group_bytes(const struct hart *h, unsigned log2);
/* A mask of n elements as a byte for each, and the first n such bytes, at most 64, as bits. Both
 * touch whole groups of eight. */
void vec_bytes_of_mask(u8 *bytes, const u8 *bits, u64 n);
u64 vec_bits_of_mask(const u8 *bytes, u64 n);
/* Moves the active ones of n elements together; returns how many. */
u64 vec_pack(u8 *to, const u8 *from, unsigned log2, const u8 *mask, u64 n);
/* vmerge, vmv.v.x and the slides by one, whatever the scalar is. */
int vec_merge(struct hart *h, const struct op *op, u64 value);
int vec_splat(struct hart *h, const struct op *op, u64 value);
int vec_slide1up(struct hart *h, const struct op *op, u64 value);
int vec_slide1down(struct hart *h, const struct op *op, u64 value);
/* One element of 1 << log2 bytes. */
static inline u64 vec_get(const u8 *at, unsigned log2)
{
    u64 value = 0;
    switch (log2) {
    case 0:
        return *at;
    case 1:
        memcpy(&value, at, 2);
        return value;
    case 2:
        memcpy(&value, at, 4);
        return value;
    default:
        memcpy(&value, at, 8);
        return value;
    }
}
static inline void vec_set(u8 *at, unsigned log2, u64 value)
{
    switch (log2) {
    case 0:
        *at = (u8)value;
        break;
    case 1:
        memcpy(at, &value, 2);
        break;
    case 2:
        memcpy(at, &value, 4);
        break;
    default:
        memcpy(at, &value, 8);
        break;
    }
}
/* The instruction is complete: vstart = 0. Returns 0. */
static inline int vec_done(struct hart *h)
{
    if (UNLIKELY(h->vstart != 0))
        vec_start_at(h, 0);
    return 0;
}

/* The shapes, as the rows name them. */
#define SHAPE(name) vec_run vec_run_##name
SHAPE(SAME_V);
SHAPE(SAME_X);
SHAPE(SAME_I);
SHAPE(SAME_U);
SHAPE(MAC_V);
SHAPE(MAC_X);
SHAPE(SATURATE_V);
SHAPE(SATURATE_X);
SHAPE(SATURATE_I);
SHAPE(WIDE_V);
SHAPE(WIDE_X);
SHAPE(WIDE_U);
SHAPE(WMAC_V);
SHAPE(WMAC_X);
SHAPE(WIDEW_V);
SHAPE(WIDEW_X);
SHAPE(NARROW_V);
SHAPE(NARROW_X);
SHAPE(NARROW_U);
SHAPE(NARROW_SAT_V);
SHAPE(NARROW_SAT_X);
SHAPE(NARROW_SAT_U);
SHAPE(EXTEND2);
SHAPE(EXTEND4);
SHAPE(EXTEND8);
SHAPE(UNARY);
SHAPE(CLMUL_V);
SHAPE(CLMUL_X);
SHAPE(CARRY_V);
SHAPE(CARRY_X);
SHAPE(CARRY_I);
SHAPE(CARRY_OUT_V);
SHAPE(CARRY_OUT_X);
SHAPE(CARRY_OUT_I);
SHAPE(COMPARE_V);
SHAPE(COMPARE_X);
SHAPE(COMPARE_I);
SHAPE(MOVE_V);
SHAPE(MOVE_X);
SHAPE(MOVE_I);
SHAPE(REDUCE);
SHAPE(WREDUCE);
SHAPE(INDEX_OF);
SHAPE(GATHER_V);
SHAPE(GATHER_X);
SHAPE(GATHER_U);
SHAPE(GATHER16);
/* vec_mask.c */
SHAPE(MASKS);
SHAPE(vcpop);
SHAPE(vfirst);
SHAPE(vmsbf);
SHAPE(vmsof);
SHAPE(vmsif);
SHAPE(viota);
/* vec_move.c */
SHAPE(vmv_x_s);
SHAPE(vmv_s_x);
SHAPE(vslideup_x);
SHAPE(vslideup_u);
SHAPE(vslidedown_x);
SHAPE(vslidedown_u);
SHAPE(vslide1up);
SHAPE(vslide1down);
SHAPE(vcompress);
SHAPE(vmvr);
#undef SHAPE
/* vec_mem.c, vec_mem_fast.c */
/* How many elements a load or store has: vl, or what the manual calls evl. */
u64 vec_memory_elements(const struct hart *h, const struct op *op, const struct vec_row *r);
vec_run vec_run_memory, vec_fast_memory;
/* A load or store: where its elements are. */
struct vec_access {
    u64 base, stride; /* of segments */
    const u8 *index;  /* offsets instead of a stride, */
    unsigned index_log2;
    unsigned log2;      /* of an element's bytes */
    unsigned fields;    /* of a segment */
    u64 field_distance; /* bytes from one field's group to the next's */
    u8 *data;           /* the first */
    const u8 *mask;     /* as in struct vec_body */
    bool store;
};
struct vec_access vec_access_of(struct hart *h, const struct op *op, const struct vec_row *r);

#endif
