/* A machine in a file: saved, and made anew from it in another process, to go on instruction for
 * instruction. See docs/architecture.md for what is in the file. */
#ifndef HEXTANT_MACHINE_SNAPSHOT_H
#define HEXTANT_MACHINE_SNAPSHOT_H

#include "common/error.h"
#include "common/packed.h"
#include "machine/machine.h"
#include "machine/state.h"

/* Saves a machine that does not run. 0, or -1 with *err: then there is no new file. */
int snapshot_save(struct machine *m, const char *path, struct error *err);

/* What is in the file, behind its first line; STATE_HERE: what the machine has on the host need not
 * be had again, since a tape will stand for it. 0, or -1 with *err. */
int snapshot_write(struct machine *m, struct state_sink *sink, enum state_use use,
                   struct error *err);

/* The words of the command line that made the machine of a snapshot, or of a recording; its program
 * is one of them.
 * free() `word[0]` and `word`. 0, or -1 with *err. */
struct snapshot_words {
    char **word;
    u32 count;
};
int snapshot_words(const char *path, const struct packed_kind *kind, struct snapshot_words *out,
                   struct error *err);

extern const struct packed_kind snapshot_kind;
/* Opens the snapshot that --restore names, or the recording of --replay, and reads what the
 * machine's configuration has learned of the guest's file. NULL with *err. */
struct packed_in *snapshot_open(struct machine *m, struct error *err);
/* Fills the machine, made as the snapshot's options say, and closes. 0, or -1 with *err: then it
 * cannot run. */
int snapshot_load(struct machine *m, struct packed_in *from, struct error *err);

/* --snapshot-at=INSN|TEXT:FILE. The parts of its value: `len` bytes before the last colon, and what
 * follows. 0, or -1 with *err. */
struct snapshot_at {
    const char *text, *file;
    u32 len;
    u64 insn;
    bool is_text;
};
int snapshot_at_parse(const char *value, struct snapshot_at *at, struct error *err);
/* Sees to it that the machine is saved when its options say. */
void snapshot_appoint(struct machine *m);
/* It is time (see machine_appoint). 0, or -1 with *err. */
int snapshot_due(struct machine *m, struct error *err);
/* At the end of the run: has it been saved as the options say? 0, or -1 with *err. */
int snapshot_finish(const struct machine *m, struct error *err);

#endif
