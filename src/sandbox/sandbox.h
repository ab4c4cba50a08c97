/* The sandbox of a run: once the machine is there and every file is open, the process gives up all
 * system calls but those that what it runs can need. A helper process opens what is named later. It
 * is the executable's: a library does not decide what its process may do. There is one of it. */
#ifndef HEXTANT_SANDBOX_SANDBOX_H
#define HEXTANT_SANDBOX_SANDBOX_H

#include <stdio.h>

#include "common/error.h"

struct options;

/* Starts the helper, if opt->sandbox wants one. Before the machine, so that it holds none of its
 * memory, and before signals are caught. 0; -1 with *err for --sandbox=on. */
int sandbox_prepare(const struct options *opt, struct error *err);
/* From here on. 0, also where there can be no filter, which `-v` says; -1 with *err for
 * --sandbox=on. */
int sandbox_enter(const struct options *opt, struct error *err);
/* The end of the run: the helper goes. The filter stays. */
void sandbox_leave(void);

/* A shell command as popen() starts one, by the helper if there is one; for struct owner. */
FILE *sandbox_program(void *ctx, const char *command);
/* As pclose(). -1, too, when `leaves` says that the user waits no longer; the command goes on. */
int sandbox_program_end(FILE *to, bool (*leaves)(void));

#endif
