/* What fields.def says about every field, asked of harts with and without H, S and U: a field that
 * does not exist is read-only zero, a field of choice holds no value that does not exist, and the
 * others hold what is written. */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"

/* Without D, which Zcmt excludes. */
#define ALL "max-d_zcmt_smrnmi_smdbltrp"
static const char *const isas[] = {
    "rv64" ALL, "rv64" ALL "-h", "rv64" ALL "-s", "rv64" ALL "-u", "rv64max_v", "rv64imac_zicsr",
    "rv32" ALL, "rv32" ALL "-h", "rv32" ALL "-s", "rv32" ALL "-u", "rv32max_v", "rv32imac_zicsr"};

static struct machine *m;
static struct hart *h;

static void start(const char *isa)
{
    char option[96];
    static const u32 nop = 0x13;
    snprintf(option, sizeof option, "--isa=%s", isa);
    m = bare_machine(option, strstr(isa, "imac") ? "--harts=1" : "--triggers=2", &nop, 1);
    h = m->hart[0];
}

static u64 peek(unsigned csr)
{
    u64 value = 0;
    csr_peek(h, csr, &value);
    return value;
}

/* The registers that others depend on, all open. */
static void open_all(void)
{
    static const u16 above[] = {CSR_menvcfg,   CSR_menvcfgh,   CSR_henvcfg,   CSR_henvcfgh,
                                CSR_mstateen0, CSR_mstateen0h, CSR_hstateen0, CSR_hstateen0h};
    for (size_t i = 0; i < ARRAY_LEN(above); i++)
        csr_poke(h, above[i], ~0ull);
    csr_poke(h, CSR_mstatus, 0);
    csr_poke(h, CSR_mstatush, 0);
    csr_poke(h, CSR_tselect, 0);
    csr_poke(h, CSR_tdata1,
             set_field(~0ull, is_rv32(h) ? TDATA132_TYPE : TDATA1_TYPE, TRIGGER_MCONTROL6));
}

/* Ones where nothing else stands in the way: SDT and MDT keep SIE and MIE clear, and with a mode
 * that does not exist satp is not written at all. */
static u64 writable_pattern(unsigned csr, u64 value)
{
    switch (csr) {
    case CSR_mstatus:
    case CSR_sstatus:
    case CSR_vsstatus:
        return value & ~(MSTATUS_SDT | MSTATUS_MDT);
    case CSR_mstatush:
        return value & ~(MSTATUS_MDT >> 32);
    case CSR_satp:
    case CSR_vsatp:
        return set_field(value, is_rv32(h) ? SATP32_MODE : SATP_MODE, ATP_BARE);
    default:
        return value;
    }
}

/* Does the part of the CSR come out as its row says, when `value` was written to it? */
static void check_part(unsigned csr, const struct field_part *p, u64 before, u64 value, u64 now)
{
    const struct field *f = p->f;
    u64 mask = FIELD_MASK(p->high, p->low), got = now & mask, wanted = value & mask;
    switch ((enum field_holds)(field_exists(h, f) ? f->holds : HOLDS_ZERO)) {
    case HOLDS_WRITABLE:
        ck_assert_msg(got == wanted, "%s.%s", csr_name(csr), f->name);
        break;
    case HOLDS_SET_ONLY:
        ck_assert_msg(got == ((before | wanted) & mask), "%s.%s", csr_name(csr), f->name);
        break;
    case HOLDS_LEGAL:
        ck_assert_msg(BIT(get_field(now, mask)) & h->rules.legal[f->shown], "%s.%s = %u",
                      csr_name(csr), f->name, (unsigned)get_field(now, mask));
        break;
    case HOLDS_ZERO:
        ck_assert_msg(got == 0, "%s.%s is not zero", csr_name(csr), f->name);
        break;
    default:
        break; /* the functions of the CSR say it; tests/priv */
    }
}

