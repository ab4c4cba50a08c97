/* Virtual-instruction or illegal-instruction exception: instructions other than CSR accesses. */
#include "priv.h"

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

TEST("norm:hlsv_mode norm:H_virtinst_vu_vs_hinst norm:hlsv_virtinst norm:hlsv_illegalinst HLV, "
     "HLVX, HSV by mode")
{
    static const u32 insns[] = {HLV_B(A1, A0), HLV_BU(A1, A0),  HLV_H(A1, A0),   HLV_HU(A1, A0),
                                HLV_W(A1, A0), HLVX_HU(A1, A0), HLVX_WU(A1, A0), HSV_B(A1, A0),
                                HSV_H(A1, A0), HSV_W(A1, A0),   HLV_D(A1, A0),   HLV_WU(A1, A0),
                                HSV_D(A1, A0)};
    for (ulong hu = 0; hu < 2; hu++) {
        csr_write(CSR_HSTATUS, hu ? HSTATUS_HU : 0);
        for (unsigned i = 0; i < (RV64 ? COUNT(insns) : COUNT(insns) - 3); i++) {
            EXPECT_OUTCOME(MODE_VS, insns[i], EXC_VIRTUAL);
            EXPECT_OUTCOME(MODE_VU, insns[i], EXC_VIRTUAL);
            if (!hu)
                EXPECT_OUTCOME(MODE_U, insns[i], EXC_ILLEGAL);
        }
    }
}

TEST("norm:hlsv_op HLV.WU, HLV.D and HSV.D are illegal on RV32, in every mode")
{
    NEED(!RV64, "they exist on RV64");
    static const u32 insns[] = {HLV_D(A1, A0), HLV_WU(A1, A0), HSV_D(A1, A0)};
    csr_write(CSR_HSTATUS, HSTATUS_HU);
    for (unsigned i = 0; i < COUNT(insns); i++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++)
            EXPECT_OUTCOME(m, insns[i], EXC_ILLEGAL);
}

TEST("norm:hlvx-wu_valid32 HLVX.WU is valid on RV32 and RV64")
{
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    *(volatile u32 *)ts.mem = 0x89abcdef;
    struct trap t = exec(MODE_HS, HLVX_WU(A0, A0), ts.va, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0x89abcdefu);
}

TEST("norm:hlsv_op reserved encodings next to HLV and HSV are illegal, with V=1 too")
{
    static const u32 insns[] = {HLV(0x30, 2, A1, A0),       HLV(0x30, 3, A1, A0),
                                HLV(0x36, 1, A1, A0),       HLV(0x36, 3, A1, A0),
                                HSV(0x31, A1, A0) | 1 << 7, R_TYPE(0x73, 4, 0x38, A1, A0, 0)};
    for (unsigned i = 0; i < COUNT(insns); i++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++)
            EXPECT_OUTCOME(m, insns[i], EXC_ILLEGAL);
}

TEST("norm:hfence-vvma_hfence-gvma_exceptions norm:hfence-vvma_mode fences by mode; HU is no help")
{
    static const u32 insns[] = {HFENCE_VVMA(A0, A0), HFENCE_GVMA(A0, A0), HFENCE_VVMA(0, 0),
                                HFENCE_GVMA(0, 0)};
    csr_write(CSR_HSTATUS, HSTATUS_HU);
    for (unsigned i = 0; i < COUNT(insns); i++) {
        EXPECT_OUTCOME(MODE_U, insns[i], EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, insns[i], EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, insns[i], EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_HS, insns[i], NO_TRAP);
        EXPECT_OUTCOME(MODE_M, insns[i], NO_TRAP);
    }
}

static int has_svinval(void)
{
    return exec(MODE_M, SINVAL_VMA(0, 0), 0, 0).bank == BANK_NONE;
}

TEST("norm:Svinval_virtual_instruction_vu_vs norm:Svinval_illegal_instruction_u_mode HINVAL and "
     "SINVAL by mode")
{
    NEED(has_svinval(), "no Svinval");
    csr_write(CSR_HSTATUS, HSTATUS_HU);
    static const u32 insns[] = {HINVAL_VVMA(A0, A0), HINVAL_GVMA(A0, A0), SINVAL_VMA(A0, A0)};
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OUTCOME(MODE_U, insns[i], EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, insns[i], EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, insns[i], i < 2 ? EXC_VIRTUAL : NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, insns[i], NO_TRAP);
        EXPECT_OUTCOME(MODE_M, insns[i], NO_TRAP);
    }
}

