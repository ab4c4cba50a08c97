/* AFL++'s fork server protocol, as afl-fuzz, afl-showmap, afl-cmin and afl-tmin speak it. Of the
 * two open descriptors, numbers come on one and go on the other, four bytes each: a greeting with
 * options; then for each run a word that asks for it (not 0: the last run was killed), the id of
 * the process that runs, and how that ended, as waitpid() tells. The process that runs is a child,
 * which stops itself after each input (persistent mode) and is put back by its machine's rewinding;
 * only one that was killed, because it has taken too long, is replaced. What the child has found
 * out is in memory that both share. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "terminal/terminal.h"

/* Where a fuzzer looks whether a program speaks the protocol, and in its persistent form. */
static const char *const signature = "##SIG_AFL_PERSISTENT##";

enum { ASKS_FD = 198, ANSWERS_FD = 199 };
/* The greeting: options follow; inputs are taken from shared memory; how large the map is. */
enum {
    OPTIONS = (int)0x80000001,
    INPUTS_SHARED = 0x01000000,
    MAP_IS = 0x40000000 | (COVER_SIZE - 1) << 1
};

struct testcase {
    u32 len;
    u8 data[];
};

struct server {
    struct fuzz *f;
    const struct testcase *shared; /* where inputs are; NULL: in a file */
    u8 *data;                      /* INPUT_MOST bytes for those */
    volatile s32 *result;          /* of the run: what waitpid() would say of its process, */
    pid_t child;                   /* 0: there is none */
    bool asked;                    /* a word has been read already that asks for a run */
};

bool server_wanted(void)
{
    return fcntl(ASKS_FD, F_GETFD) >= 0 && fcntl(ANSWERS_FD, F_GETFD) >= 0;
}

static int answer(s32 word)
{
    ssize_t n;
    do
        n = write(ANSWERS_FD, &word, sizeof word);
    while (n < 0 && errno == EINTR);
    return n == sizeof word ? 0 : -1;
}

/* 0, or -1: the fuzzer has gone. */
static int next(s32 *word)
{
    ssize_t n;
    do
        n = read(ASKS_FD, word, sizeof *word);
    while (n < 0 && errno == EINTR);
    return n == sizeof *word ? 0 : -1;
}

/* The memory that an environment variable names, or NULL. */
static void *shared(const char *name)
{
    const char *id = getenv(name);
    void *at = id ? shmat(atoi(id), NULL, 0) : NULL;
    return at == (void *)-1 ? NULL : at;
}

u8 *server_map(void)
{
    return shared("__AFL_SHM_ID");
}

static int greet(struct server *s)
{
    s32 word;
    s->shared = shared("__AFL_SHM_FUZZ_ID");
    if (!s->shared)
        return answer(OPTIONS | MAP_IS);
    if (answer(OPTIONS | MAP_IS | INPUTS_SHARED) || next(&word))
        return -1;
    if (word != (OPTIONS | INPUTS_SHARED)) { /* it will not have it */
        s->shared = NULL;
        s->asked = true;
    }
    return 0;
}

/* ---- the child ---- */

static _Noreturn void give_up(const struct error *err)
{
    warn_line("%s", err->text);
    _exit(EXIT_USER_ERROR);
}

static void run_one(struct server *s)
{
    struct error err;
    const u8 *data = s->shared ? s->shared->data : s->data;
    ssize_t len = s->shared ? (ssize_t)s->shared->len
                            : fuzz_read(s->f->m->config.opt.fuzz.run, s->data, &err);
    if (len < 0 || fuzz_give(s->f, data, (size_t)len, &err))
        give_up(&err);
    enum fate fate = fuzz_go(s->f);
    while (fate == FATE_HANG)
        pause(); /* the fuzzer takes it for what it is, and kills us */
    if (fate == FATE_STOPPED)
        _exit(EXIT_USER_ERROR);
    *s->result = fate == FATE_CRASH ? SIGABRT : 0;
    if (fuzz_back(s->f, &err))
        give_up(&err);
}

static _Noreturn void be_child(struct server *s)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ASKS_FD);
    close(ANSWERS_FD);
    for (;;) {
        run_one(s);
        raise(SIGSTOP);
    }
}

/* ---- the server ---- */

static void lose_child(struct server *s)
{
    if (s->child) {
        kill(s->child, SIGKILL);
        waitpid(s->child, NULL, 0);
    }
    s->child = 0;
}

/* The child runs: the one that has stopped, or a new one. 0 or -1. */
static int start_child(struct server *s)
{
    if (s->child)
        return kill(s->child, SIGCONT);
    s->child = fork();
    if (s->child == 0)
        be_child(s);
    return s->child > 0 ? 0 : -1;
}

/* What to tell of the run. */
static s32 wait_for_child(struct server *s)
{
    int status = 0;
    while (waitpid(s->child, &status, WUNTRACED) < 0 && errno == EINTR)
        continue;
    if (WIFSTOPPED(status))
        return *s->result ? *s->result : status;
    s->child = 0;
    return status;
}

/* Runs until the fuzzer has gone. */
static void serve(struct server *s)
{
    s32 killed = 0;
    while (s->asked || next(&killed) == 0) {
        s->asked = false;
        if (killed) /* just when it had stopped, perhaps */
            lose_child(s);
        if (start_child(s) || answer(s->child) || answer(wait_for_child(s)))
            break;
    }
    lose_child(s);
}

int server_run(struct fuzz *f, struct error *err)
{
    struct server s = {.f = f, .data = malloc(INPUT_MOST)};
    s.result =
        mmap(NULL, sizeof *s.result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!s.data || s.result == MAP_FAILED || !*signature)
        return error_set(err, "out of memory");
    signal(SIGCHLD, SIG_DFL);
    if (greet(&s) == 0)
        serve(&s);
    munmap((void *)(uintptr_t)s.result, sizeof *s.result);
    free(s.data);
    return 0;
}
