/* The ROM at 0x1000: the reset vector of every hart, and the M-mode side of the embedded firmware.
 * What the firmware does is C code inside the simulator (src/sbi); the instruction `firmware` below
 * calls it. C tells the entries apart by the address of that instruction, so the offsets here are
 * the ones in src/sbi/rom.h. The stub saves nothing: C reads and writes the hart's registers. */

    .macro firmware
    .word 0x0000000b            /* custom-0, all other fields zero: legal in M-mode in this ROM */
    .endm

#if __riscv_xlen == 64
#define LX ld
#else
#define LX lw
#endif

    .option norvc
    .option norelax
    .text

/* 0x000: out of reset, M-mode. The three words are filled in by the machine. */
reset:
    auipc   t0, 0
    csrr    a0, mhartid
    LX      a1, 0x48(t0)        /* device tree */
    LX      a2, 0x50(t0)        /* what a firmware loaded from a file gets in a2 */
    LX      t0, 0x40(t0)        /* where to go */
    jr      t0

    .org 0x40
    .dword  0                   /* entry */
    .dword  0                   /* device tree */
    .dword  0                   /* a2 */

/* 0x080: the embedded firmware starts on this hart: to S-mode, or to the idle loop. */
    .org 0x80
init:
    firmware
    mret

/* 0x0c0: mtvec. */
    .org 0xc0
trap:
    firmware
    mret

/* 0x100: harts that are stopped or suspended wait here, in M-mode with MIE clear; mie says what may
 * wake them. */
    .org 0x100
idle:
    wfi
    firmware
    mret

    .org 0x200
