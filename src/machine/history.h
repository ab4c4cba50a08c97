/* The history of a run (--history): moments kept again and again, spaced so that they take no more
 * memory than wanted, and a tape of what came from outside. Any place of the run is reached by
 * going back to the last moment before it and executing the rest once more. */
#ifndef HEXTANT_MACHINE_HISTORY_H
#define HEXTANT_MACHINE_HISTORY_H

#include "common/error.h"
#include "machine/moments.h"

/* Begins it if the options ask for one; the machine is complete. 0, or -1 with *err. */
int history_start(struct machine *m, struct error *err);
void history_free(struct machine *m);
/* Is there one? */
bool history_is_kept(const struct machine *m);
/* Another moment is due (see machine_appoint). 0, or -1 with *err. */
int history_keep(struct machine *m, struct error *err);
/* Somebody has changed the machine from outside: what was is no longer its past. The new history
 * begins when it is next run or asked. */
void history_cut(struct machine *m);
/* If it was cut: begins it here. 0, or -1 with *err. */
int history_mend(struct machine *m, struct error *err);
/* The last moment of the history at or before so many instructions, of all harts or of one; NULL:
 * they lie before its start. */
const struct moment *history_before(struct machine *m, u64 executed);
const struct moment *history_before_hart(struct machine *m, u32 hart, u64 executed);
/* The first. */
const struct moment *history_first(struct machine *m);
/* The last that is before another; NULL: it is the first. */
const struct moment *history_earlier(struct machine *m, const struct moment *moment);
/* May the page of RAM have been written while all harts together executed the instructions from
 * number `from` to number `end`? False: surely not. */
bool history_may_write(struct machine *m, u64 page, u64 from, u64 end);
/* Goes there. 0, or -1 with *err. */
int history_go(struct machine *m, const struct moment *moment, struct error *err);

#endif
