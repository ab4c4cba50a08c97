/* The executable's side of a machine: messages on stderr, signals, and the care of the user's
 * terminal. All of it is the process's, so there is one of each. */
#ifndef HEXTANT_TERMINAL_TERMINAL_H
#define HEXTANT_TERMINAL_TERMINAL_H

#include "common/owner.h"

/* The owner of a machine whose user sits at this process's terminal. */
extern const struct owner terminal_owner;

/* Prints "hextant: MESSAGE" as one line on stderr. */
void warn_line(const char *format, ...) PRINTF(1, 2);
/* Puts the terminal on standard input into raw mode (no effect if it is none, or not ours), and
 * back. The first call arranges that it is put back whenever the process ends. */
void terminal_raw(void);
void terminal_restore(void);
bool terminal_is_raw(void);
/* SIGINT ends the run as SIGTERM does, a debugger's as well: nobody is at a prompt. */
void terminal_keep_interrupts(void);
/* Catches SIGINT, SIGTERM and SIGHUP (unless it was ignored) so that the run can end in order, puts
 * the terminal back when the process crashes, and ignores SIGPIPE and SIGXFSZ. SIGUSR1 is a
 * question (owner.asked). A second such signal
 * ends the process at once. */
void terminal_catch_signals(void);
/* The signal caught so far, or 0. */
int terminal_signal(void);

#endif
