/* Accesses to one place, for gdb's watchpoints: stores and loads in a row, an AMO, LR and SC; then
 * every hart stores its number there, one after the other, and waits. */
    .section .text.init
    .globl _start
_start:
    la a0, cell
    csrr s0, mhartid
    bnez s0, others
    li a1, 1
    li a2, 2
    .globl store_1, store_2, between, load_1, load_2, amo, lr, sc, behind
store_1:
    sw a1, 0(a0)
store_2:
    sw a2, 0(a0)
between:
    addi a3, zero, 1
load_1:
    lw a3, 0(a0)
load_2:
    lb a3, 1(a0)
amo:
    amoadd.w a4, a1, (a0)
lr:
    lr.w t0, (a0)
sc:
    sc.w t1, a2, (a0)
behind:
    bnez t1, behind
    la t0, turn
    j store_own
others:
    la t0, turn
1:  lw t1, 0(t0)
    bne t1, s0, 1b
    .globl store_own, told
store_own:
    sw s0, 0(a0)
    addi t1, s0, 1
    fence
    sw t1, 0(t0)
    .globl told
told:
    nop
1:  wfi
    j 1b
    .data
    .balign 64
    .globl cell, turn
cell:
    .word 7
turn:
    .word 0
