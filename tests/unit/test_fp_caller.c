/* The floating-point environment of the thread that calls the simulator: the guest does not see it,
 * and the caller finds it again. MPFR's is each thread's, too. */
#include "bare_machine.h"

#include <fenv.h>
#include <mpfr.h>

/* FS=Initial; 1.0 / 3.0 rounded to nearest even into x12, and once more in a block that is entered
 * often; x13 counts. */
static const u32 code[] = {
    0x000022b7, /* lui t0, 2 */
    0x3002a073, /* csrs mstatus, t0 */
    0x00100313, /* li t1, 1 */
    0x00300393, /* li t2, 3 */
    0xd2030553, /* 1: fcvt.d.w fa0, t1 */
    0xd20385d3, /* fcvt.d.w fa1, t2 */
    0x1ab57653, /* fdiv.d fa2, fa0, fa1 */
    0xe2060653, /* fmv.x.d a2, fa2 */
    0x00168693, /* addi a3, a3, 1 */
    0xfedff06f, /* j 1b */
};
enum { THIRD_BLOCKS = 100, LOOP = 6 };

START_TEST(guests_do_not_see_the_callers_rounding)
{
    struct machine *m =
        bare_machine(_i ? "--engine=fast" : "--engine=plain", "", code, ARRAY_LEN(code));
    struct hart *h = m->hart[0];
    fesetround(FE_UPWARD);
    hart_run(h, 4 + LOOP * THIRD_BLOCKS);
    int after = fegetround();
    fesetround(FE_TONEAREST);
    ck_assert_int_eq(after, FE_UPWARD);
    ck_assert_uint_eq(h->x[13], THIRD_BLOCKS);
    ck_assert_uint_eq(h->x[12], 0x3fd5555555555555);
    ck_assert_uint_eq(h->fflags, 1); /* inexact */
    machine_free(m);
}
END_TEST

START_TEST(mpfr_keeps_its_state_for_each_thread)
{
    ck_assert(mpfr_buildopt_tls_p());
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fp-caller");
    TCase *t = tcase_create("fp-caller");
    tcase_add_loop_test(t, guests_do_not_see_the_callers_rounding, 0, 2);
    tcase_add_test(t, mpfr_keeps_its_state_for_each_thread);
    suite_add_tcase(s, t);
    return run_suite(s);
}
