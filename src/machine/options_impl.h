/* What the files of the command line share. */
#ifndef HEXTANT_MACHINE_OPTIONS_IMPL_H
#define HEXTANT_MACHINE_OPTIONS_IMPL_H

#include "machine/options.h"

/* Where --help shows an option, in this order; options_topic() has the names. */
enum topic { GUEST, MACHINE, HART, FIRMWARE, RUNNING, OBSERVING, OTHER };

/* Takes the words of *line on top of what its options are already: up to "--" for `test`, where the
 * rest is for its runs. Files are gathered at the start. */
enum options_result command_line_take(struct command_line *line, struct error *err);
/* What only a run asks of its words: one file, or a snapshot. */
enum options_result command_line_settle(struct command_line *line, struct error *err);
/* With --restore: the machine's options are the snapshot's, the others those of *line, which may
 * name none of the machine's. Where its consoles lead is both. */
enum options_result command_line_restore(struct command_line *line, struct error *err);
/* Is the option one of the machine, which a snapshot keeps? */
bool option_makes_machine(const struct key *row);

#endif
