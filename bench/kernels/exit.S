# The least program there is: ten instructions, the last of which ends the run through HTIF. With SPIN it
# stays, so that its memory can be looked at.
    .section .text.start
    .globl _start
_start:
    li a0, 1
    la t0, tohost
    nop
    nop
    nop
    nop
#ifdef SPIN
1:  j 1b
#endif
    sd a0, 0(t0)
2:  j 2b

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
