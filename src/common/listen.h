/* Sockets that the program listens on. */
#ifndef HEXTANT_COMMON_LISTEN_H
#define HEXTANT_COMMON_LISTEN_H

#include <sys/socket.h>

#include "common/types.h"

/* A stream socket that listens at an address. The descriptor, or -1 with errno. */
int listen_at(const struct sockaddr *addr, socklen_t len);
/* Likewise at a path of the file system, where only the same user may connect (mode 0600). A socket
 * that an earlier run left there is replaced. -1 with errno ENAMETOOLONG if the path is too long or
 * empty. */
int listen_at_path(const char *path);
/* The TCP port of a socket that listens: the system has chosen it if 0 was asked for. */
u16 listen_port(int fd);

#endif
