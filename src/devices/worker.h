/* What may take the host as long as it likes (a disk, a file on a network) is done by a thread, so
 * that whoever waits for it can be asked to end the run meanwhile. The guest waits as well: it sees
 * the same whatever time it took. The thread touches no machine, only the job that it is handed. */
#ifndef HEXTANT_DEVICES_WORKER_H
#define HEXTANT_DEVICES_WORKER_H

#include "common/owner.h"

/* A job begins a struct with what it is about. */
struct job {
    void (*work)(struct job *job);
    /* Frees it; called for a job that was being done when it was left. */
    void (*drop)(struct job *job);
};

struct worker; /* a thread that does one job at a time */

/* Has `job` done, and waits as worker_wait(). *w is idle; NULL: it is made. Where there can be no
 * thread the job is done on the spot. */
int worker_do(struct worker **w, struct job *job, const struct owner *o);
/* Waits until w (or NULL) is idle; its job is the caller's again. 0, or EINTR: the user has ended
 * the run, and the job was not done a second later. It goes on, and may be waited for again. */
int worker_wait(struct worker *w, const struct owner *o);
/* Nobody waits for w (or NULL) any longer. Is there nothing that it still does? Otherwise the job
 * is the worker's, which drops it. */
bool worker_leave(struct worker *w);

#endif
