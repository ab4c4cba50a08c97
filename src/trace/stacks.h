/* Stacks that were sampled, as a tree of frames with counts, in bounded memory. */
#ifndef HEXTANT_TRACE_STACKS_H
#define HEXTANT_TRACE_STACKS_H

#include "common/types.h"
#include "trace/out.h"

struct stacks;

/* A frame below its caller. Node 0 is the root, which has no name. */
struct stack_node {
    u32 parent, name; /* name: for stacks_name */
    u64 self;         /* samples that ended here */
};

struct stacks *stacks_new(void);
void stacks_free(struct stacks *s);
/* Counts one sample; names[0] is the outermost frame. Names are copied the first time. When there
 * is no room left for new frames, the sample counts for the innermost frame that is known. */
void stacks_add(struct stacks *s, const char *const *names, u32 count);
/* The nodes; parents come before their children. */
u32 stacks_nodes(const struct stacks *s, const struct stack_node **nodes);
const char *stacks_name(const struct stacks *s, u32 name);
/* Writes "outer;inner;innermost COUNT" for every node with samples of its own. */
void stacks_write_folded(const struct stacks *s, struct out *out);

#endif
