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
    u64 pte;
    u8 *host; /* of the PTE */
    u8 level;
    u8 global;
};

static int fail(struct walk *w, const struct leaf *l, enum fault_kind kind, enum walk_rule rule)
{
    w->fault.kind = (u8)(kind == FAULT_PAGE && l->st->g_stage ? FAULT_GUEST_PAGE : kind);
    w->fault.rule = (u8)rule;
    if (l->st->g_stage) {
        w->fault.gpa = l->va;
        w->fault.implicit = l->implicit;
    }
    return -1;
}

static void record(const struct walk *w, const struct leaf *l, enum walk_rule rule, unsigned leaf)
{
    if (!w->rec)
        return;
    struct walk_step step = {.g_stage = l->st->g_stage,
                             .level = l->level,
                             .rule = (u8)rule,
                             .leaf = (u8)leaf,
                             .table_va = l->va,
                             .pte_addr = l->pte_addr,
                             .pte = l->pte};
    w->rec->step(w->rec->ctx, &step);
}

static int stop(struct walk *w, const struct leaf *l, enum fault_kind kind, enum walk_rule rule)
{
    record(w, l, rule, 0);
    return fail(w, l, kind, rule);
}

static int guest_translate(struct walk *w, u64 gpa, enum access access, unsigned implicit,
                           struct xlate *out);

/* Is va one that this stage can translate? Sv: sign-extended; SvNNx4: no bits above. */
static bool in_range(const struct stage *st, u64 va, unsigned xlen)
{
    unsigned width = 12u + st->levels * st->index_bits + st->extra_bits;
    if (st->g_stage)
        return width >= 64 || va >> width == 0;
    return xlen == 32 || (u64)sext(va, width) == va;
}

static u64 pte_read(const struct leaf *l)
{
    if (l->st->pte_size == 8)
        return __atomic_load_n((u64 *)(void *)l->host, __ATOMIC_RELAXED);
    return __atomic_load_n((u32 *)(void *)l->host, __ATOMIC_RELAXED);
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
    struct mem_region *m = bus_find_memory(w->h->bus, pa, l->st->pte_size);
    unsigned granted = pmp_permissions(w->h, pa, l->st->pte_size, 1, NULL, NULL);
    if (!m || !(granted & perm) || (perm == PMP_W && !m->writable))
        return stop(w, l, FAULT_ACCESS, perm == PMP_W ? RULE_AD_ACCESS : RULE_PTE_ACCESS);
    l->host = m->host + (pa - m->base);
    if (perm == PMP_W && bus_note_write(w->h->bus, m, pa, l->st->pte_size))
        w->h->d.exit_block = 1;
    return 0;
}

/* Bits that must be zero in this PTE. */
static u64 reserved_bits(const struct stage *st, u64 pte)
{
    if (st->pte_size == 4)
        return pte & (PTE_R | PTE_W | PTE_X) ? 0 : PTE_A | PTE_D | PTE_U;
    u64 res = PTE_RES & ~(st->rsw60 ? PTE_RSW60 : 0);
    if (!(pte & (PTE_R | PTE_W | PTE_X)))
        return res | PTE_N | PTE_PBMT | PTE_A | PTE_D | PTE_U;
    if (!st->pbmt)
        res |= PTE_PBMT;
    if (!st->napot)
        res |= PTE_N;
    return res;
}

static bool is_leaf(u64 pte)
{
    return (pte & (PTE_R | PTE_W | PTE_X)) != 0;
}

static u64 pte_target(const struct stage *st, u64 pte)
{
    return st->pte_size == 4 ? (pte & PTE_PPN32) << 2 : (pte & PTE_PPN64) << 2;
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
        if (!(pte & PTE_V))
            return stop(w, l, FAULT_PAGE, RULE_PTE_INVALID);
        bool shadow = (pte & (PTE_R | PTE_W | PTE_X)) == PTE_W;
        if ((pte & reserved_bits(st, pte)) || (pte & PTE_PBMT) == PTE_PBMT ||
            (!(pte & PTE_R) && (pte & PTE_W) && !(shadow && st->shadow)))
            return stop(w, l, FAULT_PAGE, RULE_PTE_RESERVED);
        l->global |= (pte & PTE_G) != 0;
        if (is_leaf(pte))
            return 0;
        record(w, l, RULE_OK, 0);
        if (i == 0)
            return stop(w, l, FAULT_PAGE, RULE_NO_LEAF);
        table = pte_target(st, pte);
    }
}

