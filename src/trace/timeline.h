/* --timeline=: modes, VM exits, firmware calls and interrupts over time, in the trace-event JSON
 * that Perfetto and Chrome's viewer open. */
#ifndef HEXTANT_TRACE_TIMELINE_H
#define HEXTANT_TRACE_TIMELINE_H

#include "common/error.h"

struct guest_maps;
struct machine;
struct timeline;

/* Opens m->config.opt.timeline and puts a listener on every hart. `maps` names guests' devices.
 * NULL with *err on failure. */
struct timeline *timeline_new(struct machine *m, struct guest_maps *maps, struct error *err);
/* Ends what is open, finishes the file and frees. 0, or -1 with *err. */
int timeline_close(struct timeline *t, struct error *err);

#endif
