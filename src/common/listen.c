/* Listening: for gdb, and for those who talk to a serial port or console. */
#include "common/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* fd listens at the address from now on; else it is closed. */
static int begin(int fd, const struct sockaddr *addr, socklen_t len)
{
    if (fd < 0 || (bind(fd, addr, len) == 0 && listen(fd, 1) == 0))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int listen_at(const struct sockaddr *addr, socklen_t len)
{
    int on = 1, fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return begin(fd, addr, len);
}

/* Nobody answers there any more. */
static void remove_stale(const struct sockaddr_un *addr)
{
    struct stat st;
    if (lstat(addr->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 && errno == ECONNREFUSED)
        unlink(addr->sun_path);
    close(fd);
}

int listen_at_path(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (!*path || strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    remove_stale(&addr);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        fchmod(fd, 0600); /* bind() gives the file the socket's own mode */
    return begin(fd, (const struct sockaddr *)&addr, sizeof(addr));
}

u16 listen_port(int fd)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof(addr);
    getsockname(fd, (struct sockaddr *)&addr, &len);
    return ntohs(addr.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&addr)->sin6_port
                                            : ((struct sockaddr_in *)&addr)->sin_port);
}
