/* A histogram of any range in little room: exact below 64, then 32 steps for each doubling (a value
 * read back is at most 3% too large). */
#ifndef HEXTANT_TRACE_HISTOGRAM_H
#define HEXTANT_TRACE_HISTOGRAM_H

#include "common/types.h"

enum { HISTOGRAM_STEP_BITS = 5, HISTOGRAM_SLOTS = 64 + (64 - 6) * 32 };

struct histogram {
    u64 count, min, max, sum;
    u32 *slot; /* HISTOGRAM_SLOTS, made when the first value arrives */
};

/* Adds one value. */
void histogram_add(struct histogram *h, u64 value);
/* Adds the values of another. */
void histogram_merge(struct histogram *h, const struct histogram *other);
/* The value that `permille` thousandths of the values do not exceed; 0 if there are none. */
u64 histogram_quantile(const struct histogram *h, unsigned permille);
/* Least value that belongs in slot i, and the slot of a value. */
u64 histogram_slot_start(unsigned i);
unsigned histogram_slot(u64 value);
void histogram_free(struct histogram *h);

#endif
