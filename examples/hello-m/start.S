# The first instruction: a stack, then C. Every hart (processor) comes here; all but the first wait.
        .globl  _start
_start: csrr    t0, mhartid
1:      bnez    t0, 1b
        la      sp, stack_top
        call    hello

        .bss
        .balign 16
        .space  4096
stack_top:
