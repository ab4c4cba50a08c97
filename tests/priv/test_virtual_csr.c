/* Virtual-instruction or illegal-instruction exception: CSR accesses. */
#include "priv.h"

static const u16 supervisor_csrs[] = {CSR_SSTATUS, CSR_SIE,      CSR_STVEC, CSR_SCOUNTEREN,
                                      CSR_SENVCFG, CSR_SSCRATCH, CSR_SEPC,  CSR_SCAUSE,
                                      CSR_STVAL,   CSR_SIP,      CSR_SATP};
static const u16 hypervisor_csrs[] = {
    CSR_HSTATUS, CSR_HEDELEG, CSR_HIDELEG, CSR_HIE,  CSR_HTIMEDELTA, CSR_HCOUNTEREN, CSR_HGEIE,
    CSR_HENVCFG, CSR_HTVAL,   CSR_HIP,     CSR_HVIP, CSR_HTINST,     CSR_HGATP};
static const u16 vs_csrs[] = {CSR_VSSTATUS, CSR_VSIE,   CSR_VSTVEC, CSR_VSSCRATCH, CSR_VSEPC,
                              CSR_VSCAUSE,  CSR_VSTVAL, CSR_VSIP,   CSR_VSATP};
static const u16 machine_csrs[] = {CSR_MSTATUS, CSR_MISA,   CSR_MEDELEG, CSR_MIDELEG, CSR_MIE,
                                   CSR_MTVEC,   CSR_MEPC,   CSR_MCAUSE,  CSR_MTVAL,   CSR_MIP,
                                   CSR_MTINST,  CSR_MTVAL2, CSR_MENVCFG, CSR_MCYCLE,  CSR_MHARTID};
#define COUNT(array) (sizeof(array) / sizeof(array[0]))

