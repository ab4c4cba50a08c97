/* The IOMMU's performance monitor (specification, "Performance-monitoring ..." registers): a
 * counter of cycles, which are those of the machine's clock, and counters of events with filters.
 */
#include "devices/iommu_impl.h"

#define OVERFLOW    BIT(63)
#define CYCLES_MASK MASK(63)

static bool inhibited(const struct iommu *io, u32 n)
{
    return iommu_get32(io, REG_INHIBIT) >> n & 1;
}

/* ---- cycles ---- */

void iommu_count_cycles(struct iommu *io)
{
    u64 now = device_now(&io->dev), passed = now - io->cycles_at,
        cycles = iommu_get64(io, REG_CYCLES);
    io->cycles_at = now;
    if (inhibited(io, 0) || !(iommu_caps(io) & CAP_HPM))
        return;
    u64 count = (cycles & CYCLES_MASK) + passed;
    iommu_put64(io, REG_CYCLES, (cycles & OVERFLOW) | (count & CYCLES_MASK));
    if (!(count & OVERFLOW))
        return;
    iommu_put64(io, REG_CYCLES, OVERFLOW | (count & CYCLES_MASK));
    if (!(cycles & OVERFLOW))
        iommu_pend(io, IPSR_PMIP);
}

u64 iommu_overflow_at(const struct iommu *io)
{
    u64 cycles = iommu_get64(io, REG_CYCLES), left = OVERFLOW - (cycles & CYCLES_MASK);
    if (!(iommu_caps(io) & CAP_HPM) || inhibited(io, 0) || (cycles & OVERFLOW) ||
        left > UINT64_MAX - io->cycles_at)
        return UINT64_MAX;
    return io->cycles_at + left;
}

void iommu_set_deadline(struct iommu *io)
{
    u64 at = iommu_overflow_at(io);
    if (iommu_commands_left(io))
        at = device_now(&io->dev) + 1;
    device_set_deadline(&io->dev, at);
}

/* ---- events ---- */

/* Fields of iohpmevt. */
static u64 event_of(u64 reg)
{
    return bits(reg, 14, 0);
}

static bool id_matches(u64 reg, u32 id)
{
    u64 want = bits(reg, 59, 36), ignore = 0;
    if (bits(reg, 15, 15)) /* DMASK: up to the lowest bit that is 0 */
        ignore = want ^ (want + 1);
    return ((want ^ id) & ~ignore & MASK(24)) == 0;
}

static bool filter_passes(u64 reg, enum iommu_event event, const struct iommu_ids *ids)
{
    bool by_space = bits(reg, 62, 62), want_id = bits(reg, 61, 61), want_pid = bits(reg, 60, 60);
    bool spaces = event == IOEVENT_TLB_MISS || event >= IOEVENT_FIRST_STAGE;
    if (by_space && !spaces)
        return false;
    if (want_id &&
        !(by_space ? ids->gscv && id_matches(reg, ids->gscid) : id_matches(reg, ids->did)))
        return false;
    u64 pid = bits(reg, 35, 16);
    return !want_pid || (by_space ? ids->pscv && ids->pscid == pid : ids->pv && ids->pid == pid);
}

void iommu_count(struct iommu *io, enum iommu_event event, const struct iommu_ids *ids)
{
    for (u32 n = 0; n < IOMMU_COUNTERS; n++) {
        u32 counter = REG_COUNTERS + 8 * n;
        u64 reg = iommu_get64(io, REG_EVENTS + 8 * n);
        if (event_of(reg) != event || inhibited(io, n + 1) || !filter_passes(reg, event, ids))
            continue;
        u64 value = iommu_get64(io, counter) + 1;
        iommu_put64(io, counter, value);
        if (value || (reg & OVERFLOW))
            continue;
        iommu_put64(io, REG_EVENTS + 8 * n, reg | OVERFLOW);
        iommu_pend(io, IPSR_PMIP);
    }
}

u32 iommu_overflows(const struct iommu *io)
{
    u32 value = (u32)(iommu_get64(io, REG_CYCLES) >> 63);
    for (u32 n = 0; n < IOMMU_COUNTERS; n++)
        value |= (u32)(iommu_get64(io, REG_EVENTS + 8 * n) >> 63) << (n + 1);
    return value;
}
