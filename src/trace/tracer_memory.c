/* What the lines of a trace say: memory, devices, walks, fences, the translation cache. */
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "cpu/fields.h"
#include "mmu/tlb.h"
#include "trace/tracer_impl.h"
#include "trace/words.h"

/* Starts a line about what the present instruction does. */
static struct line *begin(struct traced_hart *th, struct hart *h, enum trace_class c,
                          struct line_place *at)
{
    *at = line_place_of(h);
    return tracer_begin(th, c, at, 1u << at->mode);
}

static void put_access(struct line *l, const struct line_place *at, const struct mem_event *ev)
{
    static const char *const kinds[] = {[MEM_EVENT_LOAD] = "load",
                                        [MEM_EVENT_STORE] = "store",
                                        [MEM_EVENT_AMO] = "amo",
                                        [MEM_EVENT_LR] = "lr"};
    char what[16];
    struct line_place as = *at;
    as.mode = ev->mode;
    if (l->format == LINE_JSON) {
        line_word(l, "access", kinds[ev->kind]);
        line_number(l, "size", ev->size);
    } else {
        snprintf(what, sizeof what, "%s%u", kinds[ev->kind], ev->size);
        line_column(l, NULL, what, 6);
    }
    if (ev->mode != at->mode)
        line_word(l, "as", place_mode(&as));
    line_address(l, "va", &as, ev->va);
    if (ev->pa != ev->va)
        line_hex(l, "pa", ev->pa);
}

void tracer_mem(void *ctx, struct hart *h, const struct mem_event *ev)
{
    struct line_place at;
    struct line *l = begin(ctx, h, TRACE_MEM, &at);
    if (!l)
        return;
    put_access(l, &at, ev);
    if (ev->failed)
        line_word(l, "outcome", "access fault");
    else
        line_hex(l, "value", ev->size < 8 ? ev->value & MASK(8u * ev->size) : ev->value);
    tracer_end(ctx);
}

void tracer_mmio(void *ctx, struct hart *h, const struct mem_event *ev)
{
    struct line_place at;
    struct line *l = begin(ctx, h, TRACE_MMIO, &at);
    if (!l)
        return;
    const struct bus_window *w = bus_find_device(h->bus, ev->pa, 1);
    put_access(l, &at, ev);
    line_word(l, "device", w ? w->dev->cls->name : "nothing");
    if (w)
        line_hex(l, "offset", ev->pa - w->base);
    if (ev->failed)
        line_word(l, "outcome", "access fault");
    else
        line_hex(l, "value", ev->size < 8 ? ev->value & MASK(8u * ev->size) : ev->value);
    tracer_end(ctx);
}

/* ---- walks ---- */

/* From bit 7 down, as the monitor shows them. */
static void pte_flags(u64 pte, char buf[12])
{
    static const char letters[] = "VRWXUGAD";
    for (unsigned i = 0; i < 8; i++)
        buf[7 - i] = pte >> i & 1 ? letters[i] : '-';
    buf[8] = 0;
}

static void put_step(struct line *l, const struct walk_step *s, bool virt)
{
    char flags[12], level[16];
    const char *stage = s->g_stage ? "G" : virt ? "VS" : "S";
    if (l->format == LINE_JSON) {
        line_word(l, "stage", stage);
        line_number(l, "level", s->level);
    } else {
        snprintf(level, sizeof level, "%s L%u", stage, s->level);
        line_column(l, NULL, level, 6);
    }
    line_hex(l, s->g_stage ? "gpa" : "va", s->table_va);
    line_hex(l, "at", s->pte_addr);
    line_hex(l, "pte", s->pte);
    pte_flags(s->pte, flags);
    line_word(l, "flags", flags);
    if (s->leaf)
        line_word(l, "kind", "leaf");
    if (s->reason != REASON_NONE)
        line_word(l, "stopped", reason_row(s->reason)->words);
}

/* What a leaf maps: 4K, 64K (NAPOT), 2M (4M in Sv32), 1G, ... */
static const char *page_size(unsigned leaf_bits)
{
    static const char *const sizes[] = {[12] = "4K", [16] = "64K",  [21] = "2M",  [22] = "4M",
                                        [30] = "1G", [39] = "512G", [48] = "256T"};
    return leaf_bits < ARRAY_LEN(sizes) && sizes[leaf_bits] ? sizes[leaf_bits] : "?";
}

