/* What goes between a run and its helper: one message for a question, one for its answer, in which
 * a descriptor may come along. */
#ifndef HEXTANT_SANDBOX_PROTOCOL_H
#define HEXTANT_SANDBOX_PROTOCOL_H

#include <limits.h>
#include <sys/types.h>

#include "common/types.h"
#include "sandbox/helper.h"

enum ask { ASK_OPEN, ASK_UNLINK, ASK_FINISH, ASK_RUN, ASK_ENDED };

struct request {
    u32 kind;
    s32 flags, process;
    u32 mode;
    char text[PATH_MAX]; /* ends with a zero */
};

struct answer {
    s32 result; /* 0, a process, or -errno */
    s32 status; /* ASK_ENDED */
};

/* One message and, if `fd` is not -1, a descriptor. Its length, or -1. */
ssize_t protocol_send(int sock, const void *data, size_t len, int fd);
/* The same, the other way; 0: the other side is gone. *fd is -1 if none came. */
ssize_t protocol_receive(int sock, void *data, size_t len, int *fd);

#endif
