/* User-mode networking with libslirp: 10.0.2.0/24 with the gateway at .2, a name server at .3 and
 * the guest at .15 by DHCP. Sockets are looked at only in net_user_poll() and net_user_send(), so
 * what the network does enters the machine at its own poll points. */
#include <arpa/inet.h>
#include <libslirp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/net_user.h"

#include "common/keys.h"

enum { MAX_FDS = 1024, MAX_TIMERS = 4 };

struct timer {
    SlirpTimerCb call;
    void *arg;
    s64 expires_ms; /* -1: not running */
};

struct net_user {
    Slirp *slirp;
    const struct net_user_ops *ops;
    void *arg;
    struct timer timer[MAX_TIMERS];
    struct pollfd fd[MAX_FDS];
    u32 num_fds;
    bool loopback;
};

/* ---- what libslirp calls ---- */

static ssize_t send_packet(const void *buf, size_t len, void *opaque)
{
    struct net_user *n = opaque;
    n->ops->deliver(n->arg, buf, len);
    return (ssize_t)len;
}

/* A guest that sends nonsense is its own business. */
static void guest_error(const char *msg, void *opaque)
{
    (void)msg, (void)opaque;
}

static int64_t clock_get_ns(void *opaque)
{
    struct net_user *n = opaque;
    return n->ops->now_ns(n->arg);
}

static void *timer_new(SlirpTimerCb call, void *arg, void *opaque)
{
    struct net_user *n = opaque;
    for (u32 i = 0; i < MAX_TIMERS; i++) {
        if (!n->timer[i].call) {
            n->timer[i] = (struct timer){call, arg, -1};
            return &n->timer[i];
        }
    }
    return NULL;
}

static void timer_free(void *timer, void *opaque)
{
    (void)opaque;
    if (timer)
        memset(timer, 0, sizeof(struct timer));
}

static void timer_mod(void *timer, int64_t expires_ms, void *opaque)
{
    (void)opaque;
    if (timer)
        ((struct timer *)timer)->expires_ms = expires_ms;
}

static void ignore_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque;
}

static void ignore(void *opaque)
{
    (void)opaque;
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = ignore_fd,
    .unregister_poll_fd = ignore_fd,
    .notify = ignore,
};

/* ---- polling ---- */

static int add_poll(int fd, int events, void *opaque)
{
    struct net_user *n = opaque;
    if (n->num_fds == MAX_FDS)
        return -1;
    short wanted =
        (short)((events & SLIRP_POLL_IN ? POLLIN : 0) | (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
                (events & SLIRP_POLL_PRI ? POLLPRI : 0));
    n->fd[n->num_fds] = (struct pollfd){.fd = fd, .events = wanted};
    return (int)n->num_fds++;
}

static int get_revents(int index, void *opaque)
{
    struct net_user *n = opaque;
    if (index < 0)
        return 0;
    short got = n->fd[index].revents;
    return (got & POLLIN ? SLIRP_POLL_IN : 0) | (got & POLLOUT ? SLIRP_POLL_OUT : 0) |
           (got & POLLPRI ? SLIRP_POLL_PRI : 0) | (got & POLLERR ? SLIRP_POLL_ERR : 0) |
           (got & POLLHUP ? SLIRP_POLL_HUP : 0);
}

void net_user_poll(struct net_user *n)
{
    u32 timeout = 0;
    n->num_fds = 0;
    slirp_pollfds_fill(n->slirp, &timeout, add_poll, n);
    int ready = poll(n->fd, n->num_fds, 0);
    slirp_pollfds_poll(n->slirp, ready < 0, get_revents, n);
    s64 now_ms = n->ops->now_ns(n->arg) / 1000000;
    for (u32 i = 0; i < MAX_TIMERS; i++) {
        struct timer *t = &n->timer[i];
        if (t->call && t->expires_ms >= 0 && t->expires_ms <= now_ms) {
            t->expires_ms = -1;
            t->call(t->arg);
        }
    }
}

/* Would the host take this for its own loopback? libslirp keeps the guest from the gateway's
 * services, but hands other addresses on as they are: 0.0.0.0 is a name of the loopback as well,
 * and the name server, of which only port 53 is meant for the guest, may be there, too. */
static bool aims_at_loopback(const u8 *frame, size_t len)
{
    enum { ETHERNET = 14, FRAGMENT = 0x3f, TCP = 6, UDP = 17, DNS = 53 };
    static const u8 ipv4[] = {8, 0}, nameserver[] = {10, 0, 2, 3};
    const u8 *ip = frame + ETHERNET, *to = ip + 16;
    if (len < ETHERNET + 20 || memcmp(frame + 12, ipv4, 2) != 0)
        return false;
    if (memcmp(to, nameserver, 4) != 0)
        return to[0] == 127 || to[0] == 0;
    size_t header = (ip[0] & 15u) * 4;
    if (ip[9] != TCP && ip[9] != UDP)
        return false;
    return (ip[6] & FRAGMENT) || ip[7] || len < ETHERNET + header + 4 ||
           (ip[header + 2] << 8 | ip[header + 3]) != DNS;
}

void net_user_send(struct net_user *n, const u8 *frame, size_t len)
{
    if (!n->loopback && aims_at_loopback(frame, len))
        return;
    slirp_input(n->slirp, frame, (int)len);
}

/* ---- set-up ---- */

/* "[ADDR]:PORT" into its two parts; an empty address is `none`. -1 if it is not of that form. */
static int parse_endpoint(char *text, const char *none, struct in_addr *addr, int *port)
{
    char *colon = strchr(text, ':'), *end;
    if (!colon)
        return -1;
    *colon = 0;
    long number = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end || number < 1 || number > 65535)
        return -1;
    *port = (int)number;
    return inet_pton(AF_INET, *text ? text : none, addr) == 1 ? 0 : -1;
}

