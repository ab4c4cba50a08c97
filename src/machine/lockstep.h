/* --engine=lockstep: the fast and the plain engine against each other. */
#ifndef HEXTANT_MACHINE_LOCKSTEP_H
#define HEXTANT_MACHINE_LOCKSTEP_H

#include "common/error.h"
#include "machine/machine.h"

/* Runs the guest on two machines, one for each engine, and compares every register at regular
 * points, and memory at the end. Reports the first difference with both states on stderr. Returns
 * the exit status of the process: the guest's, EXIT_DIFFERENCE, or -1 with *err. */
int lockstep_run(const struct options *opt, struct error *err);

#endif
