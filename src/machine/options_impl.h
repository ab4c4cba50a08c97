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

/* What the board has if the command line does not say. */
enum { APLIC_SOURCES = 96, IMSIC_IDS = 255, IMSIC_GUESTS = 7 };

/* The values of options of the board, into a struct command_line. 0, or -1 with *err. */
int set_virtio(void *into, const char *value, struct error *err);
int set_pflash(void *into, const char *value, struct error *err);
int set_aia(void *into, const char *value, struct error *err);
int set_iommu(void *into, const char *value, struct error *err);
/* What harts have where --irqchip gives them interrupt files: identities, and guests unless
 * --geilen was given. 0, or -1 with *err. */
int options_settle_irqchip(struct options *opt, bool geilen_given, struct error *err);

#endif
