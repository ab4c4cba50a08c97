/* The command line: the options of `hextant run`, `debug` and `test`. */
#ifndef HEXTANT_MACHINE_OPTIONS_H
#define HEXTANT_MACHINE_OPTIONS_H

#include <stdio.h>

#include "common/error.h"
#include "common/keys.h"
#include "machine/machine.h"

enum options_result {
    OPTIONS_RUN,   /* *opt is complete */
    OPTIONS_ASKED, /* --help, --version or --isa=help: options_answer() has the answer */
    OPTIONS_ERROR  /* *err says what is wrong */
};

enum options_command {
    COMMAND_RUN = 1,
    COMMAND_DEBUG = 2,
    COMMAND_TEST = 4,
    COMMAND_DIFF = 8,
    COMMAND_FUZZ = 16
};

/* What only `hextant test` can be told. */
struct suite_options {
    u32 jobs;      /* programs at a time; 0: not given */
    u32 seconds;   /* wall clock, for each; a safety net behind max_insns */
    u64 max_insns; /* for each */
    u64 memory;    /* of each, in bytes; 0: not given */
    const char *junit, *signature_dir, *expected;
    bool tap;
};

struct command_line {
    enum options_command command;
    char **word; /* what follows the command; files are gathered at its beginning */
    int num_words, num_files;
    char **rest; /* what follows "--" */
    int num_rest;
    bool saved; /* the words are a snapshot's: only what makes the machine counts */
    struct options opt;
    struct suite_options suite;
};

/* The rows of options.def; they fill in a struct command_line. */
extern const struct key_table options_table;
/* Has the command that option? `diff` and `fuzz` have whatever makes the machine of `run`.
 */
bool options_has(const struct key *row, enum options_command command);

/* Parses the words of *line, whose options start from the defaults; strings point into the words.
 */
enum options_result command_line_parse(struct command_line *line, struct error *err);
/* Parses argv (argv[0] is not looked at) for a command that runs one file, which must be there. */
enum options_result options_parse_for(enum options_command command, int argc, char **argv,
                                      struct options *opt, struct error *err);
/* Frees what the words of a snapshot have taken (--restore), when no machine uses them any more. */
void options_release(struct options *opt);
/* As COMMAND_RUN. */
enum options_result options_parse(int argc, char **argv, struct options *opt, struct error *err);

/* An option of another tool, and what its user should type here. */
struct foreign_option {
    const char *name, *tool, *answer;
};
/* The rows of foreign.def; the last has no name. */
extern const struct foreign_option foreign_options[];
/* The row for what was typed, a value behind a '=' or a number behind one letter included, or NULL.
 */
const struct foreign_option *foreign_option_find(const char *typed);

/* Fixes what depends on the guest's XLEN (`xlen` 32 or 64; 0: the file does not say, then --isa
 * does, then 64): the extension set and limits. 0, or -1 with *err filled in. */
int options_settle(struct options *opt, unsigned xlen, struct error *err);

/* Word `from` comes to stand at `to`, before it; those between keep their order. */
void move_to_front(char **word, int to, int from);
/* Refuses an output that names an input, or another output: the user's file would be lost. What is
 * no regular file is let pass. 0, or -1 with *err. */
int options_check_files(const struct options *opt, struct error *err);
/* Does an option name exactly this file, for that use? The program is read, too. */
enum file_use { FILE_IS_READ, FILE_IS_WRITTEN };
bool options_name_file(const struct options *opt, const char *path, enum file_use use);
/* The name of an option that writes a file, or NULL. */
const char *options_written(const struct options *opt);

/* For who prints the rows in another form: the name of a topic (NULL: there are no more), and the
 * lines of a command's --help before its options. */
const char *options_topic(unsigned topic);
const char *options_usage(enum options_command command);
/* Prints what opt->question asks for; a command's options, grouped, with colours if `out` is a
 * terminal. */
void options_answer(const struct options *opt, enum options_command command, FILE *out);

#endif
