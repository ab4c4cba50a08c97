/* The Advanced Interrupt Architecture's own CSRs: mvip, the top-interrupt registers, and the
 * priority arrays behind miselect and siselect. The hart has no IMSIC. One of the files that own
 * the question about V. */
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "cpu/trap.h"

/* ---- mvip ---- */

u64 r_mvip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return mvip_value(h);
}

/* Bits 1, 5 and 9 are those of mip where mip has them for software. */
void s_mvip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 in_mip = BIT(IRQ_SEI);
    if (!(h->menvcfg & ENVCFG_STCE))
        in_mip |= BIT(IRQ_STI);
    if (!(h->mvien & BIT(IRQ_SSI)))
        in_mip |= BIT(IRQ_SSI);
    u64 own = (IRQS_LOCAL | BIT(IRQ_SSI)) & ~in_mip;
    h->mip = (h->mip & ~in_mip) | (v & in_mip);
    h->mvip = (h->mvip & ~own) | (v & own);
}

/* ---- mtopi, stopi, vstopi ---- */

u64 r_topi(const struct hart *h, const struct csr_row *row)
{
    static const u8 bank_of_privilege[] = {BANK_S, BANK_S, BANK_VS, BANK_M};
    return top_interrupt(h, bank_of_privilege[row->num >> 8 & 3]).topi;
}

/* ---- the select registers' ranges ---- */

enum { IPRIO_FIRST = 0x30, IPRIO_LAST = 0x3f, IMSIC_FIRST = 0x70, IMSIC_LAST = 0xff };

static bool machine_level(const struct csr_row *row)
{
    return (row->num >> 8 & 3) == 3;
}

static u64 select_value(const struct hart *h, const struct csr_row *row, unsigned v)
{
    if (machine_level(row))
        return h->miselect;
    return v || (row->num >> 8 & 3) == 2 ? h->vsiselect : h->siselect;
}

bool iselect_of_aia(const struct hart *h, const struct csr_row *row, unsigned v)
{
    u64 select = select_value(h, row, v);
    if (!has(h, machine_level(row) ? EXT_Smaia : EXT_Ssaia))
        return false;
    return (select >= IPRIO_FIRST && select <= IPRIO_LAST) ||
           (select >= IMSIC_FIRST && select <= IMSIC_LAST);
}

/* On RV64 a register holds eight priorities, and only the even ones exist. */
bool ireg_selected(const struct hart *h, const struct csr_row *row)
{
    u64 select = select_value(h, row, 0);
    bool first_alias = (row->num & 0xf) == 1, guest = (row->num >> 8 & 3) == 2;
    return first_alias && !guest && iselect_of_aia(h, row, 0) && select <= IPRIO_LAST &&
           (is_rv32(h) || !(select & 1));
}

/* ---- the priority arrays ---- */

/* The bytes that can be set: of interrupts that the level can enable, but for its external one.
 * What goes to HS-mode in any case has no use for a priority in M-mode. */
static u64 settable(const struct hart *h, const struct csr_row *row)
{
    if (machine_level(row))
        return mie_bits(h) & ~IP_HS & ~BIT(IRQ_MEI);
    return (sie_bits(h) | hie_bits(h)) & ~BIT(IRQ_SEI);
}

static u64 byte_mask(u64 irqs)
{
    u64 mask = 0;
    for (unsigned i = 0; i < 8; i++)
        if (irqs >> i & 1)
            mask |= 0xffull << 8 * i;
    return mask;
}

/* Where the selected register lies: eight bytes of the array, and a shift. */
struct iprio {
    u64 *word, mask;
    unsigned shift;
};
static struct iprio selected(const struct hart *h, const struct csr_row *row)
{
    unsigned n = (unsigned)select_value(h, row, 0) - IPRIO_FIRST;
    const u64 *array = machine_level(row) ? h->miprio : h->siprio;
    return (struct iprio){.word = (u64 *)(uintptr_t)&array[n / 2],
                          .mask = byte_mask(settable(h, row) >> n / 2 * 8),
                          .shift = n % 2 * 32};
}

u64 r_ireg(const struct hart *h, const struct csr_row *row)
{
    if (!ireg_selected(h, row))
        return 0; /* asked without the gate */
    struct iprio p = selected(h, row);
    return (*p.word & p.mask) >> p.shift;
}

void s_ireg(struct hart *h, const struct csr_row *row, u64 v)
{
    if (!ireg_selected(h, row))
        return;
    struct iprio p = selected(h, row);
    u64 mask = p.mask & (is_rv32(h) ? MASK(32) << p.shift : ~0ull);
    *p.word = (*p.word & ~mask) | (v << p.shift & mask);
}
