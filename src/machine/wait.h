/* The machine and its host: looking at it, and waiting when no hart has anything to do. */
#ifndef HEXTANT_MACHINE_WAIT_H
#define HEXTANT_MACHINE_WAIT_H

#include "machine/machine.h"

/* Is the run to end? Cheap enough for every round. */
void wait_look_for_signal(struct machine *m);
/* Looks at what the host has for the machine: input, signals, whoever holds it. */
void wait_poll_host(struct machine *m);
/* Does the hart wait, and nothing that is pending wakes it? */
bool wait_is_idle(const struct hart *h);
/* Do all harts, with nothing due? */
bool wait_all_idle(const struct machine *m);
/* All harts are idle: goes to the next event, asleep meanwhile if somebody lives in real time. */
void wait_for_event(struct machine *m);

#endif
