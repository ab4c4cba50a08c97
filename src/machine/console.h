/* Character devices of the host (terminal, pty, file, socket) as the guest's consoles use them, and
 * the care of the user's terminal. */
#ifndef HEXTANT_MACHINE_CONSOLE_H
#define HEXTANT_MACHINE_CONSOLE_H

#include "common/types.h"

struct chardev;

/* What the user asked for with Ctrl-A x or a closed terminal, and with Ctrl-A c. */
enum console_event { CONSOLE_NONE, CONSOLE_QUIT, CONSOLE_MONITOR };

/* Opens "stdio", "pty", "file:PATH", "unix:PATH", "tcp:PORT" (on the loopback interface) or "null".
 * On failure returns NULL and writes one line that says why into err. */
struct chardev *chardev_open(const char *spec, char *err, size_t err_len);
/* A chardev on two open file descriptors, which it then owns (-1: none). NULL without memory. */
struct chardev *chardev_from_fds(int in, int out);
/* Flushes, closes, frees. NULL is allowed. */
void chardev_close(struct chardev *c);
/* Somebody else reads the input from now on. */
void chardev_mute(struct chardev *c);
/* Takes what the host has for us, as far as there is room, and writes out what is buffered. */
void chardev_poll(struct chardev *c);
/* Takes up to `len` bytes of input that chardev_poll() has fetched; returns how many. */
size_t chardev_read(struct chardev *c, void *buf, size_t len);
/* Bytes chardev_read() could take now. */
size_t chardev_pending(const struct chardev *c);
/* Output, buffered until the buffer is full or the next poll. */
void chardev_write(struct chardev *c, const void *buf, size_t len);
void chardev_flush(struct chardev *c);
/* The event since the last call; clears it. */
enum console_event chardev_event(struct chardev *c);
/* The descriptor that becomes readable when there is input, for a caller that wants to sleep, or
 * -1. */
int chardev_input_fd(const struct chardev *c);
/* The window size in characters; returns -1 when it is not a terminal or does not say. */
int chardev_window(const struct chardev *c, u16 *columns, u16 *rows);

/* Puts the terminal on standard input into raw mode (no effect if it is none, or not ours), and
 * back. The first call arranges that it is put back whenever the process ends. */
void terminal_raw(void);
void terminal_restore(void);
/* Catches SIGINT, SIGTERM and SIGHUP so that the run can end in order, and ignores SIGPIPE. A
 * second such signal ends the process at once. */
void terminal_catch_signals(void);
/* The signal caught so far, or 0. */
int terminal_signal(void);
/* Was it SIGINT? If so it is forgotten: a debugger takes it for a wish to look. */
bool terminal_interrupted(void);

#endif
