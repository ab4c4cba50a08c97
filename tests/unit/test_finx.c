/* Floating point in x registers: Zfinx, Zdinx, Zhinx, Zhinxmin, and the state enable that guards
 * it. Encodings are riscv-opcodes'. */
#include "norm_hart.h"

#include "cpu/insn.h"

#define CODE(...) (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32)

/* rm = 7: dynamic */
#define FP(funct7, rs2, rs1, rm, rd)                                                               \
    ((u32)(funct7) << 25 | (u32)(rs2) << 20 | (u32)(rs1) << 15 | (u32)(rm) << 12 |                 \
     (u32)(rd) << 7 | 0x53u)
#define FADD_S(rd, rs1, rs2)   FP(0x00, rs2, rs1, 7, rd)
#define FADD_D(rd, rs1, rs2)   FP(0x01, rs2, rs1, 7, rd)
#define FADD_H(rd, rs1, rs2)   FP(0x02, rs2, rs1, 7, rd)
#define FDIV_S(rd, rs1, rs2)   FP(0x0c, rs2, rs1, 7, rd)
#define FSGNJN_S(rd, rs1, rs2) FP(0x10, rs2, rs1, 1, rd)
#define FSGNJ_D(rd, rs1, rs2)  FP(0x11, rs2, rs1, 0, rd)
#define FEQ_S(rd, rs1, rs2)    FP(0x50, rs2, rs1, 2, rd)
#define FEQ_D(rd, rs1, rs2)    FP(0x51, rs2, rs1, 2, rd)
#define FCVT_W_D(rd, rs1)      FP(0x61, 0, rs1, 7, rd)
#define FCVT_D_W(rd, rs1)      FP(0x69, 0, rs1, 7, rd)
#define FCVT_S_H(rd, rs1)      FP(0x20, 2, rs1, 0, rd)
#define FCVT_H_S(rd, rs1)      FP(0x22, 0, rs1, 7, rd)
#define FCVT_D_H(rd, rs1)      FP(0x21, 2, rs1, 0, rd)
#define FMADD_D(rd, rs1, rs2, rs3)                                                                 \
    ((u32)(rs3) << 27 | 1u << 25 | (u32)(rs2) << 20 | (u32)(rs1) << 15 | 7u << 12 |                \
     (u32)(rd) << 7 | 0x43u)
enum {
    FLW = 0x00052507,     /* flw fa0,0(a0) */
    FSW = 0x00a52027,     /* fsw fa0,0(a0) */
    FLD = 0x00053507,     /* fld fa0,0(a0) */
    FLH = 0x00051507,     /* flh fa0,0(a0) */
    FMV_X_W = 0xe0050553, /* fmv.x.w a0,fa0 */
    FMV_W_X = 0xf0050553, /* fmv.w.x fa0,a0 */
    FMV_X_D = 0xe2050553, /* fmv.x.d a0,fa0 */
    FMV_X_H = 0xe4050553, /* fmv.x.h a0,fa0 */
    FLI_S = 0xf0180553    /* fli.s fa0,1.0 (Zfa) */
};
enum {
    ONE_S = 0x3f800000,
    TWO_S = 0x40000000,
    ONE_H = 0x3c00,
    TWO_H = 0x4000,
    MINUS_TWO_H = 0xc000
};
static const u64 ONE_D = 0x3ff0000000000000, TWO_D = 0x4000000000000000;
/* Upper halves that must not be seen. */
static const u64 DIRT = 0xabcd123400000000, DIRT_H = 0xabcd123477770000;

/* The code in M-mode, in the fast engine (engine 0) or the plain one. */
static void begin(const char *isa, int engine, const u32 *code, size_t count)
{
    start(isa, MODE_M, code, count);
    m->platform.plain = engine != 0;
}

/* norm:Zfinx_x_regs norm:Zfinx_narrow_operands norm:Zfinx_narrow_result norm:Zhinx_x_regs: x
 * registers, whose upper bits do not count, and get the sign. */
