/* What address triggers see of an explicit access: its bytes after pointer masking, and whether it
 * loads or stores. */
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

COLD int mmu_check_trigger(struct walk *w, u64 masked, unsigned size)
{
    struct trigger_access a = triggering(w, masked, size);
    if (w->flags & MEM_CBO)
        a.va &= ~(CACHE_BLOCK - 1);
    else
        a.size = (u8)size;
    int n = trigger_fires(w->h, &a);
    if (n < 0)
        return 0;
    raise_trigger(w->h, masked, n);
    w->h->trap.gva = w->r->virt;
    return TRAPPED;
}
