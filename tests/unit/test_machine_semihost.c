/* Semihosting in a machine that runs: which modes have it; and a guest that waits for input leaves
 * the host to others until there is some. */
#include "bare_machine.h"

#include "common/owner.h"
#include "cpu/csr.h"

static u32 sleeps;
static int user; /* the other end of standard input */

/* The user types when nothing else goes on. */
static void type(void *ctx, const int *fd, u32 count, const struct timespec *timeout)
{
    (void)ctx, (void)timeout;
    ck_assert_uint_eq(count, 1);
    ck_assert_int_ge(fd[0], 0);
    if (sleeps++ == 1)
        ck_assert_int_eq(write(user, "x", 1), 1);
}

/* The user leaves when nothing else goes on; perhaps with a last word. */
static void leave(void *ctx, const int *fd, u32 count, const struct timespec *timeout)
{
    (void)fd, (void)count, (void)timeout;
    sleeps++;
    ck_assert_uint_eq(sleeps, 1); /* nobody would wake us */
    if (*(const char *)ctx)
        ck_assert_int_eq(write(user, ctx, 1), 1);
    close(user);
}

static const u32 read_char[] = {
    0x00700513, /* li a0, SYS_READC */
    0x01f01013, /* slli x0, x0, 0x1f */
    0x00100073, /* ebreak */
    0x40705013, /* srai x0, x0, 7 */
    0x0000006f, /* j . */
};

/* Neither engine executes anything meanwhile, with one hart or two. */
START_TEST(input_is_slept_for)
{
    const char *const engine[] = {"--engine=plain", "--engine=fast"};
    const struct owner owner = {.wait = type};
    struct error err;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    user = ends[1];
    struct machine *m = bare_machine_try((const char *const[3]){"--semihosting", engine[_i]},
                                         read_char, ARRAY_LEN(read_char), &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    m->host.owner = &owner;
    m->config.opt.max_insns = 1000;
    machine_start(m);
    machine_go(m);
    ck_assert_uint_eq(m->state.stop_reason, STOP_INSN_LIMIT);
    ck_assert_uint_eq(m->hart[0]->x[10], 'x');
    ck_assert_uint_ge(sleeps, 2);
    machine_free(m);
}
END_TEST

/* What arrives together with its end is read; and the end alone ends the wait. */
START_TEST(input_may_end_meanwhile)
{
    static char word[2][2] = {"x", ""};
    const struct owner owner = {.ctx = word[_i], .wait = leave};
    struct error err;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    user = ends[1];
    struct machine *m = bare_machine_try((const char *const[3]){"--semihosting", "--engine=fast"},
                                         read_char, ARRAY_LEN(read_char), &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    m->host.owner = &owner;
    m->config.opt.max_insns = 1000;
    machine_start(m);
    machine_go(m);
    ck_assert_uint_eq(m->state.stop_reason, STOP_INSN_LIMIT);
    ck_assert_uint_eq(m->hart[0]->x[10], _i ? ~0ull : 'x');
    ck_assert_uint_eq(sleeps, 1);
    machine_free(m);
}
END_TEST

/* Programs in U-mode have no way to the host: their breakpoint is one. */
START_TEST(user_mode_has_none)
{
    static const struct {
        enum mode mode;
        u64 cause;
    } rows[] = {{MODE_M, 0},
                {MODE_S, 0},
                {MODE_VS, 0},
                {MODE_U, CAUSE_BREAKPOINT},
                {MODE_VU, CAUSE_BREAKPOINT}};
    static const u32 ask[] = {
        0x03000513,                                     /* li a0, SYS_ELAPSED */
        0x01f01013, 0x00100073, 0x40705013, 0x0000006f, /* j . */
    };
    struct error err;
    struct machine *m = bare_machine_try((const char *const[3]){"--semihosting", "--firmware=none"},
                                         ask, ARRAY_LEN(ask), &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    struct hart *h = m->hart[0];
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    h->mode = rows[_i].mode;
    hart_derive(h);
    hart_run(h, 3);
    ck_assert_uint_eq(h->mcause, rows[_i].cause);
    ck_assert_uint_eq(h->x[10] == 0x30, rows[_i].cause != 0);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("semihosting");
    TCase *t = tcase_create("wait");
    tcase_add_loop_test(t, input_is_slept_for, 0, 2);
    tcase_add_loop_test(t, input_may_end_meanwhile, 0, 2);
    tcase_add_loop_test(t, user_mode_has_none, 0, 5);
    suite_add_tcase(s, t);
    return run_suite(s);
}
