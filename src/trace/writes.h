/* What an instruction has written: the registers and CSRs, those included that held the same value
 * before. For who looks on at every instruction (struct hart_trace, `plain`). */
#ifndef HEXTANT_TRACE_WRITES_H
#define HEXTANT_TRACE_WRITES_H

#include "cpu/hart.h"

enum { WRITES_MOST = 104 };
enum { WRITTEN_X, WRITTEN_F, WRITTEN_V, WRITTEN_CSR = 4 };
struct register_write {
    u32 key; /* number << 4 | kind */
    u64 value;
};
struct writes {
    struct register_write write[WRITES_MOST]; /* in the order of their keys */
    u32 num;
    /* before the instruction: */
    u64 x[32], f[32];
    u64 traps, mstatus, vsstatus, fflags, vtype, vxsat;
    u8 mode;
    bool flags_apart; /* fflags was emptied, so that what it raises is seen */
};

/* The instruction at h->pc is next. */
void writes_begin(struct writes *w, struct hart *h);
/* It uses a CSR. */
void writes_csr(struct writes *w, struct hart *h, const struct csr_event *ev);
/* Is that use a write of the CSR, by its name or as a view of it? */
bool writes_name(const struct csr_event *ev, unsigned csr);
/* It is over: w->write is filled in. False: it has trapped instead. */
bool writes_end(struct writes *w, struct hart *h);
/* Is this row (INSN_NONE: none) a vector instruction? */
bool row_is_vector(unsigned row);

#endif
