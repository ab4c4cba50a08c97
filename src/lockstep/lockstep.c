/* Two machines in step, one for each engine. A run depends on its command line alone, so when they
 * differ the run is made again up to a point where they still agreed, and from there the first
 * instruction that makes a difference is found by bisection, each trial in a process of its own. */
#include "lockstep/lockstep.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lockstep/process.h"
#include "lockstep/twin.h"
#include "common/random.h"
#include "cpu/imsic.h"
#include "cpu/insn.h"
#include "devices/chardev.h"
#include "machine/state.h"
#include "monitor/monitor.h"

enum {
    SLICE_MAX = 5000,        /* slots between two comparisons of the registers: 1 .. this */
    MEMORY_SLOTS = 16 << 20, /* between two comparisons of memory */
    HISTORY = 24,            /* instructions shown before a difference */
};

struct pair {
    struct machine *fast, *plain;
    struct random random; /* lengths of the slices to come */
    struct owner unheard; /* the owner, who is told nothing */
};

/* ---- making a pair ---- */

static int refuse_outside(const struct options *opt, struct error *err)
{
    if (opt->num_traces || opt->trace_file || opt->timeline || opt->exits || opt->profile ||
        opt->report)
        return error_set(err, "--engine=lockstep runs two machines; leave out --trace, --timeline, "
                              "--exits, --profile and --report");
    return twin_check(opt, "--engine=lockstep", err);
}

static struct machine *new_machine(const struct options *opt, const char *engine, int out,
                                   struct error *err)
{
    struct options one = *opt;
    one.engine = engine;
    return twin_new(&one, out, err);
}

static void pair_free(struct pair *p)
{
    machine_free(p->fast);
    machine_free(p->plain);
}

/* The fast machine's output goes to `out`; -1: neither is heard. */
static int pair_new(struct pair *p, const struct options *opt, int out, struct error *err)
{
    struct options quiet = twin_quiet(opt, &p->unheard);
    p->random = (struct random){opt->max_insns};
    p->fast = new_machine(out < 0 ? &quiet : opt, "fast", out, err);
    p->plain = p->fast ? new_machine(&quiet, "plain", -1, err) : NULL;
    if (p->plain)
        return 0;
    pair_free(p);
    return -1;
}

/* ---- running ---- */

/* The hart whose slots are counted: the first that can use any. */
static struct hart *counting_hart(struct machine *m)
{
    for (u32 i = 0; i < m->num_harts; i++)
        if (m->hart[i]->wait != WAIT_STOPPED)
            return m->hart[i];
    return m->hart[0];
}

/* Lets the machine's hart execute `slots` more. False when the run has ended. */
static bool advance(struct machine *m, u64 slots)
{
    if (m->state.stop_reason && m->state.stop_reason != STOP_DEBUG)
        return false;
    m->state.stop_reason = STOP_NONE;
    m->hold = (struct machine_hold){.hart = counting_hart(m), .left = slots};
    machine_go(m);
    m->hold.hart = NULL;
    return m->state.stop_reason == STOP_DEBUG;
}

static u64 slice_length(struct random *r)
{
    return random_next(r) % SLICE_MAX + 1;
}

/* Lets the machine execute `slots` more, in slices whose lengths come from r. */
static bool advance_sliced(struct machine *m, struct random r, u64 slots)
{
    while (slots > 0) {
        u64 slice = slice_length(&r);
        slice = slice < slots ? slice : slots;
        if (!advance(m, slice))
            return false;
        slots -= slice;
    }
    return true;
}

/* ---- comparing ---- */

/* Counts the differences and prints them. */
struct differences {
    unsigned count;
    FILE *out; /* NULL: nowhere */
};

static void differ(void *ctx, const struct state_part *a, const struct state_part *b,
                   const struct state_row *row, u32 i)
{
    struct differences *d = ctx;
    if (row == hart_rows && i == DUMP_SLOT)
        return;
    d->count++;
    char fast[STATE_TEXT], plain[STATE_TEXT];
    if (d->out)
        fprintf(d->out, "  %s %s[%u]: fast %s, plain %s\n", a->name, row->name, i,
                state_text(a, row, i, fast), state_text(b, row, i, plain));
}

static unsigned compare_part(struct state_part a, struct state_part b, FILE *out)
{
    struct differences d = {.out = out};
    state_compare(&a, &b, differ, &d);
    return d.count;
}

unsigned lockstep_compare_harts(const struct hart *a, const struct hart *b, FILE *out)
{
    unsigned n = a->imsic ? compare_part(imsic_part(a), imsic_part(b), out) : 0;
    return n + compare_part(hart_part(a), hart_part(b), out) +
           compare_part(hart_micro_part(a), hart_micro_part(b), out) +
           compare_part(hart_vector_part(a), hart_vector_part(b), out);
}

static unsigned compare_harts(const struct pair *p, FILE *out)
{
    const struct machine *a = p->fast, *b = p->plain;
    unsigned n = compare_part(machine_part(a), machine_part(b), out);
    for (u32 i = 0; i < a->num_harts; i++)
        n += lockstep_compare_harts(a->hart[i], b->hart[i], out);
    return n;
}

