# Looks words of a table up in an order that the words themselves decide, and now and then the time.
# DIFFERENT is the number of the word that is not as the others are; NONE: all are.
    .globl _start
_start:
    la s0, table
    li s1, 0x1234
    li s2, 5000
    li s3, 0
loop:
    andi t0, s1, 0x3ff
    slli t0, t0, 2
    add t0, t0, s0
    lw t1, 0(t0)
    xor s3, s3, t1
    li t2, 1103515245
    mul s1, s1, t2
    addi s1, s1, 1013
    srli t2, s1, 7
    xor s1, s1, t2
    andi t3, s2, 1023
    bnez t3, 1f
    .ifdef TIME
    rdtime s4
    .endif
1:  addi s2, s2, -1
    bnez s2, loop
    la t0, tohost
    li t1, 1
    sw t1, 0(t0)
2:  j 2b
    .data
    .balign 4096
table:
    .set n, 0
    .rept 1024
    .if n == DIFFERENT
    .word 7
    .else
    .word n * 3
    .endif
    .set n, n + 1
    .endr
    .balign 64
    .globl tohost
tohost: .dword 0
