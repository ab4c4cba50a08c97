/* The page-table walk of both stages: one loop, in the order of the manual's numbered steps. */
#ifndef HEXTANT_MMU_WALK_H
#define HEXTANT_MMU_WALK_H

#include "common/types.h"
#include "cpu/reason.h"
#include "mmu/mem.h"
#include "mmu/regime.h"

/* Permissions that a translation leaves; the second set is the G-stage's. */
enum {
    PERM_R = 1,
    PERM_W = 2,
    PERM_X = 4,
    PERM_U = 8, /* W only if D is set in both stages */
    PERM_GR = 16,
    PERM_GX = 32,
    PERM_SS = 64,
    PERM_GLOBAL = 128,
    PERM_FETCHED = 256, /* only in the second level: code was fetched through this entry */
    PERM_INVALID = 512  /* a page-table entry with V=0 */
};

/* A finished translation. */
struct xlate {
    u64 pa;
    u64 gpa; /* guest-physical address between the stages (= pa without G-stage) */
    u32 perm;
    u8 leaf_bits; /* log2 of the bytes the (VS-)stage leaf maps: 12, 21, ... */
};

enum fault_kind { FAULT_NONE, FAULT_ACCESS, FAULT_PAGE, FAULT_GUEST_PAGE };

/* Why there is no translation, or no access to where it leads. */
struct fault {
    u8 kind;     /* enum fault_kind */
    u8 implicit; /* 0, or 1 read, 2 write of a VS-stage PTE that faulted in the G-stage */
    u64 gpa;     /* FAULT_GUEST_PAGE: the guest-physical address that did not translate */
    struct refusal refusal;
};

/* One step, for those who want to see it. */
struct walk_step {
    u8 g_stage;
    u8 level;
    u8 leaf;
    u16 reason;   /* enum reason: what stopped here, or REASON_NONE */
    u64 table_va; /* the address being translated by this stage */
    u64 pte_addr; /* where the PTE was read: physical, or guest-physical for a VS-stage under G */
    u64 pa;       /* likewise, physical; 0 where no PTE was read */
    u64 pte;
};
struct recorder {
    void (*step)(void *ctx, const struct walk_step *step);
    void *ctx;
    u8 live; /* looks on at a walk for the guest: translations may come from the caches */
    u8 dry;  /* where there is no hart: A and D are not written */
};

/* One request to translate. */
struct walk {
    struct hart
        *h; /* whose caches, PMP and counters it goes by; NULL: an IOMMU's, which looks on */
    const struct regime *r;
    enum access access;
    u32 flags;                  /* MEM_HLVX, MEM_SSTACK, MEM_PROBE, MEM_AMO */
    const struct recorder *rec; /* or NULL */
    struct fault fault;         /* after a failure */
};

/* Does the guest cause this walk, so that its counters see it? */
static inline bool walk_counts(const struct walk *w)
{
    return !(w->flags & (MEM_PROBE | MEM_AGAIN)) && (!w->rec || w->rec->live);
}

/* The walk has faulted on an entry with V=0 of the (VS-)stage (FAULT_PAGE) or the G-stage
 * (FAULT_GUEST_PAGE): may the TLB keep it? Without Svvptc it may (supervisor chapter, SFENCE.VMA),
 * and with --tlb=strict it does. */
bool walk_keeps_invalid(const struct walk *w, enum fault_kind kind);
/* The translation cache holds the (VS-)stage's entry for va with V=0: notes the fault. -1. */
int walk_fail_cached(struct walk *w, u64 va);
/* Translates va by both stages of w->r; checks permissions, sets A and D as the stages say (unless
 * MEM_PROBE). 0 and *out, or -1 and w->fault; *out then says what an entry with V=0 covers. Does
 * not check PMP/PMA of the final address. */
int walk(struct walk *w, u64 va, struct xlate *out);
/* The same by the (VS-)stage alone, its tables by way of the G-stage: out->gpa is where it ends. */
int walk_first_stage(struct walk *w, u64 va, struct xlate *out);
/* What else a leaf says that a recorder has been told of: log2 of the bytes that it maps, and its
 * PBMT field. `st` is the stage that it belongs to. */
struct leaf_kind {
    u8 bits, pbmt;
};
struct leaf_kind walk_leaf(const struct stage *st, const struct walk_step *step);
/* As walk(), and tells h->trace.walk what happened. */
int walk_traced(struct walk *w, u64 va, struct xlate *out);

#endif
