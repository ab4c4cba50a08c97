/* A thread and what it is handed. */
#include "devices/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/host.h"

/* What is quick is waited for without going to sleep: to be woken costs more, on a busy host by
 * far. */
enum { SPIN_NS = 200000 };

/* A thread that is done tells who sleeps; or, when the worker was left, nobody. */
enum { WORKER_IDLE, WORKER_BUSY, WORKER_AWAITED, WORKER_LEFT };

struct worker {
    struct job *job; /* being done */
    atomic_int state;
    int asked;  /* an eventfd that says to the thread: look at the state */
    int idle;   /* an eventfd: from AWAITED on full, so that it takes no more, until the thread is
                   done */
    pid_t home; /* the process that the thread is in: children of fork() have none */
};

static void end(struct worker *w)
{
    close(w->asked);
    close(w->idle);
    free(w);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    eventfd_t count;
    while (eventfd_read(w->asked, &count) == 0 && w->state != WORKER_LEFT) {
        w->job->work(w->job);
        int before = atomic_exchange(&w->state, WORKER_IDLE);
        if (before == WORKER_LEFT) {
            w->job->drop(w->job);
            break;
        }
        if (before == WORKER_AWAITED)
            eventfd_read(w->idle, &count);
    }
    end(w);
    return NULL;
}

/* Signals are for who waits; but a system call that is refused says so in the thread that asked. */
static int start(struct worker *w)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t most;
    sigfillset(&most);
    sigdelset(&most, SIGSYS);
    int rc = pthread_attr_init(&attr);
    if (rc)
        return rc;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setsigmask_np(&attr, &most);
    rc = pthread_create(&thread, &attr, work, w);
    pthread_attr_destroy(&attr);
    return rc;
}

static struct worker *make(void)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->home = getpid();
    w->asked = eventfd(0, EFD_CLOEXEC);
    w->idle = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->asked >= 0 && w->idle >= 0 && start(w) == 0)
        return w;
    end(w);
    return NULL;
}

int worker_do(struct worker **w, struct job *job, const struct owner *o)
{
    if (!*w || (*w)->home != getpid())
        *w = make();
    if (!*w) {
        job->work(job);
        return 0;
    }
    (*w)->job = job;
    (*w)->state = WORKER_BUSY;
    eventfd_write((*w)->asked, 1);
    for (u64 end = host_ns() + SPIN_NS; (*w)->state != WORKER_IDLE && host_ns() < end;)
        ;
    return worker_wait(*w, o);
}

/* From now on the thread says when it is done; false: it is. */
static bool arm(struct worker *w)
{
    int busy = WORKER_BUSY;
    eventfd_t count;
    eventfd_write(w->idle, UINT64_MAX - 1);
    atomic_compare_exchange_strong(&w->state, &busy, WORKER_AWAITED);
    if (w->state != WORKER_IDLE)
        return true;
    eventfd_read(w->idle, &count);
    return false;
}

/* What the thread says may be of an earlier job; the state is what counts. */
int worker_wait(struct worker *w, const struct owner *o)
{
    int error = 0;
    while (!error && w && w->state != WORKER_IDLE && arm(w))
        error = owner_await(o, w->idle);
    return error;
}

bool worker_leave(struct worker *w)
{
    if (!w || w->home != getpid())
        return true;
    int before = atomic_exchange(&w->state, WORKER_LEFT);
    eventfd_write(w->asked, 1);
    return before == WORKER_IDLE;
}
