# The way into the guest and out of it. While it runs, sscratch holds the stack of the hypervisor.
        .globl  _start, enter_guest
_start: la      sp, stack_top
        call    hypervisor

# enter_guest(regs): the guest's registers x1 to x31 are at regs[1] to regs[31]. Never returns: the
# guest's traps come to `trapped`, on the same stack.
enter_guest:
        la      t0, trapped
        csrw    stvec, t0
        mv      sp, a0
restore:
        addi    t0, sp, 256
        csrw    sscratch, t0
        .irp    r, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        ld      x\r, 8 * \r(sp)
        .endr
        ld      sp, 16(sp)
        sret

        .balign 4
trapped:
        csrrw   sp, sscratch, sp
        addi    sp, sp, -256
        .irp    r, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sd      x\r, 8 * \r(sp)
        .endr
        csrr    t0, sscratch
        sd      t0, 16(sp)
        mv      a0, sp
        call    guest_trap
        j       restore

        .bss
        .balign 16
        .space  8192
stack_top:
