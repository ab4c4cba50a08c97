/* The world as a hart sees it: the map of physical addresses, time, and what a hart asks of whoever
 * runs it. The machine fills this in; cpu/ and mmu/ know no more of it. */
#ifndef HEXTANT_CPU_PLATFORM_H
#define HEXTANT_CPU_PLATFORM_H

#include "common/types.h"

struct bus;
struct hart;
struct post;

struct platform {
    struct bus *bus;
    u32 num_harts;   /* that share it */
    bool plain;      /* the fast engine is not to be used */
    const u32 *stop; /* not 0: hart_run() comes back after the present instruction or block */
    void *ctx;       /* argument of the functions below */
    /* `time` at the hart's present instruction, in ticks. */
    u64 (*now)(void *ctx);
    /* The slot (hart_clock) at which now() first reaches `time`, never before the present one;
     * UINT64_MAX if that is out of reach. With a clock that is not the hart's, when to look again.
     */
    u64 (*slot_of_time)(void *ctx, const struct hart *h, u64 time);
    /* The hart has stored `size` bytes at pa, in a page with one of the flags PAGE_HEARD. */
    void (*stored)(void *ctx, u64 pa, unsigned size);
    /* A request (cpu/post.h) to hart number `hart`, for the hart that runs. The running hart's to
     * itself is done at once. */
    void (*post)(void *ctx, u32 hart, const struct post *p);
    /* The hart has met an error without a handler (double trap in M-mode): the run must stop. */
    void (*critical_error)(void *ctx, struct hart *h);
    /* The hart is at an EBREAK in a mode above U: a semihosting call? 1: it was served; the hart
     * goes on at h->npc. 0: it was none. NULL: there is no semihosting. */
    int (*host_call)(void *ctx, struct hart *h);
    /* The exception in h->trap, about to be taken at h->pc, has come config.storm_traps times in a
     * row without anything executed in its mode. */
    void (*storm)(void *ctx, struct hart *h);
};

#endif