TEST("norm:H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0 VU-mode access to supervisor CSRs")
{
    for (unsigned i = 0; i < COUNT(supervisor_csrs); i++) {
        EXPECT_OUTCOME(MODE_VU, PEEK(supervisor_csrs[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VU, TOUCH(supervisor_csrs[i]), EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, PEEK(supervisor_csrs[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, TOUCH(supervisor_csrs[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_U, PEEK(supervisor_csrs[i]), EXC_ILLEGAL);
    }
}

TEST("norm:H_virtinst_vu_vs_nonhigh_allowedhs_tvm0 norm:H_csrs_hs_not_vs VS and VU access to "
     "hypervisor CSRs")
{
    for (unsigned i = 0; i < COUNT(hypervisor_csrs); i++) {
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            EXPECT_OUTCOME(m, PEEK(hypervisor_csrs[i]), EXC_VIRTUAL);
            EXPECT_OUTCOME(m, TOUCH(hypervisor_csrs[i]), EXC_VIRTUAL);
        }
        EXPECT_OUTCOME(MODE_HS, PEEK(hypervisor_csrs[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, TOUCH(hypervisor_csrs[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_U, PEEK(hypervisor_csrs[i]), EXC_ILLEGAL);
    }
}

TEST("norm:H_vscsrs_acc_vs norm:H_vscsrs_acc_u norm:H_vscsrs_acc_m_hs VS CSRs by their own numbers")
{
    for (unsigned i = 0; i < COUNT(vs_csrs); i++) {
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            EXPECT_OUTCOME(m, PEEK(vs_csrs[i]), EXC_VIRTUAL);
            EXPECT_OUTCOME(m, TOUCH(vs_csrs[i]), EXC_VIRTUAL);
        }
        EXPECT_OUTCOME(MODE_U, PEEK(vs_csrs[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, TOUCH(vs_csrs[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_M, TOUCH(vs_csrs[i]), NO_TRAP);
    }
}

TEST("norm:H_cause_virtual_instruction machine CSRs are illegal from every other mode")
{
    for (unsigned i = 0; i < COUNT(machine_csrs); i++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++)
            if (m != MODE_M)
                EXPECT_OUTCOME(m, PEEK(machine_csrs[i]), EXC_ILLEGAL);
}

TEST("norm:H_cause_virtual_instruction CSRs that do not exist are illegal, not virtual")
{
    static const u16 numbers[] = {0x1bf, 0x180 + 0x20, 0x2bf, 0x6bf, 0x6b0,        0xd7f,
                                  0xe3f, 0x07f,        0x8ff, 0xcff, 0x140 + 0x1f, 0x240 + 0x1e};
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        if (csr_exists(numbers[i]))
            continue;
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            EXPECT_OUTCOME(m, PEEK(numbers[i]), EXC_ILLEGAL);
            EXPECT_OUTCOME(m, TOUCH(numbers[i]), EXC_ILLEGAL);
        }
    }
}

TEST("norm:hgeip_sz_acc_op norm:H_virtinst_vu_vs_nonhigh_allowedhs_tvm0 hgeip: reads are virtual, "
     "writes illegal")
{
    for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
        EXPECT_OUTCOME(m, PEEK(CSR_HGEIP), EXC_VIRTUAL);
        EXPECT_OUTCOME(m, TOUCH(CSR_HGEIP), EXC_ILLEGAL);
        EXPECT_OUTCOME(m, CSRW(CSR_HGEIP, A0), EXC_ILLEGAL);
    }
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HGEIP), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_HGEIP), EXC_ILLEGAL);
}

TEST("norm:H_cause_virtual_instruction a write to a read-only supervisor CSR from VU is illegal")
{
    NEED(csr_exists(CSR_SCOUNTOVF), "no Sscofpmf");
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_SCOUNTOVF), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, TOUCH(CSR_SCOUNTOVF), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_SCOUNTOVF), EXC_ILLEGAL);
}

TEST("norm:H_scsrs_nomatch senvcfg and scounteren are the same registers in VS-mode")
{
    static const u16 shared[] = {CSR_SENVCFG, CSR_SCOUNTEREN};
    for (unsigned i = 0; i < 2; i++) {
        context("CSR", shared[i]);
        struct trap t = exec(MODE_VS, CSRW(shared[i], A0), 1, 0);
        EXPECT_DONE(t);
        CHECK_EQ(csr_get(shared[i]) & 1, 1);
        EXPECT_DONE(exec(MODE_HS, CSRW(shared[i], A0), 0, 0));
        t = exec(MODE_VS, CSRR(A0, shared[i]), 1, 0);
        CHECK_EQ(RESULT(t) & 1, 0);
    }
}

TEST("norm:H_cause_virtual_instruction a trapping access writes neither the CSR nor rd")
{
    csr_write(CSR_SSCRATCH, 0x11);
    csr_write(CSR_VSSCRATCH, 0x22);
    struct trap t = exec(MODE_VU, CSRRW(A1, CSR_SSCRATCH, A0), 0x33, 0x44);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_VIRTUAL, INSN(CSRRW(A1, CSR_SSCRATCH, A0)));
    CHECK_EQ(t.regs[A1], 0x44);
    t = exec(MODE_VS, CSRRW(A1, CSR_VSSCRATCH, A0), 0x33, 0x44);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_VIRTUAL, INSN(CSRRW(A1, CSR_VSSCRATCH, A0)));
    CHECK_EQ(t.regs[A1], 0x44);
    CHECK_EQ(csr_read(CSR_SSCRATCH), 0x11);
    CHECK_EQ(csr_read(CSR_VSSCRATCH), 0x22);
    t = exec(MODE_VS, CSRRW(A1, CSR_HTIMEDELTA, A0), 0x33, 0x44);
    CHECK_EQ(csr_read(CSR_HTIMEDELTA), 0);
    t = exec(MODE_VS, CSRRSI(A1, CSR_HIDELEG, 4), 0, 0x44);
    CHECK_EQ(csr_read(CSR_HIDELEG), 0);
}

TEST("norm:H_vscsrs_sub norm:vsscratch_sz_acc_op norm:vstvec_sz_acc_op norm:vspec_sz_acc_op "
     "norm:vscause_sz_acc_op norm:vstval_sz_acc_op with V=1 the VS CSRs stand in")
{
    static const u16 numbers[] = {CSR_SSCRATCH, CSR_STVEC, CSR_SEPC, CSR_SCAUSE, CSR_STVAL};
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        u16 hs = numbers[i], vs = (u16)(hs + 0x100);
        context("CSR", hs);
        csr_put(hs, 4);
        csr_put(vs, 8);
        struct trap t = exec(MODE_VS, CSRRW(A0, hs, A0), 12, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), 8);
        CHECK_EQ(csr_get(vs), 12);
        CHECK_EQ(csr_get(hs), 4);
        t = exec(MODE_HS, CSRRW(A0, hs, A0), 0, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), 4);
        CHECK_EQ(csr_get(vs), 12);
        csr_put(CSR_STVEC, (ulong)s_vector);
        csr_put(CSR_VSTVEC, (ulong)s_vector);
    }
}

