/* What the IOMMU remembers of structures in memory (specification, "Caching in-memory data
 * structures"): contexts, and translations of pages. Nothing with V=0 is kept, and nothing of MSI
 * page tables. It is forgotten when commands say so, and no more than they say. */
#include <string.h>

#include "devices/iommu_impl.h"

/* ---- contexts ---- */

static u32 context_slot(u32 process, u32 did, u32 pid)
{
    return (did ^ pid ^ (process ? IOMMU_CONTEXTS / 2 : 0)) % IOMMU_CONTEXTS;
}

const u64 *iommu_find_context(const struct iommu *io, u8 process, u32 did, u32 pid)
{
    const struct iommu_context *c = &io->context[context_slot(process, did, pid)];
    return c->valid && c->process == process && c->did == did && c->pid == pid ? c->word : NULL;
}

void iommu_keep_context(struct iommu *io, const struct iommu_context *c)
{
    if (io->config.cache == IOMMU_CACHED)
        io->context[context_slot(c->process, c->did, c->pid)] = *c;
}

/* ---- pages ---- */

static struct iommu_cached *page_slot(struct iommu *io, const struct iommu_ids *ids, u64 iova)
{
    u64 n = iova >> 12 ^ (ids->pscv ? ids->pscid * 5u : 0) ^ (ids->gscv ? ids->gscid * 3u : 0);
    return &io->tlb[n % IOMMU_TLB];
}

static bool same_space(const struct iommu_cached *c, const struct iommu_ids *ids)
{
    return c->two_stage == ids->gscv && c->has_pscid == ids->pscv &&
           (!ids->gscv || c->gscid == ids->gscid) && (!ids->pscv || c->pscid == ids->pscid);
}

struct iommu_cached *iommu_find_cached(struct iommu *io, const struct iommu_ids *ids, u64 iova)
{
    struct iommu_cached *c = page_slot(io, ids, iova);
    return c->valid && same_space(c, ids) && c->iova == (iova & ~0xfffull) ? c : NULL;
}

void iommu_keep_cached(struct iommu *io, const struct iommu_cached *c)
{
    const struct iommu_ids ids = {
        .gscid = c->gscid, .pscid = c->pscid, .gscv = c->two_stage, .pscv = c->has_pscid};
    if (io->config.cache == IOMMU_CACHED)
        *page_slot(io, &ids, c->iova) = *c;
}

/* ---- forgetting ---- */

void iommu_forget_all(struct iommu *io)
{
    memset(io->tlb, 0, sizeof io->tlb);
    memset(io->context, 0, sizeof io->context);
}

/* Does the leaf of 2^leaf_bits bytes around `at` share an address with what the command names? */
static bool touches(const struct iommu_scope *s, u64 at, unsigned leaf_bits)
{
    unsigned width = 12;
    if (s->range) { /* up to the lowest bit that is 0 (extension S) */
        u64 page = s->addr >> 12;
        width += (unsigned)__builtin_ctzll(~page) + 1;
    }
    width = width < leaf_bits ? leaf_bits : width;
    return width >= 64 || (at ^ s->addr) >> width == 0;
}

/* IOTINVAL.GVMA: what second-stage entries have said. */
static bool guest_named(const struct iommu_cached *c, const struct iommu_scope *s)
{
    if (!c->two_stage || (s->gv && c->gscid != s->gscid))
        return false;
    return !s->gv || !s->av || touches(s, c->gpa, c->g_bits);
}

/* IOTINVAL.VMA: what first-stage entries have said. */
static bool named(const struct iommu_cached *c, const struct iommu_scope *s)
{
    if (c->two_stage != s->gv || (s->gv && c->gscid != s->gscid))
        return false;
    if (s->pscv && (!c->has_pscid || c->pscid != s->pscid || c->global))
        return false;
    return !s->av || (c->s_bits && touches(s, c->iova, c->s_bits));
}

void iommu_forget_pages(struct iommu *io, const struct iommu_scope *s)
{
    FOR_EACH (struct iommu_cached, c, io->tlb)
        if (c->valid && (s->guest ? guest_named(c, s) : named(c, s)))
            c->valid = 0;
}

void iommu_forget_devices(struct iommu *io, const struct iommu_scope *s)
{
    FOR_EACH (struct iommu_context, c, io->context)
        if (!s->dv || c->did == s->did)
            c->valid = 0;
}

void iommu_forget_process(struct iommu *io, const struct iommu_scope *s)
{
    FOR_EACH (struct iommu_context, c, io->context)
        if (c->process && c->did == s->did && c->pid == s->pid)
            c->valid = 0;
}

const struct iommu_cached *iommu_cached(const struct device *dev, u32 n)
{
    return n < IOMMU_TLB ? &((const struct iommu *)dev)->tlb[n] : NULL;
}

const struct iommu_context *iommu_context(const struct device *dev, u32 n)
{
    return n < IOMMU_CONTEXTS ? &((const struct iommu *)dev)->context[n] : NULL;
}
