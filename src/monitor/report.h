/* A translation with every step on record: what `walk` prints and `why` explains. */
#ifndef HEXTANT_MONITOR_REPORT_H
#define HEXTANT_MONITOR_REPORT_H

#include "bus/bus.h"
#include "mmu/tlb.h"
#include "mmu/walk.h"
#include "monitor/probe.h"
#include "monitor/view.h"

enum { REPORT_STEPS = 64 };

/* One page-table entry as it was read. */
struct report_step {
    struct walk_step s;
    u64 target;   /* what the PTE points to: next table, or the page of a leaf */
    u8 leaf_bits; /* of a leaf */
};

/* An access to translate. flags: MEM_HV takes the regime of HLV/HSV, MEM_HLVX and MEM_SSTACK are as
 * in execution. */
struct request {
    u8 space;  /* enum view_kind: what the address is; from gpa on only the G-stage translates */
    u8 mode;   /* enum mode: whose rights */
    u8 access; /* enum access */
    u32 flags;
    u64 addr;
};

struct report {
    struct request asked;
    struct regime r;
    u64 va, masked;
    u8 access; /* enum access */
    u32 flags;
    u8 size;
    bool ok;            /* translated, and PMP and PMA agree */
    struct fault fault; /* if not ok, */
    u32 cause;          /* and the exception that it means */
    struct xlate x;     /* if translated */
    bool translated;
    u32 steps;
    /* The address that PMP and PMA have decided about: x.pa, or that of an entry (report_of_pte).
     */
    int pmp_entry; /* -1: none */
    u8 pmp_granted;
    struct mem_region *memory;             /* what is there: memory, */
    struct bus_window *device;             /* a device, or nothing */
    struct report_step step[REPORT_STEPS]; /* the first `steps` of them */
};

/* Makes the access on a probe's hart and records it; on a hart of the machine with MEM_PROBE. */
void report_make(struct hart *h, struct report *rep, const struct request *q);
/* Did it fail because a page-table entry could not be accessed? Then PMP and PMA are those of it.
 */
bool report_of_pte(const struct report *rep);
/* With every permission open, whatever is mapped: for maps. */
void report_probe(struct hart *h, struct report *rep, const struct regime *r, u64 va);
/* "R W X U" and the rest of a PTE: "DAGUXWRV" with - for what is 0. Returns buf (16 bytes). */
char *pte_flags(const struct stage *st, u64 pte, char *buf);
/* "Sv39x4", "Bare", ... */
const char *stage_name(const struct stage *st);
const char *access_name(unsigned access, u32 flags);

#endif
