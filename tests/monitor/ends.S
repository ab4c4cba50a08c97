/* The ends of a run, for gdb: hart 0 goes to the one that a breakpoint's commands choose in a1; the
 * others count. */
    .section .text.init
    .globl _start, choose, critical, waits, behind_wfi, off
_start:
    csrr a0, mhartid
    bnez a0, count
    li a1, 0
choose:
    nop
    li t0, 1
    beq a1, t0, critical
    li t0, 2
    beq a1, t0, off
waits:
    csrw mie, zero
    wfi
behind_wfi:
    j behind_wfi
critical:
    la t0, bad
    csrw mtvec, t0
    .word 0
off:
    li t0, 0x100000
    li t1, 0x00073333
    sw t1, 0(t0)
    j off
count:
    la t0, counts
    slli t1, a0, 3
    add t0, t0, t1
1:  ld t2, 0(t0)
    addi t2, t2, 1
    sd t2, 0(t0)
    .globl middle
middle:
    j 1b
    .balign 4
bad:
    .word 0
    .data
    .balign 64
counts:
    .space 64
