/* Files that hold what a machine was: a line in plain text that says what it is, then one stream
 * compressed with zstd, whose frame ends with a checksum. Such a file is written under another name
 * and takes its own when all of it is on the disk, so whoever looks finds the old or the new one
 * whole, whenever the writer was stopped. */
#ifndef HEXTANT_COMMON_PACKED_H
#define HEXTANT_COMMON_PACKED_H

#include "common/error.h"
#include "common/state.h"

/* The name of an unfinished file: the file's, this, and the number of the process. */
#define PACKED_UNFINISHED ".unfinished-"

/* What a file is, for its first line and for messages: "snapshot". */
struct packed_kind {
    const char *name;
    u32 version;
};

struct packed_out;
struct packed_in;

/* Nothing but an ordinary file, or what is no file yet, is replaced by one. 0, or -1 with *err. */
int packed_check_place(const char *path, struct error *err);
/* Begins to write `path`. NULL with *err. */
struct packed_out *packed_create(const char *path, const struct packed_kind *kind,
                                 struct error *err);
/* Where the content goes; what goes wrong is said by packed_commit(), too. */
struct state_sink *packed_sink(struct packed_out *p);
/* Ends the file; it is on the disk, under its name. Frees. 0, or -1 with *err: there is no new
 * file. */
int packed_commit(struct packed_out *p, struct error *err);
/* Has the host refused to take something? */
bool packed_failed(const struct packed_out *p);
/* There will be no such file. Frees; NULL is allowed. */
void packed_abandon(struct packed_out *p);

/* Brings the folder of a file to the disk, so that its new name is there as well. */
void packed_sync_folder(const char *path);

/* Opens a file of that kind and version. NULL with *err, which says what it is otherwise. */
struct packed_in *packed_open(const char *path, const struct packed_kind *kind, struct error *err);
struct state_source *packed_source(struct packed_in *p);
/* Reads on to the end. */
void packed_skip(struct packed_in *p);
/* Nothing may be left, and the checksum must fit. 0, or -1 with *err. Frees. */
int packed_finish(struct packed_in *p, struct error *err);
/* Frees; NULL is allowed. */
void packed_close(struct packed_in *p);

#endif
