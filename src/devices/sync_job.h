/* What a guest has written on its way to stable storage: how long a disk takes is unknown, so a
 * thread of its own waits for it, and whoever wants to know can be asked to end the run meanwhile.
 * Threads never touch a machine. When a guest learns of the end is for its device to say. */
#ifndef HEXTANT_DEVICES_SYNC_JOB_H
#define HEXTANT_DEVICES_SYNC_JOB_H

#include "common/owner.h"

enum sync_kind { SYNC_DATA, SYNC_ALL }; /* as fdatasync(), as fsync() */

struct sync_job;

/* Starts on what was written to `fd`, which may be closed at any time. *job, what was begun before
 * and is waited for no longer (or NULL), is replaced. 0, or -1 with errno. */
int sync_begin(struct sync_job **job, int fd, enum sync_kind kind);
/* Waits for *job, which is NULL then. 0; or -1 with errno: EINTR when the user has ended the run
 * and a second has passed; then *job goes on. */
int sync_end(struct sync_job **job, const struct owner *o);
/* Nobody waits for *job (or NULL) any longer. */
void sync_leave(struct sync_job **job);

#endif