/* Where memory differs: up to eight places. */
struct memory_differences {
    const struct pair *pair;
    FILE *out; /* NULL: nowhere */
    unsigned count;
};

static bool differing_page(void *ctx, u64 at)
{
    struct memory_differences *d = ctx;
    u64 word[2], pa = twin_first_word(d->pair->fast, d->pair->plain, at, word);
    if (d->out)
        fprintf(d->out,
                "  memory at 0x%" PRIx64 ": fast 0x%016" PRIx64 ", plain 0x%016" PRIx64 "\n", pa,
                word[0], word[1]);
    return ++d->count < 8;
}

static unsigned compare_memory(const struct pair *p, FILE *out)
{
    struct memory_differences d = {.pair = p, .out = out};
    twin_each_page(p->fast, p->plain, differing_page, &d);
    return d.count;
}

static unsigned compare_all(const struct pair *p, FILE *out)
{
    unsigned n = compare_harts(p, out);
    return n + compare_memory(p, out);
}

/* ---- finding the instruction ---- */

/* A trial: both machines go on for `slots`, and what comes of it may be shown. */
struct trial {
    const struct pair *pair;
    u64 slots;
    FILE *out;
};

static int try_difference(void *arg)
{
    const struct trial *t = arg;
    const struct pair *p = t->pair;
    twin_keep_input_apart(p->fast);
    twin_keep_input_apart(p->plain);
    advance_sliced(p->fast, p->random, t->slots);
    advance_sliced(p->plain, p->random, t->slots);
    return compare_all(p, t->out) != 0;
}

/* Do the machines differ after `slots` more? A crash counts. */
static bool differ_after(const struct pair *p, u64 slots)
{
    return in_child(try_difference, &(struct trial){p, slots, NULL}) != 0;
}

/* Executes one slot of the plain machine and shows it. */
static void show_step(struct machine *m, FILE *out)
{
    struct hart *h = counting_hart(m);
    u64 pc = h->pc, traps = h->event[EVENT_TRAP];
    const char *mode = mode_name(h, h->mode);
    char text[128];
    advance(m, 1);
    insn_disassemble_on(h, pc, h->insn, text, sizeof text);
    fprintf(out, "  %-2s 0x%016" PRIx64 " (%08x)  %s%s\n", mode, pc, h->insn, text,
            h->event[EVENT_TRAP] != traps ? "   [trap]" : "");
}

/* The machines agree now and differ after `slots` more: says where and in what. */
static void report(struct pair *p, u64 slots, FILE *out)
{
    u64 low = 0, high = slots;
    while (high - low > 1) {
        u64 mid = low + (high - low) / 2;
        if (differ_after(p, mid))
            high = mid;
        else
            low = mid;
    }
    u64 shown = high < HISTORY ? high : HISTORY;
    fprintf(out, "hextant: the engines differ after slot %" PRIu64 ":\n",
            p->plain->state.executed + high);
    fflush(out);
    if (in_child(try_difference, &(struct trial){p, high, out}) < 0)
        fprintf(out, "  an engine crashes\n");
    fprintf(out, "  what led there, in the plain engine:\n");
    advance_sliced(p->plain, p->random, high - shown);
    for (u64 i = 0; i < shown; i++)
        show_step(p->plain, out);
}

/* Where a run was when it was last compared. */
struct mark {
    u64 slots;
    struct random random; /* from there on */
};

/* Makes the run again up to `from`, where the machines agree; they differ `slots` later. False if
 * they differ at `from` already. */
static int hunt(const struct options *opt, const struct mark *from, u64 slots, FILE *out,
                struct error *err)
{
    struct pair p;
    if (pair_new(&p, opt, -1, err))
        return -1;
    advance_sliced(p.fast, p.random, from->slots);
    advance_sliced(p.plain, p.random, from->slots);
    p.random = from->random;
    report(&p, slots, out);
    pair_free(&p);
    return EXIT_DIFFERENCE;
}

/* ---- the run ---- */

static int finish(struct pair *p, FILE *out, struct error *err)
{
    int status = machine_finish(p->fast);
    if (p->fast->config.opt.dump_state)
        csr_print_all(p->fast, out);
    return machine_report(p->fast, out, err) ? -1 : status;
}

int lockstep_run(const struct options *opt, FILE *out, struct error *err)
{
    struct pair p;
    if (refuse_outside(opt, err) || pair_new(&p, opt, dup(STDOUT_FILENO), err))
        return -1;
    struct mark equal = {0, p.random};
    bool more = true;
    u64 slots = 0;
    while (more) {
        u64 slice = slice_length(&p.random);
        more = advance(p.fast, slice);
        more &= advance(p.plain, slice);
        slots += slice;
        bool look = !more || slots - equal.slots >= MEMORY_SLOTS;
        if (compare_harts(&p, NULL) || (look && compare_memory(&p, NULL))) {
            chardev_flush(p.fast->host.console);
            pair_free(&p);
            return hunt(opt, &equal, slots - equal.slots, out, err);
        }
        if (look)
            equal = (struct mark){slots, p.random};
    }
    int status = finish(&p, out, err);
    pair_free(&p);
    return status;
}
