# Entry of the bench kernels: M-mode, one hart, stack, FP on; main's result leaves through HTIF.
    .section .text.start
    .globl _start
_start:
    csrr t0, mhartid
    bnez t0, park
    la t0, fatal
    csrw mtvec, t0
    li t0, 0x6000
    csrs mstatus, t0
    la sp, stack_top
    la t0, __bss_start
    la t1, _end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b
2:  call main
    j leave
    .align 2
fatal:
    li a0, 99
leave:
    slli a0, a0, 1
    ori a0, a0, 1
    la t0, tohost
3:  sd a0, 0(t0)
    j 3b
park:
    wfi
    j park

    .section .tohost, "aw"
    .align 6
    .globl tohost, fromhost
    .type tohost, @object
    .type fromhost, @object
    .size tohost, 8
    .size fromhost, 8
tohost: .dword 0
    .align 6
fromhost: .dword 0

    .section .bss
    .align 12
    .space 65536
stack_top:
