/* What `why` says of every trap cause, of refused CSR accesses and of interrupts: the rule, its
 * tag, and the change that would have altered the outcome. */
#include "run_suite.h"
#include "insn_words.h"
#include "cpu/irq.h"
#include "monitor/why.h"
#include "monitor_bench.h"

static struct bench b;

static void setup(void)
{
    bench_open(&b, 0, NULL);
    bench_open_up(&b);
}

static void teardown(void)
{
    bench_close(&b);
}

/* ---- instructions ---- */

struct poke {
    u16 csr;
    u64 value;
};
struct row {
    const char *name;
    u32 insn;
    u8 mode;
    u64 a1; /* register a1 */
    struct poke poke[3];
    const char *expect[6];
};

#define SV39(root) (8ull << 60 | (root) >> 12)
#define NO_STCE    0

static const struct row rows[] = {
#include "why_insns.def"
};

START_TEST(test_instruction)
{
    const struct row *r = &rows[_i];
    b.h->x[11] = r->a1;
    bench_mode(&b, (enum mode)r->mode);
    for (unsigned i = 0; i < 3; i++)
        if (r->poke[i].csr)
            ck_assert_int_eq(csr_poke(b.h, r->poke[i].csr, r->poke[i].value), 0);
    bench_insn(&b, r->insn);
    if (!r->expect[0]) /* the jump goes well; what follows cannot be fetched */
        control_step(b.mon->c, b.h, 1);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    if (!r->expect[0]) {
        expect(&b, "instruction access fault (cause 1)");
        expect(&b, "the instruction was not fetched");
    }
    for (unsigned i = 0; i < 6 && r->expect[i]; i++)
        ck_assert_msg(strstr(b.text, r->expect[i]) != NULL, "%s: no '%s' in\n%s", r->name,
                      r->expect[i], b.text);
}
END_TEST

/* ---- translation ---- */

struct leaf_row {
    const char *name;
    u32 insn;
    u8 mode;
    u64 leaf, g_leaf; /* of va 0x1000 and of gpa 0x2000; 0x1000 leads to gpa (or pa) by `leaf` */
    const char *expect[6];
};
#define TO_DATA(flags) ((DATA >> 12 << 10) | (flags))
#define TO_GPA(flags)  ((0x2000ull >> 12 << 10) | (flags))
#define GOOD           (PTE_RWX | PTE_U)

static const struct leaf_row leaves[] = {
#include "why_leaves.def"
};

START_TEST(test_translation)
{
    const struct leaf_row *r = &leaves[_i];
    bench_tables(&b, r->leaf, r->g_leaf);
    bool two = mode_table[r->mode].v;
    csr_poke(b.h, CSR_menvcfg, 0); /* A and D are software's */
    csr_poke(b.h, two ? CSR_vsatp : CSR_satp, SV39(S_ROOT));
    if (two)
        csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
    b.h->x[11] = 0x1000;
    bench_mode(&b, (enum mode)r->mode);
    bench_insn(&b, r->insn);
    if (r->insn == JR_A1)
        control_step(b.mon->c, b.h, 1);
    u64 before = get64(&b, S_ROOT + 0x2008);
    ck_assert_int_eq(bench_run(&b, "why"), 0);
    for (unsigned i = 0; i < 6 && r->expect[i]; i++)
        ck_assert_msg(strstr(b.text, r->expect[i]) != NULL, "%s: no '%s' in\n%s", r->name,
                      r->expect[i], b.text);
    ck_assert_uint_eq(get64(&b, S_ROOT + 0x2008), before);
}
END_TEST

/* The G-stage does not map the VS-stage's tables: an implicit access. */
START_TEST(test_implicit)
{
    bench_tables(&b, TO_GPA(PTE_RWX), TO_DATA(GOOD));
    csr_poke(b.h, CSR_vsatp, SV39(0x3000));
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
    bench_mode(&b, MODE_VS);
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why"), 0);
    expect(&b, "instruction guest-page fault (cause 20)");
    expect(&b, "to read a VS-stage entry");
    expect(&b, "pseudoinstruction: implicit read of a VS-stage page-table entry");
    expect(&b, ", of a page-table entry)");
}
END_TEST

