/* vset*, which sets vl and vtype, and the vector CSRs. */
#include "cpu/vec.h"

#include "cpu/block.h"
#include "cpu/csr_impl.h"
#include "cpu/lazy.h"
#include "cpu/sem.h"

/* All of vtype but vill. */
enum { VTYPE_FIELDS = VTYPE_VMA | VTYPE_VTA | VTYPE_VSEW | VTYPE_VLMUL };

u32 vec_key(const struct hart *h)
{
    if (!has(h, EXT_Zve32x))
        return 0;
    u32 vtype = (u32)(h->vtype & VTYPE_FIELDS) << KEY_VTYPE_SHIFT;
    return KEY_HAS_VECTORS | vtype | (vec_vill(h) ? KEY_VILL : 0) | (h->vstart ? KEY_VSTART : 0);
}

/* vtype or vstart has changed. */
static void key_changed(struct hart *h)
{
    u32 key = (h->d.key & ~KEY_VECTORS) | vec_key(h);
    if (key == h->d.key)
        return;
    h->d.key = key;
    h->d.exit_block = 1;
}

void vec_start_at(struct hart *h, u64 index)
{
    if (h->vstart == index)
        return;
    h->vstart = index;
    key_changed(h);
}

/* ---- vset* ---- */

/* Is it a vtype that this hart has? All its bits count. */
static bool vtype_exists(const struct hart *h, u64 vtype)
{
    int lmul = (int)sext(vtype, 3);
    unsigned sew = (unsigned)get_field(vtype, VTYPE_VSEW);
    if ((vtype & ~(u64)VTYPE_FIELDS) || lmul == -4 || sew > vec_widest(h))
        return false;
    u32 bits =
        lmul < 0 && h->config.vlen > 8u << vec_widest(h) ? 8u << vec_widest(h) : h->config.vlen;
    return (lmul < 0 ? bits >> -lmul : bits << lmul) >= 8u << sew;
}

/* The new vtype, then vl for that AVL. keep: vl must stay what it is ("AVL Encoding"). */
static int set(struct hart *h, const struct op *op, u64 vtype, u64 avl, u64 keep)
{
    u64 vlmax = vec_vill(h) ? 0 : vec_vlmax(h), vl = h->vl;
    if (LIKELY(vtype == h->vtype && vlmax && !h->vstart)) { /* as it was */
        h->vl = keep ? vl : avl < vlmax ? avl : vlmax;
        set_rd(h, op, h->vl);
        lazy_dirty(h, LAZY_VS);
        return 0;
    }
    h->vtype = vtype;
    if (!vtype_exists(h, vtype) || (keep && vec_vlmax(h) != vlmax)) {
        h->vtype = is_rv32(h) ? VTYPE32_VILL : VTYPE_VILL;
        h->vl = 0;
    } else {
        vlmax = vec_vlmax(h);
        h->vl = keep ? vl : avl < vlmax ? avl : vlmax;
    }
    set_rd(h, op, h->vl);
    h->vstart = 0;
    key_changed(h);
    lazy_dirty(h, LAZY_VS);
    return 0;
}

/* AVL from rs1: all of it if that is x0, or what vl is if rd is x0 as well. */
static int set_from_rs1(struct hart *h, const struct op *op, u64 vtype)
{
    if (op->rs1)
        return set(h, op, vtype, get_x(h, op->rs1), 0);
    return set(h, op, vtype, ~0ull, op->rd == DUMP_SLOT);
}

int sem_vsetvli(struct hart *h, const struct op *op)
{
    return set_from_rs1(h, op, (u64)op->imm);
}

int sem_vsetivli(struct hart *h, const struct op *op)
{
    return set(h, op, (u64)op->imm, op->rs1, 0);
}

int sem_vsetvl(struct hart *h, const struct op *op)
{
    return set_from_rs1(h, op, get_x(h, op->rs2));
}

/* ---- CSRs ---- */

/* Wide enough for the largest index there is: that of bytes in eight registers. */
u64 w_vstart(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row, (void)old;
    return value & (h->config.vlen - 1);
}

u64 r_vcsr(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->vxsat | set_field(0, VCSR_VXRM, h->vxrm);
}

void s_vcsr(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    h->vxsat = value & VCSR_VXSAT;
    h->vxrm = get_field(value, VCSR_VXRM);
}

u64 r_vlenb(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return vec_bytes(h);
}

void a_vector(struct hart *h, u64 old)
{
    (void)old;
    lazy_dirty(h, LAZY_VS);
    key_changed(h);
}
