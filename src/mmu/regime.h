/* Translation regimes: what the registers say about one kind of access, read once, before any walk.
 * The walk itself never looks at a CSR. */
#ifndef HEXTANT_MMU_REGIME_H
#define HEXTANT_MMU_REGIME_H

#include "common/types.h"
#include "cpu/mode.h"

struct bus;
struct hart;

/* One stage of translation. */
struct stage {
    u64 root;      /* address of the root table: physical, or guest-physical under a G-stage */
    u8 levels;     /* 0: Bare */
    u8 index_bits; /* of one level: 10 for Sv32, else 9 */
    u8 extra_bits; /* of the root level: 2 for the G-stage */
    u8 pte_size;
    u8 g_stage;   /* every access is a user access; leaf faults are guest-page faults */
    u8 update_ad; /* hardware sets A and D (Svadu enabled), else page fault (Svade) */
    u8 shadow;    /* R=0 W=1 X=0 is a shadow-stack page (Zicfiss enabled) */
    u8 mxr;       /* execute permission suffices for loads */
    u64 reserved_leaf, reserved_table; /* bits that must be zero in such entries */
};

/* What an entry may hold besides what the base architecture defines. */
enum stage_features {
    STAGE_NAPOT = 1, /* N (Svnapot) */
    STAGE_PBMT = 2,  /* PBMT (Svpbmt enabled) */
    STAGE_RSW60 = 4, /* bits 60:59, free for software (Svrsw60t59b) */
};

struct regime {
    struct stage s; /* S-stage, or VS-stage when virt */
    struct stage g; /* G-stage; Bare when not virt */
    u8 mode;        /* enum mode: the effective mode */
    u8 virt;
    u8 user; /* effective nominal mode is U */
    u8 sum;
    u8 level;       /* nominal privilege, for PMP */
    u8 pmlen;       /* masked upper bits of explicit accesses: 0, 7 or 16 */
    u8 pm_physical; /* masking zero-extends (no S-stage or VS-stage translation) */
    u8 xlen;
    u32 space;       /* names of address spaces in the TLB (tlb.h): this ASID/VMID, */
    u32 global;      /* mappings with G set, */
    u32 guest;       /* and guest-physical addresses of this VMID */
    struct bus *bus; /* where the tables are */
};

/* The shape of a stage by the MODE field of an xATP register of this XLEN; unknown modes are Bare.
 */
void stage_mode(struct stage *st, unsigned mode, unsigned xlen);
/* Its entries may have these features, enum stage_features. */
void stage_allow(struct stage *st, unsigned features);
/* The regime of a mode as if it accessed memory now (no MPRV). */
void regime_of_mode(struct hart *h, enum mode mode, struct regime *r);
/* The effective mode of explicit accesses: the current mode, or what MPRV, MPP, MPV say (machine
 * chapter, "Memory privilege in mstatus"). */
enum mode data_mode(const struct hart *h);
/* The effective mode of HLV, HLVX and HSV: VS or VU by hstatus.SPVP. */
enum mode hypervisor_access_mode(const struct hart *h);
/* PMLEN for explicit accesses with that effective mode (Zpm chapter). hypervisor_access: the access
 * is HLV or HSV, for which hstatus.HUPMM counts when executed in U-mode. */
unsigned pointer_mask_length(const struct hart *h, enum mode mode, unsigned hypervisor_access);
/* The bits of mstatus and vsstatus that regimes depend on. */
u64 regime_status(const struct hart *h);
/* The ignore transformation of an effective address. */
static inline u64 mask_pointer(const struct regime *r, u64 va)
{
    if (LIKELY(!r->pmlen))
        return va;
    unsigned keep = 64u - r->pmlen;
    return r->pm_physical ? va & MASK(keep) : (u64)sext(va, keep);
}

#endif
