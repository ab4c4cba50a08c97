/* Inside of a chardev, shared by chardev.c (data) and chardev_open.c (backends). */
#ifndef HEXTANT_DEVICES_CHARDEV_IMPL_H
#define HEXTANT_DEVICES_CHARDEV_IMPL_H

#include <sys/types.h>

#include "common/owner.h"
#include "common/types.h"
#include "devices/chardev.h"

enum { CHARDEV_IN = 1 << 14, CHARDEV_OUT = 1 << 12 };

/* How writes behave: the host's files and terminals block; a peer may be absent or slow. */
enum chardev_kind { CHARDEV_NULL, CHARDEV_STDIO, CHARDEV_FILE, CHARDEV_PTY, CHARDEV_SOCKET };

struct chardev {
    enum chardev_kind kind;
    const struct owner *owner; /* NULL: none */
    int in, out;               /* -1: none; a socket's client is both */
    int listener;              /* -1, or the socket that waits for a client */
    int held;                  /* -1, or the far side of our pty */
    char *unlink_path;         /* unix socket to remove at the end */
    bool terminal;             /* the user's terminal: keys, and the run ends with it */
    bool after_ctrl_a;         /* the next key is for us */
    bool stalled;              /* the peer does not read */
    bool told;                 /* the user knows that output for a stalled peer is dropped */
    bool flushing;             /* out_buf is being written */
    int error;                 /* errno of the output that was lost, or 0 */
    const char *what;          /* for messages */
    bool mid_line;             /* the last byte of output was no newline */
    bool claimed;              /* input is chardev_claim()'s */
    bool ended;                /* at the last poll nobody was there who could type */
    u64 said, shown;   /* bytes of output of the machine, and of those that the host has got */
    struct tape *tape; /* NULL: none */
    u32 channel;
    u32 late_count;                   /* input that came while output was written */
    struct chardev_expected expected; /* seen is NULL: nothing */
    chardev_listener told_output;     /* NULL: nobody else */
    void *told_ctx;
    enum console_event event;
    u32 in_head, in_count; /* ring of input */
    u32 out_count;
    u8 in_buf[CHARDEV_IN];
    u8 late[CHARDEV_IN];
    u8 out_buf[CHARDEV_OUT];
};

/* A zeroed chardev without descriptors; NULL without memory. */
struct chardev *chardev_alloc(enum chardev_kind kind);

/* The keys that have come while somebody waits for a slow reader: does the user want the run to
 * end? `chardev` is a struct chardev. */
bool chardev_keys(void *chardev);

#endif
