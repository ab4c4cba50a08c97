/* Rings of recent traps. */
#include "monitor/record.h"

#include <stdlib.h>
#include <string.h>

int record_init(struct trap_log *log)
{
    log->all = calloc(RECORD_KEPT, sizeof *log->all);
    log->faults = calloc(RECORD_KEPT, sizeof *log->faults);
    return log->all && log->faults ? 0 : -1;
}

void record_free(struct trap_log *log)
{
    free(log->all);
    free(log->faults);
}

void record_trap(struct trap_log *log, const struct hart *h, const struct trap_event *ev)
{
    struct trap_record *r = &log->all[log->count++ % RECORD_KEPT];
    r->ev = *ev;
    r->trap = h->trap;
    r->insn = h->insn;
    r->insn_len = h->insn_len;
    r->number = log->count;
    memcpy(r->state, h, sizeof r->state);
    if (is_fault(ev))
        log->faults[log->fault_count++ % RECORD_KEPT] = *r;
}

static const struct trap_record *nth(const struct trap_record *ring, u64 count, unsigned n)
{
    return n < count && n < RECORD_KEPT ? &ring[(count - 1 - n) % RECORD_KEPT] : NULL;
}

const struct trap_record *record_last(const struct trap_log *log, unsigned n)
{
    return nth(log->all, log->count, n);
}

const struct trap_record *record_last_fault(const struct trap_log *log, unsigned n)
{
    return nth(log->faults, log->fault_count, n);
}
