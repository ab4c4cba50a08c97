/* The run loop of one hart: interrupts, then as much of the fast engine as fits before the next
 * event, then the rest plainly. Every event falls on an exact slot, whichever engine runs. */
#include "bus/bus.h"
#include "cpu/exec.h"
#include "cpu/fp_host.h"
#include "cpu/irq.h"
#include "cpu/platform.h"
#include "cpu/post.h"
#include "cpu/trap.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

/* What must happen before the next instruction. Returns 0 if the hart cannot execute one. */
static ALWAYS_INLINE int before_instruction(struct hart *h)
{
    if (UNLIKELY(post_waits(h)))
        post_drain(h);
    if (UNLIKELY(h->clock >= h->next_event))
        update_timers(h);
    if (UNLIKELY(h->wait)) {
        if (h->wait == WAIT_STOPPED || !hart_wakes(h))
            return 0;
        h->wait = WAIT_NONE;
        h->d.irq_check = 1;
    }
    if (h->d.irq_check && LIKELY(!h->trap_triggers)) {
        struct delegation d;
        h->d.irq_check = 0;
        int irq = pending_interrupt(h, &d);
        if (irq >= 0)
            take_interrupt(h, irq, &d);
    }
    return 1;
}

/* Runs blocks until `end` at most. 0 if nothing could be run. */
static int run_blocks(struct hart *h, u64 end)
{
    if (h->elp || UNLIKELY(h->d.triggers & TRIGGER_STEP))
        return 0;
    const struct op *op = block_find(h);
    if (!op || op->fn == op_break || op->n > end - h->clock)
        return 0;
    h->run_end = end;
    h->budget = (s64)(end - h->clock) - op->n;
    h->d.exit_block = 0;
    fast_run(h, op);
    h->clock = h->run_end - (u64)h->budget;
    if (h->d.trapped) {
        h->d.trapped = 0;
        take_exception(h);
    }
    return 1;
}

/* One instruction, plainly. */
static void step(struct hart *h)
{
    u64 before = h->clock;
    if (UNLIKELY(h->trace.insn_start != NULL))
        h->trace.insn_start(h->trace.ctx, h);
    plain_step(h);
    if (UNLIKELY(h->trace.insn != NULL) && h->clock != before) /* not held */
        h->trace.insn(h->trace.ctx, h);
}

/* The slot at which the engine must come back. */
static u64 next_stop(struct hart *h)
{
    u64 end = h->next_event < h->slice_end ? h->next_event : h->slice_end;
    if (UNLIKELY(h->trace.alarm != NULL)) {
        if (h->clock >= h->trace.alarm_at)
            h->trace.alarm(h->trace.ctx, h);
        if (h->trace.alarm_at < end)
            end = h->trace.alarm_at;
    }
    return end;
}

enum hart_exit hart_run(struct hart *h, u64 slots)
{
    const struct platform *world = h->platform;
    const u32 *stop = world->stop;
    h->slice_end = h->clock + slots;
    enum hart_exit why = HART_SLOTS_USED;
    if (UNLIKELY(code_area_lost(&h->blocks->code)))
        block_code_anew(h);
    if (wait_is_turn(h->wait))
        h->wait = WAIT_NONE; /* the other harts have run */
    struct fp_env caller = fp_run_enter();
    while (h->clock < h->slice_end) {
        if (!before_instruction(h)) {
            why = HART_WAITING;
            break;
        }
        if (UNLIKELY(*stop)) { /* by a debugger that waits for interrupts */
            why = HART_STOP_REQUEST;
            break;
        }
        u64 end = next_stop(h);
        if (world->plain || h->trace.plain || !run_blocks(h, end)) {
            if (UNLIKELY(h->debug.before != NULL) && !h->debug.before(h->debug.ctx, h)) {
                why = HART_STOP_REQUEST;
                break;
            }
            step(h);
        }
        if (UNLIKELY(*stop)) {
            why = HART_STOP_REQUEST;
            break;
        }
    }
    h->fflags |= fp_run_leave(caller);
    return why;
}
