/* Fetching instructions: the page that code is decoded from, and single instructions where a whole
 * page cannot be had. */
#include <string.h>

#include "bus/bus.h"
#include "cpu/insn.h"
#include "cpu/trap.h"
#include "mmu/mem.h"
#include "mmu/tlb.h"

/* Translates a fetch of two bytes. An instruction may try more than once until its fault is
 * raised, and the fast engine once more than the plain one: its first try counts. */
static int translate_fetch(struct walk *w, u64 va, struct xlate *x, bool *uniform)
{
    struct hart *h = w->h;
    u64 slot = h->clock, page = va & ~0xfffull;
    if (h->fetch_miss_slot == slot && h->fetch_miss_page == page)
        w->flags |= MEM_AGAIN;
    if (mmu_translate_page(w, va, 2, x, uniform) == 0)
        return 0;
    h->fetch_miss_slot = slot;
    h->fetch_miss_page = page;
    return -1;
}

const u8 *mmu_fetch_page(struct hart *h, u64 pc, u64 *pa)
{
    struct tlb_context *c = h->tlb->fetch_ctx;
    struct tlb_entry *e = &c->x[(pc >> 12) & (TLB1_SIZE - 1)];
    u64 page = pc & ~0xfffull;
    if (e->tag != page) {
        struct walk w = {.h = h, .r = h->tlb->fetch, .access = ACCESS_FETCH};
        struct xlate x;
        bool uniform;
        if (translate_fetch(&w, pc, &x, &uniform) || !uniform)
            return NULL;
        u64 pa_page = x.pa & ~0xfffull;
        struct mem_region *m = bus_find_memory(h->bus, pa_page, 0x1000);
        if (!m)
            return NULL;
        tlb2_mark_fetched(h->tlb, w.r, pc);
        tlb_fill(c, c->x, page, m->host + (pa_page - m->base));
        c->x_pa[(pc >> 12) & (TLB1_SIZE - 1)] = pa_page;
    }
    *pa = c->x_pa[(pc >> 12) & (TLB1_SIZE - 1)];
    return (const u8 *)(uintptr_t)(page + e->addend);
}

/* Two bytes of code; the second half of an instruction may lie on another page. */
static int fetch_half(struct hart *h, u64 va, u64 insn_va, u16 *half)
{
    struct walk w = {.h = h, .r = h->tlb->fetch, .access = ACCESS_FETCH};
    struct xlate x;
    if (translate_fetch(&w, va, &x, NULL))
        return mmu_raise(&w, va, insn_va);
    struct mem_region *m = bus_find_memory(h->bus, x.pa, 2);
    if (!m) {
        mmu_refuse(&w, x.pa, mmu_attributes_forbid(&w, x.pa));
        return mmu_raise(&w, va, insn_va);
    }
    memcpy(half, m->host + (x.pa - m->base), 2);
    return 0;
}

int mem_fetch(struct hart *h, u32 *bits, unsigned *len)
{
    u16 lo, hi;
    u64 pa;
    const u8 *page = mmu_fetch_page(h, h->pc, &pa);
    if (LIKELY(page && (h->pc & 0xfff) <= 0xffc)) {
        u32 word;
        memcpy(&word, page + (h->pc & 0xfff), 4);
        *len = insn_length(word);
        *bits = *len == 2 ? word & 0xffff : word;
        return 0;
    }
    if (fetch_half(h, h->pc, h->pc, &lo))
        return TRAPPED;
    *bits = lo;
    *len = insn_length(lo);
    if (*len == 2)
        return 0;
    u64 next = is_rv32(h) ? (u32)(h->pc + 2) : h->pc + 2;
    if (fetch_half(h, next, h->pc, &hi))
        return TRAPPED;
    *bits |= (u32)hi << 16;
    return 0;
}