TEST("norm:Svinval_sfence_w_inval_inval_vu_mode norm:Svinval_sfence_w_inval_inval_s_vs_mode "
     "norm:Svinval_sfence_w_inval_inval_u_mode SFENCE.W.INVAL and SFENCE.INVAL.IR")
{
    NEED(has_svinval(), "no Svinval");
    csr_write(CSR_HSTATUS, HSTATUS_VTVM);
    csr_set(CSR_MSTATUS, STATUS_TVM);
    static const u32 insns[] = {SFENCE_W_INVAL, SFENCE_INVAL_IR};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OUTCOME(MODE_U, insns[i], EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, insns[i], EXC_VIRTUAL);
        EXPECT_OUTCOME(MODE_VS, insns[i], NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, insns[i], NO_TRAP);
    }
}

TEST("norm:hstatus_vtvm_op norm:Svinval_virtual_instruction_vtvms VTVM: SFENCE.VMA and SINVAL.VMA "
     "in VS")
{
    csr_write(CSR_HSTATUS, HSTATUS_VTVM);
    EXPECT_OUTCOME(MODE_VS, SFENCE_VMA(0, 0), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, SFENCE_VMA(A0, A0), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, SFENCE_VMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, HFENCE_VVMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, HFENCE_GVMA(0, 0), NO_TRAP);
    if (has_svinval())
        EXPECT_OUTCOME(MODE_VS, SINVAL_VMA(0, 0), EXC_VIRTUAL);
}

TEST("norm:hfence-vvma_tvm norm:hfence-gvma_op norm:Svinval_illegal_instruction_tvm TVM and the "
     "fences, in HS-mode only")
{
    csr_set(CSR_MSTATUS, STATUS_TVM);
    EXPECT_OUTCOME(MODE_HS, SFENCE_VMA(0, 0), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, HFENCE_GVMA(0, 0), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, HFENCE_VVMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_M, HFENCE_GVMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, SFENCE_VMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, HFENCE_GVMA(0, 0), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, HFENCE_GVMA(0, 0), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, SFENCE_VMA(0, 0), EXC_VIRTUAL);
    if (!has_svinval())
        return;
    EXPECT_OUTCOME(MODE_HS, SINVAL_VMA(0, 0), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, HINVAL_GVMA(0, 0), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, HINVAL_VVMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, SINVAL_VMA(0, 0), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, HINVAL_GVMA(0, 0), EXC_VIRTUAL);
}

TEST("norm:H_virtinst_vu_sret_sfence SRET and SFENCE.VMA in VU")
{
    EXPECT_OUTCOME(MODE_VU, SRET, EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, SFENCE_VMA(0, 0), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_U, SRET, EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_U, SFENCE_VMA(0, 0), EXC_ILLEGAL);
    csr_set(CSR_MSTATUS, STATUS_TSR);
    csr_write(CSR_HSTATUS, HSTATUS_VTSR);
    EXPECT_OUTCOME(MODE_VU, SRET, EXC_VIRTUAL);
}

TEST("norm:H_cause_virtual_instruction MRET and other machine instructions are illegal below M")
{
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        if (m == MODE_M)
            continue;
        EXPECT_OUTCOME(m, MRET, EXC_ILLEGAL);
        EXPECT_OUTCOME(m, 0x70200073u /* mnret */, EXC_ILLEGAL);
        EXPECT_OUTCOME(m, 0x7b200073u /* dret */, EXC_ILLEGAL);
    }
}

