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
#include "terminal/terminal.h"

/* The guest's output, the simulator's messages, and who has ended the run. */
enum { OUT, SAID, ENDED, PIPES, VERDICT_FD = 3 };

struct job {
    struct test *test;
    pid_t pid;       /* 0: free */
    int from[PIPES]; /* what comes out of it, non-blocking */
    u64 start;
    bool killed;
};

enum { OWN_ARGS = 9 };

static void arguments(const struct runner_options *opt, const struct test *t, char **argv)
{
    int n = 0;
    char *text;
    argv[n++] = (char *)"hextant";
    argv[n++] = (char *)"run";
    if (asprintf(&text, "--max-insns=%llu", (unsigned long long)opt->suite.max_insns) > 0)
        argv[n++] = text;
    if (asprintf(&text, "--verdict-fd=%d", VERDICT_FD) > 0)
        argv[n++] = text;
    if (opt->suite.memory &&
        asprintf(&text, "--memory=%llu", (unsigned long long)opt->suite.memory) > 0)
        argv[n++] = text;
    if (opt->suite.signature_dir && asprintf(&text, "--signature=%s/%s.signature",
                                             opt->suite.signature_dir, test_file_name(t)) > 0)
        argv[n++] = text;
    for (int i = 0; i < opt->num_extra; i++)
        argv[n++] = opt->extra[i];
    argv[n++] = t->path;
    argv[n] = NULL;
}

/* In the new process. The pipes' own numbers may be any, those below included. */
static int take_places(const int *to)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int ended = fcntl(to[ENDED], F_DUPFD_CLOEXEC, VERDICT_FD + 1);
    bool ok = dup2(null, 0) == 0 && dup2(to[OUT], 1) == 1 && dup2(to[SAID], 2) == 2 &&
              dup2(ended, VERDICT_FD) == VERDICT_FD;
    return ok ? 0 : -1;
}

static __attribute__((noreturn)) void become(const struct test *t, const struct runner_options *opt,
                                             const int *to)
{
    char **argv = calloc((size_t)opt->num_extra + OWN_ARGS, sizeof *argv);
    if (!argv || take_places(to))
        _exit(EXIT_USER_ERROR);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left to read what it says */
    /* What a sanitizer finds is a crash, not a guest's failure. */
    setenv("ASAN_OPTIONS", "abort_on_error=1", 0);
    setenv("UBSAN_OPTIONS", "abort_on_error=1", 0);
    arguments(opt, t, argv);
    execv("/proc/self/exe", argv);
    _exit(EXIT_USER_ERROR);
}

static void close_all(const int *fd)
{
    for (int i = 0; i < PIPES; i++)
        if (fd[i] >= 0)
            close(fd[i]);
}

static int start(struct job *j, struct test *t, const struct runner_options *opt)
{
    int from[PIPES] = {-1, -1, -1}, to[PIPES] = {-1, -1, -1}, ends[2];
    pid_t pid = 0;
    for (int i = 0; i < PIPES && pid == 0; i++) {
        pid = pipe2(ends, O_CLOEXEC);
        if (pid)
            break;
        from[i] = ends[0];
        to[i] = ends[1];
        fcntl(from[i], F_SETFL, O_NONBLOCK);
    }
    if (pid == 0)
        pid = fork();
    if (pid == 0)
        become(t, opt, to);
    close_all(to);
    if (pid < 0) {
        close_all(from);
        return -1;
    }
    *j = (struct job){.test = t, .pid = pid, .start = host_ns()};
    memcpy(j->from, from, sizeof from);
    return 0;
}

/* Keeps the end of what comes. */
static void read_pipe(int fd, struct text *t)
{
    char buf[4096];
    ssize_t n;
    while ((n = read(fd, buf, sizeof buf)) > 0) {
        size_t keep = t->len + (size_t)n;
        char *all = malloc(keep + 1);
        if (!all)
            return;
        if (t->len)
            memcpy(all, t->s, t->len);
        for (ssize_t i = 0; i < n; i++)
            all[t->len + (size_t)i] = buf[i] ? buf[i] : '?';
        size_t cut = keep > TEXT_KEPT ? keep - TEXT_KEPT : 0;
        memmove(all, all + cut, keep - cut);
        all[keep - cut] = 0;
        free(t->s);
        *t = (struct text){all, keep - cut};
    }
}

static void read_output(const struct job *j)
{
    read_pipe(j->from[OUT], &j->test->output);
    read_pipe(j->from[SAID], &j->test->said);
    read_pipe(j->from[ENDED], &j->test->ended);
}

/* Who has ended the run? The last line counts. */
static bool ended_by(const struct test *t, const char *who)
{
    size_t n = strlen(who), len = t->ended.len;
    const char *line = len > n ? t->ended.s + len - 1 - n : NULL;
    return line && !strncmp(line, who, n) && (line == t->ended.s || line[-1] == '\n');
}

static enum verdict verdict_of(const struct test *t, int status)
{
    if (ended_by(t, "limit"))
        return TIMEOUT;
    if (ended_by(t, "hung"))
        return HUNG;
    if (ended_by(t, "signal") || ended_by(t, "quit"))
        return NOT_RUN;
    if (ended_by(t, "lost") || (!t->ended.len && status == EXIT_USER_ERROR))
        return REFUSED;
    return status == EXIT_GUEST_PASS ? PASS : FAIL;
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
        t->simulators = !ended_by(t, "guest");
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
    close_all(j->from);
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
    struct pollfd fds[PIPES * 256];
    nfds_t num = 0;
    for (u32 i = 0; i < n && num < ARRAY_LEN(fds); i++)
        for (int k = 0; job[i].pid && k < PIPES; k++)
            fds[num++] = (struct pollfd){.fd = job[i].from[k], .events = POLLIN};
    poll(fds, num, 20);
}

static void give_up(struct job *job, u32 n)
{
    for (u32 i = 0; i < n; i++)
        if (job[i].pid) {
            kill(job[i].pid, SIGKILL);
            waitpid(job[i].pid, NULL, 0);
            close_all(job[i].from);
        }
    free(job);
}

int suite_run(struct suite *s, const struct runner_options *opt, struct error *err)
{
    struct job *job = calloc(opt->suite.jobs, sizeof *job);
    size_t next = 0, done = 0;
    if (!job)
        return error_set(err, "no memory");
    while (done < s->num && !terminal_signal()) {
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
    give_up(job, opt->suite.jobs);
    return 0;
}
