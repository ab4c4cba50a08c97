/* Rules of the machine chapter about counters (mcycle, minstret, mhpmcounter, their enables,
 * inhibits and shadows) and about the state that FS guards. */
#include "norm_hart.h"

#define CODE(...) (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32)

enum { CY = 1, IR = 4, HPM3 = 8, EVENT_OF_INSTRUCTIONS = 2 };

/* norm:mcycle_op norm:minstret_op norm:mcountinhibit_op2 norm:mcountinhibit_sz_warl_op1
 * norm:mcounteren_inc_inaccessible: each counts unless its bit of mcountinhibit is set; mcounteren
 * is nothing to it. */
START_TEST(inhibited)
{
    for (unsigned inhibit = 0; inhibit < 16; inhibit++) {
        if (inhibit & 2)
            continue;
        start("rv64max", MODE_M, CODE(NOP, NOP, NOP, NOP, NOP));
        csr_poke(h, CSR_mcounteren, inhibit ? 0 : ~0ull);
        csr_poke(h, CSR_mcountinhibit, inhibit);
        csr_poke(h, CSR_mhpmevent3, EVENT_OF_INSTRUCTIONS);
        csr_poke(h, CSR_mcycle, 100);
        csr_poke(h, CSR_minstret, 200);
        csr_poke(h, CSR_mhpmcounter3, 300);
        hart_run(h, 5);
        ck_assert_uint_eq(peek(CSR_mcycle), inhibit & CY ? 100 : 105);
        ck_assert_uint_eq(peek(CSR_minstret), inhibit & IR ? 200 : 205);
        ck_assert_uint_eq(peek(CSR_mhpmcounter3), inhibit & HPM3 ? 300 : 305);
        machine_free(m);
    }
}
END_TEST

/* norm:mcountinhibit_only_inc norm:mcounteren_set_nxt_priv norm:mcounteren_clr_ill_inst_exc
 * norm:mcounteren_op norm:scounteren_op: who may read a counter is said by mcounteren (and
 * scounteren for U-mode), whatever mcountinhibit says. */
START_TEST(accessible)
{
    static const u16 counters[] = {0, 1, 2, 3, 31};
    unsigned n = counters[_i % 5];
    enum mode mode = _i < 5 ? MODE_S : MODE_U;
    for (unsigned i = 0; i < 8; i++) {
        bool m_on = i & 1, s_on = i & 2, inhibit = i & 4;
        start_one("rv64max", mode, CSRRS(10, 0xc00 + n, 0));
        csr_poke(h, CSR_mcounteren, m_on ? B(n) : ~B(n));
        csr_poke(h, CSR_scounteren, s_on ? B(n) : ~B(n));
        csr_poke(h, CSR_mcountinhibit, inhibit ? ~0ull : 0);
        bool allowed = m_on && (mode == MODE_S || s_on);
        ck_assert_uint_eq(cause_of_one(), allowed ? NO_CAUSE : BY_ILLEGAL);
        machine_free(m);
    }
}
END_TEST

/* norm:mcounteren_set_nxt_priv norm:mcounteren_flds_mandatory_warl: without S-mode mcounteren alone
 * is for U-mode. */
START_TEST(accessible_without_s)
{
    for (unsigned on = 0; on < 2; on++) {
        start_one("rv64iu_zicsr_zicntr", MODE_U, CSRRS(10, 0xc02, 0));
        csr_poke(h, CSR_mcounteren, on ? B(2) : ~B(2));
        ck_assert_uint_eq(cause_of_one(), on ? NO_CAUSE : BY_ILLEGAL);
        machine_free(m);
    }
}
END_TEST

/* norm:mcycle_minstret_wr norm:mcycle_minstret_rst: what is written is what the next instruction
 * reads. */
START_TEST(writes_come_after)
{
    start("rv64max", MODE_M,
          CODE(CSRRW(0, 0xb02, 10), CSRRS(11, 0xb02, 0), CSRRW(0, 0xb00, 10), CSRRS(12, 0xb00, 0),
               CSRRS(13, 0xb02, 0)));
    h->x[10] = 0x123456789abcdef0;
    hart_run(h, 5);
    ck_assert_uint_eq(h->x[11], 0x123456789abcdef0);
    ck_assert_uint_le(h->x[12] - h->x[10], 1);
    ck_assert_uint_eq(h->x[13] - h->x[11], 3);
    machine_free(m);
}
END_TEST

/* norm:cycle_instret_hpmcounter_op_rdonly norm:mhpmevent_enc norm:mhpmevent_sz_warl_op: the
 * shadows, and event 0, which counts nothing. */
