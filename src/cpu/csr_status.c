/* WARL rules of mstatus and its views, hstatus, vsstatus, misa, mnstatus. */
#include "cpu/block.h"
#include "cpu/counter.h"
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "cpu/lazy.h"
#include "cpu/trap.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

/* SDT is writable while the level above has DTE set, and zero otherwise. */
static u64 sdt_bit(u64 envcfg)
{
    return envcfg & ENVCFG_DTE ? MSTATUS_SDT : 0;
}

/* SD and the fixed UXL (and SXL) fields, as read. */
static u64 summary(const struct hart *h, u64 status, u64 fixed)
{
    bool dirty = lazy_summary(status);
    if (is_rv32(h))
        return status | (dirty ? MSTATUS32_SD : 0);
    return status | fixed | (dirty ? MSTATUS_SD : 0);
}

/* A field that names the hart's XLEN on RV64, where its mode exists. */
static u64 xl_of(u64 field, unsigned exists)
{
    return exists ? set_field(0, field, XL_64) : 0;
}

u64 r_mstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return summary(h, h->mstatus,
                   xl_of(MSTATUS_UXL, has(h, EXT_U)) | xl_of(MSTATUS_SXL, has(h, EXT_S)));
}

u64 r_sstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    u64 mask = h->rules.reg[REG_sstatus].writable | lazy_fields() | MSTATUS_SDT;
    return summary(h, h->mstatus & mask, xl_of(MSTATUS_UXL, 1));
}

u64 r_vsstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return summary(h, h->vsstatus, xl_of(MSTATUS_UXL, 1));
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

/* `dt`: the SDT and MDT bits that the write can set. */
static u64 write_status(const struct hart *h, const struct csr_row *row, u64 old, u64 value, u64 dt)
{
    u64 v = reg_legalise(h, row->reg, old, value);
    return double_trap_bits((v & ~dt) | (value & dt), dt);
}

u64 w_mstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 mdt = h->rules.reg[REG_mstatus].writable & MSTATUS_MDT;
    return write_status(h, row, old, value, sdt_bit(h->menvcfg) | mdt);
}

u64 w_sstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    return write_status(h, row, old, value, sdt_bit(h->menvcfg));
}

u64 w_vsstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    return write_status(h, row, old, value, sdt_bit(h->henvcfg));
}

void a_status(struct hart *h, u64 old)
{
    (void)old;
    h->d.irq_check = h->d.exit_block = 1;
    mmu_status_changed(h);
}

u64 r_hstatus(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->hstatus | xl_of(HSTATUS_VSXL, !is_rv32(h));
}

u64 w_hstatus(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    u64 v = reg_legalise(h, row->reg, old, value), vgein = value & HSTATUS_VGEIN;
    return get_field(vgein, HSTATUS_VGEIN) <= h->config.geilen ? (v & ~HSTATUS_VGEIN) | vgein : v;
}

/* ---- misa ---- */

#define MISA_BIT(c) BIT((c) - 'A')

static u64 misa_of(const struct hart *h)
{
    static const struct {
        char letter;
        u8 ext;
    } letters[] = {{'A', EXT_A}, {'C', EXT_C}, {'D', EXT_D}, {'E', EXT_E},
                   {'F', EXT_F}, {'H', EXT_H}, {'I', EXT_I}, {'M', EXT_M},
                   {'S', EXT_S}, {'U', EXT_U}, {'B', EXT_B}, {'V', EXT_V}};
    u64 m = 0;
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if (extset_has(&h->config.isa, letters[i].ext))
            m |= MISA_BIT(letters[i].letter);
    return m & MISA_BIT('E') ? m & ~MISA_BIT('I') : m;
}

u64 r_misa(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->misa | (is_rv32(h) ? set_field(0, MISA32_MXL, XL_32) : set_field(0, MISA_MXL, XL_64));
}

u64 w_misa(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    u64 writable = MISA_BIT('A') | MISA_BIT('C') | MISA_BIT('D') | MISA_BIT('F') | MISA_BIT('H') |
                   MISA_BIT('M');
    u64 v = ((value & writable) | (old & ~writable)) & misa_of(h);
    if (!(v & MISA_BIT('F')))
        v &= ~MISA_BIT('D');
    /* V needs D, and comes and goes with it. */
    v &= ~MISA_BIT('V');
    if (v & MISA_BIT('D'))
        v |= misa_of(h) & MISA_BIT('V');
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
    {'A', EXT_A},        {'A', EXT_Zaamo},  {'A', EXT_Zalrsc},  {'A', EXT_Zabha},
    {'A', EXT_Zacas},    {'A', EXT_Zawrs},  {'C', EXT_C},       {'C', EXT_Zca},
    {'C', EXT_Zcb},      {'C', EXT_Zcd},    {'C', EXT_Zcf},     {'C', EXT_Zcmop},
    {'C', EXT_Zcmp},     {'C', EXT_Zcmt},   {'D', EXT_D},       {'D', EXT_Zcd},
    {'F', EXT_F},        {'F', EXT_Zcf},    {'F', EXT_Zfa},     {'F', EXT_Zfbfmin},
    {'F', EXT_Zfh},      {'F', EXT_Zfhmin}, {'F', EXT_Zve32f},  {'F', EXT_Zve64f},
    {'F', EXT_Zve64d},   {'F', EXT_Zvfh},   {'F', EXT_Zvfhmin}, {'F', EXT_Zvfbfmin},
    {'F', EXT_Zvfbfwma}, {'D', EXT_Zve64d}, {'V', EXT_V},       {'H', EXT_H},
    {'H', EXT_Sha},      {'M', EXT_M},
};

void csr_derive(struct hart *h)
{
    h->ext = h->config.isa;
    extset_add(&h->ext, EXT_I);
    u64 gone = misa_of(h) & ~h->misa;
    for (size_t i = 0; i < ARRAY_LEN(dependents); i++)
        if (gone & MISA_BIT(dependents[i].letter))
            extset_remove(&h->ext, dependents[i].ext);
    fields_derive(h);
}

/* Without H, V is 0 and nothing of H remains visible. */
static void hypervisor_off(struct hart *h)
{
    h->mstatus &= ~(MSTATUS_MPV | MSTATUS_GVA);
    h->mideleg &= ~(u64)IP_HS;
    h->mie &= ~(u64)IP_HS;
    h->hvip = h->hvien = h->hvictl = h->hideleg = h->hedeleg = 0;
    h->mip_lines &= ~(u64)IP_HS;
    h->hstatus &= ~HSTATUS_SPV;
    h->mnstatus &= ~MNSTATUS_MNPV;
    h->mstateen[0] &= ~STATEEN_P1P13;
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
    if (!has(h, EXT_U)) { /* M is the only mode that these can name */
        h->mstatus |= MSTATUS_MPP;
        h->mnstatus |= MNSTATUS_MNPP;
    }
    if (has(h, EXT_Smdbltrp))
        h->mstatus |= MSTATUS_MDT;
    if (has(h, EXT_Zve32x))
        h->vtype = is_rv32(h) ? VTYPE32_VILL : VTYPE_VILL;
    /* A hart that knows no other way than to set A and D does so from the start: M-mode software
     * of before Svadu would not ask for it. */
    if (has(h, EXT_Svadu) && !has(h, EXT_Svade))
        h->menvcfg |= ENVCFG_ADUE;
}
