/* Spike as a child process that writes its commit log to us. */
#ifndef LOCKSTEP_SPIKE_H
#define LOCKSTEP_SPIKE_H

#include "common/types.h"

enum { SPIKE_WRITES = 16, SPIKE_MEMS = 16 };

/* A line of the commit log, taken apart. */
struct commit {
    u32 mode; /* nominal privilege */
    u64 pc;
    u32 insn;
    u32 num_writes, num_mems;
    struct {
        char kind; /* 'x', 'f', 'c' */
        u16 number;
        u64 value;
    } write[SPIKE_WRITES];
    struct {
        u64 addr, value;
        u8 size; /* of a store in bytes; 0: a load */
    } mem[SPIKE_MEMS];
    char text[1024]; /* the line */
};

struct spike {
    int pid, log;
    u32 at, len; /* of what is in buf */
    char buf[1 << 16];
};

/* Starts `program` on the ELF at `path`, with that ISA string; memory at its end goes to the file
 * `signature`. 0 or -1. */
int spike_start(struct spike *s, const char *program, const char *isa, const char *path,
                const char *signature);
/* The next line; 0 at the end, or -1 if there is none for some seconds or it cannot be read. */
int spike_next(struct spike *s, struct commit *c);
/* Lets it come to its end (whose state is in the signature file), or kills it. */
void spike_finish(struct spike *s);
void spike_kill(struct spike *s);

#endif
