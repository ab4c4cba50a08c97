/* The machine as its harts see it: the functions of struct platform. */
#include "machine/platform.h"

#include <inttypes.h>
#include <string.h>

#include "common/owner.h"
#include "machine/board.h"
#include "mmu/tlb.h"

enum { LOG_LIMIT = 1 << 16 }; /* entries of the code log kept for a hart that never looks */

static u64 now(void *ctx)
{
    return machine_now(ctx);
}

static u64 slot_of_time(void *ctx, const struct hart *h, u64 time)
{
    return machine_slot_of_time(ctx, h, time);
}

static void watch_store(void *ctx, u64 pa, unsigned size)
{
    board_watch_store(ctx, pa, size);
}

static void protect_page(void *ctx, const u8 *host)
{
    struct machine *m = ctx;
    for (u32 i = 0; i < m->num_harts; i++)
        tlb_protect_page(m->hart[i]->tlb, host);
}

static void trim_code_log(void *ctx)
{
    struct machine *m = ctx;
    u64 end = m->bus.log_start + m->bus.log_len, oldest = end;
    for (u32 i = 0; i < m->num_harts; i++)
        if (m->hart[i]->code_log_pos < oldest)
            oldest = m->hart[i]->code_log_pos;
    if (end - oldest > LOG_LIMIT)
        oldest = end - LOG_LIMIT; /* a hart that is further back drops all it has decoded */
    if (oldest > m->bus.log_start)
        bus_trim_log(&m->bus, oldest);
}

static void critical_error(void *ctx, struct hart *h)
{
    struct machine *m = ctx;
    owner_message(m->host.owner,
                  "hart %u: critical error at 0x%" PRIx64 " (mcause 0x%" PRIx64 ", mepc 0x%" PRIx64
                  ")",
                  h->id, h->pc, h->mcause, h->mepc);
    machine_stop(m, STOP_CRITICAL, 0);
}

void platform_init(struct machine *m)
{
    m->platform = (struct platform){.bus = &m->bus,
                                    .num_harts = m->num_harts,
                                    .plain = strcmp(m->config.opt.engine, "plain") == 0,
                                    .stop = &m->state.stop_reason,
                                    .ctx = m,
                                    .now = now,
                                    .slot_of_time = slot_of_time,
                                    .watch_store = watch_store,
                                    .protect_page = protect_page,
                                    .trim_code_log = trim_code_log,
                                    .critical_error = critical_error};
}
