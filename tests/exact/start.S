# The exact-run guest below C: start in M-mode, S-mode with every page of its own in the translation
# cache, and the handlers. M-mode is interrupted by mtimecmp and by other harts, S-mode by stimecmp,
# both after a drawn number of ticks; each interrupt reads the counters, so that a run of which one
# instruction is counted differently differs.
#if __riscv_xlen == 64
#define SX sd
#define LX ld
#define WORD 8
#else
#define SX sw
#define LX lw
#define WORD 4
#endif
#define CLINT_MTIMECMP 0x2004000
#define STACK_SIZE     4096
#define SAVE_SIZE      128 /* of one hart: saved registers, then the two generators' states */

    .macro draw state, scratch # xorshift in 31 bits or more
    slli \scratch, \state, 13
    xor \state, \state, \scratch
    srli \scratch, \state, 7
    xor \state, \state, \scratch
    slli \scratch, \state, 17
    xor \state, \state, \scratch
    .endm

    .section .text.start, "ax"
    .globl _start
_start:
    csrr s0, mhartid
    la sp, stacks
    addi t0, s0, 1
    slli t0, t0, 12
    add sp, sp, t0
    la t0, save
    slli t1, s0, 7
    add s1, t0, t1
    csrw mscratch, s1
    addi t1, s1, SAVE_SIZE / 2
    csrw sscratch, t1
    lw t2, seed
    slli t3, s0, 8
    add t2, t2, t3
    ori t2, t2, 1
    SX t2, 6 * WORD(s1)
    addi t2, t2, 0x55
    ori t2, t2, 1
    SX t2, SAVE_SIZE / 2 + 6 * WORD(s1)
    la t0, machine_trap
    csrw mtvec, t0
    la t0, supervisor_trap
    csrw stvec, t0
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, -1
    csrw mcounteren, t0
    csrw scounteren, t0
    li t0, 3 # misses of fetches, page walks, traps, branches taken, misses of loads and stores
    csrw mhpmevent3, t0
    li t0, 4
    csrw mhpmevent4, t0
    li t0, 5
    csrw mhpmevent5, t0
    li t0, 6
    csrw mhpmevent6, t0
    li t0, 7
    csrw mhpmevent7, t0
    li t0, 8
    csrw mhpmevent8, t0
    li t0, 1 << 5
    csrw mideleg, t0
    csrw stimecmp, zero
#if __riscv_xlen == 64
    li t0, 1 << 63 # STCE
    csrw menvcfg, t0
#else
    csrw stimecmph, zero
    li t0, 1 << 31
    csrw menvcfgh, t0
#endif
    li t0, 1 << 3 | 1 << 5 | 1 << 7
    csrw mie, t0
    # identity mapping by the largest leaves
    la t1, root
    srli t0, t1, 12
#if __riscv_xlen == 64
    li t2, 8 << 60 # Sv39
    li t3, (0x80000000 >> 2) | 0xcf
    sd t3, 2 * 8(t1)
    li t3, 0xcf
    sd t3, 0(t1)
#else
    li t2, 1 << 31 # Sv32
    li t3, 0x200
    li t4, 0xcf | (0x80000000 >> 2)
1:  slli t5, t3, 2
    add t5, t5, t1
    sw t4, 0(t5)
    li t5, 1 << 20
    add t4, t4, t5
    addi t3, t3, 1
    li t5, 0x300
    bne t3, t5, 1b
    li t4, 0xcf | (0x2000000 >> 2)
    sw t4, 8 * 4(t1)
    li t4, 0xcf
    sw t4, 0(t1)
#endif
    or t0, t0, t2
    csrw satp, t0
    sfence.vma
    li t0, 3 << 11
    csrc mstatus, t0
    li t0, 1 << 11 | 1 << 7 | 1 << 1 | 3 << 13 | 1 << 9 # S-mode next, MPIE, SIE, FS, VS
    csrs mstatus, t0
    la t0, main
    csrw mepc, t0
    mv a0, s0
    lw a1, harts
    mret

    .balign 4
machine_trap:
    csrrw t6, mscratch, t6
    SX t0, 0 * WORD(t6)
    SX t1, 1 * WORD(t6)
    SX t2, 2 * WORD(t6)
    SX t3, 3 * WORD(t6)
    csrr t0, mcause
    bltz t0, 1f
    csrr t1, mepc
    addi t0, t0, -3
    beqz t0, 6f
    addi t1, t1, 4 # an ecall, or a load of nothing: skipped
    addi t0, t0, -9
    bnez t0, 5f
    mv t1, ra # a call of nothing: returns
