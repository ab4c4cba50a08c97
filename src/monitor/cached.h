/* Where the translation caches of a hart answer otherwise than memory. */
#ifndef HEXTANT_MONITOR_CACHED_H
#define HEXTANT_MONITOR_CACHED_H

#include "monitor/report.h"

/* The entry that the hart uses instead of memory. */
struct cached {
    struct space_name name; /* whose it is; of kind SPACE_NONE: there is none */
    u64 addr;               /* what it translates: a virtual address, of SPACE_G a gpa, */
    bool implicit;          /* of an entry of the VS-stage */
    bool invalid;           /* it has V=0; else */
    u64 pa;                 /* where it leads */
    u64 memory_pa;          /* where memory says that addr leads, */
    bool memory;            /* if memory says that it leads anywhere */
    bool guest_changed;     /* of a two-stage entry: it is the G-stage that differs */
};

/* Compares what `tlb` holds with rep, which was made on a hart with the registers of h. */
struct cached cached_find(const struct hart *h, const struct tlb *tlb, const struct report *rep);
/* "its two-stage entry, ASID 0, VMID 1, leads to pa 0x80030008; HFENCE.VVMA, ... drops it" Returns
 * buf. */
char *cached_text(const struct cached *c, char *buf, size_t len);

#endif
