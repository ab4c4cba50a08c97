/* Trap storms. A handler that changes nothing returns to the instruction that has trapped, which
 * traps again; one that cannot be executed traps at its own entry. In both cases a mode is entered
 * and left by the same exception with nothing retired in it. What retires between entering a mode
 * (by a trap, by xRET) and the next trap is progress there, and ends its count; what the handler
 * executes in another mode, or before it returns, is not. An environment call is progress, too: its
 * handler goes on behind it. */
#include "cpu/storm.h"

#include "cpu/platform.h"

static bool is_same(const struct hart *h)
{
    return h->storm_cause[h->mode] == h->trap.cause && h->storm_pc[h->mode] == h->pc &&
           h->storm_tval[h->mode] == h->trap.tval;
}

void storm_exception(struct hart *h)
{
    u64 *count = &h->storm_count[h->mode];
    if (h->debug.dry)
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

void storm_forget(struct hart *h)
{
    h->storm_count[h->mode] = 0;
}
