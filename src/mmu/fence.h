/* The fences: what SFENCE.VMA, HFENCE.VVMA and HFENCE.GVMA (and their Svinval parts) drop. */
#ifndef HEXTANT_MMU_FENCE_H
#define HEXTANT_MMU_FENCE_H

#include "common/types.h"

struct hart;

/* An operand that may be x0 ("all"). */
struct fence_arg {
    u8 given;
    u64 value;
};

/* SFENCE.VMA with V=0. */
void mmu_fence_s(struct hart *h, struct fence_arg va, struct fence_arg asid);
/* HFENCE.VVMA, or SFENCE.VMA with V=1: VS-stage entries of the VMID in hgatp. */
void mmu_fence_vs(struct hart *h, struct fence_arg va, struct fence_arg asid);
/* HFENCE.GVMA: gpa is the guest-physical address itself (rs1 << 2). Combined entries go too. */
void mmu_fence_g(struct hart *h, struct fence_arg gpa, struct fence_arg vmid);
/* FENCE.I: what any hart has stored is what h executes next. */
void hart_fence_i(struct hart *h);

#endif
