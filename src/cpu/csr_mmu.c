/* WARL rules of the translation and protection CSRs. */
#include "cpu/csr_impl.h"
#include "mmu/tlb.h"

static u64 mode_field(const struct hart *h)
{
    return is_rv32(h) ? SATP32_MODE : SATP_MODE;
}

/* A write with an unsupported MODE has no effect at all (supervisor chapter, satp). */
u64 w_satp(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 mode = mode_field(h), asid = is_rv32(h) ? SATP32_ASID : SATP_ASID;
    if (!value_legal(h, SHOW_ATP, get_field(value, mode)))
        return old;
    u64 narrow = set_field(0, asid, MASK(h->config.asid_bits));
    return value & (mode | (asid & narrow) | h->rules.reg[row->reg].writable);
}

/* Through satp (V=1) as satp; written directly, the choice is the same (hypervisor chapter: "may").
 */
u64 w_vsatp(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    return w_satp(h, row, old, value);
}

/* A write is never ignored as a whole; an unsupported MODE leaves MODE as it was. */
u64 w_hgatp(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 vmid = is_rv32(h) ? HGATP32_VMID : HGATP_VMID;
    u64 narrow = set_field(0, vmid, MASK(h->config.vmid_bits));
    h->hgatp_dropped = value & HGATP_PPN & ~HGATP_ROOT; /* for the monitor */
    return (reg_legalise(h, row->reg, old, value) & ~vmid) | (value & narrow);
}

void a_regime(struct hart *h, u64 old)
{
    (void)old;
    mmu_regime_changed(h);
}

void a_regime_irq(struct hart *h, u64 old)
{
    (void)old;
    hart_attention(h);
    mmu_regime_changed(h);
}

/* ---- PMP ---- */

static u8 cfg_of(const struct hart *h, unsigned i)
{
    return (u8)(h->pmpcfg[i / 8] >> (i % 8 * 8));
}

static bool locked(const struct hart *h, unsigned i)
{
    return (cfg_of(h, i) & PMP_L) && !(h->mseccfg & MSECCFG_RLB);
}

/* First entry in a pmpcfg CSR, and how many it has. */
static unsigned first_entry(const struct csr_row *row)
{
    return row->index * 4u;
}

static unsigned num_entries(const struct hart *h)
{
    return is_rv32(h) ? 4 : 8;
}

u64 r_pmpcfg(const struct hart *h, const struct csr_row *row)
{
    u64 v = 0;
    for (unsigned i = 0; i < num_entries(h); i++)
        v |= (u64)cfg_of(h, first_entry(row) + i) << (8 * i);
    return v;
}

/* Smepmp: with MML set and RLB clear, no rule may be added that lets M-mode execute. */
static bool adds_machine_code(const struct hart *h, u8 cfg)
{
    if (!(h->mseccfg & MSECCFG_MML) || (h->mseccfg & MSECCFG_RLB) || !(cfg & PMP_L))
        return false;
    unsigned rwx = cfg & (PMP_R | PMP_W | PMP_X);
    return rwx == PMP_X || rwx == (PMP_R | PMP_X) || rwx == PMP_W || rwx == (PMP_W | PMP_X);
}

static u8 legal_cfg(const struct hart *h, u8 old, u8 cfg)
{
    cfg &= PMP_R | PMP_W | PMP_X | PMP_A | PMP_L;
    if (!(h->mseccfg & MSECCFG_MML) && (cfg & (PMP_R | PMP_W)) == PMP_W)
        return old; /* R=0 W=1 is reserved */
    return adds_machine_code(h, cfg) ? old : cfg;
}

void s_pmpcfg(struct hart *h, const struct csr_row *row, u64 value)
{
    for (unsigned i = 0; i < num_entries(h); i++) {
        unsigned e = first_entry(row) + i;
        if (e >= h->config.pmp_entries || locked(h, e))
            continue;
        u8 cfg = legal_cfg(h, cfg_of(h, e), (u8)(value >> (8 * i)));
        u64 mask = 0xffull << (e % 8 * 8);
        h->pmpcfg[e / 8] = set_field(h->pmpcfg[e / 8], mask, cfg);
    }
}

u64 w_pmpaddr(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    unsigned i = row->index;
    bool next_is_tor = i + 1u < h->config.pmp_entries && locked(h, i + 1) &&
                       get_field(cfg_of(h, i + 1), PMP_A) == PMP_TOR;
    if (locked(h, i) || next_is_tor)
        return old;
    return reg_legalise(h, row->reg, old, value);
}

void a_pmp(struct hart *h, u64 old)
{
    (void)old;
    mmu_flush_all(h);
}
