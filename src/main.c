/* The hextant program: commands, then options -> machine -> run -> exit status. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/version.h"
#include "fuzz/fuzz.h"
#include "lockstep/diff.h"
#include "lockstep/lockstep.h"
#include "machine/machine.h"
#include "machine/options.h"
#include "monitor/monitor.h"
#include "runner/runner.h"
#include "sandbox/sandbox.h"
#include "terminal/session.h"
#include "terminal/terminal.h"
#include "trace/trace.h"

static int user_error(const struct error *err)
{
    warn_line("%s", err->text);
    return EXIT_USER_ERROR;
}

/* Something asked for could not be written. Who has ended the run by a signal is told so all the
 * same. */
static int lost_output(int status, const struct error *err)
{
    int lost = user_error(err);
    return terminal_signal() ? status : lost;
}

static int run(struct options *opt)
{
    struct error err;
    opt->owner = &terminal_owner;
    if (sandbox_prepare(opt, &err))
        return user_error(&err);
    terminal_catch_signals();
    bool looks = opt->monitor || opt->monitor_script || opt->gdb || opt->on_storm == STORM_MONITOR;
    if (opt->lockstep && looks) {
        error_set(&err, "--engine=lockstep runs two machines; leave out the monitor and --gdb");
        return user_error(&err);
    }
    if (opt->lockstep) {
        int result = lockstep_run(opt, stderr, &err);
        return result < 0 ? user_error(&err) : result;
    }
    struct machine *m = machine_new(opt, &err);
    if (!m || trace_start(m, &err)) {
        machine_free(m);
        sandbox_leave();
        return user_error(&err);
    }
    int status = session_run(m, &err);
    if (status < 0)
        status = user_error(&err);
    terminal_restore();
    if (m->config.opt.dump_state)
        csr_print_all(m, stderr);
    if (machine_report(m, stderr, &err)) {
        machine_verdict(opt, "lost");
        status = lost_output(status, &err);
    }
    if (trace_finish(m, stderr, &err)) {
        machine_verdict(opt, "lost");
        status = lost_output(status, &err);
    }
    machine_free(m);
    sandbox_leave();
    return status;
}

/* Reads the command line. -1 to go on, or the exit status. */
static int parse(enum options_command command, int argc, char **argv, struct options *opt)
{
    struct error err;
    enum options_result result = options_parse_for(command, argc, argv, opt, &err);
    if (result == OPTIONS_ASKED)
        options_answer(opt, command, stdout);
    if (result == OPTIONS_ERROR)
        return user_error(&err);
    return result == OPTIONS_RUN ? -1 : 0;
}

static int run_and_release(struct options *opt)
{
    int status = run(opt);
    options_release(opt);
    return status;
}

static int command_run(int argc, char **argv)
{
    struct options opt;
    int status = parse(COMMAND_RUN, argc, argv, &opt);
    return status < 0 ? run_and_release(&opt) : status;
}

static int command_debug(int argc, char **argv)
{
    struct options opt;
    int status = parse(COMMAND_DEBUG, argc, argv, &opt);
    opt.monitor = true;
    return status < 0 ? run_and_release(&opt) : status;
}

static const struct {
    const char *name, *text;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "run a program, kernel or firmware", command_run},
    {"debug", "the same, from the monitor, stopped at the first instruction", command_debug},
    {"test", "run many programs and report which pass", command_test},
    {"diff", "run two machines and find where they part", command_diff},
    {"fuzz", "run one place again and again, with inputs from a fuzzer", command_fuzz},
};

static int usage(FILE *out)
{
    fprintf(out, "Usage: hextant COMMAND [options] ...\n\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].text);
    fprintf(out, "\nhextant COMMAND --help lists a command's options.\n");
    return out == stderr ? EXIT_USER_ERROR : 0;
}

/* A file that is opened later must not become what our own output goes to. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* What was printed must have arrived. */
static int flush_standard_output(int status)
{
    struct error err;
    errno = 0;
    if (fflush(stdout) || ferror(stdout)) {
        error_set(&err, "standard output is lost: %s", errno ? strerror(errno) : "write error");
        return lost_output(status, &err);
    }
    return ferror(stderr) && !terminal_signal() ? EXIT_USER_ERROR : status;
}

static int command(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        printf("hextant %s\n", build_version);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    struct error err;
    if (argv[1][0] == '-' || access(argv[1], F_OK) == 0)
        error_set(&err, "'%s' is not a command; hextant run [options] FILE runs a program",
                  argv[1]);
    else
        error_set(&err, "unknown command '%s'; hextant --help lists the commands", argv[1]);
    return user_error(&err);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    return flush_standard_output(command(argc, argv));
}
