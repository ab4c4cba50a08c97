# Waits for a timer interrupt that is enabled but masked, so that WFI goes on behind itself, and then counts
# for ever. For gdb.
        .section .text
        .globl  _start, awake
_start: li      t0, 1 << 7              # MTIE
        csrw    mie, t0
        li      t0, 0x2004000           # mtimecmp
        li      t1, 20
        sd      t1, (t0)
        li      t2, 0
        wfi
awake:  addi    t2, t2, 1
        j       awake
