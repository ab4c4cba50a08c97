/* What the hart's translation caches say where memory says something else: which entry the hart
 * would use, and which fence drops it. */
#include "monitor/cached.h"

#include <inttypes.h>
#include <stdio.h>

#include "mmu/tlb.h"

/* What is asked, and where. */
struct question {
    const struct tlb *tlb;
    const struct report *rep;
    struct space_name name[NAME_COUNT];
};

static bool same_page(u64 a, u64 b)
{
    return (a ^ b) >> 12 == 0;
}

static struct cached answer(const struct question *q, unsigned which, const struct tlb2_entry *e,
                            u64 addr)
{
    return (struct cached){.name = q->name[which],
                           .addr = addr,
                           .invalid = e->perm & PERM_INVALID,
                           .pa = e->pa | (addr & 0xfff)};
}

/* What the caches hold for the virtual address, under either name; NULL: nothing. */
static const struct tlb2_entry *own_entry(const struct question *q, unsigned *which)
{
    const struct regime *r = &q->rep->r;
    const struct tlb2_entry *e = NULL;
    if (q->rep->asked.space != VIEW_VA || !(r->s.levels | r->g.levels))
        return NULL;
    *which = NAME_OWN;
    e = tlb_look(q->tlb, &q->name[NAME_OWN], q->rep->masked);
    if (!e && r->s.levels) {
        *which = NAME_GLOBAL;
        e = tlb_look(q->tlb, &q->name[NAME_GLOBAL], q->rep->masked);
    }
    return e;
}

/* Does the hart take the entry's word for the access? Else it looks into memory. */
static bool is_used(const struct report *rep, const struct tlb2_entry *e)
{
    return (e->perm & PERM_INVALID) ||
           mmu_allows(&rep->r, e->perm, (enum access)rep->access, rep->flags & ~(u32)MEM_HV);
}

/* Does the entry, which is used, say something else than memory? */
static bool differs(const struct report *rep, const struct tlb2_entry *e)
{
    if (e->perm & PERM_INVALID)
        return rep->translated || rep->fault.refusal.reason != REASON_PTE_V;
    return !rep->translated || !same_page(rep->x.pa, e->pa);
}

/* Has the G-stage another translation of gpa than memory, which leads to pa (`valid`) or nowhere?
 */
static bool guest_differs(const struct question *q, u64 gpa, u64 pa, bool valid, struct cached *out)
{
    const struct tlb2_entry *g = tlb_look(q->tlb, &q->name[NAME_GUEST], gpa);
    if (!g || (g->perm & PERM_INVALID ? !valid : valid && same_page(g->pa, pa)))
        return false;
    *out = answer(q, NAME_GUEST, g, gpa);
    out->memory = valid;
    out->memory_pa = pa;
    return true;
}

/* The translation of the address itself. */
static bool final_differs(const struct question *q, struct cached *out)
{
    const struct report *rep = q->rep;
    if (rep->translated)
        return guest_differs(q, rep->x.gpa, rep->x.pa, true, out);
    return rep->fault.kind == FAULT_GUEST_PAGE && !rep->fault.implicit &&
           guest_differs(q, rep->fault.gpa, 0, false, out);
}

/* That of an entry of the VS-stage, in the order in which they are read. */
static bool implicit_differs(const struct question *q, struct cached *out)
{
    const struct report *rep = q->rep;
    bool found = false;
    for (u32 i = 0; i < rep->steps && !found; i++) {
        const struct walk_step *s = &rep->step[i].s;
        if (!s->g_stage && s->pa)
            found = guest_differs(q, s->pte_addr, s->pa, true, out);
    }
    if (!found && rep->fault.kind == FAULT_GUEST_PAGE && rep->fault.implicit)
        found = guest_differs(q, rep->fault.gpa, 0, false, out);
    out->implicit = found;
    return found;
}

struct cached cached_find(const struct hart *h, const struct tlb *tlb, const struct report *rep)
{
    struct question q = {.tlb = tlb, .rep = rep};
    struct cached out = {0}, guest;
    unsigned which = NAME_OWN;
    if (rep->r.mode == MODE_M || rep->asked.space == VIEW_PA)
        return out;
    regime_names(h, &rep->r, q.name);
    const struct tlb2_entry *e = own_entry(&q, &which);
    if (e && is_used(rep, e)) {
        if (!differs(rep, e))
            return out;
        out = answer(&q, which, e, rep->masked);
        out.memory = rep->translated;
        out.memory_pa = rep->x.pa;
        out.guest_changed =
            rep->r.g.levels && final_differs(&q, &guest) && same_page(guest.pa, e->pa);
        return out;
    }
    if (rep->r.g.levels && !implicit_differs(&q, &out))
        final_differs(&q, &out);
    return out;
}

static const char *fence(const struct cached *c)
{
    switch ((enum space_kind)c->name.kind) {
    case SPACE_S:
    case SPACE_S_GLOBAL:
        return "SFENCE.VMA";
    case SPACE_G:
        return "HFENCE.GVMA";
    default:
        return c->guest_changed ? "HFENCE.GVMA" : "HFENCE.VVMA, or the guest's SFENCE.VMA,";
    }
}

char *cached_text(const struct cached *c, char *buf, size_t len)
{
    static const char *const kinds[] = {"",          "S-stage",          "global S-stage",
                                        "two-stage", "global two-stage", "G-stage"};
    unsigned kind = c->name.kind;
    size_t n = (size_t)snprintf(buf, len, "its %s entry", kinds[kind]);
    if ((kind == SPACE_S || kind == SPACE_VS) && n < len)
        n += (size_t)snprintf(buf + n, len - n, ", ASID %u", c->name.asid);
    if (kind >= SPACE_VS && n < len)
        n += (size_t)snprintf(buf + n, len - n, ", VMID %u", c->name.vmid);
    if (c->implicit && n < len)
        n +=
            (size_t)snprintf(buf + n, len - n, ", for a VS-stage entry at gpa 0x%" PRIx64, c->addr);
    if (c->invalid && n < len)
        n += (size_t)snprintf(buf + n, len - n, ", has V=0");
    else if (n < len)
        n += (size_t)snprintf(buf + n, len - n, ", leads to pa 0x%" PRIx64, c->pa);
    if (n < len)
        snprintf(buf + n, len - n, "; %s drops it", fence(c));
    return buf;
}
