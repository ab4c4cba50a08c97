/* Start of the demonstration hypervisor, and its world switch. */
#define HOST  (35 * 8)
#define SEPC  (32 * 8)

    .section .text.start, "ax"
    .globl  _start
_start:
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    main
3:  wfi
    j       3b

    .text
/* void enter_guest(struct vcpu *v): saves our callee-saved registers in v->host, loads the guest's, and
 * SRETs. The trap that ends the guest's turn comes to leave_guest, which does the reverse. */
    .globl  enter_guest
enter_guest:
    .set    n, 0
    .irp    r, ra, sp, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    sd      \r, HOST + n * 8(a0)
    .set    n, n + 1
    .endr
    la      t0, leave_guest
    csrw    stvec, t0
    csrw    sscratch, a0
    ld      t0, SEPC(a0)
    csrw    sepc, t0
    ld      t0, SEPC + 8(a0)
    csrw    sstatus, t0
    ld      t0, SEPC + 16(a0)
    csrw    hstatus, t0
    .irp    r, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\r, \r * 8(a0)
    .endr
    ld      a0, 10 * 8(a0)
    sret

    .balign 4
leave_guest:
    csrrw   a0, sscratch, a0
    .irp    r, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\r, \r * 8(a0)
    .endr
    csrr    t0, sscratch
    sd      t0, 10 * 8(a0)
    csrr    t0, sepc
    sd      t0, SEPC(a0)
    csrr    t0, sstatus
    sd      t0, SEPC + 8(a0)
    csrr    t0, hstatus
    sd      t0, SEPC + 16(a0)
    .set    n, 0
    .irp    r, ra, sp, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    ld      \r, HOST + n * 8(a0)
    .set    n, n + 1
    .endr
    ret

    .bss
    .balign 16
    .space  16384
stack_top:
