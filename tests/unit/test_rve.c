/* RV32E and RV64E: the base with sixteen registers (chapter rv32e). */
#include "norm_hart.h"

#include "cpu/insn.h"

/* norm:diff_rv32e_rv32i: every encoding that names x16 to x31 is reserved, in whichever field and
 * format, and those that name x15 are not. */
static const struct {
    const char *isa;
    u32 insn;
    u8 reserved;
} cases[] = {
    {"rv32em_zicsr", 0x00f707b3, 0},      /* add a5,a4,a5 */
    {"rv32em_zicsr", 0x00f70833, 1},      /* add a6,a4,a5 */
    {"rv32em_zicsr", 0x00f807b3, 1},      /* add a5,a6,a5 */
    {"rv32em_zicsr", 0x010707b3, 1},      /* add a5,a4,a6 */
    {"rv64em_zicsr", 0x00178793, 0},      /* addi a5,a5,1 */
    {"rv64em_zicsr", 0x01078793, 0},      /* addi a5,a5,16 */
    {"rv64em_zicsr", 0x00180793, 1},      /* addi a5,a6,1 */
    {"rv64em_zicsr", 0xfff79793, 1},      /* no instruction at all */
    {"rv64em_zicsr", 0x01079793, 0},      /* slli a5,a5,16 */
    {"rv32em_zicsr", 0x00000817, 1},      /* auipc a6 */
    {"rv32em_zicsr", 0x0040086f, 1},      /* jal a6 */
    {"rv32em_zicsr", 0x01070263, 1},      /* beq a4,a6 */
    {"rv32em_zicsr", 0x0107a023, 1},      /* sw a6,0(a5) */
    {"rv32em_zicsr", 0x340817f3, 1},      /* csrrw a5,mscratch,a6 */
    {"rv32em_zicsr", 0x340857f3, 0},      /* csrrwi a5,mscratch,16 */
    {"rv32em_zicsr", 0x34079873, 1},      /* csrrw a6,mscratch,a5 */
    {"rv32emsu_zicsr", 0x12080073, 1},    /* sfence.vma a6 */
    {"rv32emsu_zicsr", 0x13078073, 1},    /* sfence.vma a5,a6 */
    {"rv32emc_zicsr", 0x8842, 1},         /* c.mv a6,a6 */
    {"rv32emc_zicsr", 0x87be, 0},         /* c.mv a5,a5 */
    {"rv32emc_zicsr", 0x0805, 1},         /* c.addi a6,1 */
    {"rv32emc_zicsr", 0x0785, 0},         /* c.addi a5,1 */
    {"rv32em_zca_zcmp_zicsr", 0xac62, 0}, /* cm.mva01s s0,s0 */
    {"rv32em_zca_zcmp_zicsr", 0xac6a, 1}, /* cm.mva01s s0,s2 */
    {"rv32em_zca_zcmp_zicsr", 0xb862, 0}, /* cm.push {ra,s0-s1},-16 */
    {"rv32em_zca_zcmp_zicsr", 0xb872, 1}, /* cm.push {ra,s0-s2},-16 */
    {"rv64emf_zicsr", 0x01087853, 0},     /* fadd.s fa6,fa6,fa6: f registers are all there */
    {"rv64em_zfinx", 0x00f7f7d3, 0},      /* fadd.s a5,a5,a5 */
    {"rv64em_zfinx", 0x0107f7d3, 1},      /* fadd.s a5,a5,a6 */
    {"rv64em_zfinx", 0x80f7f7c3, 1},      /* fmadd.s a5,a5,a5,a6 */
    {"rv64em_zfinx", 0x78f7f7c3, 0},      /* fmadd.s a5,a5,a5,a5 */
};

START_TEST(registers)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        start_one(cases[i].isa, MODE_M, cases[i].insn);
        m->platform.plain = _i != 0;
        csr_poke(h, CSR_mstatus, MSTATUS_FS);
        h->x[2] = h->x[15] = RAM_BASE + 0x4000;
        ck_assert_msg(cause_of_one() == (cases[i].reserved ? BY_ILLEGAL : NO_CAUSE), "%s %08x",
                      cases[i].isa, cases[i].insn);
        for (unsigned r = 16; r < 32; r++)
            ck_assert_uint_eq(h->x[r], 0);
        machine_free(m);
    }
}
END_TEST

/* norm:misa_e_op: misa has E and not I. What is reserved is shown as no instruction. */
START_TEST(shown)
{
    char text[64];
    start_one("rv32emac", MODE_M, NOP);
    ck_assert_uint_eq(peek(CSR_misa) & (1 << 4 | 1 << 8), 1 << 4);
    csr_poke(h, CSR_misa, ~0ull);
    ck_assert_uint_eq(peek(CSR_misa) & (1 << 4 | 1 << 8), 1 << 4);
    ck_assert_str_eq(insn_disassemble_on(h, 0, 0x00f707b3, text, sizeof text), "add\ta5,a4,a5");
    ck_assert_str_eq(insn_disassemble_on(h, 0, 0x00f70833, text, sizeof text), ".4byte\t0xf70833");
    machine_free(m);
    start_one("rv64imac", MODE_M, NOP);
    ck_assert_uint_eq(peek(CSR_misa) & (1 << 4 | 1 << 8), 1 << 8);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("RV32E and RV64E");
    TCase *tc = tcase_create("sixteen registers");
    tcase_add_loop_test(tc, registers, 0, 2);
    tcase_add_test(tc, shown);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
