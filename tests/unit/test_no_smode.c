/* Harts without S-mode: what of the control-flow and state-enable rules is about them. The guests
 * of tests/priv need H. */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/sem_sys.h"

static struct machine *m;
static struct hart *h;

/* A machine whose hart is in `mode`, about to execute the instruction. */
static void start(enum mode mode, u32 insn)
{
    m = bare_machine("--isa=rv64imacu_zicsr_zimop_zcmop_zicfiss", "", &insn, 1);
    h = m->hart[0];
    h->mode = mode;
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    csr_poke(h, CSR_menvcfg, ENVCFG_SSE);
    hart_derive(h);
}

/* norm:zicfiss_smode_xsse: xSSE is 0 in M and U, so that SSPUSH does nothing and SSAMOSWAP is
 * illegal in U-mode. */
START_TEST(no_shadow_stack)
{
    enum { SSPUSH_X1 = 0xce104073, SSAMOSWAP_W = 0x48b5252f };
    static const enum mode modes[] = {MODE_M, MODE_U};
    for (unsigned i = 0; i < ARRAY_LEN(modes); i++) {
        u64 menvcfg;
        start(modes[i], SSPUSH_X1);
        h->ssp = RAM_BASE + 0x8000;
        ck_assert_int_eq(csr_peek(h, CSR_menvcfg, &menvcfg), 0);
        ck_assert_uint_eq(menvcfg & ENVCFG_SSE, 0);
        ck_assert(!ss_active(h));
        hart_run(h, 1);
        ck_assert_uint_eq(h->pc, RAM_BASE + 4);
        ck_assert_uint_eq(h->ssp, RAM_BASE + 0x8000);
        machine_free(m);
    }
    start(MODE_U, SSAMOSWAP_W);
    h->x[10] = RAM_BASE + 0x8000;
    hart_run(h, 1);
    ck_assert_uint_eq(h->mode, MODE_M);
    ck_assert_uint_eq(h->mcause, CAUSE_ILLEGAL);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no S-mode");
    TCase *tc = tcase_create("zicfiss");
    tcase_add_test(tc, no_shadow_stack);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
