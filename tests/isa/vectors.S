/* One or two cases for each instruction of the bit-manipulation, cryptography, half-precision and
 * additional floating-point extensions. The number of the failing case is the exit status modulo
 * 128, and in s11. */
#include "isa_test.inc"

#define CASE                                                                                       \
    addi s11, s11, 1;                                                                              \
    andi gp, s11, 127;                                                                             \
    csrw fflags, zero

#define ALU(insn, a, b, result)                                                                    \
    CASE;                                                                                          \
    li a1, a;                                                                                      \
    li a2, b;                                                                                      \
    .4byte insn;                                                                                   \
    li a3, result;                                                                                 \
    bne a0, a3, fail;

#define FLAGS(flags)                                                                               \
    csrr a0, fflags;                                                                               \
    li a3, flags;                                                                                  \
    bne a0, a3, fail;

#define OPERANDS(a, b)                                                                             \
    .pushsection .data;                                                                            \
    1:.dword a, b;                                                                                 \
    .popsection;                                                                                   \
    la s1, 1b

/* fa0 and the 64-bit result */
#define CHECK_FA0(result)                                                                          \
    .pushsection .data;                                                                            \
    1:.dword result;                                                                               \
    .popsection;                                                                                   \
    la s1, 1b;                                                                                     \
    la s2, scratch;                                                                                \
    fsd fa0, 0(s2);                                                                                \
    lw a3, 0(s1);                                                                                  \
    lw a4, 0(s2);                                                                                  \
    bne a3, a4, fail;                                                                              \
    lw a3, 4(s1);                                                                                  \
    lw a4, 4(s2);                                                                                  \
    bne a3, a4, fail

#define F_F(insn, a, b, result, flags)                                                             \
    CASE;                                                                                          \
    OPERANDS(a, b);                                                                                \
    fld fa1, 0(s1);                                                                                \
    fld fa2, 8(s1);                                                                                \
    .4byte insn;                                                                                   \
    CHECK_FA0(result);                                                                             \
    FLAGS(flags)

#define F_X(insn, a, b, result, flags)                                                             \
    CASE;                                                                                          \
    OPERANDS(a, b);                                                                                \
    fld fa1, 0(s1);                                                                                \
    fld fa2, 8(s1);                                                                                \
    .4byte insn;                                                                                   \
    li a3, result;                                                                                 \
    bne a0, a3, fail;                                                                              \
    FLAGS(flags)

#define X_F(insn, a, b, result, flags)                                                             \
    CASE;                                                                                          \
    li a1, a;                                                                                      \
    li a2, b;                                                                                      \
    .4byte insn;                                                                                   \
    CHECK_FA0(result);                                                                             \
    FLAGS(flags)

    .option norelax
TEST_START
    li t0, 0x6000
    csrs mstatus, t0
    li s11, 0
    la s1, half_constant
    fld fa3, 0(s1)
#if __riscv_xlen == 64
#include "alu_rv64.inc"
#include "fp_rv64.inc"
#else
#include "alu_rv32.inc"
#include "fp_rv32.inc"
#endif
    j pass
TEST_END

    .section .data
    .balign 8
scratch:
    .dword 0
half_constant:
    .dword 0xffffffffffff3e00
