/* Rings of recent traps. */
#include "monitor/record.h"

#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"

int record_init(struct trap_log *log)
{
    return record_keep(log, RECORD_KEPT);
}

/* The records of one kind in a ring of `kept`, each at the place that its number has there. */
static struct trap_record *larger_ring(const struct trap_log *log, const struct trap_record *old,
                                       u64 count, u64 kept)
{
    struct trap_record *ring = calloc(kept, sizeof *ring);
    for (u64 n = 1; ring && n <= log->kept && n <= count; n++)
        ring[(count - n) % kept] = old[(count - n) % log->kept];
    return ring;
}

/* Puts the two kinds in the order in which they came. */
static void restore_order(struct trap_log *to, const struct trap_log *from)
{
    u64 fault = to->fault_count, other = to->other_count;
    for (u64 n = 1; n <= from->kept && n <= from->count; n++) {
        const struct trap_record *was = from->all[(from->count - n) % from->kept];
        to->all[(to->count - n) % to->kept] =
            is_fault(&was->ev) ? &to->fault[--fault % to->kept] : &to->other[--other % to->kept];
    }
}

int record_keep(struct trap_log *log, u64 kept)
{
    struct trap_log to = *log;
    if (kept <= log->kept)
        return 0;
    to.kept = kept;
    to.fault = larger_ring(log, log->fault, log->fault_count, kept);
    to.other = larger_ring(log, log->other, log->other_count, kept);
    to.all = calloc(kept, sizeof(struct trap_record *));
    if (!to.fault || !to.other || !to.all) {
        record_free(&to);
        return -1;
    }
    restore_order(&to, log);
    record_free(log);
    *log = to;
    return 0;
}

void record_free(struct trap_log *log)
{
    free(log->fault);
    free(log->other);
    free(log->all);
}

void record_forget(struct trap_log *log)
{
    log->count = log->fault_count = log->other_count = 0;
}

/* By which cached translation the access went that was refused, if memory says something else. */
static struct cached stale_entry(struct hart *h)
{
    const struct refusal *why = &h->trap.refusal;
    const struct request q = {.space = VIEW_VA,
                              .mode = why->mode,
                              .access = why->access,
                              .flags = why->flags | MEM_PROBE,
                              .addr = h->trap.tval};
    struct report rep;
    if (!refused_access(why))
        return (struct cached){0};
    report_make(h, &rep, &q);
    return cached_find(h, h->tlb, &rep);
}

void record_trap(struct trap_log *log, struct hart *h, const struct trap_event *ev)
{
    struct trap_record *r = is_fault(ev) ? &log->fault[log->fault_count++ % log->kept]
                                         : &log->other[log->other_count++ % log->kept];
    log->all[log->count++ % log->kept] = r;
    r->ev = *ev;
    r->trap = h->trap;
    r->insn = h->insn;
    r->insn_len = h->insn_len;
    r->executed = machine_executed(machine_of(h)) - !ev->interrupt;
    r->stale = ev->interrupt ? (struct cached){0} : stale_entry(h);
    memcpy(r->state, h, sizeof r->state);
}

const struct trap_record *record_last(const struct trap_log *log, unsigned n)
{
    return n < log->count && n < log->kept ? log->all[(log->count - 1 - n) % log->kept] : NULL;
}

const struct trap_record *record_last_fault(const struct trap_log *log, unsigned n)
{
    return n < log->fault_count && n < log->kept
               ? &log->fault[(log->fault_count - 1 - n) % log->kept]
               : NULL;
}
