/* Zicfilp in each mode, above all VS and VU: where a landing pad is expected, how the expectation
 * survives a trap. */
#include "priv.h"

#define TARGET ((ulong)slot_pages + 0x200)

static void enable(enum mode mode, int on)
{
    u64 lpe = on ? ENVCFG_LPE : 0;
    if (mode == MODE_M)
        csr_put(CSR_MSECCFG, on ? (ulong)SECCFG_MLPE : 0);
    else if (mode == MODE_HS)
        csr_put64(CSR_MENVCFG, lpe);
    else if (mode == MODE_VS)
        csr_put64(CSR_HENVCFG, lpe);
    else
        csr_put(CSR_SENVCFG, (ulong)lpe);
}

static void need_zicfilp(void)
{
    csr_put64(CSR_HENVCFG, ENVCFG_LPE);
    NEED(csr_get64(CSR_HENVCFG) & ENVCFG_LPE, "no Zicfilp");
    csr_put64(CSR_HENVCFG, 0);
}

static void place_target(u32 insn)
{
    *(volatile u32 *)TARGET = insn;
    *(volatile u32 *)(TARGET + 4) = ECALL;
}

static struct trap jump(enum mode mode, u32 insn)
{
    return RUN(mode, CODE(insn), .a0 = TARGET);
}

static const ulong ecall_cause[] = {EXC_ECALL_U, EXC_ECALL_HS, EXC_ECALL_M, EXC_ECALL_U,
                                    EXC_ECALL_VS};

TEST("norm:menvcfg_lpe_op_lead-in norm:menvcfg_lpe_op_list norm:mseccfg_mlpe_set_op "
     "norm:mseccfg_mlpe_clr_op_lead-in norm:mseccfg_mlpe_clr_op_list norm:mtval_swchk_lead-in "
     "norm:mtval_swchk_list norm:henvcfg_lpe_op norm:senvcfg_lpe_Zicfilp "
     "norm:zicflip_elp_lpad_expected an indirect jump "
     "needs a landing pad where LPE of that mode is on")
{
    need_zicfilp();
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        context("mode", m);
        enable(m, 1);
        place_target(NOP);
        struct trap t = jump(m, JALR(ZERO, A0, 0));
        CHECK_EQ(t.bank, BANK_M);
        CHECK_EQ(t.cause, EXC_SOFTWARE_CHECK);
        CHECK_EQ(t.tval, 2);
        CHECK_EQ(t.epc, TARGET);
        CHECK_EQ(t.gva, 0);
        CHECK_EQ(t.tinst, 0);
        CHECK_EQ(t.tval2, 0);
        CHECK_EQ(t.mstatus & MSTATUS_MPELP, MSTATUS_MPELP);
        place_target(LPAD(0));
        t = jump(m, JALR(ZERO, A0, 0));
        CHECK_EQ(t.cause, ecall_cause[m]);
        CHECK_EQ(t.mstatus & MSTATUS_MPELP, 0);
        enable(m, 0);
        place_target(NOP);
        t = jump(m, JALR(ZERO, A0, 0));
        CHECK_EQ(t.cause, ecall_cause[m]);
        CHECK_EQ(t.mstatus & MSTATUS_MPELP, 0);
    }
}

TEST("norm:henvcfg_lpe_op each mode looks at its own enable only")
{
    need_zicfilp();
    place_target(NOP);
    for (enum mode on = MODE_U; on <= MODE_VS; on++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            context("enabled", on);
            context("mode", m);
            for (enum mode k = MODE_U; k <= MODE_VS; k++)
                enable(k, 0);
            enable(on, 1);
            int same = m == on || (NOMINAL(m) == 0 && NOMINAL(on) == 0);
            CHECK_EQ(jump(m, JALR(ZERO, A0, 0)).cause, same ? EXC_SOFTWARE_CHECK : ecall_cause[m]);
        }
}

