/* Small bare-metal guests for tests/cli/run, one for each value of GUEST. */
#if __riscv_xlen == 64
#define SX sd
#define LX ld
#else
#define SX sw
#define LX lw
#endif

    .globl _start
    .text
_start:

#if GUEST == 1                  /* exit by HTIF with status 42 */
    li      t0, 42 << 1 | 1
    la      t1, tohost
    SX      t0, 0(t1)
#if __riscv_xlen == 32
    sw      zero, 4(t1)
#endif
1:  j       1b

#elif GUEST == 2                /* prints through the UART, ends by the test finisher */
    la      t0, text
    li      t1, 0x10000000
1:  lbu     t2, 0(t0)
    beqz    t2, 2f
    sb      t2, 0(t1)
    addi    t0, t0, 1
    j       1b
2:  li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
3:  j       3b
text:
    .asciz  "hello from hextant\n"

#elif GUEST == 3                /* waits for nothing */
    csrw    mie, zero
1:  wfi
    j       1b

#elif GUEST == 4                /* counts to infinity in a0 */
    li      a0, 0
1:  addi    a0, a0, 1
    j       1b

#elif GUEST == 5                /* finisher with code 7 */
    li      t0, 0x100000
    li      t1, 7 << 16 | 0x3333
    sw      t1, 0(t0)
1:  j       1b

#elif GUEST == 6                /* sleeps for ten milliseconds by the timer, then passes */
    la      t0, handler
    csrw    mtvec, t0
    li      t1, 0x200bff8
    lw      t2, 0(t1)
    li      t3, 100000
    add     t2, t2, t3
    li      t1, 0x2004000
    sw      t2, 0(t1)
    sw      zero, 4(t1)
    li      t0, 0x80
    csrw    mie, t0
    csrsi   mstatus, 8
1:  wfi
    j       1b
    .balign 4
handler:
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
2:  j       2b

#elif GUEST == 7                /* every hart adds to a sum; the last one checks it */
    csrr    t0, mhartid
    la      t1, sum
    li      t2, 1000
1:  li      t3, 1
    amoadd.w zero, t3, (t1)
    addi    t2, t2, -1
    bnez    t2, 1b
    la      t1, done
    li      t3, 1
    amoadd.w t4, t3, (t1)
    li      t5, 3
    bne     t4, t5, 9f
    la      t1, sum
    lw      t3, 0(t1)
    li      t4, 4000
    li      t5, 0x5555
    beq     t3, t4, 2f
    li      t5, 0x13333
2:  li      t0, 0x100000
    sw      t5, 0(t0)
9:  csrw    mie, zero
    wfi
    j       9b

#elif GUEST == 8                /* an endless chain of traps */
    csrw    mtvec, zero
    ecall

#elif GUEST == 9                /* signature */
    la      t0, begin_signature
    li      t1, 0x12345678
    sw      t1, 0(t0)
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
1:  j       1b

#elif GUEST == 10               /* resets the machine once; the second life finds new RAM */
    li      s0, 0x101000        /* the RTC goes on through resets: it tells the lives apart */
    li      s1, 0x80100000      /* outside of the program */
    lw      t0, 0(s0)
    li      t1, 1735689600000000000 & 0xffffffff
    sub     t0, t0, t1
    li      t1, 1000000         /* a millisecond */
    bgeu    t0, t1, 2f
    sw      t1, 0(s1)
1:  lw      t0, 0(s0)
    li      t1, 1735689600000000000 & 0xffffffff
    sub     t0, t0, t1
    li      t1, 1000000
    bltu    t0, t1, 1b
    li      t2, 0x7777
    j       3f
2:  lw      t0, 0(s1)
    li      t2, 0x5555
    beqz    t0, 3f
    li      t2, 0x13333
3:  li      t0, 0x100000
    sw      t2, 0(t0)
4:  j       4b

#elif GUEST == 11               /* two harts: an SC fails if the other one has stored, even the same value */
    la      s0, sum
    la      s1, done
    csrr    t0, mhartid
    li      s2, 20              /* rounds */
    bnez    t0, 5f
1:  lr.w    t1, (s0)
    sc.w    t2, t1, (s0)        /* nobody comes between: this one succeeds some time */
    bnez    t2, 1b
    lr.w    t1, (s0)
    li      t0, 1
    sw      t0, 0(s1)           /* your turn */
2:  lw      t0, 0(s1)
    bnez    t0, 2b
    sc.w    t2, t1, (s0)
    li      t3, 0x13333
    beqz    t2, 3f
    addi    s2, s2, -1
    bnez    s2, 1b
    li      t3, 0x5555
3:  li      t0, 0x100000
    sw      t3, 0(t0)
4:  j       4b
5:  lw      t0, 0(s1)
    beqz    t0, 5b
    lw      t1, 0(s0)
    addi    t2, t1, 1
    sw      t2, 0(s0)
    sw      t1, 0(s0)           /* as it was */
    sw      zero, 0(s1)
    j       5b

#elif GUEST == 12               /* echoes its input, for which it sleeps; Ctrl-D ends it */
    li      t1, 0xc000000
    li      t2, 1
    sw      t2, 4 * 10(t1)      /* priority of the UART's source */
    li      t1, 0xc002000
    li      t2, 1 << 10
    sw      t2, 0(t1)           /* enabled for M-mode of hart 0 */
    li      t0, 0x10000000
    li      t2, 1
    sb      t2, 1(t0)           /* received data interrupts */
    sb      t2, 2(t0)           /* FIFOs */
    li      t2, 1 << 11
    csrw    mie, t2             /* wakes WFI; mstatus.MIE is clear */
    li      t2, '>'
    sb      t2, 0(t0)
    li      t3, 0xc200004
1:  lbu     t1, 5(t0)
    andi    t1, t1, 1
    bnez    t1, 2f
    lw      t2, 0(t3)           /* claim and complete */
    sw      t2, 0(t3)
    lbu     t1, 5(t0)
    andi    t1, t1, 1
    bnez    t1, 2f
    wfi
    j       1b
2:  lbu     t1, 0(t0)
    li      t2, 4
    beq     t1, t2, 3f
    sb      t1, 0(t0)
    j       1b
3:  li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
4:  j       4b
#endif

    .data
    .balign 64
    .globl  tohost, fromhost
tohost:
    .dword  0
    .balign 64
fromhost:
    .dword  0
    .balign 16
    .globl  begin_signature, end_signature
begin_signature:
    .word   0
    .word   0xcafe
    .byte   1, 2, 3, 4, 5, 6
end_signature:
    .balign 8
sum:
    .word   0
done:
    .word   0
