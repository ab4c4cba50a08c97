/* Where a chardev comes from: the backends that --serial and its like can name. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/host.h"
#include "common/keys.h"
#include "common/listen.h"
#include "devices/chardev_impl.h"

/* Where to say what went wrong. */
struct complaint {
    const char *what, *spec;
    struct error *err;
};

static struct chardev *fail(struct chardev *c, struct complaint *e, const char *why)
{
    error_set(e->err, "%s '%s': %s", e->what, e->spec, why);
    chardev_close(c);
    return NULL;
}

static struct chardev *open_stdio(struct chardev *c)
{
    c->in = STDIN_FILENO;
    c->out = host_own_output(STDOUT_FILENO);
    c->terminal = isatty(STDIN_FILENO);
    owner_attend(c->owner, chardev_keys, c);
    owner_raw(c->owner);
    return c;
}

static struct chardev *open_pty(struct chardev *c, struct complaint *e)
{
    char name[128];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, name, sizeof(name)) != 0) {
        int err = errno;
        if (fd >= 0)
            close(fd);
        return fail(c, e, strerror(err));
    }
    /* Holding the other side open keeps reads from failing while nobody is connected, and raw mode
     * keeps the line discipline from echoing our output back to us. */
    int held = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios t;
    if (held >= 0 && tcgetattr(held, &t) == 0) {
        cfmakeraw(&t);
        tcsetattr(held, TCSANOW, &t);
    }
    c->in = c->out = fd;
    c->held = held;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    owner_message(c->owner, "%s is on %s", e->what, name);
    return c;
}

static struct chardev *open_file(struct chardev *c, const char *path, struct complaint *e)
{
    c->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (c->out < 0)
        return fail(c, e, strerror(errno));
    fcntl(c->out, F_SETFL, fcntl(c->out, F_GETFL) | O_NONBLOCK); /* a FIFO */
    return c;
}

static struct chardev *open_unix(struct chardev *c, const char *path, struct complaint *e)
{
    c->listener = listen_at_path(path);
    if (c->listener < 0)
        return fail(c, e,
                    errno == ENAMETOOLONG ? "the path of the socket is empty or too long"
                                          : strerror(errno));
    c->unlink_path = strdup(path);
    return c;
}

static struct chardev *open_tcp(struct chardev *c, const char *port, struct complaint *e)
{
    u64 number;
    if (number_parse(port, NUMBER_PLAIN, &number) || number > 65535)
        return fail(c, e, "the port must be a number up to 65535; 0: any that is free");
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((u16)number)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->listener = listen_at((const struct sockaddr *)&addr, sizeof(addr));
    if (c->listener < 0)
        return fail(c, e, strerror(errno));
    if (number == 0)
        owner_message(c->owner, "%s is on tcp:%u", e->what, listen_port(c->listener));
    return c;
}

/* What a spec can be, KIND or KIND:WHERE. */
struct spec {
    enum chardev_kind kind;
    const char *file, *unix_path, *tcp_port;
};
#define KIND(kind_) KEY_WORD, KEY_AT(struct spec, kind), .min = (kind_)
static const struct key spec_keys[] = {
    {"stdio", NULL, KIND(CHARDEV_STDIO)},
    {"pty", NULL, KIND(CHARDEV_PTY)},
    {"null", NULL, KIND(CHARDEV_NULL)},
    {"file", "PATH", KEY_TEXT, KEY_AT(struct spec, file)},
    {"unix", "PATH", KEY_TEXT, KEY_AT(struct spec, unix_path)},
    {"tcp", "PORT", KEY_TEXT, KEY_AT(struct spec, tcp_port)},
};

struct chardev *chardev_open(const char *what, const char *spec, const struct owner *owner,
                             struct error *err)
{
    struct complaint e = {what, spec, err};
    struct chardev *c = chardev_alloc(CHARDEV_NULL);
    struct spec s = {.kind = CHARDEV_NULL};
    struct error why;
    if (!c)
        return fail(c, &e, "out of memory");
    c->owner = owner;
    c->what = what;
    const struct key_table table = {.row = spec_keys, .num = ARRAY_LEN(spec_keys), .assign = ':'};
    if (key_take(&table, spec, &s, &why))
        return fail(c, &e, why.text);
    c->kind = s.file ? CHARDEV_FILE : s.unix_path || s.tcp_port ? CHARDEV_SOCKET : s.kind;
    switch (c->kind) {
    case CHARDEV_STDIO:
        return open_stdio(c);
    case CHARDEV_PTY:
        return open_pty(c, &e);
    case CHARDEV_FILE:
        return open_file(c, s.file, &e);
    case CHARDEV_SOCKET:
        return s.unix_path ? open_unix(c, s.unix_path, &e) : open_tcp(c, s.tcp_port, &e);
    default:
        return c;
    }
}
