/* The filter: which system calls are left to a run, as rows of calls.def, loaded with libseccomp.
 */
#ifndef HEXTANT_SANDBOX_FILTER_H
#define HEXTANT_SANDBOX_FILTER_H

#include "common/error.h"

/* What a run has that needs more than the others do: bits. */
enum sandbox_feature {
    SANDBOX_ALWAYS = 1,
    SANDBOX_DRIVE = 2,
    SANDBOX_LISTEN = 4,
    SANDBOX_NET = 8,
    SANDBOX_SHARE = 16,
    SANDBOX_MONITOR = 32,
    SANDBOX_SNAPSHOT = 64,
    SANDBOX_FILES = SANDBOX_DRIVE | SANDBOX_SHARE, /* either */
};

/* From now on this process has what the rows of `features` say, for as long as it lives; any other
 * call is SIGSYS. `helper` is the socket to the helper. 0; -1 with *err if the kernel will
 * not have it, and nothing has changed. */
int filter_load(u32 features, int helper, struct error *err);
/* Does a row name the system call of that number? */
bool filter_names(int number);

#endif
