/* Trap storms. A handler that changes nothing returns to the instruction that has trapped, which
 * traps again; one that cannot be executed traps at its own entry. In both cases a mode is entered
 * and left by the same exception with nothing retired in it. What retires between entering a mode
 * (by a trap, by xRET) and the next trap is progress there, and ends its count; what the handler
 * executes in another mode, or before it returns, is not. An environment call is progress, too: its
 * handler goes on behind it. */
#include "cpu/storm.h"

#include "cpu/hart.h"
#include "cpu/platform.h"

static u64 retired(const struct hart *h)
{
    return h->clock - h->unretired;
}

static bool is_call(u32 cause)
{
    return cause >= CAUSE_ECALL_U && cause <= CAUSE_ECALL_M;
}

static bool is_same(const struct hart *h)
{
    return h->storm_cause[h->mode] == h->trap.cause && h->storm_pc[h->mode] == h->pc &&
           h->storm_tval[h->mode] == h->trap.tval;
}

void storm_trap(struct hart *h, unsigned interrupt)
{
    bool progress = retired(h) != h->storm_moved, call = !interrupt && is_call(h->trap.cause);
    u64 *count = &h->storm_count[h->mode];
    if (progress || call)
        *count = 0;
    if (interrupt || call || h->debug.dry)
        return;
    if (!is_same(h)) {
        h->storm_cause[h->mode] = h->trap.cause;
        h->storm_pc[h->mode] = h->pc;
        h->storm_tval[h->mode] = h->trap.tval;
        *count = 0;
    }
    if (++*count == h->config.storm_traps)
        h->platform->storm(h->platform->ctx, h);
}

void storm_moved(struct hart *h, unsigned retiring)
{
    h->storm_moved = retired(h) + retiring;
}

void storm_forget(struct hart *h)
{
    h->storm_count[h->mode] = 0;
}
