/* The command line of `hextant test`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/machine.h"
#include "machine/options.h"
#include "runner/runner.h"
#include "terminal/terminal.h"

/* The options of the runs, looked at once instead of in every run. 0, 1 if they were answered
 * (--isa=help), -1. */
static int check_run_options(const struct runner_options *opt, size_t num, struct error *err)
{
    struct options run;
    char **all = calloc((size_t)opt->num_extra + 2, sizeof *all);
    if (!all)
        return error_set(err, "no memory");
    all[0] = "run";
    for (int i = 0; i < opt->num_extra; i++)
        all[i + 1] = opt->extra[i];
    all[opt->num_extra + 1] = "FILE";
    enum options_result r = options_parse(opt->num_extra + 2, all, &run, err);
    free(all);
    if (r == OPTIONS_ASKED)
        options_answer(&run, COMMAND_RUN, stdout);
    if (r == OPTIONS_RUN && num > 1 && options_written(&run))
        return error_set(err, "%s: each of the %zu runs would overwrite the file of the one before",
                         options_written(&run), num);
    return r == OPTIONS_ERROR ? -1 : r == OPTIONS_ASKED;
}

/* Everything that can be wrong before the first test runs. */
static int check_junit(const struct suite *s, const struct runner_options *opt, struct error *err)
{
    struct options as_run = {.report = opt->suite.junit, .initrd = opt->suite.expected};
    for (size_t i = 0; opt->suite.junit && i < s->num; i++) {
        as_run.file = s->test[i].path;
        if (options_check_files(&as_run, err))
            return error_set(err, "--junit=%s would overwrite a file that is read; name another",
                             opt->suite.junit);
    }
    return 0;
}

static int check(const struct suite *s, const struct runner_options *opt, struct error *err)
{
    if (opt->suite.expected && access(opt->suite.expected, R_OK))
        return error_set(err, "%s: %s", opt->suite.expected, strerror(errno));
    int rc = check_junit(s, opt, err);
    if (!rc)
        rc = check_run_options(opt, s->num, err);
    if (rc || !opt->suite.signature_dir)
        return rc;
    if (mkdir(opt->suite.signature_dir, 0777) && errno != EEXIST)
        return error_set(err, "%s: %s", opt->suite.signature_dir, strerror(errno));
    return suite_check_names(s, err);
}

static int run_suite(struct suite *s, const struct runner_options *opt, struct error *err)
{
    int rc = check(s, opt, err);
    if (rc)
        return rc < 0 ? -1 : 0;
    FILE *junit = opt->suite.junit ? fopen(opt->suite.junit, "w") : NULL;
    if (opt->suite.junit && !junit)
        return error_set(err, "%s: %s", opt->suite.junit, strerror(errno));
    terminal_catch_signals(); /* the reports are written all the same */
    rc = suite_run(s, opt, err);
    if (rc == 0)
        (opt->suite.tap ? report_tap : report_table)(s, stdout);
    if (junit && report_junit(s, junit) && rc == 0)
        return error_set(err, "%s: it cannot be written", opt->suite.junit);
    for (size_t i = 0; rc == 0 && i < s->num; i++)
        rc = !test_good(&s->test[i]);
    return rc >= 0 && terminal_signal() ? 128 + terminal_signal() : rc;
}

static u32 processors(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 && cores < 256 ? (u32)cores : 1;
}

/* 0: the suite is filled in; 1: the command line is answered; -1. */
static int prepare(struct command_line *line, struct suite *s, struct error *err)
{
    enum options_result r = command_line_parse(line, err);
    if (r == OPTIONS_ASKED)
        options_answer(&line->opt, COMMAND_TEST, stdout);
    if (r != OPTIONS_RUN)
        return r == OPTIONS_ERROR ? -1 : 1;
    if (!line->num_files)
        return error_set(err, "nothing to run; hextant test --help says how");
    for (int i = 0; i < line->num_files; i++)
        if (suite_add(s, line->word[i], line->suite.expected, err))
            return -1;
    return 0;
}

int command_test(int argc, char **argv)
{
    struct command_line line = {.command = COMMAND_TEST, .word = argv + 1, .num_words = argc - 1};
    struct suite suite = {0};
    struct error err;
    int rc = prepare(&line, &suite, &err);
    struct runner_options opt = {line.suite, line.rest, line.num_rest};
    if (!opt.suite.jobs)
        opt.suite.jobs = processors();
    if (rc == 0)
        rc = run_suite(&suite, &opt, &err);
    else if (rc == 1)
        rc = 0;
    suite_free(&suite);
    if (rc < 0)
        warn_line("%s", err.text);
    return rc < 0 ? EXIT_USER_ERROR : rc;
}
