/* The machine as its harts see it: the functions of struct platform. */
#include "machine/platform.h"

#include <inttypes.h>
#include <string.h>

#include "common/owner.h"
#include "cpu/storm.h"
#include "machine/semihost.h"

static u64 now(void *ctx)
{
    return machine_now(ctx);
}

static u64 slot_of_time(void *ctx, const struct hart *h, u64 time)
{
    return machine_slot_of_time(ctx, h, time);
}

static void stored(void *ctx, u64 pa, unsigned size)
{
    bus_stored(&((struct machine *)ctx)->bus, pa, size);
}

static void post(void *ctx, u32 hart, const struct post *p)
{
    machine_post(ctx, hart, p);
}

static int host_call(void *ctx, struct hart *h)
{
    return semihost_call(ctx, h);
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

/* Where the exception goes, by the handler's address. */
static u64 handler_of(const struct hart *h, enum bank bank)
{
    const u64 tvec[BANK_COUNT] = {[BANK_M] = h->mtvec, [BANK_S] = h->stvec, [BANK_VS] = h->vstvec};
    return tvec[bank] & TVEC_BASE;
}

static void storm(void *ctx, struct hart *h)
{
    struct machine *m = ctx;
    const struct trap *t = &h->trap;
    enum bank bank = delegate(h, t->cause).bank;
    owner_message(m->host.owner,
                  "hart %u: trap storm at 0x%" PRIx64 " in %s-mode: %s (cause %u, tval 0x%" PRIx64
                  ") %" PRIu64 " times in a row, by the handler of %s-mode at 0x%" PRIx64 ": %s",
                  h->id, h->pc, mode_name(h, h->mode), exception_name(t->cause), t->cause, t->tval,
                  h->config.storm_traps, bank_name(h, bank), handler_of(h, bank),
                  reason_row(t->refusal.reason)->text);
    if (m->config.opt.on_storm == STORM_GO)
        return;
    if (m->config.opt.on_storm == STORM_STOP && !m->hold.poll) {
        machine_stop(m, STOP_STORM, 0);
        return;
    }
    storm_forget(h); /* whoever goes on is told again */
    machine_stop(m, STOP_DEBUG, HOLD_STORM);
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
                                    .stored = stored,
                                    .post = post,
                                    .critical_error = critical_error,
                                    .host_call = m->config.opt.semihosting ? host_call : NULL,
                                    .storm = storm};
}
