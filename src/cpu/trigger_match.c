/* When a trigger matches and fires (debug specification, "Sdtrig"): on addresses of accesses and of
 * instructions, on their number, on traps. Those on the data of loads fire immediately after the
 * instruction, as its load may have had an effect; all others before the instruction that they
 * match. The action is a breakpoint exception. */
#include "cpu/trap.h"
#include "cpu/trigger.h"

#include "cpu/csr_impl.h"
#include "cpu/hart.h"

static u64 field(const struct hart *h, u64 value, u64 rv64, u64 rv32)
{
    return get_field(value, is_rv32(h) ? rv32 : rv64);
}

/* ---- the solutions for reentrancy ---- */

/* Would the breakpoint enter a handler that may be running ("Native Triggers")? */
static bool handler_may_run(const struct hart *h)
{
    bool to_s = h->medeleg >> CAUSE_BREAKPOINT & 1, to_vs = h->hedeleg >> CAUSE_BREAKPOINT & 1;
    switch (h->mode) {
    case MODE_M:
        return !(h->mstatus & MSTATUS_MIE);
    case MODE_S:
        return to_s && !(h->mstatus & MSTATUS_SIE);
    case MODE_VS:
        return to_s && to_vs && !(h->vsstatus & MSTATUS_SIE);
    default:
        return false;
    }
}

/* Does no trigger match or fire in this mode now? */
static bool held_back(const struct hart *h)
{
    switch (h->config.trigger_reentrancy) {
    case REENTRANCY_IE:
        return handler_may_run(h);
    case REENTRANCY_TCONTROL:
        return h->mode == MODE_M && !(h->tcontrol & TCONTROL_MTE);
    default:
        return false;
    }
}

u64 trigger_undelegable(const struct hart *h)
{
    return h->config.trigger_reentrancy == REENTRANCY_TCONTROL ? BIT(CAUSE_BREAKPOINT) : 0;
}

void trigger_enter_machine(struct hart *h)
{
    h->tcontrol = h->tcontrol & TCONTROL_MTE ? TCONTROL_MPTE : 0;
}

void trigger_leave_machine(struct hart *h)
{
    h->tcontrol = set_field(h->tcontrol, TCONTROL_MTE, get_field(h->tcontrol, TCONTROL_MPTE));
}

/* ---- textra: in which contexts ---- */

/* scontext, but for the bytes that are masked; as many bits as the value has. */
static bool scontext_matches(const struct hart *h, u64 textra, u64 value)
{
    u64 skip = field(h, textra, TEXTRA_SBYTEMASK, TEXTRA32_SBYTEMASK), care = 0;
    for (unsigned byte = 0; byte < (is_rv32(h) ? 2 : 4); byte++)
        if (!(skip >> byte & 1))
            care |= 0xffull << (8 * byte);
    return ((h->scontext ^ value) & care) == 0;
}

static bool s_matches(const struct hart *h, u64 textra, enum mode mode)
{
    u64 value = field(h, textra, TEXTRA_SVALUE, TEXTRA32_SVALUE);
    u64 atp = mode_table[mode].v ? h->vsatp : h->satp;
    switch (get_field(textra, TEXTRA_SSELECT)) {
    case SSELECT_SCONTEXT:
        return scontext_matches(h, textra, value);
    case SSELECT_ASID:
        return field(h, atp, SATP_ASID, SATP32_ASID) == (value & (is_rv32(h) ? MASK(9) : MASK(16)));
    default:
        return true;
    }
}

static bool mh_matches(const struct hart *h, u64 textra)
{
    u64 value = field(h, textra, TEXTRA_MHVALUE, TEXTRA32_MHVALUE);
    u64 select = field(h, textra, TEXTRA_MHSELECT, TEXTRA32_MHSELECT);
    u64 longer = value << 1 | select >> 2;
    switch (select) {
    case MHSELECT_MCONTEXT:
        return (h->mcontext & (is_rv32(h) ? MASK(6) : MASK(13))) == value;
    case MHSELECT_MCONTEXT_0:
    case MHSELECT_MCONTEXT_1:
        return h->mcontext == longer;
    case MHSELECT_VMID_0:
    case MHSELECT_VMID_1:
        return field(h, h->hgatp, HGATP_VMID, HGATP32_VMID) == longer;
    default:
        return true;
    }
}

