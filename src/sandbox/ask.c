/* Asking the helper. Nothing here allocates: it is called in a signal handler. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/protocol.h"

ssize_t protocol_receive(int sock, void *data, size_t len, int *fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {data, len};
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    ssize_t n;
    do
        n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
    *fd = -1;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(c), sizeof *fd);
    return n;
}

ssize_t protocol_send(int sock, const void *data, size_t len, int fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {(void *)(uintptr_t)data, len};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;
    memset(&control, 0, sizeof control);
    if (fd >= 0) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    do
        n = sendmsg(sock, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

/* The answer's result or -errno; *fd is the descriptor that came with it, or -1. */
static int ask(int helper, struct request *q, const char *text, struct answer *a, int *fd)
{
    size_t len = text ? strnlen(text, sizeof q->text) : 0;
    if (len == sizeof q->text)
        return -ENAMETOOLONG;
    memset(q->text, 0, sizeof q->text);
    if (text)
        memcpy(q->text, text, len);
    *fd = -1;
    if (protocol_send(helper, q, sizeof *q, -1) != sizeof *q ||
        protocol_receive(helper, a, sizeof *a, fd) != sizeof *a)
        return -EACCES; /* it is gone */
    return a->result;
}

int helper_open(int helper, const char *path, int flags, unsigned mode)
{
    struct request q = {.kind = ASK_OPEN, .flags = flags, .mode = mode};
    struct answer a;
    int fd, rc = ask(helper, &q, path, &a, &fd);
    return rc < 0 ? rc : fd < 0 ? -EMFILE : fd;
}

int helper_unlink(int helper, const char *path)
{
    struct request q = {.kind = ASK_UNLINK};
    struct answer a;
    int fd;
    return ask(helper, &q, path, &a, &fd);
}

int helper_finish(int helper, const char *path)
{
    struct request q = {.kind = ASK_FINISH};
    struct answer a;
    int fd;
    return ask(helper, &q, path, &a, &fd);
}

int helper_run(int helper, const char *command, int *to)
{
    struct request q = {.kind = ASK_RUN};
    struct answer a;
    return ask(helper, &q, command, &a, to);
}

int helper_ended(int helper, int process, int *status)
{
    struct request q = {.kind = ASK_ENDED, .process = process};
    struct answer a = {0};
    int fd, rc = ask(helper, &q, NULL, &a, &fd);
    *status = a.status;
    return rc;
}
