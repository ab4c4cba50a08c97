/* The cold half of memory accesses: misses of the first-level TLB, misaligned and page-crossing
 * accesses, devices, and everything that is not a plain load or store. */
#include "mmu/mem.h"

#include <string.h>

#include "bus/bus.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "cpu/platform.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

enum { TRIGGER_DATA = TRIGGER_LOAD | TRIGGER_STORE };
/* Where an access ends up. */
struct target {
    u8 *host; /* NULL: a device */
    u64 pa;
    struct mem_region *mem;
};

/* The address that is translated: execute permission is checked on the whole of it (Zpm chapter).
 */
static u64 masked_address(const struct walk *w, u64 va)
{
    return w->flags & MEM_HLVX || w->access == ACCESS_FETCH ? va : mask_pointer(w->r, va);
}

/* Raises an address-related exception of an explicit access or a fetch. */
static int raise_at(struct walk *w, enum cause cause, u64 va, u64 insn_va)
{
    struct hart *h = w->h;
    raise_exception(h, cause, va, w->fault.refusal.reason);
    h->trap.refusal = w->fault.refusal;
    h->trap.gva = w->r->virt;
    h->trap.offset = (u8)(va - insn_va);
    return TRAPPED;
}

int mmu_raise(struct walk *w, u64 va, u64 insn_va)
{
    struct hart *h = w->h;
    u64 limit = is_rv32(h) ? MASK(32) : ~0ull;
    raise_at(w, mmu_fault_cause(w), va & limit, insn_va & limit);
    if (w->fault.kind == FAULT_GUEST_PAGE) {
        h->trap.gpa = w->fault.gpa;
        if (w->fault.implicit)
            h->trap.tinst = (is_rv32(h) ? 0x2000u : 0x3000u) | (w->fault.implicit == 2 ? 0x20u : 0);
    }
    return TRAPPED;
}

/* May a debugger want to see accesses to this page? */
static bool of_interest(const struct hart *h, u64 va, u64 pa)
{
    u64 va_pages = h->debug.va_pages, pa_pages = h->debug.pa_pages;
    if (LIKELY(!(va_pages | pa_pages)))
        return false;
    return (va_pages >> (va >> 12 & 63) | pa_pages >> (pa >> 12 & 63)) & 1;
}

/* Resolves va (unmasked), within one page. insn_va: start of the whole access, masked. */
static int resolve(struct walk *w, u64 va, unsigned len, u64 insn_va, struct target *t)
{
    struct hart *h = w->h;
    u64 masked = masked_address(w, va);
    struct xlate x;
    bool uniform;
    if (mmu_translate_page(w, masked, len, &x, &uniform))
        return mmu_raise(w, masked, insn_va);
    t->pa = x.pa;
    t->mem = bus_find_memory(h->bus, x.pa, len);
    t->host = NULL;
    if (!t->mem)
        return 0;
    u64 off = x.pa - t->mem->base;
    t->host = t->mem->host + off;
    bool store = w->access == ACCESS_STORE;
    if (store && !t->mem->writable) {
        mmu_refuse(w, x.pa, REASON_PMA_READ_ONLY);
        return mmu_raise(w, masked, insn_va);
    }
    u8 *flags = &t->mem->page_flags[off >> 12];
    if (store && (*flags & PAGE_NOTED) && bus_note_write(h->bus, t->mem, x.pa, len))
        h->d.exit_block = 1;
    if (w->flags || w->access == ACCESS_FETCH || w->r != h->tlb->data || !uniform ||
        (store && *flags))
        return 0;
    if (UNLIKELY(of_interest(h, va, x.pa)) && h->debug.watched &&
        h->debug.watched(h->debug.ctx, h, va, x.pa))
        return 0;
    if (UNLIKELY(h->d.triggers & TRIGGER_DATA) && mmu_page_triggers(w, masked))
        return 0;
    struct tlb_context *c = h->tlb->data_ctx;
    tlb_fill(c, store ? c->w : c->r, va, t->host - (x.pa & 0xfff));
    return 0;
}

static bool crosses_page(u64 va, unsigned size)
{
    return (va & 0xfff) + size > 0x1000;
}

static const struct regime *regime_for(struct hart *h, unsigned flags, struct regime *copy)
{
    return flags & MEM_HV ? mmu_regime_hv(h, copy) : h->tlb->data;
}

