/* The page-table walk, in the order of the manual's numbered steps (supervisor chapter, "Virtual
 * address translation process"; hypervisor chapter, "Two-stage address translation"). The VS-stage
 * sends each PTE address through the G-stage; nothing else distinguishes the stages but the fields
 * of struct stage. */
#include "mmu/walk.h"

#include <string.h>

#include "bus/bus.h"
#include "cpu/fields.h"
#include "cpu/hart.h"
#include "mmu/pmp.h"
#include "mmu/tlb.h"

/* One leaf search: what to translate, through which stage, for which kind of access. */
struct leaf {
    const struct stage *st;
    u64 va;
    enum access access;
    u32 flags;
    u8 implicit; /* 0, or 1 / 2: this is the G-stage of a VS-stage PTE read / write */
    u64 pte_addr;
    u64 pa; /* of the PTE */
    u64 pte;
    u8 *host; /* of the PTE */
    u8 level;
    u8 global;
};

static void record(const struct walk *w, const struct leaf *l, enum reason reason, unsigned leaf)
{
    if (!w->rec)
        return;
    struct walk_step step = {.g_stage = l->st->g_stage,
                             .level = l->level,
                             .reason = (u16)reason,
                             .leaf = (u8)leaf,
                             .table_va = l->va,
                             .pte_addr = l->pte_addr,
                             .pa = l->pa,
                             .pte = l->pte};
    w->rec->step(w->rec->ctx, &step);
}

/* Notes the fault, and all that explains it. -1. */
static COLD int fail(struct walk *w, const struct leaf *l, enum fault_kind kind, enum reason reason)
{
    bool g = l->st->g_stage;
    w->fault = (struct fault){.kind = (u8)(kind == FAULT_PAGE && g ? FAULT_GUEST_PAGE : kind),
                              .implicit = l->implicit,
                              .gpa = g ? l->va : 0,
                              .refusal = {.reason = (u16)reason,
                                          .access = (u8)w->access,
                                          .mode = w->r->mode,
                                          .g_stage = l->st->g_stage,
                                          .level = l->level,
                                          .entry = -1,
                                          .flags = w->flags,
                                          .pa = l->pa,
                                          .pte = l->pte}};
    return -1;
}

static int stop(struct walk *w, const struct leaf *l, enum fault_kind kind, enum reason reason)
{
    record(w, l, reason, 0);
    return fail(w, l, kind, reason);
}

/* What PMP allows with the PTE, whatever PMA do: an IOMMU has none. */
static unsigned pte_permissions(const struct walk *w, const struct leaf *l, int *entry)
{
    if (LIKELY(w->h != NULL))
        return pmp_permissions(w->h, l->pa, l->st->pte_size, 1, NULL, entry);
    if (entry)
        *entry = -1;
    return PMP_R | PMP_W;
}

/* PMP (entry) or PMA forbids reading the PTE, or writing it to set A and D. */
static COLD int stop_at_pte(struct walk *w, const struct leaf *l, unsigned perm,
                            const struct mem_region *m)
{
    int entry;
    bool allowed = pte_permissions(w, l, &entry) & perm;
    enum reason reason = allowed && m ? REASON_AD_READ_ONLY : REASON_PTE_VACANT;
    if (!allowed)
        reason = perm == PMP_W ? REASON_AD_PMP : REASON_PTE_PMP;
    stop(w, l, FAULT_ACCESS, reason);
    w->fault.refusal.entry = (s16)entry;
    return -1;
}

static int guest_translate(struct walk *w, u64 gpa, enum access access, unsigned implicit,
                           struct xlate *out);

/* Is va one that this stage can translate? Sv: sign-extended; SvNNx4: no bits above. */
static bool in_range(const struct stage *st, u64 va, unsigned xlen)
{
    unsigned width = 12u + st->levels * st->index_bits + st->extra_bits;
    if (st->g_stage)
        return va >> width == 0;
    return xlen == 32 || (u64)sext(va, width) == va;
}

