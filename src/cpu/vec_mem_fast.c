/* Vector loads and stores as the fast engine does them: on pages that the first-level TLB knows.
 * Whatever else there may be is left to vec_mem.c, before anything has changed that is not done
 * again in the same way. */
#include <string.h>

#include "cpu/vec_impl.h"
#include "mmu/tlb.h"

/* ---- one stretch of bytes ---- */

/* Do all pages of those bytes hit, for loads or stores? */
static bool pages_hit(const struct tlb_entry *table, u64 va, u64 bytes)
{
    for (u64 page = va & ~0xfffull; page <= ((va + bytes - 1) & ~0xfffull); page += 0x1000)
        if (table[page >> 12 & (TLB1_SIZE - 1)].tag != page)
            return false;
    return true;
}

static u8 *host_of(const struct tlb_entry *table, u64 va)
{
    return (u8 *)(uintptr_t)(va + table[va >> 12 & (TLB1_SIZE - 1)].addend);
}

/* Copies bytes of pages that hit. */
static void copy_in(const struct tlb_entry *table, u8 *to, u64 va, u64 bytes)
{
    while (bytes) {
        u64 part = 0x1000 - (va & 0xfff);
        part = part < bytes ? part : bytes;
        memcpy(to, host_of(table, va), part);
        to += part, va += part, bytes -= part;
    }
}

static void copy_out(const struct tlb_entry *table, const u8 *from, u64 va, u64 bytes)
{
    while (bytes) {
        u64 part = 0x1000 - (va & 0xfff);
        part = part < bytes ? part : bytes;
        memcpy(host_of(table, va), from, part);
        from += part, va += part, bytes -= part;
    }
}

/* ---- element by element ---- */

/* Where elements go: the page that was used last. */
struct mover {
    const struct tlb_entry *table;
    u64 page, addend, limit; /* limit: a mask of XLEN bits */
    u64 misaligned;          /* address bits that must be zero */
};

/* Host address of an element, or NULL: not there, or not in one page. */
static ALWAYS_INLINE u8 *element_at(struct mover *m, u64 va, unsigned log2)
{
    va &= m->limit;
    u64 page = va & ~0xfffull;
    if (UNLIKELY(page != m->page)) {
        const struct tlb_entry *e = &m->table[page >> 12 & (TLB1_SIZE - 1)];
        if (e->tag != page)
            return NULL;
        m->page = page;
        m->addend = e->addend;
    }
    if (UNLIKELY((va & 0xfff) + (1u << log2) > 0x1000 || (va & m->misaligned)))
        return NULL;
    return (u8 *)(uintptr_t)(va + m->addend);
}

enum { LOOK, MOVE };

/* All active elements from 0 to n; or only looks whether they are there. 0 or -1. */
static ALWAYS_INLINE int each(const struct vec_access *access, struct mover m, u64 n, unsigned log2,
                              int what)
{
    const struct vec_access own = *access, *p = &own; /* which no store to an element can change */
    for (u64 i = 0; i < n; i++) {
        u64 va = p->base + p->stride * i, offset = 0;
        if (p->mask && !p->mask[i])
            continue;
        if (p->index) {
            offset = vec_get(p->index + (i << p->index_log2), p->index_log2);
            va = p->base + offset;
        }
        for (unsigned f = 0; f < p->fields; f++) {
            u8 *at = element_at(&m, va + ((u64)f << log2), log2);
            u8 *element = p->data + f * p->field_distance + (i << log2);
            if (UNLIKELY(!at))
                return -1;
            if (what == MOVE && p->store)
                memcpy(at, element, 1u << log2);
            else if (what == MOVE)
                memcpy(element, at, 1u << log2);
        }
    }
    return 0;
}

static int each_of_size(const struct vec_access *p, const struct mover *m, u64 n, int what)
{
    switch (p->log2) {
    case 0:
        return each(p, *m, n, 0, what);
    case 1:
        return each(p, *m, n, 1, what);
    case 2:
        return each(p, *m, n, 2, what);
    default:
        return each(p, *m, n, 3, what);
    }
}

/* n elements that are in one page, from `first` on. */
static ALWAYS_INLINE void move_strided(const struct vec_access *p, u8 *first, u64 n, unsigned log2)
{
    u64 stride = p->stride;
    bool store = p->store;
    for (u8 *at = first, *data = p->data; n; n--, at += stride, data += 1u << log2)
        memcpy(store ? at : data, store ? data : at, 1u << log2);
}

/* Fields one after the other: not where a store's segments overlap, of which the last one counts.
 */
