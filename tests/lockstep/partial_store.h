/* What hextant and Spike do differently when a store faults on its second page. */
#ifndef LOCKSTEP_PARTIAL_STORE_H
#define LOCKSTEP_PARTIAL_STORE_H

#include "cpu/hart.h"

/* If the exception is that of such a store, writes the bytes on the first page. True if it did. */
bool finish_partial_store(struct hart *h, const struct trap_event *ev);

#endif
