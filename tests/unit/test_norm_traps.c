/* Traps into M-mode and S-mode, seen from outside the hart, so that what a trap must leave alone
 * can be compared: delegation, vectors, mepc, mcause and mtval, priority of interrupts, and reset.
 */
#include "norm_hart.h"

/* ---- exceptions ---- */

/* norm:trap_del_S_mode_no_M_mode norm:trap_del_S_mode_op norm:trap_del_S-mode norm:mcause_op
 * norm:mepc_op norm:mtval_op norm:sepc_op_trap_write norm:scause norm:stval: a trap that goes to S
 * writes S-mode's registers and nothing of M-mode's. */
START_TEST(delegated_leaves_machine_alone)
{
    static const enum mode from[] = {MODE_U, MODE_S};
    start_one("rv64max", from[_i], 0xffffffff);
    h->medeleg = B(BY_ILLEGAL);
    h->mcause = 0x55;
    h->mepc = 0x1230;
    h->mtval = 0x4560;
    csr_poke(h, CSR_mstatus, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE | MSTATUS_SIE);
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, SVECTOR);
    ck_assert_uint_eq(h->mode, MODE_S);
    ck_assert_uint_eq(h->scause, BY_ILLEGAL);
    ck_assert_uint_eq(h->sepc, RAM_BASE);
    ck_assert_uint_eq(h->stval, 0xffffffff);
    ck_assert_uint_eq(get_field(peek(CSR_mstatus), MSTATUS_SPP), from[_i] == MODE_S);
    ck_assert(peek(CSR_mstatus) & MSTATUS_SPIE);
    ck_assert(!(peek(CSR_mstatus) & MSTATUS_SIE));
    ck_assert_uint_eq(h->mcause, 0x55);
    ck_assert_uint_eq(h->mepc, 0x1230);
    ck_assert_uint_eq(h->mtval, 0x4560);
    ck_assert_uint_eq(peek(CSR_mstatus) & (MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE),
                      MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE);
    machine_free(m);
}
END_TEST

/* norm:trap_def_M_mode norm:trap_never_trans_lower norm:medeleg_mideleg_op2 norm:trap_horiz
 * norm:medeleg_enc_txt: by its own bit of medeleg an exception of S or U goes to S, one of M stays
 * there. */
START_TEST(delegation_by_bit)
{
    static const struct {
        u32 insn;
        u8 cause;
        enum mode mode;
    } cases[] = {{0xffffffff, BY_ILLEGAL, MODE_S}, {0xffffffff, BY_ILLEGAL, MODE_U},
                 {0xffffffff, BY_ILLEGAL, MODE_M}, {EBREAK, BY_BREAKPOINT, MODE_U},
                 {EBREAK, BY_BREAKPOINT, MODE_S},  {EBREAK, BY_BREAKPOINT, MODE_M},
                 {ECALL, BY_ECALL_U, MODE_U},      {ECALL, BY_ECALL_S, MODE_S},
                 {ECALL, BY_ECALL_M, MODE_M}};
    for (unsigned way = 0; way < 3; way++) {
        start_one("rv64max", cases[_i].mode, cases[_i].insn);
        u64 own = B(cases[_i].cause);
        csr_poke(h, CSR_medeleg, way == 0 ? 0 : way == 1 ? own : ~own);
        hart_run(h, 1);
        bool to_s = way == 1 && cases[_i].mode != MODE_M;
        ck_assert_uint_eq(h->pc, to_s ? SVECTOR : VECTOR);
        ck_assert_uint_eq(to_s ? h->scause : h->mcause, cases[_i].cause);
        ck_assert_uint_eq(to_s ? h->sepc : h->mepc, RAM_BASE);
        machine_free(m);
    }
}
END_TEST

/* norm:ecall_op2 norm:ebreak_op2 norm:ecall_ebreak_epc_value norm:ecall_ebreak_no_minstret_inc
 * norm:mtval_other_traps_zero norm:minstret_op: ECALL and EBREAK do nothing else, epc is their own
 * address, they do not retire. */
