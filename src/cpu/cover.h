/* Coverage for fuzzers: a counter for each way from one block to the next. A block whose entry is
 * to be counted begins with a handler of its own (op_cover), which is chosen when it is decoded;
 * nothing else knows, and without coverage nothing is asked. Each mode, and each guest by its VMID,
 * has edges of its own, whose counters lie elsewhere in the map; an edge never leads from one into
 * another. What executes plainly is not counted. */
#ifndef HEXTANT_CPU_COVER_H
#define HEXTANT_CPU_COVER_H

#include "common/types.h"

struct hart;

enum { COVER_SIZE = 1 << 16 }; /* counters of a map */

/* What all harts share. */
struct cover {
    u8 *map;     /* COVER_SIZE counters; those that run over go on at 1 */
    u8 *nowhere; /* the same, for what is left out */
    u8 modes;    /* those that count, a bit for each enum mode */
};

/* Where a hart is: the map, the block that it was in, what makes its mode's edges different. */
struct cover_place {
    const struct cover *of;
    u8 *map;
    u32 last, world;
};

/* From now on the hart's edges are counted; c outlives it. */
void cover_start(struct hart *h, const struct cover *c);
/* The hart has entered another mode (hart_trace.mode), or was put somewhere else while it did not
 * run: no edge leads there. */
void cover_moved(struct hart *h);

/* The block at pc is entered. */
static inline void cover_block(struct cover_place *p, u64 pc)
{
    u32 here = (u32)((pc >> 1) * 0x9e3779b97f4a7c15ull >> 40) ^ p->world;
    u8 *counter = &p->map[(here ^ p->last) & (COVER_SIZE - 1)];
    u8 n = (u8)(*counter + 1);
    *counter = n + !n;
    p->last = here >> 1;
}

#endif
