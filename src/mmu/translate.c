/* Translation through the caches, with PMP and PMA of where it leads; and the words for a refusal.
 */
#include "bus/bus.h"
#include "mmu/tlb.h"

static unsigned needed_pmp(enum access access, u32 flags)
{
    if (flags & (MEM_HLVX | MEM_SSTACK))
        return PMP_R | (flags & MEM_HLVX ? PMP_X : PMP_W);
    return access == ACCESS_FETCH ? PMP_X : access == ACCESS_STORE ? PMP_W : PMP_R;
}

static void cache(struct walk *w, u64 va, const struct xlate *x)
{
    struct hart *h = w->h;
    struct tlb_event ev = {.kind = TLB_EVENT_FILL, .va = va, .xlate = x};
    tlb2_insert(h, w->r, va, x);
    if (UNLIKELY(h->trace.tlb != NULL))
        h->trace.tlb(h->trace.ctx, h, &ev);
}

static void count_miss(struct hart *h, enum access access)
{
    static const u8 event[] = {[ACCESS_FETCH] = EVENT_ITLB_MISS,
                               [ACCESS_LOAD] = EVENT_DTLB_LOAD_MISS,
                               [ACCESS_STORE] = EVENT_DTLB_STORE_MISS};
    h->event[event[access]]++;
}

static int translate(struct walk *w, u64 va, struct xlate *x)
{
    const struct regime *r = w->r;
    struct tlb *t = w->h->tlb;
    if (!r->s.levels && !r->g.levels && !(w->flags & MEM_SSTACK)) {
        *x = (struct xlate){.pa = va, .gpa = va, .leaf_bits = 12};
        return 0;
    }
    if (!w->rec && tlb2_lookup(t, r, va, x)) {
        if (LIKELY(mmu_allows(r, x->perm, w->access, w->flags)))
            return 0;
        if (x->perm & PERM_INVALID)
            return walk_fail_cached(w, va);
    }
    if (LIKELY(walk_counts(w)))
        count_miss(w->h, w->access);
    bool traced = w->h->trace.walk && !w->rec && !(w->flags & MEM_PROBE);
    if (UNLIKELY(traced) ? walk_traced(w, va, x) : walk(w, va, x)) {
        if (walk_keeps_invalid(w, FAULT_PAGE))
            cache(w, va, x);
        return -1;
    }
    if (!(w->flags & (MEM_PROBE | MEM_SSTACK)) && (r->s.levels || r->g.levels))
        cache(w, va, x);
    return 0;
}

/* An entry that covers the access only in part decides, too, so its length matters. */
static COLD int refuse_pmp(struct walk *w, u64 pa, unsigned len)
{
    int entry;
    mmu_refuse(w, pa, REASON_PMP);
    pmp_permissions(w->h, pa, len, w->r->level, NULL, &entry);
    w->fault.refusal.entry = (s16)entry;
    return -1;
}

int mmu_translate_page(struct walk *w, u64 va, unsigned len, struct xlate *x, bool *uniform)
{
    if (translate(w, va, x))
        return -1;
    unsigned need = needed_pmp(w->access, w->flags);
    u64 pa = x->pa;
    if (w->flags & MEM_CBO) { /* va may be any byte of the block */
        pa &= ~(CACHE_BLOCK - 1);
        len = CACHE_BLOCK;
    }
    unsigned got = pmp_permissions(w->h, pa, len, w->r->level, uniform, NULL);
    return (got & need) == need ? 0 : refuse_pmp(w, pa, len);
}

int mmu_translate(struct walk *w, u64 va, unsigned len, struct xlate *x)
{
    return mmu_translate_page(w, va, len, x, NULL);
}

COLD void mmu_refuse(struct walk *w, u64 pa, enum reason reason)
{
    int entry;
    pmp_permissions(w->h, pa, 1, w->r->level, NULL, &entry);
    w->fault = (struct fault){.kind = FAULT_ACCESS,
                              .refusal = {.reason = (u16)reason,
                                          .access = (u8)w->access,
                                          .mode = w->r->mode,
                                          .entry = (s16)entry,
                                          .flags = w->flags,
                                          .pa = pa}};
}

COLD enum reason mmu_attributes_forbid(const struct walk *w, u64 pa)
{
    const struct mem_region *m = bus_find_memory(w->h->bus, pa, 1);
    if (m)
        return w->access == ACCESS_STORE && !m->writable ? REASON_PMA_READ_ONLY : REASON_NONE;
    if (!bus_find_device(w->h->bus, pa, 1))
        return REASON_PMA_VACANT;
    bool odd = w->access == ACCESS_FETCH || (w->flags & MEMORY_ONLY);
    return odd ? REASON_PMA_DEVICE : REASON_NONE;
}

enum cause mmu_fault_cause(const struct walk *w)
{
    static const u8 causes[4][3] = {
        [FAULT_ACCESS] = {CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS, CAUSE_INSN_ACCESS},
        [FAULT_PAGE] = {CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE, CAUSE_INSN_PAGE},
        [FAULT_GUEST_PAGE] = {CAUSE_LOAD_GUEST_PAGE, CAUSE_STORE_GUEST_PAGE, CAUSE_INSN_GUEST_PAGE},
    };
    bool store = w->flags & (MEM_AMO | MEM_SSTACK);
    return causes[w->fault.kind][store ? ACCESS_STORE : w->access];
}
