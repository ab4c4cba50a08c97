/* Start-up, the trap vectors of all three banks, and the switch from M-mode into another mode and
 * back. The M vector saves the registers of the interrupted program and returns to the caller of
 * enter_mode(). The S vectors (one piece of code for HS and VS) touch no memory: they keep a7 in
 * sscratch, put the number of the vector entry in a7, and hand over to M at `s_escape`. */

#if __riscv_xlen == 64
#define S sd
#define L ld
#define REG 8
#else
#define S sw
#define L lw
#define REG 4
#endif

    .section .text.start, "ax"
    .globl _start
_start:
    /* A hart with Smdbltrp starts with MDT=1, one with Smrnmi with NMIE=0: no trap could be taken. */
#if __riscv_xlen == 64
    li t0, 1
    slli t0, t0, 42
    csrc mstatus, t0
#else
    li t0, 1 << 10
    csrc 0x310, t0
#endif
    csrr t0, mhartid
    bnez t0, park
    la t0, skip_vector
    csrw mtvec, t0
    csrsi 0x744, 8
    la t0, device_tree
    S a1, 0(t0)
    la sp, m_stack_top
    la t0, bss_begin
    la t1, bss_end
1:  S zero, 0(t0)
    addi t0, t0, REG
    bltu t0, t1, 1b
    la t0, m_vector
    csrw mtvec, t0
    csrw mscratch, zero
    call run_all_tests
park:
    wfi
    j park

    .balign 4
skip_vector:
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    mret

/* void enter_mode(struct context *): registers x1..x31 are loaded from context->regs, then MRET.
 * Returns at the next trap into M-mode, with the registers of that moment in context->regs. */
    .globl enter_mode
enter_mode:
    S ra, 32*REG(a0)
    S sp, 33*REG(a0)
    S gp, 34*REG(a0)
    S tp, 35*REG(a0)
    S s0, 36*REG(a0)
    S s1, 37*REG(a0)
    S s2, 38*REG(a0)
    S s3, 39*REG(a0)
    S s4, 40*REG(a0)
    S s5, 41*REG(a0)
    S s6, 42*REG(a0)
    S s7, 43*REG(a0)
    S s8, 44*REG(a0)
    S s9, 45*REG(a0)
    S s10, 46*REG(a0)
    S s11, 47*REG(a0)
    csrw mscratch, a0
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    L x\n, \n*REG(a0)
    .endr
    L a0, 10*REG(a0)
    mret

    .balign 4
    .globl m_vector
m_vector:
    csrrw t0, mscratch, t0
    beqz t0, unexpected
    .irp n, 1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    S x\n, \n*REG(t0)
    .endr
    csrr t1, mscratch
    S t1, 5*REG(t0)
    csrw mscratch, zero
    L ra, 32*REG(t0)
    L sp, 33*REG(t0)
    L gp, 34*REG(t0)
    L tp, 35*REG(t0)
    L s0, 36*REG(t0)
    L s1, 37*REG(t0)
    L s2, 38*REG(t0)
    L s3, 39*REG(t0)
    L s4, 40*REG(t0)
    L s5, 41*REG(t0)
    L s6, 42*REG(t0)
    L s7, 43*REG(t0)
    L s8, 44*REG(t0)
    L s9, 45*REG(t0)
    L s10, 46*REG(t0)
    L s11, 47*REG(t0)
    ret

unexpected:
    csrw mscratch, zero
    la sp, trap_stack_top
    call unexpected_trap

/* int mark(ulong jump[14]) returns 0, and again 1 after jump_to_mark(jump). */
    .globl mark
mark:
    S ra, 0*REG(a0)
    S sp, 1*REG(a0)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    S s\n, (2+\n)*REG(a0)
    .endr
    li a0, 0
    ret
    .globl jump_to_mark
jump_to_mark:
    L ra, 0*REG(a0)
    L sp, 1*REG(a0)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    L s\n, (2+\n)*REG(a0)
    .endr
    li a0, 1
    ret

/* Vectored entry n arrives here with a7 = n, the direct entry with a7 = 64. */
    .balign 256
    .globl s_vector_table
s_vector_table:
    .option push
    .option norvc
    .set n, 0
    .rept 64
    j s_entry_0 + 8*n
    .set n, n + 1
    .endr
s_entry_0:
    .set n, 0
    .rept 64
    csrw sscratch, a7
    j s_number_0 + 8*n
    .set n, n + 1
    .endr
s_number_0:
    .set n, 0
    .rept 64
    li a7, n
    j s_escape
    .set n, n + 1
    .endr
    .globl s_vector
s_vector:
    csrw sscratch, a7
    li a7, 64
    .globl s_escape
s_escape:
    ecall
    j s_escape
    .option pop

/* Where a C function that run_in() started returns to. */
    .balign 4
    .globl guest_done
guest_done:
    li a7, 0x444f4e45
    ecall
    j guest_done

    .section .tohost, "aw"
    .balign 64
    .globl tohost
tohost:
    .dword 0
    .balign 64
    .globl fromhost
fromhost:
    .dword 0

    .section .slots, "awx"
    .globl slot_pages
slot_pages:
    .zero 0x4000

    .bss
    .balign 16
    .zero 0x4000
m_stack_top:
    .zero 0x1000
trap_stack_top:
    .zero 0x2000
    .globl guest_stack_top
guest_stack_top:
    .zero 16
