/* Zcmt: table jumps through jvt (unprivileged manual, chapter Zcmt). */
#include "isa_test.inc"

#define JVT         0x017
#define CM_JT(i)    .2byte 0xa002 | (i) << 2

TEST_START
    la t0, table
    csrw JVT, t0
    csrr t1, JVT
    CHECK_REG(2, t0, t1)

    /* norm:cm-jt_op: no link, bit 0 of the entry is cleared */
    li ra, 5
    CM_JT(31)
    j fail
    .balign 4
entry31:
    CHECK(3, ra, 5)

    /* from index 32 on ra is linked */
    CM_JT(32)
after32:
    j fail
    .balign 4
entry32:
    la a0, after32
    CHECK_REG(4, ra, a0)
    CM_JT(255)
    j fail
    .balign 4
entry255:

    /* norm:Zcmt_trap: an instruction access fault; epc is the jump, tval the entry */
    li t0, 0x1000000
    csrw JVT, t0
    EXPECT_TRAP(5, 1, 1f)
bad_jump:
    CM_JT(3)
    j fail
    .balign 4
1:  la t5, bad_jump
    CHECK_REG(6, t3, t5)
    CHECK(7, t4, 0x1000000 + 3 * XSIZE)
    j pass
TEST_END

    .section .data
    .balign 64
table:
    .rept 31
    XWORD fail
    .endr
    XWORD entry31 + 1
    XWORD entry32
    .rept 222
    XWORD fail
    .endr
    XWORD entry255
