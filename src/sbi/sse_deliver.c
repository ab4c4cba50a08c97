/* Supervisor software events: choosing the event, entering its handler and resuming what it
 * interrupted (SSE chapter, "Software Event Injection" and "Software Event Completion"). */
#include "sbi/sse_internal.h"

#include <inttypes.h>

enum {
    FLAG_SPP = 1 << 0,
    FLAG_SPIE = 1 << 1,
    FLAG_SPV = 1 << 2,
    FLAG_SPVP = 1 << 3,
    FLAG_SPELP = 1 << 4,
    FLAG_SDT = 1 << 5,
};
enum { CONFIG_ONE_SHOT = 1 };

/* An event with its ID. */
struct found {
    u32 id;
    struct sse_event *e; /* NULL: none */
};

/* Lower priority number first, then lower event ID. */
static bool more_urgent(struct found a, struct found b)
{
    if (!b.e)
        return true;
    return a.e->priority != b.e->priority ? a.e->priority < b.e->priority : a.id < b.id;
}

static bool takes_events(const struct sbi_hart *s)
{
    return s->sse_unmasked && (s->hsm == HSM_STARTED || s->hsm == HSM_SUSPENDED);
}

/* Global events go to their preferred hart; if the options say so, to any other while that one is
 * not ready. */
static bool may_handle(struct sbi *sbi, const struct hart *h, const struct sse_event *e)
{
    return e->preferred_hart == h->id || (sbi->opt.sse_global == SSE_GLOBAL_MOVE &&
                                          !takes_events(&sbi->state.hart[e->preferred_hart]));
}

/* The most urgent event of this hart that is running (pending = 0) or ready to (pending = 1). */
static struct found most_urgent(struct sbi *sbi, struct hart *h, unsigned pending)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];
    struct found best = {0, NULL};

    for (unsigned i = 0; i < SSE_LOCAL_EVENTS + SSE_GLOBAL_EVENTS; i++) {
        bool global = i >= SSE_LOCAL_EVENTS;
        struct found f = {global ? sse_global_ids[i - SSE_LOCAL_EVENTS] : sse_local_ids[i],
                          global ? &sbi->state.global[i - SSE_LOCAL_EVENTS] : &s->sse[i]};
        bool match = pending ? f.e->state == SSE_ENABLED && f.e->pending
                             : f.e->state == SSE_RUNNING && f.e->hart == h->id;
        if (pending && global && match)
            match = may_handle(sbi, h, f.e);
        if (match && more_urgent(f, best))
            best = f;
    }
    return best;
}

/* The event to deliver to this hart now. */
static struct found ready(struct sbi *sbi, struct hart *h)
{
    struct found none = {0, NULL};
    struct found next = most_urgent(sbi, h, 1), running;

    if (!takes_events(&sbi->state.hart[h->id]) || !next.e)
        return none;
    running = most_urgent(sbi, h, 0);
    return more_urgent(next, running) ? next : none;
}

bool sbi_sse_ready(struct sbi *sbi, struct hart *h)
{
    return ready(sbi, h).e != NULL;
}

void sse_notify_global(struct sbi *sbi, struct sse_event *e)
{
    u32 target = (u32)e->preferred_hart;
    bool moves = sbi->opt.sse_global == SSE_GLOBAL_MOVE;

    for (u32 i = 0; moves && i < sbi->m->num_harts && !takes_events(&sbi->state.hart[target]); i++)
        target = i;
    if (takes_events(&sbi->state.hart[target])) /* else: when it unmasks */
        sbi_wake(sbi, target);
}