TEST("norm:H_vscsrs_sub norm:vsatp_sz_acc_op norm:vsstatus_sz_acc_op satp and sstatus in VS-mode")
{
    two_stage(SV_MIN, SV_MIN, 0);
    struct trap t = exec(MODE_VS, CSRR(A0, CSR_SATP), 0, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), csr_read(CSR_VSATP));
    CHECK(csr_read(CSR_SATP) == 0);
    csr_write(CSR_VSSTATUS, STATUS_SUM);
    csr_clear(CSR_MSTATUS, STATUS_SUM);
    t = exec(MODE_VS, CSRR(A0, CSR_SSTATUS), 0, 0);
    CHECK_EQ(RESULT(t) & (STATUS_SUM | STATUS_MXR), STATUS_SUM);
    t = exec(MODE_VS, CSRW(CSR_SSTATUS, A0), STATUS_MXR, 0);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & (STATUS_SUM | STATUS_MXR), STATUS_MXR);
    CHECK_EQ(csr_read(CSR_SSTATUS) & (STATUS_SUM | STATUS_MXR), 0);
}

TEST("norm:hstatus_vtvm_op norm:H_virtinst_vs_sfence_sinval_satp_vtvm1 satp with VTVM=1")
{
    csr_write(CSR_HSTATUS, HSTATUS_VTVM);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SATP), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_SATP), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, CSRW(CSR_SATP, A0), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SATP), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HGATP), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSATP), NO_TRAP);
}

TEST("norm:mstatus_tvm_hs norm:hgatp_tvm_illegal norm:mstatus_modes TVM: satp and hgatp in HS only")
{
    csr_set(CSR_MSTATUS, STATUS_TVM);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SATP), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_HGATP), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HGATP), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_VSATP), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_SATP), NO_TRAP);
    EXPECT_OUTCOME(MODE_M, TOUCH(CSR_HGATP), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_HGATP), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_SATP), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_HGATP), EXC_VIRTUAL);
}

TEST("norm:H_illegal_high_half XLEN=64: the high-half numbers are illegal in every mode")
{
    NEED(RV64, "RV32 has high halves");
    static const u16 numbers[] = {CSR_CYCLEH,     CSR_TIMEH,    CSR_INSTRETH,  CSR_HTIMEDELTAH,
                                  CSR_HENVCFGH,   CSR_HEDELEGH, CSR_STIMECMPH, CSR_VSTIMECMPH,
                                  CSR_HSTATEEN0H, CSR_MENVCFGH, CSR_MSTATUSH};
    for (unsigned i = 0; i < COUNT(numbers); i++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++)
            EXPECT_OUTCOME(m, PEEK(numbers[i]), EXC_ILLEGAL);
}

TEST("norm:H_virtinst_vu_vs32_high_allowedhs_tvm0 norm:H_cause_virtual_instruction_high XLEN=32: "
     "high halves of hypervisor and VS CSRs")
{
    NEED(!RV64, "RV64 has no high halves");
    static const u16 numbers[] = {CSR_HTIMEDELTAH, CSR_HENVCFGH, CSR_HEDELEGH, CSR_HSTATEEN0H};
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        if (!csr_exists(numbers[i]))
            continue;
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            EXPECT_OUTCOME(m, PEEK(numbers[i]), EXC_VIRTUAL);
            EXPECT_OUTCOME(m, TOUCH(numbers[i]), EXC_VIRTUAL);
        }
        EXPECT_OUTCOME(MODE_HS, TOUCH(numbers[i]), NO_TRAP);
        EXPECT_OUTCOME(MODE_U, PEEK(numbers[i]), EXC_ILLEGAL);
    }
}

TEST("norm:H_virtinst_xtval xtval holds the instruction, as for an illegal one; delegable to HS "
     "only")
{
    u32 insn = CSRRWI(A3, CSR_HTINST, 17);
    for (enum bank b = BANK_M; b <= BANK_VS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_VS, insn, 0, 0), .bank = b == BANK_VS ? BANK_HS : b,
                    .cause = EXC_VIRTUAL, INSN(insn));
    }
}
