/* Residency of modes. Idle slots (WFI) are told from work by the count of retired instructions. */
#include "trace/residency.h"

#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "trace/hub.h"
#include "trace/words.h"

enum { FIRST_WIDTH = 1024 };

struct resident_hart {
    struct residency *r;
    u64 since, unretired; /* when the present mode was entered */
    u64 slots[RESIDENCY_INTERVALS][RESIDENCY_SERIES];
};

struct residency {
    struct machine *m;
    struct resident_hart *hart;
    u64 width;
    u32 used;
};

/* Makes the intervals twice as long. */
static void widen(struct residency *r)
{
    for (u32 k = 0; k < r->m->num_harts; k++) {
        u64(*slots)[RESIDENCY_SERIES] = r->hart[k].slots;
        for (u32 i = 0; i < RESIDENCY_INTERVALS / 2; i++)
            for (unsigned s = 0; s < RESIDENCY_SERIES; s++)
                slots[i][s] = slots[2 * i][s] + slots[2 * i + 1][s];
        memset(slots[RESIDENCY_INTERVALS / 2], 0, sizeof r->hart[k].slots / 2);
    }
    r->width *= 2;
    r->used = (r->used + 1) / 2;
}

/* Slots from `from` to `to` were spent in `mode`, `idle` of them waiting. */
static void count(struct resident_hart *rh, enum mode mode, u64 to, u64 idle)
{
    struct residency *r = rh->r;
    u64 from = rh->since, all = to - from;
    while (all && (to - 1) / r->width >= RESIDENCY_INTERVALS)
        widen(r);
    while (from < to) {
        u32 i = (u32)(from / r->width);
        u64 end = (i + 1) * r->width < to ? (i + 1) * r->width : to, part = end - from;
        u64 waiting = (u64)((u128)part * idle / all);
        rh->slots[i][mode] += part - waiting;
        rh->slots[i][RESIDENCY_IDLE] += waiting;
        if (i >= r->used)
            r->used = i + 1;
        from = end;
    }
}

/* The hart leaves `mode` at slot `now`. */
static void leave(struct resident_hart *rh, const struct hart *h, enum mode mode, u64 now)
{
    u64 idle = h->unretired - rh->unretired;
    count(rh, mode, now, idle < now - rh->since ? idle : now - rh->since);
    rh->since = now;
    rh->unretired = h->unretired;
}

static void on_mode(void *ctx, struct hart *h, enum mode from)
{
    leave(ctx, h, from, mode_begin(h, from));
}

struct residency *residency_new(struct machine *m, struct error *err)
{
    struct residency *r = calloc(1, sizeof *r);
    if (r) {
        *r = (struct residency){.m = m, .width = FIRST_WIDTH};
        r->hart = calloc(m->num_harts, sizeof *r->hart);
    }
    for (u32 i = 0; r && r->hart && i < m->num_harts; i++) {
        struct hart_trace *hooks = hub_add(m->hart[i]);
        if (!hooks)
            break;
        r->hart[i].r = r;
        *hooks = (struct hart_trace){.ctx = &r->hart[i], .mode = on_mode};
        hub_refresh(m->hart[i]);
        if (i + 1 == m->num_harts)
            return r;
    }
    if (r)
        residency_free(r);
    error_set(err, "no memory for the report");
    return NULL;
}

void residency_settle(struct residency *r)
{
    for (u32 i = 0; i < r->m->num_harts; i++)
        leave(&r->hart[i], r->m->hart[i], (enum mode)r->m->hart[i]->mode, r->m->hart[i]->clock);
}

u64 residency_width(const struct residency *r)
{
    return r->width;
}

u32 residency_used(const struct residency *r)
{
    return r->used;
}

u64 residency_slots(const struct residency *r, u32 hart, u32 i, unsigned series)
{
    return r->hart[hart].slots[i][series];
}

void residency_free(struct residency *r)
{
    free(r->hart);
    free(r);
}