static void write_and_check(void *ctx, unsigned csr, const char *name)
{
    (void)name;
    static const u64 patterns[] = {~0ull, 0, 0xaaaaaaaaaaaaaaaaull, 0x5555555555555555ull, 0};
    unsigned *parts = ctx;
    if ((csr >> 10 & 3) == 3 || csr == CSR_misa || csr == CSR_tdata1)
        return;
    if (csr == CSR_tdata3 && !has(h, EXT_Sdtrig))
        return; /* no trigger, no fields */
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        u64 before = peek(csr), value = writable_pattern(csr, patterns[i]);
        csr_poke(h, csr, value);
        u64 now = peek(csr);
        for (struct field_part p = {0}; csr_next_field(h, csr, &p); ++*parts)
            check_part(csr, &p, before, value, now);
        open_all();
    }
}

static void clear_or_fill(void *ctx, unsigned csr, const char *name)
{
    (void)name;
    if (csr != CSR_misa)
        csr_poke(h, csr, *(u64 *)ctx);
}

static void check_legal(void *ctx, unsigned csr, const char *name)
{
    (void)ctx;
    u64 now = peek(csr);
    for (struct field_part p = {0}; csr_next_field(h, csr, &p);) {
        u64 mask = FIELD_MASK(p.high, p.low);
        if (csr == CSR_tdata1 || p.f->holds != HOLDS_LEGAL || !field_exists(h, p.f))
            continue;
        ck_assert_msg(BIT(get_field(now, mask)) & h->rules.legal[p.f->shown], "%s.%s", name,
                      p.f->name);
    }
}

/* norm:warl_rst: after a reset no field holds a value that does not exist, whatever was written. */
START_TEST(legal_after_reset)
{
    static const u64 before[] = {0, ~0ull, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
    start(isas[_i]);
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        csr_for_each(h, clear_or_fill, (void *)(uintptr_t)&before[i]);
        hart_reset(h);
        csr_for_each(h, check_legal, NULL);
    }
    machine_free(m);
}
END_TEST

START_TEST(every_field)
{
    unsigned parts = 0;
    start(isas[_i]);
    open_all();
    csr_for_each(h, write_and_check, &parts);
    ck_assert_uint_gt(parts, 150);
    machine_free(m);
}
END_TEST

static void set_above(u64 value)
{
    static const u16 above[] = {CSR_menvcfg, CSR_menvcfgh, CSR_mstateen0, CSR_mstateen0h};
    for (size_t i = 0; i < ARRAY_LEN(above); i++)
        csr_poke(h, above[i], value);
}

/* With the register above zero: what is UNDER it is read-only zero, and what is written to it then
 * is not seen later; what is WRITABLE is just that. */
START_TEST(what_the_register_above_shuts)
{
    static const char *const some[] = {"rv64" ALL, "rv32" ALL, "rv64imach_zfinx_smstateen",
                                       "rv32imach_zfinx_smstateen"};
    static const u16 below[] = {CSR_henvcfg, CSR_henvcfgh, CSR_senvcfg, CSR_hstateen0,
                                CSR_hstateen0h};
    start(some[_i]);
    for (size_t i = 0; i < ARRAY_LEN(below); i++) {
        set_above(~0ull);
        csr_poke(h, below[i], 0);
        set_above(0);
        csr_poke(h, below[i], ~0ull);
        u64 shut = peek(below[i]);
        for (struct field_part p = {0}; csr_next_field(h, below[i], &p);) {
            u64 mask = FIELD_MASK(p.high, p.low), got = shut & mask;
            bool stays = p.f->holds == HOLDS_WRITABLE && field_exists(h, p.f);
            bool goes = p.f->holds == HOLDS_UNDER;
            ck_assert_msg(!(goes && got) && !(stays && got != mask), "%s.%s", csr_name(below[i]),
                          p.f->name);
        }
        set_above(~0ull);
        ck_assert_msg(peek(below[i]) == shut, "%s", csr_name(below[i]));
    }
    machine_free(m);
}
END_TEST

/* ---- the modes' fields, as the manual describes them ---- */

