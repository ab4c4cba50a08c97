/* Data through a chardev: a ring of input that stops reading from the host when it is full (so a
 * long paste waits in the host instead of getting lost), buffered output, and the Ctrl-A keys. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/tape.h"
#include "devices/chardev_impl.h"

enum { CTRL_A = 1, PATIENCE_MS = 1000 };

struct chardev *chardev_alloc(enum chardev_kind kind)
{
    struct chardev *c = calloc(1, sizeof(*c));
    if (c) {
        c->kind = kind;
        c->what = "console";
        c->in = c->out = c->listener = c->held = -1;
    }
    return c;
}

struct chardev *chardev_from_fds(int in, int out)
{
    struct chardev *c = chardev_alloc(CHARDEV_FILE);
    if (c) {
        c->in = in;
        c->out = out;
    }
    return c;
}

struct state_part chardev_part(const struct chardev *c, const char *name)
{
    static const struct state_row rows[] = {
        STATE_FIELD(struct chardev, after_ctrl_a), STATE_FIELD(struct chardev, claimed),
        STATE_FIELD(struct chardev, in_head),      STATE_FIELD(struct chardev, in_count),
        STATE_ARRAY(struct chardev, in_buf),       STATE_FIELD(struct chardev, said),
        STATE_FIELD(struct chardev, ended),
    };
    return state_part(c, rows, ARRAY_LEN(rows), "%s", name);
}

static void close_fd(int *fd)
{
    if (*fd > STDERR_FILENO)
        close(*fd);
    *fd = -1;
}

/* The other side is gone. A socket waits for the next one; a closed terminal ends the run. */
static void hang_up(struct chardev *c)
{
    if (c->terminal)
        c->event = CONSOLE_QUIT;
    if (c->kind == CHARDEV_PTY)
        return; /* somebody may open it again */
    if (c->kind == CHARDEV_SOCKET && c->in == c->out)
        c->out = -1;
    close_fd(&c->in);
}

static bool fd_ready(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, timeout_ms) == 1;
}

/* The guest's output has nowhere to go: a run whose reader is gone ends, one into a file goes on.
 */
static void lose_output(struct chardev *c, int error)
{
    c->error = error;
    if (c->kind == CHARDEV_STDIO && error != EINTR)
        c->event = CONSOLE_QUIT;
    close_fd(&c->out);
}

/* Nobody may be there to read a pty or a socket: wait a moment once, then drop until it moves. */
static bool writable(struct chardev *c)
{
    c->stalled = !fd_ready(c->out, POLLOUT, c->stalled ? 0 : PATIENCE_MS);
    if (c->stalled && !c->told)
        owner_message(c->owner, "%s: the other side does not read; output is dropped until it does",
                      c->what);
    c->told |= c->stalled;
    return !c->stalled;
}

static void flush_to_peer(struct chardev *c)
{
    u32 done = 0;
    while (done < c->out_count && c->out >= 0 && writable(c)) {
        ssize_t n =
            c->kind == CHARDEV_SOCKET
                ? send(c->out, c->out_buf + done, c->out_count - done, MSG_NOSIGNAL | MSG_DONTWAIT)
                : write(c->out, c->out_buf + done, c->out_count - done);
        if (n >= 0) {
            done += (u32)n;
        } else if (errno != EAGAIN && errno != EINTR) {
            if (c->kind == CHARDEV_SOCKET)
                hang_up(c);
            break;
        } else if (owner_signal(c->owner)) {
            break;
        }
    }
}

/* To a file or to our own reader: all of it arrives, or the run says so at its end. */
static void flush_all(struct chardev *c)
{
    c->flushing = true;
    int error = owner_write(c->owner, c->out, c->out_buf, c->out_count);
    c->flushing = false;
    if (error)
        lose_output(c, error);
}

void chardev_flush(struct chardev *c)
{
    if (c->flushing)
        return;
    if (c->kind == CHARDEV_PTY || c->kind == CHARDEV_SOCKET)
        flush_to_peer(c);
    else if (c->out >= 0 && c->out_count)
        flush_all(c);
    c->out_count = 0;
}

int chardev_check(const struct chardev *c, struct error *err)
{
    return c->error ? error_set(err, "%s: output is lost: %s",
                                c->kind == CHARDEV_STDIO ? "standard output" : c->what,
                                owner_write_error(c->error))
                    : 0;
}

/* The longest beginning of the text, shorter than `matched`, with which its first `matched` bytes
 * end. */
static u32 shorter_match(const struct chardev_expected *e, u32 matched)
{
    for (u32 k = matched - 1; k > 0; k--)
        if (memcmp(e->text, e->text + matched - k, k) == 0)
            return k;
    return 0;
}

static void look_for_text(struct chardev *c, const u8 *p, size_t len)
{
    struct chardev_expected *e = &c->expected;
    for (; len; p++, len--) {
        while (e->matched && e->text[e->matched] != (char)*p)
            e->matched = shorter_match(e, e->matched);
        e->matched += e->text[e->matched] == (char)*p;
        if (e->matched == e->len) {
            void (*seen)(void *) = e->seen;
            e->seen = NULL;
            seen(e->ctx);
            return;
        }
    }
}

void chardev_expect(struct chardev *c, const struct chardev_expected *text)
{
    c->expected = *text;
}

void chardev_say_again(struct chardev *c)
{
    c->shown = c->said;
}

/* How many bytes of the output have been said before, in a past to which the machine was put back.
 */
static size_t said_before(struct chardev *c, size_t len)
{
    u64 known = c->shown > c->said ? c->shown - c->said : 0;
    c->said += len;
    if (c->shown < c->said)
        c->shown = c->said;
    return known < len ? (size_t)known : len;
}

/* Output on its way to the host. */
static void put_output(struct chardev *c, const u8 *p, size_t len)
{
    if (len)
        c->mid_line = p[len - 1] != '\n';
    while (len > 0) {
        if (c->out_count == CHARDEV_OUT)
            chardev_flush(c);
        size_t part = CHARDEV_OUT - c->out_count;
        part = len < part ? len : part;
        memcpy(c->out_buf + c->out_count, p, part);
        c->out_count += (u32)part;
        p += part;
        len -= part;
    }
}

void chardev_write(struct chardev *c, const void *buf, size_t len)
{
    const u8 *p = buf;
    size_t old = said_before(c, len);
    if (UNLIKELY(c->expected.seen != NULL))
        look_for_text(c, p + old, len - old);
    put_output(c, p + old, len - old);
    if (UNLIKELY(c->told_output != NULL) && len > old)
        c->told_output(c->told_ctx, p + old, len - old);
}

void chardev_tell(struct chardev *c, chardev_listener told, void *ctx)
{
    c->told_output = told;
    c->told_ctx = ctx;
}

void chardev_end_line(struct chardev *c)
{
    if (c->kind == CHARDEV_STDIO && c->mid_line)
        put_output(c, (const u8 *)"\n", 1);
    chardev_flush(c);
}

static void put_input(struct chardev *c, u8 byte)
{
    c->in_buf[(c->in_head + c->in_count++) % CHARDEV_IN] = byte;
}

/* A byte from the host. One that comes in the middle of an instruction, while output is written,
 * waits for the next poll: the guest sees input at polls only. */
static void arrives(struct chardev *c, u8 byte)
{
    c->late[c->late_count++] = byte;
}

/* What becomes input; nothing: it ends, or there may be some again. */
static void take_event(struct chardev *c, const u8 *data, u32 len)
{
    for (u32 i = 0; i < len; i++)
        put_input(c, data[i]);
    c->ended ^= len == 0;
}

static void take_and_record(struct chardev *c, const u8 *data, u32 len)
{
    take_event(c, data, len);
    tape_put(c->tape, TAPE_INPUT, c->channel, data, len);
}

/* What has arrived, or what the tape has instead, becomes input. */
static void deliver(struct chardev *c)
{
    const void *data;
    int len;
    if (tape_replays(c->tape)) {
        while ((len = tape_look(c->tape, TAPE_INPUT, c->channel, &data)) >= 0)
            take_event(c, data, (u32)len);
    } else {
        if (c->late_count)
            take_and_record(c, c->late, c->late_count);
        if (c->ended == (c->in >= 0 || c->listener >= 0))
            take_and_record(c, c->late, 0);
    }
    c->late_count = 0;
}

void chardev_listen(struct chardev *c, struct tape *tape, u32 channel)
{
    c->tape = tape;
    c->channel = channel;
}

/* How much more input can be taken from the host. */
static size_t room_for_input(const struct chardev *c)
{
    return CHARDEV_IN - c->in_count - c->late_count;
}

size_t chardev_type(struct chardev *c, const void *buf, size_t len)
{
    const u8 *p = buf;
    size_t n = room_for_input(c) < len ? room_for_input(c) : len;
    for (size_t i = 0; i < n; i++)
        arrives(c, p[i]);
    return n;
}

