/* --trace=: the lines. */
#ifndef HEXTANT_TRACE_TRACER_H
#define HEXTANT_TRACE_TRACER_H

#include "common/error.h"

struct machine;
struct tracer;

/* Opens --trace-file and puts listeners on the harts for --trace=. NULL with *err on failure. */
struct tracer *tracer_new(struct machine *m, struct error *err);
/* Finishes the file and frees. 0, or -1 with *err. */
int tracer_close(struct tracer *t, struct error *err);

#endif
