/* Instruction encoders, so that a test writes the instruction it means whatever the assembler
 * knows, and the transformation of an instruction that the hypervisor chapter defines for
 * mtinst/htinst. Register operands are the constants below. */
#ifndef PRIV_INSN_H
#define PRIV_INSN_H

enum { ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5, A6, A7 };

#define R_TYPE(op, f3, f7, rd, rs1, rs2)                                                           \
    ((u32)(f7) << 25 | (u32)(rs2) << 20 | (u32)(rs1) << 15 | (u32)(f3) << 12 | (u32)(rd) << 7 |    \
     (op))
#define I_TYPE(op, f3, rd, rs1, imm)                                                               \
    (((u32)(imm)&0xfff) << 20 | (u32)(rs1) << 15 | (u32)(f3) << 12 | (u32)(rd) << 7 | (op))
#define S_TYPE(op, f3, rs1, rs2, imm)                                                              \
    (((u32)(imm) >> 5 & 0x7f) << 25 | (u32)(rs2) << 20 | (u32)(rs1) << 15 | (u32)(f3) << 12 |      \
     ((u32)(imm)&31) << 7 | (op))

#define LB(rd, rs1, imm)   I_TYPE(0x03, 0, rd, rs1, imm)
#define LH(rd, rs1, imm)   I_TYPE(0x03, 1, rd, rs1, imm)
#define LW(rd, rs1, imm)   I_TYPE(0x03, 2, rd, rs1, imm)
#define LD(rd, rs1, imm)   I_TYPE(0x03, 3, rd, rs1, imm)
#define LBU(rd, rs1, imm)  I_TYPE(0x03, 4, rd, rs1, imm)
#define LHU(rd, rs1, imm)  I_TYPE(0x03, 5, rd, rs1, imm)
#define LWU(rd, rs1, imm)  I_TYPE(0x03, 6, rd, rs1, imm)
#define SB(rs2, rs1, imm)  S_TYPE(0x23, 0, rs1, rs2, imm)
#define SH(rs2, rs1, imm)  S_TYPE(0x23, 1, rs1, rs2, imm)
#define SW(rs2, rs1, imm)  S_TYPE(0x23, 2, rs1, rs2, imm)
#define SD(rs2, rs1, imm)  S_TYPE(0x23, 3, rs1, rs2, imm)
#define FLH(rd, rs1, imm)  I_TYPE(0x07, 1, rd, rs1, imm)
#define FLW(rd, rs1, imm)  I_TYPE(0x07, 2, rd, rs1, imm)
#define FLD(rd, rs1, imm)  I_TYPE(0x07, 3, rd, rs1, imm)
#define FSH(rs2, rs1, imm) S_TYPE(0x27, 1, rs1, rs2, imm)
#define FSW(rs2, rs1, imm) S_TYPE(0x27, 2, rs1, rs2, imm)
#define FSD(rs2, rs1, imm) S_TYPE(0x27, 3, rs1, rs2, imm)
/* The load and the store of a whole register, of this XLEN. */
#define LX(rd, rs1, imm)  (__riscv_xlen == 64 ? LD(rd, rs1, imm) : LW(rd, rs1, imm))
#define SX(rs2, rs1, imm) (__riscv_xlen == 64 ? SD(rs2, rs1, imm) : SW(rs2, rs1, imm))

#define AMO(f5, width, rd, rs2, rs1) R_TYPE(0x2f, width, (f5) << 2, rd, rs1, rs2)
#define AMOADD_B(rd, rs2, rs1)       AMO(0, 0, rd, rs2, rs1)
#define AMOADD_W(rd, rs2, rs1)       AMO(0, 2, rd, rs2, rs1)
#define AMOADD_D(rd, rs2, rs1)       AMO(0, 3, rd, rs2, rs1)
#define AMOSWAP_W(rd, rs2, rs1)      AMO(1, 2, rd, rs2, rs1)
#define LR_W(rd, rs1)                AMO(2, 2, rd, 0, rs1)
#define LR_D(rd, rs1)                AMO(2, 3, rd, 0, rs1)
#define SC_W(rd, rs2, rs1)           AMO(3, 2, rd, rs2, rs1)
#define SC_D(rd, rs2, rs1)           AMO(3, 3, rd, rs2, rs1)
#define AMOCAS_W(rd, rs2, rs1)       AMO(5, 2, rd, rs2, rs1)
#define AMOCAS_D(rd, rs2, rs1)       AMO(5, 3, rd, rs2, rs1)
#define AMOCAS_Q(rd, rs2, rs1)       AMO(5, 4, rd, rs2, rs1)
#define SSAMOSWAP_W(rd, rs2, rs1)    AMO(9, 2, rd, rs2, rs1)

