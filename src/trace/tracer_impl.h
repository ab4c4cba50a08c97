/* The inside of the tracer: its state, and what the files with the classes share. */
#ifndef HEXTANT_TRACE_TRACER_IMPL_H
#define HEXTANT_TRACE_TRACER_IMPL_H

#include "cpu/hart.h"
#include "machine/machine.h"
#include "trace/filter.h"
#include "trace/line.h"
#include "trace/out.h"
#include "trace/tracer.h"
#include "trace/writes.h"

struct sbi_event;

enum { TRACE_FILTERS = 8, HELD_MAX = 1 << 16 };

struct tracer;

/* What an instruction does, collected for one line of a commit log (commits.c). */
enum { COMMIT_MEMS = 1024 };
struct commit {
    struct mem_event mem[COMMIT_MEMS];
    u32 num_mems;
    struct writes w;
};

/* What is kept for one hart. */
struct traced_hart {
    struct tracer *t;
    struct hart_trace *hooks;
    struct line_place at; /* the instruction that executes */
    u64 x[32], f[32];     /* before it */
    u64 traps;            /* counted before it */
    struct commit commit;
    bool stale;  /* a filter has ended on another hart: the hooks are to be chosen again */
    bool inside; /* between insn_start and insn: other lines wait for the instruction's */
};

struct tracer {
    struct machine *m;
    struct out *out;
    struct line line;
    struct trace_filter filter[TRACE_FILTERS];
    char *filter_text[TRACE_FILTERS];
    u32 num_filters;
    bool hears_sbi; /* the firmware tells us of its calls */
    struct traced_hart *hart;
    bool exhausted; /* some filter has written its last line */
    size_t held;
    char hold[HELD_MAX];
};

/* Starts a line if a filter wants it, else returns NULL. `modes`: a bit for each mode it concerns.
 */
struct line *tracer_begin(struct traced_hart *th, enum trace_class c, const struct line_place *at,
                          u32 modes);
/* Writes the line begun last. */
void tracer_end(struct traced_hart *th);
/* The hooks of the classes (a bit for each enum trace_class), into th->hooks; tracer_hooks.c and
 * tracer_memory.c. */
void tracer_choose_hooks(struct traced_hart *th, u32 classes);
void tracer_sbi(void *ctx, const struct sbi_event *event);
void tracer_mem(void *ctx, struct hart *h, const struct mem_event *ev);
void tracer_mmio(void *ctx, struct hart *h, const struct mem_event *ev);
void tracer_walk(void *ctx, struct hart *h, const struct walk_event *ev);
void tracer_tlb(void *ctx, struct hart *h, const struct tlb_event *ev);
void tracer_fence(void *ctx, struct hart *h, const struct fence_event *ev);

#endif
