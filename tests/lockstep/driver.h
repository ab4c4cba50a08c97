/* What the programs of this folder share: their command line, guests, machines. */
#ifndef LOCKSTEP_DRIVER_H
#define LOCKSTEP_DRIVER_H

#include "guest.h"
#include "machine/machine.h"

struct driver {
    u64 seed, count;   /* first seed, how many */
    u64 steps;         /* at most, for each guest */
    u64 seconds;       /* stop after so many; 0: no limit */
    const char *isa;   /* for both simulators */
    const char *spike; /* program */
    char *extra[8];    /* more options for hextant */
    u32 num_extra;
    bool garbage, keep; /* guests of random bits; leave the ELF files */
    bool go_on;         /* after a difference */
    struct guest guest;
    char path[256]; /* the present guest's ELF */
};

/* Reads NAME=VALUE arguments (seed, count, steps, seconds, isa, spike, extra) and the words
 * garbage, keep, go_on; exits with status 2 if one is wrong. */
void driver_init(struct driver *d, int argc, char **argv);
/* Makes the guest of that seed and its file. */
void driver_make(struct driver *d, u64 seed);
/* Removes the file unless it is to be kept. */
void driver_drop(struct driver *d);
/* The options of a machine for the present guest. Strings belong to *d. */
struct options driver_options(struct driver *d, const char *engine);
/* Adds an option for hextant. */
void driver_add_option(struct driver *d, char *option);
/* Has the time run out? */
bool driver_expired(const struct driver *d);

#endif
