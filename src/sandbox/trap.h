/* What happens to a system call that the filter does not leave to the run. */
#ifndef HEXTANT_SANDBOX_TRAP_H
#define HEXTANT_SANDBOX_TRAP_H

#include "common/owner.h"

/* A call that no row of calls.def names: fails with ENOSYS and is reported once, or ends the run.
 */
enum trap_unknown { UNKNOWN_FAILS, UNKNOWN_ENDS };

/* From now on a file that is opened or unlinked is the helper's business, and any other call says
 * its name and kills the process, or fails. `helper` is the socket to the helper. */
void trap_catch(int helper, const struct owner *owner, enum trap_unknown unknown);

#endif
