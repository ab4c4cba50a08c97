/* Which vector encodings are legal with the present vtype: from the operands of the row's class
 * (vec_class.def), by the rules of chapter V, "Vector Operands" and "Vector Masking". Asked when
 * code is decoded, and by the plain engine. */
#include "cpu/vec_impl.h"

const struct vec_class vec_classes[] = {
#define CLASS(name, vd, vs2, vs1, flags, types)                                                    \
    [VEC_##name] = {WIDTH_##vd, WIDTH_##vs2, WIDTH_##vs1, TYPES_##types, flags},
#include "cpu/vec_class.def"
#undef CLASS
};

/* An operand: registers first .. first + count - 1. eew: log2 of the element's bits; 0: a mask,
 * whose elements are bits; 1: less than bytes, which there are none. */
struct group {
    u8 first, count, eew, exists;
    s8 emul; /* log2 */
};

/* A group that does not depend on vtype: a mask, element 0, whole registers. */
static int fixed_emul(const struct hart *h, const struct op *op, enum vec_width width, int log2)
{
    int vlen = __builtin_ctz(h->config.vlen);
    switch (width) {
    case WIDTH_ELEMENT:
    case WIDTH_WELEMENT:
        return log2 + 3 > vlen ? log2 + 3 - vlen : 0;
    case WIDTH_GROUP: /* 128 bits */
        return vlen < 7 ? 7 - vlen : 0;
    case WIDTH_WHOLE:
        return __builtin_ctz(vec_fields(op));
    case WIDTH_R1:
    case WIDTH_R2:
    case WIDTH_R4:
    case WIDTH_R8:
        return (int)width - WIDTH_R1;
    default:
        return 0;
    }
}

static bool is_fixed(enum vec_width width)
{
    return width == WIDTH_MASK || width == WIDTH_ELEMENT || width == WIDTH_WELEMENT ||
           width == WIDTH_GROUP || width >= WIDTH_WHOLE;
}

/* The group at register `first`. Its width and size may be impossible: see group_refused(). */
static struct group group_of(const struct hart *h, const struct vec_row *r, const struct op *op,
                             enum vec_width width, unsigned first)
{
    int log2 = vec_width_log2(h, r, width);
    struct group g = {.first = (u8)first, .exists = width != WIDTH_NONE};
    g.eew = width == WIDTH_MASK ? 0 : log2 > -3 ? (u8)(log2 + 3) : 1;
    g.emul = (s8)(is_fixed(width) ? fixed_emul(h, op, width, log2)
                                  : vec_lmul(h) + log2 - (int)vec_sew(h));
    g.count = (u8)(g.emul > 0 ? 1u << g.emul : 1);
    return g;
}

/* Are there such elements and such a group at all? */
static enum reason group_refused(const struct hart *h, const struct group *g)
{
    int vlen = __builtin_ctz(h->config.vlen);
    if (!g->exists || !g->eew)
        return REASON_NONE;
    if (g->eew < 3 || g->eew > vec_widest(h) + 3 || g->emul < -3 || g->emul > 3 ||
        g->eew > vlen + g->emul)
        return REASON_VECTOR_WIDTH;
    return REASON_NONE;
}

static bool misaligned(const struct group *g)
{
    return g->exists && g->first % g->count;
}

static bool overlap(const struct group *a, const struct group *b)
{
    return a->exists && b->exists && a->first < b->first + b->count &&
           b->first < a->first + a->count;
}

/* May the destination overlap the source as it does? */
static bool overlap_legal(const struct group *d, const struct group *s, unsigned flags)
{
    if (!overlap(d, s))
        return true;
    if (flags & APART)
        return false;
    if (d->eew == s->eew)
        return true;
    if (d->eew < s->eew)
        return d->first == s->first;
    return s->emul >= 0 && d->first + d->count == s->first + s->count;
}

/* The operands of an instruction. vd counts all fields of a segment. */
struct operands {
    struct group vd, vs2, vs1, v0;
    bool scalar_result; /* vd is element 0: may overlap whatever it likes */
};

static struct operands operands_of(const struct hart *h, const struct vec_row *r,
                                   const struct op *op)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    struct operands o = {.vd = group_of(h, r, op, (enum vec_width)c->vd, op->rd & 31),
                         .vs2 = group_of(h, r, op, (enum vec_width)c->vs2, op->rs2),
                         .vs1 = group_of(h, r, op, (enum vec_width)c->vs1, op->rs1),
                         .v0 = {.count = 1}};
    o.v0.exists = vec_masked(op);
    o.scalar_result = c->vd == WIDTH_ELEMENT || c->vd == WIDTH_WELEMENT;
    return o;
}

/* The widths, and whether all registers exist. */
static enum reason sizes_refused(const struct hart *h, const struct vec_class *c,
                                 const struct op *op, struct operands *o)
{
    const struct group *all[] = {&o->vd, &o->vs2, &o->vs1};
    for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
        enum reason why = group_refused(h, all[i]);
        if (why != REASON_NONE)
            return why;
        if (misaligned(all[i]) && h->config.v_reserved == VEC_TRAP)
            return REASON_VECTOR_GROUP;
    }
    if (c->flags & NF) {
        unsigned registers = o->vd.count * vec_fields(op);
        if (registers > 8 && vec_fields(op) > 1)
            return REASON_VECTOR_WIDTH;
        o->vd.count = (u8)registers;
    }
    for (unsigned i = 0; i < ARRAY_LEN(all); i++)
        if (all[i]->exists && all[i]->first + all[i]->count > 32)
            return REASON_VECTOR_GROUP;
    return REASON_NONE;
}

