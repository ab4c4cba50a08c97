/* Moments of a run, kept in memory: the machine can go back to any of them, and on from there. Rows
 * are copied; of memory a page is copied when it is first written after a moment, so that keeping
 * one takes about a millisecond and as much memory as the guest writes afterwards. */
#ifndef HEXTANT_MACHINE_MOMENTS_H
#define HEXTANT_MACHINE_MOMENTS_H

#include "common/error.h"
#include "machine/machine.h"

struct moment;

/* Keeps the machine as it is, which does not run. NULL with *err: something that it has on the host
 * cannot be had again. */
struct moment *moment_keep(struct machine *m, const char *name, struct error *err);
/* Puts the machine back to a moment of its own. 0, or -1 with *err: then it is as it was, or has
 * ended. */
int moment_go(struct machine *m, const struct moment *to, struct error *err);
/* The moment with that name, or NULL; the one kept after `before` (NULL: the first), or NULL. */
const struct moment *moment_find(const struct machine *m, const char *name);
const struct moment *moment_next(const struct machine *m, const struct moment *before);
/* Forgets one. False: it is needed to reach others, or the machine stands behind it. */
bool moment_forget(struct machine *m, const struct moment *moment);
/* Forgets all. */
void moments_free(struct machine *m);
/* Bytes of memory that all take together. */
u64 moments_size(const struct machine *m);

/* May the page of RAM have been written between the moment that `moment` was kept behind and it;
 * with NULL, since the moment that the machine stands behind? */
bool moment_has_page(const struct machine *m, const struct moment *moment, u64 page);

/* What a list shows. */
struct moment_facts {
    const struct moment *moment, *before; /* before: behind which it was kept; NULL: it is first */
    const char *name;
    u64 executed;             /* instructions */
    const u64 *hart_executed; /* the same, of each hart */
    u64 bytes;                /* of memory that it takes */
    bool here;                /* the machine has come from there */
};
struct moment_facts moment_facts(const struct machine *m, const struct moment *moment);

/* For the bus's listener: the page is about to be written. */
void moments_first_write(struct machine *m, const struct mem_region *r, u64 page);

#endif