TEST("norm:hstatus_vtsr_op norm:H_virtinst_vs_sret_vtsr1 norm:mstatus_modes SRET: VTSR in VS, TSR "
     "in HS")
{
    csr_write(CSR_HSTATUS, HSTATUS_VTSR);
    EXPECT_OUTCOME(MODE_VS, SRET, EXC_VIRTUAL);
    csr_write(CSR_SEPC, (ulong)slot_pages + 0x44);
    csr_set(CSR_MSTATUS, STATUS_SPP);
    EXPECT_OUTCOME(MODE_HS, SRET, NO_TRAP);
    csr_write(CSR_HSTATUS, 0);
    csr_set(CSR_MSTATUS, STATUS_TSR);
    EXPECT_OUTCOME(MODE_HS, SRET, EXC_ILLEGAL);
    csr_write(CSR_VSSTATUS, STATUS_SPP);
    csr_write(CSR_VSEPC, (ulong)slot_pages + 0x44);
    EXPECT_OUTCOME(MODE_VS, SRET, NO_TRAP);
    csr_set(CSR_MSTATUS, STATUS_SPP);
    struct trap t = exec(MODE_M, SRET, 0, 0);
    EXPECT_DONE(t);
}

TEST("norm:vtw_virtinstr norm:H_virtinst_vu_wfi_tw0 norm:H_virtinst_wfi_vtw1_tw0 "
     "norm:hstatus_vtw_op WFI by mode")
{
    EXPECT_OUTCOME(MODE_VU, WFI, EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_U, WFI, EXC_ILLEGAL);
    csr_write(CSR_HSTATUS, HSTATUS_VTW);
    EXPECT_OUTCOME(MODE_VS, WFI, EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VU, WFI, EXC_VIRTUAL);
}

TEST("norm:mstatus_modes norm:hstatus_vtw_op TW=1 makes WFI illegal below M, before VTW and VU")
{
    csr_set(CSR_MSTATUS, STATUS_TW);
    for (ulong vtw = 0; vtw < 2; vtw++) {
        csr_write(CSR_HSTATUS, vtw ? HSTATUS_VTW : 0);
        EXPECT_OUTCOME(MODE_U, WFI, EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, WFI, EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VS, WFI, EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, WFI, EXC_ILLEGAL);
    }
}

TEST("norm:hstatus_vtw_op VTW does not reach HS; WFI ends when an interrupt is pending")
{
    csr_write(CSR_HSTATUS, HSTATUS_VTW);
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    EXPECT_OUTCOME(MODE_HS, WFI, NO_TRAP);
}

TEST("norm:H_illegalinst_xstatus_fs_vs FS Off in sstatus or vsstatus is illegal, never virtual")
{
    static const u32 insns[] = {FADD_D(1, 2, 3), FLW(1, A0, 0), FMV_W_X(1, A0), CSRR(A1, CSR_FCSR),
                                CSRW(CSR_FFLAGS, A0)};
    for (unsigned off = 1; off < 4; off++)
        for (unsigned i = 0; i < COUNT(insns); i++) {
            context("off (1 sstatus, 2 vsstatus, 3 both)", off);
            csr_write(CSR_MSTATUS, off & 1 ? 0 : STATUS_FS);
            csr_write(CSR_VSSTATUS, off & 2 ? 0 : STATUS_FS);
            EXPECT_OUTCOME(MODE_VS, insns[i], EXC_ILLEGAL);
            EXPECT_OUTCOME(MODE_VU, insns[i], EXC_ILLEGAL);
            if (i != 1)
                EXPECT_OUTCOME(MODE_HS, insns[i], off & 1 ? EXC_ILLEGAL : NO_TRAP);
        }
}

TEST("norm:H_illegalinst_xstatus_fs_vs VS Off in sstatus or vsstatus is illegal, never virtual")
{
    csr_set(CSR_MSTATUS, STATUS_VS);
    NEED(csr_read(CSR_MSTATUS) & STATUS_VS, "no vectors");
    u32 vsetvli = 0x0c0572d7u; /* vsetvli t0, a0, e8, m1, ta, ma */
    csr_write(CSR_VSSTATUS, STATUS_VS);
    EXPECT_OUTCOME(MODE_VS, vsetvli, NO_TRAP);
    csr_write(CSR_VSSTATUS, 0);
    EXPECT_OUTCOME(MODE_VS, vsetvli, EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VU, vsetvli, EXC_ILLEGAL);
    csr_write(CSR_VSSTATUS, STATUS_VS);
    csr_clear(CSR_MSTATUS, STATUS_VS);
    EXPECT_OUTCOME(MODE_VS, vsetvli, EXC_ILLEGAL);
}