5:  csrw mepc, t1
    lw t0, with_vectors
    beqz t0, 9f
    la t1, 9f
    j from_the_first_element
9:  csrr t0, mtval
    j 3f
6:  csrr t0, tdata1 # a trigger, between two instructions
    csrr t0, mcycle
    csrr t0, minstret
    j 3f
1:  csrr t0, mcycle
    csrr t0, minstret
    csrr t0, mhpmcounter3
    csrr t0, mhpmcounter4
    csrr t0, mhpmcounter5
    csrr t0, mhpmcounter6
    csrr t0, mhpmcounter7
    csrr t0, mhpmcounter8
    csrr t1, mhartid
    li t0, 0x2000000 # another hart's signal
    slli t2, t1, 2
    add t0, t0, t2
    sw zero, 0(t0)
    LX t0, 6 * WORD(t6)
    draw t0, t2
    SX t0, 6 * WORD(t6)
    andi t2, t0, 8 # count branches in some stretches
    beqz t2, 2f
    li t2, 1 << 6
    andi t3, t0, 16
    bnez t3, 4f
    csrs mcountinhibit, t2
    j 2f
4:  csrc mcountinhibit, t2
2:  andi t2, t0, 32 # count some instructions, with an icount trigger
    beqz t2, 7f
    csrw tselect, zero
    li t2, 3 << (8 * WORD - 4) | 1 << 7
    srli t3, t0, 8
    andi t3, t3, 0xff
    slli t3, t3, 10
    or t2, t2, t3
    csrw tdata1, t2
7:  li t2, 1 # in other stretches a trigger looks for loads of what ends in 10101
    csrw tselect, t2
    csrw tdata1, zero
    andi t2, t0, 0xc0
    addi t2, t2, -0xc0
    bnez t2, 8f
    li t2, 0x1f << (4 * WORD) | 0x15
    csrw tdata2, t2
    li t2, 6 << (8 * WORD - 4) | 1 << 21 | 4 << 7 | 1 << 4 | 1
    csrw tdata1, t2
8:  lw t2, spread
    and t0, t0, t2
    rdtime t2
    add t2, t2, t0
    li t0, CLINT_MTIMECMP
    slli t1, t1, 3
    add t0, t0, t1
    sw t2, 0(t0)
    sw zero, 4(t0)
3:  LX t0, 0 * WORD(t6)
    LX t1, 1 * WORD(t6)
    LX t2, 2 * WORD(t6)
    LX t3, 3 * WORD(t6)
    csrrw t6, mscratch, t6
    mret

    .balign 4
supervisor_trap:
    csrrw t6, sscratch, t6
    SX t0, 0 * WORD(t6)
    SX t1, 1 * WORD(t6)
    rdcycle t0
    rdinstret t0
    csrr t0, hpmcounter3
    csrr t0, hpmcounter4
    LX t0, 6 * WORD(t6)
    draw t0, t1
    SX t0, 6 * WORD(t6)
    lw t1, spread
    and t0, t0, t1
    slli t0, t0, 1
    rdtime t1
    add t1, t1, t0
    csrw stimecmp, t1
    LX t0, 0 * WORD(t6)
    LX t1, 1 * WORD(t6)
    csrrw t6, sscratch, t6
    sret

# long patched(long x): the instruction at patched_place changes while the guest runs. It lies across
# the end of a page.
    .option push
    .option rvc
    .balign 4096
    .skip 4096 - 6
    .globl patched, patched_place
patched:
    c.addi a0, 1
    c.addi a0, 2
patched_place:
    .option norvc
    addi a0, a0, 3
    .option rvc
    c.jr ra
    .option pop

    .bss
    .balign 4096
root:
    .skip 4096
stacks:
    .skip 8 * STACK_SIZE
save:
    .skip 8 * SAVE_SIZE
    .data
    .globl seed, harts, rounds, spread, with_vectors
seed:
    .word 1
harts:
    .word 1
spread: # ticks between two interrupts, at most: a number of ones
    .word 31
with_vectors:
    .word 0
rounds:
    .word 100
