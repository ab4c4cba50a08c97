/* What random guests have done, to see what a comparison is worth: instructions by mode and by what
 * is translated, traps by cause and way, accesses, translations. */
#ifndef LOCKSTEP_HISTOGRAM_H
#define LOCKSTEP_HISTOGRAM_H

#include "cpu/hart.h"
#include "cpu/insn.h"

/* Which stages are on. */
enum stages { STAGES_NONE, STAGES_VS, STAGES_G, STAGES_BOTH, STAGES_COUNT };

struct histogram {
    u64 insns[MODE_COUNT][STAGES_COUNT]; /* modes without V: VS stands for satp */
    u64 rows[INSN_COUNT + 1];
    u64 exceptions[64], interrupts[64];
    u64 ways[MODE_COUNT][BANK_COUNT]; /* of traps */
    u64 implicit[2];                  /* faults of a VS-stage table's read, write */
    u64 accesses[MODE_COUNT][STAGES_COUNT], tagged[MODE_COUNT], other_mode[MODE_COUNT];
    u64 crossing;
    u64 fills[2][64]; /* V=0, V=1; by bits of the leaf */
    u64 pads, shadow; /* instructions with landing pads on, with the shadow stack on */
};

/* A retired instruction. */
void histogram_insn(struct histogram *g, const struct hart *h, enum mode mode, u32 bits);
void histogram_trap(struct histogram *g, const struct trap_event *ev);
void histogram_access(struct histogram *g, const struct hart *h, const struct mem_event *ev);
/* A translation that the TLB takes. */
void histogram_fill(struct histogram *g, const struct hart *h, const struct tlb_event *ev);
void histogram_print(const struct histogram *g);

#endif
