/* The registers of the IOMMU: rows of value, write mask and bits that a 1 clears, laid into arrays,
 * and the one way in which they are read and written. A register that is absent, as capabilities
 * say, reads 0 and ignores writes. What a write sets off is the row's `after`. */
#include <string.h>

#include "devices/iommu_impl.h"

struct reg_row {
    u16 offset;
    u8 size, count, stride;
    u64 needs; /* bits of capabilities, all of them, without which it is absent */
    u64 writable, clears;
    void (*after)(struct iommu *io, u64 old);
};

static void control_written(struct iommu *io, u64 old);
static void event_written(struct iommu *io, u64 old);
static void cycles_written(struct iommu *io, u64 old);
static void inhibit_written(struct iommu *io, u64 old);
static void directory_written(struct iommu *io, u64 old);
static void tail_written(struct iommu *io, u64 old);
static void pending_written(struct iommu *io, u64 old);
static void wires_written(struct iommu *io, u64 old);

enum { QUEUE_BASE_LOW = 0x1f };
#define PPN_BITS     0x003ffffffffffc00ull
#define ADDRESS_BITS 0x00fffffffffffffcull
#define DEBUG_BITS   0xffffff01fffff00full

static const struct reg_row rows[] = {
    {REG_FCTL, 4, 1, 0, 0, FCTL_GXL, 0, wires_written},
    {REG_DDTP, 8, 1, 0, 0, PPN_BITS | 15, 0, directory_written},
    {REG_CQB, 8, 1, 0, 0, PPN_BITS | QUEUE_BASE_LOW, 0, iommu_base_written},
    {REG_CQT, 4, 1, 0, 0, 0xffffffff, 0, tail_written},
    {REG_FQB, 8, 1, 0, 0, PPN_BITS | QUEUE_BASE_LOW, 0, iommu_base_written},
    {REG_FQH, 4, 1, 0, 0, 0xffffffff, 0, iommu_base_written},
    {REG_CQCSR, 4, 1, 0, 0, CSR_ENABLE | CSR_IE, CQ_ERRORS | CQ_FENCE, iommu_cqcsr_written},
    {REG_FQCSR, 4, 1, 0, 0, CSR_ENABLE | CSR_IE, CSR_MF | FQ_OF, iommu_fqcsr_written},
    {REG_IPSR, 4, 1, 0, 0, 0, IPSR_CIP | IPSR_FIP | IPSR_PMIP, pending_written},
    {REG_INHIBIT, 4, 1, 0, CAP_HPM, (2u << IOMMU_COUNTERS) - 1, 0, inhibit_written},
    {REG_CYCLES, 8, 1, 0, CAP_HPM, ~0ull, 0, cycles_written},
    {REG_COUNTERS, 8, IOMMU_COUNTERS, 8, CAP_HPM, ~0ull, 0, NULL},
    {REG_EVENTS, 8, IOMMU_COUNTERS, 8, CAP_HPM, ~0ull, 0, event_written},
    {REG_TR_IOVA, 8, 1, 0, CAP_DBG, ~0xfffull, 0, NULL},
    {REG_TR_CONTROL, 8, 1, 0, CAP_DBG, DEBUG_BITS, 0, control_written},
    {REG_ICVEC, 8, 1, 0, 0, 0x333, 0, wires_written},
    {REG_MSI, 8, IOMMU_VECTORS, ENTRY_SIZE, 0, ADDRESS_BITS, 0, NULL},
    {REG_MSI + MSI_DATA, 4, IOMMU_VECTORS, ENTRY_SIZE, 0, 0xffffffff, 0, NULL},
    {REG_MSI + MSI_CONTROL, 4, IOMMU_VECTORS, ENTRY_SIZE, 0, 1, 0, wires_written},
};

/* ---- little-endian bytes ---- */

static u64 get_bytes(const u8 *at, u32 size)
{
    u64 value = 0;
    memcpy(&value, at, size);
    return value;
}

