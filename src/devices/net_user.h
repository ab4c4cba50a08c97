/* User-mode networking: a small network of its own behind the host's sockets (libslirp). */
#ifndef HEXTANT_DEVICES_NET_USER_H
#define HEXTANT_DEVICES_NET_USER_H

#include "common/error.h"
#include "common/types.h"

struct net_user;

/* What the network calls. */
struct net_user_ops {
    /* A frame for the guest. */
    void (*deliver)(void *arg, const u8 *frame, size_t len);
    /* Time in nanoseconds. */
    s64 (*now_ns)(void *arg);
};

/* What a network is told: each forward is "tcp|udp:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT", from
 * 127.0.0.1 if HOSTADDR is missing. */
struct net_user_config {
    u8 restricted; /* no way out */
    u8 loopback;   /* the guest reaches what listens on the host's loopback, at the gateway */
    u32 num_forwards;
    const char *forward[32];
};

/* Starts a network. NULL on failure with *err. */
struct net_user *net_user_new(const struct net_user_config *config, const struct net_user_ops *ops,
                              void *arg, struct error *err);
/* From now on `arg` is the argument of the functions in ops. */
void net_user_attach(struct net_user *n, void *arg);
void net_user_free(struct net_user *n);
/* A frame from the guest. */
void net_user_send(struct net_user *n, const u8 *frame, size_t len);
/* Looks at the host's sockets without waiting. */
void net_user_poll(struct net_user *n);

#endif
