/* Semihosting as harts meet it: which EBREAK is a call, and the guest's memory for its arguments.
 * What the calls do is in devices/semihost.c. */
#ifndef HEXTANT_MACHINE_SEMIHOST_H
#define HEXTANT_MACHINE_SEMIHOST_H

#include "machine/machine.h"

/* The hart is at an EBREAK (RISC-V Semihosting 1.0, chapter 2). 0: it is no call, nothing has
 * happened. 1: h->npc says where it goes on: behind it; or at it, if a call waits for input. */
int semihost_call(struct machine *m, struct hart *h);

#endif
