/* WARL rules of the environment configuration and state-enable CSRs. */
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "mmu/tlb.h"

/* henvcfg as it reads: zero where menvcfg has a bit clear that stands above it. */
static u64 below_menvcfg(const struct hart *h, u64 henvcfg)
{
    return henvcfg & (h->menvcfg | ~h->rules.reg[REG_henvcfg].under);
}

u64 r_henvcfg(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return below_menvcfg(h, h->henvcfg);
}

/* Bits of senvcfg that are read-only zero now: what menvcfg, or in a guest henvcfg, has clear. */
static u64 senvcfg_shut(const struct hart *h)
{
    u64 above = mode_table[h->mode].v ? h->menvcfg & h->henvcfg : h->menvcfg;
    return h->rules.reg[REG_senvcfg].under & ~above;
}

u64 r_senvcfg(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->senvcfg & ~senvcfg_shut(h);
}

u64 w_senvcfg(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 shut = senvcfg_shut(h);
    return (reg_legalise(h, row->reg, old, value) & ~shut) | (old & shut);
}

void a_envcfg(struct hart *h, u64 old)
{
    (void)old;
    h->henvcfg = below_menvcfg(h, h->henvcfg);
    if (!(h->menvcfg & ENVCFG_DTE))
        h->mstatus &= ~MSTATUS_SDT;
    if (!(h->henvcfg & ENVCFG_DTE))
        h->vsstatus &= ~MSTATUS_SDT;
    update_timers(h);
    hart_attention(h);
    mmu_regime_changed(h);
}

/* RLB can be set while no entry is locked, or it is set already (Smepmp). */
static u64 rlb_bit(const struct hart *h, u64 old)
{
    bool locked = false;
    for (unsigned i = 0; i < h->config.pmp_entries; i++)
        locked |= (h->pmpcfg[i / 8] >> (i % 8 * 8) & PMP_L) != 0;
    return has(h, EXT_Smepmp) && (!locked || (old & MSECCFG_RLB)) ? MSECCFG_RLB : 0;
}

u64 w_mseccfg(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 rlb = rlb_bit(h, old);
    return (reg_legalise(h, row->reg, old, value) & ~rlb) | (value & rlb);
}

/* ---- state enables ---- */

/* What is zero above is read-only zero below. */
static u64 above_hstateen(const struct hart *h, unsigned index)
{
    return has(h, EXT_Smstateen) ? h->mstateen[index] : ~0ull;
}

/* As the rows of fields.def say, and the bit of the IMSIC where there is one. */
static u64 legal_stateen(const struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 imsic = row->index == 0 && h->config.imsic_ids && has(h, EXT_Ssaia) ? STATEEN_IMSIC : 0;
    return (reg_legalise(h, row->reg, old, value) & ~imsic) | (value & imsic);
}

u64 w_mstateen(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    return legal_stateen(h, row, old, value);
}

u64 r_hstateen(const struct hart *h, const struct csr_row *row)
{
    return h->hstateen[row->index] & above_hstateen(h, row->index);
}

u64 w_hstateen(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 above = above_hstateen(h, row->index);
    return (legal_stateen(h, row, old, value) & above) | (old & ~above);
}

static u64 above_sstateen(const struct hart *h, unsigned index)
{
    u64 m = above_hstateen(h, index);
    return mode_table[h->mode].v ? m & h->hstateen[index] : m;
}

u64 r_sstateen(const struct hart *h, const struct csr_row *row)
{
    return h->sstateen[row->index] & above_sstateen(h, row->index);
}

u64 w_sstateen(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 above = above_sstateen(h, row->index);
    return (reg_legalise(h, row->reg, old, value) & above) | (old & ~above);
}
