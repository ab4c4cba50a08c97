/* What the user is told of a run that goes on. */
#ifndef HEXTANT_TERMINAL_PROGRESS_H
#define HEXTANT_TERMINAL_PROGRESS_H

#include "machine/machine.h"

/* Where the run is: a line for the machine and one for each hart, on standard error. No hart runs.
 */
void progress_tell(struct machine *m);
/* At the start, to somebody whose keys are the guest's from now on: how to leave. One line, dim. */
void progress_hint(void);

#endif
