/* Return addresses on the stack, by frame pointers. */
#ifndef HEXTANT_TRACE_UNWIND_H
#define HEXTANT_TRACE_UNWIND_H

#include "cpu/hart.h"

/* Fills frame[0..] with pc and the return addresses of its callers in the present mode, as far as a
 * chain of frame pointers (s0) can be followed; at most `max`. Returns how many, at least 1.
 * Nothing of the guest changes. */
u32 unwind(struct hart *h, u64 *frame, u32 max);

#endif
