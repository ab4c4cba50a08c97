/* Shell commands that read what the monitor prints. The helper starts them; the run itself does
 * where it has none. */
#ifndef HEXTANT_SANDBOX_PROGRAM_H
#define HEXTANT_SANDBOX_PROGRAM_H

/* Its process, or -errno; *to is the end of its standard input that is written. */
int program_start(const char *command, int *to);
/* The process, once it has ended, and its *status as wait() has it; 0: not yet; or -errno. */
int program_ended(int process, int *status);

#endif
