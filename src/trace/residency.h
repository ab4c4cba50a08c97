/* How long each hart spends in each mode, over time, in a fixed number of intervals that grow with
 * the run. */
#ifndef HEXTANT_TRACE_RESIDENCY_H
#define HEXTANT_TRACE_RESIDENCY_H

#include "common/error.h"
#include "cpu/mode.h"

struct machine;
struct residency;

enum { RESIDENCY_INTERVALS = 512, RESIDENCY_IDLE = MODE_COUNT, RESIDENCY_SERIES };

/* Puts a listener on every hart. NULL with *err on failure. */
struct residency *residency_new(struct machine *m, struct error *err);
/* The run is over: counts the modes that are still on. */
void residency_settle(struct residency *r);
/* Slots in one interval. */
u64 residency_width(const struct residency *r);
/* Intervals that have anything in them. */
u32 residency_used(const struct residency *r);
/* Slots that a hart spent in `series` (enum mode, or RESIDENCY_IDLE) during interval i. */
u64 residency_slots(const struct residency *r, u32 hart, u32 i, unsigned series);
void residency_free(struct residency *r);

#endif