START_TEST(narrow)
{
    begin("rv64imac_zdinx_zhinx", _i,
          CODE(FADD_S(10, 11, 12), FSGNJN_S(13, 11, 11), FADD_H(14, 15, 16), FEQ_S(17, 11, 12),
               FADD_S(0, 11, 12)));
    h->x[11] = DIRT | ONE_S, h->x[12] = ~DIRT << 32 | ONE_S;
    h->x[15] = DIRT_H | MINUS_TWO_H, h->x[16] = MINUS_TWO_H;
    hart_run(h, 5);
    ck_assert_uint_eq(h->pc, RAM_BASE + 20);
    ck_assert_uint_eq(h->x[10], TWO_S);
    ck_assert_uint_eq(h->x[13], 0xffffffffbf800000);
    ck_assert_uint_eq(h->x[14], 0xffffffffffffc400); /* -4 */
    ck_assert_uint_eq(h->x[17], 1);
    ck_assert_uint_eq(h->x[0], 0);
    for (unsigned i = 0; i < 32; i++)
        ck_assert_uint_eq(h->f[i], 0);
    machine_free(m);
}
END_TEST

/* norm:Zdinx_D_instrs norm:Zdinx_x_regs: on RV64 a double fills the register. */
START_TEST(doubles)
{
    begin("rv64imac_zdinx", _i,
          CODE(FADD_D(10, 11, 11), FMADD_D(13, 11, 10, 10), FCVT_W_D(14, 10), FCVT_D_W(15, 14),
               FCVT_D_W(0, 14)));
    h->x[11] = ONE_D;
    hart_run(h, 5);
    ck_assert_uint_eq(h->x[10], TWO_D);
    ck_assert_uint_eq(h->x[13], 0x4010000000000000); /* 1 * 2 + 2 */
    ck_assert_uint_eq(h->x[14], 2);
    ck_assert_uint_eq(h->x[15], TWO_D);
    ck_assert_uint_eq(h->x[0], 0);
    machine_free(m);
}
END_TEST

/* norm:Zdinx_x_reg_pair norm:Zdinx_endianness norm:Zdinx_x0_read norm:Zdinx_x0_write: on RV32
 * pairs, the low half in the even register; x0 is a zero of 64 bits and takes nothing. */
START_TEST(pairs)
{
    begin("rv32imac_zdinx", _i,
          CODE(FADD_D(10, 12, 12), FADD_D(14, 12, 0), FADD_D(0, 12, 12), FEQ_D(16, 0, 0),
               FSGNJ_D(18, 10, 12)));
    h->x[1] = 77;
    h->x[12] = 0xffffffff80000001, h->x[13] = 0x3ff00000; /* a little more than 1 */
    hart_run(h, 5);
    ck_assert_uint_eq(h->pc, RAM_BASE + 20);
    ck_assert_uint_eq(h->x[10], 0xffffffff80000001);
    ck_assert_uint_eq(h->x[11], 0x40000000);
    ck_assert_uint_eq(h->x[14], 0xffffffff80000001);
    ck_assert_uint_eq(h->x[15], 0x3ff00000);
    ck_assert_uint_eq(h->x[1], 77);
    ck_assert_uint_eq(h->x[0], 0);
    ck_assert_uint_eq(h->x[16], 1);
    ck_assert_uint_eq(h->x[18], 0xffffffff80000001);
    ck_assert_uint_eq(h->x[19], 0x40000000);
    machine_free(m);
}
END_TEST

/* norm:Zdinx_x_reg_pair: odd registers are reserved for doubles on RV32, not for what is narrower.
 */
START_TEST(odd_registers)
{
    static const u32 reserved[] = {FADD_D(11, 12, 12), FADD_D(10, 13, 12),      FADD_D(10, 12, 13),
                                   FEQ_D(10, 13, 12),  FMADD_D(10, 12, 12, 13), FCVT_W_D(10, 13),
                                   FCVT_D_W(11, 13)};
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
        start_one("rv32imac_zdinx", MODE_M, reserved[i]);
        m->platform.plain = _i;
        ck_assert_uint_eq(cause_of_one(), BY_ILLEGAL);
        ck_assert_uint_eq(h->trap.refusal.reason, REASON_OPERANDS);
        ck_assert_uint_eq(peek(CSR_fflags), 0);
        machine_free(m);
        start_one("rv64imac_zdinx", MODE_M, reserved[i]);
        ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
        machine_free(m);
    }
    static const u32 fine[] = {FADD_S(11, 13, 15), FEQ_D(11, 12, 12), FCVT_W_D(11, 12),
                               FCVT_D_W(12, 11)};
    for (unsigned i = 0; i < ARRAY_LEN(fine); i++) {
        start_one("rv32imac_zdinx", MODE_M, fine[i]);
        ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
        machine_free(m);
    }
}
END_TEST

