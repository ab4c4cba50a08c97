/* The queues in memory: commands, of which each is a row that says which bits are reserved and what
 * it does, and fault records. */
#include "devices/dma.h"
#include "devices/iommu_impl.h"

enum { COMMAND_SIZE = 16, RECORD_SIZE = 32, PIECE = 1024 };

static u64 index_mask(const struct iommu *io, u32 base)
{
    return MASK((iommu_get32(io, base) & 31) + 1);
}

static u64 entry_at(const struct iommu *io, u32 base, u64 index, u32 size)
{
    return ppn_of_entry(iommu_get64(io, base)) + index * size;
}

/* Indices have no bits beyond the queue's size. */
void iommu_base_written(struct iommu *io, u64 old)
{
    (void)old;
    iommu_put32(io, REG_CQT, iommu_get32(io, REG_CQT) & (u32)index_mask(io, REG_CQB));
    iommu_put32(io, REG_FQH, iommu_get32(io, REG_FQH) & (u32)index_mask(io, REG_FQB));
}

/* ---- commands ---- */

static void set_bits(struct iommu *io, u32 reg, u32 flags)
{
    iommu_put32(io, reg, iommu_get32(io, reg) | flags);
}

#define FIELD(hi, lo) (MASK((hi) - (lo) + 1) << (lo))

static struct iommu_scope page_scope(const u64 c[2])
{
    return (struct iommu_scope){.av = bits(c[0], 10, 10),
                                .pscid = (u32)bits(c[0], 31, 12),
                                .pscv = bits(c[0], 32, 32),
                                .gv = bits(c[0], 33, 33),
                                .gscid = (u32)bits(c[0], 59, 44),
                                .range = bits(c[1], 9, 9),
                                .addr = bits(c[1], 61, 10) << 12};
}

static int inval_vma(struct iommu *io, const u64 c[2])
{
    struct iommu_scope s = page_scope(c);
    iommu_forget_pages(io, &s);
    return 0;
}

static int inval_gvma(struct iommu *io, const u64 c[2])
{
    struct iommu_scope s = page_scope(c);
    s.guest = true;
    iommu_forget_pages(io, &s);
    return 0;
}

/* All that was asked before is done: its data goes out. */
static int fence(struct iommu *io, const u64 c[2])
{
    enum { AV = 1 << 10, WSI = 1 << 11 };
    if ((c[0] & AV) && dma_message(&io->dev, bits(c[1], 61, 0) << 2, (u32)(c[0] >> 32)))
        return -1;
    if (c[0] & WSI)
        set_bits(io, REG_CQCSR, CQ_FENCE);
    return 0;
}

static struct iommu_scope device_scope(const u64 c[2])
{
    return (struct iommu_scope){
        .dv = bits(c[0], 33, 33), .did = (u32)bits(c[0], 63, 40), .pid = (u32)bits(c[0], 31, 12)};
}

static int inval_ddt(struct iommu *io, const u64 c[2])
{
    struct iommu_scope s = device_scope(c);
    iommu_forget_devices(io, &s);
    return 0;
}

static int inval_pdt(struct iommu *io, const u64 c[2])
{
    struct iommu_scope s = device_scope(c);
    iommu_forget_process(io, &s);
    return 0;
}

enum { IOTINVAL = 1, IOFENCE = 2, IODIR = 3 };
struct command_row {
    u8 opcode, func3;
    u64 reserved[2];
    int (*run)(struct iommu *io, const u64 c[2]); /* 0, or -1: memory refuses */
};

static const struct command_row commands[] = {
    {IOTINVAL,
     0,
     {BIT(11) | FIELD(43, 35) | FIELD(63, 60), FIELD(8, 0) | FIELD(63, 62)},
     inval_vma},
    {IOTINVAL,
     1,
     {BIT(11) | BIT(32) | FIELD(43, 35) | FIELD(63, 60), FIELD(8, 0) | FIELD(63, 62)},
     inval_gvma},
    {IOFENCE, 0, {FIELD(31, 14), FIELD(63, 62)}, fence},
    {IODIR, 0, {FIELD(11, 10) | FIELD(32, 12) | FIELD(39, 34), ~0ull}, inval_ddt},
    {IODIR, 1, {FIELD(11, 10) | BIT(32) | FIELD(39, 34), ~0ull}, inval_pdt},
};