START_TEST(test_address_range)
{
    bench_tables(&b, TO_DATA(PTE_RWX), 0);
    csr_poke(b.h, CSR_satp, SV39(S_ROOT));
    bench_mode(&b, MODE_S);
    b.h->x[11] = 1ull << 50;
    bench_insn(&b, LD);
    bench_run(&b, "why");
    expect(&b, "cause 13");
    expect(&b, "norm:Sv39_va_signext");
}
END_TEST

/* A page table where nothing is, and one that PMP hides. */
START_TEST(test_pte_access)
{
    csr_poke(b.h, CSR_satp, SV39(0x40000000));
    bench_mode(&b, MODE_S);
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why"), 0);
    expect(&b, "instruction access fault (cause 1)");
    expect(&b, "there is no memory where the page-table entry should be");
    bench_tables(&b, pte(DATA, PTE_RWX), 0);
    csr_poke(b.h, CSR_satp, SV39(S_ROOT));
    csr_poke(b.h, CSR_pmpaddr1, ~0ull);
    csr_poke(b.h, CSR_pmpaddr0, (S_ROOT >> 2) | 0x1ff); /* 4 KiB: the root */
    csr_poke(b.h, CSR_pmpcfg0, 0x1f18);
    ck_assert_int_eq(bench_run(&b, "walk 0x1000 HS"), 0);
    expect(&b, "fails: the PTE cannot be read");
    expect(&b, "PMP       entry 0 (NAPOT 0x80010000..0x80010fff, ---) gives the walk nothing");
    bench_mode(&b, MODE_S);
    b.h->x[11] = 0x1000;
    bench_insn(&b, LD);
    ck_assert_int_eq(bench_run(&b, "why"), 0);
    expect(&b, "physical memory protection forbids reading the page-table entry");
    expect(&b, "norm:pmp_access_fault_exception");
    expect(&b, "the entry at pa 0x80010010: entry 0 (NAPOT");
    expect(&b, "pmp0cfg.R = 1");
}
END_TEST

/* ---- the rest ---- */

START_TEST(test_double_trap)
{
    csr_poke(b.h, CSR_menvcfg, ENVCFG_DTE);
    bench_mode(&b, MODE_S);
    csr_poke(b.h, CSR_sstatus, MSTATUS_SDT);
    bench_insn(&b, ECALL);
    bench_run(&b, "why last");
    expect(&b, "double trap (cause 16) in HS-mode, taken to M-mode");
    expect(&b, "norm:sstatus_sdt_trap");
    expect(&b, "cause 9 (environment call from supervisor mode)");
    expect(&b, "menvcfg.DTE = 0");
}
END_TEST

START_TEST(test_landing_pad)
{
    csr_poke(b.h, CSR_menvcfg, ENVCFG_LPE);
    bench_mode(&b, MODE_S);
    b.h->elp = 1;
    bench_insn(&b, NOP);
    bench_run(&b, "why");
    expect(&b, "software check (cause 18)");
    expect(&b, "norm:lpad_sw_exception");
    expect(&b, "stval = 0x2");
}
END_TEST

/* Never raised here, but software may pass one on. */
START_TEST(test_hardware_error)
{
    bench_mode(&b, MODE_M);
    csr_poke(b.h, CSR_mcause, 19);
    csr_poke(b.h, CSR_mepc, CODE);
    csr_poke(b.h, CSR_mstatus, MSTATUS_MPP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "trap CSRs");
    expect(&b, "hardware error (cause 19)");
}
END_TEST