/* norm:Zfinx_F_instrs norm:Zdinx_D_instrs norm:Zhinx_Zfh_instrs norm:Zfhinxmin_instrs: what moves
 * values between memory, x and f registers is gone; of halves Zhinxmin has the conversions. */
START_TEST(instructions)
{
    static const struct {
        const char *isa;
        u32 insn;
        u8 there;
    } cases[] = {
        {"rv64imac_zdinx_zhinx", FLW, 0},
        {"rv64imac_zdinx_zhinx", FSW, 0},
        {"rv64imac_zdinx_zhinx", FLD, 0},
        {"rv64imac_zdinx_zhinx", FLH, 0},
        {"rv64imac_zdinx_zhinx", FMV_X_W, 0},
        {"rv64imac_zdinx_zhinx", FMV_W_X, 0},
        {"rv64imac_zdinx_zhinx", FMV_X_D, 0},
        {"rv64imac_zdinx_zhinx", FMV_X_H, 0},
        {"rv64imac_zdinx_zhinx", FLI_S, 0},
        {"rv32imac_zdinx", 0x6108, 0}, /* c.flw fa0,0(a0) */
        {"rv32imac_zdinx", 0x2108, 0}, /* c.fld fa0,0(a0) */
        {"rv64imac_zfinx", FADD_S(10, 11, 12), 1},
        {"rv64imac_zfinx", FADD_D(10, 11, 12), 0},
        {"rv64imac_zfinx", FCVT_S_H(10, 11), 0},
        {"rv64imac_zhinxmin", FCVT_S_H(10, 11), 1},
        {"rv64imac_zhinxmin", FCVT_H_S(10, 11), 1},
        {"rv64imac_zhinxmin", FCVT_D_H(10, 11), 0},
        {"rv64imac_zhinxmin", FADD_H(10, 11, 12), 0},
        {"rv64imac_zhinxmin_zdinx", FCVT_D_H(10, 11), 1},
        {"rv64imac_zhinx", FADD_H(10, 11, 12), 1},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        start_one(cases[i].isa, MODE_M, cases[i].insn);
        ck_assert_msg(cause_of_one() == (cases[i].there ? NO_CAUSE : BY_ILLEGAL), "%s %08x",
                      cases[i].isa, cases[i].insn);
        machine_free(m);
    }
}
END_TEST

/* norm:Zfinx_mstatus_FS_zero norm:Zfinx_misa_F_D_Q_zero: FS is zero and stops nothing; misa does
 * not show F and D. */
START_TEST(no_lazy_state)
{
    begin("rv64imachsu_zdinx", _i,
          CODE(FDIV_S(10, 11, 0), CSRRS(12, CSR_fcsr, 0), CSRRW(0, 2, 13)));
    csr_poke(h, CSR_mstatus, MSTATUS_FS);
    csr_poke(h, CSR_vsstatus, MSTATUS_FS);
    csr_poke(h, CSR_misa, ~0ull);
    ck_assert_uint_eq(peek(CSR_mstatus) & (MSTATUS_FS | B(63)), 0);
    ck_assert_uint_eq(peek(CSR_vsstatus) & (MSTATUS_FS | B(63)), 0);
    ck_assert_uint_eq(peek(CSR_misa) & (B(3) | B(5) | B(16)), 0);
    h->x[11] = ONE_S;
    h->x[13] = 1;
    hart_run(h, 3);
    ck_assert_uint_eq(h->pc, RAM_BASE + 12);
    ck_assert_uint_eq(h->x[10], 0x7f800000);
    ck_assert_uint_eq(h->x[12], 8); /* DZ */
    ck_assert_uint_eq(peek(CSR_frm), 1);
    ck_assert_uint_eq(peek(CSR_mstatus) & MSTATUS_FS, 0);
    machine_free(m);
}
END_TEST

/* They are written with the names of x registers. */
START_TEST(shown)
{
    char text[64];
    start_one("rv64imac_zdinx", MODE_M, NOP);
    ck_assert_str_eq(insn_disassemble_on(h, 0, FADD_S(10, 11, 12), text, sizeof text),
                     "fadd.s\ta0,a1,a2");
    ck_assert_str_eq(insn_disassemble_on(h, 0, FMADD_D(0, 11, 12, 13), text, sizeof text),
                     "fmadd.d\tzero,a1,a2,a3");
    machine_free(m);
}
END_TEST

