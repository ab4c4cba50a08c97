/* --trace=: the lines. */
#ifndef HEXTANT_TRACE_TRACER_H
#define HEXTANT_TRACE_TRACER_H

#include "common/error.h"
#include "common/types.h"

struct machine;
struct tracer;

/* Opens --trace-file and puts listeners on the harts for --trace=. NULL with *err on failure. */
struct tracer *tracer_new(struct machine *m, struct error *err);
/* One more filter, as --trace= has it, from now on; the harts stand still. 0, or -1 with *err. */
int tracer_add(struct tracer *t, const char *text, struct error *err);
/* No filter any more: nothing is traced until the next is added. */
void tracer_clear(struct tracer *t);
/* The n-th filter as it was written, or NULL. */
const char *tracer_filter(const struct tracer *t, u32 n);
/* What has been traced so far reaches the file. */
void tracer_flush(struct tracer *t);
/* Finishes the file and frees. 0, or -1 with *err. */
int tracer_close(struct tracer *t, struct error *err);

#endif