static u64 interrupted_flags(struct hart *h, u64 sstatus, u64 hstatus)
{
    u64 flags = (sstatus & MSTATUS_SPP ? FLAG_SPP : 0) | (sstatus & MSTATUS_SPIE ? FLAG_SPIE : 0);

    if (has(h, EXT_H))
        flags |= (hstatus & HSTATUS_SPV ? FLAG_SPV : 0) | (hstatus & HSTATUS_SPVP ? FLAG_SPVP : 0);
    if (has(h, EXT_Zicfilp) && sstatus & MSTATUS_SPELP)
        flags |= FLAG_SPELP;
    if (has(h, EXT_Ssdbltrp) && sstatus & MSTATUS_SDT)
        flags |= FLAG_SDT;
    return flags;
}

/* sstatus in the handler. */
static u64 handler_sstatus(struct hart *h, u64 sstatus, u64 mstatus)
{
    sstatus = set_field(sstatus, MSTATUS_SPP, get_field(mstatus, MSTATUS_MPP) != 0);
    sstatus = set_field(sstatus, MSTATUS_SPIE, get_field(sstatus, MSTATUS_SIE));
    sstatus &= ~MSTATUS_SIE;
    if (has(h, EXT_Zicfilp))
        sstatus = set_field(sstatus, MSTATUS_SPELP, get_field(mstatus, MSTATUS_MPELP));
    if (has(h, EXT_Ssdbltrp))
        sstatus |= MSTATUS_SDT;
    return sstatus;
}

static void enter_handler(struct sbi *sbi, struct hart *h, struct found f)
{
    u64 mstatus = mstatus_get(h), sstatus = csr_get(h, CSR_sstatus);
    u64 hstatus = csr_get(h, CSR_hstatus), spv = get_field(mstatus, MSTATUS_MPV);
    struct sse_event *e = f.e;

    sbi_trace_trap(sbi, h, &(struct sbi_route){previous_mode(mstatus), MODE_M},
                   "event 0x%" PRIx32 " interrupts 0x%" PRIx64 ", handler 0x%" PRIx64, f.id,
                   csr_get(h, CSR_mepc), e->entry_pc);
    e->pending = 0;
    e->hart = h->id;
    sse_set_state(h, f.id, e, SSE_RUNNING);
    e->flags = interrupted_flags(h, sstatus, hstatus);
    e->sepc = csr_get(h, CSR_sepc);
    e->a6 = h->x[16] & MASK(h->config.xlen);
    e->a7 = h->x[17] & MASK(h->config.xlen);
    csr_put(h, CSR_sstatus, handler_sstatus(h, sstatus, mstatus));
    hstatus = set_field(hstatus, HSTATUS_SPV, spv);
    if (spv)
        hstatus = set_field(hstatus, HSTATUS_SPVP, get_field(mstatus, MSTATUS_MPP) != 0);
    csr_put(h, CSR_hstatus, hstatus);
    csr_put(h, CSR_sepc, csr_get(h, CSR_mepc));
    h->x[16] = h->id;
    h->x[17] = is_rv32(h) ? (u64)(s64)(s32)e->entry_arg : e->entry_arg;
    csr_put(h, CSR_mepc, e->entry_pc);
    mstatus = set_field(mstatus_get(h), MSTATUS_MPP, 1);
    mstatus_put(h, mstatus & ~(MSTATUS_MPV | MSTATUS_MPELP));
}

void sbi_sse_deliver(struct sbi *sbi, struct hart *h)
{
    if (!sbi->state.hart[h->id].sse_unmasked || get_field(mstatus_get(h), MSTATUS_MPP) == 3)
        return;
    struct found f = ready(sbi, h);
    if (f.e)
        enter_handler(sbi, h, f);
}

/* sstatus of the interrupted code; its own SIE is in SPIE, its own mode in SPP. */
static u64 resumed_sstatus(struct hart *h, u64 sstatus, u64 flags)
{
    if (has(h, EXT_Ssdbltrp))
        sstatus = set_field(sstatus, MSTATUS_SDT, (flags & FLAG_SDT) != 0);
    if (has(h, EXT_Zicfilp))
        sstatus = set_field(sstatus, MSTATUS_SPELP, (flags & FLAG_SPELP) != 0);
    sstatus = set_field(sstatus, MSTATUS_SIE, get_field(sstatus, MSTATUS_SPIE));
    sstatus = set_field(sstatus, MSTATUS_SPIE, (flags & FLAG_SPIE) != 0);
    return set_field(sstatus, MSTATUS_SPP, (flags & FLAG_SPP) != 0);
}

