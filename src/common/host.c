/* Clocks of the host, and descriptors that others share. */
#include "common/host.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#define ZFS_MAGIC 0x2fc12fc1 /* not Linux's own */

static u64 clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

u64 host_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

u64 host_epoch_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

u64 host_user_ns(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (u64)r.ru_utime.tv_sec * 1000000000u + (u64)r.ru_utime.tv_usec * 1000u;
}

int host_own_output(int fd)
{
    struct stat st;
    char path[32];
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY || fstat(fd, &st) ||
        !(S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
        return fd;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return own < 0 ? fd : own;
}

bool host_is_local(int fd)
{
    static const u32 local[] = {EXT4_SUPER_MAGIC,      XFS_SUPER_MAGIC,   BTRFS_SUPER_MAGIC,
                                F2FS_SUPER_MAGIC,      TMPFS_MAGIC,       RAMFS_MAGIC,
                                OVERLAYFS_SUPER_MAGIC, MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC,
                                SQUASHFS_MAGIC,        ISOFS_SUPER_MAGIC, ZFS_MAGIC};
    struct statfs fs;
    if (fstatfs(fd, &fs))
        return false;
    for (u32 i = 0; i < ARRAY_LEN(local); i++)
        if ((u32)fs.f_type == local[i])
            return true;
    return false;
}