static COLD int raise_misaligned(struct walk *w, u64 va)
{
    bool store = w->access == ACCESS_STORE || (w->flags & MEM_AMO);
    u64 masked = masked_address(w, va);
    enum reason reason = w->flags & MEM_LR       ? REASON_LR_ALIGNED
                         : w->flags & MEM_AMO    ? REASON_AMO_ALIGNED
                         : w->flags & MEM_SSTACK ? REASON_SSP_ALIGNED
                         : w->flags & MEM_ATOMIC ? REASON_ORDERED_ALIGNED
                         : store                 ? REASON_STORE_ALIGNED
                                                 : REASON_LOAD_ALIGNED;
    w->fault.refusal = (struct refusal){.reason = (u16)reason};
    if ((w->flags & MEM_ATOMIC) && w->h->config.misaligned_amo == MISALIGNED_FAULT)
        return raise_at(w, store ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS, masked, masked);
    return raise_at(w, store ? CAUSE_STORE_MISALIGNED : CAUSE_LOAD_MISALIGNED, masked, masked);
}

/* Does the misaligned access lie within a misaligned atomicity granule, and is it of a kind to
 * which these apply (machine chapter, "Misaligned Atomicity Granule PMA")? */
static bool within_granule(const struct hart *h, u64 va, unsigned size, unsigned flags)
{
    return has(h, EXT_Zama16b) && (va & 15) + size <= 16 && !(flags & (MEM_LR | MEM_SSTACK));
}

static bool misaligned_traps(const struct hart *h, u64 va, unsigned size, const struct walk *w)
{
    if (within_granule(h, va, size, w->flags))
        return false;
    if (w->flags & (MEM_ALIGNED | MEM_ATOMIC))
        return true;
    return (w->access == ACCESS_STORE ? h->config.misaligned_store : h->config.misaligned_load) ==
           MISALIGNED_TRAP;
}

/* Tells a debugger of an access whose places are known. */
static int tell(const struct walk *w, u64 va, unsigned size, const struct target *t)
{
    struct hart *h = w->h;
    unsigned first = crosses_page(va, size) ? 0x1000 - (unsigned)(va & 0xfff) : size;
    struct hart_access a = {.va = va,
                            .pa = t[0].pa,
                            .pa_next = first < size ? t[1].pa : 0,
                            .size = (u8)size,
                            .first = (u8)first,
                            .kinds = mmu_access_kinds(w),
                            .mode = w->r->mode};
    return h->debug.access ? h->debug.access(h->debug.ctx, h, &a) : 0;
}

/* An access fault at pa, where an access to va arrives: by the attributes of the place, or else by
 * `otherwise`. start: where the whole access begins, masked. */
static COLD int part_fault(struct walk *w, u64 va, u64 start, u64 pa, enum reason otherwise)
{
    enum reason reason = mmu_attributes_forbid(w, pa);
    mmu_refuse(w, pa, reason == REASON_NONE ? otherwise : reason);
    return mmu_raise(w, masked_address(w, va), start);
}

static int access_fault(struct walk *w, u64 va, u64 pa, enum reason otherwise)
{
    u64 start = masked_address(w, va);
    return part_fault(w, va, start, pa, otherwise);
}

/* Does a trigger stop the access before it happens? data: what a store writes, or NULL. */
static int stopped_by_trigger(struct walk *w, u64 va, unsigned size, const u64 *data)
{
    if (LIKELY(!(w->h->d.triggers & TRIGGER_DATA)))
        return 0;
    return mmu_check_trigger(w, masked_address(w, va), size, data);
}

/* Finds the one or two places of an access: memory, or one device. *first gets the bytes in the
 * first. */
static int locate(struct walk *w, u64 va, unsigned size, struct target t[2], unsigned *first)
{
    u64 start = masked_address(w, va);
    if ((va & (size - 1)) && misaligned_traps(w->h, va, size, w))
        return raise_misaligned(w, va);
    *first = crosses_page(va, size) ? 0x1000 - (unsigned)(va & 0xfff) : size;
    if (resolve(w, va, *first, start, &t[0]))
        return TRAPPED;
    if (*first < size) {
        u64 next = va + *first;
        if (w->r->xlen == 32)
            next = (u32)next;
        if (!t[0].host)
            return part_fault(w, va, start, t[0].pa, REASON_PMA_SPLIT);
        if (resolve(w, next, size - *first, start, &t[1]))
            return TRAPPED;
        if (!t[1].host)
            return part_fault(w, next, start, t[1].pa, REASON_PMA_SPLIT);
    }
    if (!t[0].host && (w->flags & MEMORY_ONLY))
        return access_fault(w, va, t[0].pa, REASON_PMA_DEVICE);
    if (LIKELY(!of_interest(w->h, va, t[0].pa)) &&
        (*first == size || !of_interest(w->h, va + *first, t[1].pa)))
        return 0;
    return tell(w, va, size, t);
}

