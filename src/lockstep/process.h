/* Trying something out in a process of its own. */
#ifndef HEXTANT_LOCKSTEP_PROCESS_H
#define HEXTANT_LOCKSTEP_PROCESS_H

#include "common/types.h"

/* Calls fn(arg) in a copy of this process, so that nothing it does is seen here. Returns what it
 * returned, 0..127; -1 when it crashed or could not be started. */
int in_child(int (*fn)(void *arg), void *arg);

#endif
