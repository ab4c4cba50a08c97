/* Character devices of the host (terminal, pty, file, socket) as the guest's consoles use them. */
#ifndef HEXTANT_DEVICES_CHARDEV_H
#define HEXTANT_DEVICES_CHARDEV_H

#include "common/error.h"
#include "common/state.h"
#include "common/types.h"

struct chardev;
struct owner;

/* What the user asked for with Ctrl-A x or a closed terminal, and with Ctrl-A c. */
enum console_event { CONSOLE_NONE, CONSOLE_QUIT, CONSOLE_MONITOR };

/* Opens "stdio", "pty", "file:PATH", "unix:PATH", "tcp:PORT" (on the loopback interface) or "null"
 * for `what`, a word for messages. The owner (NULL: none) is told the name of a pty, and that the
 * terminal is in use. NULL with *err on failure. */
struct chardev *chardev_open(const char *what, const char *spec, const struct owner *owner,
                             struct error *err);
/* A chardev on two open file descriptors, which it then owns (-1: none). NULL without memory. */
struct chardev *chardev_from_fds(int in, int out);
/* Flushes, closes, frees. NULL is allowed. */
void chardev_close(struct chardev *c);
/* What has been read from the host and not yet been taken, and who takes it. Output is no state: it
 * has left the machine. */
struct state_part chardev_part(const struct chardev *c, const char *name);
/* Input comes by way of the tape (NULL: it need not), as that channel's. */
struct tape;
void chardev_listen(struct chardev *c, struct tape *tape, u32 channel);
/* Somebody else reads the input from now on. */
void chardev_mute(struct chardev *c);
/* Takes what the host has for us, as far as there is room, and writes out what is buffered. */
void chardev_poll(struct chardev *c);
/* Takes up to `len` bytes of input that chardev_poll() has fetched; returns how many. */
size_t chardev_read(struct chardev *c, void *buf, size_t len);
/* The same for one of two readers that keeps the input to itself: from here on chardev_read() gets
 * nothing, until the input is released. */
size_t chardev_claim(struct chardev *c, void *buf, size_t len);
void chardev_release(struct chardev *c);
/* Bytes that have been fetched and not taken yet. */
size_t chardev_pending(const struct chardev *c);
/* Output, buffered until the buffer is full or the next poll. */
void chardev_write(struct chardev *c, const void *buf, size_t len);
void chardev_flush(struct chardev *c);
/* A machine that has been put back says again what it has said: that is dropped, unless this is
 * called, after which it counts as new. */
void chardev_say_again(struct chardev *c);
/* Text that the guest's output is to contain: when it has, `seen` is called, once. The text is the
 * caller's. */
struct chardev_expected {
    const char *text;
    u32 len; /* of the text, not 0 */
    u32 matched;
    void (*seen)(void *ctx);
    void *ctx;
};
void chardev_expect(struct chardev *c, const struct chardev_expected *text);
/* Somebody else is told of the guest's output, piece by piece; NULL: no longer. */
typedef void (*chardev_listener)(void *ctx, const void *buf, size_t len);
void chardev_tell(struct chardev *c, chardev_listener told, void *ctx);
/* Input, as if it had come from the host: arrives with the next poll. Returns how many of the bytes
 * there was room for. */
size_t chardev_type(struct chardev *c, const void *buf, size_t len);
/* Has all output arrived so far? 0, or -1 with *err. (What a pty or a socket drops because nobody
 * reads there is no error: the owner is told when it begins.) */
int chardev_check(const struct chardev *c, struct error *err);
/* As chardev_flush(), and if the guest's output on our standard output stands in the middle of a
 * line, ends that line: something else is to be printed. */
void chardev_end_line(struct chardev *c);
/* The event since the last call; clears it. */
enum console_event chardev_event(struct chardev *c);
/* The descriptor that becomes readable when there is input, for a caller that wants to sleep, or
 * -1. */
int chardev_input_fd(const struct chardev *c);
/* Will no more input come? As far as the last poll has found: this is what a guest may know. */
bool chardev_ended(const struct chardev *c);
/* The window size in characters, 0 when nobody has set it; returns -1 when it is no terminal. */
int chardev_window(const struct chardev *c, u16 *columns, u16 *rows);

#endif
