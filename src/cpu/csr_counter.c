/* Counters (Zicntr, Zihpm, Smcntrpmf, Sscofpmf) and their CSRs. cycle counts slots, instret those
 * that retired an instruction; mhpmevent's low byte selects a row of event.def. */
#include "cpu/counter.h"

#include "cpu/block.h"
#include "cpu/csr_impl.h"
#include "cpu/ctr.h"
#include "cpu/irq.h"
#include "cpu/trap.h"

const struct event_info event_table[EVENT_COUNT] = {
#define EVENT(name, sbi, text) [EVENT_##name] = {sbi, text},
#include "cpu/event.def"
#undef EVENT
};

static bool filtered(const struct hart *h, u64 cfg)
{
    static const u64 inhibit[MODE_COUNT] = {[MODE_M] = HPMEVENT_MINH,
                                            [MODE_S] = HPMEVENT_SINH,
                                            [MODE_U] = HPMEVENT_UINH,
                                            [MODE_VS] = HPMEVENT_VSINH,
                                            [MODE_VU] = HPMEVENT_VUINH};
    return cfg & inhibit[h->mode];
}

static u64 event_delta(const struct hart *h, u64 select, u64 cycles, u64 retired)
{
    if (select == EVENT_CYCLES)
        return cycles;
    if (select == EVENT_INSTRET)
        return retired;
    if (select == EVENT_NONE || select >= EVENT_COUNT)
        return 0;
    return h->event[select] - h->counted_event[select];
}

static void count_hpm(struct hart *h, unsigned i, u64 cycles, u64 retired)
{
    u64 *event = &h->mhpmevent[i];
    if ((h->mcountinhibit >> i & 1) || filtered(h, *event))
        return;
    u64 old = h->mhpmcounter[i];
    h->mhpmcounter[i] += event_delta(h, *event & HPMEVENT_SELECT, cycles, retired);
    if (h->mhpmcounter[i] < old && has(h, EXT_Sscofpmf) && !(*event & HPMEVENT_OF)) {
        *event |= HPMEVENT_OF;
        h->mip |= BIT(IRQ_LCOFI);
        hart_attention(h);
    }
}

void counters_update(struct hart *h)
{
    u64 cycles = h->clock - h->counted_clock;
    u64 retired = cycles - (h->unretired - h->counted_unretired);
    if (!(h->mcountinhibit & COUNTEREN_CY) && !filtered(h, h->mcyclecfg))
        h->mcycle += cycles;
    if (!(h->mcountinhibit & COUNTEREN_IR) && !filtered(h, h->minstretcfg))
        h->minstret += retired;
    for (u32 left = h->d.hpm_selected; left; left &= left - 1)
        count_hpm(h, (unsigned)__builtin_ctz(left), cycles, retired);
    h->counted_clock = h->clock;
    h->counted_unretired = h->unretired;
    for (unsigned i = 0; i < EVENT_COUNT; i++)
        h->counted_event[i] = h->event[i];
}

void counters_leave_mode(struct hart *h, unsigned retiring)
{
    if (LIKELY(!h->filtered_counters))
        return;
    h->clock += retiring;
    counters_update(h);
    h->clock -= retiring; /* the engine counts it when it is done */
}

u64 counters_next_overflow(const struct hart *h)
{
    u64 next = UINT64_MAX;
    if (!has(h, EXT_Sscofpmf))
        return next;
    for (u32 todo = h->d.hpm_selected; todo; todo &= todo - 1) {
        unsigned i = (unsigned)__builtin_ctz(todo);
        u64 select = h->mhpmevent[i] & HPMEVENT_SELECT, left = 0 - h->mhpmcounter[i];
        if ((h->mhpmevent[i] & HPMEVENT_OF) || (h->mcountinhibit >> i & 1))
            continue;
        if (select > EVENT_INSTRET && left) /* an instruction may count some, or none */
            left = left / 32 > 1000 ? left / 32 : 1000;
        u64 at = h->counted_clock + left;
        if (left && at > h->counted_clock && at < next)
            next = at;
    }
    return next > h->clock ? next : h->clock + 1;
}

void b_counters(struct hart *h)
{
    counters_update(h);
}

