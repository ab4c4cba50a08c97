/* Builds translation regimes from the registers. This is the only place of the MMU that reads CSR
 * fields, and one of the few files that may ask about V. */
#include "mmu/regime.h"

#include "cpu/fields.h"
#include "cpu/hart.h"
#include "mmu/tlb.h"

enum { KEY_BARE = 1 << 16 }; /* no ASID */

enum mode data_mode(const struct hart *h)
{
    if (h->mode != MODE_M || !(h->mstatus & MSTATUS_MPRV))
        return h->mode;
    if (has(h, EXT_Smrnmi) && !(h->mnstatus & MNSTATUS_NMIE))
        return h->mode;
    unsigned mpp = get_field(h->mstatus, MSTATUS_MPP);
    return mode_of(mpp, (h->mstatus & MSTATUS_MPV) != 0);
}

enum mode hypervisor_access_mode(const struct hart *h)
{
    return h->hstatus & HSTATUS_SPVP ? MODE_VS : MODE_VU;
}

static unsigned pmm_length(u64 pmm)
{
    return pmm == 2 ? 7 : pmm == 3 ? 16 : 0;
}

unsigned pointer_mask_length(const struct hart *h, enum mode mode, unsigned hypervisor_access)
{
    if (is_rv32(h))
        return 0;
    /* Where MXR is in effect there is no masking (it never is in M-mode). */
    u64 mxr = h->mstatus & MSTATUS_MXR;
    if (mode_table[mode].v)
        mxr |= h->vsstatus & MSTATUS_MXR;
    if (mode != MODE_M && mxr)
        return 0;
    switch (mode) {
    case MODE_M:
        return pmm_length(get_field(h->mseccfg, MSECCFG_PMM));
    case MODE_S:
        return pmm_length(get_field(h->menvcfg, ENVCFG_PMM));
    case MODE_U:
        if (!has(h, EXT_S))
            return pmm_length(get_field(h->menvcfg, ENVCFG_PMM));
        return pmm_length(get_field(h->senvcfg, ENVCFG_PMM));
    case MODE_VS:
        return pmm_length(get_field(h->henvcfg, ENVCFG_PMM));
    default:
        if (hypervisor_access && h->mode == MODE_U)
            return pmm_length(get_field(h->hstatus, HSTATUS_HUPMM));
        return pmm_length(get_field(h->senvcfg, ENVCFG_PMM));
    }
}

u64 regime_status(const struct hart *h)
{
    u64 mask = MSTATUS_SUM | MSTATUS_MXR;
    return (h->mstatus & mask) | (h->vsstatus & mask) << 2;
}

void stage_mode(struct stage *st, unsigned mode, unsigned xlen)
{
    static const u8 levels[16] = {[ATP_SV39] = 3, [ATP_SV48] = 4, [ATP_SV57] = 5};
    st->levels = xlen == 32 ? (mode ? 2 : 0) : levels[mode & 15];
    st->index_bits = xlen == 32 ? 10 : 9;
    st->pte_size = xlen == 32 ? 4 : 8;
}

/* An entry of 32 bits has none of these. */
void stage_allow(struct stage *st, unsigned features)
{
    u64 res = features & STAGE_RSW60 ? PTE_RES & ~PTE_RSW60 : PTE_RES;
    st->reserved_table = res | PTE_N | PTE_PBMT | PTE_A | PTE_D | PTE_U;
    st->reserved_leaf =
        res | (features & STAGE_NAPOT ? 0 : PTE_N) | (features & STAGE_PBMT ? 0 : PTE_PBMT);
}

static void stage_from_atp(const struct hart *h, struct stage *st, u64 atp)
{
    if (is_rv32(h)) {
        stage_mode(st, get_field(atp, SATP32_MODE), 32);
        st->root = (atp & SATP32_PPN) << 12;
    } else {
        stage_mode(st, get_field(atp, SATP_MODE), 64);
        st->root = (atp & SATP_PPN) << 12;
    }
}

/* Fields of a stage that an envcfg register governs. */
static void stage_from_envcfg(const struct hart *h, struct stage *st, u64 envcfg)
{
    stage_allow(st, (has(h, EXT_Svnapot) ? STAGE_NAPOT : 0) |
                        (has(h, EXT_Svrsw60t59b) ? STAGE_RSW60 : 0) |
                        (envcfg & ENVCFG_PBMTE ? STAGE_PBMT : 0));
    st->update_ad = (envcfg & ENVCFG_ADUE) != 0;
    st->shadow = (envcfg & ENVCFG_SSE) != 0;
}

