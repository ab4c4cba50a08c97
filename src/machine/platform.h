/* The machine as its harts see it. */
#ifndef HEXTANT_MACHINE_PLATFORM_H
#define HEXTANT_MACHINE_PLATFORM_H

#include "machine/machine.h"

/* Fills in m->platform, before there are harts: bus, number of harts and choice of engine are
 * known. */
void platform_init(struct machine *m);

#endif