/* The rounding mode counts as it does for f registers: from the instruction, from frm, reserved. */
START_TEST(rounding)
{
    for (unsigned rm = 0; rm < 8; rm++) {
        start_one("rv64imac_zfinx", MODE_M, FP(0x00, 12, 11, rm, 10));
        m->platform.plain = _i;
        csr_poke(h, CSR_frm, 3); /* up */
        h->x[11] = ONE_S;
        h->x[12] = 1; /* the least there is */
        ck_assert_uint_eq(cause_of_one(), rm == 5 || rm == 6 ? BY_ILLEGAL : NO_CAUSE);
        if (rm != 5 && rm != 6)
            ck_assert_uint_eq(h->x[10], rm == 3 || rm == 7 ? ONE_S + 1 : ONE_S);
        machine_free(m);
    }
    start_one("rv64imac_zfinx", MODE_M, FADD_S(10, 11, 12));
    csr_poke(h, CSR_frm, 5);
    ck_assert_uint_eq(cause_of_one(), BY_ILLEGAL);
    machine_free(m);
}
END_TEST

/* norm:stateen0_fcsr_op norm:stateen0_fcsr0_misa_f0_illegal_fpu_instr: the enables guard fcsr and
 * all floating point, that which does not use fcsr too. */
START_TEST(state_enable)
{
    enum { FCSR = 2 };
    static const u32 insns[] = {CSRRS(10, 1, 0),    CSRRW(10, 2, 10),     CSRRS(10, 3, 0),
                                FADD_S(10, 11, 12), FSGNJN_S(10, 11, 12), FEQ_S(10, 11, 12)};
    static const enum mode modes[] = {MODE_M, MODE_S, MODE_U, MODE_VS, MODE_VU};
    for (unsigned i = 0; i < ARRAY_LEN(insns) * ARRAY_LEN(modes) * 8; i++) {
        unsigned on = i % 8, mode = modes[i / 8 % ARRAY_LEN(modes)];
        bool by_m = on & 1, by_h = on & 2, by_s = on & 4, v = mode == MODE_VS || mode == MODE_VU;
        start_one("rv64imach_zfinx_smstateen", mode, insns[i / 8 / ARRAY_LEN(modes)]);
        m->platform.plain = _i;
        csr_poke(h, CSR_mstateen0, FCSR | B(63));
        csr_poke(h, CSR_hstateen0, FCSR | B(63));
        csr_poke(h, CSR_sstateen0, by_s ? FCSR : 0);
        csr_poke(h, CSR_hstateen0, by_h ? FCSR : 0);
        csr_poke(h, CSR_mstateen0, by_m ? FCSR : 0);
        bool user = mode == MODE_U || mode == MODE_VU;
        u64 want = mode == MODE_M                    ? NO_CAUSE
                   : !by_m                           ? BY_ILLEGAL
                   : v && (!by_h || (user && !by_s)) ? BY_VIRTUAL
                   : user && !by_s                   ? BY_ILLEGAL
                                                     : NO_CAUSE;
        ck_assert_msg(cause_of_one() == want, "mode %u, enables %u: %08x", mode, on,
                      insns[i / 8 / ARRAY_LEN(modes)]);
        machine_free(m);
    }
    start_one("rv64gch_smstateen", MODE_M, NOP);
    csr_poke(h, CSR_mstateen0, ~0ull);
    ck_assert_uint_eq(peek(CSR_mstateen0) & FCSR, 0); /* with F */
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("floating point in x registers");
    TCase *tc = tcase_create("finx");
    tcase_add_loop_test(tc, narrow, 0, 2);
    tcase_add_loop_test(tc, doubles, 0, 2);
    tcase_add_loop_test(tc, pairs, 0, 2);
    tcase_add_loop_test(tc, odd_registers, 0, 2);
    tcase_add_test(tc, instructions);
    tcase_add_loop_test(tc, no_lazy_state, 0, 2);
    tcase_add_test(tc, shown);
    tcase_add_loop_test(tc, rounding, 0, 2);
    tcase_add_loop_test(tc, state_enable, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
