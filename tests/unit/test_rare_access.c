/* Loads and stores of register pairs (Zilsd, Zclsd), load-acquire and store-release (Zalasr), and
 * misaligned atomics within a granule (Zama16b). Encodings are riscv-opcodes'. */
#include "norm_hart.h"

#define DATA (RAM_BASE + 0x4000)
enum { UART = 0x10000000 };
/* a0 or its pair, (a1) */
enum {
    LD = 0x0005b503,
    SD = 0x00a5b023,
    SD_X0 = 0x0005b023,
    LD_X0 = 0x0005b003,
    LD_A1_PAIR = 0x00053503, /* ld a0,0(a0) */
    C_LD = 0x6188,           /* c.ld a0,0(a1) */
    C_SD = 0xe188,           /* c.sd a0,0(a1) */
    C_LDSP = 0x6502,         /* c.ldsp a0,0(sp) */
    C_SDSP = 0xe02a,         /* c.sdsp a0,0(sp) */
    C_SDSP_X0 = 0xe002,      /* c.sdsp x0,0(sp) */
    C_LDSP_X0 = 0x6002,
    LB_AQ = 0x3405852f,
    LH_AQRL = 0x3605952f,
    LW_AQ = 0x3405a52f,
    LD_AQ = 0x3405b52f,
    SB_RL = 0x3aa5802f,
    SH_AQRL = 0x3ea5902f,
    SW_RL = 0x3aa5a02f,
    SD_RL = 0x3aa5b02f,
    AMOADD_W = 0x00a5a52f,
    AMOADD_D = 0x00a5b52f,
    AMOMAX_H = (int)0xa0a5952f,
    AMOCAS_D = 0x28a5b62f, /* amocas.d a2,a0,(a1) */
    AMOCAS_Q = 0x28a5c62f, /* amocas.q a2,a0,(a1) */
    LR_W = 0x1005a52f,
    SC_W = 0x18a5a52f,
    LD_64 = 0x0005b503,
};
static const u64 VALUE = 0x8877665544332211;

static u64 *data(unsigned offset)
{
    return (u64 *)(uintptr_t)(m->ram->host + (DATA - RAM_BASE) + offset);
}

static u64 get(unsigned offset)
{
    u64 v;
    memcpy(&v, data(offset), sizeof v);
    return v;
}

static void set(unsigned offset, u64 v)
{
    memcpy(data(offset), &v, sizeof v);
}

/* One instruction on the address in a1 and sp; returns the cause. */
static u64 on_with(const char *isa, const char *other, u32 insn, u64 address)
{
    const u32 code[] = {insn, NOP, NOP};
    start_with(isa, other, MODE_M, code, ARRAY_LEN(code));
    h->x[11] = h->x[2] = address;
    h->x[10] = (u64)(s32)0x84838281, h->x[11] = address, h->x[1] = 0x77;
    set(0, VALUE);
    set(8, ~VALUE);
    u64 pc = h->pc;
    hart_run(h, 1);
    return h->pc == VECTOR && pc != VECTOR ? h->mcause : NO_CAUSE;
}

static u64 on(const char *isa, u32 insn, u64 address)
{
    return on_with(isa, "", insn, address);
}

/* norm:Zilsd_ld_op norm:Zilsd_sd_op norm:Zilsd_bits_to_pair norm:Zilsd_c-ld_op
 * norm:Zilsd_c-ldsp_op: the low word in the even register, sign-extended where this simulator keeps
 * it. */
START_TEST(load_pair)
{
    static const u32 insns[] = {LD, C_LD, C_LDSP};
    const char *isa = "rv32imac_zclsd";
    for (unsigned i = 0; i < ARRAY_LEN(insns); i++) {
        start_one(isa, MODE_M, insns[i]);
        h->x[11] = DATA, h->x[2] = DATA;
        set(0, VALUE);
        ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
        ck_assert_uint_eq(h->pc, RAM_BASE + (insns[i] >> 16 ? 4 : 2));
        ck_assert_uint_eq(h->x[10], 0x44332211);
        ck_assert_uint_eq(h->x[11], 0xffffffff88776655);
        machine_free(m);
    }
}
END_TEST

/* norm:Zilsd_sd_op norm:Zilsd_c-sd_op norm:Zilsd_c-sdsp_op */
START_TEST(store_pair)
{
    static const struct {
        u32 insn;
        u64 want;
    } cases[] = {
        {SD, 0x8000500084838281}, {C_SDSP, 0x8000500084838281}, {C_SD, 0x8000500084838281}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        start_one("rv32imac_zclsd", MODE_M, cases[i].insn);
        h->x[10] = (u64)(s32)0x84838281;
        h->x[11] = h->x[2] = DATA + 0x1000;
        ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
        ck_assert_uint_eq(get(0x1000), cases[i].want);
        machine_free(m);
    }
}
END_TEST

