/* The traps a hart has taken lately, each with its reason and with the registers as they were just
 * before: what `why` and `traps` look at. */
#ifndef HEXTANT_MONITOR_RECORD_H
#define HEXTANT_MONITOR_RECORD_H

#include "monitor/cached.h"
#include "monitor/probe.h"

struct trap_record {
    struct trap_event ev;
    struct trap trap; /* exceptions: what raise_exception() noted */
    u32 insn;         /* 0: was not fetched */
    u8 insn_len;
    u64 executed;        /* by all harts, before it: where `goto` leads to it */
    struct cached stale; /* an access refused: the cached translation by which it went, if memory
                            said something else */
    u64 state[HART_STATE_BYTES / 8];
};

/* Faults have records of their own, so that timer interrupts and calls do not push them out. */
enum { RECORD_KEPT = 16, RECORD_MOST = 10000 };
struct trap_log {
    u64 kept;                                 /* records in each: */
    struct trap_record *fault, *other, **all; /* used in turn */
    u64 count, fault_count, other_count;
};

/* 0, or -1 without memory. */
int record_init(struct trap_log *log);
/* From now on `kept` traps are kept, at most RECORD_MOST; fewer than before is no change. 0, or -1
 * without memory. */
int record_keep(struct trap_log *log, u64 kept);
void record_free(struct trap_log *log);
/* Forgets the traps, not how many are kept. */
void record_forget(struct trap_log *log);
/* The hart is about to take this trap. */
void record_trap(struct trap_log *log, struct hart *h, const struct trap_event *ev);
/* The n-th last trap (0: the last), or NULL; likewise among those that are neither interrupts nor
 * environment calls. */
const struct trap_record *record_last(const struct trap_log *log, unsigned n);
const struct trap_record *record_last_fault(const struct trap_log *log, unsigned n);
/* Is it an exception that is no environment call? */
static inline bool is_fault(const struct trap_event *ev)
{
    return !ev->interrupt && !(ev->cause >= CAUSE_ECALL_U && ev->cause <= CAUSE_ECALL_M);
}

#endif