START_TEST(environment_call_and_break)
{
    static const struct {
        u32 insn;
        enum mode mode;
        u64 cause, tval;
    } cases[] = {{ECALL, MODE_U, 8, 0},  {ECALL, MODE_S, 9, 0},  {ECALL, MODE_M, 11, 0},
                 {EBREAK, MODE_U, 3, 1}, {EBREAK, MODE_S, 3, 1}, {EBREAK, MODE_M, 3, 1},
                 {NOP, MODE_M, 0, 0}};
    start_one("rv64max", cases[_i].mode, cases[_i].insn);
    u64 x[32];
    for (unsigned i = 1; i < 32; i++)
        h->x[i] = i * 0x1111;
    memcpy(x, h->x, sizeof x);
    h->mtval = 0x777;
    csr_poke(h, CSR_minstret, 100);
    hart_run(h, 1);
    ck_assert_int_eq(memcmp(x, h->x, sizeof x), 0);
    if (cases[_i].insn == NOP) {
        ck_assert_uint_eq(peek(CSR_minstret), 101);
    } else {
        ck_assert_uint_eq(peek(CSR_minstret), 100);
        ck_assert_uint_eq(h->mcause, cases[_i].cause);
        ck_assert_uint_eq(h->mepc, RAM_BASE);
        ck_assert(h->mtval == 0 || (cases[_i].tval && h->mtval == RAM_BASE));
        ck_assert_uint_eq(get_field(peek(CSR_mstatus), MSTATUS_MPP), cases[_i].mode == MODE_U ? 0
                                                                     : cases[_i].mode == MODE_S
                                                                         ? 1
                                                                         : 3);
    }
    machine_free(m);
}
END_TEST

/* norm:mepc_op norm:mcause_op norm:mtval_op: nothing but a trap, and software, writes them. */
START_TEST(no_trap_no_write)
{
    static const u32 code[] = {NOP, WFI, NOP};
    start("rv64max", MODE_M, code, ARRAY_LEN(code));
    h->mcause = 0x55;
    h->mepc = 0x1230;
    h->mtval = 0x4560;
    csr_poke(h, CSR_mie, B(SSI));
    csr_poke(h, CSR_mip, B(SSI));
    hart_run(h, 3);
    ck_assert_uint_eq(h->pc, RAM_BASE + 12);
    ck_assert_uint_eq(h->mcause, 0x55);
    ck_assert_uint_eq(h->mepc, 0x1230);
    ck_assert_uint_eq(h->mtval, 0x4560);
    machine_free(m);
}
END_TEST

/* norm:mtval_instr_bits_lead-in norm:mtval_instr_bits_list norm:mtval_ill_instr_exc_in_low_bits
 * norm:mtval_instr_bits_sz norm:stval_op_illegal_instr norm:stval_op_illegal_instr_format: the
 * illegal instruction's bits, 16 or 32 of them, the rest zero; in S-mode's register as well. */
START_TEST(bits_of_an_illegal_instruction)
{
    static const u32 insns[] = {0xffffffff, 0x0000007f, 0xffff8002, 0xfedc0000};
    static const u64 bits[] = {0xffffffff, 0x0000007f, 0x8002, 0};
    start_one("rv64max", MODE_M, insns[_i]);
    hart_run(h, 1);
    ck_assert_uint_eq(h->mcause, BY_ILLEGAL);
    ck_assert_uint_eq(h->mtval, bits[_i]);
    ck_assert_uint_eq(h->mepc, RAM_BASE);
    machine_free(m);
    start_one("rv64max", MODE_S, insns[_i]);
    h->medeleg = B(BY_ILLEGAL);
    hart_run(h, 1);
    ck_assert_uint_eq(h->scause, BY_ILLEGAL);
    ck_assert_uint_eq(h->stval, bits[_i]);
    machine_free(m);
}
END_TEST

/* norm:H_virtinst_xtval: xtval after a virtual-instruction exception is as after an
 * illegal instruction. */
START_TEST(bits_of_a_virtual_instruction)
{
    enum { CSRR_A1_HGATP = 0x680025f3 };
    start_one("rv64max", MODE_VS, CSRR_A1_HGATP);
    h->medeleg = _i ? B(CAUSE_VIRTUAL_INSN) : 0;
    hart_run(h, 1);
    ck_assert_uint_eq(_i ? h->scause : h->mcause, CAUSE_VIRTUAL_INSN);
    ck_assert_uint_eq(_i ? h->stval : h->mtval, CSRR_A1_HGATP);
    machine_free(m);
}
END_TEST

