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

#elif GUEST == 3                /* waits for what cannot come */
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

#elif GUEST == 23               /* a device writes to memory, then a page walk and a store */
    li      t0, 0x10001000
1:  lw      t1, 8(t0)           /* the device of random numbers */
    li      t2, 4
    beq     t1, t2, 2f
    li      t3, 0x1000
    add     t0, t0, t3
    j       1b
2:  sw      zero, 0x70(t0)
    li      t1, 3
    sw      t1, 0x70(t0)
    li      t1, 1
    sw      t1, 0x24(t0)
    sw      t1, 0x20(t0)
    li      t1, 11
    sw      t1, 0x70(t0)
    sw      zero, 0x30(t0)
    li      t1, 8
    sw      t1, 0x38(t0)
    la      a0, ring
    addi    a1, a0, 0x100
    addi    a2, a0, 0x200
    addi    a3, a0, 0x300
    sw      a0, 0x80(t0)
    sw      a1, 0x90(t0)
    sw      a2, 0xa0(t0)
    li      t1, 1
    sw      t1, 0x44(t0)
    li      t1, 15
    sw      t1, 0x70(t0)
    sd      a3, 0(a0)           /* 16 bytes, for the device to write */
    li      t1, 16
    sw      t1, 8(a0)
    li      t1, 2
    sh      t1, 12(a0)
    li      t1, 1
    sh      t1, 2(a1)
notify:
    sw      zero, 0x50(t0)
3:  lhu     t1, 2(a2)
    beqz    t1, 3b
    la      t0, root            /* RAM as one page, neither A nor D */
    li      t1, 0x20000007
    sd      t1, 16(t0)
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    li      t1, -1
    csrw    pmpaddr0, t1
    li      t1, 31
    csrw    pmpcfg0, t1
    li      t1, 1 << 61
    csrs    0x30a, t1           /* menvcfg.ADUE */
    li      t1, 1 << 17 | 1 << 11
    csrs    mstatus, t1         /* MPRV, MPP=S */
store:
    sd      a3, 32(a3)
    li      t1, 1 << 17
    csrc    mstatus, t1
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
1:  j       1b
    .balign 4096
root:
    .space  4096
ring:
    .space  4096

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

#elif GUEST == 13               /* pokes at every device at random, and starts drivers that talk nonsense */
    .option norvc
    la      t0, skip
    csrw    mtvec, t0
    li      s0, 1
    li      s1, 6364136223846793005
    li      s2, 1442695040888963407
    li      s3, 60000           /* rounds */
    la      s4, windows
    la      s5, scratch
poke:
    jal     ra, random
    andi    t1, a0, 7 << 4
    add     t1, t1, s4          /* which window */
    ld      t2, 0(t1)
    ld      t3, 8(t1)
    srli    t4, a0, 16
    and     t4, t4, t3
    add     t2, t2, t4          /* where */
    jal     ra, random
    srli    a0, a0, 8
    andi    t1, a0, 15 << 4     /* what: sixteen pieces of two instructions and a jump */
    srli    a1, a0, 8
    la      t3, ways
    add     t3, t3, t1
    jr      t3
next:
    addi    s3, s3, -1
    bnez    s3, poke
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
1:  j       1b
random:
    mul     s0, s0, s1
    add     s0, s0, s2
    srli    a0, s0, 11
    ret
    .balign 16
ways:
    lb      t5, 0(t2)
    j       next
    .balign 16
    lh      t5, 0(t2)
    j       next
    .balign 16
    lw      t5, 0(t2)
    j       next
    .balign 16
    ld      t5, 0(t2)
    j       next
    .balign 16
    sb      a1, 0(t2)
    j       next
    .balign 16
    sh      a1, 0(t2)
    j       next
    .balign 16
    sw      a1, 0(t2)
    j       next
    .balign 16
    sd      a1, 0(t2)
    j       next
    .balign 16
    andi    a1, a1, 15          /* small numbers */
    sw      a1, 0(t2)
    j       next
    .balign 16
    andi    t2, t2, -4
    lw      t5, 0(t2)
    j       next
    .balign 16
    amoadd.w t5, a1, (t2)
    j       next
    .balign 16
    lr.w    t5, (t2)
    sc.w    t5, a1, (t2)
    j       next
    .balign 16
    jal     ra, driver
    j       next
    .balign 16
    jal     ra, driver
    j       next
    .balign 16
    jal     ra, rings
    j       next
    .balign 16
    jal     ra, rings
    j       next
    .balign 16
driver:                         /* sets up one queue of a virtio device, anywhere */
    mv      s8, ra
    andi    t1, a1, 7
    slli    t1, t1, 12
    li      t2, 0x10001000
    add     t2, t2, t1
    sw      zero, 0x70(t2)
    li      t1, 1
    sw      t1, 0x24(t2)
    sw      t1, 0x20(t2)
    li      t1, 11
    sw      t1, 0x70(t2)
    srli    a1, a1, 3
    andi    t1, a1, 3
    sw      t1, 0x30(t2)
    li      t3, 8
    sw      t3, 0x38(t2)
    .irp    register, 0x80, 0x90, 0xa0
    jal     ra, random
    andi    t3, a0, 0x7f0
    add     t3, t3, s5
    sw      t3, \register(t2)
    sw      zero, \register + 4(t2)
    .endr
    li      t3, 1
    sw      t3, 0x44(t2)
    li      t3, 15
    sw      t3, 0x70(t2)
    sw      t1, 0x50(t2)
    mv      ra, s8
    ret
rings:                          /* fills the memory of the queues, mostly with small numbers and addresses in it */
    mv      s8, ra
    li      t1, 0x1000
