/* A machine that is put back to its start before every input, at the price of what the last run has
 * changed: state comes back from its rows, memory by dropping the pages that were written. */
#ifndef FUZZ_REWIND_H
#define FUZZ_REWIND_H

#include "common/state.h"
#include "machine/machine.h"

enum { REWIND_PAGES = 1024, REWIND_WORDS = 16 }; /* of a machine's memory, of its command line */

struct rewind {
    struct machine *m;
    char *word[REWIND_WORDS];  /* of its command line, which a reset reads again */
    u32 pages;                 /* of its memory */
    struct state_memory start; /* its rows as machine_start() left them */
};

/* Makes the machine that `argc` words of a command line describe ("run", options, file), and keeps
 * its start. Ends the process with a message if that is impossible. */
void rewind_new(struct rewind *r, int argc, char **argv);
void rewind_free(struct rewind *r);
/* Back to the start. What is decoded and translated is forgotten. */
void rewind_start(struct rewind *r);
/* Is the memory of both the same? They began with the same. */
bool rewind_same_memory(const struct rewind *a, const struct rewind *b);
/* Prints the message and aborts, which is how a fuzzer reports. */
__attribute__((noreturn)) void fatal(const char *what);

#endif
