/* The translation caches. A hart's translations live in one second-level table, tagged with the
 * name of their address space; the first-level tables belong to a context (mode, SUM, MXR, PMLEN
 * and space names). Nothing is flushed when the hart moves between contexts: it only points at
 * others. */
#include "mmu/tlb.h"

#include <string.h>

#include "bus/bus.h"
#include "cpu/block.h"
#include "cpu/fields.h"
#include "mmu/fence.h"

struct tlb *tlb_init(void *pages)
{
    struct tlb *t = pages;
#ifdef HX_DEBUG /* so that tests meet the end of the names */
    t->next_space = UINT32_MAX - 300;
#endif
    return t;
}

/* Only what was filled: a hypervisor that fences at every exit fills a few entries between two. */
static void context_clear(struct tlb_context *c)
{
    if (!c->made)
        memset(c->filled, 0xff, sizeof c->filled);
    c->made = true;
    for (unsigned word = 0; word < ARRAY_LEN(c->filled); word++)
        for (u64 left = c->filled[word]; left; left &= left - 1) {
            unsigned i = word * 64 + (unsigned)__builtin_ctzll(left);
            if (i < TLB1_SIZE)
                c->r[i].tag = c->w[i].tag = c->x[i].tag = TLB_INVALID;
        }
    memset(c->filled, 0, sizeof c->filled);
}

/* 2^32 flushes: no old name may come back, neither in an entry nor as that of a space. */
static COLD void start_names_again(struct tlb *t)
{
    memset(t->l2, 0, sizeof t->l2);
    t->next_space = 0;
    FOR_EACH (struct tlb_context, c, t->ctx)
        if (c->space) { /* a hart may go on using it until its regime changes */
            context_clear(c);
            c->space = c->global = 0;
        }
    FOR_EACH (struct space, s, t->space)
        if (s->name.kind)
            s->id = ++t->next_space;
    t->mode_valid = 0;
}

static u32 new_space_id(struct tlb *t)
{
    if (t->next_space == UINT32_MAX)
        start_names_again(t);
    return ++t->next_space;
}

static void space_rename(struct tlb *t, struct space *s)
{
    s->id = new_space_id(t);
    s->sizes = 0;
    memset(s->bloom, 0, sizeof s->bloom);
}

