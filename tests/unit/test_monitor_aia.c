/* What the monitor says of interrupts that the advanced interrupt architecture makes or ranks:
 * virtual ones, priority numbers, hvictl; the default order. */
#include "run_suite.h"
#include "cpu/fields.h"
#include "cpu/irq.h"
#include "monitor/why.h"
#include "monitor_bench.h"

static struct bench b;

enum { NOP = 0x00000013, CSRR_SIP = 0x14402573, CSRR_STOPEI = 0x15c02573 };

static void setup(void)
{
    bench_open(&b, 0, NULL);
    bench_open_up(&b);
}

static void teardown(void)
{
    bench_close(&b);
}

START_TEST(test_order)
{
    /* Every code once, and those of trap.def in its order. */
    static const u8 defined[] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) (code),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    };
    u64 seen = 0;
    unsigned next = 0;
    for (unsigned i = 0; i < ARRAY_LEN(irq_order); i++) {
        seen |= BIT(irq_order[i]);
        if (next < ARRAY_LEN(defined) && irq_order[i] == defined[next])
            next++;
    }
    ck_assert_uint_eq(seen, ~0ull);
    ck_assert_uint_eq(next, ARRAY_LEN(defined));
}
END_TEST

START_TEST(test_priority_number)
{
    csr_poke(b.h, CSR_mideleg, BIT(IRQ_SSI) | BIT(IRQ_STI));
    csr_poke(b.h, CSR_mie, BIT(IRQ_SSI) | BIT(IRQ_STI));
    csr_poke(b.h, CSR_menvcfg, 0);
    csr_poke(b.h, CSR_mip, BIT(IRQ_SSI) | BIT(IRQ_STI));
    csr_poke(b.h, CSR_siselect, 0x30);
    csr_poke(b.h, CSR_sireg, 7ull << 8 * IRQ_STI);
    csr_poke(b.h, CSR_sstatus, MSTATUS_SIE);
    bench_mode(&b, MODE_S);
    hart_attention(b.h);
    ck_assert_int_eq(bench_run(&b, "why irq"), 0);
    expect(&b, "HS   -    written by software      another one has priority");
    expect(&b, "HS   7    written by software      is taken before the next instruction");
    expect(&b, "stopi  0x50007: 5 (supervisor timer interrupt), priority number 7");
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "supervisor timer interrupt (interrupt 5) in HS-mode, taken to HS-mode");
    expect(&b, "mideleg[5]=1, hideleg[5]=0 -> HS-mode");
    expect(&b, "priority number 7");
}
END_TEST

START_TEST(test_hvictl)
{
    csr_poke(b.h, CSR_hideleg, IP_VS);
    csr_poke(b.h, CSR_hie, IP_VS);
    csr_poke(b.h, CSR_hvip, BIT(IRQ_VSTI) | BIT(IRQ_VSEI));
    csr_poke(b.h, CSR_hvictl, HVICTL_VTI | 35 << 16 | 3);
    csr_poke(b.h, CSR_vsstatus, MSTATUS_SIE);
    bench_mode(&b, MODE_VS);
    hart_attention(b.h);
    ck_assert_int_eq(bench_run(&b, "irq"), 0);
    expect(&b, "hvictl.VTI=1 hides it");
    expect(&b, "another one has priority");
    expect(&b, "hvictl: VTI=1 IID=35 IPRIO=3 DPR=0");
    expect(&b, "vstopi 0x230001: 35 (reserved), priority number 3, injected by hvictl");
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "interrupt 35");
    expect(&b, "hvictl.VTI=1 IID=35 -> VS-mode");
    expect(&b, "priority number 3");
    expect(&b, "hvictl.VTI = 0");
    /* A number that VS-mode has for one of mip's interrupts is not translated back. */
    csr_poke(b.h, CSR_hvictl, HVICTL_VTI | 5 << 16 | 3);
    csr_poke(b.h, CSR_vsstatus, MSTATUS_SIE);
    hart_attention(b.h);
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "supervisor timer interrupt (interrupt 5) in VS-mode, taken to VS-mode");
    expect(&b, "hvictl.VTI=1 IID=5 -> VS-mode");
    csr_poke(b.h, CSR_hvictl, HVICTL_VTI | 35 << 16 | 3);
    ck_assert_int_eq(bench_run(&b, "csr hvictl"), 0);
    expect(&b, "VTI          30");
    expect(&b, "35");
}
END_TEST

START_TEST(test_virtual)
{
    csr_poke(b.h, CSR_mvien, BIT(20) | BIT(21));
    csr_poke(b.h, CSR_mvip, BIT(20) | BIT(21));
    csr_poke(b.h, CSR_sie, BIT(20));
    csr_poke(b.h, CSR_hvien, BIT(IRQ_LCOFI));
    csr_poke(b.h, CSR_hvip, BIT(IRQ_LCOFI));
    csr_poke(b.h, CSR_vsie, BIT(IRQ_LCOFI));
    bench_mode(&b, MODE_U);
    hart_attention(b.h);
    ck_assert_int_eq(bench_run(&b, "irq"), 0);
    expect(&b,
           "20     1        1        1        0        HS   -    mvip                     is taken "
           "before");
    expect(&b,
           "21     1        0        1        0        HS   -    mvip                     pending, "
           "but disabled in sie");
    expect(&b,
           "LCOFI  1        1        0        1        VS   -    hvip                     goes to "
           "VS, but V=0");
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "mvien[20]=1, hideleg[20]=0 -> HS-mode");
    csr_poke(b.h, CSR_sie, 0);
    bench_mode(&b, MODE_VU);
    hart_attention(b.h);
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "hvien[13]=1 -> VS-mode");
}
END_TEST

START_TEST(test_refused)
{
    csr_poke(b.h, CSR_hvictl, HVICTL_VTI | 9 << 16);
    bench_mode(&b, MODE_VS);
    bench_insn(&b, CSRR_SIP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "virtual instruction (cause 22)");
    expect(&b, "hvictl.VTI=1");
    expect(&b, "hvictl.VTI = 0");
    bench_mode(&b, MODE_VS);
    bench_insn(&b, CSRR_STOPEI);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "the guest has no interrupt file");
    ck_assert_int_eq(bench_run(&b, "csr stopei"), -1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("monitor aia");
    TCase *t = tcase_create("aia");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_order);
    tcase_add_test(t, test_priority_number);
    tcase_add_test(t, test_hvictl);
    tcase_add_test(t, test_virtual);
    tcase_add_test(t, test_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
