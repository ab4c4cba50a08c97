/* Physical memory protection (machine chapter, "PMP"; Smepmp). */
#ifndef HEXTANT_MMU_PMP_H
#define HEXTANT_MMU_PMP_H

#include "common/types.h"

struct hart;

/* An active entry: bytes first..last (inclusive). */
struct pmp_range {
    u64 first, last;
    u8 cfg;
    u8 index;
};
/* The entries that are not OFF, in order of priority. */
struct pmp {
    struct pmp_range range[64];
    u8 count;
    u8 mseccfg; /* MML, MMWP */
};

/* Rebuilds the ranges from pmpcfg, pmpaddr and mseccfg. */
void pmp_derive(struct hart *h);
/* Permission bits (PMP_R | PMP_W | PMP_X) of the bytes pa .. pa+len-1 at nominal privilege `level`.
 * *uniform (may be NULL) is set to whether the whole 4 KiB page of pa has these permissions. An
 * access that matches an entry only in part has no permission. *entry (may be NULL) gets the number
 * of the deciding entry or -1. */
unsigned pmp_permissions(const struct hart *h, u64 pa, u64 len, unsigned level, bool *uniform,
                         int *entry);

#endif
