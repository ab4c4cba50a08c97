/* A walk for the guest that somebody looks on at: its steps are kept and handed to the trace. */
#include "cpu/hart.h"
#include "mmu/walk.h"

/* The steps of a walk that is being traced; a longer one loses the rest. */
struct steps {
    struct walk_step step[64];
    u32 num;
};

static void keep_step(void *ctx, const struct walk_step *step)
{
    struct steps *s = ctx;
    if (s->num < ARRAY_LEN(s->step))
        s->step[s->num++] = *step;
}

int walk_traced(struct walk *w, u64 va, struct xlate *x)
{
    struct hart *h = w->h;
    struct steps steps;
    steps.num = 0;
    const struct recorder rec = {.step = keep_step, .ctx = &steps, .live = 1};
    w->rec = &rec;
    int rc = walk(w, va, x);
    w->rec = NULL;
    struct walk_event ev = {
        .walk = w, .xlate = rc ? NULL : x, .step = steps.step, .num_steps = steps.num, .va = va};
    h->trace.walk(h->trace.ctx, h, &ev);
    return rc;
}
