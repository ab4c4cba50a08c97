# The start of the guest for tests/cli/semihosting, and its call.
        .globl  _start, call, guest
_start: la      sp, stack_top
#ifdef NO_CALL
# Is this EBREAK a breakpoint, as it must be? Exits with 9 if it is.
        la      t0, 2f
        csrw    mtvec, t0
#ifdef IN_U
        li      t0, 0x1800
        csrc    mstatus, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        csrwi   pmpcfg0, 0x1f
        la      t0, 3f
        csrw    mepc, t0
        mret
3:      li      a0, 3
        la      a1, text
        call    call
#else
        .option norvc
        li      a0, 3
        la      a1, text
        ebreak
        srai    x0, x0, 7
#endif
1:      j       1b
        .balign 4
2:      csrr    t0, mcause
        li      t1, 3
        bne     t0, t1, 1b
        li      t0, 0x100000
        li      t1, 0x93333
        sw      t1, 0(t0)
        j       1b
        .section .rodata
text:   .string "no call\n"
        .text
#else
        call    guest
1:      j       1b
#endif

        .balign 16
call:   .option push
        .option norvc
        slli    x0, x0, 0x1f
        ebreak
        srai    x0, x0, 7
        .option pop
        ret

        .bss
        .balign 16
        .space  32768
stack_top:
