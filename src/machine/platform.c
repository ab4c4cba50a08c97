/* The machine as its harts see it: the functions of struct platform. */
#include "machine/platform.h"

#include <inttypes.h>
#include <string.h>

#include "common/owner.h"

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
    bus_stored(&((struct machine *)ctx)->bus, pa, size);
}

static void post(void *ctx, u32 hart, const struct post *p)
{
    machine_post(ctx, hart, p);
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
                                    .post = post,
                                    .critical_error = critical_error};
}
