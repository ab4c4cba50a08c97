/* Sampled stacks: two hash tables, one of names and one of (parent, name). */
#include "trace/stacks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 1 << 18, NAMES_MAX = 1 << 16, TEXT_MAX = 8 << 20, DEPTH_MAX = 256 };
enum { NODE_BUCKETS = NODES_MAX * 2, NAME_BUCKETS = NAMES_MAX * 2, NONE = 0xffffffffu };

struct stacks {
    struct stack_node *node; /* NODES_MAX */
    u32 num_nodes;
    u32 *node_bucket; /* number of a node, 0: free */
    char *text;       /* TEXT_MAX; names one after the other */
    u32 text_used;
    u32 *name; /* where name i starts in the text */
    u32 num_names;
    u32 *name_bucket; /* number of a name + 1, 0: free */
};

struct stacks *stacks_new(void)
{
    struct stacks *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->node = calloc(NODES_MAX, sizeof *s->node);
    s->node_bucket = calloc(NODE_BUCKETS, sizeof *s->node_bucket);
    s->text = calloc(1, TEXT_MAX);
    s->name = calloc(NAMES_MAX, sizeof *s->name);
    s->name_bucket = calloc(NAME_BUCKETS, sizeof *s->name_bucket);
    s->num_nodes = 1;
    if (s->node && s->node_bucket && s->text && s->name && s->name_bucket)
        return s;
    stacks_free(s);
    return NULL;
}

void stacks_free(struct stacks *s)
{
    if (!s)
        return;
    free(s->node);
    free(s->node_bucket);
    free(s->text);
    free(s->name);
    free(s->name_bucket);
    free(s);
}

const char *stacks_name(const struct stacks *s, u32 name)
{
    return s->text + s->name[name];
}

/* The number of a name, made if new; NONE without room. */
static u32 intern(struct stacks *s, const char *name)
{
    u32 h = 2166136261u;
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        h = (h ^ (u8)name[i]) * 16777619u;
    u32 at = h % NAME_BUCKETS;
    for (; s->name_bucket[at]; at = (at + 1) % NAME_BUCKETS)
        if (!strcmp(stacks_name(s, s->name_bucket[at] - 1), name))
            return s->name_bucket[at] - 1;
    if (s->num_names == NAMES_MAX || s->text_used + len + 1 > TEXT_MAX)
        return NONE;
    memcpy(s->text + s->text_used, name, len + 1);
    s->name[s->num_names] = s->text_used;
    s->text_used += (u32)len + 1;
    s->name_bucket[at] = s->num_names + 1;
    return s->num_names++;
}

/* The child of `parent` with that name, made if new; NONE without room. */
static u32 child(struct stacks *s, u32 parent, u32 name)
{
    u32 at = (u32)((parent * 0x9e3779b97f4a7c15ull + name * 0xff51afd7ed558ccdull) >> 40);
    at %= NODE_BUCKETS;
    for (; s->node_bucket[at]; at = (at + 1) % NODE_BUCKETS) {
        const struct stack_node *n = &s->node[s->node_bucket[at]];
        if (n->parent == parent && n->name == name)
            return s->node_bucket[at];
    }
    if (s->num_nodes == NODES_MAX)
        return NONE;
    s->node[s->num_nodes] = (struct stack_node){.parent = parent, .name = name};
    s->node_bucket[at] = s->num_nodes;
    return s->num_nodes++;
}

void stacks_add(struct stacks *s, const char *const *names, u32 count)
{
    u32 at = 0;
    for (u32 i = 0; i < count; i++) {
        u32 name = intern(s, names[i]);
        u32 next = name == NONE ? NONE : child(s, at, name);
        if (next == NONE)
            break;
        at = next;
    }
    s->node[at].self++;
}

u32 stacks_nodes(const struct stacks *s, const struct stack_node **nodes)
{
    *nodes = s->node;
    return s->num_nodes;
}

/* The separators of the format must not appear in a name. */
static void write_name(struct out *out, const char *name)
{
    for (; *name; name++) {
        char c = *name == ';' || *name == '\n' ? ':' : *name;
        out_write(out, &c, 1);
    }
}

static void write_path(const struct stacks *s, u32 node, struct out *out)
{
    u32 path[DEPTH_MAX], depth = 0;
    for (; node && depth < DEPTH_MAX; node = s->node[node].parent)
        path[depth++] = node;
    while (depth-- > 0) {
        write_name(out, stacks_name(s, s->node[path[depth]].name));
        if (depth)
            out_write(out, ";", 1);
    }
}

void stacks_write_folded(const struct stacks *s, struct out *out)
{
    for (u32 i = 1; i < s->num_nodes; i++) {
        if (!s->node[i].self)
            continue;
        write_path(s, i, out);
        out_printf(out, " %" PRIu64 "\n", s->node[i].self);
    }
}
