/* The helper: a process from before the filter that does what the filter leaves to nobody, for the
 * run alone. It opens files and passes descriptors, unlinks the run's sockets, and starts programs
 * for the monitor; it decides itself what it may be asked for. */
#ifndef HEXTANT_SANDBOX_HELPER_H
#define HEXTANT_SANDBOX_HELPER_H

#include <sys/types.h>

#include "machine/options.h"

/* What of its work the helper does for this run. */
struct helper_policy {
    const struct options *opt; /* files and sockets that it names, by exactly these names */
    bool network;              /* the list of name servers, for reading */
    bool monitor; /* any file, and programs: what the user of the monitor can ask for */
};

/* Starts it. A socket, close-on-exec, whose closing ends it, and *pid; or -1 with errno. */
int helper_start(const struct helper_policy *policy, pid_t *pid);

/* What it can be asked, over its socket, in a signal handler too. They return what the system call
 * would, or -errno. */
int helper_open(int helper, const char *path, int flags, unsigned mode);
int helper_unlink(int helper, const char *path);
/* Gives an unfinished file (common/packed.h) its name. */
int helper_finish(int helper, const char *path);
/* As program_start() and program_ended(). */
int helper_run(int helper, const char *command, int *to);
int helper_ended(int helper, int process, int *status);

#endif
