/* The command line of `hextant test`. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/machine.h"
#include "runner/runner.h"

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

static int number(const char *name, const char *text, u64 *out, struct error *err)
{
    char *end;
    unsigned long long v = strtoull(text, &end, 0);
    if (!*text || *end || *text == '-')
        return error_set(err, "%s=%s: not a number", name, text);
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

/* One option; 0, 1 for --help, -1 with *err. */
static int take(int c, struct runner_options *opt, struct error *err)
{
    u64 n = 0;
    int rc = 0;
    switch (c) {
    case 'j':
        rc = number("--jobs", optarg, &n, err);
        if (!rc && (n < 1 || n > 256))
            rc = error_set(err, "--jobs=%s: 1 to 256", optarg);
        opt->jobs = (u32)n;
        break;
    case O_MAX:
        rc = number("--max-insns", optarg, &opt->max_insns, err);
        break;
    case O_TIMEOUT:
        rc = number("--timeout", optarg, &n, err);
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
        rc = error_set(err, "unknown or incomplete option; hextant test --help lists them");
    }
    return rc;
}

static int run_suite(struct suite *s, const struct runner_options *opt, struct error *err)
{
    if (suite_run(s, opt, err))
        return -1;
    if (opt->tap)
        report_tap(s, stdout);
    else
        report_table(s, stdout);
    if (opt->junit && report_junit(s, opt->junit, err))
        return -1;
    for (size_t i = 0; i < s->num; i++)
        if (!test_good(&s->test[i]))
            return 1;
    return 0;
}

int command_test(int argc, char **argv)
{
    struct runner_options opt = {.max_insns = 100000000, .seconds = 300};
    struct suite suite = {0};
    struct error err;
    int c, rc = 0, files = argc;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    opt.jobs = cores > 0 && cores < 256 ? (u32)cores : 1;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--") && files == argc)
            files = i;
    opterr = 0;
    while (!rc && (c = getopt_long(files, argv, "j:h", long_options, NULL)) != -1)
        rc = take(c, &opt, &err);
    if (rc == 1) {
        help();
        return 0;
    }
    if (files < argc) {
        opt.extra = argv + files + 1;
        opt.num_extra = argc - files - 1;
    }
    if (!rc && optind >= files)
        rc = error_set(&err, "nothing to run; hextant test --help says how");
    for (int i = optind; !rc && i < files; i++)
        rc = suite_add(&suite, argv[i], opt.expected, &err);
    if (!rc)
        rc = run_suite(&suite, &opt, &err);
    suite_free(&suite);
    if (rc < 0)
        warn_line("%s", err.text);
    return rc < 0 ? EXIT_USER_ERROR : rc;
}
