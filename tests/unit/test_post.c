/* Requests to harts: when they are done, in which order, that a full box loses none, and that in a
 * debug build there is no other way to reach a hart. */
#include "bare_machine.h"
#include "cpu/block.h"
#include "cpu/irq.h"
#include "cpu/post.h"

#include <signal.h>
#include <sys/wait.h>

/* nop; nop; ... */
static const u32 code[] = {0x13, 0x13, 0x13, 0x13};

static struct {
    u64 kind[80], arg[80];
    u32 count;
} done;

static void on_post(void *ctx, struct hart *h, const struct post *p)
{
    (void)ctx, (void)h;
    ck_assert_uint_lt(done.count, ARRAY_LEN(done.kind));
    done.kind[done.count] = p->kind;
    done.arg[done.count++] = p->arg[0];
}

static struct machine *two_harts(void)
{
    struct machine *m = bare_machine("--harts=2", "--engine=plain", code, ARRAY_LEN(code));
    done.count = 0;
    for (u32 i = 0; i < 2; i++) {
        m->hart[i]->pc = RAM_BASE;
        m->hart[i]->firmware.post = on_post;
    }
    return m;
}

static void post(struct machine *m, u64 kind, u64 a, u64 b)
{
    machine_post(m, 1, &(struct post){kind, {a, b}});
}

START_TEST(a_request_waits_for_the_next_boundary_of_its_hart)
{
    struct machine *m = two_harts();
    struct hart *h = m->hart[1];
    machine_set_running(m, m->hart[0]);
    post(m, POST_LINE, IRQ_MEI, 1);
    post(m, POST_SSIP, 0, 0);
    post(m, POST_EVENT, 5, 0);
    ck_assert_uint_eq(mip_value(h), 0);
    ck_assert_uint_eq(done.count, 0);
    ck_assert(post_waits(h));
    machine_set_running(m, NULL);
    hart_run(h, 1);
    ck_assert_uint_eq(mip_value(h), BIT(IRQ_MEI) | BIT(IRQ_SSI));
    ck_assert_uint_eq(done.count, 1);
    ck_assert(!post_waits(h));
    machine_free(m);
}
END_TEST

START_TEST(a_request_to_oneself_is_done_at_once)
{
    struct machine *m = two_harts();
    struct hart *h = m->hart[1];
    machine_set_running(m, h);
    post(m, POST_LINE, IRQ_MEI, 1);
    post(m, POST_EVENT, 5, 0);
    ck_assert_uint_eq(mip_value(h), BIT(IRQ_MEI));
    ck_assert_uint_eq(done.count, 1);
    ck_assert(!post_waits(h));
    machine_set_running(m, NULL);
    machine_free(m);
}
END_TEST

START_TEST(the_last_level_of_a_line_counts)
{
    struct machine *m = two_harts();
    struct hart *h = m->hart[1];
    hart_set_line(h, IRQ_MTI, 1);
    machine_set_running(m, m->hart[0]);
    post(m, POST_LINE, IRQ_MTI, 0);
    post(m, POST_LINE, IRQ_MSI, 1);
    post(m, POST_LINE, IRQ_MEI, 1);
    post(m, POST_LINE, IRQ_MEI, 0);
    machine_set_running(m, NULL);
    machine_deliver(m);
    ck_assert_uint_eq(mip_value(h), BIT(IRQ_MSI));
    machine_free(m);
}
END_TEST

START_TEST(those_without_operands_first_then_in_order_of_posting)
{
    static const u64 order[] = {POST_IPI, POST_EVENT, POST_START, POST_EVENT};
    struct machine *m = two_harts();
    machine_set_running(m, m->hart[0]);
    post(m, POST_EVENT, 1, 0);
    post(m, POST_START, 2, 0);
    post(m, POST_IPI, 0, 0);
    post(m, POST_EVENT, 3, 0);
    post(m, POST_IPI, 0, 0); /* once is enough */
    machine_set_running(m, NULL);
    machine_deliver(m);
    ck_assert_uint_eq(done.count, 4);
    ck_assert_mem_eq(done.kind, order, sizeof order);
    ck_assert_uint_eq(done.arg[1], 1);
    ck_assert_uint_eq(done.arg[2], 2);
    ck_assert_uint_eq(done.arg[3], 3);
    machine_free(m);
}
END_TEST

