/* Calls to a machine's owner. */
#include "common/owner.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/host.h"

enum { WAIT_MS = 50, GRACE_MS = 1000 };

void owner_message(const struct owner *o, const char *format, ...)
{
    char text[1024];
    va_list ap;
    if (!o || !o->message)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    o->message(o->ctx, text);
}

int owner_signal(const struct owner *o)
{
    return o && o->signal ? o->signal(o->ctx) : 0;
}

bool owner_asked(const struct owner *o)
{
    return o && o->asked && o->asked(o->ctx);
}

bool owner_interrupted(const struct owner *o)
{
    return o && o->interrupted && o->interrupted(o->ctx);
}

void owner_wait(const struct owner *o, const int *fd, u32 count, const struct timespec *timeout)
{
    struct pollfd p[OWNER_WAIT_MAX];
    assert(count <= OWNER_WAIT_MAX);
    if (o && o->wait) {
        o->wait(o->ctx, fd, count, timeout);
        return;
    }
    for (u32 i = 0; i < count; i++)
        p[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
    ppoll(p, count, timeout, NULL);
}

void owner_attend(const struct owner *o, bool (*keys)(void *typist), void *typist)
{
    if (o && o->attend)
        o->attend(o->ctx, keys, typist);
}

static void wait_writable(const struct owner *o, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (o && o->writable)
        o->writable(o->ctx, fd);
    else
        poll(&p, 1, WAIT_MS);
}

/* One try. A socket is asked not to block; other descriptors block if their owner wants it so. */
static ssize_t write_some(int fd, const void *data, size_t len)
{
    ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 && errno == ENOTSOCK ? write(fd, data, len) : n;
}

/* Has the user ended the run, and has a moment of grace passed since that was first seen? *end is
 * when it will have; UINT64_MAX at first. */
static bool out_of_patience(const struct owner *o, u64 *end)
{
    if (*end == UINT64_MAX && o && o->leaving && o->leaving(o->ctx))
        *end = host_ns() + GRACE_MS * 1000000ull;
    return host_ns() > *end;
}

int owner_await(const struct owner *o, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    for (u64 end = UINT64_MAX; poll(&p, 1, 0) != 1;) {
        if (out_of_patience(o, &end))
            return EINTR;
        wait_writable(o, fd);
    }
    return 0;
}

int owner_write(const struct owner *o, int fd, const void *data, size_t len)
{
    const u8 *p = data;
    u64 end = UINT64_MAX;
    while (len) {
        ssize_t n = write_some(fd, p, len);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return errno;
        } else {
            wait_writable(o, fd);
        }
        if (out_of_patience(o, &end) && len)
            return EINTR;
    }
    return 0;
}

const char *owner_write_error(int error)
{
    return error == EINTR ? "the run was ended before its reader had taken all" : strerror(error);
}

void owner_raw(const struct owner *o)
{
    if (o && o->raw)
        o->raw(o->ctx);
}

void owner_restore(const struct owner *o)
{
    if (o && o->restore)
        o->restore(o->ctx);
}

FILE *owner_program(const struct owner *o, const char *command)
{
    return o && o->program ? o->program(o->ctx, command) : popen(command, "w");
}

int owner_program_end(const struct owner *o, FILE *to)
{
    return o && o->program ? o->program_end(o->ctx, to) : pclose(to);
}
