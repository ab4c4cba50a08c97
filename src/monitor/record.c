/* Rings of recent traps. */
#include "monitor/record.h"

#include <stdlib.h>
#include <string.h>

int record_init(struct trap_log *log)
{
    log->fault = calloc(RECORD_KEPT, sizeof *log->fault);
    log->other = calloc(RECORD_KEPT, sizeof *log->other);
    return log->fault && log->other ? 0 : -1;
}

void record_free(struct trap_log *log)
{
    free(log->fault);
    free(log->other);
}

void record_trap(struct trap_log *log, const struct hart *h, const struct trap_event *ev)
{
    struct trap_record *r = is_fault(ev) ? &log->fault[log->fault_count++ % RECORD_KEPT]
                                         : &log->other[log->other_count++ % RECORD_KEPT];
    log->all[log->count++ % RECORD_KEPT] = r;
    r->ev = *ev;
    r->trap = h->trap;
    r->insn = h->insn;
    r->insn_len = h->insn_len;
    memcpy(r->state, h, sizeof r->state);
}

const struct trap_record *record_last(const struct trap_log *log, unsigned n)
{
    return n < log->count && n < RECORD_KEPT ? log->all[(log->count - 1 - n) % RECORD_KEPT] : NULL;
}

const struct trap_record *record_last_fault(const struct trap_log *log, unsigned n)
{
    return n < log->fault_count && n < RECORD_KEPT
               ? &log->fault[(log->fault_count - 1 - n) % RECORD_KEPT]
               : NULL;
}
