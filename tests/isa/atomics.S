/* Zabha, Zacas, and the rules of LR/SC (chapters Zabha, Zacas, Zalrsc). */
#include "isa_test.inc"

/* funct5: 0 add, 1 swap, 4 xor, 5 cas, 8 or, 12 and, 16 min, 20 max, 24 minu, 28 maxu */
#define AMO_B(funct5, rd, rs1, rs2) .insn r 0x2f, 0, (funct5) << 2, rd, rs1, rs2
#define AMO_H(funct5, rd, rs1, rs2) .insn r 0x2f, 1, (funct5) << 2, rd, rs1, rs2
#define AMO_W(funct5, rd, rs1, rs2) .insn r 0x2f, 2, (funct5) << 2, rd, rs1, rs2
#define AMO_D(funct5, rd, rs1, rs2) .insn r 0x2f, 3, (funct5) << 2, rd, rs1, rs2
#define AMO_Q(funct5, rd, rs1, rs2) .insn r 0x2f, 4, (funct5) << 2, rd, rs1, rs2
#define CAS 5

TEST_START
    la s0, cell

    /* bytes and halfwords: the old value sign-extended, the neighbours untouched */
    li t0, 0x80ff7f01
    sw t0, 0(s0)
    addi s1, s0, 3
    li a1, 0x105
    AMO_B(0, a0, s1, a1)
    CHECK(2, a0, -128)
    lw a0, 0(s0)
    li a1, 0x85ff7f01
    sub a0, a0, a1
    slli a0, a0, XSIZE * 8 - 32
    CHECK(3, a0, 0)
    li a1, 3
    AMO_B(16, a0, s1, a1)
    AMO_B(24, a0, s1, a1)
    AMO_B(20, a0, s1, a1)
    CHECK(4, a0, 3)
    lbu a0, 3(s0)
    CHECK(5, a0, 3)
    addi s1, s0, 2
    li a1, 0x12345678
    AMO_H(1, a0, s1, a1)
    CHECK(6, a0, 0x3ff)
    lhu a0, 0(s0)
    CHECK(7, a0, 0x7f01)
    lhu a0, 2(s0)
    CHECK(8, a0, 0x5678)
    li a1, -2
    AMO_H(28, a0, s1, a1)
    lh a0, 2(s0)
    CHECK(9, a0, -2)

    /* compare and swap: fails, then succeeds */
    li t0, -5
    sw t0, 0(s0)
    li a0, 5
    li a1, 77
    AMO_W(CAS, a0, s0, a1)
    CHECK(10, a0, -5)
    lw a2, 0(s0)
    CHECK(11, a2, -5)
    AMO_W(CAS, a0, s0, a1)
    CHECK(12, a0, -5)
    lw a2, 0(s0)
    CHECK(13, a2, 77)
    li a0, 0x177 /* only the low byte is compared */
    sb a0, 0(s0)
    li a1, 0x42
    AMO_B(CAS, a0, s0, a1)
    CHECK(14, a0, 0x77)
    lbu a2, 0(s0)
    CHECK(15, a2, 0x42)
    li a0, 0x42
    li a1, 0x8001
    AMO_H(CAS, a0, s0, a1)
    CHECK(16, a0, 0x42)
    lh a2, 0(s0)
    CHECK(17, a2, -0x7fff)
    /* rd = x0 compares with zero and writes nothing */
    sw zero, 0(s0)
    AMO_W(CAS, zero, s0, a1)
    lw a2, 0(s0)
    CHECK(18, a2, 0x8001)
    AMO_W(CAS, zero, s0, zero)
    lw a2, 0(s0)
    CHECK(19, a2, 0x8001)

    /* register pairs: amocas.q on RV64, amocas.d on RV32 */
#if XSIZE == 8
#define CAS_PAIR(rd, rs1, rs2) AMO_Q(CAS, rd, rs1, rs2)
#else
#define CAS_PAIR(rd, rs1, rs2) AMO_D(CAS, rd, rs1, rs2)
#endif
    li t0, -1
    SX t0, 0(s0)
    li t0, 2
    SX t0, XSIZE(s0)
    li a0, -1
    li a1, 3
    li a2, 10
    li a3, 11
    CAS_PAIR(a0, s0, a2)
    CHECK(20, a0, -1)
    CHECK(21, a1, 2)
    LX t0, 0(s0)
    CHECK(22, t0, -1)
    CAS_PAIR(a0, s0, a2)
    LX t0, 0(s0)
    CHECK(23, t0, 10)
    LX t0, XSIZE(s0)
    CHECK(24, t0, 11)
    /* x0 as the pair of rs2 is zero, ra is not looked at; as rd it discards the result */
    li ra, 99
    CAS_PAIR(a2, s0, zero)
    LX t0, 0(s0)
    CHECK(25, t0, 0)
    LX t0, XSIZE(s0)
    CHECK(26, t0, 0)
    li a3, 12
    CAS_PAIR(zero, s0, a2)
    CHECK(27, ra, 99)
    LX t0, XSIZE(s0)
    CHECK(28, t0, 12)
    EXPECT_TRAP(29, 2, 1f) /* odd pairs are reserved */
    CAS_PAIR(a1, s0, a2)
    j fail
1:  EXPECT_TRAP(30, 2, 1f)
    CAS_PAIR(a0, s0, a3)
    j fail
1:  addi s1, s0, XSIZE
    EXPECT_TRAP(31, 6, 1f) /* a pair is aligned to its whole size */
    CAS_PAIR(a0, s1, a2)
    j fail
1:

    /* LR/SC */
    li t0, 5
    sw t0, 0(s0)
    li a1, 6
    sc.w a0, a1, (s0) /* without a reservation */
    CHECK(32, a0, 1)
    lr.w a0, (s0)
    CHECK(33, a0, 5)
    sc.w a0, a1, (s0)
    CHECK(34, a0, 0)
    lw a0, 0(s0)
    CHECK(35, a0, 6)
    sc.w a0, a1, (s0) /* once only */
    CHECK(36, a0, 1)
    lr.w a0, (s0)
    addi s1, s0, 4
    sc.w a0, a1, (s1) /* elsewhere: fails, and the reservation is gone */
    CHECK(37, a0, 1)
    sc.w a0, a1, (s0)
    CHECK(38, a0, 1)
    addi s1, s0, 2
    EXPECT_TRAP(39, 4, 1f)
    lr.w a0, (s1)
    j fail
1:  EXPECT_TRAP(40, 6, 1f)
    sc.w a0, a1, (s1)
    j fail
1:  j pass
TEST_END

    .section .data
    .balign 64
cell:
    .dword 0, 0
