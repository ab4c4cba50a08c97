/* Recordings: a snapshot of the machine before its first instruction, and the tape of all that came
 * from outside, with a hash of the machine's state again and again. A recording replays with
 * nothing but its file; the first hash that differs ends the replay. */
#ifndef HEXTANT_MACHINE_RECORDING_H
#define HEXTANT_MACHINE_RECORDING_H

#include "common/error.h"
#include "common/packed.h"
#include "machine/machine.h"

extern const struct packed_kind recording_kind;

/* The tape of the machine, as yet empty; after machine_new() has begun, before there are devices. 0
 * or -1 with *err. */
int recording_new(struct machine *m, struct error *err);
void recording_free(struct machine *m);
/* The machine is complete: begins what --record asks for. 0, or -1 with *err. */
int recording_start(struct machine *m, struct error *err);
/* Reads the events of a recording, behind its snapshot. 0, or -1 with *err. */
int recording_load(struct machine *m, struct state_source *source, struct error *err);
/* A hash is due (see machine_appoint). 0, or -1 with *err: a replay that is another run. */
int recording_hash(struct machine *m, struct error *err);
/* The replay has come to where the recording was ended. 0. */
int recording_end(struct machine *m, struct error *err);
/* The machine was put back to an earlier moment, and its tape. */
void recording_moved(struct machine *m);
/* Has the replay gone another way? Then it ends, with status EXIT_DIFFERENCE. */
void recording_check(struct machine *m);
/* The run is over: ends the recording. 0, or -1 with *err: it could not be written. */
int recording_finish(struct machine *m, struct error *err);

/* For the bus's listener: the page is about to be written. */
void recording_first_write(struct machine *m, const struct mem_region *r, u64 page);

#endif
