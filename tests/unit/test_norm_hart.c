/* Rules of the machine chapter about one hart: who it is, reset, misa and IALIGN, returns from
 * traps, WFI, what M-mode may access. */
#include "norm_hart.h"

#define CODE(...) (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32)

/* norm:mhartid_one_is_zero norm:mhartid_unique norm:mhartid_sz_acc_op */
START_TEST(hart_ids)
{
    u64 seen = 0;
    start_with("rv64max", "--harts=4", MODE_M, CODE(NOP));
    for (unsigned i = 0; i < 4; i++) {
        u64 id = 0;
        csr_peek(m->hart[i], CSR_mhartid, &id);
        ck_assert_uint_lt(id, 64);
        ck_assert(!(seen & B(id)));
        seen |= B(id);
    }
    ck_assert(seen & 1);
    machine_free(m);
}
END_TEST

/* norm:M-mode_at_rst1 norm:M-mode_at_rst2 norm:pc_rst norm:ld_rsv_rst norm:mstatus_mie_mprv_rst */
START_TEST(reset)
{
    enum { LR_W = 0x1005a52f, SC_W = 0x18a5a62f }; /* lr.w a0, (a1); sc.w a2, a0, (a1) */
    start("rv64max", MODE_M, CODE(LR_W, SC_W));
    u64 first_pc = h->config.reset_pc;
    h->x[11] = RAM_BASE + 0x100;
    hart_run(h, 1);
    h->mode = MODE_U;
    h->mstatus = ~0ull;
    hart_reset(h);
    ck_assert_uint_eq(h->mode, MODE_M);
    ck_assert_uint_eq(h->pc, first_pc);
    ck_assert_uint_eq(peek(CSR_mstatus) & (B(3) | B(17)), 0);
    h->x[11] = RAM_BASE + 0x100;
    h->pc = RAM_BASE + 4;
    hart_run(h, 1);
    ck_assert_uint_ne(h->x[12], 0);
    machine_free(m);
}
END_TEST

/* norm:misa_inc_ialign: C is not switched off where the next instruction would be misaligned. */
START_TEST(ialign_grows)
{
    const u32 clear_c = CSRRC(0, CSR_misa, 10);
    for (unsigned misaligned = 0; misaligned < 2; misaligned++) {
        /* c.nop and the CSRRC at +2, or the CSRRC at +0 */
        if (misaligned)
            start("rv64max", MODE_M, CODE(0x0001u | clear_c << 16, clear_c >> 16 | NOP << 16, 0));
        else
            start("rv64max", MODE_M, CODE(clear_c, NOP));
        u64 before = peek(CSR_misa);
        h->x[10] = B(2) | B(12); /* C and M */
        hart_run(h, misaligned ? 2 : 1);
        ck_assert_uint_eq(h->pc, RAM_BASE + (misaligned ? 6 : 4));
        ck_assert_uint_eq(peek(CSR_misa), misaligned ? before : before & ~(B(2) | B(12)));
        machine_free(m);
    }
}
END_TEST

/* norm:mepc_bit1_dyn_ialign_op norm:sepc_op_mask_ialign32: without C bit 1 reads as zero, for MRET
 * and SRET too, but is kept. */
START_TEST(epc_bit_1)
{
    for (unsigned super = 0; super < 2; super++) {
        unsigned epc = super ? CSR_sepc : CSR_mepc;
        start_one("rv64max", super ? MODE_S : MODE_M, super ? SRET : MRET);
        u64 misa = peek(CSR_misa);
        csr_poke(h, CSR_mstatus, B(8) | 3ull << 11);
        csr_poke(h, epc, RAM_BASE + 0x102);
        csr_poke(h, CSR_misa, misa & ~B(2));
        ck_assert_uint_eq(peek(epc), RAM_BASE + 0x100);
        csr_poke(h, epc, RAM_BASE + 0x106);
        ck_assert_uint_eq(peek(epc), RAM_BASE + 0x104);
        csr_poke(h, CSR_misa, misa);
        ck_assert_uint_eq(peek(epc), RAM_BASE + 0x106);
        csr_poke(h, CSR_misa, misa & ~B(2));
        hart_run(h, 1);
        ck_assert_uint_eq(h->pc, RAM_BASE + 0x104);
        machine_free(m);
    }
}
END_TEST

/* norm:mcause_exccode_pri1 norm:mtval_vaddr_wr1 norm:stval_op_faulting_addr norm:exc_priority: with
 * IALIGN=32 a jump to a 2-byte boundary faults at the jump; mtval is the target. */