/* Is trigger i for this mode and for what scontext, mcontext, ASID and VMID are now? */
static bool in_context(const struct hart *h, unsigned i, enum mode mode)
{
    u64 textra = h->tdata3[i] & h->rules.reg[REG_tdata3].writable;
    return trigger_enabled(h, i, mode) && s_matches(h, textra, mode) && mh_matches(h, textra);
}

/* ---- mcontrol6: addresses and data ---- */

/* Does one of the values from a->va on match? `match` is not a negated one. */
static bool compares(const struct hart *h, unsigned match, u64 want, const struct trigger_access *a)
{
    unsigned half = h->config.xlen / 2, shift = match == MATCH_MASK_HIGH ? half : 0;
    switch (match) {
    case MATCH_EQUAL:
        return want - a->va < a->span;
    case MATCH_NAPOT: { /* the lowest zero bit of tdata2 and those below it say nothing */
        u64 low = want ^ (want + 1), first = want & ~low;
        return a->va - first <= low || first - a->va < a->span;
    }
    case MATCH_ABOVE:
        return a->va + (a->span - 1) >= want;
    case MATCH_BELOW:
        return a->va < want;
    default:
        for (unsigned i = 0; i < a->span; i++)
            if (((a->va + i) >> shift & want >> half & MASK(half)) == (want & MASK(half)))
                return true;
        return false;
    }
}

static bool matches(const struct hart *h, unsigned i, const struct trigger_access *a)
{
    unsigned match = (unsigned)get_field(h->tdata1[i], TDATA1_MATCH);
    bool negated = match & MATCH_NOT_EQUAL;
    struct trigger_access compared = *a;
    u64 want = h->tdata2[i];
    match &= ~(unsigned)MATCH_NOT_EQUAL;
    if (h->tdata1[i] & TDATA1_SELECT) { /* one value, of as many bits as the access has */
        if (!a->known)
            return false;
        compared.va = a->data & MASK(8 * a->size);
        compared.span = 1;
        if (match < MATCH_MASK_LOW)
            want &= MASK(8 * a->size);
    }
    return compares(h, match, want, &compared) != negated;
}

/* The bytes that an access of each `size` has; 48-bit instructions do not exist. */
static bool size_matches(u64 tdata1, unsigned size)
{
    static const u8 bytes[8] = {0, 1, 2, 4, 0, 8, 16, 0};
    unsigned n = bytes[get_field(tdata1, TDATA1_SIZE)];
    return n == 0 || n == size;
}

static bool looks_at(const struct hart *h, unsigned i, const struct trigger_access *a)
{
    return trigger_type(h, i) == TRIGGER_MCONTROL6 && (h->tdata1[i] & a->kinds & TRIGGER_ACCESS);
}

/* The triggers that fire when those in `matched` match: alone, or as the whole of a chain. */
static u8 whole_chains(const struct hart *h, u8 matched)
{
    u8 fired = 0, chain = 0;
    for (unsigned i = 0; i < trigger_count(h); i++) {
        bool goes_on = trigger_type(h, i) == TRIGGER_MCONTROL6 && (h->tdata1[i] & TDATA1_CHAIN);
        chain |= (u8)BIT(i);
        if (goes_on)
            continue;
        if ((matched & chain) == chain)
            fired |= chain;
        chain = 0;
    }
    return fired;
}

/* The triggers that fire on the access, a bit for each; `hit` is what they note. */
static u8 fire(struct hart *h, const struct trigger_access *a, u64 hit)
{
    if (held_back(h))
        return 0;
    u8 matched = a->kinds & TRIGGER_EXECUTE ? 0 : h->d.trigger_matched;
    for (unsigned i = 0; i < trigger_count(h); i++)
        if (looks_at(h, i, a) && size_matches(h->tdata1[i], a->size) && matches(h, i, a) &&
            in_context(h, i, (enum mode)a->mode))
            matched |= (u8)BIT(i);
    if (a->kinds & TRIGGER_EXECUTE)
        h->d.trigger_matched = matched;
    u8 fired = whole_chains(h, matched);
    for (unsigned i = 0; i < trigger_count(h); i++)
        if (fired >> i & 1)
            h->tdata1[i] |= hit;
    return fired;
}

