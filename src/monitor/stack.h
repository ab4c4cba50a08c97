/* Call stacks without debug information: what each function's first instructions do to sp, ra and
 * s0 when its symbol is known, and else the chain of frame pointers. */
#ifndef HEXTANT_MONITOR_STACK_H
#define HEXTANT_MONITOR_STACK_H

#include "monitor/names.h"
#include "monitor/view.h"

struct frame {
    u64 pc, sp, fp;
    u64 ra; /* innermost frame only: the register */
    bool innermost;
};

/* The frame the hart is in. */
struct frame stack_first(const struct hart *h);
/* The caller's frame; 0, or -1 when there is none (that can be found). Addresses are those of v. */
int stack_caller(const struct view *v, const struct symbols *symbols, const struct frame *f,
                 struct frame *caller);

#endif