static void put_result(struct line *l, const struct walk_event *ev)
{
    static const char *const accesses[] = {"load", "store", "fetch"};
    static const char *const faults[] = {"", "access fault", "page fault", "guest-page fault"};
    const struct walk *w = ev->walk;
    line_column(l, "access", accesses[w->access], 6);
    line_word(l, "as", mode_name(w->h, w->r->mode));
    line_hex(l, "va", ev->va);
    if (!ev->xlate) {
        line_word(l, "fault", faults[w->fault.kind]);
        if (w->fault.kind == FAULT_GUEST_PAGE)
            line_hex(l, "gpa", w->fault.gpa);
        line_word(l, "rule", reason_row(w->fault.refusal.reason)->words);
        return;
    }
    if (w->r->g.levels)
        line_hex(l, "gpa", ev->xlate->gpa);
    line_hex(l, "pa", ev->xlate->pa);
    line_word(l, "page", page_size(ev->xlate->leaf_bits));
}

void tracer_walk(void *ctx, struct hart *h, const struct walk_event *ev)
{
    struct traced_hart *th = ctx;
    struct line_place at;
    bool virt = ev->walk->r->virt;
    for (u32 i = 0; i < ev->num_steps; i++) {
        struct line *l = begin(th, h, TRACE_WALK, &at);
        if (!l)
            continue;
        put_step(l, &ev->step[i], virt);
        tracer_end(th);
    }
    struct line *l = begin(th, h, TRACE_WALK, &at);
    if (!l)
        return;
    put_result(l, ev);
    tracer_end(th);
}

/* ---- the translation cache ---- */

static void perm_words(u32 perm, char buf[8])
{
    static const char letters[] = "rwxu";
    unsigned n = 0;
    for (unsigned i = 0; i < 4; i++)
        buf[n++] = perm >> i & 1 ? letters[i] : '-';
    buf[n] = 0;
    if (perm & PERM_INVALID)
        memcpy(buf, "V=0", 4);
}

static void put_drop(struct line *l, const struct tlb_event *ev)
{
    static const char *const kinds[] = {"", "S", "S global", "VS", "VS global", "G"};
    const struct space_name *s = ev->space ? &ev->space->name : NULL;
    line_column(l, "what", "drop", 6);
    if (!s) {
        line_word(l, "space", "everything");
        return;
    }
    line_word(l, "space", kinds[s->kind]);
    if (s->kind == SPACE_S || s->kind == SPACE_VS)
        line_number(l, "asid", s->asid);
    if (s->kind >= SPACE_VS)
        line_number(l, "vmid", s->vmid);
    if (ev->kind == TLB_EVENT_DROP_PAGE)
        line_hex(l, "va", ev->va);
}

void tracer_tlb(void *ctx, struct hart *h, const struct tlb_event *ev)
{
    struct line_place at;
    char perm[8];
    struct line *l = begin(ctx, h, TRACE_TLB, &at);
    if (!l)
        return;
    if (ev->kind == TLB_EVENT_DROP || ev->kind == TLB_EVENT_DROP_PAGE) {
        put_drop(l, ev);
    } else {
        bool guest = ev->kind == TLB_EVENT_FILL_GUEST;
        line_column(l, "what", guest ? "fill G" : "fill", 6);
        line_hex(l, guest ? "gpa" : "va", ev->va & ~0xfffull);
        line_hex(l, "pa", ev->xlate->pa & ~0xfffull);
        perm_words(ev->xlate->perm, perm);
        line_word(l, "perm", perm);
        line_word(l, "page", page_size(ev->xlate->leaf_bits));
    }
    tracer_end(ctx);
}

void tracer_fence(void *ctx, struct hart *h, const struct fence_event *ev)
{
    static const char *const names[] = {[FENCE_EVENT_S] = "sfence.vma",
                                        [FENCE_EVENT_VS] = "hfence.vvma",
                                        [FENCE_EVENT_G] = "hfence.gvma",
                                        [FENCE_EVENT_I] = "fence.i"};
    struct line_place at;
    struct line *l = begin(ctx, h, TRACE_FENCE, &at);
    if (!l)
        return;
    bool own = ev->kind == FENCE_EVENT_VS && mode_table[h->mode].v;
    line_column(l, "fence", own ? "sfence.vma" : names[ev->kind], 11);
    if (own)
        line_word(l, "stage", "VS");
    if (ev->va_given)
        line_hex(l, ev->kind == FENCE_EVENT_G ? "gpa" : "va", ev->va);
    if (ev->id_given)
        line_number(l, ev->kind == FENCE_EVENT_G ? "vmid" : "asid", ev->id);
    if (ev->kind != FENCE_EVENT_I && !ev->va_given && !ev->id_given)
        line_word(l, "scope", "all");
    tracer_end(ctx);
}