/* norm:Zilsd_ld_x0 norm:Zilsd_sd_x0: x0 is a pair of zeros, x1 is not touched. */
START_TEST(pair_of_x0)
{
    ck_assert_uint_eq(on("rv32imac_zclsd", LD_X0, DATA), NO_CAUSE);
    ck_assert_uint_eq(h->x[0], 0);
    ck_assert_uint_eq(h->x[1], 0x77);
    machine_free(m);
    ck_assert_uint_eq(on("rv32imac_zclsd", LD_X0, 0x40), BY_LOAD); /* as any other load */
    machine_free(m);
    ck_assert_uint_eq(on("rv32imac_zclsd", SD_X0, DATA), NO_CAUSE);
    ck_assert_uint_eq(get(0), 0);
    machine_free(m);
    ck_assert_uint_eq(on("rv32imac_zclsd", C_SDSP_X0, DATA), NO_CAUSE);
    ck_assert_uint_eq(get(0), 0);
    machine_free(m);
    ck_assert_uint_eq(on("rv32imac_zclsd", C_LDSP_X0, DATA), BY_ILLEGAL); /* norm:Zilsd_c-ldsp_x0 */
    machine_free(m);
}
END_TEST

/* norm:Zilsd_ld_resume_trap: the base is what it was if the load traps, also on its second page. */
START_TEST(base_survives)
{
    ck_assert_uint_eq(on("rv32imac_zilsd", LD_A1_PAIR, DATA), BY_LOAD);
    ck_assert_uint_eq(h->x[10], (u64)(s32)0x84838281);
    machine_free(m);
}
END_TEST

/* norm:Zilsd_align8_no_exc norm:Zilsd_reg_pairs: multiples of 8 never trap; others do as other
 * misaligned accesses. Odd registers are reserved. */
START_TEST(pair_alignment)
{
    static const char *const ways[] = {"--misaligned=ok", "--misaligned=load=trap,store=trap"};
    for (unsigned trap = 0; trap < 2; trap++)
        for (unsigned offset = 0; offset < 8; offset++) {
            bool traps = trap && offset;
            ck_assert_uint_eq(on_with("rv32imac_zilsd", ways[trap], LD, DATA + offset),
                              traps ? BY_MISALIGNED_LOAD : NO_CAUSE);
            machine_free(m);
            ck_assert_uint_eq(on_with("rv32imac_zilsd", ways[trap], SD, DATA + offset),
                              traps ? BY_MISALIGNED_STORE : NO_CAUSE);
            machine_free(m);
        }
    ck_assert_uint_eq(on("rv32imac_zilsd", LD | 1 << 7, DATA), BY_ILLEGAL);
    machine_free(m);
    ck_assert_uint_eq(on("rv32imac_zilsd", SD | 1 << 20, DATA), BY_ILLEGAL);
    machine_free(m);
}
END_TEST

