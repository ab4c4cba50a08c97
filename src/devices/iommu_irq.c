/* Interrupts of the IOMMU: pending bits to vectors, and vectors to messages or wires. A message is
 * sent when a bit becomes pending; a wire is high while one is. */
#include "devices/dma.h"
#include "devices/iommu_impl.h"

static bool by_wire(const struct iommu *io)
{
    return iommu_get32(io, REG_FCTL) & FCTL_WSI;
}

/* The vector of IPSR bit n. */
static u32 vector_of(const struct iommu *io, u32 n)
{
    return iommu_get32(io, REG_ICVEC) >> (4 * n) & (IOMMU_VECTORS - 1);
}

static void lost(struct iommu *io, u64 address)
{
    struct iommu_fault f = {
        .rule = IOMMU_MSI_WRITE, .cause = iommu_rule(IOMMU_MSI_WRITE)->cause, .iova = address};
    iommu_put_record(io, &f);
}

static void send(struct iommu *io, u32 vector)
{
    u32 entry = REG_MSI + vector * ENTRY_SIZE;
    if (io->dev.pci) {
        pci_send(&io->pci, vector);
        return;
    }
    if (iommu_get32(io, entry + MSI_CONTROL) & 1) {
        io->unsent |= 1u << vector;
        return;
    }
    io->unsent &= ~(1u << vector);
    u64 address = iommu_get64(io, entry);
    if (dma_message(&io->dev, address, iommu_get32(io, entry + MSI_DATA)))
        lost(io, address);
}

void iommu_drive(struct iommu *io)
{
    u32 ipsr = iommu_get32(io, REG_IPSR), levels = 0;
    for (u32 n = 0; n < IOMMU_VECTORS; n++)
        if (by_wire(io) && (ipsr >> n & 1))
            levels |= 1u << vector_of(io, n);
    for (u32 v = 0; v < IOMMU_VECTORS; v++) {
        device_set_pin(&io->dev, v, levels >> v & 1);
        if (!by_wire(io) && (io->unsent >> v & 1))
            send(io, v);
    }
}

void iommu_pend(struct iommu *io, u32 ipsr_bits)
{
    u32 was = iommu_get32(io, REG_IPSR), rising = ipsr_bits & ~was;
    if (!rising)
        return;
    iommu_put32(io, REG_IPSR, was | rising);
    for (u32 n = 0; n < IOMMU_VECTORS && !by_wire(io); n++)
        if (rising >> n & 1)
            send(io, vector_of(io, n));
    iommu_drive(io);
}

void iommu_pend_standing(struct iommu *io)
{
    u32 cq = iommu_get32(io, REG_CQCSR), fq = iommu_get32(io, REG_FQCSR);
    if ((cq & CSR_IE) && (cq & (CQ_ERRORS | CQ_FENCE)))
        iommu_pend(io, IPSR_CIP);
    if ((fq & CSR_IE) && (fq & (CSR_MF | FQ_OF)))
        iommu_pend(io, IPSR_FIP);
}