/* The rules about registers that are used twice. */
static enum reason overlap_refused(const struct vec_class *c, const struct operands *o)
{
    const struct group *source[4] = {&o->vs2, &o->vs1, &o->v0, &o->vd};
    unsigned n = c->flags & (READS_VD | STORES) ? 4 : 3;
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < i; k++)
            if (overlap(source[i], source[k]) && source[i]->eew != source[k]->eew)
                return REASON_VECTOR_SOURCES;
    if (c->flags & STORES || !o->vd.exists || o->scalar_result)
        return REASON_NONE;
    if (o->vd.eew && overlap(&o->vd, &o->v0))
        return REASON_VECTOR_MASK;
    if (c->flags & APART && overlap(&o->vd, &o->v0))
        return REASON_VECTOR_OVERLAP;
    unsigned flags_2 = c->flags & APART_2 ? APART : c->flags;
    return overlap_legal(&o->vd, &o->vs2, flags_2) && overlap_legal(&o->vd, &o->vs1, c->flags)
               ? REASON_NONE
               : REASON_VECTOR_OVERLAP;
}

/* Has floating point elements of 1 << log2 bytes? */
static bool fp_exists(const struct hart *h, unsigned log2)
{
    return (log2 == 1 && has(h, EXT_Zvfh)) || (log2 == 2 && has(h, EXT_Zve32f)) ||
           (log2 == 3 && has(h, EXT_Zve64d));
}

/* Does the instruction exist for this SEW? */
static bool types_exist(const struct hart *h, enum vec_types types)
{
    unsigned sew = vec_sew(h);
    switch (types) {
    case TYPES_HIGH: /* norm:Zve64_eew64_nsupport_vmulh: with V only */
        return sew < 3 || has(h, EXT_V);
    case TYPES_F:
        return fp_exists(h, sew);
    case TYPES_F2:
        return fp_exists(h, sew + 1);
    case TYPES_FCVT:
        return (sew == 1 && has(h, EXT_Zvfhmin)) || (fp_exists(h, sew) && fp_exists(h, sew + 1));
    case TYPES_FW:
        return fp_exists(h, sew) && fp_exists(h, sew + 1);
    case TYPES_BF16:
        return sew == 1;
    case TYPES_E32:
        return sew == 2;
    case TYPES_E64:
        return sew == 3;
    case TYPES_SHA2:
        return sew == 2 || (sew == 3 && has(h, EXT_Zvknhb));
    default:
        return true;
    }
}

/* How many elements there can be: the manual's evl of what does not go by vl, else VLMAX. */
static u64 elements(const struct hart *h, const struct vec_row *r, const struct op *op)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    if (c->vd == WIDTH_WHOLE)
        return (u64)vec_fields(op) * vec_bytes(h) >> r->width;
    if (c->vd >= WIDTH_R1)
        return ((u64)vec_bytes(h) << (c->vd - WIDTH_R1)) >> vec_sew(h);
    return vec_vlmax(h);
}

static enum reason start_refused(const struct hart *h, const struct vec_row *r, const struct op *op)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    if (!h->vstart)
        return REASON_NONE;
    if (c->flags & AT_0)
        return REASON_VSTART;
    if (h->config.v_vstart == VEC_TRAP && !(c->flags & RESUMES))
        return REASON_VSTART;
    if (h->config.v_reserved == VEC_TRAP && h->vstart >= elements(h, r, op))
        return REASON_VSTART_RANGE;
    return REASON_NONE;
}

/* norm:veccrypto_lmul_egwconstr, norm:veccrypto_vl_vstart_rsv */
static enum reason element_group_refused(const struct hart *h, const struct vec_row *r)
{
    unsigned n = vec_group_elements(r);
    if (vec_vlmax(h) < n)
        return REASON_VECTOR_WIDTH;
    return h->config.v_reserved == VEC_TRAP && (h->vl | h->vstart) % n ? REASON_VECTOR_ELEMENTS
                                                                       : REASON_NONE;
}

enum reason vec_refuses(const struct hart *h, enum insn row, const struct op *op)
{
    const struct vec_row *r = &vec_rows[row];
    const struct vec_class *c = &vec_classes[r->vclass];
    if (insn_row(row)->kind == KIND_VECTORF && h->frm > FRM_RMM)
        return REASON_FRM;
    if (vec_vill(h) && !(c->flags & ANY_VTYPE))
        return REASON_VILL;
    if (!types_exist(h, (enum vec_types)c->types))
        return REASON_VECTOR_TYPE;
    struct operands o = operands_of(h, r, op);
    enum reason why = sizes_refused(h, c, op, &o);
    if (why == REASON_NONE && h->config.v_reserved == VEC_TRAP)
        why = overlap_refused(c, &o);
    if (why == REASON_NONE)
        why = element_group_refused(h, r);
    return why == REASON_NONE ? start_refused(h, r, op) : why;
}

u32 vec_written(const struct hart *h, enum insn row, const struct op *op)
{
    const struct vec_row *r = &vec_rows[row];
    const struct vec_class *c = &vec_classes[r->vclass];
    enum vec_width width = (enum vec_width)c->vd;
    if (width == WIDTH_NONE || c->flags & STORES)
        return 0;
    struct group g = group_of(h, r, op, width, op->rd & 31);
    u64 bytes = h->vl << vec_width_log2(h, r, width), fields = c->flags & NF ? vec_fields(op) : 1;
    unsigned used =
        is_fixed(width) ? g.count : (unsigned)((bytes + vec_bytes(h) - 1) / vec_bytes(h));
    u32 written = 0;
    if (!h->vl && width < WIDTH_WHOLE)
        return 0;
    for (u64 f = 0; f < fields; f++)
        written |= (u32)(MASK(used) << (g.first + f * g.count));
    return written;
}
