/* The connection to gdb: listening, accepting, feeding the parser, waiting. */
#include "monitor/gdb.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "common/keys.h"
#include "common/owner.h"
#include "devices/chardev.h"
#include "monitor/gdb_stub.h"

/* ---- listening ---- */

static int listen_unix(struct gdb *g, const char *path, struct error *err)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof a.sun_path || !*path)
        return error_set(err, "--gdb=unix:%s: the path is too long or missing", path);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    g->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* A socket that a killed run has left behind: nobody answers there. */
    if (g->listener >= 0 && stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
        connect(g->listener, (struct sockaddr *)&a, sizeof a) && errno == ECONNREFUSED)
        unlink(path);
    if (g->listener < 0 || bind(g->listener, (struct sockaddr *)&a, sizeof a) ||
        listen(g->listener, 1))
        return error_set(err, "--gdb=unix:%s: cannot listen: %s", path, strerror(errno));
    g->unlink_path = path;
    return 0;
}

static int listen_tcp(struct gdb *g, const char *where, struct error *err)
{
    char host[128] = "127.0.0.1";
    const char *colon = strrchr(where, ':'), *port = colon ? colon + 1 : where;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    int one = 1;
    u64 n;
    if (colon && colon != where)
        snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    if (number_parse(port, NUMBER_PLAIN, &n) || n == 0 || n > 65535)
        return error_set(err, "--gdb=%s: write PORT, HOST:PORT or unix:PATH", where);
    if (getaddrinfo(host, port, &hints, &list))
        return error_set(err, "--gdb=%s: no such host", where);
    g->listener = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(g->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int rc = g->listener < 0 || bind(g->listener, list->ai_addr, list->ai_addrlen) ||
                     listen(g->listener, 1)
                 ? error_set(err, "--gdb=%s: cannot listen: %s; choose another port", where,
                             strerror(errno))
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
    g->no_ack = g->told_no_ack = g->detached = g->lost = false;
    g->hart = g->mon->c->focus;
}

/* ---- bytes ---- */

static void send_bytes(struct gdb *g, const void *bytes, size_t len)
{
    for (const u8 *p = bytes; len && !g->lost && g->fd >= 0;) {
        ssize_t n = send(g->fd, p, len, MSG_NOSIGNAL);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        } else if (errno != EINTR) {
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
        if (readable(g->listener, 0)) {
            accept_gdb(g);
            machine_stop(g->m, STOP_DEBUG, HOLD_ASKED);
        }
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
    while (!g->killed && !g->detached && !g->lost && !owner_signal(g->m->host.owner))
        if (readable(g->fd, 200))
            receive(g);
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
        if (g->fd < 0) {
            if (control_ended(g->mon->c))
                return machine_finish(g->m);
            if (readable(g->listener, 200))
                accept_gdb(g);
        }
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
        }
    }
}

int gdb_run(struct monitor *mon, const char *where, struct error *err)
{
    struct machine *m = mon->m;
    struct gdb *g = calloc(1, sizeof *g);
    int status = -1;
    if (!g)
        return error_set(err, "no memory for gdb");
    *g = (struct gdb){.m = m, .mon = mon, .listener = -1, .fd = -1, .hart = m->hart[0]};
    mon->passive = true;
    mon->colour = mon->interactive = false;
    if ((strncmp(where, "unix:", 5) == 0 ? listen_unix(g, where + 5, err)
                                         : listen_tcp(g, where, err)) == 0) {
        m->hold.poll = poll_running;
        m->hold.ctx = g;
        owner_message(m->host.owner, "waiting for gdb at %s", where);
        status = session(g);
        m->hold.poll = NULL;
        if (g->unlink_path)
            unlink(g->unlink_path);
    }
    hang_up(g);
    if (g->listener >= 0)
        close(g->listener);
    free(g->xml);
    free(g);
    return status;
}