/* norm:stval_op_breakpoint norm:stval_op_other_traps norm:mtval_other_traps_zero: EBREAK and
 * C.EBREAK: the instruction's address or zero; ECALL: zero. In S-mode's register. */
START_TEST(values_of_breaks_and_calls)
{
    enum { C_EBREAK = 0x00019002 };
    static const u32 insns[] = {EBREAK, C_EBREAK, ECALL};
    for (unsigned machine = 0; machine < 2; machine++) {
        start_one("rv64max", MODE_U, insns[_i]);
        csr_poke(h, CSR_medeleg, machine ? 0 : B(BY_BREAKPOINT) | B(BY_ECALL_U));
        h->stval = h->mtval = 0x777;
        hart_run(h, 1);
        u64 cause = machine ? h->mcause : h->scause, value = machine ? h->mtval : h->stval;
        ck_assert_uint_eq(cause, insns[_i] == ECALL ? BY_ECALL_U : BY_BREAKPOINT);
        ck_assert(value == 0 || (insns[_i] != ECALL && value == RAM_BASE));
        ck_assert_uint_eq(machine ? h->stval : h->mtval, 0x777);
        machine_free(m);
    }
}
END_TEST

/* ---- vectors ---- */

/* norm:mtvec_mode_direct_op norm:mtvec_mode_vectored_op norm:mtvec_mode_enc norm:mcause_intr_op
 * norm:mcause_exccode_op norm:mcause_exccode_enc_img norm:stvec_op norm:scause_interrupt:
 * exceptions go to BASE, interrupts with MODE=1 to BASE + 4 times their number. */
START_TEST(vectors)
{
    for (unsigned vectored = 0; vectored < 2; vectored++)
        for (unsigned delegated = 0; delegated < 2; delegated++) {
            start_one("rv64max", MODE_U, 0xffffffff);
            csr_poke(h, CSR_mtvec, VECTOR | vectored);
            csr_poke(h, CSR_stvec, SVECTOR | vectored);
            u64 base = delegated ? SVECTOR : VECTOR;
            if (delegated)
                csr_poke(h, CSR_medeleg, B(BY_ILLEGAL));
            hart_run(h, 1);
            ck_assert_uint_eq(h->pc, base);
            for (unsigned irq = SSI; irq <= SEI; irq += 4) {
                h->mode = MODE_U;
                h->pc = RAM_BASE + 4;
                hart_derive(h);
                csr_poke(h, CSR_mideleg, delegated ? ~0ull : 0);
                csr_poke(h, CSR_mie, B(irq));
                csr_poke(h, CSR_mip, B(irq));
                hart_run(h, 1);
                ck_assert_uint_eq(h->pc, base + (vectored ? 4 * irq : 0));
                ck_assert_uint_eq(delegated ? h->scause : h->mcause, INTERRUPT | irq);
            }
            machine_free(m);
        }
}
END_TEST

/* ---- interrupts ---- */

/* Everything that M-mode can get, in its order of priority. */
static const u8 order[] = {MEI, MSI, MTI, SEI, SSI, STI, LCOFI};

static void raise_all(void)
{
    hart_set_line(h, MEI, 1);
    hart_set_line(h, MSI, 1);
    hart_set_line(h, MTI, 1);
    csr_poke(h, CSR_mip, ~0ull);
}

static void lower(unsigned irq)
{
    if (irq == MEI || irq == MSI || irq == MTI) {
        hart_set_line(h, irq, 0);
    } else {
        csr_poke_bits(h, CSR_mip, CSR_CLEAR, B(irq));
    }
}

/* norm:intr_M_mode_pri norm:intr_mip_mie_op norm:mip_mie_enc_txt norm:mip_meip_mie_meie_op
 * norm:mip_mtip_mie_mtie_op norm:mip_msip_mie_msie_op norm:mip_seip_mie_seie_op
 * norm:mip_stip_mie_stie_op norm:mip_ssip_mie_ssie_op norm:mip_lcofip_mie_lcofie_op
 * norm:mip_stip_no_stimecmp_op2 norm:mip_bits_wr_op: all at once, taken by M-mode in this order,
 * each by its own bits of mip and mie. */
