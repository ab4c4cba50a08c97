# A bit of everything that a commit log shows, for tests/trace/run: registers written with what they
# held, two widths of instruction, loads, stores, atomics, CSRs and their views, flags, modes.
#if __riscv_xlen == 64
#define LX ld
#define SX sd
#else
#define LX lw
#define SX sw
#endif
    .globl _start
_start:
    addi x0, x0, 5
    li a0, 7
    .option push
    .option rvc
    c.li a0, 7
    c.addi a0, -1
    .option pop
    la s0, data
    LX a1, 0(s0)
    sb a0, 3(s0)
    lh a2, 2(s0)
    SX a1, 8(s0)
    amoadd.w a3, a0, (s0)
    lr.w a4, (s0)
    sc.w a5, a0, (s0)
    sc.w a5, a0, (s0)
    li t0, 1 << 13
    csrs mstatus, t0
    fcvt.d.w fa0, a0
    li t1, 3
    fcvt.d.w fa1, t1
    fdiv.d fa2, fa0, fa1
    fdiv.d fa3, fa1, fa2
    fsd fa2, 8(s0)
    fld fa4, 8(s0)
    fcvt.w.d t2, fa2, rtz
    csrrw t2, fcsr, x0
    csrr t2, fflags
    csrs sie, x0
    csrw sscratch, a0
    csrs sstatus, t0
    csrr t3, mhartid
    li t4, -1
    csrw pmpaddr0, t4
    li t4, 0x1f
    csrw pmpcfg0, t4
    la t4, handler
    csrw mtvec, t4
    .option push
    .option norvc
    .balign 4
    ebreak
    la t4, user
    csrw mepc, t4
    mret
user:
    li a7, 1
    ecall
    .option pop
    .balign 4
handler:
    csrr t5, mcause
    li t6, 8
    beq t5, t6, end
    csrr t6, mepc
    addi t6, t6, 4
    csrw mepc, t6
    li t6, 3 << 11
    csrs mstatus, t6
    mret
end:
    li a0, 1
    la t0, tohost
    SX a0, 0(t0)
#if __riscv_xlen == 32
    sw zero, 4(t0)
#endif
1:  j 1b

    .data
    .balign 64
    .globl tohost, fromhost
tohost:
    .dword 0
    .balign 64
fromhost:
    .dword 0
    .balign 16
data:
    .dword 0x1122334455667788, 0
