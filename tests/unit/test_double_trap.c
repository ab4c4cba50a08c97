/* Double traps in M-mode (Smdbltrp) beside Smrnmi, and MPRV in the RNMI handler: what no guest can
 * set up, as the address of the RNMI handler is the board's choice. */
#include "bare_machine.h"
#include "cpu/fields.h"

#include <string.h>

#define HANDLER (RAM_BASE + 0x1000)

static struct machine *m;
static struct hart *h;

/* A machine whose memory is zero, so that every instruction is illegal. */
static void start(const char *isa)
{
    u32 zero = 0;
    const char *more = strstr(isa, "smrnmi") ? "--nmi-vector=0x80001000" : "--harts=1";
    m = bare_machine(isa, more, &zero, 1);
    h = m->hart[0];
    h->mtvec = RAM_BASE + 0x2000;
}

/* norm:Smdbltrp_with_Smrnmi_op norm:trap_unexp_mdt_1 norm:trap_unexp_hndl_lead-in
 * norm:trap_unexp_hndl_rnmi norm:trap_unexp_mnstatus_nmie_0 norm:trap_unexp_hndl_no_rnmi: to the
 * RNMI handler; from there nowhere. */
START_TEST(double_trap_to_rnmi_handler)
{
    start("--isa=rv64max_smdbltrp_smrnmi");
    h->mstatus |= MSTATUS_MDT;
    h->mnstatus |= MNSTATUS_NMIE;
    h->mepc = 0x1234;
    hart_derive(h);
    hart_run(h, 1);
    ck_assert_uint_eq(m->state.stop_reason, 0);
    ck_assert_uint_eq(h->pc, HANDLER);
    ck_assert_uint_eq(h->mnepc, RAM_BASE);
    ck_assert_uint_eq(h->mncause, CAUSE_ILLEGAL);
    ck_assert_uint_eq(h->mnstatus & MNSTATUS_NMIE, 0);
    ck_assert_uint_eq(h->mepc, 0x1234);
    hart_run(h, 1);
    ck_assert_uint_eq(m->state.stop_reason, STOP_CRITICAL);
    machine_free(m);
}
END_TEST

/* norm:Smdbltrp_with_Smrnmi_op norm:trap_exp norm:trap_unexp_mdt_1 norm:trap_unexp_hndl_no_rnmi
 * norm:critical_error: without Smrnmi the first double trap is the critical error. */
START_TEST(double_trap_without_rnmi)
{
    start("--isa=rv64max_smdbltrp");
    h->mstatus &= ~MSTATUS_MDT;
    hart_derive(h);
    hart_run(h, 1);
    ck_assert_uint_eq(m->state.stop_reason, 0);
    ck_assert_uint_eq(h->pc, RAM_BASE + 0x2000);
    ck_assert_uint_eq(h->mcause, CAUSE_ILLEGAL);
    ck_assert_uint_ne(h->mstatus & MSTATUS_MDT, 0);
    hart_run(h, 1);
    ck_assert_uint_eq(m->state.stop_reason, STOP_CRITICAL);
    ck_assert_uint_eq(h->mepc, RAM_BASE);
    machine_free(m);
}
END_TEST

/* norm:trap_unexp_mnstatus_nmie_0 norm:trap_unexp_hndl_no_rnmi: with NMIE=0 a trap in M-mode is
 * unexpected whatever MDT is; one of a lower mode is not. */
START_TEST(trap_with_nmie_clear)
{
    static const enum mode modes[] = {MODE_M, MODE_U};
    start("--isa=rv64max_smdbltrp_smrnmi");
    h->mode = modes[_i];
    h->mstatus &= ~MSTATUS_MDT;
    h->mnstatus &= ~MNSTATUS_NMIE;
    hart_derive(h);
    hart_run(h, 1);
    ck_assert_uint_eq(m->state.stop_reason, _i ? 0 : STOP_CRITICAL);
    ck_assert_uint_eq(h->pc, _i ? RAM_BASE + 0x2000 : RAM_BASE);
    machine_free(m);
}
END_TEST

/* norm:mnstatus_mprv_clear: with NMIE=0 loads and stores are M-mode's own, whatever MPRV. */
START_TEST(mprv_in_the_rnmi_handler)
{
    enum { LD_A0_A1 = 0x0005b503 };
    for (u64 nmie = 0; nmie < 2; nmie++) {
        start("--isa=rv64max_smrnmi");
        u32 insn = LD_A0_A1;
        memcpy(m->ram->host, &insn, 4);
        h->x[11] = RAM_BASE;
        h->vsatp = (u64)ATP_SV39 << 60;
        h->mstatus |= MSTATUS_MPRV | MSTATUS_MPV | BIT(11);
        h->mnstatus = nmie ? MNSTATUS_NMIE : 0;
        hart_derive(h);
        hart_run(h, 1);
        if (nmie) {
            ck_assert_uint_eq(h->mcause, CAUSE_LOAD_ACCESS); /* no table at address 0 */
        } else {
            ck_assert_uint_eq(h->pc, RAM_BASE + 4);
            ck_assert_uint_eq(h->x[10], LD_A0_A1);
        }
        machine_free(m);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("double trap");
    TCase *tc = tcase_create("smdbltrp");
    tcase_add_test(tc, double_trap_to_rnmi_handler);
    tcase_add_test(tc, double_trap_without_rnmi);
    tcase_add_loop_test(tc, trap_with_nmie_clear, 0, 2);
    tcase_add_test(tc, mprv_in_the_rnmi_handler);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
