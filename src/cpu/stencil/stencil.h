/* Machine code with holes, one piece for each row of isa.def and each way its operands come: what
 * extract.c makes of the objects of stencils_rv32.c and stencils_rv64.c, for cpu/generate.c. */
#ifndef HEXTANT_CPU_STENCIL_H
#define HEXTANT_CPU_STENCIL_H

#include "common/types.h"
#include "cpu/insn.h"

/* What goes into a hole. The value plus the addend is stored, in 4 bytes if not stated otherwise;
 * those marked "relative" are stored less the address of the hole. */
enum fix_kind {
    FIX_X1, /* offset in the hart of x[rs1], ... */
    FIX_X2,
    FIX_XD,
    FIX_F1,
    FIX_F2,
    FIX_F3,
    FIX_FD,
    FIX_IMM,
    FIX_OP,     /* offset of the record from its block's first one */
    FIX_TAIL,   /* likewise of the block's tail */
    FIX_PC,     /* 8 bytes: pc + imm */
    FIX_END,    /* 8 bytes: the address after the block's last instruction */
    FIX_NEXT,   /* relative: the code that follows in the block */
    FIX_HOT,    /* relative: this stencil's code */
    FIX_COLD,   /* relative: this stencil's code out of line */
    FIX_POOL,   /* relative: the pool of constants */
    FIX_EXTERN, /* relative: the function with that index */
    FIX_KINDS
};

struct stencil_fix {
    u16 at; /* offset of the hole in the stencil's code */
    u8 kind, index;
    s32 addend;
};

struct stencil {
    u32 code;       /* offset in stencil_code */
    u16 hot, size;  /* bytes in line, and all */
    u16 fix, fixes; /* index in stencil_fixes, and how many */
    u32 exists;
};

/* A form's bits say which operands are the result of the instruction before, and whether a load
 * guesses (FORWARD_RS1, FORWARD_RS2, GUESS_ADDEND of exec_bodies.h). */
enum { STENCIL_GUESS = 4, STENCIL_FORMS = 6 };
/* After the rows; form 0 only. */
enum { STENCIL_handler = INSN_COUNT, STENCIL_resume, STENCIL_end, STENCIL_ROWS };

/* Empty tables where the host's code cannot be generated. */
extern const struct stencil stencils_rv32[STENCIL_ROWS][STENCIL_FORMS];
extern const struct stencil stencils_rv64[STENCIL_ROWS][STENCIL_FORMS];
extern const struct stencil_fix stencil_fixes[];
extern const u8 stencil_code[], stencil_pool[];
extern const u32 stencil_pool_size, stencil_num_externs;
extern const void *const stencil_externs[];

#endif