u32 tlb_space(struct tlb *t, const struct space_name *name)
{
    struct space *oldest = &t->space[0];
    FOR_EACH (struct space, s, t->space) {
        if (s->name.key_s == name->key_s && s->name.key_g == name->key_g &&
            s->name.kind == name->kind) {
            s->name.atp = name->atp;
            s->name.hgatp = name->hgatp;
            s->used = ++t->stamp;
            return s->id;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    *oldest = (struct space){.name = *name, .used = ++t->stamp};
    space_rename(t, oldest);
    return oldest->id;
}

static struct space *space_of(struct tlb *t, u32 id)
{
    FOR_EACH (struct space, s, t->space)
        if (s->id == id)
            return s;
    return NULL;
}

/* ---- second level ---- */

/* Where the set begins. Pages at the same place in different regions should not meet, nor the same
 * page of different spaces. */
static struct tlb2_entry *l2_set(struct tlb *t, u64 vpn, u32 space)
{
    enum { SETS = TLB2_SIZE / TLB2_WAYS };
    u64 mixed = vpn ^ vpn >> 11 ^ vpn >> 22 ^ (u64)space * 0x9e37u;
    return &t->l2[(mixed & (SETS - 1)) * TLB2_WAYS];
}

static struct tlb2_entry *l2_find(struct tlb *t, u64 vpn, u32 space)
{
    struct tlb2_entry *set = l2_set(t, vpn, space);
    for (struct tlb2_entry *e = set; e < set + TLB2_WAYS; e++)
        if (e->vpn == vpn && e->space == space)
            return e;
    return NULL;
}

const struct tlb2_entry *tlb_look(const struct tlb *t, const struct space_name *name, u64 va)
{
    FOR_EACH (const struct space, s, t->space)
        if (s->name.key_s == name->key_s && s->name.key_g == name->key_g &&
            s->name.kind == name->kind && name->kind)
            return l2_find((struct tlb *)(uintptr_t)t, va >> 12, s->id);
    return NULL;
}

static int l2_result(const struct tlb2_entry *e, u64 va, struct xlate *out)
{
    if (!e)
        return 0;
    *out = (struct xlate){.pa = e->pa | (va & 0xfff), .perm = e->perm, .leaf_bits = 12};
    return 1;
}

int tlb2_lookup(struct tlb *t, const struct regime *r, u64 va, struct xlate *out)
{
    struct tlb2_entry *e = l2_find(t, va >> 12, r->space);
    if (!e && r->global)
        e = l2_find(t, va >> 12, r->global);
    return l2_result(e, va, out);
}

int tlb2_lookup_guest(struct tlb *t, const struct regime *r, u64 gpa, struct xlate *out)
{
    return l2_result(l2_find(t, gpa >> 12, r->guest), gpa, out);
}

static unsigned bloom_bit(u64 va, unsigned leaf_bits)
{
    return (unsigned)(((va >> leaf_bits) * 0x9e3779b97f4a7c15ull) >> 56);
}

/* The first level, remembered targets of jumps and running blocks hold nothing that the second
 * level does not: whatever serves an access without looking there, an access that looks there
 * finds. So both engines, which look there at different times, miss at the same accesses. */
static void drop_first_level(struct hart *h, const struct tlb2_entry *e)
{
    struct tlb *t = h->tlb;
    unsigned i = (unsigned)e->vpn & (TLB1_SIZE - 1);
    FOR_EACH (struct tlb_context, c, t->ctx) {
        if (c->space != e->space && c->global != e->space)
            continue;
        c->r[i].tag = c->w[i].tag = TLB_INVALID;
        if (!(e->perm & PERM_FETCHED))
            continue;
        c->x[i].tag = TLB_INVALID;
        c->gen = ++t->next_gen;
        h->d.exit_block = 1;
    }
    h->d.fetch_gen = t->fetch_ctx->gen;
}

static void l2_drop(struct hart *h, struct tlb2_entry *e)
{
    if (e->space)
        drop_first_level(h, e);
    e->space = 0;
}

/* A free way, or that of the oldest entry. The order is that of insertion: which entries have been
 * of use, the engines would not agree on. */
static struct tlb2_entry *l2_victim(struct tlb2_entry *set)
{
    struct tlb2_entry *e = set;
    while (e->space && e < set + TLB2_WAYS - 1)
        e++;
    return e;
}

static void l2_put(struct hart *h, u32 id, u64 va, const struct xlate *x)
{
    struct tlb *t = h->tlb;
    if (x->leaf_bits > 12) {
        struct space *s = space_of(t, id);
        if (s) {
            unsigned b = bloom_bit(va, x->leaf_bits);
            s->sizes |= BIT(x->leaf_bits);
            s->bloom[b >> 6] |= BIT(b & 63);
        }
    }
    struct tlb2_entry new = {
        .vpn = va >> 12, .pa = x->pa & ~0xfffull, .space = id, .perm = x->perm};
    struct tlb2_entry *e = l2_find(t, new.vpn, id);
    if (e && e->pa == new.pa && !(e->perm & ~(new.perm | PERM_FETCHED))) {
        e->perm |= new.perm; /* D was set: what is remembered stays true */
        return;
    }
    struct tlb2_entry *set = l2_set(t, new.vpn, id);
    if (!e)
        e = l2_victim(set);
    l2_drop(h, e);
    memmove(set + 1, set, (size_t)((char *)e - (char *)set));
    *set = new;
}

void tlb2_insert(struct hart *h, const struct regime *r, u64 va, const struct xlate *x)
{
    bool global = x->perm & PERM_GLOBAL;
    struct tlb2_entry *other = l2_find(h->tlb, va >> 12, global ? r->space : r->global);
    if (UNLIKELY(other != NULL)) /* the page has become global, or is no longer */
        l2_drop(h, other);
    l2_put(h, global ? r->global : r->space, va, x);
}

void tlb2_insert_guest(struct hart *h, const struct regime *r, u64 gpa, const struct xlate *x)
{
    l2_put(h, r->guest, gpa, x);
}

void tlb2_mark_fetched(struct tlb *t, const struct regime *r, u64 va)
{
    struct tlb2_entry *e = l2_find(t, va >> 12, r->space);
    if (!e && r->global)
        e = l2_find(t, va >> 12, r->global);
    if (e)
        e->perm |= PERM_FETCHED;
}

bool mmu_allows(const struct regime *r, u32 perm, enum access access, u32 flags)
{
    if (flags & (MEM_SSTACK | MEM_CBO))
        return false; /* let the walk decide */
    if ((perm & PERM_SS) && !r->s.shadow)
        return false; /* reserved since xSSE was cleared */
    if (r->s.levels &&
        (r->user ? !(perm & PERM_U) : (perm & PERM_U) && (!r->sum || access == ACCESS_FETCH)))
        return false;
    if (access == ACCESS_FETCH || (flags & MEM_HLVX))
        return (perm & PERM_X) && (perm & PERM_GX);
    if (access == ACCESS_STORE)
        return perm & PERM_W;
    bool s_ok = (perm & PERM_R) || (r->s.mxr && (perm & PERM_X));
    bool g_ok = (perm & PERM_GR) || (r->g.mxr && (perm & PERM_GX));
    return s_ok && g_ok;
}

/* ---- contexts ---- */

/* What mmu_allows() asks about, and whether there is a G-stage: where both stages are Bare the
 * first level has what the second has not. Whatever else a regime says, the entry is the same. Not
 * 0. */
static u64 context_bits(const struct regime *r)
{
    const u8 parts[] = {r->mode,     r->sum,   r->s.mxr,         r->g.mxr,
                        r->s.shadow, r->pmlen, r->g.levels != 0, true};
    u64 bits;
    _Static_assert(sizeof parts == sizeof bits, "a byte for each");
    memcpy(&bits, parts, sizeof bits);
    return bits;
}

/* The oldest context is of no mode that is valid: these have been looked up since the last change
 * of a regime, each in a context of its own, and there are fewer of them than contexts. */
_Static_assert(TLB_CONTEXTS > MODE_COUNT, "a context for every mode, and one to take");
static struct tlb_context *context_of(struct tlb *t, const struct regime *r)
{
    u64 key = context_bits(r);
    struct tlb_context *oldest = &t->ctx[0];
    FOR_EACH (struct tlb_context, c, t->ctx) {
        if (c->bits == key && c->space == r->space && c->global == r->global) {
            c->used = ++t->stamp;
            return c;
        }
        if (c->used < oldest->used)
            oldest = c;
    }
    context_clear(oldest);
    oldest->bits = key;
    oldest->space = r->space;
    oldest->global = r->global;
    oldest->gen = ++t->next_gen;
    oldest->used = ++t->stamp;
    return oldest;
}

void tlb_resume(struct hart *h)
{
    struct tlb *t = h->tlb;
    FOR_EACH (struct tlb_context, c, t->ctx) {
        context_clear(c);
        c->gen = ++t->next_gen;
    }
    for (unsigned m = 0; m < MODE_COUNT; m++) {
        struct regime *r = &t->mode_regime[m];
        r->bus = h->bus;
        FOR_EACH (struct tlb_context, c, t->ctx)
            if ((t->mode_valid & 1u << m) && c->bits == context_bits(r) && c->space == r->space &&
                c->global == r->global)
                t->mode_ctx[m] = c;
    }
    t->status = regime_status(h);
    pmp_derive(h);
    mmu_mode_changed(h);
}

static struct tlb_context *mode_context(struct hart *h, enum mode mode)
{
    struct tlb *t = h->tlb;
    if (!(t->mode_valid & 1u << mode)) {
        regime_of_mode(h, mode, &t->mode_regime[mode]);
        t->mode_ctx[mode] = context_of(t, &t->mode_regime[mode]);
        t->mode_valid |= 1u << mode;
    }
    return t->mode_ctx[mode];
}

const struct regime *mmu_regime(struct hart *h, enum mode mode)
{
    mode_context(h, mode);
    return &h->tlb->mode_regime[mode];
}

const struct regime *mmu_regime_hv(struct hart *h, struct regime *copy)
{
    enum mode mode = hypervisor_access_mode(h);
    *copy = *mmu_regime(h, mode);
    copy->pmlen = (u8)pointer_mask_length(h, mode, 1);
    return copy;
}

void mmu_mode_changed(struct hart *h)
{
    struct tlb *t = h->tlb;
    enum mode data = data_mode(h);
    t->data_ctx = mode_context(h, data);
    t->data = &t->mode_regime[data];
    t->fetch_ctx = mode_context(h, h->mode);
    t->fetch = &t->mode_regime[h->mode];
    h->d.rtlb = t->data_ctx->r;
    h->d.wtlb = t->data_ctx->w;
    h->d.fetch_gen = t->fetch_ctx->gen;
    h->d.exit_block = 1;
    block_key_changed(h);
}

void mmu_regime_changed(struct hart *h)
{
    h->tlb->mode_valid = 0;
    h->tlb->status = regime_status(h);
    mmu_mode_changed(h);
}

void mmu_status_changed(struct hart *h)
{
    if (h->tlb->status != regime_status(h))
        mmu_regime_changed(h);
    else
        mmu_mode_changed(h); /* MPRV, MPP, MPV */
}

static const struct fence_arg everything; /* not given */

/* s: NULL for all. */
static void tell_drop(struct hart *h, const struct space *s, struct fence_arg va)
{
    struct tlb_event ev = {
        .kind = va.given ? TLB_EVENT_DROP_PAGE : TLB_EVENT_DROP, .space = s, .va = va.value};
    if (UNLIKELY(h->trace.tlb != NULL))
        h->trace.tlb(h->trace.ctx, h, &ev);
}

void mmu_flush_all(struct hart *h)
{
    struct tlb *t = h->tlb;
    tell_drop(h, NULL, everything);
    FOR_EACH (struct space, s, t->space)
        if (s->name.kind)
            space_rename(t, s);
    FOR_EACH (struct tlb_context, c, t->ctx)
        c->bits = 0;
    pmp_derive(h);
    mmu_regime_changed(h);
}

void tlb_protect_page(struct tlb *t, const u8 *host)
{
    FOR_EACH (struct tlb_context, c, t->ctx) {
        if (!c->bits)
            continue;
        for (unsigned i = 0; i < TLB1_SIZE; i++)
            if (c->w[i].tag + c->w[i].addend == (u64)(uintptr_t)host)
                c->w[i].tag = TLB_INVALID;
    }
}

void tlb_forget_pages(struct tlb *t)
{
    FOR_EACH (struct tlb_context, c, t->ctx)
        for (unsigned i = 0; i < TLB1_SIZE; i++)
            c->r[i].tag = c->w[i].tag = TLB_INVALID;
}

/* ---- fences ---- */

static void tell_fence(struct hart *h, enum fence_event_kind kind, struct fence_arg va,
                       struct fence_arg id)
{
    struct fence_event ev = {.kind = (u8)kind,
                             .va = va.value,
                             .va_given = va.given,
                             .id = id.value,
                             .id_given = id.given};
    if (UNLIKELY(h->trace.fence != NULL))
        h->trace.fence(h->trace.ctx, h, &ev);
}

/* Drops va from one space: its second-level entry, or, if a larger leaf may cover va, everything.
 */
static void space_fence_va(struct tlb *t, struct space *s, u64 va)
{
    for (u64 sizes = s->sizes; sizes; sizes &= sizes - 1) {
        unsigned n = (unsigned)__builtin_ctzll(sizes), b = bloom_bit(va, n);
        if (s->bloom[b >> 6] >> (b & 63) & 1) {
            space_rename(t, s);
            return;
        }
    }
    struct tlb2_entry *e = l2_find(t, va >> 12, s->id);
    if (e)
        e->space = 0;
    unsigned i = (unsigned)(va >> 12) & (TLB1_SIZE - 1);
    FOR_EACH (struct tlb_context, c, t->ctx)
        if (c->space == s->id || c->global == s->id) {
            c->r[i].tag = c->w[i].tag = c->x[i].tag = TLB_INVALID;
            c->gen = ++t->next_gen;
        }
}

static void fence_spaces(struct hart *h, enum space_kind kind, enum space_kind global,
                         struct fence_arg va, struct fence_arg asid)
{
    struct tlb *t = h->tlb;
    unsigned vmid = get_field(h->hgatp, is_rv32(h) ? HGATP32_VMID : HGATP_VMID);
    bool any_vmid = kind == SPACE_S;
    FOR_EACH (struct space, s, t->space) {
        const struct space_name *n = &s->name;
        bool mine = n->kind == kind && (!asid.given || n->asid == asid.value);
        if (!(mine || (n->kind == global && !asid.given)) || !(any_vmid || n->vmid == vmid))
            continue;
        tell_drop(h, s, va);
        if (va.given)
            space_fence_va(t, s, va.value);
        else
            space_rename(t, s);
    }
    mmu_regime_changed(h);
}

/* Operand bits above the implemented ASID or VMID width are ignored. */
static struct fence_arg narrow(struct fence_arg a, unsigned width)
{
    a.value &= MASK(width);
    return a;
}

void mmu_fence_s(struct hart *h, struct fence_arg va, struct fence_arg asid)
{
    tell_fence(h, FENCE_EVENT_S, va, asid);
    fence_spaces(h, SPACE_S, SPACE_S_GLOBAL, va, narrow(asid, h->config.asid_bits));
}

void mmu_fence_vs(struct hart *h, struct fence_arg va, struct fence_arg asid)
{
    tell_fence(h, FENCE_EVENT_VS, va, asid);
    fence_spaces(h, SPACE_VS, SPACE_VS_GLOBAL, va, narrow(asid, h->config.asid_bits));
}

void mmu_fence_g(struct hart *h, struct fence_arg gpa, struct fence_arg vmid)
{
    struct tlb *t = h->tlb;
    tell_fence(h, FENCE_EVENT_G, gpa, vmid); /* entries are not found by guest-physical address */
    vmid = narrow(vmid, h->config.vmid_bits);
    FOR_EACH (struct space, s, t->space) {
        if (s->name.kind < SPACE_VS || (vmid.given && s->name.vmid != vmid.value))
            continue;
        tell_drop(h, s, everything);
        space_rename(t, s);
    }
    mmu_regime_changed(h);
}
