/* Less privileged worlds entered by SBI's synchronize-SRET call (test_nacl): the firmware loads the
 * registers from shared memory. */
#if __riscv_xlen == 64
#define SX sd
#define LX ld
#define RB 8
#else
#define SX sw
#define LX lw
#define RB 4
#endif
#define SAVED (16 * RB)

    .macro  saved op
    .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    \op     x\r, \r*RB(sp)
    .endr
    .endm

    .text
/* long nacl_enter(entry): as enter_below of start.S; what leave_below() was given, or the error. */
    .globl  nacl_enter
nacl_enter:
    addi    sp, sp, -SAVED*2
    saved   SX
    csrw    sscratch, sp
    csrw    sepc, a0
    li      a7, 0x4e41434c
    li      a6, 4
    ecall
    csrw    sscratch, zero
    addi    sp, sp, SAVED*2
    ret

/* long nacl_land(context): to S-mode, here; x10 of the context, or the error. */
    .globl  nacl_land
nacl_land:
    addi    sp, sp, -SAVED*2
    saved   SX
    SX      sp, 2*RB(a0)
    la      t0, 1f
    csrw    sepc, t0
    li      a7, 0x4e41434c
    li      a6, 4
    ecall
1:  saved   LX
    addi    sp, sp, SAVED*2
    ret

/* In VS-mode, where sscratch is the address of 32 words: all registers go there. */
    .globl  nacl_registers
nacl_registers:
    csrrw   t0, sscratch, t0
    .irp    r, 1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    SX      x\r, \r*RB(t0)
    .endr
    csrr    t1, sscratch
    SX      t1, 5*RB(t0)
    csrw    stval, t1
    li      a0, 0x55
    li      a7, 0x1eafe
    ecall
