/* Messages for guests (specification, "Process to translate addresses of MSIs"; AIA, "IOMMU support
 * for MSIs to virtual machines"): pages of virtual interrupt files lead, by a table of their own,
 * to a guest interrupt file, or to a file in memory, which takes the message itself. */
#include "devices/dma.h"
#include "devices/iommu_impl.h"

#define FIELD(hi, lo) (MASK((hi) - (lo) + 1) << (lo))
enum { M_MRIF = 1, M_BASIC = 3, ENTRY_BYTES = 16 };

bool iommu_is_msi(const struct iommu_walk *w, u64 gpa)
{
    u64 page = gpa >> 12, care = ~w->dc[DC_MASK];
    return (iommu_caps(w->io) & CAP_MSI_FLAT) && mode_of_field(w->dc[DC_MSIPTP]) &&
           (page & care) == (w->dc[DC_PATTERN] & care);
}

/* The bits of x where y has ones, packed together. */
static u64 extract(u64 x, u64 y)
{
    u64 packed = 0;
    for (unsigned n = 0; y; y &= y - 1)
        packed |= (x >> __builtin_ctzll(y) & 1) << n++;
    return packed;
}

/* The rule that the entry breaks. */
static enum iommu_rule check(const struct iommu *io, const u64 pte[2])
{
    u64 mode = bits(pte[0], 2, 1);
    if (!(pte[0] & 1))
        return IOMMU_MSI_V;
    if (pte[0] >> 63)
        return IOMMU_MSI_CUSTOM;
    if (mode != M_MRIF && mode != M_BASIC)
        return IOMMU_MSI_MODE;
    if (mode == M_BASIC)
        return pte[0] & (FIELD(9, 3) | FIELD(62, 54)) ? IOMMU_MSI_RESERVED : IOMMU_NONE;
    if (!(iommu_caps(io) & CAP_MSI_MRIF))
        return IOMMU_MSI_NO_MRIF;
    bool reserved =
        (pte[0] & (FIELD(6, 3) | FIELD(62, 54))) || (pte[1] & (FIELD(59, 54) | FIELD(63, 61)));
    return reserved ? IOMMU_MSI_RESERVED : IOMMU_NONE;
}

int iommu_translate_msi(struct iommu_walk *w, u64 gpa, struct iommu_answer *out)
{
    u64 pte[2], file = extract(gpa >> 12, w->dc[DC_MASK]);
    struct iommu_step s = {.kind = IOMMU_MSI,
                           .at = ppn_of_field(w->dc[DC_MSIPTP]) | file * ENTRY_BYTES};
    int unread = dma_read(&w->io->dev, s.at, pte, sizeof pte);
    s.value = unread ? 0 : pte[0];
    iommu_trail(w->q, &s);
    if (unread)
        return iommu_refuse(w, IOMMU_MSI_LOAD, s.at, 0);
    enum iommu_rule rule = check(w->io, pte);
    if (rule == IOMMU_NONE && w->q->access == ACCESS_FETCH)
        rule = IOMMU_MSI_EXEC;
    if (rule != IOMMU_NONE)
        return iommu_refuse(w, rule, s.at, pte[0]);
    *out = (struct iommu_answer){.gpa = gpa, .bits = 12};
    if (bits(pte[0], 2, 1) == M_BASIC) {
        out->pa = ppn_of_entry(pte[0]) | (gpa & 0xfff);
        return 0;
    }
    out->mrif = true;
    out->pa = bits(pte[0], 53, 7) << 9;
    out->notice = ppn_of_entry(pte[1]);
    out->notice_id = (u32)(bits(pte[1], 60, 60) << 10 | bits(pte[1], 9, 0));
    return w->q->debug ? iommu_refuse(w, IOMMU_DEBUG_MRIF, s.at, pte[0]) : 0;
}

/* A file has, for every 64 identities, 8 bytes that are pending and 8 that are enabled. What is no
 * identity, or not for its register, is accepted and dropped; the notice goes out whatever is
 * enabled. */
int iommu_store_mrif(struct iommu_walk *w, const struct iommu_answer *a, u64 gpa, u32 data)
{
    enum { IDENTITIES = 2048, BIG_ENDIAN_REG = 4 };
    struct device *dev = &w->io->dev;
    u64 reg = gpa & 0xfff, pending;
    u32 id = reg == BIG_ENDIAN_REG ? __builtin_bswap32(data) : data;
    if ((reg & ~(u64)BIG_ENDIAN_REG) || id >= IDENTITIES)
        return 0;
    u64 at = a->pa + id / 64 * 16;
    if (dma_read(dev, at, &pending, sizeof pending))
        return iommu_refuse(w, IOMMU_MRIF_ACCESS, at, 0);
    pending |= BIT(id % 64);
    if (dma_write(dev, at, &pending, sizeof pending))
        return iommu_refuse(w, IOMMU_MRIF_ACCESS, at, 0);
    dma_message(dev, a->notice, a->notice_id);
    return 0;
}
