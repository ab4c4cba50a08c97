/* Entry of the boot hart and of harts started by HSM, the trap vector, and the way into and out of a
 * less privileged world (U, VS or VU). */
#if __riscv_xlen == 64
#define SX sd
#define LX ld
#define RB 8
#else
#define SX sw
#define LX lw
#define RB 4
#endif
#define FRAME (34 * RB)
#define SAVED (16 * RB)
#define STACK 8192

    .section .text.start
    .globl _start
_start:
    la      t0, boot_registers      /* what the firmware left, before anything is touched */
    SX      a0, 0(t0)
    SX      a1, RB(t0)
    csrr    t1, satp
    SX      t1, 2*RB(t0)
    csrr    t1, sstatus
    SX      t1, 3*RB(t0)
    la      t1, bss_start
    la      t2, bss_end
1:  bgeu    t1, t2, 2f
    SX      zero, 0(t1)
    addi    t1, t1, RB
    j       1b
2:  jal     setup
    la      t0, boot_registers
    LX      a0, 0(t0)
    LX      a1, RB(t0)
    call    boot_main
3:  wfi
    j       3b

/* Started by HSM (or resumed): a0 = hartid, a1 = struct start { function, argument }. */
    .globl secondary
secondary:
    mv      s1, a1
    jal     setup
    mv      a0, s1
    call    secondary_main
4:  wfi
    j       4b

/* Stack, tp, stvec for hart a0. */
setup:
    la      sp, stacks
    li      t0, STACK
    addi    t1, a0, 1
5:  beqz    t1, 6f
    add     sp, sp, t0
    addi    t1, t1, -1
    j       5b
6:  mv      tp, a0
    csrw    sscratch, zero
    la      t0, trap_entry
    csrw    stvec, t0
    ret

    .text
    .macro  each op, base
    .irp    r, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op     x\r, \r*RB(\base)
    .endr
    .endm

/* sscratch: 0 while in S-mode, else the stack to use. */
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw   sp, sscratch, sp
    bnez    sp, from_below
    csrrw   sp, sscratch, sp
    addi    sp, sp, -FRAME
    each    SX, sp
    addi    t0, sp, FRAME
    SX      t0, 2*RB(sp)
    mv      a0, sp
    call    trap_c
    each    LX, sp
    addi    sp, sp, FRAME
    sret
from_below:
    addi    sp, sp, -FRAME
    each    SX, sp
    csrrw   t0, sscratch, zero
    SX      t0, 2*RB(sp)
    mv      a0, sp
    call    trap_c_below
    bnez    a0, leave
    addi    t0, sp, FRAME
    csrw    sscratch, t0
    each    LX, sp
    LX      sp, 2*RB(sp)
    sret
leave:                              /* enter_below() returns the world's a0 */
    LX      a0, 10*RB(sp)
    addi    sp, sp, FRAME
    .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    LX      x\r, \r*RB(sp)
    .endr
    addi    sp, sp, SAVED*2
    ret

/* long enter_below(entry, stack, argument): sret with the sstatus and hstatus that stand. */
    .globl enter_below
enter_below:
    addi    sp, sp, -SAVED*2
    .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    SX      x\r, \r*RB(sp)
    .endr
    csrw    sscratch, sp
    csrw    sepc, a0
    mv      sp, a1
    mv      a0, a2
    sret

/* struct ret sbi_raw(long arg[8]): all eight argument registers; checks that the others survive. */
    .globl  sbi_raw
sbi_raw:
    addi    sp, sp, -SAVED*2
    .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    SX      x\r, \r*RB(sp)
    .endr
    mv      s1, a0
    mv      s2, a0
    li      t0, 0x111
    li      t1, 0x222
    li      t2, 0x333
    li      t3, 0x444
    li      t4, 0x555
    li      t5, 0x666
    li      t6, 0x777
    LX      a7, 7*RB(s1)
    LX      a6, 6*RB(s1)
    LX      a5, 5*RB(s1)
    LX      a4, 4*RB(s1)
    LX      a3, 3*RB(s1)
    LX      a2, 2*RB(s1)
    LX      a1, 1*RB(s1)
    LX      a0, 0*RB(s1)
    ecall
    bne     s1, s2, 9f
    addi    t0, t0, -0x111
    addi    t1, t1, -0x222
    addi    t2, t2, -0x333
    addi    t3, t3, -0x444
    addi    t4, t4, -0x555
    addi    t5, t5, -0x666
    addi    t6, t6, -0x777
    or      t0, t0, t1
    or      t0, t0, t2
    or      t0, t0, t3
    or      t0, t0, t4
    or      t0, t0, t5
    or      t0, t0, t6
    LX      t1, 7*RB(s1)
    sub     t1, t1, a7
    or      t0, t0, t1
    LX      t1, 6*RB(s1)
    sub     t1, t1, a6
    or      t0, t0, t1
    LX      t1, 2*RB(s1)
    sub     t1, t1, a2
    or      t0, t0, t1
    beqz    t0, 8f
9:  la      t1, clobbered
    li      t0, 1
    SX      t0, 0(t1)
8:
    .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    LX      x\r, \r*RB(sp)
    .endr
    addi    sp, sp, SAVED*2
    ret

    .bss
    .balign 16
stacks:
    .skip   64 * STACK
    .data
    .balign 8
    .globl  boot_registers
boot_registers:
    .skip   4 * RB
    .globl  clobbered
    .balign 8
clobbered:
    .skip   RB
