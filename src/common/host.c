/* Clocks of the host. */
#include "common/host.h"

#include <sys/resource.h>
#include <time.h>

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