START_TEST(order_of_machine_interrupts)
{
    static const enum mode modes[] = {MODE_M, MODE_S, MODE_U};
    start_one("rv64isu_zicsr_sscofpmf", modes[_i], NOP);
    csr_poke(h, CSR_mie, ~0ull);
    raise_all();
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        h->mode = modes[_i];
        h->pc = RAM_BASE;
        csr_poke(h, CSR_mstatus, MSTATUS_MIE);
        hart_derive(h);
        csr_poke(h, CSR_mie, ~B(order[i]));
        hart_run(h, 1);
        if (i + 1 < ARRAY_LEN(order))
            ck_assert_uint_eq(h->mcause, INTERRUPT | order[i + 1]);
        h->mode = modes[_i];
        h->pc = RAM_BASE;
        csr_poke(h, CSR_mstatus, MSTATUS_MIE);
        hart_derive(h);
        csr_poke(h, CSR_mie, ~0ull);
        hart_run(h, 1);
        ck_assert_uint_eq(h->mcause, INTERRUPT | order[i]);
        ck_assert_uint_eq(h->mepc, RAM_BASE);
        lower(order[i]);
    }
    ck_assert_uint_eq(peek(CSR_mip), 0);
    machine_free(m);
}
END_TEST

/* norm:mstatus_mie_sie_op2 norm:mstatus_xie_intr_en_dis norm:intr_mip_mie_op
 * norm:trap_del_intr_priv_lvl norm:sie_sip_supervisor_strap norm:sstatus_sie
 * norm:std_super_intr_impl: who takes SSI, by mode, mideleg, MIE and SIE. */
START_TEST(who_takes_it)
{
    static const enum mode modes[] = {MODE_M, MODE_S, MODE_U};
    for (unsigned i = 0; i < 24; i++) {
        enum mode mode = modes[i % 3];
        bool delegated = i / 3 & 1, mie = i / 6 & 1, sie = i / 12 & 1;
        start_one("rv64max", mode, NOP);
        csr_poke(h, CSR_mideleg, delegated ? B(SSI) : 0);
        csr_poke(h, CSR_mie, B(SSI));
        csr_poke(h, CSR_mip, B(SSI));
        csr_poke(h, CSR_mstatus, (mie ? MSTATUS_MIE : 0) | (sie ? MSTATUS_SIE : 0));
        hart_run(h, 1);
        bool by_m = !delegated && (mode != MODE_M || mie);
        bool by_s = delegated && (mode == MODE_U || (mode == MODE_S && sie));
        ck_assert_uint_eq(h->pc, by_m ? VECTOR : by_s ? SVECTOR : RAM_BASE + 4);
        machine_free(m);
    }
}
END_TEST

/* norm:intr_M_mode_highest_pri: an interrupt for M-mode comes before one for S-mode of higher
 * default priority. */
START_TEST(machine_first)
{
    start_one("rv64max", MODE_U, NOP);
    csr_poke(h, CSR_mideleg, B(SEI) | B(SSI));
    csr_poke(h, CSR_mie, ~0ull);
    csr_poke(h, CSR_mip, B(SEI) | B(SSI) | B(LCOFI));
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, VECTOR);
    ck_assert_uint_eq(h->mcause, INTERRUPT | LCOFI);
    machine_free(m);
}
END_TEST

/* norm:mip_seip_rdcsr norm:mip_seip_wrcsr norm:intr_sei_op: reading gives software's bit OR the
 * line; what CSRRS and CSRRC write is made from software's bit alone. */