static void move_fields(struct vec_access p, u8 *first, u64 n)
{
    for (unsigned f = 0; f < p.fields; f++, first += 1u << p.log2, p.data += p.field_distance)
        switch (p.log2) {
        case 0:
            move_strided(&p, first, n, 0);
            break;
        case 1:
            move_strided(&p, first, n, 1);
            break;
        case 2:
            move_strided(&p, first, n, 2);
            break;
        default:
            move_strided(&p, first, n, 3);
        }
}

/* Strided elements that are all active, in one page: a look at the first and the last is enough.
 * Have they been moved? */
static bool strided(const struct vec_access *p, struct mover m, u64 n)
{
    u64 more = (u64)(p->fields - 1) << p->log2, last = p->base + p->stride * (n - 1) + more;
    bool apart = p->fields == 1 || !p->store || p->stride == (u64)p->fields << p->log2;
    if (p->mask || p->index || !apart || p->stride + 0x1000 > 0x2000 ||
        (p->stride & m.misaligned) || ((p->base ^ last) & ~0xfffull) ||
        ((p->base ^ (p->base + more)) & ~0xfffull))
        return false;
    u8 *first = element_at(&m, p->base, p->log2);
    if (!first || !element_at(&m, last, p->log2))
        return false;
    move_fields(*p, first, n);
    return true;
}

/* Must it be known beforehand that all elements are there? A load can be done again unless it
 * overwrites its own offsets. */
static bool must_look(const struct vec_access *p, u64 n)
{
    if (p->store)
        return true;
    u64 data = n << p->log2, index = n << p->index_log2;
    return p->index && p->data < p->index + index && p->index < p->data + data;
}

/* ---- instructions ---- */

static u64 misaligned_bits(const struct hart *h, const struct vec_access *p)
{
    u8 policy = p->store ? h->config.misaligned_store : h->config.misaligned_load;
    return policy == MISALIGNED_OK ? 0 : MASK(p->log2);
}

/* Unit stride without fields: one stretch of bytes. 0 or -1. */
static int stretch(struct hart *h, const struct vec_access *p, const struct mover *m, u64 n)
{
    u64 bytes = n << p->log2;
    if (p->base + bytes < p->base || p->base + bytes > m->limit || (p->base & m->misaligned) ||
        !pages_hit(m->table, p->base, bytes))
        return -1;
    if (p->store) {
        copy_out(m->table, p->data, p->base, bytes);
    } else if (p->mask) {
        struct vec_env env = {.mask = p->mask};
        u8 *got = vec_scratch(h, 0);
        copy_in(m->table, got, p->base, bytes);
        h->loops->blend[p->log2](p->data, got, got, n, &env);
    } else {
        copy_in(m->table, p->data, p->base, bytes);
    }
    return 0;
}

/* The common case: unit stride, all elements active, none with fields, in one page. */
static bool common(struct hart *h, const struct op *op, const struct vec_row *r)
{
    bool store = vec_classes[r->vclass].flags & STORES;
    u64 va = get_x(h, op->rs1), bytes = h->vl << r->width;
    const struct tlb_entry *e = &(store ? h->d.wtlb : h->d.rtlb)[va >> 12 & (TLB1_SIZE - 1)];
    if (r->mode != MODE_UNIT || op->imm != 1 || e->tag != (va & ~0xfffull) || !bytes ||
        (va & 0xfff) + bytes > 0x1000 || (va & MASK(r->width)))
        return false;
    u8 *host = (u8 *)(uintptr_t)(va + e->addend), *data = vec_reg(h, op->rd & 31);
    memcpy(store ? host : data, store ? data : host, bytes);
    return true;
}

int vec_fast_memory(struct hart *h, const struct op *op, const struct vec_row *r)
{
    if (h->config.v_agnostic != VEC_UNDISTURBED)
        return -1;
    if (common(h, op, r))
        return 0;
    struct vec_access p = vec_access_of(h, op, r);
    struct mover m = {.table = p.store ? h->d.wtlb : h->d.rtlb,
                      .page = TLB_INVALID,
                      .limit = is_rv32(h) ? MASK(32) : ~0ull,
                      .misaligned = misaligned_bits(h, &p)};
    u64 n = vec_memory_elements(h, op, r);
    if (!n)
        return 0;
    if (r->mode != MODE_STRIDE && r->mode != MODE_INDEX && p.fields == 1 && !(p.mask && p.store))
        return stretch(h, &p, &m, n);
    if (strided(&p, m, n))
        return 0;
    if (must_look(&p, n) && each_of_size(&p, &m, n, LOOK))
        return -1;
    return each_of_size(&p, &m, n, MOVE);
}
