/* fsync() and fdatasync() in a thread. */
#include "devices/sync_job.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The thread and who waits for it each leave once; the last one out frees the job. */
struct sync_job {
    int fd;
    enum sync_kind kind;
    int done; /* an eventfd: full, so that it takes no more, until the thread empties it */
    atomic_int error;
    atomic_int left;
};

static void drop(struct sync_job *job)
{
    if (atomic_fetch_add(&job->left, 1) == 0)
        return;
    close(job->fd);
    close(job->done);
    free(job);
}

static void *work(void *arg)
{
    struct sync_job *job = arg;
    eventfd_t count;
    int rc = job->kind == SYNC_DATA ? fdatasync(job->fd) : fsync(job->fd);
    job->error = rc ? errno : 0;
    eventfd_read(job->done, &count);
    drop(job);
    return NULL;
}

/* A thread that no signal interrupts: they are for who waits. Without a thread the work is done
 * here. */
static void start(struct sync_job *job)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all;
    sigfillset(&all);
    int rc = pthread_attr_init(&attr);
    if (rc == 0) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        pthread_attr_setsigmask_np(&attr, &all);
        rc = pthread_create(&thread, &attr, work, job);
        pthread_attr_destroy(&attr);
    }
    if (rc != 0)
        work(job);
}

int sync_begin(struct sync_job **job, int fd, enum sync_kind kind)
{
    sync_leave(job);
    struct sync_job *new = calloc(1, sizeof(*new));
    if (!new)
        return -1;
    new->kind = kind;
    new->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    new->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (new->fd < 0 || new->done < 0 || eventfd_write(new->done, UINT64_MAX - 1) != 0) {
        new->left = 1;
        drop(new);
        return -1;
    }
    *job = new;
    start(new);
    return 0;
}

int sync_end(struct sync_job **job, const struct owner *o)
{
    int error = owner_await(o, (*job)->done);
    if (error == 0) {
        error = (*job)->error;
        sync_leave(job);
    }
    errno = error;
    return error ? -1 : 0;
}

void sync_leave(struct sync_job **job)
{
    if (*job)
        drop(*job);
    *job = NULL;
}
