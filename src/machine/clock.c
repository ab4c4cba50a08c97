/* The clock. Time is counted in slots: one for each instruction a hart executes, and for a hart
 * that waits as many as pass meanwhile. */
#include "machine/clock.h"

#include "common/host.h"
#include "common/tape.h"
#include "machine/board.h"
#include "machine/state.h"

u64 clock_slots_per_tick(const struct machine *m)
{
    return m->config.opt.hart.insns_per_tick;
}

/* Harts run one after the other, so one may ask for the time when another was already further:
 * nobody sees less than what somebody has seen. */
u64 machine_ticks(const struct machine *m)
{
    if (m->config.opt.clock == CLOCK_REAL)
        return m->state.real_ticks;
    u64 slot = m->running ? hart_clock(m->running) : m->state.clock;
    u64 ticks = slot / clock_slots_per_tick(m);
    return ticks > m->state.ticks_seen ? ticks : m->state.ticks_seen;
}

void clock_look(struct machine *m)
{
    u64 ticks;
    if (m->config.opt.clock != CLOCK_REAL)
        return;
    if (tape_replays(m->tape)) {
        if (tape_take(m->tape, TAPE_TICKS, &ticks, sizeof ticks) == 0)
            m->state.real_ticks = ticks;
        return;
    }
    m->state.real_ticks = ticks = (host_ns() - m->host.real_start) / NS_PER_TICK;
    tape_put(m->tape, TAPE_TICKS, 0, &ticks, sizeof ticks);
}

u64 machine_see_ticks(struct machine *m)
{
    if (m->running) /* who looks on does not make time pass */
        clock_look(m);
    u64 ticks = machine_ticks(m);
    if (m->running) /* the guest asks, not somebody who looks on */
        m->state.ticks_seen = ticks;
    return ticks;
}

u64 machine_now(struct machine *m)
{
    return machine_see_ticks(m) + m->state.time_offset;
}

u64 clock_slot_of_ticks(const struct machine *m, u64 ticks)
{
    u64 slot;
    return __builtin_mul_overflow(ticks, clock_slots_per_tick(m), &slot) ? UINT64_MAX : slot;
}

u64 machine_slot_of_time(const struct machine *m, const struct hart *h, u64 time)
{
    u64 now = machine_ticks(m), wait = time - m->state.time_offset - now;
    if (m->config.opt.clock == CLOCK_REAL)
        return hart_clock(h) + REAL_SLICE;
    if (wait > UINT64_MAX - now)
        return UINT64_MAX;
    return clock_slot_of_ticks(m, now + wait);
}

void machine_set_time_offset(struct machine *m, u64 offset)
{
    if (m->state.time_offset == offset)
        return;
    m->state.time_offset = offset;
    machine_post_time(m);
}

void clock_shorten_slice(struct hart *h, u64 slot)
{
    if (slot < h->slice_end)
        h->slice_end = slot;
    hart_attention(h);
}

void machine_note_deadline(struct machine *m, u64 deadline)
{
    if (!m->running || m->num_harts > 1 || m->config.opt.clock == CLOCK_REAL)
        return; /* looked at when the round ends */
    u64 slot = clock_slot_of_ticks(m, deadline);
    if (slot < m->running->slice_end)
        clock_shorten_slice(m->running, slot);
}

void machine_yield(struct machine *m)
{
    if (!m->running || m->num_harts == 1)
        return;
    m->state.yielded = true;
    clock_shorten_slice(m->running, hart_clock(m->running));
}

u64 clock_next_event(const struct machine *m)
{
    u64 next = clock_slot_of_ticks(m, board_deadline(m));
    for (u32 i = 0; i < m->num_harts; i++) {
        u64 e = hart_next_event(m->hart[i]);
        if (e < next)
            next = e;
    }
    return next;
}

void clock_pass(struct hart *h, u64 slot)
{
    if (slot <= h->clock)
        return;
    h->unretired += slot - h->clock;
    h->clock = slot;
}
