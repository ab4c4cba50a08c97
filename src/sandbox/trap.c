/* The handler of SIGSYS. It knows how the host passes a system call's arguments and result. */
#include "sandbox/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "common/packed.h"
#include "sandbox/filter.h"
#include "sandbox/helper.h"

#if defined(__x86_64__)
static const int argument[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
#define REGISTER(u, i) ((u)->uc_mcontext.gregs[argument[i]])
#define RESULT(u)      ((u)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define REGISTER(u, i) ((u)->uc_mcontext.regs[i])
#define RESULT(u)      ((u)->uc_mcontext.regs[0])
#else
#error "how does this host pass the arguments of a system call?"
#endif

static int socket_to_helper = -1;
static const struct owner *told;
static bool all_end;

static const char *path_at(const ucontext_t *u, unsigned i)
{
    return (const char *)(uintptr_t)REGISTER(u, i);
}

/* Is the path a path for somebody in the same folder, too? */
static bool is_free(const ucontext_t *u)
{
    return (int)REGISTER(u, 0) == AT_FDCWD || *path_at(u, 1) == '/';
}

/* Does a file get its own name, now that it is finished? */
static bool finishes(const char *from, const char *to)
{
    size_t len = strlen(to);
    return strncmp(from, to, len) == 0 &&
           strncmp(from + len, PACKED_UNFINISHED, strlen(PACKED_UNFINISHED)) == 0;
}

/* rename(), whose paths are arguments `from` and `to`. False: it is none of the helper's. */
static bool hand_over_rename(ucontext_t *u, unsigned from, unsigned to)
{
    if (!finishes(path_at(u, from), path_at(u, to)))
        return false;
    RESULT(u) = (unsigned long)(long)helper_finish(socket_to_helper, path_at(u, from));
    return true;
}

/* Does the call through the helper. False: it is none of the helper's. */
static bool hand_over(int number, ucontext_t *u)
{
    int result = -EACCES;
    switch (number) {
#ifdef SYS_open
    case SYS_open:
        result = helper_open(socket_to_helper, path_at(u, 0), (int)REGISTER(u, 1),
                             (unsigned)REGISTER(u, 2));
        break;
    case SYS_unlink:
        result = helper_unlink(socket_to_helper, path_at(u, 0));
        break;
    case SYS_rename:
        return hand_over_rename(u, 0, 1);
#endif
    case SYS_openat:
        if (is_free(u))
            result = helper_open(socket_to_helper, path_at(u, 1), (int)REGISTER(u, 2),
                                 (unsigned)REGISTER(u, 3));
        break;
#ifdef SYS_renameat
    case SYS_renameat:
        return hand_over_rename(u, 1, 3);
#endif
    case SYS_renameat2:
        return hand_over_rename(u, 1, 3);
    case SYS_unlinkat:
        if (is_free(u) && REGISTER(u, 2) == 0)
            result = helper_unlink(socket_to_helper, path_at(u, 1));
        break;
    default:
        return false;
    }
    RESULT(u) = (unsigned long)(long)result;
    return true;
}

/* The name is looked up with malloc(); the call came from no other handler, so that can be done. */
static void say(const char *has, const char *then, int number, const ucontext_t *u)
{
    char text[512];
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    int n = snprintf(text, sizeof text,
                     "hextant: the sandbox has %s the system call %s(0x%llx, 0x%llx, 0x%llx), "
                     "number %d: %s. Please report this line; --sandbox=off runs without.\n",
                     has, name ? name : "?", (unsigned long long)REGISTER(u, 0),
                     (unsigned long long)REGISTER(u, 1), (unsigned long long)REGISTER(u, 2), number,
                     then);
    ssize_t written = write(STDERR_FILENO, text, (size_t)n);
    (void)written;
    free(name);
}

static void end(int number, ucontext_t *u)
{
    owner_restore(told);
    say("stopped", "nothing in this run should need it", number, u);
    signal(SIGSYS, SIG_DFL);
    raise(SIGSYS);
}

/* As a kernel that does not know the call. */
static void refuse(int number, ucontext_t *u)
{
    enum { CALLS = 1024 };
    static bool said[CALLS];
    if (number >= 0 && number < CALLS && !said[number]) {
        said[number] = true;
        say("refused", "the run goes on as on a kernel without it", number, u);
    }
    RESULT(u) = (unsigned long)-(long)ENOSYS;
}

static void on_refused(int sig, siginfo_t *info, void *context)
{
    enum { SECCOMP = 1 }; /* SYS_SECCOMP */
    int number = info->si_syscall, before = errno;
    (void)sig;
    if (info->si_code != SECCOMP)
        end(number, context);
    else if (!hand_over(number, context))
        (all_end || filter_names(number) ? end : refuse)(number, context);
    errno = before;
}

void trap_catch(int helper, const struct owner *owner, enum trap_unknown unknown)
{
    struct sigaction sa = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO | SA_NODEFER};
    socket_to_helper = helper;
    told = owner;
    all_end = unknown == UNKNOWN_ENDS;
    sigaction(SIGSYS, &sa, NULL);
}