/* What is reserved besides, by capabilities and by what the other fields say. */
static bool illegal(const struct iommu *io, const struct command_row *row, const u64 c[2])
{
    u64 caps = iommu_caps(io);
    struct iommu_scope s = device_scope(c);
    unsigned pid_bits = caps & CAP_PD20 ? 20 : caps & CAP_PD17 ? 17 : 8;
    switch (row->opcode) {
    case IOTINVAL:
        return (!(caps & CAP_NL) && (c[0] & BIT(34))) || (!(caps & CAP_S) && (c[1] & BIT(9)));
    case IOFENCE:
        return (c[0] & BIT(11)) && !(iommu_get32(io, REG_FCTL) & FCTL_WSI);
    default:
        return (s.dv && s.did >> iommu_did_bits(io)) ||
               (row->func3 == 1 && (!s.dv || s.pid >> pid_bits));
    }
}

static const struct command_row *decode(const struct iommu *io, const u64 c[2])
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command_row *row = &commands[i];
        if (bits(c[0], 6, 0) == row->opcode && bits(c[0], 9, 7) == row->func3)
            return (c[0] & row->reserved[0]) || (c[1] & row->reserved[1]) || illegal(io, row, c)
                       ? NULL
                       : row;
    }
    return NULL;
}

bool iommu_commands_left(const struct iommu *io)
{
    u32 csr = iommu_get32(io, REG_CQCSR);
    return (csr & CSR_ON) && !(csr & CQ_ERRORS) &&
           iommu_get32(io, REG_CQH) != iommu_get32(io, REG_CQT);
}

/* The command at the head. */
static void run_one(struct iommu *io)
{
    u64 c[2], head = iommu_get32(io, REG_CQH);
    if (dma_read(&io->dev, entry_at(io, REG_CQB, head, COMMAND_SIZE), c, sizeof c)) {
        set_bits(io, REG_CQCSR, CSR_MF);
        return;
    }
    const struct command_row *row = decode(io, c);
    if (!row)
        set_bits(io, REG_CQCSR, CQ_ILL);
    else if (row->run(io, c))
        set_bits(io, REG_CQCSR, CSR_MF);
    else
        iommu_put32(io, REG_CQH, (u32)((head + 1) & index_mask(io, REG_CQB)));
}

void iommu_run_commands(struct iommu *io)
{
    for (u32 i = 0; i < PIECE && iommu_commands_left(io); i++)
        run_one(io);
    iommu_pend_standing(io);
    iommu_set_deadline(io);
}

/* The queue begins anew when it is turned on. */
static void enabled(struct iommu *io, u32 csr, u32 index, u64 old)
{
    u32 now = iommu_get32(io, csr);
    if ((now & CSR_ENABLE) && !(old & CSR_ENABLE)) {
        iommu_put32(io, index, 0);
        now = (now & (CSR_ENABLE | CSR_IE)) | CSR_ON;
    }
    if (!(now & CSR_ENABLE))
        now &= ~(u32)CSR_ON;
    iommu_put32(io, csr, now);
}

void iommu_cqcsr_written(struct iommu *io, u64 old)
{
    enabled(io, REG_CQCSR, REG_CQH, old);
    iommu_run_commands(io);
}

void iommu_fqcsr_written(struct iommu *io, u64 old)
{
    enabled(io, REG_FQCSR, REG_FQT, old);
    iommu_pend_standing(io);
}

/* ---- fault records ---- */

static void remember(struct iommu *io, const struct iommu_fault *f)
{
    io->fault[io->num_faults++ % IOMMU_FAULTS] = *f;
}

static void write_record(struct iommu *io, const struct iommu_fault *f)
{
    u32 tail = iommu_get32(io, REG_FQT);
    u64 mask = index_mask(io, REG_FQB);
    const u64 record[4] = {f->cause | (u64)f->pid << 12 | (u64)f->pv << 32 | (u64)f->priv << 33 |
                               (u64)f->ttyp << 34 | (u64)f->did << 40,
                           0, f->iova, f->iotval2};
    if (((tail + 1) & mask) == iommu_get32(io, REG_FQH))
        set_bits(io, REG_FQCSR, FQ_OF);
    else if (dma_write(&io->dev, entry_at(io, REG_FQB, tail, RECORD_SIZE), record, RECORD_SIZE))
        set_bits(io, REG_FQCSR, CSR_MF);
    else
        iommu_put32(io, REG_FQT, (u32)((tail + 1) & mask));
    if (iommu_get32(io, REG_FQCSR) & CSR_IE)
        iommu_pend(io, IPSR_FIP);
}

void iommu_put_record(struct iommu *io, const struct iommu_fault *f)
{
    u32 csr = iommu_get32(io, REG_FQCSR);
    struct iommu_fault kept = *f;
    kept.reported = (csr & CSR_ON) && !(csr & (CSR_MF | FQ_OF));
    remember(io, &kept);
    if (kept.reported)
        write_record(io, &kept);
}
