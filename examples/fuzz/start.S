# The way into the guest and out of it. While it runs, sscratch holds its struct guest, whose first
# member are the registers; otherwise sscratch is 0, and a trap is a bug of the hypervisor.
        .globl  _start, enter_guest
_start: la      sp, stack_top
        csrw    sscratch, zero
        la      t0, trapped
        csrw    stvec, t0
        call    hypervisor

# enter_guest(guest): runs it until it traps. Its stack pointer is kept in sp_here meanwhile.
enter_guest:
        addi    sp, sp, -128
        .set    i, 0
        .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
        sd      x\r, 8 * i(sp)
        .set    i, i + 1
        .endr
        sd      sp, 256(a0)
        csrw    sscratch, a0
        .irp    r, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        ld      x\r, 8 * \r(a0)
        .endr
        ld      a0, 80(a0)
        sret

        .balign 4
trapped:
        csrrw   a0, sscratch, a0
        beqz    a0, 1f
        .irp    r, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sd      x\r, 8 * \r(a0)
        .endr
        csrrw   t0, sscratch, zero
        sd      t0, 80(a0)
        ld      sp, 256(a0)
        .set    i, 0
        .irp    r, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
        ld      x\r, 8 * i(sp)
        .set    i, i + 1
        .endr
        addi    sp, sp, 128
        ret
1:      csrrw   a0, sscratch, zero
        call    panic

        .bss
        .balign 16
        .space  8192
stack_top:
