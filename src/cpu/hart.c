/* A hart's life: allocation, reset, derived state. */
#include "cpu/hart.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/counter.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/platform.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

const struct state_row hart_rows[] = {
#define F(name, reset) STATE_FIELD(struct hart, name),
#define A(name, count) STATE_ARRAY(struct hart, name),
#include "cpu/state.def"
#undef F
#undef A
};
const u32 hart_num_rows = ARRAY_LEN(hart_rows);

static const struct state_row micro_rows[] = {
#define F(name)        STATE_FIELD(struct hart, name),
#define A(name, count) STATE_ARRAY(struct hart, name),
#include "cpu/micro.def"
#undef F
#undef A
};

struct state_part hart_part(const struct hart *h)
{
    return state_part(h, hart_rows, hart_num_rows, "hart %u", h->id);
}

struct state_part hart_micro_part(const struct hart *h)
{
    return state_part(h, micro_rows, ARRAY_LEN(micro_rows), "hart %u, besides", h->id);
}

struct hart *hart_new(const struct hart_config *config, u32 id, const struct platform *platform)
{
    insn_init();
    struct hart *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->config = *config;
    h->id = id;
    h->platform = platform;
    h->bus = platform->bus;
    h->tlb = tlb_new();
    h->blocks = block_cache_new();
    if (!h->tlb || !h->blocks) {
        hart_free(h);
        return NULL;
    }
    block_cache_setup(h);
    return h;
}

void hart_free(struct hart *h)
{
    if (!h)
        return;
    tlb_free(h->tlb);
    block_cache_free(h->blocks);
    free(h);
}

void hart_reset(struct hart *h)
{
    u64 lines = h->mip_lines, clock = h->clock;
#define F(name, reset) h->name = (reset);
#define A(name, count) memset(h->name, 0, sizeof h->name);
#include "cpu/state.def"
#undef F
#undef A
    h->mip_lines = lines & ~(BIT(IRQ_STI) | BIT(IRQ_VSTI));
    h->clock = h->unretired = clock;
    h->pc = h->config.reset_pc;
    csr_reset(h);
    hart_derive(h);
}

void hart_derive(struct hart *h)
{
    csr_derive(h);
    trigger_derive(h);
    counters_derive(h);
    h->fetch_miss_page = 1; /* no page: nothing has failed */
    mmu_flush_all(h);
    block_drop_all(h);
    block_key_changed(h);
    h->counted_clock = h->clock;
    h->counted_unretired = h->unretired;
    update_timers(h);
    hart_attention(h);
}

void mode_entered(struct hart *h, enum mode from)
{
    mmu_mode_changed(h);
    if (UNLIKELY(h->trace.mode != NULL) && from != h->mode)
        h->trace.mode(h->trace.ctx, h, from);
    if (UNLIKELY(h->debug.mode != NULL) && from != h->mode)
        h->debug.mode(h->debug.ctx, h, from);
}

u64 hart_clock(const struct hart *h)
{
    return h->clock;
}

void hart_critical_error(struct hart *h)
{
    if (!h->debug.dry)
        h->platform->critical_error(h->platform->ctx, h);
    h->wait = WAIT_STOPPED;
    h->d.exit_block = 1;
}
