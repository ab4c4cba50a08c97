/* MSI-X (PCI Express Base Specification, "MSI-X Capability and Table Structure"): the table of
 * vectors, their pending bits, and messages; and the other way to interrupt, by a line. */
#include "devices/dma.h"
#include "devices/pci_impl.h"

enum { WINDOW = 0x1000, PENDING = 0x800, ENTRY_SHIFT = 4 };

bool pci_msix_on(const struct pci_function *f)
{
    return f->msix && (pci_get(f, f->msix + MSIX_CONTROL, 2) & MSIX_ENABLE);
}

struct pci_vector pci_vector(const struct pci_function *f, u32 vector)
{
    const u32 *entry = f->table[vector];
    u32 control = pci_get(f, f->msix + MSIX_CONTROL, 2);
    return (struct pci_vector){.on = control & MSIX_ENABLE,
                               .all_masked = control & MSIX_MASK,
                               .masked = entry[3] & VECTOR_MASKED,
                               .pending = f->pending >> vector & 1,
                               .address = (u64)entry[1] << 32 | entry[0],
                               .data = entry[2]};
}

static bool masked(const struct pci_function *f, u32 vector)
{
    struct pci_vector v = pci_vector(f, vector);
    return v.all_masked || v.masked;
}

/* What is refused is lost: a write is posted. */
static void send(const struct pci_function *f, u32 vector)
{
    struct pci_vector v = pci_vector(f, vector);
    (void)dma_message(f->dev, v.address, v.data);
}

void pci_send(struct pci_function *f, u32 vector)
{
    if (vector >= f->vectors || !pci_msix_on(f))
        return;
    if (masked(f, vector))
        f->pending |= 1u << vector;
    else
        send(f, vector);
}

void pci_send_pending(struct pci_function *f)
{
    if (!f->pending || !pci_msix_on(f))
        return;
    for (u32 i = 0; i < f->vectors; i++)
        if ((f->pending >> i & 1) && !masked(f, i)) {
            f->pending &= ~(1u << i);
            send(f, i);
        }
}

/* ---- the window ---- */

static u32 read_word(const struct pci_function *f, u64 offset)
{
    u64 vector = offset >> ENTRY_SHIFT;
    if (offset < PENDING)
        return vector < f->vectors ? f->table[vector][offset >> 2 & 3] : 0;
    return offset == PENDING ? f->pending : 0;
}

static int msix_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    *value = 0;
    if (size >= 4)
        *value = read_word(dev->pci, offset);
    if (size == 8)
        *value |= (u64)read_word(dev->pci, offset + 4) << 32;
    return 0;
}

static void write_word(struct pci_function *f, u64 offset, u32 value)
{
    static const u32 writable[] = {~3u, ~0u, ~0u, VECTOR_MASKED};
    u64 vector = offset >> ENTRY_SHIFT;
    if (vector < f->vectors)
        f->table[vector][offset >> 2 & 3] = value & writable[offset >> 2 & 3];
}

static int msix_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    if (size >= 4)
        write_word(dev->pci, offset, (u32)value);
    if (size == 8)
        write_word(dev->pci, offset + 4, (u32)(value >> 32));
    pci_send_pending(dev->pci);
    return 0;
}

void pci_share_msix(struct pci_function *f, const struct pci_msix_place *at, u32 vectors)
{
    f->vectors = (u8)vectors;
    f->msix = pci_make_msix(f, at, vectors);
}

u32 pci_msix_read(const struct pci_function *f, u64 offset)
{
    return read_word(f, offset);
}

void pci_msix_write(struct pci_function *f, u64 offset, u32 value)
{
    write_word(f, offset, value);
    pci_send_pending(f);
}

void pci_add_msix(struct pci_function *f, u32 bar, u32 vectors)
{
    static const struct dev_regs regs = {.size = WINDOW, .read = msix_read, .write = msix_write};
    pci_share_msix(f, &(struct pci_msix_place){bar, 0, PENDING}, vectors);
    pci_add_bar(f, bar, PCI_BAR_MEM32, &regs);
}

/* ---- the line ---- */

void pci_set_line(struct pci_function *f, u8 level)
{
    f->line = level;
    pci_drive_lines(f->host);
}
