/* The helper's own side: it waits for questions, and for the end of who asks. */
#include "sandbox/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/packed.h"
#include "sandbox/program.h"
#include "sandbox/protocol.h"

static void hear(int sig)
{
    (void)sig;
}

/* What ends the run by the user's wish is the run's to hear: its last files are still to be opened.
 * A program that is started hears it again, as what has a handler does. */
static void keep_signals(void)
{
    static const int kept[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    const struct sigaction heard = {.sa_handler = hear, .sa_flags = SA_RESTART};
    struct sigaction before;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (sigaction(kept[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(kept[i], &heard, NULL);
}

/* ---- what may be asked ---- */

enum {
    OPEN_FLAGS = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_EXCL | O_NONBLOCK | O_NOCTTY |
                 O_DIRECTORY | O_CLOEXEC | O_LARGEFILE
};

static bool may_open(const struct helper_policy *p, const struct request *q)
{
    bool reads = (q->flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY;
    if (q->flags & ~OPEN_FLAGS)
        return false;
    return p->monitor || (p->network && reads && strcmp(q->text, "/etc/resolv.conf") == 0) ||
           options_name_file(p->opt, q->text, reads ? FILE_IS_READ : FILE_IS_WRITTEN);
}

/* Is it the name of a file while it is written (common/packed.h), and may the run write it? Its own
 * name, of which *final is filled in, ends where the mark begins. */
static bool is_unfinished(const struct helper_policy *p, const char *path, char final[PATH_MAX])
{
    const char *mark = NULL;
    for (const char *at = path; (at = strstr(at, PACKED_UNFINISHED)); at++)
        mark = at;
    if (!mark || (!p->monitor && !options_name_file(p->opt, path, FILE_IS_WRITTEN)))
        return false;
    snprintf(final, PATH_MAX, "%.*s", (int)(mark - path), path);
    return true;
}

/* Is it the path of "unix:PATH", up to a comma? */
static bool is_socket_of(const char *where, const char *path)
{
    static const char kind[] = "unix:";
    if (!where || strncmp(where, kind, strlen(kind)) != 0)
        return false;
    where += strlen(kind);
    return strlen(path) == strcspn(where, ",") && strncmp(where, path, strlen(path)) == 0;
}

static bool may_unlink(const struct helper_policy *p, const char *path)
{
    struct stat st;
    char final[PATH_MAX];
    const struct options *o = p->opt;
    if (is_unfinished(p, path, final))
        return true;
    return (is_socket_of(o->serial, path) || is_socket_of(o->console, path) ||
            is_socket_of(o->gdb, path)) &&
           lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* ---- answers ---- */

static s32 or_errno(int result)
{
    return result < 0 ? -errno : result;
}

static struct answer answer(const struct helper_policy *p, const struct request *q, int *fd)
{
    struct answer a = {.result = -EACCES};
    char final[PATH_MAX];
    switch (q->kind) {
    case ASK_OPEN:
        if (may_open(p, q)) {
            *fd = open(q->text, q->flags | O_CLOEXEC, q->mode);
            a.result = *fd < 0 ? -errno : 0;
        }
        break;
    case ASK_UNLINK:
        if (may_unlink(p, q->text))
            a.result = or_errno(unlink(q->text));
        break;
    case ASK_FINISH:
        if (is_unfinished(p, q->text, final)) {
            a.result = or_errno(rename(q->text, final));
            packed_sync_folder(final);
        }
        break;
    case ASK_RUN:
        if (p->monitor)
            a.result = program_start(q->text, fd);
        break;
    case ASK_ENDED:
        a.result = program_ended(q->process, &a.status);
        break;
    default:
        break;
    }
    return a;
}

static _Noreturn void serve(const struct helper_policy *p, int sock)
{
    struct request q;
    int fd;
    keep_signals();
    while (protocol_receive(sock, &q, sizeof q, &fd) == sizeof q) {
        if (fd >= 0)
            close(fd); /* nobody sends any */
        fd = -1;
        q.text[sizeof q.text - 1] = '\0';
        struct answer a = answer(p, &q, &fd);
        protocol_send(sock, &a, sizeof a, fd);
        if (fd >= 0)
            close(fd);
    }
    _exit(0);
}

int helper_start(const struct helper_policy *policy, pid_t *pid)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        /* What the run was started with is the run's: whoever waits for its end must see it. */
        int sock = dup2(ends[1], STDERR_FILENO + 1);
        close_range((unsigned)sock + 1, ~0u, 0);
        fcntl(sock, F_SETFD, FD_CLOEXEC);
        serve(policy, sock);
    }
    int why = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = why;
        return -1;
    }
    *pid = child;
    return ends[0];
}
