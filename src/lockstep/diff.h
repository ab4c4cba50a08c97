/* hextant diff: where two runs part. */
#ifndef HEXTANT_LOCKSTEP_DIFF_H
#define HEXTANT_LOCKSTEP_DIFF_H

#include <stdio.h>

#include "common/error.h"
#include "machine/machine.h"

/* Runs two machines beside each other and compares all that they are, again and again. Where they
 * are no longer the same, goes back and finds the instruction that made the difference; tells it to
 * `out`, with what differs. What differs before the first instruction is not compared, and said.
 * Returns 0 if both end without a difference, else EXIT_DIFFERENCE; -1 with *err. */
int diff_run(const struct options *a, const struct options *b, FILE *out, struct error *err);

/* The command: argv is "diff", what both runs have, then "--", what only the first has, "--", what
 * only the second has; or two recordings. Returns the exit status. */
int command_diff(int argc, char **argv);

#endif
