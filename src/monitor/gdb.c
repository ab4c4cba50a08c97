/* The connection to gdb: listening, accepting, feeding the parser, waiting. */
#include "monitor/gdb.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "common/host.h"
#include "common/keys.h"
#include "common/listen.h"
#include "common/owner.h"
#include "devices/chardev.h"
#include "monitor/gdb_stub.h"

#define SILENCE_NS 5000000000ull /* gdb speaks first, and at once */

/* ---- listening ---- */

/* What --gdb can say after its place. */
struct gdb_option {
    char *where;
    bool trusted;
};
static const struct key gdb_keys[] = {
    {"trusted", NULL, KEY_FLAG, KEY_AT(struct gdb_option, trusted)},
};

static int listen_unix(struct gdb *g, const char *path, struct error *err)
{
    g->listener = listen_at_path(path);
    if (g->listener < 0)
        return error_set(err, "--gdb=unix:%s: %s", path,
                         errno == ENAMETOOLONG ? "the path is too long or missing"
                                               : strerror(errno));
    g->unlink_path = path;
    return 0;
}

static int listen_tcp(struct gdb *g, const char *where, struct error *err)
{
    char host[128] = "127.0.0.1";
    const char *colon = strrchr(where, ':'), *port = colon ? colon + 1 : where;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    u64 n;
    if (colon && colon != where)
        snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    if (number_parse(port, NUMBER_PLAIN, &n) || n > 65535)
        return error_set(err, "--gdb=%s: write PORT, HOST:PORT or unix:PATH", where);
    if (getaddrinfo(host, port, &hints, &list))
        return error_set(err, "--gdb=%s: no such host", where);
    g->listener = listen_at(list->ai_addr, list->ai_addrlen);
    int rc = g->listener < 0 ? error_set(err, "--gdb=%s: cannot listen: %s; choose another port",
                                         where, strerror(errno))
                             : 0;
    freeaddrinfo(list);
    return rc;
}

static bool readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&p, 1, timeout_ms) == 1;
}

static void hang_up(struct gdb *g)
{
    if (g->fd >= 0)
        close(g->fd);
    g->fd = -1;
    g->lost = false;
}

static void accept_gdb(struct gdb *g)
{
    int one = 1;
    g->fd = accept(g->listener, NULL, NULL);
    if (g->fd < 0)
        return;
    setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    memset(&g->in, 0, sizeof g->in);
    g->no_ack = g->told_no_ack = g->detached = g->lost = g->greeted = false;
    g->accepted_ns = host_ns();
    gdb_stopped_at(g, g->mon->c->focus);
}

/* ---- who is there? ---- */

/* Whoever has connected speaks something else: a browser, which any page can send here, is told so
 * in its own words. */
static void refuse(struct gdb *g)
{
    static const char answer[] = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n"
                                 "Connection: close\r\n\r\nThis port speaks gdb's protocol.\n";
    char text[4096];
    ssize_t n = recv(g->fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n < 0 ? 0 : n] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    bool http = strstr(text, " HTTP/") != NULL;
    if (http)
        send(g->fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    owner_message(g->m->host.owner, "gdb's port: closed a connection of %s",
                  http ? "a web browser (HTTP)" : "something that is not gdb");
    hang_up(g);
}

/* Has the other side begun as gdb does? Without waiting; it is hung up on if it has not, or says
 * nothing. */
static bool greet(struct gdb *g)
{
    u8 byte;
    if (!readable(g->fd, 0)) {
        if (host_ns() - g->accepted_ns > SILENCE_NS)
            hang_up(g);
        return false;
    }
    if (recv(g->fd, &byte, 1, MSG_PEEK) != 1)
        hang_up(g);
    else if (gdb_in_begins(byte))
        g->greeted = true;
    else
        refuse(g);
    return g->greeted;
}

/* ---- bytes ---- */

static void send_bytes(struct gdb *g, const void *bytes, size_t len)
{
    for (const u8 *p = bytes; len && !g->lost && g->fd >= 0;) {
        ssize_t n = send(g->fd, p, len, MSG_NOSIGNAL);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        } else if (errno != EINTR || owner_signal(g->m->host.owner)) {
            g->lost = true;
        }
    }
}

void gdb_send(struct gdb *g)
{
    if (g->out.len)
        send_bytes(g, g->out.data, g->out.len);
}

static void handle(struct gdb *g, enum gdb_event e)
{
    switch (e) {
    case GDB_PACKET:
        if (!g->no_ack)
            send_bytes(g, "+", 1);
        gdb_packet(g);
        gdb_send(g);
        g->no_ack |= g->told_no_ack;
        break;
    case GDB_BAD:
        if (!g->no_ack)
            send_bytes(g, "-", 1);
        break;
    case GDB_NACK:
        if (!g->no_ack)
            gdb_send(g);
        break;
    default:
        break;
    }
}

