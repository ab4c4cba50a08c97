/* What the hart's translation caches say where memory says something else: which entry the hart
 * would use, and which fence drops it. */
#include <inttypes.h>

#include "mmu/tlb.h"
#include "monitor/why.h"

static bool same_page(u64 a, u64 b)
{
    return (a ^ b) >> 12 == 0;
}

/* Would the hart use this entry for the access, with another result than `rep`? */
static bool differs(const struct report *rep, const struct tlb2_entry *e)
{
    if (e->perm & PERM_INVALID)
        return rep->translated || rep->fault.refusal.reason != REASON_PTE_V;
    if (!mmu_allows(&rep->r, e->perm, (enum access)rep->access, rep->flags & ~(u32)MEM_HV))
        return false; /* it looks into memory */
    return !rep->translated || !same_page(rep->x.pa, e->pa);
}

static void show(struct monitor *mon, const struct report *rep, const struct space_name *n,
                 const struct tlb2_entry *e, const char *fence)
{
    static const char *const kinds[] = {"",          "S-stage",          "global S-stage",
                                        "two-stage", "global two-stage", "G-stage"};
    fprintf(mon->out, "  %scached%s    the hart does not look there: its %s entry",
            tint(mon, TINT_BAD), tint(mon, TINT_NONE), kinds[n->kind]);
    if (n->kind == SPACE_S || n->kind == SPACE_VS)
        fprintf(mon->out, ", ASID %u", n->asid);
    if (n->kind >= SPACE_VS)
        fprintf(mon->out, ", VMID %u", n->vmid);
    if (e->perm & PERM_INVALID)
        fprintf(mon->out, ", has V=0");
    else
        fprintf(mon->out, ", leads to pa 0x%" PRIx64, e->pa | (rep->masked & 0xfff));
    fprintf(mon->out, "; %s drops it\n", fence);
}

void cached_show(struct monitor *mon, const struct probe *p, const struct hart *h,
                 const struct report *rep)
{
    struct space_name name[NAME_COUNT];
    const struct tlb2_entry *e = NULL, *g = NULL;
    unsigned which = NAME_OWN;
    if (rep->r.mode == MODE_M || rep->asked.space != VIEW_VA)
        return;
    regime_names(p->h, &rep->r, name);
    if (rep->r.s.levels || rep->r.g.levels)
        e = tlb_look(h->tlb, &name[NAME_OWN], rep->masked);
    if (!e && rep->r.s.levels) {
        which = NAME_GLOBAL;
        e = tlb_look(h->tlb, &name[NAME_GLOBAL], rep->masked);
    }
    bool has_gpa = rep->translated || (rep->fault.kind == FAULT_GUEST_PAGE && !rep->fault.implicit);
    if (rep->r.g.levels && has_gpa)
        g = tlb_look(h->tlb, &name[NAME_GUEST], rep->x.gpa);
    bool g_stale = g && (g->perm & PERM_INVALID ? rep->translated
                                                : !rep->translated || !same_page(rep->x.pa, g->pa));
    if (e && differs(rep, e))
        show(mon, rep, &name[which], e,
             !rep->r.virt                         ? "SFENCE.VMA"
             : g_stale && same_page(g->pa, e->pa) ? "HFENCE.GVMA"
                                                  : "HFENCE.VVMA, or the guest's SFENCE.VMA,");
    else if (!e && g_stale)
        show(mon, rep, &name[NAME_GUEST], g, "HFENCE.GVMA");
}
