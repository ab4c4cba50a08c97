/* Performance counters: brought up to date from the clock when somebody looks. */
#ifndef HEXTANT_CPU_COUNTER_H
#define HEXTANT_CPU_COUNTER_H

#include "common/types.h"

struct hart;

/* A row of event.def. */
struct event_info {
    u32 sbi;          /* event_idx of SBI's PMU extension; 0: none */
    const char *text; /* in reports; NULL: not shown there */
};

/* By enum hart_event; EVENT_NONE is all zero. */
extern const struct event_info event_table[];

/* Adds what has happened since the last call, in the present mode, to every counter that counts;
 * raises LCOFI for those that overflow. */
void counters_update(struct hart *h);
/* Slot at which a counter of cycles or instructions may next overflow, or UINT64_MAX. */
u64 counters_next_overflow(const struct hart *h);

/* The mode is about to change. retiring: 1 if the instruction that changes it retires (xRET); it
 * counts in the mode that it leaves (Smcntrpmf). */
void counters_leave_mode(struct hart *h, unsigned retiring);
/* Derived state: is something filtered, are branches counted? */
void counters_derive(struct hart *h);
/* Clears the filters of modes that no longer exist (misa.H). */
void counters_legalise(struct hart *h);

#endif
