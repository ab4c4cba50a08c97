/* A machine for unit tests of the hart: no firmware, 1 MiB of memory that begins with a few
 * instructions. */
#ifndef HEXTANT_TESTS_BARE_MACHINE_H
#define HEXTANT_TESTS_BARE_MACHINE_H

#include "cpu/hart.h"
#include "machine/machine.h"
#include "machine/options.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The machine, its first hart at the first of `count` instructions, in M-mode; `options` are
 * three more options, or "" or NULL for none. NULL with *err set if it is refused. Not for more
 * than one test at a time. */
static inline struct machine *bare_machine_try(const char *const options[3], const u32 *code,
                                               size_t count, struct error *err)
{
    static struct options opt;
    static char extra[3][160]; /* the machine refers to it */
    char name[] = "/tmp/bareXXXXXX", run[] = "run", firmware[] = "--firmware=none",
         where[] = "--load-address=0x80000000", memory[] = "--memory=1M";
    char *argv[9] = {run, firmware, where, memory};
    int argc = 4, fd = mkstemp(name);
    ck_assert_int_eq(write(fd, code, count * sizeof *code), (ssize_t)(count * sizeof *code));
    close(fd);
    for (unsigned i = 0; i < 3; i++) {
        if (!options[i] || !*options[i])
            continue;
        snprintf(extra[i], sizeof extra[i], "%s", options[i]);
        argv[argc++] = extra[i];
    }
    argv[argc++] = name;
    struct machine *m = NULL;
    if (options_parse(argc, argv, &opt, err) == OPTIONS_RUN)
        m = machine_new(&opt, err);
    unlink(name);
    if (m)
        m->hart[0]->pc = RAM_BASE;
    return m;
}

/* The same, which must not be refused. */
static inline struct machine *bare_machine(const char *option, const char *other, const u32 *code,
                                           size_t count)
{
    struct error err;
    struct machine *m = bare_machine_try((const char *const[3]){option, other}, code, count, &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    return m;
}

#endif