/* Steps 6 to 8: may this access use this leaf? The rule that forbids it, or RULE_OK; *kind gets the
 * fault it means. */
static enum walk_rule check_leaf(const struct walk *w, const struct leaf *l, enum fault_kind *kind)
{
    const struct stage *st = l->st;
    u64 pte = l->pte;
    *kind = FAULT_PAGE;
    if (st->g_stage) {
        if (!(pte & PTE_U))
            return RULE_USER;
    } else if (w->r->user ? !(pte & PTE_U)
                          : (pte & PTE_U) && (!w->r->sum || l->access == ACCESS_FETCH)) {
        return RULE_USER;
    }
    bool shadow_page = (pte & (PTE_R | PTE_W | PTE_X)) == PTE_W;
    bool shadow_access = (l->flags & MEM_SSTACK) != 0;
    if (shadow_access && st->g_stage)
        return (pte & PTE_R) && (pte & PTE_W) ? RULE_OK : RULE_PERMISSION;
    if (shadow_access != shadow_page &&
        (shadow_access || l->access != ACCESS_LOAD || (l->flags & MEM_CBO))) {
        bool read_only = (pte & (PTE_R | PTE_W | PTE_X)) == PTE_R;
        *kind = shadow_access && read_only ? FAULT_PAGE : FAULT_ACCESS;
        return RULE_SHADOW;
    }
    if (shadow_page) /* readable, by HLV too; HLVX wants X */
        return l->flags & MEM_HLVX ? RULE_PERMISSION : RULE_OK;
    bool ok;
    if (l->access == ACCESS_FETCH || (l->flags & MEM_HLVX))
        ok = pte & PTE_X;
    else if (l->access == ACCESS_STORE)
        ok = pte & PTE_W;
    else
        ok = (pte & PTE_R) || (st->mxr && !l->implicit && (pte & PTE_X));
    return ok ? RULE_OK : RULE_PERMISSION;
}

/* Step 9: A and D. 0, 1 to start again because the PTE has changed, or -1. */
static int update_ad(struct walk *w, struct leaf *l)
{
    u64 want = l->pte | PTE_A | (l->access == ACCESS_STORE ? PTE_D : 0);
    if (want == l->pte || (w->flags & MEM_PROBE))
        return 0;
    if (!l->st->update_ad)
        return stop(w, l, FAULT_PAGE, RULE_AD);
    if (pte_locate(w, l, PMP_W))
        return -1;
    if (UNLIKELY(w->h->debug.dry))
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
    return same ? 0 : 1;
}

/* Size of the leaf in address bits, or 0 if its PPN is not aligned to it (step 5; Svnapot). */
static unsigned leaf_bits(const struct leaf *l, enum walk_rule *rule)
{
    unsigned n = 12u + l->level * l->st->index_bits;
    *rule = RULE_SUPERPAGE;
    if (l->st->pte_size == 8 && (l->pte & PTE_N)) {
        *rule = RULE_NAPOT;
        if (l->level != 0 || bits(l->pte, 13, 10) != 8)
            return 0;
        return 16;
    }
    return pte_target(l->st, l->pte) & MASK(n) ? 0 : n;
}

static u32 leaf_permissions(const struct leaf *l)
{
    u64 pte = l->pte;
    u32 perm = 0;
    if ((pte & (PTE_R | PTE_W | PTE_X)) == PTE_W)
        return PERM_SS | PERM_R | (pte & PTE_U ? PERM_U : 0);
    if (pte & PTE_R)
        perm |= PERM_R;
    if ((pte & PTE_W) && (pte & PTE_D))
        perm |= PERM_W;
    if (pte & PTE_X)
        perm |= PERM_X;
    if (pte & PTE_U)
        perm |= PERM_U;
    return perm;
}

