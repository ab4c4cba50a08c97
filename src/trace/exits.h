/* --exits: VM exits counted by cause and detail. */
#ifndef HEXTANT_TRACE_EXITS_H
#define HEXTANT_TRACE_EXITS_H

#include <stdio.h>

#include "common/error.h"
#include "trace/exit_detail.h"
#include "trace/histogram.h"

struct machine;
struct exits;

/* One kind of exit. */
struct exit_row {
    const char *cause; /* as in trap.def */
    char detail[96];
    u8 code, interrupt;
    u8 to;               /* enum mode: HS or M */
    u8 passed_on;        /* to whom the firmware has redirected it: MODE_S, MODE_VS; MODE_M: not */
    u64 count;           /* exits, those still open at the end included */
    u64 user;            /* how many asked U-mode */
    u64 emulated;        /* how many skipped the instruction */
    u64 at;              /* where the longest of them began, see struct vm_exit */
    struct histogram hs; /* instructions in HS-mode until the guest went on */
};

/* Where the exits of a row went: "to HS", "to VS by the firmware", "settled by the firmware". */
const char *exit_row_target(const struct exits *e, const struct exit_row *r);

/* Calls of the firmware and of a hypervisor's SBI. */
struct sbi_row {
    char name[64];
    u64 from[MODE_COUNT]; /* calls by mode */
    u64 errors;
};

/* Puts a listener on every hart. NULL with *err on failure. */
struct exits *exits_new(struct machine *m, struct guest_maps *maps, struct error *err);
/* The rows, most frequent first. */
u32 exits_rows(struct exits *e, const struct exit_row **rows);
/* SBI calls by name, most frequent first: those of HS-mode (and M's own U) to the firmware, and
 * those that left a guest. */
u32 exits_sbi_rows(struct exits *e, const struct sbi_row **rows);
/* Prints the table, as wide as the terminal if `out` is one. */
void exits_print(struct exits *e, FILE *out);
void exits_free(struct exits *e);

#endif