/* Tells the trace of a finished access. */
static COLD void trace_access(const struct walk *w, struct mem_event ev)
{
    struct hart *h = w->h;
    ev.mode = w->r->mode;
    if (ev.device && h->trace.mmio)
        h->trace.mmio(h->trace.ctx, h, &ev);
    if (h->trace.mem)
        h->trace.mem(h->trace.ctx, h, &ev);
}

static void trace_memory(const struct walk *w, u64 va, unsigned size, struct mem_event ev)
{
    if (LIKELY(!w->h->trace.mem))
        return;
    ev.va = va;
    ev.size = (u8)size;
    trace_access(w, ev);
}

/* An access to a device at pa. */
static int device_access(struct walk *w, u64 va, u64 pa, unsigned size, u64 *value)
{
    struct hart *h = w->h;
    bool store = w->access == ACCESS_STORE;
    bool split = (va & (size - 1)) || size > 8, bad = split;
    h->d.exit_block = 1;
    if (!bad)
        bad = store ? bus_write(h->bus, pa, size, *value) : bus_read(h->bus, pa, size, value);
    if (UNLIKELY(h->trace.mmio || h->trace.mem))
        trace_access(w, (struct mem_event){.kind = store ? MEM_EVENT_STORE : MEM_EVENT_LOAD,
                                           .va = va,
                                           .pa = pa,
                                           .size = (u8)size,
                                           .value = bad && !store ? 0 : *value,
                                           .device = 1,
                                           .failed = bad});
    return bad ? access_fault(w, va, pa, split ? REASON_PMA_SPLIT : REASON_PMA_WIDTH) : 0;
}

/* The common sizes without a call. */
static inline void read_value(u64 *value, const u8 *from, unsigned size)
{
    *value = 0;
    if (size == 8)
        memcpy(value, from, 8);
    else if (size == 4)
        memcpy(value, from, 4);
    else
        memcpy(value, from, size);
}

static int load(struct walk *w, u64 va, unsigned size, u64 *value)
{
    struct target t[2];
    unsigned first;
    if (stopped_by_trigger(w, va, size, NULL) || locate(w, va, size, t, &first))
        return TRAPPED;
    if (!t[0].host)
        return device_access(w, va, t[0].pa, size, value);
    if (LIKELY(first == size)) {
        read_value(value, t[0].host, size);
    } else {
        u8 bytes[16] = {0};
        memcpy(bytes, t[0].host, first);
        memcpy(bytes + first, t[1].host, size - first);
        memcpy(value, bytes, size > 8 ? 16 : 8);
    }
    trace_memory(w, va, size, (struct mem_event){.pa = t[0].pa, .value = *value});
    return 0;
}

int mem_load(struct hart *h, u64 va, unsigned size, unsigned flags, u64 *value)
{
    struct regime copy;
    struct walk w = {
        .h = h, .r = regime_for(h, flags, &copy), .access = ACCESS_LOAD, .flags = flags};
    if (load(&w, va, size, value))
        return TRAPPED;
    if (UNLIKELY(h->d.triggers & TRIGGER_LOAD))
        mmu_check_loaded(&w, va, size, value);
    return 0;
}

/* After a store: somebody may want to know. */
static void stored(struct hart *h, const struct target *t, unsigned size)
{
    if (UNLIKELY(t->mem->page_flags[(t->pa - t->mem->base) >> 12] & PAGE_HEARD)) {
        h->platform->stored(h->platform->ctx, t->pa, size);
        h->d.exit_block = 1;
    }
}

void mem_stored(struct hart *h, u64 pa, unsigned size)
{
    stored(h, &(struct target){.pa = pa, .mem = bus_find_memory(h->bus, pa, size)}, size);
}