START_TEST(misaligned_jump)
{
    enum { JALR_A0 = 0x00050067 };
    for (unsigned delegated = 0; delegated < 2; delegated++) {
        start_one("rv64isu_zicsr", delegated ? MODE_S : MODE_M, JALR_A0);
        csr_poke(h, CSR_medeleg, delegated ? 1 : 0);
        h->x[10] = RAM_BASE + 0x102;
        hart_run(h, 1);
        ck_assert_uint_eq(h->pc, delegated ? SVECTOR : VECTOR);
        ck_assert_uint_eq(delegated ? h->scause : h->mcause, BY_MISALIGNED_JUMP);
        ck_assert_uint_eq(delegated ? h->stval : h->mtval, RAM_BASE + 0x102);
        ck_assert_uint_eq(delegated ? h->sepc : h->mepc, RAM_BASE);
        machine_free(m);
    }
}
END_TEST

/* norm:mret_presence norm:sret_presence norm:xret_in_lower_mode norm:xret_in_higher_mode
 * norm:xret_op norm:sret_ill_inst_exc_rst norm:mstatus_tsr_op norm:xret_enc_img: which mode may
 * execute which return.
 */
START_TEST(returns)
{
    static const struct {
        const char *isa;
        u32 insn;
        enum mode mode;
        u64 tsr, cause;
    } cases[] = {
        {"rv64max", MRET, MODE_M, 0, NO_CAUSE},
        {"rv64i_zicsr-u", MRET, MODE_M, 0, NO_CAUSE},
        {"rv64max", MRET, MODE_S, 0, BY_ILLEGAL},
        {"rv64max", MRET, MODE_U, 0, BY_ILLEGAL},
        {"rv64max", SRET, MODE_M, 0, NO_CAUSE},
        {"rv64max", SRET, MODE_S, 0, NO_CAUSE},
        {"rv64max", SRET, MODE_U, 0, BY_ILLEGAL},
        {"rv64max", SRET, MODE_S, B(22), BY_ILLEGAL},
        {"rv64max", SRET, MODE_M, B(22), NO_CAUSE},
        {"rv64iu_zicsr", SRET, MODE_M, 0, BY_ILLEGAL},
        {"rv64iu_zicsr", SRET, MODE_U, 0, BY_ILLEGAL},
    };
    start_one(cases[_i].isa, cases[_i].mode, cases[_i].insn);
    h->mepc = RAM_BASE + 0x200;
    h->sepc = RAM_BASE + 0x300;
    csr_poke(h, CSR_mstatus, cases[_i].tsr | B(5) | B(7)); /* to U; SPIE, MPIE */
    u64 before = peek(CSR_mstatus);
    ck_assert_uint_eq(cause_of_one(), cases[_i].cause);
    if (cases[_i].cause == NO_CAUSE) {
        bool s = cases[_i].insn == SRET;
        ck_assert_uint_eq(h->pc, RAM_BASE + (s ? 0x300 : 0x200));
        ck_assert_uint_eq(peek(CSR_mstatus), before | (s ? B(1) : B(3)));
    }
    machine_free(m);
}
END_TEST

/* norm:mstatus_xret_op norm:mstatus_mprv_clr_mret_sret_less_priv norm:sstatus_spp norm:sstatus_spie
 * norm:sstatus_sie: xIE from xPIE, xPIE = 1, xPP the least mode, MPRV cleared on the way below M.
 */
START_TEST(return_stack)
{
    for (unsigned i = 0; i < 24; i++) {
        bool s = i & 1, pie = i & 2, ie = i & 4;
        static const u8 modes[] = {0, 1, 3};
        unsigned pp = modes[i / 8];
        if (s && pp == 3)
            continue;
        start_one("rv64max", MODE_M, s ? SRET : MRET);
        h->mepc = h->sepc = RAM_BASE + 0x200;
        u64 ie_bit = s ? B(1) : B(3), pie_bit = s ? B(5) : B(7);
        csr_poke(h, CSR_mstatus,
                 B(17) | (pie ? pie_bit : 0) | (ie ? ie_bit : 0) |
                     (s ? (u64)pp << 8 : (u64)pp << 11));
        hart_run(h, 1);
        u64 now = peek(CSR_mstatus);
        ck_assert_uint_eq(now & ie_bit, pie ? ie_bit : 0);
        ck_assert_uint_eq(now & pie_bit, pie_bit);
        ck_assert_uint_eq(s ? now & B(8) : now >> 11 & 3, 0);
        ck_assert_uint_eq(now & B(17), pp == 3 ? B(17) : 0);
        ck_assert_uint_eq(h->mode, pp == 0 ? MODE_U : pp == 1 ? MODE_S : MODE_M);
        machine_free(m);
    }
    start_one("rv64i_zicsr-u", MODE_M, MRET); /* without U the least mode is M */
    h->mepc = RAM_BASE + 0x200;
    hart_run(h, 1);
    ck_assert_uint_eq(peek(CSR_mstatus) >> 11 & 3, 3);
    machine_free(m);
}
END_TEST

