/* The state of a whole machine: saved, put back, and put to the test. */
#ifndef HEXTANT_MACHINE_STATE_H
#define HEXTANT_MACHINE_STATE_H

#include "common/error.h"
#include "common/state.h"
#include "machine/machine.h"

/* Tells all parts, always in the same order; the same for machines with the same configuration. 0,
 * or -1 when fn gave up. */
int machine_each_part(struct machine *m, state_fn fn, void *ctx);
/* The rows of machine.def alone. */
struct state_part machine_part(const struct machine *m);

/* Who is to put a state back: this process, which hands over what the machine has on the host, or
 * any. */
enum state_use { STATE_HERE, STATE_ELSEWHERE };

/* The two below are for a machine that does not run. They move rows: memory, and what is written to
 * disks that keep it in memory, is not among them. 0, or -1 with *err: also when something on the
 * host could not be had again elsewhere. */
int machine_save(struct machine *m, struct state_sink *sink, enum state_use use, struct error *err);
/* Into a machine with the same configuration; what is derived from the rows is made again. After a
 * failure the machine cannot run. */
int machine_load(struct machine *m, struct state_source *source, struct error *err);

/* Throws away everything but the machine's configuration, memory and what it has on the host, makes
 * it anew and fills it with the rows that machine_save() wrote. 0, or -1 with *err: then it cannot
 * run. */
int machine_replace(struct machine *m, struct state_source *rows, struct error *err);
/* Saves the machine, throws away everything but its configuration, memory and what it has on the
 * host, makes it anew and puts the state back. Whoever looks on notices nothing, nor does the
 * guest: the debug build does so again and again (--renew). 0, or -1 with *err. */
int machine_renew(struct machine *m, struct error *err);

#endif
