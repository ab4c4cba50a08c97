/* WARL rules of mstatus and its views, hstatus, vsstatus, misa, mnstatus. */
#include "cpu/block.h"
#include "cpu/counter.h"
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "cpu/trap.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

#define SSTATUS_BASE (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SUM | MSTATUS_MXR)

/* Fields of the status registers that extensions add. */
static u64 extension_bits(const struct hart *h, u64 dte)
{
    u64 m = 0;
    if (has(h, EXT_F))
        m |= MSTATUS_FS;
    if (has(h, EXT_Zicfilp))
        m |= MSTATUS_SPELP;
    if (has(h, EXT_Ssdbltrp) && (dte & ENVCFG_DTE))
        m |= MSTATUS_SDT;
    return m;
}

static u64 sstatus_mask(const struct hart *h)
{
    return SSTATUS_BASE | extension_bits(h, h->menvcfg);
}

/* SD and the fixed UXL (and SXL) fields, as read. */
static u64 summary(const struct hart *h, u64 status, u64 fixed)
{
    bool dirty = (status & MSTATUS_FS) == MSTATUS_FS;
    if (is_rv32(h))
        return status | (dirty ? BIT(31) : 0);
    return status | fixed | (dirty ? MSTATUS_SD : 0);
}

u64 r_mstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    u64 xl = (has(h, EXT_U) ? 2ull << 32 : 0) | (has(h, EXT_S) ? 2ull << 34 : 0);
    return summary(h, h->mstatus, xl);
}

u64 r_sstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return summary(h, h->mstatus & (sstatus_mask(h) | MSTATUS_FS), 2ull << 32);
}

u64 r_vsstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return summary(h, h->vsstatus, 2ull << 32);
}

/* Setting an xDT bit by a write clears the interrupt enable of that level (Smdbltrp, Ssdbltrp). */
static u64 double_trap_bits(u64 v, u64 written)
{
    if (written & v & MSTATUS_SDT)
        v &= ~MSTATUS_SIE;
    if (written & v & MSTATUS_MDT)
        v &= ~MSTATUS_MIE;
    return v;
}

static bool privilege_exists(const struct hart *h, unsigned nominal)
{
    static const u8 needs[4] = {EXT_U, EXT_S, 0, EXT_I};
    return nominal != 2 && has(h, needs[nominal]);
}

u64 w_mstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | extension_bits(h, h->menvcfg);
    if (has(h, EXT_U))
        mask |= MSTATUS_MPRV | MSTATUS_TW;
    if (has(h, EXT_S))
        mask |= SSTATUS_BASE | MSTATUS_TVM | MSTATUS_TSR;
    if (has(h, EXT_H))
        mask |= MSTATUS_MPV | MSTATUS_GVA;
    if (has(h, EXT_Zicfilp))
        mask |= MSTATUS_MPELP;
    if (has(h, EXT_Smdbltrp))
        mask |= MSTATUS_MDT;
    if (!privilege_exists(h, get_field(value, MSTATUS_MPP)))
        mask &= ~MSTATUS_MPP;
    return double_trap_bits((old & ~mask) | (value & mask), mask);
}

u64 w_sstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = sstatus_mask(h);
    return double_trap_bits((old & ~mask) | (value & mask), mask & value);
}

u64 w_vsstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = SSTATUS_BASE | extension_bits(h, h->henvcfg);
    return double_trap_bits((old & ~mask) | (value & mask), mask & value);
}

void a_status(struct hart *h, u64 old)
{
    (void)old;
    h->d.irq_check = h->d.exit_block = 1;
    mmu_regime_changed(h);
}

u64 r_hstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->hstatus | (is_rv32(h) ? 0 : 2ull << 32); /* VSXL is fixed */
}

u64 w_hstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_HU | HSTATUS_VTVM | HSTATUS_VTW |
               HSTATUS_VTSR;
    if (get_field(value, HSTATUS_VGEIN) <= h->config.geilen)
        mask |= HSTATUS_VGEIN;
    if (has(h, EXT_Ssnpm) && !is_rv32(h) && get_field(value, HSTATUS_HUPMM) != 1)
        mask |= HSTATUS_HUPMM;
    return (old & ~mask) | (value & mask);
}

u64 w_mnstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 mask = MNSTATUS_MNPP | (has(h, EXT_H) ? MNSTATUS_MNPV : 0) |
               (has(h, EXT_Zicfilp) ? MNSTATUS_MNPELP : 0);
    if (value & MNSTATUS_NMIE)
        mask |= MNSTATUS_NMIE; /* may be set, not cleared */
    if (!privilege_exists(h, get_field(value, MNSTATUS_MNPP)))
        mask &= ~MNSTATUS_MNPP;
    return (old & ~mask) | (value & mask);
}

