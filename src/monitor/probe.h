/* Trying things out: a copy of a hart on which an instruction can be executed, an access made, a
 * register changed, without any effect on the machine. The code that decides is the one that
 * executes guests. */
#ifndef HEXTANT_MONITOR_PROBE_H
#define HEXTANT_MONITOR_PROBE_H

#include "cpu/hart.h"

struct machine;
struct trap_record;

/* The architectural fields stand at the start of struct hart. */
#define HART_STATE_BYTES offsetof(struct hart, budget)

/* Bytes of a page-table entry. */
static inline unsigned pte_bytes(const struct hart *h)
{
    return is_rv32(h) ? 4 : 8;
}

/* How an instruction ended. */
struct outcome {
    bool trapped;
    bool memory;          /* got as far as touching memory: all checks are passed */
    bool dead;            /* an error that has no handler */
    bool wakes;           /* a hart that waits goes on, though it takes no interrupt */
    struct trap_event ev; /* if trapped */
    u32 insn;             /* that was fetched, if one was executed */
    struct trap trap;
};

struct probe {
    struct hart *h; /* the copy */
    struct outcome out;
};

/* A copy for harts of this machine; NULL without memory. */
struct probe *probe_new(struct machine *m);
void probe_free(struct probe *p);
/* The copy becomes equal to h, or to what h was before the recorded trap. */
void probe_load(struct probe *p, const struct hart *h);
void probe_load_record(struct probe *p, const struct hart *h, const struct trap_record *r);
/* After fields of the copy were changed: derived state. */
void probe_settle(struct probe *p);
/* Executes the instruction at the copy's pc; the registers are put back afterwards. */
struct outcome probe_execute(struct probe *p);
/* The interrupt that would be taken now: ev.cause, bank; trapped = false if none. */
struct outcome probe_interrupt(struct probe *p);
/* Do two outcomes differ in what software sees of them? */
bool outcome_differs(const struct outcome *a, const struct outcome *b);

#endif