static u64 pte_read(const struct leaf *l)
{
    if (l->st->pte_size == 8)
        return __atomic_load_n((u64 *)(void *)l->host, __ATOMIC_RELAXED);
    return __atomic_load_n((u32 *)(void *)l->host, __ATOMIC_RELAXED);
}

/* A PTE is about to be written. */
static void note_write(const struct walk *w, const struct leaf *l, struct mem_region *m)
{
    struct bus *bus = w->r->bus;
    if (!w->h && !w->rec->dry)
        bus_note_dma(bus, m, l->pa, l->st->pte_size, NULL);
    else if (w->h && bus_note_write(bus, m, l->pa, l->st->pte_size))
        w->h->d.exit_block = 1;
}

static bool is_dry(const struct walk *w)
{
    return w->h ? w->h->debug.dry : w->rec->dry;
}

/* Where PTE l->pte_addr lies in the host; checks PMP and PMA for `perm`. */
static int pte_locate(struct walk *w, struct leaf *l, unsigned perm)
{
    u64 pa = l->pte_addr;
    if (!l->st->g_stage && w->r->g.levels) {
        struct xlate x;
        if (guest_translate(w, pa, perm == PMP_W ? ACCESS_STORE : ACCESS_LOAD,
                            perm == PMP_W ? 2 : 1, &x))
            return -1;
        pa = x.pa;
    }
    l->pa = pa;
    struct mem_region *m = bus_find_memory(w->r->bus, pa, l->st->pte_size);
    unsigned granted = pte_permissions(w, l, NULL);
    if (!m || !(granted & perm) || (perm == PMP_W && !m->writable))
        return stop_at_pte(w, l, perm, m);
    l->host = m->host + (pa - m->base);
    if (perm == PMP_W)
        note_write(w, l, m);
    return 0;
}

static bool is_leaf(u64 pte)
{
    return (pte & (PTE_R | PTE_W | PTE_X)) != 0;
}

static u64 pte_target(const struct stage *st, u64 pte)
{
    return st->pte_size == 4 ? (pte & PTE_PPN32) << 2 : (pte & PTE_PPN64) << 2;
}

/* Step 3: the rule that makes this entry useless, or REASON_NONE. */
static enum reason check_entry(const struct stage *st, u64 pte)
{
    if (!(pte & PTE_V))
        return st->g_stage ? REASON_G_PTE_V : REASON_PTE_V;
    bool w_only = (pte & (PTE_R | PTE_W)) == PTE_W;
    if (UNLIKELY(w_only) && ((pte & PTE_X) || !st->shadow))
        return REASON_PTE_W_ONLY;
    if (UNLIKELY((pte & PTE_PBMT) == PTE_PBMT))
        return REASON_PTE_PBMT;
    u64 reserved = is_leaf(pte) ? st->reserved_leaf : st->reserved_table;
    return pte & reserved ? REASON_PTE_RESERVED : REASON_NONE;
}

/* Steps 1 to 4: goes down the levels until a leaf. */
static int find_leaf(struct walk *w, struct leaf *l)
{
    const struct stage *st = l->st;
    u64 table = st->root;
    for (int i = st->levels - 1;; i--) {
        unsigned shift = 12u + (unsigned)i * st->index_bits;
        unsigned width = st->index_bits + (i == st->levels - 1 ? st->extra_bits : 0u);
        l->level = (u8)i;
        l->pte_addr = table + ((l->va >> shift) & MASK(width)) * st->pte_size;
        if (pte_locate(w, l, PMP_R))
            return -1;
        u64 pte = l->pte = pte_read(l);
        enum reason reason = check_entry(st, pte);
        if (reason != REASON_NONE)
            return stop(w, l, FAULT_PAGE, reason);
        l->global |= (pte & PTE_G) != 0;
        if (is_leaf(pte))
            return 0;
        record(w, l, REASON_NONE, 0);
        if (i == 0)
            return stop(w, l, FAULT_PAGE, REASON_PTE_NO_LEAF);
        table = pte_target(st, pte);
    }
}