START_TEST(shadows)
{
    start("rv64max", MODE_M,
          CODE(CSRRS(10, 0xb00, 0), CSRRS(11, 0xc00, 0), CSRRS(12, 0xb02, 0), CSRRS(13, 0xc02, 0),
               CSRRS(14, 0xc03, 0), CSRRS(15, 0xc1f, 0), CSRRW(0, 0xc00, 0)));
    csr_poke(h, CSR_mcycle, 0x1111111111111111);
    csr_poke(h, CSR_minstret, 0x2222222222222222);
    csr_poke(h, CSR_mhpmevent3, 0);
    csr_poke(h, CSR_mhpmcounter3, 0x3333333333333333);
    csr_poke(h, CSR_mhpmcounter31, 0x4444444444444444);
    hart_run(h, 6);
    ck_assert_uint_eq(h->x[11] - h->x[10], 1);
    ck_assert_uint_eq(h->x[13] - h->x[12], 1);
    ck_assert_uint_eq(h->x[10], 0x1111111111111111);
    ck_assert_uint_eq(h->x[14], 0x3333333333333333);
    ck_assert_uint_eq(h->x[15], 0x4444444444444444);
    ck_assert_uint_eq(peek(CSR_mhpmcounter3), 0x3333333333333333);
    ck_assert_uint_eq(cause_of_one(), BY_ILLEGAL); /* writing cycle */
    machine_free(m);
}
END_TEST

/* norm:cycleh_instreth_hpmcounternh_op_rdonly norm:mcycleh_minstreth_mhpmh_op
 * norm:mcycle_minstret_sz norm:mhpmcounter_sz: the halves on RV32, each by itself, with a carry. */
START_TEST(halves)
{
    start("rv32max", MODE_M,
          CODE(CSRRS(10, 0xc80, 0), CSRRS(11, 0xc82, 0), CSRRS(12, 0xc83, 0), CSRRS(13, 0xc03, 0)));
    static const u16 low[] = {CSR_mcycle, CSR_minstret, CSR_mhpmcounter3};
    for (unsigned i = 0; i < 3; i++) {
        csr_poke(h, low[i], 0xffffff00);
        csr_poke(h, low[i] + 0x80u,
                 0x50 + i); /* which leaves the low half, and the other way round */
        ck_assert_uint_eq(peek(low[i]), 0xffffff00);
        csr_poke(h, low[i], 0xffffff00);
        ck_assert_uint_eq(peek(low[i] + 0x80u), 0x50 + i);
        ck_assert_uint_eq(peek(low[i]), 0xffffff00);
    }
    hart_run(h, 4);
    ck_assert_uint_eq(h->x[10], 0x50);
    ck_assert_uint_eq(h->x[11], 0x51);
    ck_assert_uint_eq(h->x[12], 0x52);
    ck_assert_uint_eq(h->x[13] & 0xffffffff, 0xffffff00);
    csr_poke(h, CSR_mcycle, 0xffffffff);
    h->pc = VECTOR;
    hart_derive(h);
    hart_run(h, 2);
    ck_assert_uint_eq(peek(CSR_mcycleh), 0x51);
    machine_free(m);
}
END_TEST

/* norm:mhpmcounter_num norm:mhpmcounter_mandatory norm:mhpmcounter_warl: twenty-nine of them, each
 * with an event of its own. */
START_TEST(twenty_nine)
{
    start("rv64max", MODE_M, CODE(NOP, NOP, NOP, NOP));
    for (unsigned n = 3; n < 32; n++) {
        csr_poke(h, CSR_mhpmcounter3 + n - 3, n);
        csr_poke(h, CSR_mhpmevent3 + n - 3, n % 2 ? EVENT_OF_INSTRUCTIONS : 0);
    }
    hart_run(h, 4);
    for (unsigned n = 3; n < 32; n++)
        ck_assert_uint_eq(peek(CSR_mhpmcounter3 + n - 3), n % 2 ? n + 4 : n);
    machine_free(m);
}
END_TEST

/* norm:mhpmcounter_mhpmevent_rdonly0 norm:mcounteren_flds_rdonly0: with fewer of them the others
 * are read-only zero, with their selectors and enables. */
START_TEST(fewer)
{
    start_with("rv64max", "--hpm-counters=2", MODE_M, CODE(NOP));
    csr_poke(h, CSR_mcounteren, ~0ull);
    ck_assert_uint_eq(peek(CSR_mcounteren), 31);
    for (unsigned n = 3; n < 32; n++) {
        csr_poke(h, CSR_mhpmcounter3 + n - 3, 77);
        csr_poke(h, CSR_mhpmevent3 + n - 3, EVENT_OF_INSTRUCTIONS);
        ck_assert_uint_eq(peek(CSR_mhpmcounter3 + n - 3), n < 5 ? 77 : 0);
        ck_assert_uint_eq(peek(CSR_mhpmevent3 + n - 3), n < 5 ? EVENT_OF_INSTRUCTIONS : 0);
    }
    machine_free(m);
}
END_TEST

