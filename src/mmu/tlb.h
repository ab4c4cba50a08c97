/* The translation caches: small direct-mapped first-level tables, one pair for each context, that
 * the inline path probes; a large second level that all contexts share; and the names ("spaces")
 * that make a flush of an ASID or VMID a matter of taking a new name. */
#ifndef HEXTANT_MMU_TLB_H
#define HEXTANT_MMU_TLB_H

#include "common/types.h"
#include "cpu/hart.h"
#include "mmu/pmp.h"
#include "mmu/regime.h"
#include "mmu/walk.h"

#ifdef HX_DEBUG /* small, so that tests meet eviction */
#define TLB1_SIZE 8
#define TLB2_SIZE 32
#else
#define TLB1_SIZE 256
#define TLB2_SIZE 8192
#endif
#define TLB2_WAYS    4
#define TLB_CONTEXTS 16
#define TLB_SPACES   64

/* First level: tables of one context. */
struct tlb_context {
    struct tlb_entry r[TLB1_SIZE], w[TLB1_SIZE], x[TLB1_SIZE];
    u64 x_pa[TLB1_SIZE]; /* physical page of each x entry */
    /* bit i: entry i of some table was filled since the last clear */
    u64 filled[(TLB1_SIZE + 63) / 64];
    bool made; /* its tags have been set: pages that are zero look like translations of page 0 */
    u64 bits;  /* mode, SUM, MXR, PMLEN, ... of the regime */
    u32 space, global; /* 0: unused */
    u64 gen;           /* fetch generation, see cpu/block.h; unique over contexts and fences */
    u64 used;
};

/* Second level: a set of ways lies together, the newest entry first. */
struct tlb2_entry {
    u64 vpn;
    u64 pa;    /* of the page */
    u32 space; /* 0: unused */
    u32 perm;
};

/* What an address space is: two are the same if kind and keys agree. What the keys are, the policy
 * of --tlb says (regime.c). */
enum space_kind { SPACE_NONE, SPACE_S, SPACE_S_GLOBAL, SPACE_VS, SPACE_VS_GLOBAL, SPACE_G };
struct space_name {
    u64 key_s, key_g;
    u64 atp, hgatp; /* the registers that it was used with last */
    u16 asid, vmid;
    u8 kind;
};

/* An address space that has entries; it gets another id to flush it. */
struct space {
    struct space_name name;
    u32 id;
    u64 sizes;    /* bit n: some entry came from a leaf of 2^n bytes, n > 12 */
    u64 bloom[4]; /* which such leaves, hashed */
    u64 used;
};

struct tlb {
    struct tlb_context ctx[TLB_CONTEXTS];
    struct tlb2_entry l2[TLB2_SIZE];
    struct space space[TLB_SPACES];
    const struct regime *fetch, *data; /* of the present state */
    struct tlb_context *fetch_ctx, *data_ctx;
    struct regime mode_regime[MODE_COUNT];    /* cached, when mode_valid */
    struct tlb_context *mode_ctx[MODE_COUNT]; /* of a mode that is valid */
    u32 mode_valid;                           /* bit for each mode */
    u64 status;                               /* regime_status() that those were made with */
    u32 next_space;
    u64 next_gen, stamp;
    struct pmp pmp;
};

/* Remembers the page of va, at host address `host`, in a first-level table. */
static inline void tlb_fill(struct tlb_context *c, struct tlb_entry *table, u64 va, const u8 *host)
{
    u64 page = va & ~0xfffull;
    unsigned i = (va >> 12) & (TLB1_SIZE - 1);
    table[i] = (struct tlb_entry){.tag = page, .addend = (u64)(uintptr_t)host - page};
    c->filled[i >> 6] |= BIT(i & 63);
}

/* Makes an empty one of sizeof(struct tlb) bytes that are zero. */
struct tlb *tlb_init(void *pages);
/* What decides which accesses miss: the second level, the names, and which context and space goes
 * next. The first level holds nothing that an access would not find without it. */
struct state_part tlb_part(const struct tlb *t, u32 hart);
/* After these rows were put back: points the hart at its contexts, which are empty. */
void tlb_resume(struct hart *h);
/* The id of an address space, made if new. */
u32 tlb_space(struct tlb *t, const struct space_name *name);
/* The names of a regime's address spaces, by the registers of the hart: its own, that of global
 * mappings, and that of guest-physical addresses (of kind SPACE_NONE if there are none). Makes
 * none. */
