/* The thread that does what may take the host long: jobs are done, one after the other; the user
 * can leave while one hangs, and it is dropped by whoever is last. */
#include "run_suite.h"
#include "slow_host.h"

#include <errno.h>
#include <stdlib.h>

#include "devices/worker.h"

struct count {
    struct job job;
    u32 done;
};
static sem_t dropped;

static void count(struct job *job)
{
    slow_host_call();
    ((struct count *)job)->done++;
}

static void drop(struct job *job)
{
    free(job);
    sem_post(&dropped);
}

static struct count *new_count(void)
{
    struct count *c = calloc(1, sizeof *c);
    ck_assert_ptr_nonnull(c);
    c->job = (struct job){count, drop};
    return c;
}

static void setup(void)
{
    slow_host_init();
    sem_init(&dropped, 0, 0);
}

/* Every third hangs until somebody lets it go, so that it is slept for. */
START_TEST(jobs_are_done_when_they_are_waited_for)
{
    struct worker *w = NULL;
    struct count *c = new_count();
    for (u32 i = 1; i <= 300; i++) {
        pthread_t end;
        if (i % 3 == 0)
            end = slow_host_wakes();
        ck_assert_int_eq(worker_do(&w, &c->job, NULL), 0);
        ck_assert_uint_eq(c->done, i);
        if (i % 3 == 0)
            slow_host_is_fast(end);
    }
    ck_assert(worker_leave(w));
    free(c);
}
END_TEST

START_TEST(one_that_hangs_can_be_waited_for_again)
{
    struct worker *w = NULL;
    struct count *c = new_count();
    slow = leaving = true;
    ck_assert_int_eq(worker_do(&w, &c->job, &leaver), EINTR);
    leaving = false;
    slow_host_answers();
    ck_assert_int_eq(worker_wait(w, &leaver), 0);
    ck_assert_uint_eq(c->done, 1);
    ck_assert_int_eq(worker_do(&w, &c->job, &leaver), 0);
    ck_assert_uint_eq(c->done, 2);
    ck_assert(worker_leave(w));
    free(c);
}
END_TEST

START_TEST(one_that_is_left_is_dropped)
{
    struct worker *w = NULL;
    slow = leaving = true;
    ck_assert_int_eq(worker_do(&w, &new_count()->job, &leaver), EINTR);
    ck_assert(!worker_leave(w));
    slow_host_answers();
    ck_assert_int_eq(sem_wait(&dropped), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("worker");
    TCase *t = tcase_create("worker");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, jobs_are_done_when_they_are_waited_for);
    tcase_add_test(t, one_that_hangs_can_be_waited_for_again);
    tcase_add_test(t, one_that_is_left_is_dropped);
    suite_add_tcase(s, t);
    return run_suite(s);
}
