/* The monitor's command `records`: control transfers as Smctr records them. */
#include "run_suite.h"

#include "monitor_bench.h"

static struct bench b;

START_TEST(shown)
{
    enum { CALL = 0x010000ef, IN_S = 2 }; /* jal ra,16 */
    static const char *const args[] = {"--isa=rv64max_smctr"};
    bench_open(&b, 1, args);
    bench_open_up(&b);
    ck_assert_int_eq(bench_run(&b, "records"), 0);
    expect(&b, "no records\noff;");
    csr_poke(b.h, CSR_mctrctl, IN_S);
    bench_mode(&b, MODE_S);
    bench_insn(&b, CALL);
    ck_assert_int_eq(bench_run(&b, "records"), 0);
    expect(&b, "  0  0x0000000080001000 -> 0x0000000080001010  call\non;");
    bench_mode(&b, MODE_M);
    csr_poke(b.h, CSR_mepc, CODE);
    csr_poke(b.h, CSR_sctrstatus, BIT(31));
    ck_assert_int_eq(bench_run(&b, "records"), 0);
    expect(&b, "frozen;");
    bench_close(&b);
}
END_TEST

START_TEST(absent)
{
    bench_open(&b, 0, NULL);
    ck_assert_int_ne(bench_run(&b, "records"), 0);
    expect(&b, "no control transfer records");
    bench_close(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("monitor: records");
    TCase *t = tcase_create("records");
    tcase_add_test(t, shown);
    tcase_add_test(t, absent);
    suite_add_tcase(s, t);
    return run_suite(s);
}
