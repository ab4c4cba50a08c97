/* The copy of a hart. */
#include "monitor/probe.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/imsic.h"
#include "bus/bus.h"
#include "machine/machine.h"
#include "mmu/tlb.h"
#include "monitor/record.h"

enum { CAUSE_REACHED_MEMORY = 63 }; /* no exception has this number */

/* What nothing answers may go on: it faults. */
static int on_access(void *ctx, struct hart *h, const struct hart_access *a)
{
    (void)ctx;
    if (!bus_find_memory(h->bus, a->pa, 1) && !bus_find_device(h->bus, a->pa, 1))
        return 0;
    h->trap = (struct trap){.cause = CAUSE_REACHED_MEMORY};
    return TRAPPED;
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct probe *p = ctx;
    p->out.trap = h->trap;
    p->out.ev = *ev;
    p->out.memory = !ev->interrupt && ev->cause == CAUSE_REACHED_MEMORY;
    p->out.trapped = !p->out.memory;
}

struct probe *probe_new(struct machine *m)
{
    struct probe *p = calloc(1, sizeof *p);
    struct hart_config config = m->hart[0]->config;
    if (!p)
        return NULL;
    config.code =
        CODE_HANDLERS; /* it executes single instructions; a sandbox grants no more code */
    p->h = hart_new(&config, 0, &m->platform);
    if (!p->h) {
        free(p);
        return NULL;
    }
    p->h->debug = (struct hart_debug){
        .ctx = p, .trap = on_trap, .va_pages = ~0ull, .access = on_access, .dry = true};
    return p;
}

void probe_free(struct probe *p)
{
    if (!p)
        return;
    hart_free(p->h);
    free(p);
}

void probe_settle(struct probe *p)
{
    csr_derive(p->h);
    mmu_flush_all(p->h);
    block_key_changed(p->h);
}

/* What the copy does to interrupt files is not done to the hart's. */
static void copy_files(struct imsic *to, const struct imsic *from)
{
    if (to && from)
        *to = *from;
}

static void load(struct probe *p, const struct hart *h, const void *state)
{
    p->h->id = h->id;
    memcpy(p->h, state, HART_STATE_BYTES);
    copy_files(p->h->imsic, h->imsic);
    p->h->next_event = UINT64_MAX;
    p->h->slice_end = p->h->clock + 1;
    p->h->hgatp_dropped = p->h->hgatp == h->hgatp ? h->hgatp_dropped : 0;
    probe_settle(p);
}

void probe_load(struct probe *p, const struct hart *h)
{
    load(p, h, h);
}

void probe_load_record(struct probe *p, const struct hart *h, const struct trap_record *r)
{
    load(p, h, r->state);
}

struct outcome probe_execute(struct probe *p)
{
    u64 state[HART_STATE_BYTES / 8];
    struct imsic files;
    memcpy(state, p->h, sizeof state);
    copy_files(&files, p->h->imsic);
    memset(&p->out, 0, sizeof p->out);
    plain_step(p->h);
    p->out.insn = p->h->insn;
    p->out.dead = p->h->wait == WAIT_STOPPED && !p->out.trapped;
    struct outcome out = p->out;
    memcpy(p->h, state, sizeof state);
    copy_files(p->h->imsic, &files);
    probe_settle(p);
    return out;
}

struct outcome probe_interrupt(struct probe *p)
{
    struct delegation d;
    struct outcome out = {0};
    int irq = pending_interrupt(p->h, &d);
    out.wakes = irq < 0 && p->h->wait != WAIT_NONE && hart_wakes(p->h);
    if (irq < 0)
        return out;
    out.trapped = true;
    out.ev = (struct trap_event){
        .cause = d.cause, .interrupt = 1, .bank = d.bank, .from = (u8)p->h->mode, .epc = p->h->pc};
    return out;
}

bool outcome_differs(const struct outcome *a, const struct outcome *b)
{
    if (a->trapped != b->trapped || a->dead != b->dead || a->wakes != b->wakes)
        return true;
    return a->trapped && (a->ev.cause != b->ev.cause || a->ev.bank != b->ev.bank ||
                          a->ev.interrupt != b->ev.interrupt);
}
