/* A host that takes its time, for tests of devices: a test puts slow_host_call() into doubles of
 * the C library's functions, which then come back when it says so. */
#ifndef HEXTANT_TESTS_SLOW_HOST_H
#define HEXTANT_TESTS_SLOW_HOST_H

#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/owner.h"

static atomic_bool slow;
static bool elsewhere; /* files are of a network */
static sem_t slow_asked, slow_answer;

int fstatfs(int fd, struct statfs *fs)
{
    int rc = (int)syscall(SYS_fstatfs, fd, fs);
    if (elsewhere)
        fs->f_type = NFS_SUPER_MAGIC;
    return rc;
}

static inline void slow_host_call(void)
{
    if (!slow)
        return;
    sem_post(&slow_asked);
    sem_wait(&slow_answer);
}

/* When a call hangs, it comes back, and the host is fast again. */
static inline void slow_host_answers(void)
{
    sem_wait(&slow_asked);
    slow = false;
    sem_post(&slow_answer);
}

static inline void *wake(void *arg)
{
    slow_host_answers();
    return arg;
}

/* From now on the host is slow, but comes back from the next call, when it hangs. The thread that
 * sees to that, for slow_host_is_fast(). */
static inline pthread_t slow_host_wakes(void)
{
    pthread_t thread;
    slow = true;
    ck_assert_int_eq(pthread_create(&thread, NULL, wake, NULL), 0);
    return thread;
}

static inline void slow_host_is_fast(pthread_t thread)
{
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* ---- who ends the run ---- */

static bool leaving;
static char said[200]; /* the last message */

static bool is_leaving(void *ctx)
{
    (void)ctx;
    return leaving;
}

static void keep_message(void *ctx, const char *text)
{
    (void)ctx;
    snprintf(said, sizeof said, "%s", text);
}

static const struct owner leaver = {.message = keep_message, .leaving = is_leaving};

static inline void slow_host_init(void)
{
    slow = leaving = elsewhere = false;
    said[0] = 0;
    sem_init(&slow_asked, 0, 0);
    sem_init(&slow_answer, 0, 0);
}

#endif