START_TEST(test_interrupt)
{
    csr_poke(b.h, CSR_mideleg, BIT(IRQ_SSI));
    csr_poke(b.h, CSR_mie, BIT(IRQ_SSI));
    csr_poke(b.h, CSR_mip, BIT(IRQ_SSI));
    bench_mode(&b, MODE_S);
    ck_assert_int_eq(bench_run(&b, "why irq"), 0);
    expect(&b, "goes to HS, which has sstatus.SIE=0");
    expect(&b, "no interrupt is taken now");
    expect(&b, "mideleg[SSI] = 0");
    csr_poke(b.h, CSR_sstatus, MSTATUS_SIE);
    hart_attention(b.h);
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, "supervisor software interrupt (interrupt 1) in HS-mode, taken to HS-mode");
    expect(&b, "mideleg[1]=1");
    expect(&b, "mie[SSI] = 0");
}
END_TEST

START_TEST(test_guest_interrupt)
{
    csr_poke(b.h, CSR_hideleg, BIT(IRQ_VSTI));
    csr_poke(b.h, CSR_hvip, BIT(IRQ_VSTI));
    csr_poke(b.h, CSR_mie, BIT(IRQ_VSTI));
    bench_mode(&b, MODE_S);
    bench_run(&b, "why irq");
    expect(&b, "goes to VS, but V=0: it waits for the guest");
    expect(&b, "hvip");
    bench_mode(&b, MODE_VS);
    bench_run(&b, "irq");
    expect(&b, "which has vsstatus.SIE=0");
    csr_poke(b.h, CSR_vsstatus, MSTATUS_SIE);
    bench_run(&b, "irq");
    expect(&b, "is taken before the next instruction");
    bench_insn(&b, NOP);
    bench_run(&b, "why last");
    expect(&b, "supervisor timer interrupt (interrupt 5) in VS-mode, taken to VS-mode");
    expect(&b, "mideleg[6]=1, hideleg[6]=1");
    expect(&b, "hideleg[VSTI] = 0");
}
END_TEST

/* Every interrupt: the line rises, `why irq` says who takes it, it is taken, `why last` explains
 * it. */
static const struct irq_row {
    u8 code, mode; /* of the hart */
    u16 deleg;     /* the register that sends it there, or 0 */
    const char *taken, *change;
} irqs[] = {
#include "why_irqs.def"
};

START_TEST(test_every_interrupt)
{
    const struct irq_row *r = &irqs[_i];
    u64 bit = BIT(r->code);
    if (r->deleg)
        csr_poke(b.h, r->deleg, bit);
    csr_poke(b.h, CSR_mie, bit);
    csr_poke(b.h, bit & IP_VS ? CSR_hvip : CSR_mip, bit);
    if (bit & IP_M)
        b.h->mip_lines |= bit;
    if (r->code == IRQ_SGEI) { /* as if guest external interrupts existed */
        b.h->hgeip = b.h->hgeie = 2;
        b.h->mie = bit;
        b.h->mideleg |= bit;
    }
    bench_mode(&b, (enum mode)r->mode);
    if (r->mode == MODE_S)
        csr_poke(b.h, CSR_sstatus, MSTATUS_SIE);
    hart_attention(b.h);
    ck_assert_int_eq(bench_run(&b, "why irq"), 0);
    expect(&b, "is taken before the next instruction");
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why last"), 0);
    expect(&b, r->taken);
    expect(&b, r->change);
    expect(&b, "[norm:");
}
END_TEST

/* No cause is left out: of exceptions a row above expects it by number, or one of the tests below.
 */
static bool names_cause(const char *const *expect_, unsigned n)
{
    char text[16];
    snprintf(text, sizeof text, "cause %u", n);
    for (unsigned i = 0; i < 6 && expect_[i]; i++) {
        const char *at = strstr(expect_[i], text);
        if (at && !strchr("0123456789", at[strlen(text)]))
            return true;
    }
    return false;
}

