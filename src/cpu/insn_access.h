/* Turns the two access columns of isa.def into C. For the files that include the rows. */
#ifndef HEXTANT_CPU_INSN_ACCESS_H
#define HEXTANT_CPU_INSN_ACCESS_H

#include "cpu/insn.h"
#include "mmu/mem.h"

enum {
#define ACCESS(kind, modifiers) INSN_FLAGS_##kind = modifiers,
#include "cpu/access.def"
#undef ACCESS
};

/* The types, as bytes and is_signed. */
typedef u8 none;
#define INSN_TYPE_none 0, 0
#define INSN_TYPE_ux   0, 0
#define INSN_TYPE_s8   1, 1
#define INSN_TYPE_s16  2, 1
#define INSN_TYPE_s32  4, 1
#define INSN_TYPE_s64  8, 1
#define INSN_TYPE_u8   1, 0
#define INSN_TYPE_u16  2, 0
#define INSN_TYPE_u32  4, 0
#define INSN_TYPE_u64  8, 0
#define INSN_TYPE_u128 16, 0

/* The initialiser of a row's struct insn_access. */
#define INSN_ACCESS_OF(access, type)                                                               \
    {                                                                                              \
        INSN_ACCESS_##access, INSN_TYPE_##type, INSN_FLAGS_##access                                \
    }

#endif