/* Step 6: U and SUM. */
static enum reason check_user(const struct walk *w, const struct leaf *l)
{
    bool user_page = l->pte & PTE_U;
    if (l->st->g_stage)
        return user_page ? REASON_NONE : REASON_G_PTE_U;
    if (w->r->user)
        return user_page ? REASON_NONE : REASON_PTE_U;
    if (!user_page || (w->r->sum && l->access != ACCESS_FETCH))
        return REASON_NONE;
    if (l->access == ACCESS_FETCH)
        return REASON_PTE_U_FETCH;
    return w->r->virt ? REASON_VS_SUM : REASON_SUM;
}

/* Steps 7 and 8: R, W and X. */
static enum reason check_rwx(const struct leaf *l)
{
    u64 pte = l->pte;
    enum reason reason;
    bool ok;
    if (l->access == ACCESS_FETCH || (l->flags & MEM_HLVX)) {
        ok = pte & PTE_X;
        reason = l->flags & MEM_HLVX ? REASON_PTE_HLVX : REASON_PTE_X;
    } else if (l->access == ACCESS_STORE) {
        ok = pte & PTE_W;
        reason = REASON_PTE_W;
    } else {
        ok = (pte & PTE_R) || (l->st->mxr && !l->implicit && (pte & PTE_X));
        reason = REASON_PTE_R;
    }
    if (LIKELY(ok))
        return REASON_NONE;
    return l->st->g_stage && reason != REASON_PTE_HLVX ? REASON_G_PERMISSION : reason;
}

/* Steps 6 to 8: may this access use this leaf? The rule that forbids it, or REASON_NONE; *kind gets
 * the fault it means. */
static enum reason check_leaf(const struct walk *w, const struct leaf *l, enum fault_kind *kind)
{
    u64 pte = l->pte;
    enum reason user = check_user(w, l);
    *kind = FAULT_PAGE;
    if (user != REASON_NONE)
        return user;
    bool shadow_page = (pte & (PTE_R | PTE_W)) == PTE_W; /* check_entry let it pass */
    bool shadow_access = (l->flags & MEM_SSTACK) != 0;
    if (shadow_access && l->st->g_stage)
        return pte & PTE_W ? REASON_NONE : REASON_G_SS;
    if (shadow_access && !shadow_page) {
        bool read_only = (pte & (PTE_R | PTE_W | PTE_X)) == PTE_R;
        *kind = read_only ? FAULT_PAGE : FAULT_ACCESS;
        return read_only ? REASON_SS_READ_ONLY : REASON_SS_ACCESS;
    }
    if (shadow_page && !shadow_access && (l->access != ACCESS_LOAD || (l->flags & MEM_CBO))) {
        *kind = FAULT_ACCESS;
        return REASON_SS_PAGE;
    }
    if (shadow_page) /* readable, by HLV too; HLVX wants X */
        return l->flags & MEM_HLVX ? REASON_PTE_HLVX : REASON_NONE;
    return check_rwx(l);
}