#define ADD(rd, rs1, rs2)  R_TYPE(0x33, 0, 0, rd, rs1, rs2)
#define ADDI(rd, rs1, imm) I_TYPE(0x13, 0, rd, rs1, imm)
#define NOP                ADDI(ZERO, ZERO, 0)
#define AUIPC(rd, imm20)   ((u32)(imm20) << 12 | (u32)(rd) << 7 | 0x17)
#define JALR(rd, rs1, imm) I_TYPE(0x67, 0, rd, rs1, imm)
#define JAL(rd, off)                                                                               \
    (((u32)(off) >> 20 & 1) << 31 | ((u32)(off) >> 1 & 0x3ff) << 21 |                              \
     ((u32)(off) >> 11 & 1) << 20 | ((u32)(off) >> 12 & 0xff) << 12 | (u32)(rd) << 7 | 0x6f)
#define BRANCH_ALWAYS(off)                                                                         \
    (((u32)(off) >> 12 & 1) << 31 | ((u32)(off) >> 5 & 0x3f) << 25 | ((u32)(off) >> 1 & 15) << 8 | \
     ((u32)(off) >> 11 & 1) << 7 | 0x63)
#define FENCE_I              0x0000100fu
#define FADD_D(rd, rs1, rs2) R_TYPE(0x53, 7, 1, rd, rs1, rs2)
#define FADD_S(rd, rs1, rs2) R_TYPE(0x53, 7, 0, rd, rs1, rs2)
#define FMV_W_X(rd, rs1)     R_TYPE(0x53, 0, 0x78, rd, rs1, 0)

#define CSRRW(rd, csr, rs1)  I_TYPE(0x73, 1, rd, rs1, csr)
#define CSRRS(rd, csr, rs1)  I_TYPE(0x73, 2, rd, rs1, csr)
#define CSRRC(rd, csr, rs1)  I_TYPE(0x73, 3, rd, rs1, csr)
#define CSRRWI(rd, csr, imm) I_TYPE(0x73, 5, rd, imm, csr)
#define CSRRSI(rd, csr, imm) I_TYPE(0x73, 6, rd, imm, csr)
#define CSRRCI(rd, csr, imm) I_TYPE(0x73, 7, rd, imm, csr)
#define CSRR(rd, csr)        CSRRS(rd, csr, ZERO)
#define CSRW(csr, rs1)       CSRRW(ZERO, csr, rs1)

#define ECALL                 0x00000073u
#define EBREAK                0x00100073u
#define SRET                  0x10200073u
#define MRET                  0x30200073u
#define WFI                   0x10500073u
#define WRS_NTO               0x00d00073u
#define WRS_STO               0x01d00073u
#define UNIMP                 0xc0001073u /* csrrw x0, cycle, x0 */
#define SFENCE_VMA(rs1, rs2)  R_TYPE(0x73, 0, 0x09, 0, rs1, rs2)
#define SINVAL_VMA(rs1, rs2)  R_TYPE(0x73, 0, 0x0b, 0, rs1, rs2)
#define SFENCE_W_INVAL        R_TYPE(0x73, 0, 0x0c, 0, 0, 0)
#define SFENCE_INVAL_IR       R_TYPE(0x73, 0, 0x0c, 0, 0, 1)
#define HFENCE_VVMA(rs1, rs2) R_TYPE(0x73, 0, 0x11, 0, rs1, rs2)
#define HINVAL_VVMA(rs1, rs2) R_TYPE(0x73, 0, 0x13, 0, rs1, rs2)
#define HFENCE_GVMA(rs1, rs2) R_TYPE(0x73, 0, 0x31, 0, rs1, rs2)
#define HINVAL_GVMA(rs1, rs2) R_TYPE(0x73, 0, 0x33, 0, rs1, rs2)

#define HLV(f7, sub, rd, rs1) R_TYPE(0x73, 4, f7, rd, rs1, sub)
#define HSV(f7, rs2, rs1)     R_TYPE(0x73, 4, f7, 0, rs1, rs2)
#define HLV_B(rd, rs1)        HLV(0x30, 0, rd, rs1)
#define HLV_BU(rd, rs1)       HLV(0x30, 1, rd, rs1)
#define HLV_H(rd, rs1)        HLV(0x32, 0, rd, rs1)
#define HLV_HU(rd, rs1)       HLV(0x32, 1, rd, rs1)
#define HLVX_HU(rd, rs1)      HLV(0x32, 3, rd, rs1)
#define HLV_W(rd, rs1)        HLV(0x34, 0, rd, rs1)
#define HLV_WU(rd, rs1)       HLV(0x34, 1, rd, rs1)
#define HLVX_WU(rd, rs1)      HLV(0x34, 3, rd, rs1)
#define HLV_D(rd, rs1)        HLV(0x36, 0, rd, rs1)
#define HSV_B(rs2, rs1)       HSV(0x31, rs2, rs1)
#define HSV_H(rs2, rs1)       HSV(0x33, rs2, rs1)
#define HSV_W(rs2, rs1)       HSV(0x35, rs2, rs1)
#define HSV_D(rs2, rs1)       HSV(0x37, rs2, rs1)

