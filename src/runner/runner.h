/* `hextant test`: runs many guest programs, each in a process of its own, and reports on them. */
#ifndef HEXTANT_RUNNER_RUNNER_H
#define HEXTANT_RUNNER_RUNNER_H

#include <stdio.h>

#include "common/error.h"
#include "common/types.h"
#include "machine/options.h"

enum verdict { NOT_RUN, PASS, FAIL, TIMEOUT, HUNG, CRASH, REFUSED };

/* What came through a pipe: at most the last TEXT_KEPT bytes; no zero bytes. NULL: nothing. */
struct text {
    char *s;
    size_t len;
};
enum { TEXT_KEPT = 4096 };

/* One program. */
struct test {
    char *path;
    const char
        *name; /* its last part; of a file found in a folder, what follows the folder's name */
    bool expect_fail; /* its directory's list says so */
    enum verdict verdict;
    u32 code;        /* FAIL: the guest's code, in common environments the failing test's number;
                      * TIMEOUT: the status of the run, 0 when its time was up; CRASH: the signal */
    u64 ns;          /* wall-clock time */
    bool simulators; /* FAIL: the simulator has ended the run, and said why */
    struct text output, said,
        ended; /* the guest; the simulator; who ended the run (--verdict-fd) */
};

struct suite {
    struct test *test;
    size_t num, cap;
};

/* The command line. */
struct runner_options {
    struct suite_options suite;
    char **extra; /* options for hextant run */
    int num_extra;
};

/* Adds a file, or every ELF file of a folder and its subfolders in order of name. `expected`:
 * a list of those that must fail, or NULL. 0 or -1. */
int suite_add(struct suite *s, const char *path, const char *expected, struct error *err);
/* The last part of its path. */
const char *test_file_name(const struct test *t);
/* Each test's file has a name of its own? Signatures are files named after tests. 0 or -1. */
int suite_check_names(const struct suite *s, struct error *err);
void suite_free(struct suite *s);
/* Runs all of them; progress goes to a terminal. A signal ends it early: the rest is
 * NOT_RUN. 0 or -1 if no process can be started. */
int suite_run(struct suite *s, const struct runner_options *opt, struct error *err);
/* A test counts as good when its verdict is the expected one. */
bool test_good(const struct test *t);
const char *verdict_name(enum verdict v);
/* Reports: a table of what needs attention and the totals; TAP; JUnit XML, which closes `out` (0,
 * or -1 when it could not be written). */
void report_table(const struct suite *s, FILE *out);
void report_tap(const struct suite *s, FILE *out);
int report_junit(const struct suite *s, FILE *out);
/* The command. argv[0] is "test". Returns the exit status: 0 all good, 1 not all, 2 wrong use. */
int command_test(int argc, char **argv);

#endif
