/* Where a probe's harts begin, at power-on, after HSM start, after a resume; the trap entry; and try(),
 * which runs a function that may trap. tp points at the hart's struct hart. */
#include "layout.h"

#if __riscv_xlen == 64
#define STORE sd
#define LOAD  ld
#define W     8
#else
#define STORE sw
#define LOAD  lw
#define W     4
#endif

    .section .text.start, "ax"
    .globl _start
_start:
    /* tp = &harts[a0], and what the hart began with is noted before anything changes it */
    la      tp, harts
    li      t0, HART_SIZE
    mul     t0, t0, a0
    add     tp, tp, t0
    STORE   a0, ENTRY_A0(tp)
    STORE   a1, ENTRY_A1(tp)
    csrr    t0, satp
    STORE   t0, ENTRY_SATP(tp)
    csrr    t0, sstatus
    STORE   t0, ENTRY_SSTATUS(tp)
    csrr    t0, sie
    STORE   t0, ENTRY_SIE(tp)
    csrr    t0, stvec
    STORE   t0, ENTRY_STVEC(tp)
    csrr    t0, sscratch
    STORE   t0, ENTRY_SSCRATCH(tp)
    csrr    t0, scounteren
    STORE   t0, ENTRY_SCOUNTEREN(tp)
    la      sp, stacks
    addi    t0, a0, 1
    slli    t0, t0, STACK_SHIFT
    add     sp, sp, t0
    la      t0, trap_entry
    csrw    stvec, t0
    tail    hart_main /* (hartid, opaque) */

    .text
    .balign 4
trap_entry:
    addi    sp, sp, -20 * W
    STORE   ra, 0 * W(sp)
    STORE   t0, 1 * W(sp)
    STORE   t1, 2 * W(sp)
    STORE   t2, 3 * W(sp)
    STORE   t3, 4 * W(sp)
    STORE   t4, 5 * W(sp)
    STORE   t5, 6 * W(sp)
    STORE   t6, 7 * W(sp)
    STORE   a0, 8 * W(sp)
    STORE   a1, 9 * W(sp)
    STORE   a2, 10 * W(sp)
    STORE   a3, 11 * W(sp)
    STORE   a4, 12 * W(sp)
    STORE   a5, 13 * W(sp)
    STORE   a6, 14 * W(sp)
    STORE   a7, 15 * W(sp)
    csrr    a0, scause
    bgez    a0, exception
    call    on_interrupt
    LOAD    ra, 0 * W(sp)
    LOAD    t0, 1 * W(sp)
    LOAD    t1, 2 * W(sp)
    LOAD    t2, 3 * W(sp)
    LOAD    t3, 4 * W(sp)
    LOAD    t4, 5 * W(sp)
    LOAD    t5, 6 * W(sp)
    LOAD    t6, 7 * W(sp)
    LOAD    a0, 8 * W(sp)
    LOAD    a1, 9 * W(sp)
    LOAD    a2, 10 * W(sp)
    LOAD    a3, 11 * W(sp)
    LOAD    a4, 12 * W(sp)
    LOAD    a5, 13 * W(sp)
    LOAD    a6, 14 * W(sp)
    LOAD    a7, 15 * W(sp)
    addi    sp, sp, 20 * W
    sret

exception:
    STORE   a0, TRAP_CAUSE(tp)
    csrr    a1, stval
    STORE   a1, TRAP_TVAL(tp)
    csrr    a2, sepc
    STORE   a2, TRAP_EPC(tp)
    LOAD    t0, RECOVER(tp)
    beqz    t0, 1f
    mv      sp, t0
    li      a0, 1
    j       try_return
1:  call    unexpected_trap
    j       1b

    /* long try(void (*f)(unsigned long), unsigned long argument): 1 when f trapped, else 0 */
    .globl try
try:
    addi    sp, sp, -16 * W
    STORE   ra, 0 * W(sp)
    STORE   s0, 1 * W(sp)
    STORE   s1, 2 * W(sp)
    STORE   s2, 3 * W(sp)
    STORE   s3, 4 * W(sp)
    STORE   s4, 5 * W(sp)
    STORE   s5, 6 * W(sp)
    STORE   s6, 7 * W(sp)
    STORE   s7, 8 * W(sp)
    STORE   s8, 9 * W(sp)
    STORE   s9, 10 * W(sp)
    STORE   s10, 11 * W(sp)
    STORE   s11, 12 * W(sp)
    STORE   sp, RECOVER(tp)
    mv      t0, a0
    mv      a0, a1
    jalr    t0
    li      a0, 0
try_return:
    STORE   zero, RECOVER(tp)
    LOAD    ra, 0 * W(sp)
    LOAD    s0, 1 * W(sp)
    LOAD    s1, 2 * W(sp)
    LOAD    s2, 3 * W(sp)
    LOAD    s3, 4 * W(sp)
    LOAD    s4, 5 * W(sp)
    LOAD    s5, 6 * W(sp)
    LOAD    s6, 7 * W(sp)
    LOAD    s7, 8 * W(sp)
    LOAD    s8, 9 * W(sp)
    LOAD    s9, 10 * W(sp)
    LOAD    s10, 11 * W(sp)
    LOAD    s11, 12 * W(sp)
    addi    sp, sp, 16 * W
    ret
