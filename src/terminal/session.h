/* A run with whoever looks on: nobody, the monitor, or gdb. */
#ifndef HEXTANT_TERMINAL_SESSION_H
#define HEXTANT_TERMINAL_SESSION_H

#include "common/error.h"
#include "machine/machine.h"

/* Runs the machine as the options say: alone, from the monitor (--monitor, --monitor-script), or at
 * gdb's command (--gdb). Ctrl-A c opens the monitor in any case. The exit status of the process; -1
 * with *err for a user's mistake. */
int session_run(struct machine *m, struct error *err);

#endif
