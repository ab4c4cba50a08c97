/* The Advanced Interrupt Architecture's own CSRs: mvip, the top-interrupt registers, and the
 * priority arrays behind miselect and siselect. One of the files that own the question about V. */
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

/* ---- the priority arrays (ireg.def) ---- */

static bool machine_level(const struct csr_row *row)
{
    return (row->num >> 8 & 3) == 3;
}

/* The bytes that can be set: of interrupts that the level can enable, but for its external one.
 * What goes to HS-mode in any case has no use for a priority in M-mode. */
static u64 settable(const struct hart *h, const struct csr_row *row)
{
    if (machine_level(row))
        return mie_bits(h) & ~IP_HS & ~BIT(IRQ_MEI);
    return (sie_bits(h) | hie_bits(h)) & ~BIT(IRQ_SEI);
}

/* The priorities of four interrupts on RV32, eight on RV64; row->index counts in fours. */
static unsigned num_priorities(const struct hart *h)
{
    return is_rv32(h) ? 4 : 8;
}

u64 r_iprio(const struct hart *h, const struct csr_row *row)
{
    const u8 *priority = machine_level(row) ? h->miprio : h->siprio;
    u64 can = settable(h, row), v = 0;
    for (unsigned i = 0, irq = row->index * 4u; i < num_priorities(h); i++, irq++)
        v |= can >> irq & 1 ? (u64)priority[irq] << 8 * i : 0;
    return v;
}

void s_iprio(struct hart *h, const struct csr_row *row, u64 v)
{
    u8 *priority = machine_level(row) ? h->miprio : h->siprio;
    u64 can = settable(h, row);
    for (unsigned i = 0, irq = row->index * 4u; i < num_priorities(h); i++, irq++)
        if (can >> irq & 1)
            priority[irq] = (u8)(v >> 8 * i);
}