/* norm:mstatus_xpie_xie_xpp_trap_op norm:mstatus_xpie_xpp_op norm:sstatus_spp norm:sstatus_spie */
START_TEST(trap_stack)
{
    static const enum mode from[] = {MODE_U, MODE_S, MODE_M};
    for (unsigned i = 0; i < 12; i++) {
        bool on = i & 1, to_s = i & 2;
        enum mode mode = from[i / 4];
        if (to_s && mode == MODE_M)
            continue;
        start_one("rv64max", mode, EBREAK);
        csr_poke(h, CSR_medeleg, to_s ? B(3) : 0);
        u64 old = on ? B(1) | B(3) : B(5) | B(7);
        csr_poke(h, CSR_mstatus, old);
        hart_run(h, 1);
        u64 now = peek(CSR_mstatus), pp = mode == MODE_U ? 0 : mode == MODE_S ? 1 : 3;
        if (to_s) {
            ck_assert_uint_eq(now & (B(1) | B(5)), on ? B(5) : 0);
            ck_assert_uint_eq(now >> 8 & 1, pp);
            ck_assert_uint_eq(now & (B(3) | B(7)), old & (B(3) | B(7)));
        } else {
            ck_assert_uint_eq(now & (B(3) | B(7)), on ? B(7) : 0);
            ck_assert_uint_eq(now >> 11 & 3, pp);
            ck_assert_uint_eq(now & (B(1) | B(5)), old & (B(1) | B(5)));
        }
        machine_free(m);
    }
}
END_TEST

/* norm:wfi_all_privileged_modes norm:wfi_opt_U_mode norm:wfi_ill_exc norm:wfi_enc_img
 * norm:mstatus_tw_op norm:mstatus_tw_always_illegal norm:mstatus_tw_umode_op: who may wait; an
 * interrupt that is pending already does not change it. */
START_TEST(who_may_wait)
{
    static const struct {
        const char *isa;
        enum mode mode;
        bool tw;
        u64 cause;
    } cases[] = {
        {"rv64max", MODE_M, false, NO_CAUSE},      {"rv64max", MODE_M, true, NO_CAUSE},
        {"rv64max", MODE_S, false, NO_CAUSE},      {"rv64max", MODE_S, true, BY_ILLEGAL},
        {"rv64max", MODE_U, false, BY_ILLEGAL},    {"rv64max", MODE_U, true, BY_ILLEGAL},
        {"rv64iu_zicsr", MODE_U, false, NO_CAUSE}, {"rv64iu_zicsr", MODE_U, true, BY_ILLEGAL},
    };
    for (unsigned pending = 0; pending < 2; pending++) {
        start_one(cases[_i].isa, cases[_i].mode, WFI);
        csr_poke(h, CSR_mstatus, cases[_i].tw ? B(21) : 0);
        if (pending) { /* globally disabled, so not taken */
            csr_poke(h, CSR_mideleg, B(SSI));
            csr_poke(h, CSR_mie, B(SSI));
            csr_poke(h, CSR_mip, B(SSI));
        }
        if (!pending || cases[_i].mode != MODE_U)
            ck_assert_uint_eq(cause_of_one(), cases[_i].cause);
        machine_free(m);
    }
}
END_TEST

/* norm:mstatus_tvm_warl_op: satp, SFENCE.VMA and SINVAL.VMA in S-mode. */
START_TEST(virtual_memory_traps)
{
    static const u32 insns[] = {CSRRS(10, 0x180, 0), CSRRW(0, 0x180, 0), 0x12000073, 0x16000073};
    for (unsigned tvm = 0; tvm < 2; tvm++)
        for (enum mode mode = MODE_S;; mode = MODE_M) {
            start_one("rv64max", mode, insns[_i]);
            csr_poke(h, CSR_mstatus, tvm ? B(20) : 0);
            ck_assert_uint_eq(cause_of_one(), tvm && mode == MODE_S ? BY_ILLEGAL : NO_CAUSE);
            machine_free(m);
            if (mode == MODE_M)
                break;
        }
}
END_TEST

