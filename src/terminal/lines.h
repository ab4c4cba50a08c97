/* The monitor's command loop at the user's terminal. */
#ifndef HEXTANT_TERMINAL_LINES_H
#define HEXTANT_TERMINAL_LINES_H

struct monitor;

/* Reads commands from the terminal, or from standard input if that is none, until `quit`, `detach`
 * or the end of the input. */
void monitor_loop(struct monitor *mon);

#endif
