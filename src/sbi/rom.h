/* The ROM with the reset vector and the firmware's M-mode stub (roms/firmware.S). */
#ifndef HEXTANT_SBI_ROM_H
#define HEXTANT_SBI_ROM_H

#include "common/types.h"

struct bus;

enum {
    ROM_BASE = 0x1000,
    ROM_SIZE = 0x1000,
    /* offsets inside it; see roms/firmware.S */
    ROM_ENTRY = 0x40,
    ROM_FDT = 0x48,
    ROM_ARG2 = 0x50,
    ROM_INIT = 0x80,
    ROM_TRAP = 0xc0,
    ROM_IDLE = 0x100,
};

/* Where the reset vector jumps (in M-mode), and the values of a1 and a2 there; a0 is mhartid. */
struct rom_boot {
    u64 entry, fdt, arg2;
};

/* Adds the ROM for this XLEN (32 or 64) to the bus at ROM_BASE. 0, or -1: no memory, or the range
 * is taken. */
int rom_install(struct bus *bus, unsigned xlen);
/* Fills in the reset vector's three words. Until then it jumps to the embedded firmware. */
void rom_set_boot(struct bus *bus, const struct rom_boot *boot);

#endif