TEST("norm:zicflip_lpad_expected norm:zicflip_indirect_branch_lpad jumps through x1, x5 and x7 "
     "expect nothing")
{
    need_zicfilp();
    enable(MODE_VS, 1);
    place_target(NOP);
    static const u8 regs[] = {RA, T0, T2};
    for (unsigned i = 0; i < 3; i++) {
        struct trap t =
            RUN(MODE_VS, CODE(ADDI(regs[i], A0, 0), JALR(ZERO, regs[i], 0)), .a0 = TARGET);
        CHECK_EQ(t.cause, EXC_ECALL_VS);
    }
    CHECK_EQ(jump(MODE_VS, JALR(RA, A0, 0)).cause, EXC_SOFTWARE_CHECK);
    CHECK_EQ(RUN(MODE_VS, CODE(JAL(ZERO, 8), NOP, NOP)).bank, BANK_NONE);
}

TEST("norm:zicflip_lpad_label norm:zicflip_lpad_label_exception labels are compared with x7")
{
    need_zicfilp();
    enable(MODE_VS, 1);
    for (u32 label = 0; label < 3; label++) {
        place_target(LPAD(label));
        struct trap t =
            RUN(MODE_VS, CODE(ADDI(T2, A1, 0), JALR(ZERO, A0, 0)), .a0 = TARGET, .a1 = 0x1abc);
        CHECK_EQ(t.cause, label == 2 ? EXC_SOFTWARE_CHECK : EXC_ECALL_VS);
    }
}

TEST("norm:mstatus_spelp_mpelp_op norm:stval_exception_info norm:sstatus_spelp "
     "norm:lpad_sw_exception norm:cfi_mstatus_spelp_op norm:vsstatus_spelp_op "
     "norm:vsstatus_spelp_op2 norm:cfi_sstatus_spelp_op "
     "norm:Zicfilp_pelp_trap "
     "the expectation is kept in the SPELP of the bank that takes the trap")
{
    need_zicfilp();
    enable(MODE_VS, 1);
    place_target(NOP);
    delegate_all(BANK_VS);
    struct trap t = jump(MODE_VS, JALR(ZERO, A0, 0));
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.cause, EXC_SOFTWARE_CHECK);
    CHECK_EQ(t.tval, 2);
    CHECK_EQ(t.after.vsstatus & STATUS_SPELP, STATUS_SPELP);
    CHECK_EQ(t.after.sstatus & STATUS_SPELP, 0);
    csr_write(CSR_VSSTATUS, 0);
    delegate_all(BANK_HS);
    t = jump(MODE_VS, JALR(ZERO, A0, 0));
    CHECK_EQ(t.bank, BANK_HS);
    CHECK_EQ(t.cause, EXC_SOFTWARE_CHECK);
    CHECK_EQ(t.after.sstatus & STATUS_SPELP, STATUS_SPELP);
    CHECK_EQ(t.after.vsstatus & STATUS_SPELP, 0);
}

TEST("norm:Zicfilp_forward_traps norm:Zicfilp_forward_trap_async_exception "
     "norm:Zicfilp_exception_priority a fetch fault at "
     "the "
     "target comes first and keeps the expectation")
{
    need_zicfilp();
    two_stage(SV_MIN, SV_MIN, 0);
    enable(MODE_VS, 1);
    *ts.g_leaf &= ~(pte_t)PTE_X;
    fence_all();
    delegate_all(BANK_HS);
    struct trap t = exec(MODE_VS, JALR(ZERO, A0, 0), ts.va, 0);
    CHECK_EQ(t.bank, BANK_HS);
    CHECK_EQ(t.cause, EXC_INSN_GUEST_PAGE);
    CHECK_EQ(t.epc, ts.va);
    CHECK_EQ(t.after.sstatus & STATUS_SPELP, STATUS_SPELP);
}

TEST("norm:Zicfilp_exception_priority an illegal instruction at the target is a landing-pad fault")
{
    need_zicfilp();
    enable(MODE_VS, 1);
    place_target(UNIMP);
    CHECK_EQ(jump(MODE_VS, JALR(ZERO, A0, 0)).cause, EXC_SOFTWARE_CHECK);
}

