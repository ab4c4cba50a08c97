/* --profile=: where the instructions go, sampled every so many slots. */
#ifndef HEXTANT_TRACE_PROFILE_H
#define HEXTANT_TRACE_PROFILE_H

#include <stdio.h>

#include "common/error.h"
#include "trace/stacks.h"

struct machine;
struct profile;

/* Puts a listener on every hart that samples every m->config.opt.profile_period slots; the same
 * command line gives the same samples. NULL with *err on failure. */
struct profile *profile_new(struct machine *m, struct error *err);
/* Prints the shares of kinds of instructions, a line for each mode. */
void profile_print_mix(const struct profile *p, FILE *out);
/* Writes folded stacks to a file. 0, or -1 with *err. */
int profile_write(const struct profile *p, const char *path, struct error *err);
const struct stacks *profile_stacks(const struct profile *p);
void profile_free(struct profile *p);

#endif
