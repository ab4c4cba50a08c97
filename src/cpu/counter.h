/* Performance counters: brought up to date from the clock when somebody looks. */
#ifndef HEXTANT_CPU_COUNTER_H
#define HEXTANT_CPU_COUNTER_H

#include "common/types.h"

struct hart;

/* Adds what has happened since the last call, in the present mode, to every counter that counts;
 * raises LCOFI for those that overflow. */
void counters_update(struct hart *h);
/* Slot at which a counter of cycles or instructions may next overflow, or UINT64_MAX. */
u64 counters_next_overflow(const struct hart *h);

#endif