TEST("norm:Zicfilp_forward_trap_async_interrupt an interrupt before the landing pad keeps the "
     "expectation")
{
    need_zicfilp();
    enable(MODE_VS, 1);
    place_target(LPAD(0));
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, BIT(IRQ_VSSI));
    csr_write(CSR_VSSTATUS, STATUS_SIE | STATUS_SPELP);
    struct trap t = RUN(MODE_VS, .pc = TARGET, .mstatus = MSTATUS_MPELP);
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.cause, INTERRUPT | IRQ_SSI);
    CHECK_EQ(t.epc, TARGET);
    CHECK_EQ(t.after.vsstatus & STATUS_SPELP, STATUS_SPELP);
}

TEST("norm:mstatus_spelp_mpelp_op norm:Zicfilp_pelp_trap_return norm:cfi_mstatus_mpelp_op MRET "
     "restores the expectation when "
     "LPE "
     "of the new mode is on, and clears MPELP")
{
    need_zicfilp();
    place_target(NOP);
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        context("mode", m);
        enable(m, 1);
        struct trap t = RUN(m, .pc = TARGET, .mstatus = MSTATUS_MPELP);
        CHECK_EQ(t.cause, EXC_SOFTWARE_CHECK);
        CHECK_EQ(t.epc, TARGET);
        enable(m, 0);
        t = RUN(m, .pc = TARGET, .mstatus = MSTATUS_MPELP);
        CHECK_EQ(t.cause, ecall_cause[m]);
        CHECK_EQ(t.mstatus & MSTATUS_MPELP, 0);
    }
}

TEST("norm:Zicfilp_pelp_trap_return SRET from HS to VS uses sstatus.SPELP, from VS vsstatus.SPELP")
{
    need_zicfilp();
    place_target(NOP);
    enable(MODE_VS, 1);
    csr_write(CSR_SEPC, TARGET);
    csr_write(CSR_VSEPC, TARGET);
    for (unsigned pelp = 0; pelp < 2; pelp++) {
        csr_write(CSR_HSTATUS, HSTATUS_SPV);
        csr_write(CSR_MSTATUS, STATUS_SPP | (pelp ? STATUS_SPELP : 0));
        csr_write(CSR_VSSTATUS, 0);
        struct trap t = exec(MODE_HS, SRET, 0, 0);
        CHECK_EQ(t.cause, pelp ? EXC_SOFTWARE_CHECK : EXC_ECALL_VS);
        CHECK_EQ(t.after.sstatus & STATUS_SPELP, 0);
        csr_write(CSR_VSSTATUS, STATUS_SPP | (pelp ? STATUS_SPELP : 0));
        t = exec(MODE_VS, SRET, 0, 0);
        CHECK_EQ(t.cause, pelp ? EXC_SOFTWARE_CHECK : EXC_ECALL_VS);
        CHECK_EQ(t.after.vsstatus & STATUS_SPELP, 0);
    }
    csr_write(CSR_MSTATUS, 0);
}

TEST("norm:zicflip_lpad_no_sw_exception norm:zicflip_lpad_enabled_instr_allowed LPAD without an "
     "expectation, or disabled, does "
     "nothing")
{
    need_zicfilp();
    EXPECT_DONE(exec(MODE_VS, LPAD(5), 0, 0));
    enable(MODE_VS, 1);
    EXPECT_DONE(exec(MODE_VS, LPAD(5), 0, 0));
}

TEST("norm:zicflip_lpad_enabled_exception norm:zicflip_lpad_alignment_exception a landing pad that "
     "is not 4-byte aligned faults")
{
    need_zicfilp();
    enable(MODE_VS, 1);
    u16 *at = (u16 *)(TARGET + 2);
    at[0] = (u16)LPAD(0);
    at[1] = (u16)(LPAD(0) >> 16);
    struct trap t = RUN(MODE_VS, CODE(JALR(ZERO, A0, 0)), .a0 = TARGET + 2);
    CHECK_EQ(t.cause, EXC_SOFTWARE_CHECK);
    CHECK_EQ(t.epc, TARGET + 2);
}