START_TEST(test_no_cause_left_out)
{
    static const u8 codes[] = {
#define EXC(code, e, name, tval, guest, deleg) (code),
#define IRQ(code, e, name)
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    };
    static const u8 interrupts[] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) (code),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    };
    /* test_misaligned_jump, "fetch nothing", test_double_trap, test_landing_pad,
     * test_hardware_error */
    u64 seen = BIT(0) | BIT(1) | BIT(16) | BIT(18) | BIT(19), taken = 0;
    for (unsigned n = 0; n < 64; n++) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (names_cause(rows[i].expect, n))
                seen |= BIT(n);
        for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
            if (names_cause(leaves[i].expect, n))
                seen |= BIT(n);
    }
    for (size_t i = 0; i < ARRAY_LEN(irqs); i++)
        taken |= BIT(irqs[i].code);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        ck_assert_msg(seen >> codes[i] & 1, "no test of exception %u", codes[i]);
    for (size_t i = 0; i < ARRAY_LEN(interrupts); i++)
        ck_assert_msg(taken >> interrupts[i] & 1, "no test of interrupt %u", interrupts[i]);
}
END_TEST

START_TEST(test_why_csr)
{
    bench_mode(&b, MODE_VS);
    ck_assert_int_eq(bench_run(&b, "why csr htval"), 0);
    expect(&b, "virtual instruction");
    expect(&b, "norm:H_virtinst_vu_vs_nonhigh_allowedhs_tvm0");
    ck_assert_int_eq(bench_run(&b, "why csr sstatus w"), 0);
    expect(&b, "vsstatus: when V=1 it stands in [norm:H_vscsrs_sub]");
    expect(&b, "allowed");
    ck_assert_int_eq(bench_run(&b, "why csr sstatus VU"), 0);
    expect(&b, "cause 22");
    ck_assert_int_eq(bench_run(&b, "why csr nonsense"), -1);
}
END_TEST

/* Whatever CSR is refused to whatever mode, under whatever gates: a rule is cited. */
START_TEST(test_every_csr)
{
    static const char *const isa[] = {"--isa=rv64max", "--isa=rv32max"};
    struct bench c;
    unsigned refused = 0;
    bench_open(&c, 1, &isa[_i & 1]);
    if (_i & 2) {
        csr_poke(c.h, CSR_mcounteren, ~0ull);
        csr_poke(c.h, CSR_mstateen0, ~0ull);
        csr_poke(c.h, CSR_mstateen0h, ~0ull);
        csr_poke(c.h, CSR_menvcfg, ~0ull & ~ENVCFG_PMM);
    }
    for (unsigned num = 0; num < 4096; num++)
        for (unsigned n = 0; n < 2 * MODE_COUNT; n++) {
            struct refusal why;
            c.h->mode = n / 2;
            int cause = csr_check(c.h, num, n & 1 ? CSR_WRITE : CSR_READ, &why);
            if (!cause)
                continue;
            const struct reason_row *r = reason_row(why.reason);
            ck_assert_msg(strncmp(r->cite, "norm:", 5) == 0 || strstr(r->cite, "STCE") ||
                              strncmp(r->cite, "AIA, ", 5) == 0,
                          "%s in %s: %s [%s]", csr_name(num), mode_table[c.h->mode].name, r->text,
                          r->cite);
            refused++;
        }
    ck_assert_uint_gt(refused, 1000);
    bench_close(&c);
}
END_TEST

START_TEST(test_why_access)
{
    bench_tables(&b, TO_GPA(PTE_RWX), TO_DATA(PTE_V | PTE_R | PTE_U | PTE_A | PTE_D));
    csr_poke(b.h, CSR_vsatp, SV39(S_ROOT));
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
    ck_assert_int_eq(bench_run(&b, "why 0x1000 w VS"), 0);
    expect(&b, "store/AMO guest-page fault (cause 23)");
    expect(&b, "norm:H_guest_page_fault");
    expect(&b, "W = 1");
    ck_assert_int_eq(bench_run(&b, "why 0x1000 VS"), 0);
    expect(&b, "allowed");
    ck_assert_int_eq(bench_run(&b, "why 0x1000 sideways"), -1);
}
END_TEST

/* The root of an SvNNx4 table is aligned to 16 KiB: the low bits of hgatp.PPN read as zero, and the
 * hart walks another table than a hypervisor with a root of 4 KiB means. */