static void put_bytes(u8 *at, u32 size, u64 value)
{
    memcpy(at, &value, size);
}

u32 iommu_get32(const struct iommu *io, u32 offset)
{
    return (u32)get_bytes(io->file + offset, 4);
}

u64 iommu_get64(const struct iommu *io, u32 offset)
{
    return get_bytes(io->file + offset, 8);
}

void iommu_put32(struct iommu *io, u32 offset, u32 value)
{
    put_bytes(io->file + offset, 4, value);
}

void iommu_put64(struct iommu *io, u32 offset, u64 value)
{
    put_bytes(io->file + offset, 8, value);
}

/* ---- making ---- */

void iommu_make_registers(struct iommu *io, u64 capabilities)
{
    put_bytes(io->initial + REG_CAPABILITIES, 8, capabilities);
    put_bytes(io->initial + REG_DDTP, 8,
              io->config.reset == IOMMU_RESET_OFF ? DDTP_OFF : DDTP_BARE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (u32 n = 0; n < rows[i].count && (capabilities & rows[i].needs) == rows[i].needs; n++) {
            u32 at = rows[i].offset + n * rows[i].stride;
            put_bytes(io->writable + at, rows[i].size, rows[i].writable);
            put_bytes(io->clears + at, rows[i].size, rows[i].clears);
        }
    bool wide = capabilities & (CAP_SV39 | CAP_SV39X4),
         narrow = capabilities & (CAP_SV32 | CAP_SV32X4);
    put_bytes(io->writable + REG_FCTL, 4,
              (wide && narrow ? FCTL_GXL : 0) | (capabilities & CAP_IGS_BOTH ? FCTL_WSI : 0));
    for (u32 n = 0; n < IOMMU_VECTORS; n++)
        put_bytes(io->initial + REG_MSI + n * ENTRY_SIZE + MSI_CONTROL, 4, 1);
    memcpy(io->file, io->initial, sizeof io->file);
}

/* ---- what writes set off ---- */

static void wires_written(struct iommu *io, u64 old)
{
    (void)old;
    iommu_drive(io);
}

static void pending_written(struct iommu *io, u64 old)
{
    (void)old;
    iommu_pend_standing(io);
    iommu_drive(io);
}

/* A mode that is not one keeps what was there. */
static void directory_written(struct iommu *io, u64 old)
{
    u64 ddtp = iommu_get64(io, REG_DDTP);
    if ((ddtp & 15) > DDTP_3LVL)
        iommu_put64(io, REG_DDTP, (ddtp & ~15ull) | (old & 15));
}

static void tail_written(struct iommu *io, u64 old)
{
    iommu_base_written(io, old);
    iommu_run_commands(io);
}

static void cycles_written(struct iommu *io, u64 old)
{
    (void)old;
    iommu_set_deadline(io);
}

/* An event that is not one is none. */
static void event_written(struct iommu *io, u64 old)
{
    enum { EVENT_ID = 0x7fff };
    (void)old;
    for (u32 n = 0; n < IOMMU_COUNTERS; n++) {
        u64 event = iommu_get64(io, REG_EVENTS + 8 * n);
        if ((event & EVENT_ID) > IOEVENT_LAST)
            iommu_put64(io, REG_EVENTS + 8 * n, event & ~(u64)EVENT_ID);
    }
}

static void inhibit_written(struct iommu *io, u64 old)
{
    (void)old;
    iommu_set_deadline(io);
}

/* ---- debug (specification, "Debug support") ---- */

enum { GO = 1, PRIV = 2, EXE = 4, NW = 8 };

/* PPN with the size of the range in its low bits. */
static u64 response(const struct iommu_answer *a)
{
    enum { RESPONSE_PBMT = 7, RESPONSE_S = 9, RESPONSE_PPN = 10 };
    u64 ppn = a->pa >> 12;
    u64 r = (u64)a->pbmt << RESPONSE_PBMT;
    if (a->bits > 12) {
        ppn = (ppn & ~MASK(a->bits - 12)) | MASK(a->bits - 13);
        r |= BIT(RESPONSE_S);
    }
    return r | (ppn & MASK(44)) << RESPONSE_PPN;
}

static void control_written(struct iommu *io, u64 old)
{
    u64 control = iommu_get64(io, REG_TR_CONTROL);
    struct iommu_answer a;
    struct iommu_fault f;
    (void)old;
    if (!(control & GO))
        return;
    const struct iommu_request q = {.did = (u32)bits(control, 63, 40),
                                    .pid = (u32)bits(control, 31, 12),
                                    .pv = bits(control, 32, 32),
                                    .priv = bits(control, 32, 32) && (control & PRIV),
                                    .access = control & EXE  ? ACCESS_FETCH
                                              : control & NW ? ACCESS_LOAD
                                                             : ACCESS_STORE,
                                    .debug = true,
                                    .iova = iommu_get64(io, REG_TR_IOVA)};
    iommu_put64(io, REG_TR_CONTROL, control & ~(u64)GO);
    iommu_put64(io, REG_TR_RESPONSE, iommu_translate(&io->dev, &q, &a, &f) ? 1 : response(&a));
}

/* ---- access ---- */

/* The row of the register that a 4-byte half belongs to; where it begins. */
static const struct reg_row *row_of(u32 offset, u32 *at)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (u32 n = 0; n < rows[i].count; n++) {
            *at = rows[i].offset + n * rows[i].stride;
            if (offset - *at < rows[i].size)
                return &rows[i];
        }
    return NULL;
}

