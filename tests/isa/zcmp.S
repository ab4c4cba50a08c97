/* Zcmp: push, pop and double moves (unprivileged manual, chapter Zcmp). */
#include "isa_test.inc"

/* The encodings, by register list (4: ra, 5: ra,s0, ... 15: ra,s0-s11) and extra units of 16 bytes. */
#define CM_PUSH(rlist, spimm)    .2byte 0xb802 | (rlist) << 4 | (spimm) << 2
#define CM_POP(rlist, spimm)     .2byte 0xba02 | (rlist) << 4 | (spimm) << 2
#define CM_POPRETZ(rlist, spimm) .2byte 0xbc02 | (rlist) << 4 | (spimm) << 2
#define CM_POPRET(rlist, spimm)  .2byte 0xbe02 | (rlist) << 4 | (spimm) << 2
/* by the three-bit numbers: 0, 1 are s0, s1; 2 to 7 are s2 to s7 */
#define CM_MVSA01(r1, r2)        .2byte 0xac22 | (r1) << 7 | (r2) << 2
#define CM_MVA01S(r1, r2)        .2byte 0xac62 | (r1) << 7 | (r2) << 2

#if XSIZE == 8
#define FRAME4 32  /* ra, s0-s2 */
#define FRAME13 112 /* ra, s0-s11 */
#else
#define FRAME4 16
#define FRAME13 64
#endif

TEST_START
    la sp, stack_top
    mv a6, sp

    /* norm:cm-push_op, registers from the top of the frame downwards */
    li ra, 0x101
    li s0, 0x108
    li s1, 0x109
    li s2, 0x112
    CM_PUSH(7, 0)
    addi a7, a6, -FRAME4
    CHECK_REG(2, sp, a7)
    LX a0, -XSIZE(a6)
    CHECK(3, a0, 0x112)
    LX a0, -2*XSIZE(a6)
    CHECK(4, a0, 0x109)
    LX a0, -3*XSIZE(a6)
    CHECK(5, a0, 0x108)
    LX a0, -4*XSIZE(a6)
    CHECK(6, a0, 0x101)

    li ra, 0
    li s0, 0
    li s1, 0
    li s2, 0
    CM_POP(7, 0)
    CHECK_REG(7, sp, a6)
    CHECK(8, ra, 0x101)
    CHECK(9, s0, 0x108)
    CHECK(10, s1, 0x109)
    CHECK(11, s2, 0x112)

    /* the whole list, and the largest adjustment */
    li s3, 0x113
    li s9, 0x119
    li s10, -26
    li s11, 0x11b
    CM_PUSH(15, 3)
    addi a7, a6, -(FRAME13 + 48)
    CHECK_REG(12, sp, a7)
    LX a0, -XSIZE(a6)
    CHECK(13, a0, 0x11b)
    LX a0, -2*XSIZE(a6)
    CHECK(14, a0, -26)
    LX a0, -13*XSIZE(a6)
    CHECK(15, a0, 0x101)
    li s10, 0
    li s11, 0
    CM_POP(15, 3)
    CHECK_REG(16, sp, a6)
    CHECK(17, s10, -26)
    CHECK(18, s11, 0x11b)

    /* list 14 stops at s9 */
    li s10, 5
    CM_PUSH(14, 0)
    li s9, 0
    li s10, 6
    CM_POP(14, 0)
    CHECK(19, s9, 0x119)
    CHECK(20, s10, 6)

    /* cm.popret returns to the popped ra, bit 0 cleared */
    la ra, 1f + 1
    CM_PUSH(4, 1)
    li ra, 0
    li a0, 77
    CM_POPRET(4, 1)
    li gp, 21
    j fail
1:  CHECK(22, a0, 77)
    CHECK_REG(23, sp, a6)
    la a7, 1b + 1
    CHECK_REG(24, ra, a7)

    /* cm.popretz also clears a0 */
    la ra, 1f
    CM_PUSH(5, 0)
    li s0, 0
    CM_POPRETZ(5, 0)
    li gp, 25
    j fail
1:  CHECK(26, a0, 0)
    CHECK(27, s0, 0x108)

    li a0, 41
    li a1, 42
    CM_MVSA01(7, 1)
    CHECK(28, s7, 41)
    CHECK(29, s1, 42)
    li s2, 51
    CM_MVA01S(2, 2)
    CHECK(30, a0, 51)
    CHECK(31, a1, 51)

    /* norm:Zcmp_push_sp_commit: after a fault sp is what it was */
    li sp, 0x1000040
    EXPECT_TRAP(32, 7, 1f)
    CM_PUSH(4, 0)
    li gp, 33
    j fail
1:  CHECK(34, sp, 0x1000040)
    li ra, 0x333
    EXPECT_TRAP(35, 5, 1f)
    CM_POPRET(15, 0)
    li gp, 36
    j fail
1:  CHECK(37, sp, 0x1000040)
    mv sp, a6

    /* reserved: lists below 4, one destination twice */
    EXPECT_TRAP(38, 2, 1f)
    CM_PUSH(3, 0)
    j fail
    .balign 4
1:  EXPECT_TRAP(39, 2, 1f)
    CM_MVSA01(4, 4)
    j fail
1:  j pass
TEST_END

    .section .bss
    .balign 16
    .skip 512
stack_top:
