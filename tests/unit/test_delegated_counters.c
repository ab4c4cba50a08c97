/* Counter delegation (Smcdeleg, Ssccfg) and the identifiers of quality of service (Ssqosid). */
#include "norm_hart.h"

#define CODE(...) (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32)
static const char ISA[] = "rv64max_smcdeleg_ssqosid", ISA32[] = "rv32max_smcdeleg_ssqosid";
/* By the manual's numbers. */
enum { SCOUNTINHIBIT = 0x120, SISELECT = 0x150, SIREG = 0x151, SCOUNTOVF = 0xda0, SRMCFG = 0x181 };
enum { VSISELECT = 0x250, VSIREG = 0x251 };
static const u16 windows[] = {0x151, 0x152, 0x153, 0x155, 0x156, 0x157}; /* sireg .. sireg6 */
#define CDE B(60)

static void open_delegation(unsigned cde, u64 counters)
{
    csr_poke(h, CSR_mstateen0, ~0ull);
    csr_poke(h, CSR_mstateen0h, ~0ull);
    csr_poke(h, CSR_hstateen0, ~0ull);
    csr_poke(h, CSR_hstateen0h, ~0ull);
    csr_poke(h, CSR_menvcfg, cde ? CDE : 0);
    csr_poke(h, CSR_menvcfgh, cde ? CDE >> 32 : 0);
    csr_poke(h, CSR_mcounteren, counters);
    csr_poke(h, CSR_hcounteren, ~0ull);
    csr_poke(h, CSR_scounteren, ~0ull);
}

/* An access to a CSR by one instruction: under which conditions. */
struct attempt {
    const char *isa;
    u8 mode, write, cde;
    u16 csr;
    u32 not_delegated;
    u64 select;
};

static u64 cause_of(struct attempt a)
{
    start_one(a.isa ? a.isa : ISA, (enum mode)a.mode,
              a.write ? CSRRW(0, a.csr, 10) : CSRRS(10, a.csr, 0));
    open_delegation(a.cde, ~(u64)a.not_delegated);
    csr_poke(h, SISELECT, a.select);
    csr_poke(h, VSISELECT, a.select);
    u64 cause = cause_of_one();
    machine_free(m);
    return cause;
}
#define CAUSE(...) cause_of((struct attempt){__VA_ARGS__})

/* norm:ssccfg_illegal_sireg_cde0 norm:ssccfg_illegal_sireg3_6 norm:ssccfg_illegal_sireg4_5_xlen64
 * norm:ssccfg_illegal_sireg_not_delegated norm:smcdeleg_cde_en: which of the aliases there are, by
 * XLEN, the counter, its delegation and menvcfg.CDE, in M- and S-mode. */
START_TEST(aliases)
{
    static const enum mode modes[] = {MODE_M, MODE_S};
    static const u8 counters[] = {0, 1, 2, 3, 31};
    bool rv32 = _i & 1, cde = _i & 2, delegated = _i & 4;
    for (unsigned i = 0; i < 2 * ARRAY_LEN(counters) * ARRAY_LEN(windows); i++) {
        unsigned n = counters[i / 2 % ARRAY_LEN(counters)];
        unsigned w = i / 2 / ARRAY_LEN(counters);
        bool exists = n != 1 && w != 2 && w != 5 && (rv32 || w < 2);
        u64 got = CAUSE(.isa = rv32 ? ISA32 : ISA, .mode = modes[i % 2], .csr = windows[w],
                        .write = i % 3 == 0, .cde = cde,
                        .not_delegated = (u32)(delegated ? ~B(n) : B(n)), .select = 0x40 + n);
        ck_assert_msg(got == (cde && delegated && exists ? NO_CAUSE : BY_ILLEGAL),
                      "counter %u, sireg %u: %u", n, w, (unsigned)got);
    }
}
END_TEST

/* norm:ssccfg_missing_extension_illegal: state of an extension that is not there. */
START_TEST(extensions)
{
    static const struct {
        const char *isa;
        u8 counter, window, there;
    } cases[] = {
        {"rv32imac_smcdeleg", 0, 0, 0},           {"rv32imac_smcdeleg_zicntr", 0, 0, 1},
        {"rv32imac_smcdeleg_zicntr", 0, 1, 0},    {"rv32imac_smcdeleg_smcntrpmf", 0, 1, 1},
        {"rv32imac_smcdeleg_smcntrpmf", 0, 4, 1}, {"rv32imac_smcdeleg_zicntr", 3, 0, 0},
        {"rv32imac_smcdeleg_zihpm", 3, 0, 1},     {"rv32imac_smcdeleg_zihpm", 3, 1, 1},
        {"rv32imac_smcdeleg_zihpm", 3, 4, 0},     {"rv32imac_smcdeleg_sscofpmf", 3, 4, 1},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(CAUSE(.isa = cases[i].isa, .mode = MODE_S, .csr = windows[cases[i].window],
                            .cde = 1, .select = 0x40u + cases[i].counter) ==
                          (cases[i].there ? NO_CAUSE : BY_ILLEGAL),
                      "%s %u %u", cases[i].isa, cases[i].counter, cases[i].window);
}
END_TEST

/* norm:ssccfg_hyp_m_s_vsireg_illegal norm:ssccfg_hyp_vs_access_sireg_conditional
 * norm:ssccfg_hyp_vs_or_vu_access_vsireg_illegal: guests have no delegated counters. */
START_TEST(guests)
{
    for (unsigned w = 0; w < ARRAY_LEN(windows); w++) {
        u64 select = 0x43;
        for (unsigned cde = 0; cde < 2; cde++) {
            u64 vs = cde ? BY_VIRTUAL : BY_ILLEGAL;
            ck_assert_uint_eq(CAUSE(.mode = MODE_VS, .csr = (u16)(windows[w]), .write = 0,
                                    .cde = cde, .select = select),
                              vs);
            ck_assert_uint_eq(CAUSE(.mode = MODE_S, .csr = (u16)(windows[w] + 0x100u), .write = 0,
                                    .cde = cde, .select = select),
                              BY_ILLEGAL);
            ck_assert_uint_eq(CAUSE(.mode = MODE_M, .csr = (u16)(windows[w] + 0x100u), .write = 0,
                                    .cde = cde, .select = select),
                              BY_ILLEGAL);
            ck_assert_uint_eq(CAUSE(.mode = MODE_VS, .csr = (u16)(windows[w] + 0x100u), .write = 0,
                                    .cde = cde, .select = select),
                              BY_VIRTUAL);
            ck_assert_uint_eq(CAUSE(.mode = MODE_VU, .csr = (u16)(windows[w]), .write = 0,
                                    .cde = cde, .select = select),
                              BY_VIRTUAL);
        }
    }
}
END_TEST

/* Values written in S-mode behind siselect are the machine's counters and selectors, but for MINH,
 * which stays the machine's (Smcdeleg, "Counter Delegation"). */
START_TEST(values)
{
    start(ISA, MODE_S,
          CODE(CSRRW(0, SIREG, 11), CSRRW(0, 0x152, 12), CSRRS(13, 0x152, 0),
               CSRRW(0, SISELECT, 14), CSRRW(0, SIREG, 11), CSRRS(15, SIREG, 0)));
    open_delegation(1, ~0ull);
    csr_poke(h, CSR_mcountinhibit, B(3));
    csr_poke(h, CSR_mhpmevent3, B(62));
    csr_poke(h, SISELECT, 0x43);
    h->x[11] = 0x123456789;
    h->x[12] = B(63) | B(62) | B(61) | 2; /* OF, MINH, SINH, instructions */
    h->x[14] = 0x42;
    hart_run(h, 6);
    ck_assert_uint_eq(peek(CSR_mhpmcounter3), 0x123456789);
    ck_assert_uint_eq(peek(CSR_mhpmevent3), B(63) | B(62) | B(61) | 2);
    ck_assert_uint_eq(h->x[13], B(63) | B(61) | 2);
    ck_assert_uint_eq(h->x[15], 0x123456789); /* instret: what was written, for the next one */
    machine_free(m);
    start(ISA, MODE_S, CODE(CSRRW(0, 0x152, 0), NOP));
    open_delegation(1, ~0ull);
    csr_poke(h, CSR_mhpmevent3, B(62) | 2);
    csr_poke(h, SISELECT, 0x43);
    hart_run(h, 1);
    ck_assert_uint_eq(peek(CSR_mhpmevent3), B(62));
    machine_free(m);
}
END_TEST

/* The halves on RV32, and the configuration of cycle. */
START_TEST(halves)
{
    start(ISA32, MODE_S, CODE(CSRRW(0, 0x151, 11), CSRRW(0, 0x155, 12), CSRRW(0, 0x156, 13)));
    open_delegation(1, ~0ull);
    csr_poke(h, CSR_mcountinhibit, B(0));
    csr_poke(h, SISELECT, 0x40);
    h->x[11] = 0x11223344;
    h->x[12] = 0x55667788;
    h->x[13] = (u64)(s32)0xffffffff;
    hart_run(h, 3);
    ck_assert_uint_eq(h->mcycle, 0x5566778811223344);
    ck_assert_uint_eq(h->mcyclecfg, B(61) | B(60) | B(59) | B(58));
    machine_free(m);
}
END_TEST

/* What is written through an alias counts from then on: with UINH what runs in U-mode does not. */
START_TEST(filters_take_effect)
{
    static const struct {
        const char *isa;
        u8 select;
        u16 alias, counter;
    } cases[] = {
        {ISA, 0x40, 0x152, CSR_mcycle},       {ISA, 0x42, 0x152, CSR_minstret},
        {ISA, 0x43, 0x152, CSR_mhpmcounter3}, {ISA32, 0x40, 0x156, CSR_mcycle},
        {ISA32, 0x42, 0x156, CSR_minstret},   {ISA32, 0x43, 0x156, CSR_mhpmcounter3},
    };
    u64 counted[2];
    for (unsigned i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        start(cases[i / 2].isa, MODE_S,
              CODE(CSRRW(0, cases[i / 2].alias, 11), SRET, NOP, NOP, NOP, NOP, NOP, ECALL));
        open_delegation(1, ~0ull);
        csr_poke(h, CSR_mhpmevent3, 2);
        csr_poke(h, SISELECT, cases[i / 2].select);
        csr_poke(h, CSR_sepc, RAM_BASE + (i % 2 ? 8 : 24));
        h->x[11] = cases[i / 2].alias == 0x152 ? B(60) | 2 : B(60) >> 32;
        hart_run(h, i % 2 ? 8 : 4);
        ck_assert_uint_eq(h->mcause, BY_ECALL_U);
        counted[i % 2] = peek(cases[i / 2].counter);
        machine_free(m);
        if (i % 2)
            ck_assert_msg(counted[0] == counted[1], "%s, select %x", cases[i / 2].isa,
                          cases[i / 2].select);
    }
}
END_TEST

/* norm:mhpmevent_of_op: an overflow is seen when it happens, however the counter, or what it
 * counts, was written. */
START_TEST(overflow_follows_writes)
{
    static const struct {
        const char *isa;
        u16 alias, event;
        u64 counter, value;
    } cases[] = {
        {ISA, 0x151, 2, 0, -3ull},
        {ISA, 0x152, 0, -3ull, 2},
        {ISA32, 0x151, 2, ~0ull << 32, (u64)-3},
        {ISA32, 0x155, 2, B(32) - 8, (u64)-1},
        {ISA32, 0x152, 0, -3ull, 2},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        start(cases[i].isa, MODE_S,
              CODE(CSRRW(0, cases[i].alias, 11), NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP,
                   CSRRS(12, SCOUNTOVF, 0)));
        open_delegation(1, ~0ull);
        csr_poke(h, CSR_mhpmevent3, cases[i].event);
        csr_poke(h, CSR_mhpmcounter3, cases[i].counter);
        csr_poke(h, CSR_mhpmcounter3h, cases[i].counter >> 32);
        csr_poke(h, SISELECT, 0x43);
        h->x[11] = cases[i].value;
        hart_run(h, 10);
        ck_assert_msg(h->x[12] == B(3), "%s, alias %x", cases[i].isa, cases[i].alias);
        machine_free(m);
    }
}
END_TEST

/* norm:ssccfg_scountinhibit_exists norm:ssccfg_scountinhibit_delegated_rw
 * norm:ssccfg_scountinhibit_nondelegated_ro norm:ssccfg_illegal_scountinhibit_cde0
 * norm:ssccfg_illegal_scountinhibit_vs_vu */
START_TEST(scountinhibit)
{
    start(ISA, MODE_S, CODE(CSRRW(0, SCOUNTINHIBIT, 11), CSRRS(12, SCOUNTINHIBIT, 0)));
    open_delegation(1, B(0) | B(3) | B(1));
    csr_poke(h, CSR_mcountinhibit, B(0) | B(2));
    h->x[11] = B(3) | B(4) | B(1);
    hart_run(h, 2);
    ck_assert_uint_eq(peek(CSR_mcountinhibit), B(2) | B(3));
    ck_assert_uint_eq(h->x[12], B(3));
    machine_free(m);
    static const enum mode modes[] = {MODE_M, MODE_S, MODE_U, MODE_VS, MODE_VU};
    static const u64 want[] = {NO_CAUSE, NO_CAUSE, BY_ILLEGAL, BY_VIRTUAL, BY_VIRTUAL};
    for (unsigned i = 0; i < ARRAY_LEN(modes); i++)
        for (unsigned cde = 0; cde < 2; cde++)
            ck_assert_uint_eq(CAUSE(.mode = modes[i], .csr = (u16)(SCOUNTINHIBIT), .write = i & 1,
                                    .cde = cde, .select = 0),
                              cde ? want[i] : BY_ILLEGAL);
}
END_TEST

/* norm:ssccfg_virtual_scountovf_vs_vu */
START_TEST(scountovf)
{
    for (unsigned cde = 0; cde < 2; cde++) {
        ck_assert_uint_eq(
            CAUSE(.mode = MODE_S, .csr = (u16)(SCOUNTOVF), .write = 0, .cde = cde, .select = 0),
            NO_CAUSE);
        ck_assert_uint_eq(
            CAUSE(.mode = MODE_VS, .csr = (u16)(SCOUNTOVF), .write = 0, .cde = cde, .select = 0),
            cde ? BY_VIRTUAL : NO_CAUSE);
        ck_assert_uint_eq(
            CAUSE(.mode = MODE_VU, .csr = (u16)(SCOUNTOVF), .write = 0, .cde = cde, .select = 0),
            BY_VIRTUAL);
        ck_assert_uint_eq(
            CAUSE(.mode = MODE_U, .csr = (u16)(SCOUNTOVF), .write = 0, .cde = cde, .select = 0),
            BY_ILLEGAL);
    }
}
END_TEST

/* norm:ssccfg_lcofi_mvip_mvien norm:ssccfg_lcofi_hvip_hvien */
START_TEST(overflow_interrupt)
{
    static const u16 csrs[] = {CSR_mvip, CSR_mvien, CSR_hvip, CSR_hvien};
    start_one(ISA, MODE_M, NOP);
    for (unsigned i = 0; i < ARRAY_LEN(csrs); i++) {
        csr_poke(h, csrs[i], B(LCOFI));
        ck_assert_uint_eq(peek(csrs[i]) & B(LCOFI), B(LCOFI));
        csr_poke(h, csrs[i], 0);
        ck_assert_uint_eq(peek(csrs[i]) & B(LCOFI), 0);
    }
    machine_free(m);
}
END_TEST

/* norm:Ssqosid_srmcfg_register_size norm:Ssqosid_smstateen_srmcfg_requires_mstateen0
 * norm:Ssqosid_srmcfg_access_illegal_instruction norm:Ssqosid_srmcfg_access_virtual_instruction
 * norm:mstateen0_srmcfg_op */
START_TEST(srmcfg)
{
    static const enum mode modes[] = {MODE_M, MODE_S, MODE_U, MODE_VS, MODE_VU};
    static const u64 want[] = {NO_CAUSE, NO_CAUSE, BY_ILLEGAL, BY_VIRTUAL, BY_VIRTUAL};
    static const char *const isas[] = {"rv64max_ssqosid", "rv64imach_ssqosid"};
    for (unsigned i = 0; i < 4 * ARRAY_LEN(modes); i++) {
        enum mode mode = modes[i / 4];
        bool open = i & 1, stateen = !(i & 2);
        start_one(isas[!stateen], mode, CSRRW(10, SRMCFG, 11));
        csr_poke(h, CSR_mstateen0, open ? B(55) : ~B(55));
        u64 expected = mode != MODE_M && stateen && !open ? BY_ILLEGAL : want[i / 4];
        ck_assert_uint_eq(cause_of_one(), expected);
        machine_free(m);
    }
    start_one("rv64max_ssqosid", MODE_M, NOP);
    csr_poke(h, SRMCFG, ~0ull);
    ck_assert_uint_eq(peek(SRMCFG), 0x0fff0fff);
    machine_free(m);
    start_one("rv32imu_zicsr_ssqosid", MODE_M, CSRRW(10, SRMCFG, 11)); /* S-mode is not needed */
    ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
    machine_free(m);
    start_one("rv64max", MODE_M, CSRRS(10, SRMCFG, 0));
    csr_poke(h, CSR_mstateen0, ~0ull);
    ck_assert_uint_eq(peek(CSR_mstateen0) & B(55), 0);
    ck_assert_uint_eq(cause_of_one(), BY_ILLEGAL);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("delegated counters");
    TCase *tc = tcase_create("Smcdeleg, Ssqosid");
    tcase_add_loop_test(tc, aliases, 0, 8);
    tcase_add_test(tc, extensions);
    tcase_add_test(tc, guests);
    tcase_add_test(tc, values);
    tcase_add_test(tc, halves);
    tcase_add_test(tc, filters_take_effect);
    tcase_add_test(tc, overflow_follows_writes);
    tcase_add_test(tc, scountinhibit);
    tcase_add_test(tc, scountovf);
    tcase_add_test(tc, overflow_interrupt);
    tcase_add_test(tc, srmcfg);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