/* One stage, all steps. */
static int stage_walk(struct walk *w, struct leaf *l, struct xlate *out)
{
    int again;
    l->global = 0;
    if (!in_range(l->st, l->va, w->r->xlen))
        return stop(w, l, FAULT_PAGE, l->st->g_stage ? RULE_GPA_RANGE : RULE_VA_RANGE);
    if (LIKELY(walk_counts(w)))
        w->h->event[EVENT_WALK]++;
    do {
        if (find_leaf(w, l)) {
            out->perm = PERM_INVALID | (l->global ? PERM_GLOBAL : 0u);
            out->leaf_bits = (u8)(12u + l->level * l->st->index_bits);
            return -1;
        }
        enum walk_rule rule;
        enum fault_kind kind;
        unsigned n = leaf_bits(l, &rule);
        if (!n)
            return stop(w, l, FAULT_PAGE, rule);
        rule = check_leaf(w, l, &kind);
        if (rule != RULE_OK)
            return stop(w, l, kind, rule);
        again = update_ad(w, l);
        if (again < 0)
            return -1;
        out->leaf_bits = (u8)n;
    } while (again);
    record(w, l, RULE_OK, 1);
    u64 in_leaf = MASK(out->leaf_bits);
    out->pa = (pte_target(l->st, l->pte) & ~in_leaf) | (l->va & in_leaf);
    out->perm = leaf_permissions(l);
    return 0;
}

static bool guest_cached_ok(u32 perm, enum access access, u32 flags, unsigned mxr)
{
    if (flags & MEM_SSTACK)
        return (perm & PERM_R) && (perm & PERM_W);
    if (access == ACCESS_FETCH || (flags & MEM_HLVX))
        return perm & PERM_X;
    if (access == ACCESS_STORE)
        return perm & PERM_W;
    return (perm & PERM_R) || (mxr && (perm & PERM_X));
}

bool walk_keeps_invalid(const struct walk *w, enum fault_kind kind)
{
    return w->h->config.tlb == TLB_STRICT && !has(w->h, EXT_Svvptc) && w->fault.kind == kind &&
           w->fault.rule == RULE_PTE_INVALID && !(w->flags & (MEM_PROBE | MEM_SSTACK));
}

static void cache_guest(struct walk *w, u64 gpa, const struct xlate *x)
{
    struct tlb_event ev = {.kind = TLB_EVENT_FILL_GUEST, .va = gpa, .xlate = x};
    tlb2_insert_guest(w->h, w->r, gpa, x);
    if (UNLIKELY(w->h->trace.tlb != NULL))
        w->h->trace.tlb(w->h->trace.ctx, w->h, &ev);
}

/* The G-stage: gpa to pa. implicit: 0 the access itself, 1 / 2 a read / write of a VS-stage PTE. */
static int guest_translate(struct walk *w, u64 gpa, enum access access, unsigned implicit,
                           struct xlate *out)
{
    u32 flags = implicit ? 0 : w->flags;
    struct leaf l = {
        .st = &w->r->g, .va = gpa, .access = access, .flags = flags, .implicit = (u8)implicit};
    if ((!w->rec || w->rec->live) && tlb2_lookup_guest(w->h->tlb, w->r, gpa, out)) {
        if (guest_cached_ok(out->perm, access, flags, w->r->g.mxr && !implicit))
            return 0;
        if (out->perm & PERM_INVALID) {
            w->fault.cached = 1;
            return fail(w, &l, FAULT_PAGE, RULE_PTE_INVALID);
        }
    }
    int rc = stage_walk(w, &l, out);
    if (rc ? walk_keeps_invalid(w, FAULT_GUEST_PAGE) : !(w->flags & MEM_PROBE))
        cache_guest(w, gpa, out);
    return rc;
}

int walk(struct walk *w, u64 va, struct xlate *out)
{
    const struct regime *r = w->r;
    memset(&w->fault, 0, sizeof w->fault);
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
        w->fault = (struct fault){.kind = FAULT_ACCESS, .rule = RULE_SHADOW};
        return -1;
    }
    if (r->g.levels) {
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