#define CBO(n, rs1)    I_TYPE(0x0f, 2, 0, rs1, n)
#define CBO_INVAL(rs1) CBO(0, rs1)
#define CBO_CLEAN(rs1) CBO(1, rs1)
#define CBO_FLUSH(rs1) CBO(2, rs1)
#define CBO_ZERO(rs1)  CBO(4, rs1)
#define LPAD(label)    AUIPC(ZERO, label)
#define MOP_R(n, rd, rs1)                                                                          \
    (0x81c04073u | ((u32)(n)&3) << 20 | ((u32)(n) >> 2 & 3) << 26 | ((u32)(n) >> 4) << 30 |        \
     (u32)(rd) << 7 | (u32)(rs1) << 15)
#define MOP_RR(n, rd, rs1, rs2)                                                                    \
    (0x82004073u | ((u32)(n)&3) << 26 | ((u32)(n) >> 2) << 30 | (u32)(rd) << 7 |                   \
     (u32)(rs1) << 15 | (u32)(rs2) << 20)
#define SSPUSH(rs2)   MOP_RR(7, ZERO, ZERO, rs2)
#define SSPOPCHK(rs1) MOP_R(28, ZERO, rs1)
#define SSRDP(rd)     MOP_R(28, rd, ZERO)

/* Compressed forms; rd' and rs1' are x8..x15. */
#define C_LW(rd, rs1, imm)                                                                         \
    (0x4000u | ((u32)(imm) >> 3 & 7) << 10 | ((u32)(rs1)-8) << 7 | ((u32)(imm) >> 2 & 1) << 6 |    \
     ((u32)(imm) >> 6 & 1) << 5 | ((u32)(rd)-8) << 2)
#define C_SW(rs2, rs1, imm) (C_LW(rs2, rs1, imm) | 0x8000u)
#define C_LD(rd, rs1, imm)                                                                         \
    (0x6000u | ((u32)(imm) >> 3 & 7) << 10 | ((u32)(rs1)-8) << 7 | ((u32)(imm) >> 6 & 3) << 5 |    \
     ((u32)(rd)-8) << 2)
#define C_SD(rs2, rs1, imm) (C_LD(rs2, rs1, imm) | 0x8000u)
#define C_FLD(rd, rs1, imm) (C_LD(rd, rs1, imm) & ~0x4000u)
#define C_LWSP(rd, imm)                                                                            \
    (0x4002u | ((u32)(imm) >> 5 & 1) << 12 | (u32)(rd) << 7 | ((u32)(imm) >> 2 & 7) << 4 |         \
     ((u32)(imm) >> 6 & 3) << 2)
#define C_SWSP(rs2, imm)                                                                           \
    (0xc002u | ((u32)(imm) >> 2 & 15) << 9 | ((u32)(imm) >> 6 & 3) << 7 | (u32)(rs2) << 2)
#define C_LHU(rd, rs1, imm)                                                                        \
    (0x8400u | ((u32)(rs1)-8) << 7 | ((u32)(imm) >> 1 & 1) << 5 | ((u32)(rd)-8) << 2)
#define C_SB(rs2, rs1, imm)                                                                        \
    (0x8800u | ((u32)(rs1)-8) << 7 | ((u32)(imm)&1) << 6 | ((u32)(imm) >> 1 & 1) << 5 |            \
     ((u32)(rs2)-8) << 2)
/* c.mop.n, n odd */
#define C_MOP(n) (0x6001u | (u32)(n) << 7)
#define C_NOP    0x0001u
#define C_EBREAK 0x9002u

/* The transformation (hypervisor chapter, "Transformed Instruction"): immediates zeroed, rs1
 * replaced by the offset of the faulting byte in the access. A compressed instruction is given as
 * its expansion, and its result has bit 1 cleared by the caller. */
#define TRANSFORMED_LOAD(insn, offset)  (((insn)&0x00007fffu) | (u32)(offset) << 15)
#define TRANSFORMED_STORE(insn, offset) (((insn)&0x01f0707fu) | (u32)(offset) << 15)
#define TRANSFORMED_OTHER(insn, offset) (((insn) & ~0x000f8000u) | (u32)(offset) << 15)
#define COMPRESSED(transformed)         ((transformed) & ~2u)

/* The pseudoinstructions for implicit accesses to VS-stage page tables. */
#define PSEUDO_READ  (__riscv_xlen == 64 ? 0x3000u : 0x2000u)
#define PSEUDO_WRITE (__riscv_xlen == 64 ? 0x3020u : 0x2020u)

#endif