static void leave_handler(struct hart *h, const struct sse_event *e)
{
    u64 sstatus = csr_get(h, CSR_sstatus), hstatus = csr_get(h, CSR_hstatus), mstatus;

    csr_put(h, CSR_mepc, csr_get(h, CSR_sepc));
    csr_put(h, CSR_sstatus, resumed_sstatus(h, sstatus, e->flags));
    mstatus = mstatus_get(h);
    mstatus = set_field(mstatus, MSTATUS_MPP, get_field(sstatus, MSTATUS_SPP));
    if (has(h, EXT_H))
        mstatus = set_field(mstatus, MSTATUS_MPV, get_field(hstatus, HSTATUS_SPV));
    if (has(h, EXT_Zicfilp))
        mstatus = set_field(mstatus, MSTATUS_MPELP, get_field(sstatus, MSTATUS_SPELP));
    mstatus_put(h, mstatus);
    hstatus = set_field(hstatus, HSTATUS_SPV, (e->flags & FLAG_SPV) != 0);
    csr_put(h, CSR_hstatus, set_field(hstatus, HSTATUS_SPVP, (e->flags & FLAG_SPVP) != 0));
    h->x[17] = is_rv32(h) ? (u64)(s64)(s32)e->a7 : e->a7;
    h->x[16] = is_rv32(h) ? (u64)(s64)(s32)e->a6 : e->a6;
    csr_put(h, CSR_sepc, e->sepc);
}

struct sbi_ret sse_complete(struct sbi_call *c)
{
    struct found f = most_urgent(c->sbi, c->h, 0);

    if (!f.e)
        return ret_value(0);
    leave_handler(c->h, f.e);
    sse_set_state(c->h, f.id, f.e, f.e->config & CONFIG_ONE_SHOT ? SSE_REGISTERED : SSE_ENABLED);
    if (sse_is_global(f.id) && f.e->state == SSE_ENABLED && f.e->pending)
        sse_notify_global(c->sbi, f.e);
    c->flow = FLOW_NO_RETURN;
    return ret_value(0);
}

int sbi_sse_signal(struct sbi *sbi, struct hart *h, u32 event_id)
{
    struct sse_event *e;

    if (sse_find(sbi, h, event_id, &e) || e->state < SSE_ENABLED)
        return -1;
    e->pending = 1;
    return 0;
}

void sbi_sse_overflow(struct sbi *sbi, struct hart *h)
{
    csr_clear_bits(h, CSR_mie, BIT(IRQ_LCOFI)); /* until the handler is done */
    csr_clear_bits(h, CSR_mip, BIT(IRQ_LCOFI));
    (void)sbi_sse_signal(sbi, h, SSE_LOCAL_PMU_OVERFLOW);
}

void sbi_sse_reset(struct sbi *sbi)
{
    for (unsigned i = 0; i < SSE_GLOBAL_EVENTS; i++)
        sbi->state.global[i] = (struct sse_event){.preferred_hart = sbi->boot_hart};
}

void sbi_sse_reset_hart(struct sbi *sbi, struct hart *h)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];

    s->sse_unmasked = 0;
    for (unsigned i = 0; i < SSE_LOCAL_EVENTS; i++)
        s->sse[i] = (struct sse_event){.preferred_hart = h->id};
    /* A handler that stopped its hart does not complete any more. */
    for (unsigned i = 0; i < SSE_GLOBAL_EVENTS; i++) {
        struct sse_event *e = &sbi->state.global[i];
        if (e->state == SSE_RUNNING && e->hart == h->id)
            e->state = SSE_ENABLED;
    }
}
