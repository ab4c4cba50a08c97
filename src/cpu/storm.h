/* Trap storms: the same exception again and again, without anything being executed where it comes
 * from. Looked for where exceptions are taken; nothing else pays for it. */
#ifndef HEXTANT_CPU_STORM_H
#define HEXTANT_CPU_STORM_H

#include "common/types.h"

struct hart;

/* A trap is about to be taken from the present mode. interrupt: 1, or 0 for the exception in
 * h->trap. Tells the platform when config.storm_traps of the same kind have come in a row. */
void storm_trap(struct hart *h, unsigned interrupt);
/* The hart goes on somewhere else, in a handler or behind a return. retiring: 1 if the instruction
 * that leads there retires (xRET). */
void storm_moved(struct hart *h, unsigned retiring);
/* Begins to count the present mode's exceptions anew. */
void storm_forget(struct hart *h);

#endif