/* Takes what has come. A packet may run the machine; what comes meanwhile waits in the socket. */
static void receive(struct gdb *g)
{
    u8 byte;
    ssize_t n = recv(g->fd, &byte, 1, 0);
    if (n == 1)
        handle(g, gdb_in_byte(&g->in, byte));
    else if (n == 0 || errno != EINTR)
        g->lost = true;
}

/* ---- while the machine runs ---- */

static void poll_running(void *ctx)
{
    struct gdb *g = ctx;
    u8 byte;
    if (g->fd < 0) { /* detached: does somebody come? */
        if (readable(g->listener, 0))
            accept_gdb(g);
        return;
    }
    if (!g->greeted) {
        if (greet(g))
            machine_stop(g->m, STOP_DEBUG, HOLD_ASKED);
        return;
    }
    if (!readable(g->fd, 0))
        return;
    if (recv(g->fd, &byte, 1, MSG_PEEK) <= 0) {
        g->lost = true;
        machine_stop(g->m, STOP_DEBUG, HOLD_ASKED);
    } else if (byte == 3 || byte == '+') {
        recv(g->fd, &byte, 1, 0);
        if (byte == 3) {
            g->interrupted = true;
            machine_stop(g->m, STOP_DEBUG, HOLD_ASKED);
        }
    }
}

/* ---- the session ---- */

/* Talks with the gdb that is connected until it goes. */
static void serve(struct gdb *g)
{
    while (g->fd >= 0 && !g->killed && !g->detached && !g->lost &&
           !owner_signal(g->m->host.owner)) {
        bool said = readable(g->fd, 200);
        if (!g->greeted)
            greet(g);
        else if (said)
            receive(g);
    }
    hang_up(g);
}

static void run_detached(struct gdb *g)
{
    points_delete_owner(&g->mon->c->points, OWNER_GDB);
    points_delete_owner(&g->mon->c->points, OWNER_USER); /* nobody would be there to see it stop */
    if (!control_ended(g->mon->c))
        control_go(g->mon->c);
}

static int session(struct gdb *g)
{
    for (;;) {
        if (g->fd < 0 && readable(g->listener, 200))
            accept_gdb(g);
        int signal = owner_signal(g->m->host.owner);
        if (signal)
            return 128 + signal;
        if (g->fd < 0)
            continue;
        serve(g);
        if (g->killed)
            return 0;
        if (g->detached) {
            g->detached = false;
            run_detached(g);
            if (control_ended(g->mon->c))
                return machine_finish(g->m);
        }
    }
}

/* A port that the system has chosen is told as well. */
static void tell_where(struct gdb *g)
{
    const char *where = g->where;
    const char *colon = strrchr(where, ':'), *port = colon ? colon + 1 : where;
    u64 n;
    if (strncmp(where, "unix:", 5) == 0 || number_parse(port, NUMBER_PLAIN, &n) || n != 0)
        owner_message(g->m->host.owner, "waiting for gdb at %s", where);
    else
        owner_message(g->m->host.owner, "waiting for gdb at %.*s%u", (int)(port - where), where,
                      listen_port(g->listener));
}

static int listen_where(struct gdb *g, struct error *err)
{
    return strncmp(g->where, "unix:", 5) == 0 ? listen_unix(g, g->where + 5, err)
                                              : listen_tcp(g, g->where, err);
}

struct gdb *gdb_new(struct monitor *mon, const char *where, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--gdb", gdb_keys, ',');
    struct gdb_option opt = {.where = strdup(where)};
    struct gdb *g = calloc(1, sizeof *g);
    if (!g || !opt.where) {
        error_set(err, "no memory for gdb");
        free(opt.where);
        free(g);
        return NULL;
    }
    *g = (struct gdb){.m = mon->m, .mon = mon, .listener = -1, .fd = -1, .where = opt.where};
    if (keys_parse(&table, keys_cut(g->where, ','), &opt, err) || listen_where(g, err)) {
        gdb_free(g);
        return NULL;
    }
    gdb_stopped_at(g, mon->m->hart[0]);
    mon->passive = true;
    mon->confined = !opt.trusted;
    mon->colour = mon->interactive = false;
    return g;
}

int gdb_run(struct gdb *g)
{
    g->m->hold.poll = poll_running;
    g->m->hold.ctx = g;
    tell_where(g);
    int status = session(g);
    g->m->hold.poll = NULL;
    return status;
}

void gdb_free(struct gdb *g)
{
    if (!g)
        return;
    hang_up(g);
    if (g->listener >= 0)
        close(g->listener);
    if (g->unlink_path)
        unlink(g->unlink_path);
    free(g->xml);
    free(g->where);
    free(g);
}
