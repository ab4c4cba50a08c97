/* Triggers (debug specification, "Sdtrig", version 1.0): their registers. What is read-only zero,
 * and why, is said in fields_trigger.def; when a trigger matches and fires, in trigger_match.c. */
#include "cpu/trigger.h"

#include "cpu/block.h"
#include "cpu/csr_impl.h"
#include "cpu/hart.h"
#include "mmu/tlb.h"

#define MODES(layout)                                                                              \
    {                                                                                              \
        [MODE_M] = layout##_M, [MODE_S] = layout##_S, [MODE_U] = layout##_U,                       \
        [MODE_VS] = layout##_VS, [MODE_VU] = layout##_VU                                           \
    }
/* What the types of triggers have in tdata1; no register: not a type that a trigger can be. */
static const struct trigger_type {
    u8 reg;
    u64 mode[MODE_COUNT];
} types[16] = {
    [TRIGGER_ICOUNT] = {REG_icount, MODES(ICOUNT)},
    [TRIGGER_ITRIGGER] = {REG_xtrigger, MODES(XTRIGGER)},
    [TRIGGER_ETRIGGER] = {REG_xtrigger, MODES(XTRIGGER)},
    [TRIGGER_MCONTROL6] = {REG_tdata1, MODES(TDATA1)},
    [TRIGGER_TMEXT] = {REG_tmexttrigger, {0}},
};

unsigned trigger_count(const struct hart *h)
{
    return has(h, EXT_Sdtrig) ? h->config.triggers : 0;
}

static u64 type_field(const struct hart *h)
{
    return is_rv32(h) ? TDATA132_TYPE : TDATA1_TYPE;
}

unsigned trigger_type(const struct hart *h, unsigned i)
{
    return (unsigned)get_field(h->tdata1[i], type_field(h));
}

bool trigger_enabled(const struct hart *h, unsigned i, enum mode mode)
{
    const struct trigger_type *t = &types[trigger_type(h, i)];
    return h->tdata1[i] & t->mode[mode] & h->rules.reg[t->reg].writable;
}

/* In some mode? */
static bool any_mode(const struct hart *h, unsigned i)
{
    for (enum mode mode = 0; mode < MODE_COUNT; mode++)
        if (trigger_enabled(h, i, mode))
            return true;
    return false;
}

enum reg trigger_register(const struct hart *h)
{
    unsigned type = trigger_count(h) ? trigger_type(h, (unsigned)h->tselect) : TRIGGER_NONE;
    return types[type].reg ? (enum reg)types[type].reg : REG_tdata1;
}

/* ---- the registers ---- */

u64 w_tselect(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)row;
    return value < trigger_count(h) ? value : old;
}

u64 r_tdata1(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    if (!trigger_count(h))
        return 0;
    u64 v = h->tdata1[h->tselect];
    enum reg reg = (enum reg)types[get_field(v, type_field(h))].reg;
    if (!reg)
        return set_field(0, type_field(h), TRIGGER_DISABLED);
    return v & (h->rules.reg[reg].writable | type_field(h));
}

void s_tdata1(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    if (!trigger_count(h))
        return;
    unsigned i = (unsigned)h->tselect, type = (unsigned)get_field(value, type_field(h));
    u64 v = 0;
    if (types[type].reg)
        v = reg_legalise(h, (enum reg)types[type].reg, 0, value);
    else
        type = TRIGGER_DISABLED;
    if (type == TRIGGER_MCONTROL6 && i + 1 == trigger_count(h))
        v &= ~(u64)TDATA1_CHAIN; /* there is none for it to hold back */
    h->tdata1[i] = set_field(v, type_field(h), type);
    h->trap_triggers &= ~BIT(i);
    h->d.trigger_written |= (u8)BIT(i);
}

u64 r_tdata2(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return trigger_count(h) ? h->tdata2[h->tselect] : 0;
}

/* The largest range of match NAPOT is half of all addresses. */
void s_tdata2(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    if (!trigger_count(h))
        return;
    unsigned i = (unsigned)h->tselect;
    u64 match = get_field(h->tdata1[i], TDATA1_MATCH) & ~(u64)MATCH_NOT_EQUAL;
    u64 half = xlen_mask(h) >> 1;
    if (trigger_type(h, i) == TRIGGER_MCONTROL6 && match == MATCH_NAPOT && (value & half) == half)
        value &= ~(half ^ half >> 1);
    h->tdata2[i] = value;
}

u64 r_tdata3(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return trigger_count(h) ? h->tdata3[h->tselect] & h->rules.reg[REG_tdata3].writable : 0;
}

void s_tdata3(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    if (trigger_count(h))
        h->tdata3[h->tselect] = reg_legalise(h, REG_tdata3, h->tdata3[h->tselect], value);
}

/* Version 1.0; the types that a trigger can be; or 1, "no trigger here". */
u64 r_tinfo(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    u64 info = BIT(TRIGGER_DISABLED);
    for (unsigned type = 0; type < ARRAY_LEN(types); type++)
        if (types[type].reg)
            info |= BIT(type);
    return trigger_count(h) ? set_field(0, TINFO_VERSION, 1) | info : BIT(TRIGGER_NONE);
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
    if (h->d.triggers & TRIGGER_STEP)
        h->d.exit_block = 1;
}

static u8 looks_for(const struct hart *h, unsigned i)
{
    u64 t = h->tdata1[i];
    if (!any_mode(h, i))
        return 0;
    switch (trigger_type(h, i)) {
    case TRIGGER_MCONTROL6:
        return (u8)(t & TRIGGER_ACCESS);
    case TRIGGER_ICOUNT:
        return t & (ICOUNT_COUNT | ICOUNT_PENDING) ? TRIGGER_STEP : 0;
    default:
        return TRIGGER_TRAP;
    }
}

void trigger_derive(struct hart *h)
{
    h->d.triggers = h->trap_triggers ? TRIGGER_STEP : 0;
    for (unsigned i = 0; i < trigger_count(h); i++)
        h->d.triggers |= looks_for(h, i);
}