/* ---- misa ---- */

#define MISA_BIT(c) BIT((c) - 'A')

static u64 misa_of(const struct hart *h)
{
    static const struct {
        char letter;
        u8 ext;
    } letters[] = {{'A', EXT_A}, {'C', EXT_C}, {'D', EXT_D}, {'F', EXT_F}, {'H', EXT_H},
                   {'I', EXT_I}, {'M', EXT_M}, {'S', EXT_S}, {'U', EXT_U}, {'B', EXT_B}};
    u64 m = 0;
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if (extset_has(&h->config.isa, letters[i].ext))
            m |= MISA_BIT(letters[i].letter);
    return m;
}

u64 r_misa(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->misa | (is_rv32(h) ? 1ull << 30 : 2ull << 62);
}

u64 w_misa(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 writable = MISA_BIT('A') | MISA_BIT('C') | MISA_BIT('D') | MISA_BIT('F') | MISA_BIT('H') |
                   MISA_BIT('M');
    u64 v = ((value & writable) | (old & ~writable)) & misa_of(h);
    if (!(v & MISA_BIT('F')))
        v &= ~MISA_BIT('D');
    /* Turning C off while the next instruction is not 4-byte aligned is ignored. */
    if ((old & MISA_BIT('C')) && !(v & MISA_BIT('C')) && (h->npc & 2))
        return old;
    return v;
}

/* Extensions that go when a letter of misa is cleared. */
static const struct {
    char letter;
    u8 ext;
} dependents[] = {
    {'A', EXT_A},     {'A', EXT_Zaamo},  {'A', EXT_Zalrsc}, {'A', EXT_Zabha}, {'A', EXT_Zacas},
    {'A', EXT_Zawrs}, {'C', EXT_C},      {'C', EXT_Zca},    {'C', EXT_Zcb},   {'C', EXT_Zcd},
    {'C', EXT_Zcf},   {'C', EXT_Zcmop},  {'C', EXT_Zcmp},   {'C', EXT_Zcmt},  {'D', EXT_D},
    {'D', EXT_Zcd},   {'F', EXT_F},      {'F', EXT_Zcf},    {'F', EXT_Zfa},   {'F', EXT_Zfbfmin},
    {'F', EXT_Zfh},   {'F', EXT_Zfhmin}, {'H', EXT_H},      {'H', EXT_Sha},   {'M', EXT_M},
    {'M', EXT_Zmmul},
};

void csr_derive(struct hart *h)
{
    h->ext = h->config.isa;
    extset_add(&h->ext, EXT_I);
    u64 gone = misa_of(h) & ~h->misa;
    for (size_t i = 0; i < ARRAY_LEN(dependents); i++)
        if (gone & MISA_BIT(dependents[i].letter))
            extset_remove(&h->ext, dependents[i].ext);
}

/* Without H, V is 0 and nothing of H remains visible. */
static void hypervisor_off(struct hart *h)
{
    h->mstatus &= ~(MSTATUS_MPV | MSTATUS_GVA);
    h->mideleg &= ~0x1444ull;
    h->mie &= ~0x1444ull;
    h->hvip = h->hvien = h->hvictl = h->hideleg = h->hedeleg = 0;
    h->mip_lines &= ~0x1444ull;
    h->hstatus &= ~HSTATUS_SPV;
    h->mnstatus &= ~MNSTATUS_MNPV;
    counters_legalise(h);
}

void a_misa(struct hart *h, u64 old)
{
    if (h->misa == old)
        return;
    csr_derive(h);
    if (old & ~h->misa & MISA_BIT('H'))
        hypervisor_off(h);
    else if (h->misa & ~old & MISA_BIT('H'))
        h->mideleg = w_mideleg(h, NULL, h->mideleg, h->mideleg);
    h->medeleg &= medeleg_writable(h);
    h->hedeleg &= hedeleg_writable(h);
    trigger_derive(h);
    block_drop_all(h);
    mmu_flush_all(h);
    update_timers(h);
    h->d.irq_check = 1;
}

void csr_reset(struct hart *h)
{
    h->misa = misa_of(h);
    csr_derive(h);
    h->mideleg = has(h, EXT_S) ? w_mideleg(h, NULL, 0, 0) : 0;
    if (!has(h, EXT_U))
        h->mstatus |= MSTATUS_MPP;
    if (has(h, EXT_Smdbltrp))
        h->mstatus |= MSTATUS_MDT;
}
