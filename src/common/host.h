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

#endif
