/* WARL rules of the environment configuration and state-enable CSRs. */
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "mmu/tlb.h"

/* Fields that all of menvcfg, henvcfg and senvcfg have, where the extension exists. */
static u64 common_bits(const struct hart *h)
{
    u64 m = ENVCFG_FIOM;
    if (has(h, EXT_Zicfilp))
        m |= ENVCFG_LPE;
    if (has(h, EXT_Zicfiss))
        m |= ENVCFG_SSE;
    if (has(h, EXT_Zicbom))
        m |= ENVCFG_CBIE | ENVCFG_CBCFE;
    if (has(h, EXT_Zicboz))
        m |= ENVCFG_CBZE;
    return m;
}

/* Fields of menvcfg and henvcfg only. */
static u64 upper_bits(const struct hart *h)
{
    u64 m = 0;
    if (has(h, EXT_Svadu))
        m |= ENVCFG_ADUE;
    if (has(h, EXT_Svpbmt))
        m |= ENVCFG_PBMTE;
    if (has(h, EXT_Sstc))
        m |= ENVCFG_STCE;
    if (has(h, EXT_Ssdbltrp))
        m |= ENVCFG_DTE;
    return m;
}

/* PMM, if pointer masking is there and the value is not reserved. RV32: the bits do nothing. */
static u64 pmm_bits(const struct hart *h, enum ext e, u64 value)
{
    return has(h, e) && !is_rv32(h) && get_field(value, ENVCFG_PMM) != 1 ? ENVCFG_PMM : 0;
}

static u64 legalise(u64 old, u64 value, u64 mask)
{
    if (get_field(value, ENVCFG_CBIE) == 2)
        mask &= ~ENVCFG_CBIE; /* reserved: keeps what it had */
    return (old & ~mask) | (value & mask);
}

u64 w_menvcfg(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = common_bits(h) | upper_bits(h) | pmm_bits(h, EXT_Smnpm, value);
    if (!has(h, EXT_S))
        mask &= ~(ENVCFG_FIOM | ENVCFG_SSE);
    return legalise(old, value, mask);
}

/* Bits of henvcfg that are read-only zero while menvcfg has them clear. */
#define UNDER_MENVCFG (ENVCFG_ADUE | ENVCFG_PBMTE | ENVCFG_STCE | ENVCFG_DTE | ENVCFG_SSE)

static u64 henvcfg_mask(const struct hart *h)
{
    return (common_bits(h) | upper_bits(h)) & (h->menvcfg | ~UNDER_MENVCFG);
}

u64 r_henvcfg(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->henvcfg & (h->menvcfg | ~UNDER_MENVCFG);
}

u64 w_henvcfg(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    return legalise(old, value, henvcfg_mask(h) | pmm_bits(h, EXT_Ssnpm, value));
}

static u64 senvcfg_sse(const struct hart *h)
{
    u64 sse = h->menvcfg & ENVCFG_SSE;
    return mode_table[h->mode].v ? sse & h->henvcfg : sse;
}

u64 r_senvcfg(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->senvcfg & (senvcfg_sse(h) | ~ENVCFG_SSE);
}

u64 w_senvcfg(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = common_bits(h) & (senvcfg_sse(h) | ~ENVCFG_SSE);
    return legalise(old, value, mask | pmm_bits(h, EXT_Ssnpm, value));
}

void a_envcfg(struct hart *h, u64 old)
{
    (void)old;
    h->henvcfg &= h->menvcfg | ~UNDER_MENVCFG;
    if (!(h->menvcfg & ENVCFG_DTE))
        h->mstatus &= ~MSTATUS_SDT;
    if (!(h->henvcfg & ENVCFG_DTE))
        h->vsstatus &= ~MSTATUS_SDT;
    update_timers(h);
    hart_attention(h);
    mmu_regime_changed(h);
}

u64 w_mseccfg(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = 0, sticky = 0;
    if (has(h, EXT_Smepmp)) {
        sticky = MSECCFG_MML | MSECCFG_MMWP;
        bool locked = false;
        for (unsigned i = 0; i < h->config.pmp_entries; i++)
            locked |= (h->pmpcfg[i / 8] >> (i % 8 * 8) & 0x80) != 0;
        if (!locked || (old & MSECCFG_RLB))
            mask |= MSECCFG_RLB;
    }
    if (has(h, EXT_Zkr))
        mask |= (has(h, EXT_U) ? MSECCFG_USEED : 0) | (has(h, EXT_S) ? MSECCFG_SSEED : 0);
    if (has(h, EXT_Zicfilp))
        mask |= MSECCFG_MLPE;
    mask |= pmm_bits(h, EXT_Smmpm, value);
    return (old & ~mask) | (value & mask) | (value & sticky);
}

/* ---- state enables ---- */

/* Bits that control state which this hart has; register 0 only, but for SE. */
static u64 stateen_bits(const struct hart *h, unsigned index)
{
    u64 m = BIT(STATEEN_SE);
    if (index)
        return m;
    m |= BIT(STATEEN_ENVCFG);
    if (has(h, EXT_H) && is_rv32(h))
        m |= BIT(STATEEN_P1P13); /* hedelegh */
    if (has(h, EXT_Zcmt))
        m |= BIT(STATEEN_JVT);
    if (has(h, EXT_Ssaia))
        m |= BIT(STATEEN_AIA);
    if (has(h, EXT_Sscsrind) || has(h, EXT_Ssaia))
        m |= BIT(STATEEN_CSRIND);
    return m;
}

u64 w_mstateen(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 mask = stateen_bits(h, row->index);
    return (old & ~mask) | (value & mask);
}

/* What is zero above is read-only zero below. */
static u64 above_hstateen(const struct hart *h, unsigned index)
{
    return has(h, EXT_Smstateen) ? h->mstateen[index] : ~0ull;
}

u64 r_hstateen(const struct hart *h, const struct csr_row *row)
{
    return h->hstateen[row->index] & above_hstateen(h, row->index);
}

u64 w_hstateen(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 mask = stateen_bits(h, row->index) & above_hstateen(h, row->index);
    mask &= ~(row->index ? 0 : BIT(STATEEN_P1P13)); /* HS-mode's register only */
    return (old & ~mask) | (value & mask);
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
    u64 user = row->index ? 0 : BIT(STATEEN_JVT); /* what (V)U-mode can reach */
    u64 mask = stateen_bits(h, row->index) & user & above_sstateen(h, row->index);
    return (old & ~mask) | (value & mask & MASK(32));
}
