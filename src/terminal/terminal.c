/* The user's terminal: raw mode while a guest has it, put back however the process ends; signals;
 * messages. What has to be known inside a signal handler is static here. */
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "terminal/terminal.h"

static struct termios cooked;
static volatile sig_atomic_t is_raw, caught, resized, asked, awaits_program;
static bool left; /* by a key, while somebody waited for a reader */
static bool keeps_interrupts;
static struct {
    bool (*keys)(void *of);
    void *of;
} typist;

enum { LOOK_MS = 50 };

void terminal_restore(void)
{
    if (is_raw) {
        is_raw = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
    }
}

void terminal_raw(void)
{
    static bool registered;
    struct termios t;
    /* A background process that changes the terminal would be stopped. */
    if (is_raw || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &t) != 0)
        return;
    cooked = t;
    t.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    t.c_cflag = (t.c_cflag & (tcflag_t) ~(CSIZE | PARENB)) | CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    if (!registered) {
        registered = true;
        atexit(terminal_restore);
    }
    is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

/* Whatever blocks is interrupted again and again after a signal: one that comes just before a call
 * that blocks ends it, too. */
static void keep_interrupting(bool on)
{
    const struct timeval period = {.tv_usec = on ? LOOK_MS * 1000 : 0};
    const struct itimerval timer = {period, period};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int sig)
{
    (void)sig;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    if (awaits_program && sig == SIGINT && info->si_code == SI_KERNEL)
        return; /* the user's Ctrl-C is the program's */
    if (caught) {
        terminal_restore();
        _exit(128 + sig);
    }
    caught = sig;
    keep_interrupting(true);
}

/* The terminal was lent to a shell while we were stopped. */
static void on_continue(int sig)
{
    (void)sig;
    if (is_raw) {
        is_raw = 0;
        terminal_raw();
    }
}

static void on_resize(int sig)
{
    (void)sig;
    resized = 1;
}

static void on_question(int sig)
{
    (void)sig;
    asked = 1;
}

/* A broken invariant: the signal's own effect follows. */
static void on_crash(int sig)
{
    terminal_restore();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* Sanitizers have handlers of their own, which know more. */
static void catch_crashes(void)
{
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGQUIT};
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
        struct sigaction now, sa = {.sa_handler = on_crash};
        if (sigaction(fatal[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(fatal[i], &sa, NULL);
    }
}

/* Who started us by nohup does not want to hear of it. */
static bool is_ignored(int sig)
{
    struct sigaction old;
    return sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
}

bool terminal_is_raw(void)
{
    return is_raw;
}

void terminal_catch_signals(void)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sigemptyset(&sa.sa_mask);
    catch_crashes();
    sa.sa_handler = on_resize;
    sigaction(SIGWINCH, &sa, NULL);
    sa.sa_handler = on_alarm;
    sigaction(SIGALRM, &sa, NULL);
    sa.sa_sigaction = on_signal;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    if (!is_ignored(SIGHUP))
        sigaction(SIGHUP, &sa, NULL);
    sa.sa_flags = SA_RESTART;
    sa.sa_handler = on_continue;
    sigaction(SIGCONT, &sa, NULL);
    sa.sa_handler = on_question;
    sigaction(SIGUSR1, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
    sigaction(SIGXFSZ, &sa,
              NULL); /* a write beyond the limit fails with EFBIG, like one without room */
}

int terminal_signal(void)
{
    return caught;
}

/* ---- what a machine asks ---- */

static int signal_so_far(void *ctx)
{
    (void)ctx;
    return caught;
}

void terminal_keep_interrupts(void)
{
    keeps_interrupts = true;
}

static bool take_interrupt(void *ctx)
{
    (void)ctx;
    if (caught != SIGINT || keeps_interrupts)
        return false;
    caught = 0;
    keep_interrupting(false);
    return true;
}

static bool take_question(void *ctx)
{
    bool was = asked;
    (void)ctx;
    asked = 0;
    return was;
}

/* A change of the terminal's size ends the sleep, and a question, too. */
static void sleep_for_input(void *ctx, const int *fd, u32 count, const struct timespec *timeout)
{
    struct pollfd p[OWNER_WAIT_MAX];
    sigset_t watched, before;
    (void)ctx;
    for (u32 i = 0; i < count; i++)
        p[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigaddset(&watched, SIGWINCH);
    sigaddset(&watched, SIGUSR1);
    /* A signal that came after the caller's last look must not be slept through. */
    sigprocmask(SIG_BLOCK, &watched, &before);
    if (!caught && !resized && !asked)
        ppoll(p, count, timeout, &before);
    resized = 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static bool wants_out(void *ctx)
{
    (void)ctx;
    return caught || left;
}

static void wait_for_reader(void *ctx, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    (void)ctx;
    poll(&p, 1, LOOK_MS);
    if (typist.keys && typist.keys(typist.of))
        left = true;
}

static void attend(void *ctx, bool (*keys)(void *of), void *of)
{
    (void)ctx;
    typist.keys = keys;
    typist.of = of;
}

static void lend(void *ctx)
{
    (void)ctx;
    terminal_raw();
}

static void take_back(void *ctx)
{
    (void)ctx;
    terminal_restore();
}

static bool is_caught(void)
{
    return caught;
}

static int end_program(void *ctx, FILE *to)
{
    (void)ctx;
    awaits_program = 1;
    int status = sandbox_program_end(to, is_caught);
    awaits_program = 0;
    return status;
}

void warn_line(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("hextant: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
}

static void say(void *ctx, const char *text)
{
    (void)ctx;
    warn_line("%s", text);
}

const struct owner terminal_owner = {.message = say,
                                     .signal = signal_so_far,
                                     .interrupted = take_interrupt,
                                     .asked = take_question,
                                     .wait = sleep_for_input,
                                     .writable = wait_for_reader,
                                     .leaving = wants_out,
                                     .attend = attend,
                                     .raw = lend,
                                     .restore = take_back,
                                     .program = sandbox_program,
                                     .program_end = end_program};