/* norm:zalasr_signext_rd norm:ldaq_atomic_load_enc norm:ldaq_rl_optional */
START_TEST(load_acquire)
{
    static const struct {
        u32 insn;
        u64 value;
    } cases[] = {{LB_AQ, 0xffffffffffffffbb},
                 {LH_AQRL, 0xffffffffffffaabb},
                 {LW_AQ, 0xffffffff8899aabb},
                 {LD_AQ, 0x112233448899aabb}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        for (unsigned plain = 0; plain < 2; plain++) {
            start_one("rv64imac_zalasr", MODE_M, cases[i].insn);
            m->platform.plain = plain;
            h->x[11] = DATA;
            set(0, 0x112233448899aabb);
            ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
            ck_assert_uint_eq(h->x[10], cases[i].value);
            machine_free(m);
        }
}
END_TEST

/* norm:zalasr_ignore_rs2_upper norm:sdrl_atomic_store_enc norm:sdrl_aq_optional */
START_TEST(store_release)
{
    static const struct {
        u32 insn;
        u64 value;
    } cases[] = {{SB_RL, 0x8877665544332281},
                 {SH_AQRL, 0x8877665544338281},
                 {SW_RL, 0x8877665584838281},
                 {SD_RL, 0xffffffff84838281}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_uint_eq(on("rv64imac_zalasr", cases[i].insn, DATA), NO_CAUSE);
        ck_assert_uint_eq(get(0), cases[i].value);
        machine_free(m);
    }
}
END_TEST

/* norm:ldaq_no_aq_reserved norm:sdrl_no_rl_reserved norm:ldaq_rv64_only norm:sdrl_rv64_only */
START_TEST(ordering_reserved)
{
    static const u32 insns[] = {LB_AQ, LH_AQRL, LW_AQ, LD_AQ, SB_RL, SH_AQRL, SW_RL, SD_RL};
    for (unsigned i = 0; i < ARRAY_LEN(insns); i++)
        for (unsigned order = 0; order < 4; order++) {
            u32 insn = (insns[i] & ~(3u << 25)) | order << 25, need = i < 4 ? 2 : 1;
            ck_assert_uint_eq(on("rv64imac_zalasr", insn, DATA),
                              order & need ? NO_CAUSE : BY_ILLEGAL);
            machine_free(m);
            ck_assert_uint_eq(on("rv32imac_zalasr", insn, DATA),
                              (order & need) && i % 4 < 3 ? NO_CAUSE : BY_ILLEGAL);
            machine_free(m);
            ck_assert_uint_eq(on("rv64imac", insn, DATA), BY_ILLEGAL);
            machine_free(m);
        }
    ck_assert_uint_eq(on("rv64imac_zalasr", LW_AQ | 1 << 20, DATA), BY_ILLEGAL); /* rs2 */
    machine_free(m);
    ck_assert_uint_eq(on("rv64imac_zalasr", SW_RL | 1 << 7, DATA), BY_ILLEGAL); /* rd */
    machine_free(m);
}
END_TEST

/* norm:zalasr_natural_align norm:zalasr_misaligned_pma_relax norm:zalasr_misaligned_single_op
 * norm:pma_mag_insts norm:pma_mag_op_within norm:pma_mag_op_amo norm:pma_mag_op_rsrv
 * norm:zama16b_atomic_ops norm:zama16b_pma_mag_req norm:zama16b_mag: who may be misaligned within
 * 16 bytes, and who not. */
START_TEST(granule)
{
    static const struct {
        u32 insn;
        u8 size, store, relaxed;
    } cases[] = {{LH_AQRL, 2, 0, 1},  {LW_AQ, 4, 0, 1},     {LD_AQ, 8, 0, 1},
                 {SH_AQRL, 2, 1, 1},  {SW_RL, 4, 1, 1},     {SD_RL, 8, 1, 1},
                 {AMOADD_W, 4, 1, 1}, {AMOADD_D, 8, 1, 1},  {AMOMAX_H, 2, 1, 1},
                 {AMOCAS_D, 8, 1, 1}, {AMOCAS_Q, 16, 1, 1}, {LR_W, 4, 0, 0},
                 {SC_W, 4, 1, 0}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        for (unsigned offset = 0; offset < 16; offset++)
            for (unsigned on16 = 0; on16 < 2; on16++) {
                bool aligned = offset % cases[i].size == 0;
                bool inside = offset + cases[i].size <= 16 && on16 && cases[i].relaxed;
                u64 want = aligned || inside ? NO_CAUSE
                           : cases[i].store  ? BY_MISALIGNED_STORE
                                             : BY_MISALIGNED_LOAD;
                u64 got =
                    on(on16 ? "rv64imac_zabha_zacas_zalasr_zama16b" : "rv64imac_zabha_zacas_zalasr",
                       cases[i].insn, DATA + offset);
                ck_assert_msg(got == want, "%08x at %u: %u", cases[i].insn, offset, (unsigned)got);
                machine_free(m);
            }
}
END_TEST

/* norm:pma_mag_op_ldst: nor do loads and stores trap there that do elsewhere. */
START_TEST(granule_of_loads)
{
    for (unsigned offset = 0; offset < 16; offset++)
        for (unsigned on16 = 0; on16 < 2; on16++) {
            bool traps = offset % 8 && !(on16 && offset + 8 <= 16);
            u64 got = on_with(on16 ? "rv64imac_zama16b" : "rv64imac",
                              "--misaligned=load=trap,store=trap", LD_64, DATA + offset);
            ck_assert_uint_eq(got, traps ? BY_MISALIGNED_LOAD : NO_CAUSE);
            machine_free(m);
        }
}
END_TEST

/* What a misaligned AMO and compare-and-swap do to memory. */
START_TEST(granule_values)
{
    ck_assert_uint_eq(on("rv64imac_zama16b", AMOADD_W, DATA + 3), NO_CAUSE);
    ck_assert_uint_eq(h->x[10], 0x77665544);
    ck_assert_uint_eq(get(0), 0x88fbe9d7c5332211);
    ck_assert_uint_eq(get(8), ~VALUE);
    machine_free(m);
    for (unsigned same = 0; same < 2; same++) {
        start_one("rv64imac_zacas_zama16b", MODE_M, AMOCAS_D);
        set(0, VALUE);
        set(8, ~VALUE);
        u64 there;
        memcpy(&there, (u8 *)data(0) + 5, 8);
        h->x[10] = 0x0102030405060708;
        h->x[11] = DATA + 5;
        h->x[12] = there + !same;
        ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
        ck_assert_uint_eq(h->x[12], there);
        memcpy(&there, (u8 *)data(0) + 5, 8);
        ck_assert_uint_eq(there == 0x0102030405060708, same);
        machine_free(m);
    }
    ck_assert_uint_eq(on("rv64imac_zama16b", AMOADD_W, UART + 1), BY_STORE); /* no memory */
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rare accesses");
    TCase *tc = tcase_create("accesses");
    tcase_add_test(tc, load_pair);
    tcase_add_test(tc, store_pair);
    tcase_add_test(tc, pair_of_x0);
    tcase_add_test(tc, base_survives);
    tcase_add_test(tc, pair_alignment);
    tcase_add_test(tc, load_acquire);
    tcase_add_test(tc, store_release);
    tcase_add_test(tc, ordering_reserved);
    tcase_add_test(tc, granule);
    tcase_add_test(tc, granule_of_loads);
    tcase_add_test(tc, granule_values);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