int mem_store(struct hart *h, u64 va, unsigned size, unsigned flags, u64 value)
{
    struct regime copy;
    struct walk w = {
        .h = h, .r = regime_for(h, flags, &copy), .access = ACCESS_STORE, .flags = flags};
    struct target t[2];
    unsigned first;
    if (stopped_by_trigger(&w, va, size, &value) || locate(&w, va, size, t, &first))
        return TRAPPED;
    if (t[0].host)
        trace_memory(&w, va, size,
                     (struct mem_event){.kind = MEM_EVENT_STORE, .pa = t[0].pa, .value = value});
    if (first < size) {
        memcpy(t[0].host, &value, first);
        memcpy(t[1].host, (u8 *)&value + first, size - first);
        stored(h, &t[0], first);
        stored(h, &t[1], size - first);
        return 0;
    }
    if (t[0].host) {
        memcpy(t[0].host, &value, size);
        stored(h, &t[0], size);
        return 0;
    }
    return device_access(&w, va, t[0].pa, size, &value);
}

static void *atomic_place(struct hart *h, u64 va, unsigned size, struct walk *w, u64 *pa)
{
    struct target t[2];
    unsigned first;
    if (stopped_by_trigger(w, va, size, NULL) || locate(w, va, size, t, &first))
        return NULL;
    if (t[0].mem->page_flags[(t[0].pa - t[0].mem->base) >> 12])
        h->d.exit_block = 1;
    struct mem_event ev = {.kind = w->flags & MEM_LR ? MEM_EVENT_LR : MEM_EVENT_AMO, .pa = t[0].pa};
    memcpy(&ev.value, t[0].host, size < 8 ? size : 8);
    trace_memory(w, va, size, ev);
    if (UNLIKELY(h->d.triggers & TRIGGER_LOAD))
        mmu_check_loaded(w, va, size, &ev.value);
    *pa = t[0].pa;
    return t[0].host;
}

void *mem_amo(struct hart *h, u64 va, unsigned size, unsigned flags, u64 *pa)
{
    struct walk w = {.h = h, .r = h->tlb->data, .access = ACCESS_STORE, .flags = flags | MEM_AMO};
    return atomic_place(h, va, size, &w, pa);
}

void *mem_lr(struct hart *h, u64 va, unsigned size, unsigned flags, u64 *pa)
{
    struct walk w = {.h = h, .r = h->tlb->data, .access = ACCESS_LOAD, .flags = flags | MEM_LR};
    return atomic_place(h, va, size, &w, pa);
}

int mem_cbo(struct hart *h, u64 va, enum access access, void **host, u64 *pa)
{
    struct walk w = {.h = h, .r = h->tlb->data, .access = access, .flags = MEM_CBO | MEM_AMO};
    struct target t;
    u64 start = masked_address(&w, va);
    if (stopped_by_trigger(&w, va, CACHE_BLOCK, NULL) || resolve(&w, va, 1, start, &t))
        return TRAPPED;
    if (!t.host) /* no cacheable block there */
        return access_fault(&w, va, t.pa, REASON_PMA_DEVICE);
    *host = t.host - (t.pa & (CACHE_BLOCK - 1));
    *pa = t.pa & ~(CACHE_BLOCK - 1);
    if (UNLIKELY(of_interest(h, va, t.pa))) {
        t.pa = *pa;
        return tell(&w, va & ~(CACHE_BLOCK - 1), CACHE_BLOCK, &t);
    }
    return 0;
}

/* Finds the `size` bytes at va, each by itself; TRAPPED if one of them cannot be had. */
static int find_bytes(struct walk *w, u64 va, unsigned size, struct target place[])
{
    for (unsigned i = 0; i < size; i++) {
        struct target *t = &place[i];
        u64 masked = masked_address(w, va + i);
        if (resolve(w, masked, 1, masked, t))
            return TRAPPED;
        if (!t->host)
            return access_fault(w, masked, t->pa, REASON_PMA_DEVICE);
    }
    return 0;
}

int mem_access_as(struct hart *h, enum mode mode, u64 va, unsigned size, enum access access,
                  u64 *value, struct trap *fault)
{
    struct trap saved = h->trap;
    struct walk w = {.h = h, .r = mmu_regime(h, mode), .access = access};
    struct target place[8];
    if (find_bytes(&w, va, size, place)) {
        *fault = h->trap;
        h->trap = saved;
        return -1;
    }
    if (access != ACCESS_STORE)
        *value = 0;
    for (unsigned i = 0; i < size; i++) {
        if (access != ACCESS_STORE) {
            *value |= (u64)*place[i].host << (8 * i);
            continue;
        }
        *place[i].host = (u8)(*value >> (8 * i));
        stored(h, &place[i], 1);
    }
    return 0;
}