struct owned {
    u16 csr;
    u64 mask;
};
static const struct owned of_s[] = {
    {CSR_mstatus, MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SUM | MSTATUS_MXR |
                      MSTATUS_TVM | MSTATUS_TSR | MSTATUS_SPELP | MSTATUS_SDT},
    {CSR_mstatus, MSTATUS_SXL | MSTATUS_SBE},
    {CSR_menvcfg, ENVCFG_FIOM | ENVCFG_SSE},
    {CSR_mseccfg, MSECCFG_SSEED},
    {CSR_mstateen0, STATEEN_ENVCFG | STATEEN_SE0 | STATEEN_AIA | STATEEN_CSRIND},
    {CSR_mstateen1, STATEEN_N_SE},
    {CSR_mcyclecfg, HPMEVENT_SINH},
    {CSR_mhpmevent3, HPMEVENT_SINH},
    {CSR_tdata1, TDATA1_S},
    {CSR_mie, BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI)},
};
static const struct owned of_h[] = {
    {CSR_mstatus, MSTATUS_MPV | MSTATUS_GVA},
    {CSR_mnstatus, MNSTATUS_MNPV},
    {CSR_mstateen0, STATEEN_P1P13},
    {CSR_mcyclecfg, HPMEVENT_VSINH | HPMEVENT_VUINH},
    {CSR_mhpmevent3, HPMEVENT_VSINH | HPMEVENT_VUINH},
    {CSR_tdata1, TDATA1_VS | TDATA1_VU},
    {CSR_mie, BIT(IRQ_VSSI) | BIT(IRQ_VSTI) | BIT(IRQ_VSEI) | BIT(IRQ_SGEI)},
    {CSR_mideleg, BIT(IRQ_VSSI) | BIT(IRQ_VSTI) | BIT(IRQ_VSEI) | BIT(IRQ_SGEI)},
    {CSR_medeleg, BIT(CAUSE_ECALL_VS) | BIT(CAUSE_VIRTUAL_INSN) | BIT(CAUSE_LOAD_GUEST_PAGE)},
};
static const struct owned of_u[] = {
    {CSR_mstatus, MSTATUS_MPRV | MSTATUS_TW | MSTATUS_UXL | MSTATUS_UBE},
    {CSR_mseccfg, MSECCFG_USEED},
    {CSR_mcyclecfg, HPMEVENT_UINH},
    {CSR_mhpmevent3, HPMEVENT_UINH},
    {CSR_tdata1, TDATA1_U},
};

/* A CSR's value with its high half, after writing ones to both. */
static u64 all_ones(unsigned csr)
{
    char high[32];
    snprintf(high, sizeof high, "%sh", csr_name(csr));
    int num = csr_number(high);
    if (csr != CSR_tdata1)
        csr_poke(h, csr, ~0ull);
    if (num < 0 || !is_rv32(h))
        return peek(csr);
    csr_poke(h, (unsigned)num, ~0ull);
    return peek(csr) | peek((unsigned)num) << 32;
}

static void none_is_there(const struct owned *list, size_t count)
{
    open_all();
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(!(all_ones(list[i].csr) & list[i].mask), "%s has 0x%llx",
                      csr_name(list[i].csr),
                      (unsigned long long)(peek(list[i].csr) & list[i].mask));
}

START_TEST(absent_modes)
{
    start(isas[_i]);
    if (!has(h, EXT_S))
        none_is_there(of_s, ARRAY_LEN(of_s));
    if (!has(h, EXT_H))
        none_is_there(of_h, ARRAY_LEN(of_h));
    if (!has(h, EXT_U))
        none_is_there(of_u, ARRAY_LEN(of_u));
    machine_free(m);
}
END_TEST