START_TEST(test_root_aligned_to_a_page_only)
{
    static const char note[] = "bits 1:0 of PPN were dropped (written as 1)";
    bench_tables(&b, TO_GPA(PTE_RWX), TO_DATA(PTE_V | PTE_R | PTE_U | PTE_A | PTE_D));
    csr_poke(b.h, CSR_vsatp, SV39(S_ROOT));
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT + 0x1000));
    ck_assert_int_eq(bench_run(&b, "why 0x1000 w VS"), 0);
    expect(&b, note);
    csr_poke(b.h, CSR_vsatp, SV39(0x3000)); /* the G-stage does not map it */
    bench_mode(&b, MODE_VS);
    bench_insn(&b, NOP);
    ck_assert_int_eq(bench_run(&b, "why"), 0);
    expect(&b, note);
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
    ck_assert_int_eq(bench_run(&b, "why 0x1000 w VS"), 0);
    ck_assert_ptr_null(strstr(b.text, "were dropped"));
}
END_TEST

/* After a trap `why` says of vacant memory what `why ADDRESS` says, with the same changes. */
START_TEST(test_why_vacant)
{
    static const char rule[] = "no memory and no device answers at this physical address";
    bench_tables(&b, pte(0x40000000, PTE_RWX), 0);
    csr_poke(b.h, CSR_satp, SV39(S_ROOT));
    bench_mode(&b, MODE_S);
    b.h->x[11] = 0x1000;
    bench_insn(&b, LD);
    ck_assert_int_eq(bench_run(&b, "why"), 0);
    expect(&b, rule);
    const char *change = strstr(b.text, "  change ");
    ck_assert_ptr_nonnull(change);
    expect(&b, "V = 0     -> HS takes cause 13");
    char *trap = strdup(change), *end = strstr(trap, "no trap");
    ck_assert_ptr_nonnull(end);
    memcpy(end, "allowed", 7); /* as it is said of an access */
    bench_mode(&b, MODE_S);
    ck_assert_int_eq(bench_run(&b, "why 0x1000 HS"), 0);
    expect(&b, rule);
    change = strstr(b.text, "  change ");
    ck_assert_ptr_nonnull(change);
    ck_assert_str_eq(trap, change);
    free(trap);
}
END_TEST

START_TEST(test_misaligned_jump)
{
    struct bench c;
    static const char *const args[] = {"--isa=rv64ima_zicsr", "--misaligned=trap"};
    bench_open(&c, 2, args);
    c.h->x[11] = CODE + 2;
    bench_insn(&c, JR_A1);
    bench_run(&c, "why");
    expect(&c, "instruction address misaligned (cause 0)");
    expect(&c, "norm:jump_misaligned_exception");
    c.h->x[11] = DATA + 1;
    bench_insn(&c, LD);
    bench_run(&c, "why");
    expect(&c, "norm:misaligned_ldst_eei_dependent_behavior");
    bench_insn(&c, FADD);
    bench_run(&c, "why");
    expect(&c, "fadd_d needs D");
    bench_close(&c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("monitor why");
    TCase *t = tcase_create("why");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_instruction, 0, ARRAY_LEN(rows));
    tcase_add_loop_test(t, test_translation, 0, ARRAY_LEN(leaves));
    tcase_add_test(t, test_implicit);
    tcase_add_test(t, test_address_range);
    tcase_add_test(t, test_pte_access);
    tcase_add_test(t, test_double_trap);
    tcase_add_test(t, test_landing_pad);
    tcase_add_test(t, test_hardware_error);
    tcase_add_test(t, test_interrupt);
    tcase_add_test(t, test_guest_interrupt);
    tcase_add_loop_test(t, test_every_interrupt, 0, ARRAY_LEN(irqs));
    tcase_add_test(t, test_no_cause_left_out);
    tcase_add_test(t, test_why_csr);
    tcase_add_loop_test(t, test_every_csr, 0, 4);
    tcase_add_test(t, test_why_access);
    tcase_add_test(t, test_root_aligned_to_a_page_only);
    tcase_add_test(t, test_why_vacant);
    tcase_add_test(t, test_misaligned_jump);
    suite_add_tcase(s, t);
    return run_suite(s);
}