static void readable_by_m(void *ctx, unsigned csr, const char *name)
{
    /* seed is read by writing; of registers of the AIA without an IMSIC there is none. */
    if ((csr >> 8 & 3) == 3 || csr == CSR_seed || csr == CSR_stopei || csr == CSR_vstopei)
        return;
    enum csr_op op = csr == CSR_seed ? CSR_WRITE : CSR_READ;
    ++*(unsigned *)ctx;
    if (!strncmp(name, "sireg", 5) || !strncmp(name, "vsireg", 6))
        return; /* by what is selected */
    ck_assert_msg(csr_check(h, csr, op, NULL) == 0, "%s", name);
}

/* norm:M_access_all_lower_priv_CSRs */
START_TEST(everything_below)
{
    unsigned count = 0;
    start_one("rv64max", MODE_M, NOP);
    csr_poke(h, CSR_mstatus, 3ull << 13 | B(20) | B(22));
    csr_for_each(h, readable_by_m, &count);
    ck_assert_uint_gt(count, 90);
    machine_free(m);
}
END_TEST

/* norm:mstatus_mie_clr_by_mdt norm:mstatus_mie_set_mdt_0: on RV32 MDT is in mstatush. */
START_TEST(mdt_in_the_upper_half)
{
    start_one("rv32max_smdbltrp", MODE_M, NOP);
    csr_poke(h, CSR_mstatush, 0);
    csr_poke(h, CSR_mstatus, B(3));
    ck_assert_uint_eq(peek(CSR_mstatus) & B(3), B(3));
    csr_poke(h, CSR_mstatush, B(10));
    ck_assert_uint_eq(peek(CSR_mstatush) & B(10), B(10));
    ck_assert_uint_eq(peek(CSR_mstatus) & B(3), 0);
    csr_poke(h, CSR_mstatus, B(3));
    ck_assert_uint_eq(peek(CSR_mstatus) & B(3), 0);
    machine_free(m);
}
END_TEST

/* norm:mseccfg_useed_U-mode_op norm:mseccfg_sseed_SorHS-mode_op norm:mseccfg_sseed_VSorVU-mode_op
 * norm:mseccfg_sseed_useed_op_tbl norm:mseccfg_sseed_useed_presence: each row of the table. */
START_TEST(seed_access)
{
    static const struct {
        enum mode mode;
        int sseed, useed; /* -1: either */
        u64 cause;
    } table[] = {
        {MODE_M, -1, -1, NO_CAUSE},   {MODE_U, -1, 0, BY_ILLEGAL},  {MODE_U, -1, 1, NO_CAUSE},
        {MODE_S, 0, -1, BY_ILLEGAL},  {MODE_S, 1, -1, NO_CAUSE},    {MODE_VS, 0, -1, BY_ILLEGAL},
        {MODE_VU, 0, -1, BY_ILLEGAL}, {MODE_VS, 1, -1, BY_VIRTUAL}, {MODE_VU, 1, -1, BY_VIRTUAL},
    };
    for (unsigned i = 0; i < 8; i++) {
        int sseed = i & 1, useed = i >> 1 & 1;
        bool reads = i & 4;
        if ((table[_i].sseed >= 0 && table[_i].sseed != sseed) ||
            (table[_i].useed >= 0 && table[_i].useed != useed))
            continue;
        start_one("rv64max", table[_i].mode, reads ? CSRRS(10, 0x15, 0) : CSRRW(10, 0x15, 0));
        csr_poke(h, CSR_mseccfg, (sseed ? B(9) : 0) | (useed ? B(8) : 0));
        ck_assert_uint_eq(cause_of_one(), reads ? BY_ILLEGAL : table[_i].cause);
        if (!reads && table[_i].cause == NO_CAUSE)
            ck_assert_uint_ne(h->x[10], 0);
        machine_free(m);
    }
}
END_TEST

/* norm:sstatus norm:sstatus_spelp norm:sstatus_uxl: a subset of mstatus, the same bits: SIE, SPIE,
 * SPP, FS, SUM, MXR, SPELP, UXL, SD; writing it leaves the rest alone. */