START_TEST(a_full_box_loses_nothing)
{
    enum { MORE = POST_QUEUE + 2 };
    struct machine *m = two_harts();
    machine_set_running(m, m->hart[0]);
    for (u64 i = 0; i < MORE; i++)
        post(m, POST_EVENT, i, 0);
    ck_assert_uint_eq(done.count, POST_QUEUE); /* there was no room for the next */
    ck_assert_ptr_eq(m->running, m->hart[0]);
    machine_set_running(m, NULL);
    machine_deliver(m);
    ck_assert_uint_eq(done.count, (u32)MORE);
    for (u32 i = 0; i < MORE; i++)
        ck_assert_uint_eq(done.arg[i], i);
    machine_free(m);
}
END_TEST

static u64 levels_seen;

static void on_line(void *ctx, struct hart *h, unsigned irq, unsigned level)
{
    (void)ctx, (void)level;
    ck_assert_uint_eq(irq, IRQ_MSI);
    levels_seen = h->asked_by.id * 100 + h->asked_by.clock;
}

START_TEST(a_line_knows_who_raised_it)
{
    struct machine *m = two_harts();
    m->hart[1]->trace.irq = on_line;
    m->hart[0]->clock = 7;
    machine_set_running(m, m->hart[0]);
    bus_write(&m->bus, 0x2000004, 4, 1); /* msip of hart 1 */
    machine_set_running(m, NULL);
    machine_deliver(m);
    ck_assert_uint_eq(levels_seen, 107); /* hart 0, at slot 7 */
    machine_free(m);
}
END_TEST

#ifdef HX_DEBUG
enum { CAUGHT = 42 };

static void caught(int sig)
{
    (void)sig;
    _exit(CAUGHT);
}

/* What nobody may do: an instruction of one hart that writes to another hart. */
static void *planted;

static bool plant(void *ctx, struct hart *h)
{
    (void)ctx, (void)h;
    *(u8 *)planted = 1;
    return true;
}

static int status_of_run(struct machine *m)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, caught);
        machine_step_alone(m, m->hart[0]);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(another_hart_cannot_be_written_to)
{
    struct machine *m = two_harts();
    struct hart *other = m->hart[1];
    void *const places[] = {&other->mip,   &other->d.exit_block,      other->tlb,
                            other->blocks, other->blocks->arena,      &m->hart[0]->event[15],
                            other->box,    other->blocks->arena + 100};
    m->hart[0]->debug.before = plant;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        planted = places[i];
        bool allowed = planted == other->box || planted == &m->hart[0]->event[15];
        ck_assert_int_eq(status_of_run(m), allowed ? 0 : CAUGHT);
    }
    machine_free(m);
}
END_TEST
#endif

int main(void)
{
    Suite *s = suite_create("post");
    TCase *t = tcase_create("post");
    tcase_add_test(t, a_request_waits_for_the_next_boundary_of_its_hart);
    tcase_add_test(t, a_request_to_oneself_is_done_at_once);
    tcase_add_test(t, the_last_level_of_a_line_counts);
    tcase_add_test(t, those_without_operands_first_then_in_order_of_posting);
    tcase_add_test(t, a_full_box_loses_nothing);
    tcase_add_test(t, a_line_knows_who_raised_it);
#ifdef HX_DEBUG
    tcase_add_test(t, another_hart_cannot_be_written_to);
#endif
    suite_add_tcase(s, t);
    return run_suite(s);
}