/* Step 9: A and D. 0, 1 to start again because the PTE has changed, or -1. */
static int update_ad(struct walk *w, struct leaf *l)
{
    u64 want = l->pte | PTE_A;
    if (l->access == ACCESS_STORE)
        want |= PTE_D;
    if (want == l->pte || (w->flags & MEM_PROBE))
        return 0;
    if (!l->st->update_ad)
        return stop(w, l, FAULT_PAGE, l->pte & PTE_A ? REASON_PTE_D : REASON_PTE_A);
    if (pte_locate(w, l, PMP_W))
        return -1;
    if (UNLIKELY(is_dry(w)))
        return 0;
    bool same;
    if (l->st->pte_size == 8) {
        u64 expect = l->pte;
        same = __atomic_compare_exchange_n((u64 *)(void *)l->host, &expect, want, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    } else {
        u32 expect = (u32)l->pte;
        same = __atomic_compare_exchange_n((u32 *)(void *)l->host, &expect, (u32)want, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    l->pte = want;
    if (same && w->h) /* an IOMMU has said so before */
        bus_written(w->r->bus, &(struct bus_write){l->pa, l->st->pte_size, WRITER_WALK, NULL});
    return same ? 0 : 1;
}

/* Size of the leaf in address bits, or 0 if its PPN is not aligned to it (step 5; Svnapot). */
static unsigned leaf_bits(const struct leaf *l, enum reason *reason)
{
    unsigned n = 12u + l->level * l->st->index_bits;
    *reason = REASON_PTE_SUPERPAGE;
    if (l->pte & PTE_N) { /* one of 32 bits has no such bit */
        *reason = REASON_PTE_NAPOT;
        if (l->level != 0 || bits(l->pte, 13, 10) != 8)
            return 0;
        return 16;
    }
    return pte_target(l->st, l->pte) & MASK(n) ? 0 : n;
}

static u32 leaf_permissions(const struct leaf *l)
{
    u64 pte = l->pte;
    u32 perm = pte & PTE_U ? PERM_U : 0;
    if ((pte & (PTE_R | PTE_W)) == PTE_W)
        return perm | PERM_SS | PERM_R;
    if (pte & PTE_R)
        perm |= PERM_R;
    if ((pte & PTE_W) && (pte & PTE_D))
        perm |= PERM_W;
    if (pte & PTE_X)
        perm |= PERM_X;
    return perm;
}

/* One stage, all steps. */
static int stage_walk(struct walk *w, struct leaf *l, struct xlate *out)
{
    int again;
    l->global = 0;
    if (!in_range(l->st, l->va, w->r->xlen))
        return stop(w, l, FAULT_PAGE, l->st->g_stage ? REASON_GPA_RANGE : REASON_VA_RANGE);
    if (LIKELY(walk_counts(w))) /* there is a hart */
        w->h->event[EVENT_WALK]++;
    do {
        if (find_leaf(w, l)) {
            *out = (struct xlate){.perm = PERM_INVALID | (l->global ? PERM_GLOBAL : 0u),
                                  .leaf_bits = (u8)(12u + l->level * l->st->index_bits)};
            return -1;
        }
        enum reason reason;
        enum fault_kind kind;
        unsigned n = leaf_bits(l, &reason);
        if (!n)
            return stop(w, l, FAULT_PAGE, reason);
        reason = check_leaf(w, l, &kind);
        if (reason != REASON_NONE)
            return stop(w, l, kind, reason);
        again = update_ad(w, l);
        if (again < 0)
            return -1;
        out->leaf_bits = (u8)n;
    } while (again);
    record(w, l, REASON_NONE, 1);
    u64 in_leaf = MASK(out->leaf_bits);
    out->pa = (pte_target(l->st, l->pte) & ~in_leaf) | (l->va & in_leaf);
    out->perm = leaf_permissions(l);
    return 0;
}

static bool guest_cached_ok(u32 perm, enum access access, u32 flags, unsigned mxr)
{
    if (access == ACCESS_FETCH || (flags & MEM_HLVX))
        return perm & PERM_X;
    if (access == ACCESS_STORE || (flags & MEM_SSTACK))
        return perm & PERM_W;
    return (perm & PERM_R) || (mxr && (perm & PERM_X));
}

bool walk_keeps_invalid(const struct walk *w, enum fault_kind kind)
{
    u16 reason = w->fault.refusal.reason;
    return w->h && w->h->config.tlb == TLB_STRICT && !has(w->h, EXT_Svvptc) &&
           w->fault.kind == kind && (reason == REASON_PTE_V || reason == REASON_G_PTE_V) &&
           !(w->flags & (MEM_PROBE | MEM_SSTACK));
}

int walk_fail_cached(struct walk *w, u64 va)
{
    const struct leaf l = {.st = &w->r->s, .va = va};
    return fail(w, &l, FAULT_PAGE, REASON_TLB_V);
}

static void cache_guest(struct walk *w, u64 gpa, const struct xlate *x)
{
    struct tlb_event ev = {.kind = TLB_EVENT_FILL_GUEST, .va = gpa, .xlate = x};
    if (!w->h) /* an IOMMU keeps what it likes itself */
        return;
    tlb2_insert_guest(w->h, w->r, gpa, x);
    if (UNLIKELY(w->h->trace.tlb != NULL))
        w->h->trace.tlb(w->h->trace.ctx, w->h, &ev);
}

/* The G-stage: gpa to pa. implicit: 0 the access itself, 1 / 2 a read / write of a VS-stage PTE. */
static int guest_translate(struct walk *w, u64 gpa, enum access access, unsigned implicit,
                           struct xlate *out)
{
    struct leaf l = {.st = &w->r->g, .va = gpa, .access = access, .implicit = (u8)implicit};
    if (!implicit)
        l.flags = w->flags;
    if ((!w->rec || w->rec->live) && tlb2_lookup_guest(w->h->tlb, w->r, gpa, out)) {
        if (guest_cached_ok(out->perm, access, l.flags, w->r->g.mxr && !implicit))
            return 0;
        if (out->perm & PERM_INVALID)
            return fail(w, &l, FAULT_PAGE, REASON_G_TLB_V);
    }
    int rc = stage_walk(w, &l, out);
    if (rc ? walk_keeps_invalid(w, FAULT_GUEST_PAGE) : !(w->flags & MEM_PROBE))
        cache_guest(w, gpa, out);
    return rc;
}

/* The (VS-)stage: va to out->gpa, which is out->pa as well. */
static inline int first_stage(struct walk *w, u64 va, struct xlate *out)
{
    const struct regime *r = w->r;
    *out = (struct xlate){.pa = va,
                          .gpa = va,
                          .leaf_bits = 12,
                          .perm = PERM_R | PERM_W | PERM_X | PERM_U | PERM_GR | PERM_GX};
    if (r->s.levels) {
        struct leaf l = {.st = &r->s, .va = va, .access = w->access, .flags = w->flags};
        if (stage_walk(w, &l, out))
            return -1;
        out->perm |= PERM_GR | PERM_GX | (l.global ? PERM_GLOBAL : 0u);
        out->gpa = out->pa;
    } else if (w->flags & MEM_SSTACK) {
        struct leaf none = {.st = &r->s};
        return stop(w, &none, FAULT_ACCESS, r->mode == MODE_M ? REASON_SS_M : REASON_SS_BARE);
    }
    return 0;
}

int walk_first_stage(struct walk *w, u64 va, struct xlate *out)
{
    return first_stage(w, va, out);
}

int walk(struct walk *w, u64 va, struct xlate *out)
{
    if (first_stage(w, va, out))
        return -1;
    if (w->r->g.levels) {
        struct xlate g;
        if (guest_translate(w, out->gpa, w->access, 0, &g))
            return -1;
        out->pa = g.pa;
        u32 drop = (g.perm & PERM_R ? 0u : PERM_GR) | (g.perm & PERM_X ? 0u : PERM_GX) |
                   (g.perm & PERM_W ? 0u : PERM_W);
        out->perm &= ~drop;
    }
    return 0;
}

struct leaf_kind walk_leaf(const struct stage *st, const struct walk_step *step)
{
    const struct leaf l = {.st = st, .pte = step->pte, .level = step->level};
    enum reason reason;
    return (struct leaf_kind){(u8)leaf_bits(&l, &reason), (u8)get_field(step->pte, PTE_PBMT)};
}
