/* --trace-format=commits: one line for each instruction that retires, in the form of the commit
 * logs that other simulators write, so that two logs can be compared with diff. */
#ifndef HEXTANT_TRACE_COMMITS_H
#define HEXTANT_TRACE_COMMITS_H

#include "trace/tracer_impl.h"

/* Hooks that write such lines, into th->hooks. */
void commits_choose_hooks(struct traced_hart *th);

#endif
