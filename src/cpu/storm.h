/* Trap storms: the same exception again and again, without anything being executed where it comes
 * from. Looked for where exceptions are taken; nothing else pays for it. */
#ifndef HEXTANT_CPU_STORM_H
#define HEXTANT_CPU_STORM_H

#include "common/types.h"
#include "cpu/hart.h"

/* The exception in h->trap, no environment call, is about to be taken from the present mode. Tells
 * the platform when config.storm_traps of the same kind have come in a row. */
void storm_exception(struct hart *h);
/* Begins to count the present mode's exceptions anew. */
void storm_forget(struct hart *h);

static inline u64 storm_retired(const struct hart *h)
{
    return h->clock - h->unretired;
}

/* A trap is about to be taken from the present mode. interrupt: 1, or 0 for the exception in
 * h->trap. */
static inline void storm_trap(struct hart *h, unsigned interrupt)
{
    bool call = !interrupt && h->trap.cause >= CAUSE_ECALL_U && h->trap.cause <= CAUSE_ECALL_M;
    if (call || storm_retired(h) != h->storm_moved)
        h->storm_count[h->mode] = 0;
    if (!call && !interrupt)
        storm_exception(h);
}

/* The hart goes on somewhere else, in a handler or behind a return. retiring: 1 if the instruction
 * that leads there retires (xRET). */
static inline void storm_moved(struct hart *h, unsigned retiring)
{
    h->storm_moved = storm_retired(h) + retiring;
}

#endif
