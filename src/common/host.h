/* Small questions to the host. */
#ifndef HEXTANT_COMMON_HOST_H
#define HEXTANT_COMMON_HOST_H

#include "common/types.h"

/* Nanoseconds of a clock that never jumps. */
u64 host_ns(void);
/* Nanoseconds of processor time this process has used in user mode. */
u64 host_user_ns(void);
/* Nanoseconds since 1970. */
u64 host_epoch_ns(void);

/* A descriptor for writing to what `fd` is, which does not block and leaves `fd`, which others may
 * share, as it is; `fd` itself where there is nothing to wait for or no other can be had. */
int host_own_output(int fd);

/* Is the file in a file system of the host's own, on a disk or in memory? Then what needs neither
 * to be read from the disk nor to be on it at the end is done at once. False for those across a
 * network and in other processes (FUSE), and where it is not known. */
bool host_is_local(int fd);

#endif
