/* Physical memory protection: address matching and the permission tables of PMP and Smepmp. */
#include "mmu/pmp.h"

#include "cpu/fields.h"
#include "cpu/hart.h"
#include "mmu/tlb.h"

static u8 entry_cfg(const struct hart *h, unsigned i)
{
    return (u8)(h->pmpcfg[i / 8] >> (i % 8 * 8));
}

void pmp_derive(struct hart *h)
{
    struct pmp *p = &h->tlb->pmp;
    p->count = 0;
    p->mseccfg = has(h, EXT_Smepmp) ? (u8)(h->mseccfg & (MSECCFG_MML | MSECCFG_MMWP)) : 0;
    for (unsigned i = 0; i < h->config.pmp_entries; i++) {
        u8 cfg = entry_cfg(h, i);
        u64 addr = h->pmpaddr[i], first = 0, last = 0;
        switch (get_field(cfg, PMP_A)) {
        case PMP_OFF:
            continue;
        case PMP_TOR:
            first = i ? h->pmpaddr[i - 1] << 2 : 0;
            if (first >= addr << 2)
                continue;
            last = (addr << 2) - 1;
            break;
        case PMP_NA4:
            first = addr << 2;
            last = first + 3;
            break;
        default: {
            unsigned ones = addr == ~0ull ? 64 : (unsigned)__builtin_ctzll(~addr);
            u64 size_mask = MASK(ones + 3);
            first = (addr << 2) & ~size_mask;
            last = first | size_mask;
        }
        }
        p->range[p->count++] = (struct pmp_range){first, last, cfg, (u8)i};
    }
}

/* Smepmp, table "access rules when mseccfg.MML is set": index L W R X (as L<<3|R<<2|W<<1|X is not
 * the manual's order, the fields are taken apart here). */
static unsigned mml_permissions(u8 cfg, unsigned machine)
{
    unsigned rwx = cfg & 7, locked = (cfg & PMP_L) != 0;
    bool r = cfg & PMP_R, w = cfg & PMP_W, x = cfg & PMP_X;
    if (!r && w) { /* the shared-region encodings */
        if (!locked)
            return machine ? PMP_R | PMP_W : x ? PMP_R | PMP_W : PMP_R;
        return x && machine ? PMP_X | PMP_R : PMP_X;
    }
    if (locked && rwx == 7)
        return PMP_R;
    return locked == machine ? rwx : 0;
}

static unsigned range_permissions(const struct pmp *p, u8 cfg, unsigned level)
{
    unsigned machine = level == 3;
    if (p->mseccfg & MSECCFG_MML)
        return mml_permissions(cfg, machine);
    if (machine && !(cfg & PMP_L))
        return PMP_R | PMP_W | PMP_X;
    return cfg & 7;
}

static unsigned default_permissions(const struct hart *h, const struct pmp *p, unsigned level)
{
    if (level == 3) {
        if (p->mseccfg & MSECCFG_MMWP)
            return 0;
        return p->mseccfg & MSECCFG_MML ? PMP_R | PMP_W : PMP_R | PMP_W | PMP_X;
    }
    return h->config.pmp_entries ? 0 : PMP_R | PMP_W | PMP_X;
}

unsigned pmp_permissions(const struct hart *h, u64 pa, u64 len, unsigned level, bool *uniform,
                         int *entry)
{
    const struct pmp *p = &h->tlb->pmp;
    u64 end = pa + len - 1, page = pa & ~0xfffull, page_end = page | 0xfff;
    bool whole = true; /* no earlier entry touches the page */
    for (unsigned i = 0; i < p->count; i++) {
        const struct pmp_range *r = &p->range[i];
        if (r->last < page || r->first > page_end)
            continue;
        if (UNLIKELY(r->first > page || r->last < page_end))
            whole = false;
        if (r->last < pa || r->first > end)
            continue;
        if (uniform)
            *uniform = whole;
        if (entry)
            *entry = r->index;
        if (r->first > pa || r->last < end)
            return 0;
        return range_permissions(p, r->cfg, level);
    }
    if (uniform)
        *uniform = whole;
    if (entry)
        *entry = -1;
    return default_permissions(h, p, level);
}