START_TEST(seip_is_two_things)
{
    /* csrrs a0, mip, zero; csrrs a1, mip, a2; csrrc zero, mip, a3 */
    static const u32 code[] = {0x34402573, 0x344625f3, 0x3446b073};
    start("rv64max", MODE_M, code, ARRAY_LEN(code));
    u64 sei = B(SEI), ssi = B(SSI);
    hart_set_line(h, SEI, 1);
    h->x[12] = ssi;
    h->x[13] = ssi;
    hart_run(h, 3);
    ck_assert_uint_eq(h->x[10] & sei, sei);
    ck_assert_uint_eq(h->x[11] & sei, sei);
    hart_set_line(h, SEI, 0);
    ck_assert_uint_eq(peek(CSR_mip) & (sei | ssi), 0); /* the line was not written into the bit */
    csr_poke(h, CSR_mip, sei);
    ck_assert_uint_eq(peek(CSR_mip) & sei, sei);
    csr_poke(h, CSR_mip, 0);
    ck_assert_uint_eq(peek(CSR_mip) & sei, 0);
    machine_free(m);
}
END_TEST

/* norm:mip_bits_rdonly_op norm:mip_meip_rdonly norm:mip_mtip_rdonly norm:mip_msip_rdonly
 * norm:sip_seip_sie_seie: what software cannot clear in mip, its source can. */
START_TEST(lines_are_not_software_s)
{
    static const u8 irqs[] = {MEI, MTI, MSI, SEI};
    start_one("rv64max", MODE_M, NOP);
    for (unsigned i = 0; i < ARRAY_LEN(irqs); i++) {
        hart_set_line(h, irqs[i], 1);
        csr_poke_bits(h, CSR_mip, CSR_CLEAR, ~0ull);
        ck_assert_uint_eq(peek(CSR_mip) & B(irqs[i]), B(irqs[i]));
        csr_poke(h, CSR_mideleg, ~0ull);
        csr_poke_bits(h, CSR_sip, CSR_CLEAR, ~0ull);
        ck_assert_uint_eq(peek(CSR_sip) & B(SEI), irqs[i] == SEI ? B(SEI) : 0);
        hart_set_line(h, irqs[i], 0);
        ck_assert_uint_eq(peek(CSR_mip) & B(irqs[i]), 0);
    }
    csr_poke(h, CSR_mip, B(SEI)); /* M-mode's own bit is as read-only to S-mode */
    csr_poke_bits(h, CSR_sip, CSR_CLEAR, ~0ull);
    ck_assert_uint_eq(peek(CSR_sip) & B(SEI), B(SEI));
    csr_poke(h, CSR_mip, 0);
    csr_poke_bits(h, CSR_sip, CSR_SET, ~0ull);
    ck_assert_uint_eq(peek(CSR_sip) & B(SEI), 0);
    machine_free(m);
}
END_TEST

/* norm:mip_stip_stimecmp_acc norm:sip_stip_sie_stie: under menvcfg.STCE STIP cannot be written;
 * without it M-mode can, S-mode cannot. */
START_TEST(stip_under_stce)
{
    start_one("rv64max", MODE_M, NOP);
    csr_poke(h, CSR_stimecmp, ~0ull);
    csr_poke(h, CSR_mideleg, ~0ull);
    csr_poke(h, CSR_mip, B(STI));
    ck_assert_uint_eq(peek(CSR_mip) & B(STI), B(STI));
    csr_poke(h, CSR_sip, 0);
    ck_assert_uint_eq(peek(CSR_sip) & B(STI), B(STI));
    csr_poke(h, CSR_mip, 0);
    csr_poke(h, CSR_sip, B(STI));
    ck_assert_uint_eq(peek(CSR_sip) & B(STI), 0);
    csr_poke(h, CSR_menvcfg, 1ull << 63);
    csr_poke(h, CSR_mip, B(STI));
    ck_assert_uint_eq(peek(CSR_mip) & B(STI), 0);
    csr_poke(h, CSR_menvcfg, 0);
    ck_assert_uint_eq(peek(CSR_mip) & B(STI), 0);
    csr_poke(h, CSR_menvcfg, 1ull << 63);
    csr_poke(h, CSR_stimecmp, 0);
    ck_assert_uint_eq(peek(CSR_mip) & B(STI), B(STI));
    csr_poke(h, CSR_mip, 0);
    csr_poke(h, CSR_sip, 0);
    ck_assert_uint_eq(peek(CSR_sip) & B(STI), B(STI));
    machine_free(m);
}
END_TEST

/* xcause holds any code (norm:mcause_exccode_wlrl, and hvictl of the AIA injects codes up to 4095):
 * those that the manual gives no meaning have no name. */
