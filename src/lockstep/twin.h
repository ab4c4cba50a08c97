/* Two machines beside each other in this process: what they must not take away from one another,
 * and where their memory differs. */
#ifndef HEXTANT_LOCKSTEP_TWIN_H
#define HEXTANT_LOCKSTEP_TWIN_H

#include "common/error.h"
#include "common/owner.h"
#include "machine/machine.h"

/* What options ask for that two machines could not have alike, or cannot share: refused in a line
 * that begins with `who`. 0, or -1 with *err. */
int twin_check(const struct options *opt, const char *who, struct error *err);
/* Of options: those of a machine that nobody hears. *owner becomes its owner. */
struct options twin_quiet(const struct options *opt, struct owner *owner);
/* A machine that has all of standard input to itself, if that is a file (input that comes as it
 * likes cannot be given twice), and whose console writes to the descriptor `out`; -1: nowhere. NULL
 * with *err. */
struct machine *twin_new(const struct options *opt, int out, struct error *err);
/* In a child of fork(), whose place in standard input is the parent's: gets one of its own. */
void twin_keep_input_apart(struct machine *m);

enum { TWIN_PAGE = 4096 };
/* Calls fn with the offset of every page of RAM in which two machines differ, as far as both have
 * RAM there, until it returns false. */
void twin_each_page(const struct machine *a, const struct machine *b, bool (*fn)(void *ctx, u64 at),
                    void *ctx);
/* Of a page in which they differ: the first 8 bytes that do, of each; returns their address. */
u64 twin_first_word(const struct machine *a, const struct machine *b, u64 at, u64 word[2]);

#endif
