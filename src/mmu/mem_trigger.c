/* What triggers see of an explicit access: its bytes after pointer masking, whether it loads or
 * stores, and the value. */
#include "cpu/trap.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

COLD u8 mmu_access_kinds(const struct walk *w)
{
    if (w->flags & MEM_CBO)
        return TRIGGER_STORE;
    if ((w->flags & (MEM_AMO | MEM_LR)) == MEM_AMO)
        return TRIGGER_LOAD | TRIGGER_STORE;
    return w->access == ACCESS_STORE ? TRIGGER_STORE : TRIGGER_LOAD;
}

static struct trigger_access triggering(const struct walk *w, u64 masked, unsigned size)
{
    return (struct trigger_access){
        .va = masked, .span = (u16)size, .kinds = mmu_access_kinds(w), .mode = w->r->mode};
}

COLD bool mmu_page_triggers(const struct walk *w, u64 masked)
{
    struct trigger_access a = triggering(w, masked & ~0xfffull, 0x1000);
    return trigger_watches(w->h, &a);
}

/* Tells *a the value, if it fits the registers that it is compared with. */
static void tell_value(const struct walk *w, struct trigger_access *a, const u64 *value)
{
    if (!value || 8u * a->size > w->h->config.xlen)
        return;
    a->data = *value;
    a->known = 1;
}

static int fire(struct walk *w, const struct trigger_access *a, u64 tval)
{
    int n = trigger_fires(w->h, a);
    if (n < 0)
        return 0;
    raise_trigger(w->h, tval, n);
    w->h->trap.gva = w->r->virt;
    return TRAPPED;
}

COLD int mmu_check_trigger(struct walk *w, u64 masked, unsigned size, const u64 *data)
{
    struct trigger_access a = triggering(w, masked, size);
    if (w->flags & MEM_CBO) {
        a.va &= ~(CACHE_BLOCK - 1);
    } else {
        a.size = (u8)size;
        tell_value(w, &a, data);
    }
    return fire(w, &a, masked);
}

COLD void mmu_check_loaded(struct walk *w, u64 va, unsigned size, const u64 *value)
{
    u64 masked = w->flags & MEM_HLVX ? va : mask_pointer(w->r, va);
    struct trigger_access a = triggering(w, masked, size);
    a.kinds &= TRIGGER_LOAD; /* what an AMO loads is not what it stores */
    a.size = (u8)size;
    tell_value(w, &a, value);
    trigger_loaded(w->h, &a);
}

COLD int mem_check_stored(struct hart *h, u64 va, unsigned size, unsigned flags, u64 value)
{
    struct walk w = {.h = h, .r = h->tlb->data, .access = ACCESS_STORE, .flags = flags | MEM_AMO};
    struct trigger_access a = triggering(&w, mask_pointer(w.r, va), size);
    a.kinds = TRIGGER_STORE;
    a.size = (u8)size;
    tell_value(&w, &a, &value);
    return fire(&w, &a, a.va);
}
