/* Runs the tests, several at a time: each is a process `hextant run`, so that whatever a guest does
 * to one of them leaves the others alone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/host.h"
#include "machine/machine.h"
#include "runner/runner.h"

struct job {
    struct test *test;
    pid_t pid; /* 0: free */
    int out;   /* its output, non-blocking */
    u64 start;
    bool killed;
};

enum { OWN_ARGS = 8 };

static void arguments(const struct runner_options *opt, const struct test *t, char **argv)
{
    int n = 0;
    char *text;
    argv[n++] = (char *)"hextant";
    argv[n++] = (char *)"run";
    if (asprintf(&text, "--max-insns=%llu", (unsigned long long)opt->suite.max_insns) > 0)
        argv[n++] = text;
    if (opt->suite.memory &&
        asprintf(&text, "--memory=%llu", (unsigned long long)opt->suite.memory) > 0)
        argv[n++] = text;
    if (opt->suite.signature_dir &&
        asprintf(&text, "--signature=%s/%s.signature", opt->suite.signature_dir, t->name) > 0)
        argv[n++] = text;
    for (int i = 0; i < opt->num_extra; i++)
        argv[n++] = opt->extra[i];
    argv[n++] = t->path;
    argv[n] = NULL;
}

/* In the new process. */
static __attribute__((noreturn)) void become(const struct test *t, const struct runner_options *opt,
                                             int out)
{
    char **argv = calloc((size_t)opt->num_extra + OWN_ARGS, sizeof *argv);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!argv || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(EXIT_USER_ERROR);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left to read what it says */
    /* What a sanitizer finds is a crash, not a guest's failure. */
    setenv("ASAN_OPTIONS", "abort_on_error=1", 0);
    setenv("UBSAN_OPTIONS", "abort_on_error=1", 0);
    arguments(opt, t, argv);
    execv("/proc/self/exe", argv);
    _exit(EXIT_USER_ERROR);
}

static int start(struct job *j, struct test *t, const struct runner_options *opt)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (pid == 0)
        become(t, opt, ends[1]);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *j = (struct job){.test = t, .pid = pid, .out = ends[0], .start = host_ns()};
    return 0;
}

/* Keeps the end of what the test prints. */
static void read_output(struct job *j)
{
    struct test *t = j->test;
    char buf[4096];
    ssize_t n;
    while ((n = read(j->out, buf, sizeof buf)) > 0) {
        size_t keep = t->output_len + (size_t)n;
        char *all = malloc(keep + 1);
        if (!all)
            return;
        if (t->output_len)
            memcpy(all, t->output, t->output_len);
        for (ssize_t i = 0; i < n; i++)
            all[t->output_len + (size_t)i] = buf[i] ? buf[i] : '?';
        size_t cut = keep > OUTPUT_KEPT ? keep - OUTPUT_KEPT : 0;
        memmove(all, all + cut, keep - cut);
        all[keep - cut] = 0;
        free(t->output);
        t->output = all;
        t->output_len = keep - cut;
    }
}

/* A guest's code can equal a status of the simulator, which then says a word about it. */
static enum verdict verdict_of(const struct test *t, int status)
{
    bool own = t->output && strstr(t->output, "hextant: ");
    if (status == EXIT_GUEST_PASS)
        return PASS;
    if (own && (status == EXIT_INSN_LIMIT || status == EXIT_HUNG))
        return TIMEOUT;
    return own && status == EXIT_USER_ERROR ? REFUSED : FAIL;
}

static void judge(struct test *t, int status, bool killed)
{
    if (killed) {
        t->verdict = TIMEOUT;
    } else if (WIFSIGNALED(status)) {
        t->verdict = CRASH;
        t->code = (u32)WTERMSIG(status);
    } else {
        t->verdict = verdict_of(t, WEXITSTATUS(status));
        t->code = (u32)WEXITSTATUS(status);
    }
}

/* Is the job over? Then its place is free. */
static bool finished(struct job *j, u32 seconds)
{
    int status;
    read_output(j);
    if (!j->killed && seconds && host_ns() - j->start > seconds * 1000000000ull) {
        kill(j->pid, SIGKILL);
        j->killed = true;
    }
    if (waitpid(j->pid, &status, WNOHANG) != j->pid)
        return false;
    read_output(j);
    close(j->out);
    j->test->ns = host_ns() - j->start;
    judge(j->test, status, j->killed);
    j->pid = 0;
    return true;
}

static void progress(const struct suite *s, size_t done, const struct test *last)
{
    static const char *const wipe = "\r\033[K";
    if (!isatty(2))
        return;
    if (last && !test_good(last))
        fprintf(stderr, "%s%-7s %s\n", wipe, verdict_name(last->verdict), last->path);
    fprintf(stderr, "%s%zu of %zu", wipe, done, s->num);
    if (done == s->num)
        fputs(wipe, stderr);
}

static void wait_for_output(const struct job *job, u32 n)
{
    struct pollfd fds[256];
    nfds_t num = 0;
    for (u32 i = 0; i < n && num < 256; i++)
        if (job[i].pid)
            fds[num++] = (struct pollfd){.fd = job[i].out, .events = POLLIN};
    poll(fds, num, 20);
}

static void give_up(struct job *job, u32 n)
{
    for (u32 i = 0; i < n; i++)
        if (job[i].pid) {
            kill(job[i].pid, SIGKILL);
            waitpid(job[i].pid, NULL, 0);
            close(job[i].out);
        }
    free(job);
}

int suite_run(struct suite *s, const struct runner_options *opt, struct error *err)
{
    struct job *job = calloc(opt->suite.jobs, sizeof *job);
    size_t next = 0, done = 0;
    if (!job)
        return error_set(err, "no memory");
    while (done < s->num) {
        for (u32 i = 0; i < opt->suite.jobs && next < s->num; i++)
            if (!job[i].pid && start(&job[i], &s->test[next++], opt)) {
                error_set(err, "cannot start a process: %s", strerror(errno));
                give_up(job, opt->suite.jobs);
                return -1;
            }
        wait_for_output(job, opt->suite.jobs);
        for (u32 i = 0; i < opt->suite.jobs; i++)
            if (job[i].pid && finished(&job[i], opt->suite.seconds))
                progress(s, ++done, job[i].test);
    }
    free(job);
    return 0;
}