/* In the PCI form the table is that of MSI-X. */
static bool in_msix(const struct iommu *io, u64 offset)
{
    return io->dev.pci && offset >= REG_MSI && offset < REG_MSI_END;
}

static u32 read_word(struct iommu *io, u64 offset)
{
    if (in_msix(io, offset))
        return pci_msix_read(&io->pci, offset - REG_MSI);
    if (offset >= IOMMU_FILE)
        return io->dev.pci && offset == REG_PENDING ? io->pci.pending : 0;
    if (offset == REG_OVERFLOWS)
        return iommu_overflows(io);
    if ((offset & ~4ull) == REG_CYCLES)
        iommu_count_cycles(io);
    return iommu_get32(io, (u32)offset);
}

static void write_word(struct iommu *io, u64 offset, u32 value)
{
    u32 at;
    if (in_msix(io, offset)) {
        pci_msix_write(&io->pci, offset - REG_MSI, value);
        return;
    }
    if (offset >= IOMMU_FILE)
        return;
    if (offset == REG_INHIBIT || (offset & ~4ull) == REG_CYCLES)
        iommu_count_cycles(io);
    const struct reg_row *row = row_of((u32)offset, &at);
    u32 was = iommu_get32(io, (u32)offset), writable = (u32)get_bytes(io->writable + offset, 4),
        clears = (u32)get_bytes(io->clears + offset, 4);
    u64 old = row ? get_bytes(io->file + at, row->size) : 0;
    iommu_put32(io, (u32)offset, ((was & ~writable) | (value & writable)) & ~(value & clears));
    if (row && row->after && (writable || clears))
        row->after(io, old);
}

int iommu_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct iommu *io = (struct iommu *)dev;
    if (size < 4)
        return -1;
    *value = read_word(io, offset);
    if (size == 8)
        *value |= (u64)read_word(io, offset + 4) << 32;
    return 0;
}

/* The high half first, as the specification has it. */
int iommu_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct iommu *io = (struct iommu *)dev;
    if (size < 4)
        return -1;
    if (size == 8)
        write_word(io, offset + 4, (u32)(value >> 32));
    write_word(io, offset, (u32)value);
    return 0;
}

u64 iommu_register(const struct device *dev, u32 offset)
{
    return iommu_get64((const struct iommu *)dev, offset);
}