/* norm:mip_lcofip_op2 norm:sip_sie_Sscofpmf: an overflow sets OF and LCOFIP, which sip shows. */
START_TEST(overflow)
{
    start("rv64max", MODE_M, CODE(NOP, NOP, NOP, NOP));
    csr_poke(h, CSR_mideleg, B(13));
    csr_poke(h, CSR_mhpmevent3, EVENT_OF_INSTRUCTIONS);
    csr_poke(h, CSR_mhpmcounter3, ~0ull - 1);
    hart_run(h, 1);
    ck_assert_uint_eq(peek(CSR_mip) & B(13), 0);
    hart_run(h, 3);
    ck_assert_uint_eq(peek(CSR_mip) & B(13), B(13));
    ck_assert_uint_eq(peek(CSR_sip) & B(13), B(13));
    ck_assert_uint_eq(peek(CSR_mhpmevent3) >> 63, 1);
    csr_poke(h, CSR_sip, 0);
    ck_assert_uint_eq(peek(CSR_mip) & B(13), 0);
    csr_poke(h, CSR_sie, B(13));
    ck_assert_uint_eq(peek(CSR_mie) & B(13), B(13));
    machine_free(m);
}
END_TEST

/* ---- FS ---- */

enum { OFF, INITIAL, CLEAN, DIRTY };
enum {
    FADD = 0x0020f0d3,  /* fadd.s ft1, ft1, ft2 */
    FLW = 0x0005a087,   /* flw ft1, 0(a1) */
    FSW = 0x0015a027,   /* fsw ft1, 0(a1) */
    FMV_X = 0xe0008553, /* fmv.x.w a0, ft1 */
};

/* norm:mstatus_fs_op norm:mstatus_fs_vs_xs_enc norm:mstatus_fs_vs_xs_off_op
 * norm:mstatus_fs_vs_xs_initial_op norm:mstatus_fs_vs_xs_clean_op norm:mstatus_fs_vs_xs_dirty_op
 * norm:mstatus_fs_vs_xs_update_indep_priv norm:mstatus_sd_op1: Off makes everything illegal; what
 * writes makes it Dirty, in every mode; what only reads leaves it. */
START_TEST(floating_point_state)
{
    static const struct {
        u32 insn;
        bool writes;
    } insns[] = {{FADD, true},
                 {FLW, true},
                 {FSW, false},
                 {FMV_X, false},
                 {CSRRS(10, 3, 0), false},
                 {CSRRW(10, 3, 0), true},
                 {CSRRW(10, 2, 0), true},
                 {CSRRS(10, 1, 0), false}};
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    for (unsigned fs = OFF; fs <= DIRTY; fs++)
        for (unsigned k = 0; k < 3; k++) {
            start_one("rv64max", modes[k], insns[_i].insn);
            h->x[11] = RAM_BASE + 0x100;
            csr_poke(h, CSR_mstatus, (u64)fs << 13);
            u64 cause = cause_of_one(), now = peek(CSR_mstatus) >> 13 & 3;
            ck_assert_uint_eq(cause, fs == OFF ? BY_ILLEGAL : NO_CAUSE);
            ck_assert_uint_eq(now, fs != OFF && insns[_i].writes ? DIRTY : fs);
            ck_assert_uint_eq(peek(CSR_mstatus) >> 63, now == DIRTY);
            machine_free(m);
        }
}
END_TEST

/* norm:mstatus_fs_wr: neither Off nor Initial does anything to the registers. */
START_TEST(status_is_not_state)
{
    static const u8 through[] = {OFF, INITIAL, CLEAN, DIRTY};
    start_one("rv64max", MODE_M, FMV_X);
    h->f[1] = 0xffffffff12345678;
    csr_poke(h, CSR_mstatus, 3ull << 13);
    csr_poke(h, CSR_fcsr, 0x5f);
    for (unsigned i = 0; i < 4; i++)
        csr_poke(h, CSR_mstatus, (u64)through[i] << 13);
    hart_run(h, 1);
    ck_assert_uint_eq(h->x[10], 0x12345678);
    ck_assert_uint_eq(peek(CSR_fcsr), 0x5f);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("counters and state");
    TCase *tc = tcase_create("counters");
    tcase_add_test(tc, inhibited);
    tcase_add_loop_test(tc, accessible, 0, 10);
    tcase_add_test(tc, accessible_without_s);
    tcase_add_test(tc, writes_come_after);
    tcase_add_test(tc, shadows);
    tcase_add_test(tc, halves);
    tcase_add_test(tc, twenty_nine);
    tcase_add_test(tc, fewer);
    tcase_add_test(tc, overflow);
    tcase_add_loop_test(tc, floating_point_state, 0, 8);
    tcase_add_test(tc, status_is_not_state);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
