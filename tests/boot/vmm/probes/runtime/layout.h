/* Offsets into struct hart, shared by C and assembly; runtime.c asserts that they are right. */
#ifndef PROBE_LAYOUT_H
#define PROBE_LAYOUT_H

#define XLEN_BYTES       (__riscv_xlen / 8)
#define RECOVER          (0 * XLEN_BYTES)
#define TRAP_CAUSE       (1 * XLEN_BYTES)
#define TRAP_TVAL        (2 * XLEN_BYTES)
#define TRAP_EPC         (3 * XLEN_BYTES)
#define ENTRY_A0         (4 * XLEN_BYTES)
#define ENTRY_A1         (5 * XLEN_BYTES)
#define ENTRY_SATP       (6 * XLEN_BYTES)
#define ENTRY_SSTATUS    (7 * XLEN_BYTES)
#define ENTRY_SIE        (8 * XLEN_BYTES)
#define ENTRY_STVEC      (9 * XLEN_BYTES)
#define ENTRY_SSCRATCH   (10 * XLEN_BYTES)
#define ENTRY_SCOUNTEREN (11 * XLEN_BYTES)
#define HART_SIZE        (16 * XLEN_BYTES)
#define STACK_SHIFT      14
#define MAX_HARTS        8

#endif