START_TEST(subset_of_mstatus)
{
    u64 s_bits = B(1) | B(5) | B(8) | 3ull << 13 | B(18) | B(19) | B(23);
    start_one("rv64max", MODE_M, NOP);
    csr_poke(h, CSR_mstatus, ~B(24));
    u64 all = peek(CSR_mstatus), seen = s_bits | 2ull << 32 | B(63);
    ck_assert_uint_eq(all & (B(3) | B(7) | B(17) | B(20) | B(21) | B(22)),
                      B(3) | B(7) | B(17) | B(20) | B(21) | B(22));
    ck_assert_uint_eq(peek(CSR_sstatus), seen);
    csr_poke(h, CSR_sstatus, 0);
    ck_assert_uint_eq(peek(CSR_mstatus), all & ~(s_bits | B(63)));
    csr_poke(h, CSR_mstatus, 0);
    csr_poke(h, CSR_sstatus, ~B(24));
    ck_assert_uint_eq(peek(CSR_mstatus) & s_bits, s_bits);
    ck_assert_uint_eq(peek(CSR_mstatus) & (B(3) | B(7) | 3ull << 11 | B(17) | 7ull << 20), 0);
    machine_free(m);
}
END_TEST

enum { PAGES = RAM_BASE >> 12, LEAF = 0xcf, POINTER = 1 };

/* An entry of a table at that offset in RAM, for what is at another offset. */
static void put_entry(u64 table, unsigned index, u64 to, u64 bits)
{
    u64 pte = (PAGES + (to >> 12)) << 10 | bits;
    memcpy(m->ram->host + table + 8ull * index, &pte, 8);
}

/* norm:asid_hart_private: one ASID on two harts is two address spaces. */
START_TEST(asids_of_harts)
{
    enum { LBU_A0_A1 = 0x0005c503 };
    start_with("rv64max", "--harts=2", MODE_M, CODE(LBU_A0_A1));
    for (unsigned i = 0; i < 2; i++) {
        struct hart *hart = m->hart[i];
        u64 table = 0x10000 + i * 0x4000, page = 0x20000 + i * 0x1000;
        put_entry(table, 2, 0, LEAF); /* the gigapage of RAM, with the code */
        put_entry(table, 0, table + 0x1000, POINTER);
        put_entry(table + 0x1000, 0, table + 0x2000, POINTER);
        put_entry(table + 0x2000, 5, page, LEAF);
        m->ram->host[page] = (u8)(0x50 + i);
        hart->mode = MODE_S;
        csr_poke(hart, CSR_pmpaddr0, ~0ull);
        csr_poke(hart, CSR_pmpcfg0, 0x1f);
        csr_poke(hart, CSR_satp, 8ull << 60 | 1ull << 44 | (PAGES + (table >> 12)));
        hart_derive(hart);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct hart *hart = m->hart[i % 2];
        hart->pc = RAM_BASE;
        hart->x[11] = 0x5000;
        hart_run(hart, 1);
        ck_assert_uint_eq(hart->x[10], 0x50 + i % 2);
    }
    machine_free(m);
}
END_TEST

/* norm:pmp_l_bit_write_protection: a locked entry keeps its address, and where it is the top of a
 * range that of the entry before it. */
START_TEST(locked_pmp_addresses)
{
    start_with("rv64max", "--pmp-entries=64", MODE_M, CODE(NOP));
    for (unsigned i = 0; i < 64; i++)
        for (unsigned a = 0; a < 4; a++) { /* OFF, TOR, NA4, NAPOT */
            hart_reset(h);
            csr_poke(h, CSR_pmpcfg0 + i / 8 * 2, (u64)(0x80 | a << 3) << i % 8 * 8);
            for (unsigned k = 0; k < 64; k++) {
                bool kept = k == i || (a == 1 && k + 1 == i);
                csr_poke(h, CSR_pmpaddr0 + k, 0x1234);
                ck_assert_uint_eq(peek(CSR_pmpaddr0 + k), kept ? 0 : 0x1234);
            }
        }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("one hart");
    TCase *tc = tcase_create("hart");
    tcase_add_test(tc, hart_ids);
    tcase_add_test(tc, reset);
    tcase_add_test(tc, ialign_grows);
    tcase_add_test(tc, epc_bit_1);
    tcase_add_test(tc, misaligned_jump);
    tcase_add_loop_test(tc, returns, 0, 11);
    tcase_add_test(tc, return_stack);
    tcase_add_test(tc, trap_stack);
    tcase_add_loop_test(tc, who_may_wait, 0, 8);
    tcase_add_loop_test(tc, virtual_memory_traps, 0, 4);
    tcase_add_test(tc, everything_below);
    tcase_add_test(tc, mdt_in_the_upper_half);
    tcase_add_loop_test(tc, seed_access, 0, 9);
    tcase_add_test(tc, subset_of_mstatus);
    tcase_add_test(tc, asids_of_harts);
    tcase_add_test(tc, locked_pmp_addresses);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
