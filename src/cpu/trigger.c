/* Address triggers (debug specification, Sdtrig): mcontrol6 with select=0 (addresses), action=0 (a
 * breakpoint exception) and timing before, no chains. A trigger that would fire in the mode whose
 * trap handler it enters is held back while that mode's interrupts are off (section "Native
 * Triggers", the first of the two ways), so that a handler cannot trap on itself. */
#include "cpu/trigger.h"

#include "cpu/block.h"
#include "cpu/csr_impl.h"
#include "cpu/hart.h"
#include "mmu/tlb.h"

#define T_KINDS (TDATA1_LOAD | TDATA1_STORE | TDATA1_EXECUTE)
#define T_MODES (TDATA1_VS | TDATA1_VU | TDATA1_M | TDATA1_S | TDATA1_U)

static const u64 mode_bit[MODE_COUNT] = {[MODE_M] = TDATA1_M,
                                         [MODE_S] = TDATA1_S,
                                         [MODE_U] = TDATA1_U,
                                         [MODE_VS] = TDATA1_VS,
                                         [MODE_VU] = TDATA1_VU};

static unsigned count(const struct hart *h)
{
    return has(h, EXT_Sdtrig) ? h->config.triggers : 0;
}

static u64 type_field(const struct hart *h)
{
    return is_rv32(h) ? TDATA132_TYPE : TDATA1_TYPE;
}

/* Bits for modes that exist. */
static u64 mode_bits(const struct hart *h)
{
    return h->rules.reg[REG_tdata1].writable & T_MODES;
}

/* ---- the registers ---- */

u64 w_tselect(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    return value < count(h) ? value : old;
}

u64 r_tdata1(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    if (!count(h))
        return 0;
    u64 v = h->tdata1[h->tselect];
    if (get_field(v, type_field(h)) != TRIGGER_MCONTROL6)
        return set_field(0, type_field(h), TRIGGER_DISABLED);
    return v & ~(T_MODES & ~mode_bits(h));
}

void s_tdata1(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    if (!count(h))
        return;
    u64 v = set_field(0, type_field(h), TRIGGER_DISABLED);
    if (get_field(value, type_field(h)) == TRIGGER_MCONTROL6) {
        unsigned size = get_field(value, TDATA1_SIZE), match = get_field(value, TDATA1_MATCH);
        v = set_field(value & h->rules.reg[REG_tdata1].writable, type_field(h), TRIGGER_MCONTROL6);
        /* Execute triggers look before the instruction and its length are known. */
        v = set_field(v, TDATA1_SIZE,
                      (value & TRIGGER_EXECUTE) || size == 4 || size > 5 ? 0 : size);
        v = set_field(v, TDATA1_MATCH, match > MATCH_BELOW ? 0 : match);
    }
    h->tdata1[h->tselect] = v;
}

u64 r_tdata2(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return count(h) ? h->tdata2[h->tselect] : 0;
}

void s_tdata2(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    if (count(h))
        h->tdata2[h->tselect] = value;
}

/* Version 1.0; the types that a trigger can be; or 1, "no trigger here". */
u64 r_tinfo(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return count(h)
               ? set_field(0, TINFO_VERSION, 1) | BIT(TRIGGER_MCONTROL6) | BIT(TRIGGER_DISABLED)
               : BIT(TRIGGER_NONE);
}

/* Decoded code and the first-level TLB hold no place that a trigger looks at. */
void a_trigger(struct hart *h, u64 old)
{
    (void)old;
    u8 before = h->d.triggers;
    trigger_derive(h);
    if ((before | h->d.triggers) & TRIGGER_EXECUTE)
        block_drop_all(h);
    if ((before | h->d.triggers) & (TRIGGER_LOAD | TRIGGER_STORE))
        mmu_flush_all(h);
}

/* ---- matching ---- */

void trigger_derive(struct hart *h)
{
    h->d.triggers = 0;
    for (unsigned i = 0; i < count(h); i++)
        if (get_field(h->tdata1[i], type_field(h)) == TRIGGER_MCONTROL6 &&
            (h->tdata1[i] & mode_bits(h)))
            h->d.triggers |= (u8)(h->tdata1[i] & T_KINDS);
}

/* Does one of the `size` bytes at va match? */
static bool address_matches(unsigned match, u64 want, u64 va, u64 size)
{
    switch (match) {
    case MATCH_EQUAL:
        return want - va < size;
    case MATCH_NAPOT: { /* the lowest zero bit of tdata2 and those below it say nothing */
        u64 low = want ^ (want + 1), first = want & ~low;
        return va - first <= low || first - va < size;
    }
    case MATCH_ABOVE:
        return va + (size - 1) >= want;
    default:
        return va < want;
    }
}

static bool size_matches(u64 tdata1, unsigned size)
{
    static const u8 bytes[8] = {0, 1, 2, 4, 0, 8, 0, 0};
    unsigned n = bytes[get_field(tdata1, TDATA1_SIZE)];
    return n == 0 || n == size;
}

static bool looks_at(const struct hart *h, unsigned i, const struct trigger_access *a)
{
    u64 t = h->tdata1[i];
    return get_field(t, type_field(h)) == TRIGGER_MCONTROL6 && (t & a->kinds & T_KINDS) &&
           address_matches(get_field(t, TDATA1_MATCH), h->tdata2[i], a->va, a->size);
}

/* Would the breakpoint enter a handler that may be running? */
static bool held_back(const struct hart *h)
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

int trigger_fires(struct hart *h, const struct trigger_access *a)
{
    if (held_back(h))
        return -1;
    int fired = -1;
    for (unsigned i = 0; i < count(h); i++) {
        if (!looks_at(h, i, a) || !(h->tdata1[i] & mode_bit[a->mode]) ||
            !size_matches(h->tdata1[i], a->size))
            continue;
        h->tdata1[i] |= TDATA1_HIT0;
        if (fired < 0)
            fired = (int)i;
    }
    return fired;
}

int raise_trigger(struct hart *h, u64 va, int n)
{
    raise_exception(h, CAUSE_BREAKPOINT, va, REASON_TRIGGER);
    h->trap.refusal.entry = (s16)n;
    return TRAPPED;
}

bool trigger_watches(const struct hart *h, const struct trigger_access *a)
{
    for (unsigned i = 0; i < count(h); i++)
        if (looks_at(h, i, a) &&
            (a->kinds == TRIGGER_EXECUTE || (h->tdata1[i] & mode_bit[a->mode])))
            return true;
    return false;
}
