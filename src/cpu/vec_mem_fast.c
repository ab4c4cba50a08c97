/* Vector loads and stores as the fast engine does them: whole pages that the first-level TLB knows
 * are copied. Whatever else there may be is left to vec_mem.c, before anything has changed. */
#include <string.h>

#include "cpu/vec_impl.h"
#include "mmu/tlb.h"

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

/* May elements of that size lie there? */
static bool alignment_fits(const struct hart *h, u64 va, unsigned log2, bool store)
{
    u8 policy = store ? h->config.misaligned_store : h->config.misaligned_load;
    return !(va & MASK(log2)) || policy == MISALIGNED_OK;
}

int vec_fast_memory(struct hart *h, const struct op *op, const struct vec_row *r)
{
    const struct vec_class *c = &vec_classes[r->vclass];
    bool store = c->flags & STORES;
    const struct tlb_entry *table = store ? h->d.wtlb : h->d.rtlb;
    unsigned log2 = (unsigned)vec_width_log2(h, r, (enum vec_width)c->vd);
    u64 n = vec_memory_elements(h, op, r), va = get_x(h, op->rs1), bytes = n << log2;
    if (r->mode == MODE_STRIDE || r->mode == MODE_INDEX || vec_masked(op) ||
        (c->flags & NF && vec_fields(op) > 1) || h->config.v_agnostic != VEC_UNDISTURBED)
        return -1;
    if (!n)
        return 0;
    if (va + bytes < va || (is_rv32(h) && va + bytes > MASK(32)) ||
        !alignment_fits(h, va, log2, store) || !pages_hit(table, va, bytes))
        return -1;
    if (store)
        copy_out(table, vec_reg(h, op->rd & 31), va, bytes);
    else
        copy_in(table, vec_reg(h, op->rd & 31), va, bytes);
    return 0;
}
