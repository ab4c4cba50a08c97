/* The command line of `hextant test`. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/machine.h"
#include "machine/options.h"
#include "runner/runner.h"
#include "terminal/terminal.h"

static void help(void)
{
    printf(
        "Usage: hextant test [options] FILE|FOLDER... [-- OPTIONS FOR EACH RUN]\n"
        "Runs each ELF (of a folder: every ELF in it) and reports which pass.\n\n"
        "  -j, --jobs=N           run N at a time (default: the number of processors)\n"
        "      --max-insns=N      instructions for each (default 100000000)\n"
        "      --timeout=SECONDS  wall-clock limit for each (default 300; 0: none)\n"
        "      --memory=SIZE      guest memory for each\n"
        "      --junit=FILE       write a JUnit report\n"
        "      --tap              print TAP instead of the table\n"
        "      --signature-dir=DIR  write each one's signature to DIR/NAME.signature\n"
        "      --expected-fail=FILE names that must fail, one a line; a folder's own list is its\n"
        "                         file `expected-fail`\n"
        "  -h, --help             this text\n\n"
        "What follows -- goes to each `hextant run`, such as --isa=rv64gc or --engine=plain.\n"
        "Exit status: 0 all ended as expected, 1 not all, 2 wrong use.\n");
}

/* A number from low to high. */
static int number(const char *name, u64 low, u64 high, u64 *out, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(optarg, &end, 0);
    if (!isdigit((unsigned char)*optarg) || *end)
        return error_set(err, "%s=%s: not a number", name, optarg);
    if (errno || v < low || v > high)
        return error_set(err, "%s=%s: can be %llu to %llu", name, optarg, (unsigned long long)low,
                         (unsigned long long)high);
    *out = v;
    return 0;
}

enum { O_MAX = 256, O_TIMEOUT, O_MEMORY, O_JUNIT, O_TAP, O_SIGNATURE, O_EXPECTED };

static const struct option long_options[] = {
    {"jobs", required_argument, NULL, 'j'},
    {"max-insns", required_argument, NULL, O_MAX},
    {"timeout", required_argument, NULL, O_TIMEOUT},
    {"memory", required_argument, NULL, O_MEMORY},
    {"junit", required_argument, NULL, O_JUNIT},
    {"tap", no_argument, NULL, O_TAP},
    {"signature-dir", required_argument, NULL, O_SIGNATURE},
    {"expected-fail", required_argument, NULL, O_EXPECTED},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What getopt has refused, by name. */
static int refuse(int c, char **argv, struct error *err)
{
    const char *word = argv[optind - 1];
    char letter[] = {'-', (char)optopt, 0};
    if (optopt > 0 && optopt < 256 && strncmp(word, "--", 2) != 0)
        word = letter;
    return error_set(err, "option '%s' %s; hextant test --help lists the options", word,
                     c == ':'                            ? "needs a value"
                     : optopt && !strncmp(word, "--", 2) ? "takes no value"
                                                         : "does not exist");
}

/* One option; 0, 1 for --help, -1 with *err. */
static int take(int c, char **argv, struct runner_options *opt, struct error *err)
{
    u64 n = 0;
    int rc = 0;
    switch (c) {
    case 'j':
        rc = number("--jobs", 1, 256, &n, err);
        opt->jobs = (u32)n;
        break;
    case O_MAX:
        rc = number("--max-insns", 1, UINT64_MAX, &opt->max_insns, err);
        break;
    case O_TIMEOUT:
        rc = number("--timeout", 0, 1000000, &n, err);
        opt->seconds = (u32)n;
        break;
    case O_MEMORY:
        opt->memory = optarg;
        break;
    case O_JUNIT:
        opt->junit = optarg;
        break;
    case O_TAP:
        opt->tap = true;
        break;
    case O_SIGNATURE:
        opt->signature_dir = optarg;
        break;
    case O_EXPECTED:
        opt->expected = optarg;
        break;
    case 'h':
        return 1;
    default:
        rc = refuse(c, argv, err);
    }
    return rc;
}

/* The options of the runs, looked at once instead of in every run. 0, 1 if they were answered
 * (--isa=help), -1. */
static int check_run_options(const struct runner_options *opt, struct error *err)
{
    struct options run;
    char memory[64], *argv[3] = {"run", memory, "FILE"};
    if (opt->memory) {
        snprintf(memory, sizeof memory, "--memory=%s", opt->memory);
        if (options_parse(3, argv, &run, err) == OPTIONS_ERROR)
            return -1;
    }
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
        options_answer(&run, stdout);
    return r == OPTIONS_ERROR ? -1 : r == OPTIONS_ASKED;
}

/* Everything that can be wrong before the first test runs. */
static int check(const struct suite *s, const struct runner_options *opt, struct error *err)
{
    if (opt->expected && access(opt->expected, R_OK))
        return error_set(err, "%s: %s", opt->expected, strerror(errno));
    int rc = check_run_options(opt, err);
    if (rc || !opt->signature_dir)
        return rc;
    if (mkdir(opt->signature_dir, 0777) && errno != EEXIST)
        return error_set(err, "%s: %s", opt->signature_dir, strerror(errno));
    return suite_check_names(s, err);
}

static int run_suite(struct suite *s, const struct runner_options *opt, struct error *err)
{
    int rc = check(s, opt, err);
    if (rc)
        return rc < 0 ? -1 : 0;
    FILE *junit = opt->junit ? fopen(opt->junit, "w") : NULL;
    if (opt->junit && !junit)
        return error_set(err, "%s: %s", opt->junit, strerror(errno));
    rc = suite_run(s, opt, err);
    if (rc == 0)
        (opt->tap ? report_tap : report_table)(s, stdout);
    if (junit && report_junit(s, junit) && rc == 0)
        return error_set(err, "%s: it cannot be written", opt->junit);
    for (size_t i = 0; rc == 0 && i < s->num; i++)
        rc = !test_good(&s->test[i]);
    return rc;
}

static int parse(int argc, char **argv, struct runner_options *opt, struct error *err)
{
    int c, rc = 0;
    opterr = 0;
    while (!rc && (c = getopt_long(argc, argv, ":j:h", long_options, NULL)) != -1)
        rc = take(c, argv, opt, err);
    if (!rc && optind >= argc)
        rc = error_set(err, "nothing to run; hextant test --help says how");
    return rc;
}

int command_test(int argc, char **argv)
{
    struct runner_options opt = {.max_insns = 100000000, .seconds = 300};
    struct suite suite = {0};
    struct error err;
    int files = argc;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    opt.jobs = cores > 0 && cores < 256 ? (u32)cores : 1;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--") && files == argc)
            files = i;
    if (files < argc) {
        opt.extra = argv + files + 1;
        opt.num_extra = argc - files - 1;
    }
    int rc = parse(files, argv, &opt, &err);
    if (rc == 1) {
        help();
        return 0;
    }
    for (int i = optind; !rc && i < files; i++)
        rc = suite_add(&suite, argv[i], opt.expected, &err);
    if (!rc)
        rc = run_suite(&suite, &opt, &err);
    suite_free(&suite);
    if (rc < 0)
        warn_line("%s", err.text);
    return rc < 0 ? EXIT_USER_ERROR : rc;
}
