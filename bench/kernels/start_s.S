# Entry of a kernel that runs in S-mode under a firmware.
    .section .text.start
    .globl _start
_start:
    la sp, stack_top
    la t0, __bss_start
    la t1, _end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b
2:  call main
3:  j 3b

    .section .bss
    .align 12
    .space 16384
stack_top:
