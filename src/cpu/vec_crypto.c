/* Through the element groups of a vector instruction: the shape of the rows of isa_vk.def. */
#include "cpu/vec_crypto.h"

/* For SEW 32 and 64. */
static vec_group *const functions[INSN_COUNT][2] = {
#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...)                           \
    [INSN_##id] = {__VA_ARGS__},
#include "cpu/isa_vk.def"
};

int vec_run_GROUPS(struct hart *h, const struct op *op, const struct vec_row *r)
{
    unsigned sew = vec_sew(h), n = vec_group_elements(r);
    u64 bytes = (u64)n << sew, shared = vec_classes[r->vclass].vs2 == WIDTH_GROUP;
    u8 *d = vec_reg(h, op->rd);
    const u8 *vs2 = vec_reg(h, op->rs2), *vs1 = vec_reg(h, op->rs1 & 31);
    if (h->vstart >= h->vl)
        return vec_done(h);
    for (u64 i = h->vstart / n; i < h->vl / n; i++)
        functions[r->insn][sew - 2](d + i * bytes, shared ? vs2 : vs2 + i * bytes, vs1 + i * bytes,
                                    op->rs1);
    vec_tail(h, op->rd, sew, h->vl, vec_group_bytes(h, sew));
    return vec_done(h);
}

/* Blocks are decoded for any vl. */
int vec_fast_GROUPS(struct hart *h, const struct op *op, const struct vec_row *r)
{
    return h->vl % vec_group_elements(r) ? -1 : vec_run_GROUPS(h, op, r);
}