static unsigned atp_asid(const struct hart *h, u64 atp)
{
    return get_field(atp, is_rv32(h) ? SATP32_ASID : SATP_ASID);
}

static unsigned atp_vmid(const struct hart *h)
{
    return get_field(h->hgatp, is_rv32(h) ? HGATP32_VMID : HGATP_VMID);
}

/* What names the address spaces in the translation caches. Eager: the complete registers, so that a
 * new root is a new address space at once (global mappings: the levels alone, as with Bare there
 * are none). Strict: what the manual makes part of the match, ASID and VMID. Bare takes effect at
 * once in satp and vsatp (norm:sfence_vma_mode_effect), in hgatp it does not
 * (norm:hfence-gvma_mode). */
void regime_names(const struct hart *h, const struct regime *r, struct space_name name[NAME_COUNT])
{
    bool strict = h->config.tlb == TLB_STRICT;
    u64 atp = r->virt ? h->vsatp : h->satp, hgatp = r->virt ? h->hgatp : 0;
    struct space_name *own = &name[NAME_OWN];
    *own = (struct space_name){.kind = r->virt ? SPACE_VS : SPACE_S,
                               .atp = atp,
                               .hgatp = hgatp,
                               .asid = (u16)atp_asid(h, atp),
                               .vmid = (u16)(r->virt ? atp_vmid(h) : 0)};
    own->key_s = !strict ? atp : r->s.levels ? own->asid : KEY_BARE;
    own->key_g = strict ? own->vmid : hgatp;
    name[NAME_GLOBAL] = (struct space_name){.kind = r->virt ? SPACE_VS_GLOBAL : SPACE_S_GLOBAL,
                                            .key_s = strict ? r->s.levels != 0 : r->s.levels,
                                            .key_g = own->key_g,
                                            .atp = atp,
                                            .hgatp = hgatp,
                                            .vmid = own->vmid};
    name[NAME_GUEST] = (struct space_name){.kind = r->virt ? SPACE_G : SPACE_NONE,
                                           .key_g = own->key_g,
                                           .atp = atp,
                                           .hgatp = hgatp,
                                           .vmid = own->vmid};
}

static void name_spaces(struct hart *h, struct regime *r)
{
    struct space_name name[NAME_COUNT];
    regime_names(h, r, name);
    r->space = tlb_space(h->tlb, &name[NAME_OWN]);
    r->global = tlb_space(h->tlb, &name[NAME_GLOBAL]);
    if (r->virt)
        r->guest = tlb_space(h->tlb, &name[NAME_GUEST]);
}

static void regime_virtual(struct hart *h, struct regime *r)
{
    stage_from_atp(h, &r->s, h->vsatp);
    stage_from_envcfg(h, &r->s, h->henvcfg);
    stage_from_atp(h, &r->g, h->hgatp & ~(u64)(is_rv32(h) ? HGATP32_VMID : HGATP_VMID));
    r->g.root &= ~0x3fffull;
    r->g.g_stage = 1;
    r->g.extra_bits = 2;
    r->g.shadow = 0;
    stage_from_envcfg(h, &r->g, h->menvcfg & ~ENVCFG_SSE);
    r->g.mxr = (h->mstatus & MSTATUS_MXR) != 0;
    r->s.mxr = r->g.mxr || (h->vsstatus & MSTATUS_MXR);
    r->sum = (h->vsstatus & MSTATUS_SUM) != 0;
    name_spaces(h, r);
}

void regime_of_mode(struct hart *h, enum mode mode, struct regime *r)
{
    *r = (struct regime){.mode = mode,
                         .virt = mode_table[mode].v,
                         .user = mode_table[mode].nominal == 0,
                         .level = mode_table[mode].nominal,
                         .xlen = h->config.xlen,
                         .bus = h->bus,
                         .pmlen = pointer_mask_length(h, mode, 0)};
    if (r->virt) {
        regime_virtual(h, r);
    } else if (mode != MODE_M && has(h, EXT_S)) {
        stage_from_atp(h, &r->s, h->satp);
        stage_from_envcfg(h, &r->s, h->menvcfg);
        r->s.mxr = (h->mstatus & MSTATUS_MXR) != 0;
        r->sum = (h->mstatus & MSTATUS_SUM) != 0;
        name_spaces(h, r);
    }
    r->pm_physical = r->s.levels == 0;
}