/* Where the mode exists, what belongs to it does. */
START_TEST(present_modes)
{
    start(isas[_i]);
    open_all();
    u64 all = of_s[0].mask & ~(u64)MSTATUS_SIE; /* which SDT keeps clear */
    ck_assert_uint_eq(all_ones(CSR_mstatus) & of_s[0].mask, all);
    ck_assert_uint_eq(all_ones(CSR_mstatus) & of_h[0].mask, of_h[0].mask);
    ck_assert_uint_eq(all_ones(CSR_mstateen0) & of_s[4].mask, of_s[4].mask);
    ck_assert_uint_eq(all_ones(CSR_mcyclecfg) & of_h[3].mask, of_h[3].mask);
    ck_assert_uint_eq(peek(CSR_tdata1) & of_h[5].mask, of_h[5].mask);
    machine_free(m);
}
END_TEST

/* jvt.mode is WARL: only mode 0, a jump table, is implemented: no other is held. */
START_TEST(jvt_mode)
{
    start(isas[_i]);
    for (unsigned mode = 0; mode < 64; mode++) {
        csr_poke(h, CSR_jvt, 0x80001000 | mode);
        ck_assert_uint_eq(peek(CSR_jvt), 0x80001000);
    }
    machine_free(m);
}
END_TEST

/* xPP names a mode that exists: M alone on harts without U, from reset on. */
START_TEST(previous_privilege)
{
    start(isas[_i]);
    for (unsigned mode = 0; mode < 4; mode++) {
        static const u8 needs[4] = {EXT_U, EXT_S, EXT_COUNT, EXT_I};
        for (unsigned n = 0; n < 2; n++) {
            unsigned csr = n ? CSR_mnstatus : CSR_mstatus;
            u64 field = n ? MNSTATUS_MNPP : MSTATUS_MPP, before = peek(csr);
            if (n && !has(h, EXT_Smrnmi))
                continue;
            csr_poke(h, csr, set_field(before, field, mode));
            bool exists = needs[mode] < EXT_COUNT && has(h, (enum ext)needs[mode]);
            ck_assert_uint_eq(get_field(peek(csr), field),
                              exists ? mode : get_field(before, field));
            if (!has(h, EXT_U))
                ck_assert_uint_eq(get_field(peek(csr), field), PRIV_M);
        }
    }
    machine_free(m);
}
END_TEST

/* With misa.H clear the fields of H are read-only zero, too, whatever they were. */
START_TEST(h_switched_off)
{
    start(isas[_i]);
    open_all();
    for (size_t i = 0; i < ARRAY_LEN(of_h); i++)
        all_ones(of_h[i].csr);
    csr_poke(h, CSR_misa, peek(CSR_misa) & ~BIT('H' - 'A'));
    ck_assert(!has(h, EXT_H));
    for (size_t i = 0; i < ARRAY_LEN(of_h); i++) {
        u64 low = is_rv32(h) ? MASK(32) : ~0ull;
        ck_assert_msg(!(peek(of_h[i].csr) & of_h[i].mask & low), "%s", csr_name(of_h[i].csr));
    }
    ck_assert_uint_eq(peek(CSR_mstateen0h) & STATEEN_P1P13 >> 32, 0);
    ck_assert_uint_eq(peek(CSR_mstatush) & of_h[0].mask >> 32, 0);
    none_is_there(of_h, ARRAY_LEN(of_h));
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fields");
    TCase *tc = tcase_create("rows");
    int count = ARRAY_LEN(isas);
    tcase_add_loop_test(tc, every_field, 0, count);
    tcase_add_loop_test(tc, legal_after_reset, 0, count);
    tcase_add_loop_test(tc, what_the_register_above_shuts, 0, 4);
    tcase_add_loop_test(tc, absent_modes, 0, count);
    tcase_add_loop_test(tc, present_modes, 0, 1);
    tcase_add_loop_test(tc, present_modes, 6, 7);
    tcase_add_loop_test(tc, jvt_mode, 0, 4);
    tcase_add_loop_test(tc, jvt_mode, 6, 10);
    tcase_add_loop_test(tc, previous_privilege, 0, count);
    tcase_add_loop_test(tc, h_switched_off, 0, 1);
    tcase_add_loop_test(tc, h_switched_off, 6, 7);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
