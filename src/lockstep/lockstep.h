/* --engine=lockstep: the fast and the plain engine against each other. */
#ifndef HEXTANT_LOCKSTEP_LOCKSTEP_H
#define HEXTANT_LOCKSTEP_LOCKSTEP_H

#include <stdio.h>

#include "common/error.h"
#include "machine/machine.h"

/* Runs the guest on two machines, one for each engine, and compares every architectural field after
 * slices of random length, and memory now and then and at the end. The first difference is reported
 * to `out` with the instructions that led to it and both values. Returns the exit status of the
 * process: the guest's or EXIT_DIFFERENCE; -1 with *err if the options do not allow it. */
int lockstep_run(const struct options *opt, FILE *out, struct error *err);

/* Compares the architectural fields of two harts, a's and b's. Prints each that differs to `out`
 * ("hart 0 x[5]: fast 0x1, plain 0x2") unless that is NULL. Returns how many values differ. */
unsigned lockstep_compare_harts(const struct hart *a, const struct hart *b, FILE *out);

#endif
