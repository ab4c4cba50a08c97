/* Under the embedded firmware: a guest reads vacant memory twice. The firmware passes the first fault on to
 * HS-mode, which then delegates that exception, the second to VS-mode. */
    .option norvc
    .globl  _start
_start:
    la      t0, on_exit
    csrw    stvec, t0
    la      t0, in_guest
    csrw    vstvec, t0
    la      t0, guest
    csrw    sepc, t0
    li      t0, 0x80                /* hstatus.SPV */
    csrs    hstatus, t0
    li      t0, 0x100               /* sstatus.SPP */
    csrs    sstatus, t0
    sret
    .balign 4
on_exit:
    csrr    t0, scause
    li      t1, 10                  /* ECALL from VS-mode */
    beq     t0, t1, end
    li      t0, 1 << 5              /* load access fault */
    csrw    hedeleg, t0
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    sret
end:
    li      a7, 0x53525354          /* SRST: shut down */
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
guest:
    ld      t2, 0(zero)
    ld      t2, 0(zero)
    .balign 4
in_guest:
    ecall
