/* Two runs that are compared, and telling where they part: shared by the files of hextant diff. */
#ifndef HEXTANT_LOCKSTEP_DIFF_REPORT_H
#define HEXTANT_LOCKSTEP_DIFF_REPORT_H

#include <stdio.h>

#include "common/state.h"
#include "machine/machine.h"

/* An element of a row, by name: parts and rows are made anew when a machine goes back. */
struct diff_element {
    char part[32];
    const char *row;
    u32 i;
};

/* Listeners of a machine's harts, and their hash of what has been executed. */
struct diff_watch {
    struct hart_trace *listener[64];
    u64 hash;
};

struct diff {
    struct machine *a, *b;
    struct diff_watch watch[2];
    /* What differed before the first instruction, which is not compared. */
    struct diff_element *known;
    u32 num_known;
    u64 *known_pages; /* a bit for each page of RAM */
    u64 num_known_pages;
    bool lost; /* there was no memory to note it */
};

/* The parts of a machine that are compared. */
struct diff_parts {
    struct state_part part[512];
    u32 num;
};
void diff_parts_of(struct machine *m, struct diff_parts *all);
/* The part of `all` with the same name and rows; or NULL. */
const struct state_part *diff_partner(const struct diff_parts *all, const struct state_part *part);

/* Who wants to know what differs. */
struct diff_listener {
    void *ctx;
    void (*element)(void *ctx, const struct state_part *a, const struct state_part *b,
                    const struct state_row *row, u32 i);
    void (*page)(void *ctx, u64 at);
};
/* How much differs that did not at the start; at least 1 if anything does. Tells `to`, if not NULL,
 * of each. */
u32 diff_compare(const struct diff *d, const struct diff_listener *to);
/* Both machines to where so many instructions have been executed. 0, or -1 with *err. */
int diff_go_to(const struct diff *d, u64 executed, struct error *err);

/* Prepares to hash what the machine does. 0, or -1 without memory. */
int diff_watch(struct machine *m, struct diff_watch *w);
/* They part after *parting instructions (UINT64_MAX: not at all; both are at their end). If an
 * instruction did something else before, at most `back` instructions, of which nothing remained:
 * makes *parting that one's. 0, or -1 with *err. */
int diff_find_passing(struct diff *d, u64 back, u64 *parting, struct error *err);

/* What is not compared. */
void diff_report_start(const struct diff *d, FILE *out);
/* The result: they first differ after `parting` instructions; UINT64_MAX: they do not. The exit
 * status, or -1 with *err. */
int diff_report(struct diff *d, u64 parting, FILE *out, struct error *err);

#endif
