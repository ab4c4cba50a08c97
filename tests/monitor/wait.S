/* Waits with the timer's interrupt pending, but not enabled in mie; nor are interrupts in mstatus. */
    .globl _start
_start:
    li      t0, 0x2004000
    sd      zero, 0(t0)             /* mtimecmp */
1:  csrr    t1, mip
    andi    t1, t1, 1 << 7
    beqz    t1, 1b
    wfi
    j       1b
