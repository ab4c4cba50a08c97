/* One place of a run to which the machine goes back again and again, as a fuzzer needs it. That
 * costs what the run has changed since: of memory only the pages that were written are copied, rows
 * are copied from where they are to where they belong, and decoded code stays, but for that of
 * pages whose code has changed. (moments.h has any number of places, and makes the machine anew.)
 */
#ifndef HEXTANT_MACHINE_REWIND_H
#define HEXTANT_MACHINE_REWIND_H

#include "common/error.h"
#include "machine/machine.h"

/* The place is here; there is one in a machine, and none before. The machine does not run and has
 * not ended. 0, or -1 with *err: something that it has on the host cannot be had again, or there is
 * no memory. */
int rewind_keep(struct machine *m, struct error *err);
/* Back there. 0, or -1 with *err: there was no memory to keep what the guest has written. */
int rewind_go(struct machine *m, struct error *err);
/* Forgets it; the machine goes on where it is. */
void rewind_free(struct machine *m);

/* For the bus's listener: the page is about to be written. */
void rewind_first_write(struct machine *m, const struct mem_region *r, u64 page);

#endif
