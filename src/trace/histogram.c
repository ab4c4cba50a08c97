/* Histograms with logarithmic steps. */
#include "trace/histogram.h"

#include <stdlib.h>

enum { STEPS = 1 << HISTOGRAM_STEP_BITS, EXACT = 2 * STEPS };

unsigned histogram_slot(u64 value)
{
    if (value < EXACT)
        return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
    return EXACT + (shift - 1) * STEPS + (unsigned)(value >> shift) - STEPS;
}

u64 histogram_slot_start(unsigned i)
{
    if (i < EXACT)
        return i;
    unsigned shift = (i - EXACT) / STEPS + 1;
    return (u64)((i - EXACT) % STEPS + STEPS) << shift;
}

void histogram_add(struct histogram *h, u64 value)
{
    if (h->count == 0 || value < h->min)
        h->min = value;
    if (value > h->max)
        h->max = value;
    h->count++;
    h->sum += value;
    if (!h->slot)
        h->slot = calloc(HISTOGRAM_SLOTS, sizeof *h->slot);
    if (h->slot)
        h->slot[histogram_slot(value)]++;
}

void histogram_merge(struct histogram *h, const struct histogram *other)
{
    if (other->count == 0)
        return;
    if (h->count == 0 || other->min < h->min)
        h->min = other->min;
    if (other->max > h->max)
        h->max = other->max;
    h->count += other->count;
    h->sum += other->sum;
    if (!h->slot)
        h->slot = calloc(HISTOGRAM_SLOTS, sizeof *h->slot);
    for (unsigned i = 0; h->slot && other->slot && i < HISTOGRAM_SLOTS; i++)
        h->slot[i] += other->slot[i];
}

u64 histogram_quantile(const struct histogram *h, unsigned permille)
{
    u64 below = (h->count * permille + 999) / 1000, seen = 0;
    if (below == 0)
        below = 1;
    for (unsigned i = 0; h->slot && i < HISTOGRAM_SLOTS; i++) {
        seen += h->slot[i];
        if (seen < below)
            continue;
        u64 last = i + 1 < HISTOGRAM_SLOTS ? histogram_slot_start(i + 1) - 1 : UINT64_MAX;
        return last < h->max ? last : h->max;
    }
    return h->max;
}

void histogram_free(struct histogram *h)
{
    free(h->slot);
    h->slot = NULL;
}
