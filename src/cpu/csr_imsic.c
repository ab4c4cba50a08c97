/* The CSRs of an interrupt file: mtopei, stopei, vstopei, and what the select registers show of it
 * (ireg.def). One of the files that own the question about V. */
#include "cpu/csr_impl.h"
#include "cpu/imsic.h"
#include "cpu/irq.h"

/* The file that a register of some level belongs to; -1 where the gates forbid the access. */
static int file_of(const struct hart *h, const struct csr_row *row)
{
    if (!h->imsic)
        return -1;
    switch (row->num >> 8 & 3) {
    case 3:
        return FILE_M;
    case 1:
        return FILE_S;
    default:
        return imsic_of_guest(h);
    }
}

u64 r_topei(const struct hart *h, const struct csr_row *row)
{
    int file = file_of(h, row);
    u64 identity = file < 0 ? 0 : imsic_top(h, (unsigned)file);
    return set_field(set_field(0, TOPEI_IID, identity), TOPEI_IPRIO, identity);
}

void s_topei(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)v;
    int file = file_of(h, row);
    if (file >= 0)
        imsic_claim(h, (unsigned)file);
}

/* What each file has one of. */
static u64 read_word(const struct hart *h, const struct csr_row *row, const u64 of_file[])
{
    int file = file_of(h, row);
    return file < 0 ? 0 : of_file[file];
}

/* As many bits as the identities have. */
static void write_word(struct hart *h, const struct csr_row *row, u64 of_file[], u64 v)
{
    int file = file_of(h, row);
    if (file < 0)
        return;
    of_file[file] = v & MASK(64 - __builtin_clzll(imsic_last(h, (unsigned)file)));
    imsic_update(h, (unsigned)file);
}

u64 r_eidelivery(const struct hart *h, const struct csr_row *row)
{
    return read_word(h, row, h->imsic->eidelivery);
}

/* Delivery from a PLIC or APLIC past the file (0x40000000) is not offered. */
void s_eidelivery(struct hart *h, const struct csr_row *row, u64 v)
{
    if (v <= EIDELIVERY_ON)
        write_word(h, row, h->imsic->eidelivery, v);
}

u64 r_eithreshold(const struct hart *h, const struct csr_row *row)
{
    return read_word(h, row, h->imsic->eithreshold);
}

void s_eithreshold(struct hart *h, const struct csr_row *row, u64 v)
{
    write_word(h, row, h->imsic->eithreshold, v);
}

/* The bits of word `w` that stand for identities. */
static u64 identities(const struct hart *h, unsigned file, unsigned w)
{
    if (w > imsic_last(h, file) / 64)
        return 0;
    return w == 0 ? ~1ull : ~0ull;
}

/* row->index counts in 32 identities. */
static u64 read_array(const struct hart *h, const struct csr_row *row,
                      const u64 array[][IMSIC_WORDS])
{
    int file = file_of(h, row);
    return file < 0 ? 0 : array[file][row->index / 2] >> 32 * (row->index % 2);
}

static void write_array(struct hart *h, const struct csr_row *row, u64 array[][IMSIC_WORDS], u64 v)
{
    int file = file_of(h, row);
    if (file < 0)
        return;
    unsigned word = row->index / 2, shift = 32 * (row->index % 2);
    u64 can = identities(h, (unsigned)file, word) & (is_rv32(h) ? MASK(32) << shift : ~0ull);
    array[file][word] = (array[file][word] & ~can) | (v << shift & can);
    imsic_update(h, (unsigned)file);
}

u64 r_eip(const struct hart *h, const struct csr_row *row)
{
    return read_array(h, row, h->imsic->eip);
}

void s_eip(struct hart *h, const struct csr_row *row, u64 v)
{
    write_array(h, row, h->imsic->eip, v);
}

u64 r_eie(const struct hart *h, const struct csr_row *row)
{
    return read_array(h, row, h->imsic->eie);
}

void s_eie(struct hart *h, const struct csr_row *row, u64 v)
{
    write_array(h, row, h->imsic->eie, v);
}
