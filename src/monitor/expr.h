/* Expressions of the monitor: numbers, registers, CSRs, symbols, memory, and C's operators.
 *
 *   0x80200000  42  'a'            numbers
 *   a0 x10 pc fa0 sstatus $sp     registers and CSRs; $ makes clear that no symbol is meant
 *   start_kernel                  symbols (their address)
 *   [EXPR]  u8[EXPR] s32[EXPR]    memory: XLEN bits, or as said
 *   hart mode v priv vmid asid    where the hart is (mode: as the names M, HS, U, VS, VU)
 *   + - * / % << >> & | ^ ~ ! == != < <= > >= && || ( )
 */
#ifndef HEXTANT_MONITOR_EXPR_H
#define HEXTANT_MONITOR_EXPR_H

#include "monitor/filter.h"
#include "monitor/names.h"
#include "monitor/view.h"

/* What an expression may refer to besides the hart. */
struct expr_scope {
    struct hart *h;
    const struct symbols *symbols; /* or NULL */
    const struct view *view;       /* where [..] reads and whose symbols are meant; NULL: the
                                      hart's own */
    const s32 *vmid;               /* whose symbols are meant; NULL: the hart's present one */
};

/* The value of `text`; 0, or -1 with *err. */
int expr_eval(const struct expr_scope *scope, const char *text, u64 *value, struct error *err);

/* General registers by ABI name or number: 0..31, or -1. f registers likewise. */
int reg_number(const char *name);
int freg_number(const char *name);
/* v registers by number, on a hart that has them; or -1. */
int vreg_number(const struct hart *h, const char *name);

#endif
