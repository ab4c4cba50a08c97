/* What the assembly tests of this folder share: start in M-mode, numbered checks, exit through HTIF.
 * A failing check ends the test with its number as exit status. */
#ifndef ISA_TEST_H
#define ISA_TEST_H

#if __riscv_xlen == 64
#define LX    ld
#define SX    sd
#define XSIZE 8
#define XWORD .dword
#else
#define LX    lw
#define SX    sw
#define XSIZE 4
#define XWORD .word
#endif

/* gp is the number of the check; t6 and t5 are scratch. */
#define CHECK(number, reg, value)                                                                  \
    li gp, number;                                                                                 \
    li t6, value;                                                                                  \
    bne reg, t6, fail

#define CHECK_REG(number, reg, other)                                                              \
    li gp, number;                                                                                 \
    bne reg, other, fail

/* The next instruction must trap with this cause and go on at `resume`, in the same mode; epc and
 * tval are in t3 and t4. */
#define EXPECT_TRAP(number, expected, resume)                                                      \
    li gp, number;                                                                                 \
    la t6, resume;                                                                                 \
    la t5, trap_resume;                                                                            \
    SX t6, 0(t5);                                                                                  \
    li t6, expected;                                                                               \
    SX t6, XSIZE(t5)

#define TEST_START                                                                                 \
    .section .text.init, "ax";                                                                     \
    .globl _start;                                                                                 \
    _start:                                                                                        \
    la t0, trap_handler;                                                                           \
    csrw mtvec, t0;                                                                                \
    li gp, 1

/* The handler clobbers t2 to t6 only when a trap is expected. */
#define TEST_END                                                                                   \
    pass:                                                                                          \
    li t5, 1;                                                                                      \
    j leave;                                                                                       \
    fail:                                                                                          \
    slli t5, gp, 1;                                                                                \
    ori t5, t5, 1;                                                                                 \
    leave:                                                                                         \
    la t6, tohost;                                                                                 \
    sw t5, 0(t6);                                                                                  \
    sw zero, 4(t6);                                                                                \
    j leave;                                                                                       \
    .balign 4;                                                                                     \
    trap_handler:                                                                                  \
    la t5, trap_resume;                                                                            \
    LX t6, 0(t5);                                                                                  \
    beqz t6, fail;                                                                                 \
    SX zero, 0(t5);                                                                                \
    LX t2, XSIZE(t5);                                                                              \
    csrr t3, mcause;                                                                               \
    bne t2, t3, fail;                                                                              \
    csrr t3, mepc;                                                                                 \
    csrr t4, mtval;                                                                                \
    csrw mepc, t6;                                                                                 \
    mret;                                                                                          \
    .section .data, "aw";                                                                          \
    .balign 8;                                                                                     \
    trap_resume : XWORD 0, 0;                                                                      \
    .section .tohost, "aw";                                                                        \
    .balign 64;                                                                                    \
    .globl tohost;                                                                                 \
    tohost : .dword 0;                                                                             \
    .globl fromhost;                                                                               \
    fromhost : .dword 0

#endif
