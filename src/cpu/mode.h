/* Privilege modes: the enum and the table made from mode.def. */
#ifndef HEXTANT_CPU_MODE_H
#define HEXTANT_CPU_MODE_H

#include "common/types.h"

enum mode {
#define MODE(e, name, nominal, v, bank, ecall) MODE_##e,
#include "cpu/mode.def"
#undef MODE
    MODE_COUNT
};

enum bank { BANK_M, BANK_S, BANK_VS, BANK_COUNT };

struct mode_info {
    const char *name;
    u8 nominal, v, bank, ecall;
};
extern const struct mode_info mode_table[MODE_COUNT];

/* The mode with that nominal privilege (0, 1, 3) and virtualization bit. */
enum mode mode_of(unsigned nominal, unsigned v);
/* The mode with that name, in letters of either case; "S" is HS. -1: there is none. */
int mode_named(const char *name);

#endif
