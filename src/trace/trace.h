/* Everything that looks on at a run and writes about it: traces, the timeline, VM exits, profiles,
 * the report. */
#ifndef HEXTANT_TRACE_TRACE_H
#define HEXTANT_TRACE_TRACE_H

#include <stdio.h>

#include "common/error.h"
#include "common/types.h"

struct machine;

/* Opens what m->config.opt asks for and puts the listeners on every hart; the machine frees them
 * with itself. 0, or -1 with *err. */
int trace_start(struct machine *m, struct error *err);
/* While the machine stands still: traces what `text` says, as --trace= does, from now on; to
 * --trace-file, or standard error. 0, or -1 with *err. */
int trace_add(struct machine *m, const char *text, struct error *err);
/* Traces nothing any more. */
void trace_clear(struct machine *m);
/* What is traced now: the n-th, as it was written, or NULL. */
const char *trace_active(const struct machine *m, u32 n);
/* What has been traced so far is written. */
void trace_flush(struct machine *m);
/* The run is over: prints the tables to `out`, finishes the files. 0, or -1 with *err. */
int trace_finish(struct machine *m, FILE *out, struct error *err);
/* Makes m->symbols, if it is NULL: the symbols of the program that runs, and of --symbols=. 0, or
 * -1 with *err. */
int trace_load_symbols(struct machine *m, struct error *err);

#endif
