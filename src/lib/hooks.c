/* What the library's user is told while a machine runs: listeners of the hub. */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"
#include "trace/hub.h"
#include "trace/trace.h"

/* One set of hooks on one hart. */
struct told {
    struct hx_hooks hooks;
    struct told *next;
    u64 traps; /* of the hart, before the present instruction */
    u64 pc;    /* of that */
    u8 mode;
};

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    const struct told *t = ctx;
    struct hx_trap trap = hx_trap_of(ev);
    if (!ev->interrupt && h->trace.plain)
        trap.insn = h->insn;
    t->hooks.trap(t->hooks.ctx, h->id, &trap);
}

static void on_mode(void *ctx, struct hart *h, enum mode from)
{
    const struct told *t = ctx;
    t->hooks.mode(t->hooks.ctx, h->id, from, h->mode);
}

static void on_start(void *ctx, struct hart *h)
{
    struct told *t = ctx;
    t->traps = h->event[EVENT_TRAP];
    t->pc = h->pc;
    t->mode = h->mode;
}

static void on_insn(void *ctx, struct hart *h)
{
    const struct told *t = ctx;
    struct hx_insn insn = {.pc = t->pc & MASK(h->config.xlen), .bits = h->insn, .mode = t->mode};
    if (t->traps == h->event[EVENT_TRAP])
        t->hooks.insn(t->hooks.ctx, h->id, &insn);
}

static void on_memory(void *ctx, struct hart *h, const struct mem_event *ev)
{
    static const u8 kinds[] = {[MEM_EVENT_LOAD] = HX_LOAD,
                               [MEM_EVENT_STORE] = HX_STORE,
                               [MEM_EVENT_AMO] = HX_AMO,
                               [MEM_EVENT_LR] = HX_LOAD};
    const struct told *t = ctx;
    struct hx_memory_access a = {.kind = kinds[ev->kind],
                                 .size = ev->size,
                                 .mode = ev->mode,
                                 .device = ev->device,
                                 .va = ev->va,
                                 .pa = ev->pa,
                                 .value = ev->value};
    t->hooks.memory(t->hooks.ctx, h->id, &a);
}

/* 0, or -1 without memory or place. */
static int listen_to(struct hx_machine *x, struct hart *h, const struct hx_hooks *hooks)
{
    struct told *t = calloc(1, sizeof *t);
    struct hart_trace *l = t ? hub_add(h) : NULL;
    if (!l) {
        free(t);
        return -1;
    }
    memcpy(&t->hooks, hooks, hooks->size < sizeof t->hooks ? hooks->size : sizeof t->hooks);
    t->next = x->told;
    x->told = t;
    *l = (struct hart_trace){.ctx = t,
                             .trap = t->hooks.trap ? on_trap : NULL,
                             .mode = t->hooks.mode ? on_mode : NULL,
                             .insn_start = t->hooks.insn ? on_start : NULL,
                             .insn = t->hooks.insn ? on_insn : NULL,
                             .mem = t->hooks.memory ? on_memory : NULL,
                             .plain = t->hooks.insn || t->hooks.memory};
    hub_refresh(h);
    return 0;
}

int hx_hook(struct hx_machine *x, const struct hx_hooks *hooks, struct hx_error *err)
{
    struct error why;
    error_set(&why, "no memory for hooks, or too many of them");
    for (u32 i = 0; i < x->m->num_harts; i++)
        if (listen_to(x, x->m->hart[i], hooks))
            return hx_fail(err, &why);
    return 0;
}

void hx_free_hooks(struct hx_machine *x)
{
    while (x->told) {
        struct told *t = x->told;
        x->told = t->next;
        free(t);
    }
}