/* "tcp:[ADDR]:PORT-[ADDR]:PORT" */
static int add_forward(struct net_user *n, const char *text, struct error *err)
{
    char copy[128];
    struct in_addr host, guest;
    int host_port, guest_port;
    snprintf(copy, sizeof(copy), "%s", text);
    char *second = keys_cut(copy, '-'), *first = keys_cut(copy, ':');
    bool udp = strcmp(copy, "udp") == 0;
    if ((!udp && strcmp(copy, "tcp") != 0) || !first || !second ||
        parse_endpoint(first, "127.0.0.1", &host, &host_port) != 0 ||
        parse_endpoint(second, "10.0.2.15", &guest, &guest_port) != 0)
        return error_set(err, "--net: hostfwd=%s: must be tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT",
                         text);
    if (slirp_add_hostfwd(n->slirp, udp, host, host_port, guest, guest_port) == 0)
        return 0;
    return error_set(err, "--net: hostfwd=%s: host port %d is in use, or not yours to use", text,
                     host_port);
}

static int start(struct net_user *n, const struct net_user_config *c)
{
    SlirpConfig config = {.version = 1,
                          .restricted = c->restricted,
                          .in_enabled = true,
                          .disable_host_loopback = !c->loopback};
    inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
    inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
    inet_pton(AF_INET, "10.0.2.2", &config.vhost);
    inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
    inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
    n->slirp = slirp_new(&config, &callbacks, n);
    return n->slirp ? 0 : -1;
}

struct net_user *net_user_new(const struct net_user_config *config, const struct net_user_ops *ops,
                              void *arg, struct error *err)
{
    struct net_user *n = calloc(1, sizeof(*n));
    int rc = n ? 0 : error_set(err, "--net: no memory");
    if (n) {
        n->ops = ops;
        n->arg = arg;
        n->loopback = config->loopback;
        if (start(n, config) != 0)
            rc = error_set(err, "--net: the user-mode network could not be started");
    }
    for (u32 i = 0; i < config->num_forwards && !rc; i++)
        rc = add_forward(n, config->forward[i], err);
    if (!rc)
        return n;
    net_user_free(n);
    return NULL;
}

void net_user_attach(struct net_user *n, void *arg)
{
    n->arg = arg;
}

void net_user_free(struct net_user *n)
{
    if (!n)
        return;
    if (n->slirp)
        slirp_cleanup(n->slirp);
    free(n);
}
