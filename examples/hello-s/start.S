# The firmware starts one hart here, with its number in a0 and the device tree's address in a1.
        .globl  _start
_start: la      sp, stack_top
        call    hello

        .bss
        .balign 16
        .space  4096
stack_top:
