/* Calls to a machine's owner. */
#include "common/owner.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

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
