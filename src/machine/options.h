/* The command line of `hextant run`. */
#ifndef HEXTANT_MACHINE_OPTIONS_H
#define HEXTANT_MACHINE_OPTIONS_H

#include <stdio.h>

#include "common/error.h"
#include "machine/machine.h"

enum options_result {
    OPTIONS_RUN,   /* *opt is complete */
    OPTIONS_ASKED, /* --help, --version or --isa=help: options_answer() has the answer */
    OPTIONS_ERROR  /* *err says what is wrong */
};

/* Parses the arguments after the command's name (argv[0] is not looked at) into *opt, which starts
 * from the defaults. Strings in *opt point into argv. */
enum options_result options_parse(int argc, char **argv, struct options *opt, struct error *err);

/* Fixes what depends on the guest's XLEN (`xlen` 32 or 64; 0: the file does not say, then --isa
 * does, then 64): the extension set and limits. 0, or -1 with *err filled in. */
int options_settle(struct options *opt, unsigned xlen, struct error *err);

/* Prints what opt->question asks for; the options, grouped, with colours if `out` is a terminal. */
void options_answer(const struct options *opt, FILE *out);

#endif