enum { NAME_OWN, NAME_GLOBAL, NAME_GUEST, NAME_COUNT };
void regime_names(const struct hart *h, const struct regime *r, struct space_name name[NAME_COUNT]);
/* What the second level holds for an address of that space, or NULL. Only looks. */
const struct tlb2_entry *tlb_look(const struct tlb *t, const struct space_name *name, u64 va);
/* Points the hart at the contexts of its present mode and registers. Call after a change of mode
 * (mmu_mode_changed) or of a register that a regime depends on (mmu_regime_changed). */
void mmu_mode_changed(struct hart *h);
void mmu_regime_changed(struct hart *h);
/* The same after a write of mstatus, sstatus or vsstatus, most of which turn interrupts on or off.
 */
void mmu_status_changed(struct hart *h);
/* Forgets everything (PMP changes, resets, pokes). */
void mmu_flush_all(struct hart *h);
/* Second level: looks for va in the regime's spaces; 1 and *out if cached. */
int tlb2_lookup(struct tlb *t, const struct regime *r, u64 va, struct xlate *out);
void tlb2_insert(struct hart *h, const struct regime *r, u64 va, const struct xlate *x);
/* Code of va's page is about to be remembered outside the second level. */
void tlb2_mark_fetched(struct tlb *t, const struct regime *r, u64 va);
/* As above for a guest-physical address under r->guest. */
int tlb2_lookup_guest(struct tlb *t, const struct regime *r, u64 gpa, struct xlate *out);
void tlb2_insert_guest(struct hart *h, const struct regime *r, u64 gpa, const struct xlate *x);
/* Drops first-level write entries for the page at host address `host`, in every context: it is
 * about to hold decoded code. */
void tlb_protect_page(struct tlb *t, const u8 *host);

/* Drops every first-level data entry: each page is looked up again when it is next accessed. */
void tlb_forget_pages(struct tlb *t);

/* Translates for an instruction that is not on the inline path (and for firmware and monitor, with
 * MEM_PROBE): masking excluded. 0 and *x with the final physical address checked against PMP and
 * PMA, or -1 with w->fault set. */
int mmu_translate(struct walk *w, u64 va, unsigned len, struct xlate *x);
/* The same; *uniform (may be NULL): PMP gives the whole page the permission. */
int mmu_translate_page(struct walk *w, u64 va, unsigned len, struct xlate *x, bool *uniform);
/* Turns w->fault into the exception of the original access and raises it; returns TRAPPED.
 * insn_va: the address of the whole access (page-crossing accesses fault further up). */
int mmu_raise(struct walk *w, u64 va, u64 insn_va);
/* Notes in w->fault that the physical address pa, at which the access arrived, is refused to it. */
void mmu_refuse(struct walk *w, u64 pa, enum reason reason);
/* The rule by which the physical memory attributes forbid the access at pa, or REASON_NONE; that a
 * device has no register of that width it says itself. */
enum reason mmu_attributes_forbid(const struct walk *w, u64 pa);
/* The exception code that w->fault means for the access. */
enum cause mmu_fault_cause(const struct walk *w);
/* TRIGGER_LOAD or TRIGGER_STORE: what the explicit access does. An AMO does both; a cache-block
 * operation stores. */
u8 mmu_access_kinds(const struct walk *w);
/* Triggers (cpu/trigger.h): does one fire on the access, of `size` bytes at the masked
 * address, which stores *data? (NULL: loads, or not known yet.) 0, or TRAPPED with a breakpoint
 * raised. */
int mmu_check_trigger(struct walk *w, u64 masked, unsigned size, const u64 *data);
/* The same once va (not masked) is loaded, for triggers that look at the value. */
void mmu_check_loaded(struct walk *w, u64 va, unsigned size, const u64 *value);
/* Must such accesses to that page be seen, none served by the first-level TLB? */
bool mmu_page_triggers(const struct walk *w, u64 masked);
/* Is the cached permission enough for this access in this regime? */
bool mmu_allows(const struct regime *r, u32 perm, enum access access, u32 flags);
/* The regime of a mode, from the cache; for explicit accesses of HLV and HSV in *copy. */
const struct regime *mmu_regime(struct hart *h, enum mode mode);
const struct regime *mmu_regime_hv(struct hart *h, struct regime *copy);
/* Fetch: host address of the page that holds pc and its physical address, if the whole page is
 * plain executable memory now; NULL (nothing raised) if not: fetch plainly with mem_fetch. */
const u8 *mmu_fetch_page(struct hart *h, u64 pc, u64 *pa);

#endif