int trigger_fires(struct hart *h, const struct trigger_access *a)
{
    u8 fired = fire(h, a, TDATA1_HIT0);
    return fired ? __builtin_ctz(fired) : -1;
}

void trigger_loaded(struct hart *h, const struct trigger_access *a)
{
    u8 fired = fire(h, a, TDATA1_HIT0 | TDATA1_HIT1);
    if (!fired)
        return;
    h->trap_triggers |= fired;
    trigger_derive(h);
    h->d.exit_block = 1;
}

void trigger_undone(struct hart *h)
{
    h->trap_triggers = 0;
    trigger_derive(h);
}

int raise_trigger(struct hart *h, u64 va, int n)
{
    raise_exception(h, CAUSE_BREAKPOINT, va, REASON_TRIGGER);
    h->trap.refusal.entry = (s16)n;
    return TRAPPED;
}

bool trigger_watches(const struct hart *h, const struct trigger_access *a)
{
    for (unsigned i = 0; i < trigger_count(h); i++) {
        unsigned match = (unsigned)get_field(h->tdata1[i], TDATA1_MATCH);
        bool any = match > MATCH_BELOW || (h->tdata1[i] & TDATA1_SELECT);
        if (looks_at(h, i, a) && (any || matches(h, i, a)) &&
            (a->kinds == TRIGGER_EXECUTE || trigger_enabled(h, i, (enum mode)a->mode)))
            return true;
    }
    return false;
}

bool trigger_asks_insn(const struct hart *h)
{
    struct trigger_access a = {.kinds = TRIGGER_EXECUTE};
    for (unsigned i = 0; i < trigger_count(h); i++)
        if (looks_at(h, i, &a) && (h->tdata1[i] & (TDATA1_SIZE | TDATA1_SELECT)))
            return true;
    return false;
}

/* ---- icount, itrigger, etrigger ---- */

u8 trigger_counting(struct hart *h)
{
    u8 counting = 0;
    h->d.trigger_written = 0;
    if (!(h->d.triggers & TRIGGER_STEP) || held_back(h))
        return 0;
    for (unsigned i = 0; i < trigger_count(h); i++)
        if (trigger_type(h, i) == TRIGGER_ICOUNT && in_context(h, i, h->mode))
            counting |= (u8)BIT(i);
    return counting;
}

void trigger_counted(struct hart *h, u8 counting)
{
    counting &= (u8)~h->d.trigger_written;
    if (!counting)
        return;
    for (unsigned i = 0; counting >> i; i++) {
        u64 *t = &h->tdata1[i], count = get_field(*t, ICOUNT_COUNT);
        if (!(counting >> i & 1) || count == 0)
            continue;
        *t = set_field(*t, ICOUNT_COUNT, count - 1);
        if (count == 1)
            *t |= ICOUNT_PENDING;
    }
    trigger_derive(h);
}

int trigger_pending(struct hart *h)
{
    u8 fired = (u8)h->trap_triggers, counting = trigger_counting(h);
    h->trap_triggers = 0;
    for (unsigned i = 0; counting >> i; i++) {
        if (!(counting >> i & 1) || !(h->tdata1[i] & ICOUNT_PENDING))
            continue;
        h->tdata1[i] = (h->tdata1[i] & ~(u64)ICOUNT_PENDING) | ICOUNT_HIT;
        fired |= (u8)BIT(i);
    }
    trigger_derive(h);
    return fired ? __builtin_ctz(fired) : -1;
}

void trigger_trapped(struct hart *h, enum mode from, u64 cause)
{
    u64 interrupt = cause >> (h->config.xlen - 1), code = cause & MASK(h->config.xlen - 1);
    unsigned type = interrupt ? TRIGGER_ITRIGGER : TRIGGER_ETRIGGER;
    if (held_back(h) || code >= h->config.xlen)
        return;
    for (unsigned i = 0; i < trigger_count(h); i++) {
        if (trigger_type(h, i) != type || !(h->tdata2[i] >> code & 1) || !in_context(h, i, from))
            continue;
        h->tdata1[i] |= is_rv32(h) ? XTRIGGER32_HIT : XTRIGGER_HIT;
        h->trap_triggers |= BIT(i);
    }
    trigger_derive(h);
    h->d.exit_block = 1;
}
