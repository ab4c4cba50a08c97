/* What the library's user is told while a machine runs: listeners of the hub. */
#include <stdlib.h>
#include <string.h>

#include "devices/chardev.h"
#include "lib/lib.h"
#include "sbi/sbi.h"
#include "trace/hub.h"
#include "trace/trace.h"

/* One set of hooks on one hart. */
struct told {
    struct hx_hooks hooks;
    struct told *next;
    bool first; /* of its set: for what concerns no hart, or is told for all */
    u64 traps;  /* of the hart, before the present instruction */
    u64 pc;     /* of that */
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

static void on_irq(void *ctx, struct hart *h, unsigned irq, unsigned level)
{
    const struct told *t = ctx;
    t->hooks.interrupt(t->hooks.ctx, h->id, irq, level);
}

/* ---- what the firmware and the consoles tell, once for all sets ---- */

static void on_sbi(void *ctx, const struct sbi_event *ev)
{
    const struct hx_machine *x = ctx;
    const struct hart *h = ev->hart;
    if (ev->kind != SBI_EVENT_CALL)
        return;
    struct hx_sbi_call call = {.pc = ev->pc & MASK(h->config.xlen),
                               .extension = h->x[17] & MASK(h->config.xlen),
                               .function = h->x[16] & MASK(h->config.xlen),
                               .error = ev->error,
                               .value = ev->value,
                               .mode = ev->mode,
                               .text = ev->text};
    for (const struct told *t = x->told; t; t = t->next)
        if (t->first && t->hooks.sbi)
            t->hooks.sbi(t->hooks.ctx, h->id, &call);
}

static void on_output(const struct hx_machine *x, u32 console, const void *buf, size_t len)
{
    for (const struct told *t = x->told; t; t = t->next)
        if (t->first && t->hooks.console)
            t->hooks.console(t->hooks.ctx, console, buf, len);
}

static void on_serial(void *ctx, const void *buf, size_t len)
{
    on_output(ctx, HX_SERIAL, buf, len);
}

static void on_console(void *ctx, const void *buf, size_t len)
{
    on_output(ctx, HX_CONSOLE, buf, len);
}

static void listen_to_machine(struct hx_machine *x, const struct hx_hooks *hooks)
{
    struct machine *m = x->m;
    if (hooks->sbi && m->sbi && !x->hears_sbi) {
        x->hears_sbi = true;
        sbi_add_tracer(m->sbi, on_sbi, x);
    }
    if (!hooks->console)
        return;
    chardev_tell(m->host.console, on_serial, x);
    if (m->host.terminal && m->host.terminal != m->host.console)
        chardev_tell(m->host.terminal, on_console, x);
}

/* ---- */

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
    t->first = h == x->m->hart[0];
    t->next = x->told;
    x->told = t;
    *l = (struct hart_trace){.ctx = t,
                             .trap = t->hooks.trap ? on_trap : NULL,
                             .mode = t->hooks.mode ? on_mode : NULL,
                             .irq = t->hooks.interrupt ? on_irq : NULL,
                             .insn_start = t->hooks.insn ? on_start : NULL,
                             .insn = t->hooks.insn ? on_insn : NULL,
                             .mem = t->hooks.memory ? on_memory : NULL,
                             .plain = t->hooks.insn || t->hooks.memory};
    hub_refresh(h);
    if (t->first)
        listen_to_machine(x, &t->hooks);
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