static void ctrl_a_help(struct chardev *c)
{
    static const char text[] = "\r\nCtrl-A h  this help\r\n"
                               "Ctrl-A x  end the simulation\r\n"
                               "Ctrl-A c  monitor\r\n"
                               "Ctrl-A Ctrl-A  send Ctrl-A\r\n";
    put_output(c, (const u8 *)text, sizeof(text) - 1);
}

/* One key from the user's terminal. */
static void terminal_key(struct chardev *c, u8 key)
{
    if (!c->after_ctrl_a) {
        c->after_ctrl_a = key == CTRL_A;
        if (key != CTRL_A)
            arrives(c, key);
        return;
    }
    c->after_ctrl_a = false;
    switch (key) {
    case 'x':
        c->event = CONSOLE_QUIT;
        break;
    case 'c':
        c->event = CONSOLE_MONITOR;
        break;
    case 'h':
    case '?':
        if (!c->flushing) /* the buffer is full */
            ctrl_a_help(c);
        break;
    case CTRL_A:
    case 'a':
        arrives(c, CTRL_A);
        break;
    }
}

static void take_input(struct chardev *c)
{
    u8 buf[1024];
    while (c->in >= 0 && room_for_input(c) && fd_ready(c->in, POLLIN, 0)) {
        size_t room = room_for_input(c);
        ssize_t n = read(c->in, buf, room < sizeof(buf) ? room : sizeof(buf));
        if (n <= 0) {
            if (n == 0 || (errno != EAGAIN && errno != EINTR))
                hang_up(c);
            return;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (c->terminal)
                terminal_key(c, buf[i]);
            else
                arrives(c, buf[i]);
        }
    }
}

static void accept_client(struct chardev *c)
{
    if (c->listener < 0 || c->in >= 0 || !fd_ready(c->listener, POLLIN, 0))
        return;
    int fd = accept(c->listener, NULL, NULL);
    if (fd >= 0) {
        c->in = c->out = fd;
        c->stalled = false;
    }
}

bool chardev_keys(void *chardev)
{
    struct chardev *c = chardev;
    take_input(c);
    return c->event == CONSOLE_QUIT;
}

void chardev_mute(struct chardev *c)
{
    if (c->kind == CHARDEV_STDIO)
        c->in = -1;
}

void chardev_poll(struct chardev *c)
{
    accept_client(c);
    take_input(c);
    deliver(c);
    if (c->out_count)
        chardev_flush(c);
}

static size_t take(struct chardev *c, void *buf, size_t len)
{
    u8 *p = buf;
    size_t n = 0;
    for (; n < len && c->in_count; n++) {
        p[n] = c->in_buf[c->in_head];
        c->in_head = (c->in_head + 1) % CHARDEV_IN;
        c->in_count--;
    }
    return n;
}

size_t chardev_read(struct chardev *c, void *buf, size_t len)
{
    return c->claimed ? 0 : take(c, buf, len);
}

size_t chardev_claim(struct chardev *c, void *buf, size_t len)
{
    c->claimed = true;
    return take(c, buf, len);
}

void chardev_release(struct chardev *c)
{
    c->claimed = false;
}

size_t chardev_pending(const struct chardev *c)
{
    return c->in_count;
}

enum console_event chardev_event(struct chardev *c)
{
    enum console_event e = c->event;
    c->event = CONSOLE_NONE;
    return e;
}

int chardev_input_fd(const struct chardev *c)
{
    if (!room_for_input(c))
        return -1;
    return c->in >= 0 ? c->in : c->listener;
}

bool chardev_ended(const struct chardev *c)
{
    return c->ended;
}

int chardev_window(const struct chardev *c, u16 *columns, u16 *rows)
{
    struct winsize size;
    if ((c->out < 0 || ioctl(c->out, TIOCGWINSZ, &size) != 0) &&
        (c->in < 0 || ioctl(c->in, TIOCGWINSZ, &size) != 0))
        return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

void chardev_close(struct chardev *c)
{
    if (!c)
        return;
    chardev_flush(c);
    if (c->kind == CHARDEV_STDIO) {
        owner_attend(c->owner, NULL, NULL);
        owner_restore(c->owner);
    }
    if (c->in == c->out)
        c->out = -1;
    close_fd(&c->in);
    close_fd(&c->out);
    close_fd(&c->listener);
    close_fd(&c->held);
    if (c->unlink_path)
        unlink(c->unlink_path);
    free(c->unlink_path);
    free(c);
}
