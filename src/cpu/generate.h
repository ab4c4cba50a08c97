/* Generated code: a block that is executed often becomes machine code, its records' stencils one
 * after the other (cpu/stencil). A record's handler then points into that code, and nothing else
 * knows: slow paths and rows without a stencil run their C handlers and come back through the next
 * record. */
#ifndef HEXTANT_CPU_GENERATE_H
#define HEXTANT_CPU_GENERATE_H

#include "common/types.h"

struct block;
struct hart;

/* Room for the code of one hart's blocks: the same memory at two addresses. At one it is executed,
 * at the other written, at none both. A child of fork() has neither: it would share them. */
struct code_area {
    u8 *base;        /* where it is executed; NULL: nothing is generated */
    ptrdiff_t write; /* from there to where it is written */
    u8 *ours;        /* reads as 0 in a child of the process that made the area */
    size_t used;     /* bytes; the start is shared by all blocks */
    size_t shared, size;
    const void *stencils; /* the table for the hart's XLEN */
};

/* Makes room, for one hart of `harts`: together they get a fixed amount. Leaves base NULL if code
 * for this host cannot be generated or the system does not allow it. */
void code_area_setup(struct code_area *a, unsigned xlen, u32 harts);
void code_area_free(struct code_area *a);
/* Has fork() taken the area away? Then its hart must drop all blocks and set it up again before it
 * runs. */
static inline bool code_area_lost(const struct code_area *a)
{
    return a->base && !*a->ours;
}
/* Forgets all code; none of it may be running. */
void code_area_clear(struct code_area *a);
/* Gives the records of b, a block of h with h's present key, handlers in generated code. 0, or -1
 * if there is no room. */
int generate_block(struct hart *h, struct block *b);

#endif
