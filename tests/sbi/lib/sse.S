/* Entry of event handlers: a6 = hartid, a7 = struct sse_handler. Every register is put back before
 * sbi_sse_complete; a6 and a7 are the firmware's to restore. */
#if __riscv_xlen == 64
#define SX sd
#define LX ld
#define RB 8
#else
#define SX sw
#define LX lw
#define RB 4
#endif
    .text
    .balign 4
    .globl sse_entry
sse_entry:
    .irp    r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    SX      x\r, (2 + \r)*RB(a7)
    .endr
    csrrw   t0, sscratch, zero
    SX      t0, 34*RB(a7)
    mv      tp, a6
    LX      sp, RB(a7)
    LX      t1, 0(a7)
    mv      s1, a7
    mv      a0, a7
    mv      a1, a6
    jalr    t1
    mv      a7, s1
    LX      t0, 34*RB(a7)
    csrw    sscratch, t0
    .irp    r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    LX      x\r, (2 + \r)*RB(a7)
    .endr
    li      a7, 0x535345
    li      a6, 6
    ecall
1:  j       1b