1:  jal     ra, random
    srli    t3, a0, 20
    andi    t4, t3, 0x7ff
    add     t4, t4, s5
    andi    t5, a0, 3
    beqz    t5, 2f
    li      t3, 0x70007
    and     t4, a0, t3
    addi    t5, t5, -1
    bnez    t5, 2f
    li      t3, 0x0007000300000fff
    and     t4, a0, t3
2:  addi    t1, t1, -8
    add     t3, t1, s5
    sd      t4, 0(t3)
    bnez    t1, 1b
    mv      ra, s8
    ret
    .balign 4
skip:
    csrr    t6, mepc
    addi    t6, t6, 4
    csrw    mepc, t6
    mret
    .balign 16
windows:
    .dword  0x2000000, 0xffff
    .dword  0x2f00000, 0x3fff
    .dword  0xc000000, 0x3fffff
    .dword  0x10000000, 0xff
    .dword  0x101000, 0x1f
    .dword  0x10001000, 0x7fff
    .dword  0x10001000, 0x70ff
    .dword  0x100ffc, 3         /* beside the finisher */
    .balign 4096
scratch:
    .skip   8192

#elif GUEST == 18               /* idle for 0.4 s but for a timer every millisecond, then passes */
    li      s0, 400
    li      s1, 0x200bff8       /* mtime */
    li      s2, 0x2004000       /* mtimecmp */
    li      s3, 10000
    lw      s4, 0(s1)
    li      t0, 0x80            /* MTIE */
    csrw    mie, t0
#if __riscv_xlen == 32
    sw      zero, 4(s2)
#endif
1:  add     s4, s4, s3
    SX      s4, 0(s2)
    wfi
    addi    s0, s0, -1
    bnez    s0, 1b
    j       pass
#elif GUEST == 19 || GUEST == 20 || GUEST == 21 /* a trap storm in HS-, VS- or VU-mode, of its own handler */
    li      t0, -1
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
    li      t0, 1 << 2          /* illegal instruction */
    csrw    medeleg, t0
    la      t1, handler
#if GUEST == 19
    csrw    stvec, t1
#else
    csrw    0x602, t0           /* hedeleg */
    csrw    0x205, t1           /* vstvec */
#if __riscv_xlen == 64
    li      t0, 1 << 39         /* MPV */
    csrs    mstatus, t0
#else
    li      t0, 1 << 7
    csrs    0x310, t0
#endif
#endif
#if GUEST != 21
    li      t0, 1 << 11         /* MPP is S */
    csrs    mstatus, t0
#endif
    la      t0, 1f
    csrw    mepc, t0
    mret
    .balign 4
1:  .word   0
    j       pass
    .balign 4
handler:
    sret
#elif GUEST == 22               /* messages to its own interrupt file, by stores and from the APLIC: claims 5000 */
    la      t0, take
    csrw    mtvec, t0
    li      t0, 0x70            /* eidelivery */
    csrw    0x350, t0
    csrwi   0x351, 1
    li      t0, 0xc0            /* eie0 */
    csrw    0x350, t0
    li      t1, -1
    csrw    0x351, t1
    li      t0, 1 << 11         /* MEI */
    csrw    mie, t0
    csrsi   mstatus, 8
    li      s5, 0x24000000
    li      t0, 0xc001bc0       /* mmsiaddrcfg */
    srli    t1, s5, 12
    sw      t1, 0(t0)
    li      s6, 0xc003000       /* genmsi */
    li      s0, 1
    li      s1, 1103515245
    li      s3, 5000
1:  mul     s0, s0, s1
    addi    s0, s0, 1234
    srli    a0, s0, 12
    andi    t1, a0, 1
    andi    a1, a0, 63
    srli    a0, a0, 6
    andi    a0, a0, 63
    li      t0, 0x72            /* eithreshold: some stay pending */
    csrw    0x350, t0
    csrw    0x351, a1
    beqz    t1, 2f
    sw      a0, 0(s5)
    j       1b
2:  sw      a0, 0(s6)
    bltu    s7, s3, 1b
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
3:  j       3b
    .balign 4
take:
    csrrw   t3, 0x35c, zero     /* mtopei */
    srli    t3, t3, 16
    slli    s8, s8, 1
    add     s8, s8, t3
    addi    s7, s7, 1
    mret

#elif GUEST == 14               /* a trap storm in U-mode: the handler returns to the instruction */
    la      t0, handler
    j       user
    .balign 4
handler:
    mret

#elif GUEST == 15               /* 200000 illegal instructions in U-mode, skipped by the handler, and as many calls */
    la      t0, handler
    j       user
    .balign 4
handler:
    csrr    t1, mcause
    csrr    t0, mepc
    addi    t0, t0, 4
    csrw    mepc, t0
    mret

#elif GUEST == 16               /* a handler that cannot be fetched */
    lui     t0, 0x4
    csrw    mtvec, t0
    .word   0

#elif GUEST == 17               /* M-mode comes back to its own illegal instruction 60000 times, then goes on, twice */
    la      t0, handler
    csrw    mtvec, t0
    li      t2, 60000
    .word   0
    li      t2, 60000
    .word   0
    j       pass
    .balign 4
handler:
    addi    t2, t2, -1
    bnez    t2, 1f
    csrr    t0, mepc
    addi    t0, t0, 4
    csrw    mepc, t0
1:  mret
#endif

#if GUEST == 14 || GUEST == 15
user:
    csrw    mtvec, t0
    li      t0, -1
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
    la      t0, 1f
    csrw    mepc, t0
    mret                        /* MPP is U */
    .balign 4
1:  li      t2, 200000
2:  .word   0
    addi    t2, t2, -1
    bnez    t2, 2b
    li      t2, 200000
3:  ecall
    addi    t2, t2, -1
    bnez    t2, 3b
#endif
#if GUEST >= 14
pass:
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, 0(t0)
1:  j       1b
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