START_TEST(codes_without_a_meaning_are_reserved)
{
    static const unsigned meaningless[] = {14, 17, 24, 63, 64, 65, 127, 4095, ~0u};
    for (size_t i = 0; i < ARRAY_LEN(meaningless); i++) {
        ck_assert_str_eq(exception_name(meaningless[i]), "reserved");
        ck_assert_str_eq(interrupt_name(meaningless[i]), "reserved");
    }
    ck_assert_str_eq(exception_name(23), "store/AMO guest-page fault");
    ck_assert_str_eq(interrupt_name(13), "local counter-overflow interrupt");
}
END_TEST

/* What the manual leaves to the hart, and options choose: norm:mtval2_trapval norm:mtval_op: zero
 * in place of a guest-physical address, of a transformed instruction, of the bits of an
 * instruction. A faulting address is always written. */
START_TEST(details_that_are_left_out)
{
    static const char *const options[] = {"", "--htval=zero", "--htinst=zero", "--tval=zero"};
    enum { HLV_W = 0x34u << 25 | 4 << 12 | 10 << 7 | 0x73, A1 = 11 << 15, GPA = 0x1234 };
    static const u32 insns[] = {HLV_W | A1};
    start_with("rv64max", options[_i], MODE_M, insns, 1);
    csr_poke(h, CSR_hgatp, (u64)ATP_SV39 << 60 | (RAM_BASE + 0x10000) >> 12);
    h->x[11] = GPA;
    hart_run(h, 1);
    ck_assert_uint_eq(h->mcause, CAUSE_LOAD_GUEST_PAGE);
    ck_assert_uint_eq(h->mtval, GPA);
    ck_assert_uint_eq(h->mtval2, _i == 1 ? 0 : GPA >> 2);
    ck_assert_uint_eq(h->mtinst, _i == 2 ? 0 : HLV_W);
    machine_free(m);
    start_with("rv64max", options[_i], MODE_M, (const u32[]){0xffffffff}, 1);
    hart_run(h, 1);
    ck_assert_uint_eq(h->mcause, BY_ILLEGAL);
    ck_assert_uint_eq(h->mtval, _i == 3 ? 0 : 0xffffffff);
    machine_free(m);
}
END_TEST

/* What --stats and the policy screen show: by cause, and the mode that the trap came from. */
START_TEST(traps_are_counted)
{
    start_one("rv64max", MODE_S, ECALL);
    hart_run(h, 1);
    ck_assert_uint_eq(h->exceptions[BY_ECALL_S * MODE_COUNT + MODE_S], 1);
    machine_free(m);
    start_one("rv64max", MODE_U, NOP);
    csr_poke(h, CSR_mie, B(SSI));
    csr_poke(h, CSR_mip, B(SSI));
    hart_run(h, 1);
    ck_assert_uint_eq(h->interrupts[SSI * MODE_COUNT + MODE_U], 1);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("traps");
    TCase *tc = tcase_create("traps");
    tcase_add_loop_test(tc, delegated_leaves_machine_alone, 0, 2);
    tcase_add_loop_test(tc, delegation_by_bit, 0, 9);
    tcase_add_loop_test(tc, environment_call_and_break, 0, 7);
    tcase_add_test(tc, no_trap_no_write);
    tcase_add_test(tc, traps_are_counted);
    tcase_add_loop_test(tc, bits_of_an_illegal_instruction, 0, 4);
    tcase_add_loop_test(tc, bits_of_a_virtual_instruction, 0, 2);
    tcase_add_loop_test(tc, values_of_breaks_and_calls, 0, 3);
    tcase_add_test(tc, vectors);
    tcase_add_loop_test(tc, order_of_machine_interrupts, 0, 3);
    tcase_add_test(tc, who_takes_it);
    tcase_add_test(tc, machine_first);
    tcase_add_test(tc, seip_is_two_things);
    tcase_add_test(tc, lines_are_not_software_s);
    tcase_add_test(tc, stip_under_stce);
    tcase_add_loop_test(tc, details_that_are_left_out, 0, 4);
    tcase_add_test(tc, codes_without_a_meaning_are_reserved);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
