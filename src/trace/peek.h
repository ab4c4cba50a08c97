/* Reading guest memory without leaving a trace: no A or D bit is set, no counter moves, nothing is
 * cached, nothing is raised. */
#ifndef HEXTANT_TRACE_PEEK_H
#define HEXTANT_TRACE_PEEK_H

#include "cpu/hart.h"

/* Copies `len` bytes at virtual address va as a load in the hart's present mode would find them. 0,
 * or -1 if any byte cannot be read or is not memory. */
int peek(struct hart *h, u64 va, void *buf, size_t len);
/* Likewise for a guest-physical address; the hart is in VS- or VU-mode. */
int peek_guest(struct hart *h, u64 gpa, void *buf, size_t len);

#endif
