# The guest: prints a line by calls to its firmware, which is the hypervisor, then stores to a serial
# port that nobody gave it. It may stand anywhere: its addresses are those it is copied to.
        .globl  guest_start, guest_end
        .section .rodata
        .balign 8
guest_start:
        lla     s0, text
1:      lbu     a0, 0(s0)
        beqz    a0, 2f
        li      a7, 1                   # print the character in a0
        ecall
        addi    s0, s0, 1
        j       1b
2:      li      t0, 0x10000000
        sb      zero, 0(t0)
3:      j       3b
text:   .string "hello from VS-mode\n"
guest_end:
