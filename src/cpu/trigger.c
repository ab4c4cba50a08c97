/* Address triggers (debug specification, Sdtrig): mcontrol6 with select=0 (addresses), action=0 (a
 * breakpoint exception) and timing before, no chains. A trigger that would fire in the mode whose
 * trap handler it enters is held back while that mode's interrupts are off (section "Native
 * Triggers", the first of the two ways), so that a handler cannot trap on itself. */
#include "cpu/trigger.h"

#include "cpu/block.h"
#include "cpu/csr_impl.h"
#include "cpu/hart.h"
#include "mmu/tlb.h"

#define T_VS    BIT(24)
#define T_VU    BIT(23)
#define T_HIT0  BIT(22) /* hit: 1 of the two bits' values, "before" */
#define T_SIZE  (7ull << 16)
#define T_MATCH (15ull << 7)
#define T_M     BIT(6)
#define T_S     BIT(4)
#define T_U     BIT(3)
#define T_KINDS (TRIGGER_LOAD | TRIGGER_STORE | TRIGGER_EXECUTE)
enum { TYPE_MCONTROL6 = 6, TYPE_DISABLED = 15 };
enum { MATCH_EQUAL, MATCH_NAPOT, MATCH_ABOVE, MATCH_BELOW };

static const u64 mode_bit[MODE_COUNT] = {
    [MODE_M] = T_M, [MODE_S] = T_S, [MODE_U] = T_U, [MODE_VS] = T_VS, [MODE_VU] = T_VU};

static unsigned count(const struct hart *h)
{
    return has(h, EXT_Sdtrig) ? h->config.triggers : 0;
}

static u64 type_field(const struct hart *h)
{
    return 15ull << (h->config.xlen - 4);
}

/* Bits for modes that exist. */
static u64 mode_bits(const struct hart *h)
{
    return T_M | (has(h, EXT_S) ? T_S : 0) | (has(h, EXT_U) ? T_U : 0) |
           (has(h, EXT_H) ? T_VS | T_VU : 0);
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
    if (get_field(v, type_field(h)) != TYPE_MCONTROL6)
        return set_field(0, type_field(h), TYPE_DISABLED);
    return v & ~((T_VS | T_VU | T_M | T_S | T_U) & ~mode_bits(h));
}

void s_tdata1(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    if (!count(h))
        return;
    u64 v = set_field(0, type_field(h), TYPE_DISABLED);
    if (get_field(value, type_field(h)) == TYPE_MCONTROL6) {
        unsigned size = get_field(value, T_SIZE), match = get_field(value, T_MATCH);
        v = set_field(value & (mode_bits(h) | T_HIT0 | T_KINDS), type_field(h), TYPE_MCONTROL6);
        /* Execute triggers look before the instruction and its length are known. */
        v = set_field(v, T_SIZE, (value & TRIGGER_EXECUTE) || size == 4 || size > 5 ? 0 : size);
        v = set_field(v, T_MATCH, match > MATCH_BELOW ? 0 : match);
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
    return count(h) ? BIT(24) | BIT(TYPE_MCONTROL6) | BIT(TYPE_DISABLED) : 1;
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
        if (get_field(h->tdata1[i], type_field(h)) == TYPE_MCONTROL6 &&
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
    unsigned n = bytes[get_field(tdata1, T_SIZE)];
    return n == 0 || n == size;
}

static bool looks_at(const struct hart *h, unsigned i, const struct trigger_access *a)
{
    u64 t = h->tdata1[i];
    return get_field(t, type_field(h)) == TYPE_MCONTROL6 && (t & a->kinds & T_KINDS) &&
           address_matches(get_field(t, T_MATCH), h->tdata2[i], a->va, a->size);
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

bool trigger_fires(struct hart *h, const struct trigger_access *a)
{
    if (held_back(h))
        return false;
    bool fired = false;
    for (unsigned i = 0; i < count(h); i++) {
        if (!looks_at(h, i, a) || !(h->tdata1[i] & mode_bit[a->mode]) ||
            !size_matches(h->tdata1[i], a->size))
            continue;
        h->tdata1[i] |= T_HIT0;
        fired = true;
    }
    return fired;
}

bool trigger_watches(const struct hart *h, const struct trigger_access *a)
{
    for (unsigned i = 0; i < count(h); i++)
        if (looks_at(h, i, a) &&
            (a->kinds == TRIGGER_EXECUTE || (h->tdata1[i] & mode_bit[a->mode])))
            return true;
    return false;
}
