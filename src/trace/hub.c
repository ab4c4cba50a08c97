/* Several listeners on one hart. */
#include "trace/hub.h"

#include <stdlib.h>

struct hub {
    struct hart_trace listener[HUB_LISTENERS];
    bool taken[HUB_LISTENERS];
    u32 count; /* the last one taken, plus 1 */
};

/* Every point with one argument, and the argument's type. */
#define POINTS(X)                                                                                  \
    X(trap, const struct trap_event *)                                                             \
    X(mode, enum mode)                                                                             \
    X(csr, const struct csr_event *)                                                               \
    X(mmio, const struct mem_event *)                                                              \
    X(fence, const struct fence_event *)                                                           \
    X(mem, const struct mem_event *)                                                               \
    X(walk, const struct walk_event *)                                                             \
    X(tlb, const struct tlb_event *)
/* Those without. */
#define BARE_POINTS(X) X(insn_start) X(insn)

#define TELL(point, ...)                                                                           \
    struct hub *hub = ctx;                                                                         \
    for (u32 i = 0; i < hub->count; i++)                                                           \
        if (hub->listener[i].point)                                                                \
    hub->listener[i].point(hub->listener[i].ctx, h, ##__VA_ARGS__)

#define X(point, type)                                                                             \
    static void on_##point(void *ctx, struct hart *h, type ev)                                     \
    {                                                                                              \
        TELL(point, ev);                                                                           \
    }
POINTS(X)
#undef X
#define X(point)                                                                                   \
    static void on_##point(void *ctx, struct hart *h)                                              \
    {                                                                                              \
        TELL(point);                                                                               \
    }
BARE_POINTS(X)
#undef X

static void on_irq(void *ctx, struct hart *h, unsigned irq, unsigned level)
{
    TELL(irq, irq, level);
}

static void on_alarm(void *ctx, struct hart *h)
{
    struct hub *hub = ctx;
    for (u32 i = 0; i < hub->count; i++) {
        struct hart_trace *l = &hub->listener[i];
        if (l->alarm && h->clock >= l->alarm_at)
            l->alarm(l->ctx, h);
    }
    hub_refresh(h);
}

struct hart_trace *hub_add(struct hart *h)
{
    struct hub *hub = h->trace.ctx;
    if (!hub)
        hub = h->trace.ctx = calloc(1, sizeof *hub);
    for (u32 i = 0; hub && i < HUB_LISTENERS; i++)
        if (!hub->taken[i]) {
            hub->taken[i] = true;
            hub->count = i < hub->count ? hub->count : i + 1;
            return &hub->listener[i];
        }
    return NULL;
}

void hub_remove(struct hart *h, struct hart_trace *listener)
{
    struct hub *hub = h->trace.ctx;
    *listener = (struct hart_trace){0};
    hub->taken[listener - hub->listener] = false;
    while (hub->count && !hub->taken[hub->count - 1])
        hub->count--;
    if (hub->count)
        hub_refresh(h);
    else
        hub_free(h);
}

void hub_refresh(struct hart *h)
{
    struct hub *hub = h->trace.ctx;
    struct hart_trace all = {.ctx = hub, .alarm_at = UINT64_MAX};
    for (u32 i = 0; i < hub->count; i++) {
        const struct hart_trace *l = &hub->listener[i];
#define X(point, ...)                                                                              \
    if (l->point)                                                                                  \
        all.point = on_##point;
        POINTS(X)
        BARE_POINTS(X)
        X(irq)
        X(alarm)
#undef X
        all.plain |= l->plain;
        if (l->alarm && l->alarm_at < all.alarm_at)
            all.alarm_at = l->alarm_at;
    }
    h->trace = all;
}

void hub_free(struct hart *h)
{
    free(h->trace.ctx);
    h->trace = (struct hart_trace){0};
}
