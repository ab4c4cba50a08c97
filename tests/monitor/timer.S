# A hypervisor with a mistake: its guest asks for a timer interrupt and never gets it, because nobody
# has set hideleg. For the monitor to explain.
        .section .text
        .globl  _start
_start: la      t0, trap
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t0, 1 << 63             # STCE
        csrw    0x30a, t0               # menvcfg
        csrw    0x60a, t0               # henvcfg
        li      t0, 7
        csrw    mcounteren, t0
        csrw    0x606, t0               # hcounteren
        li      t0, 0xf0b5ff
        csrw    medeleg, t0
        li      t0, 0x222
        csrw    mideleg, t0
        li      t0, 1 << 39 | 1 << 11   # MPV, MPP = S
        csrs    mstatus, t0
        la      t0, guest
        csrw    mepc, t0
        mret
trap:   j       trap

        .globl  guest, guest_trap, guest_loop
guest:  la      t0, guest_trap
        csrw    stvec, t0
        li      t0, 1 << 5              # STIE
        csrs    sie, t0
        csrsi   sstatus, 2              # SIE
        csrr    t0, time
        addi    t0, t0, 1
        csrw    0x14d, t0               # stimecmp
guest_loop:
        j       guest_loop
guest_trap:
        j       guest_trap