void counters_derive(struct hart *h)
{
    u64 inhibit = (h->mcyclecfg | h->minstretcfg) & HPMEVENT_INHIBIT;
    u32 selected = 0;
    u8 jumps = 0;
    for (unsigned i = 3; i < 3u + h->config.hpm_counters; i++) {
        inhibit |= h->mhpmevent[i] & HPMEVENT_INHIBIT;
        u64 select = h->mhpmevent[i] & HPMEVENT_SELECT;
        if (select != EVENT_NONE)
            selected |= 1u << i;
        jumps |= (select == EVENT_BRANCH || select == EVENT_BRANCH_TAKEN) &&
                 !(h->mcountinhibit >> i & 1);
    }
    h->filtered_counters = inhibit != 0;
    h->d.hpm_selected = selected;
    u8 recorded = ctr_derive(h);
    h->d.jump_modes = jumps ? (u8)MASK(MODE_COUNT) : recorded;
    block_key_changed(h);
}

void a_counters(struct hart *h, u64 old)
{
    (void)old;
    counters_derive(h);
    update_timers(h);
    hart_attention(h);
}

/* What an instruction that retires now adds to minstret. */
static u64 increment(const struct hart *h)
{
    return !(h->mcountinhibit & COUNTEREN_IR) && !filtered(h, h->minstretcfg);
}

/* The write takes the place of the increment that this instruction would cause. */
void a_instret(struct hart *h, u64 old)
{
    h->minstret -= increment(h);
    a_counters(h, old);
}

void instret_not_executed(struct hart *h)
{
    h->minstret += increment(h);
}

/* The counters that exist, of those that the register has bits for. */
static u64 counter_bits(const struct hart *h, const struct csr_row *row)
{
    u64 hpm = set_field(0, COUNTEREN_HPM, MASK(h->config.hpm_counters));
    return h->rules.reg[row->reg].writable | hpm;
}

u64 r_cycle(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    counters_update((struct hart *)(uintptr_t)h);
    return h->mcycle;
}

u64 r_instret(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    counters_update((struct hart *)(uintptr_t)h);
    return h->minstret;
}

u64 r_time(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return time_value(h, mode_table[h->mode].v);
}

u64 r_hpm(const struct hart *h, const struct csr_row *row)
{
    counters_update((struct hart *)(uintptr_t)h);
    return h->mhpmcounter[row->index];
}

/* Bits of counters whose delegation mcounteren (and hcounteren) does not allow read as zero. */
u64 r_scountovf(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    u64 v = 0;
    for (unsigned i = 3; i < 3u + h->config.hpm_counters; i++)
        if (h->mhpmevent[i] & HPMEVENT_OF)
            v |= BIT(i);
    if (h->mode != MODE_M)
        v &= h->mcounteren;
    if (mode_table[h->mode].v)
        v &= h->hcounteren;
    return v;
}

/* mcountinhibit, as far as counters are delegated (Ssccfg). */
u64 r_scountinhibit(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->mcountinhibit & h->mcounteren;
}

void s_scountinhibit(struct hart *h, const struct csr_row *row, u64 value)
{
    u64 can = counter_bits(h, row) & h->mcounteren;
    h->mcountinhibit = (h->mcountinhibit & ~can) | (value & can);
}

/* A supervisor does not see what stops a counter in M-mode. */
u64 r_counter_config(const struct hart *h, const struct csr_row *row)
{
    return *csr_field(h, row) & ~(u64)HPMEVENT_MINH;
}

u64 w_counteren(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)old;
    return value & counter_bits(h, row);
}

void counters_legalise(struct hart *h)
{
    u64 gone = HPMEVENT_INHIBIT & ~h->rules.reg[REG_mcyclecfg].writable;
    counters_update(h);
    h->mcyclecfg &= ~gone;
    h->minstretcfg &= ~gone;
    for (unsigned i = 3; i < 32; i++)
        h->mhpmevent[i] &= ~gone;
    a_counters(h, 0);
}

u64 w_hpmevent(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    if (row->index >= 3u + h->config.hpm_counters)
        return 0;
    u64 v = reg_legalise(h, row->reg, old, value), select = value & HPMEVENT_SELECT;
    return select < EVENT_COUNT ? (v & ~HPMEVENT_SELECT) | select : v;
}

u64 w_hpmcounter(struct hart *h, const struct csr_row *row, u64 old, u64 value)
{
    (void)old;
    return row->index < 3u + h->config.hpm_counters ? value : 0;
}
