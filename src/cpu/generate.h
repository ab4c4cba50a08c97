/* Generated code: a block that is executed often becomes machine code, its records' stencils one
 * after the other (cpu/stencil). A record's handler then points into that code, and nothing else
 * knows: slow paths and rows without a stencil run their C handlers and come back through the next
 * record. */
#ifndef HEXTANT_CPU_GENERATE_H
#define HEXTANT_CPU_GENERATE_H

#include "common/types.h"

struct block;
struct hart;

/* Room for the code of one hart's blocks. */
struct code_area {
    u8 *base;    /* NULL: nothing is generated */
    size_t used; /* bytes; the start is shared by all blocks */
    size_t shared, size;
    const void *stencils; /* the table for the hart's XLEN */
};

/* Makes room, for one hart of `harts`: together they get a fixed amount. Leaves base NULL if code
 * for this host cannot be generated or the system does not allow it. */
void code_area_setup(struct code_area *a, unsigned xlen, u32 harts);
void code_area_free(struct code_area *a);
/* Forgets all code; none of it may be running. */
void code_area_clear(struct code_area *a);
/* Gives the records of b, a block of h with h's present key, handlers in generated code. 0, or -1
 * if there is no room. */
int generate_block(struct hart *h, struct block *b);

#endif
