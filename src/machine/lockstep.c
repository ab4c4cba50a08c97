/* Two machines in step, one for each engine. A run depends on its command line alone, so when they
 * differ the run is made again up to the last point where they agreed, and from there the first
 * instruction that makes a difference is found by bisection, each trial in a process of its own. */
#include "machine/lockstep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/process.h"
#include "cpu/insn.h"
#include "mmu/mem.h"

enum { STEP = 20000 }; /* instructions of hart 0 between two comparisons */

struct pair {
    struct machine *fast, *plain;
};

static int refuse_outside(const struct options *opt, struct error *err)
{
    if (opt->num_nets || opt->clock == CLOCK_REAL)
        return error_set(err, "--engine=lockstep: both runs must be alike, so neither --net nor "
                              "--clock=real can be used");
    for (u32 i = 0; i < opt->num_drives; i++)
        if (!strstr(opt->drives[i], ",ro") && !strstr(opt->drives[i], ",snapshot=on"))
            return error_set(err,
                             "--engine=lockstep: two machines cannot share '%s'; add ,ro or "
                             ",snapshot=on",
                             opt->drives[i]);
    return 0;
}

static void pair_free(struct pair *p)
{
    machine_free(p->fast);
    machine_free(p->plain);
}

/* The fast machine's output goes to `serial`. */
static int pair_new(struct pair *p, const struct options *opt, const char *serial,
                    struct error *err)
{
    struct options one = *opt;
    *p = (struct pair){0};
    one.engine = "fast";
    one.serial = serial;
    p->fast = machine_new(&one, err);
    one.engine = "plain";
    one.serial = "null";
    one.verbose = false;
    one.dump_dtb = NULL;
    p->plain = p->fast ? machine_new(&one, err) : NULL;
    if (p->plain) {
        machine_start(p->fast);
        machine_start(p->plain);
        return 0;
    }
    pair_free(p);
    return -1;
}

/* Lets hart 0 execute `slots` more. False when the run has ended. */
static bool advance(struct machine *m, u64 slots)
{
    if (slots == 0)
        return true;
    m->stop_reason = STOP_NONE;
    m->hold = (struct machine_hold){.hart = m->hart[0], .left = slots};
    machine_go(m);
    m->hold.hart = NULL;
    return m->stop_reason == STOP_DEBUG;
}

/* Prints what differs, if `out` is given; returns how many values do. */
static unsigned compare_harts(const struct hart *a, const struct hart *b, FILE *out)
{
    unsigned n = 0;
    for (u32 i = 0; i < hart_num_fields; i++) {
        const struct hart_field *f = &hart_fields[i];
        const u64 *x = (const u64 *)(const void *)((const char *)a + f->offset);
        const u64 *y = (const u64 *)(const void *)((const char *)b + f->offset);
        for (u32 k = 0; k < f->count; k++) {
            if (x[k] == y[k] || (x == a->x && k == 32))
                continue;
            n++;
            if (out)
                fprintf(out, "  hart %u %s[%u]: fast 0x%" PRIx64 ", plain 0x%" PRIx64 "\n", a->id,
                        f->name, k, x[k], y[k]);
        }
    }
    return n;
}

static unsigned compare(const struct pair *p, FILE *out)
{
    const struct machine *a = p->fast, *b = p->plain;
    unsigned n = a->stop_reason != b->stop_reason || a->stop_status != b->stop_status;
    if (n && out)
        fprintf(out, "  the run stops: fast reason %u status %u, plain reason %u status %u\n",
                a->stop_reason, a->stop_status, b->stop_reason, b->stop_status);
    if (a->executed != b->executed) {
        n++;
        if (out)
            fprintf(out, "  instructions: fast %" PRIu64 ", plain %" PRIu64 "\n", a->executed,
                    b->executed);
    }
    for (u32 i = 0; i < a->num_harts; i++)
        n += compare_harts(a->hart[i], b->hart[i], out);
    return n;
}

/* The first address in RAM that differs, or 0. */
static u64 compare_memory(const struct pair *p)
{
    const struct mem_region *a = p->fast->ram, *b = p->plain->ram;
    if (memcmp(a->host, b->host, a->size) == 0)
        return 0;
    u64 at = 0;
    while (a->host[at] == b->host[at])
        at++;
    return a->base + at;
}

/* A trial: both machines go on for `slots`. */
struct trial {
    const struct pair *pair;
    u64 slots;
};

static int try_difference(void *arg)
{
    const struct trial *t = arg;
    advance(t->pair->fast, t->slots);
    advance(t->pair->plain, t->slots);
    return compare(t->pair, NULL) != 0;
}

/* Do the machines differ after `slots` more? A crash counts. */
static bool differs_after(const struct pair *p, u64 slots)
{
    return in_child(try_difference, &(struct trial){p, slots}) != 0;
}

/* Where hart 0 stands. The machine has done its work: reading may leave traces in it. */
static void print_place(struct hart *h)
{
    char text[128] = "(cannot be read)";
    u32 insn;
    unsigned len;
    fprintf(stderr,
            "hextant: the engines differ after instruction %" PRIu64
            " of hart 0, in %s-mode at 0x%" PRIx64 ": ",
            h->clock + 1, mode_table[h->mode].name, h->pc);
    if (mem_fetch(h, &insn, &len) == 0)
        insn_disassemble(h->config.xlen, h->pc, insn, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

static int try_place(void *arg)
{
    const struct trial *t = arg;
    advance(t->pair->plain, t->slots);
    print_place(t->pair->plain->hart[0]);
    return 0;
}

/* What both were asked to do from the point where they agree, and what came of it. */
static int try_show(void *arg)
{
    const struct trial *t = arg;
    advance(t->pair->plain, t->slots);
    advance(t->pair->fast, t->slots);
    compare(t->pair, stderr);
    return 0;
}

/* The machines agree after `equal` slots of hart 0 and differ within the STEP after that. */
static int hunt(const struct options *opt, u64 equal, struct error *err)
{
    struct pair p;
    if (pair_new(&p, opt, "null", err))
        return -1;
    advance(p.fast, equal);
    advance(p.plain, equal);
    u64 low = 0, high = STEP;
    while (high - low > 1) {
        u64 mid = low + (high - low) / 2;
        if (differs_after(&p, mid))
            high = mid;
        else
            low = mid;
    }
    in_child(try_place, &(struct trial){&p, low});
    if (in_child(try_show, &(struct trial){&p, high}) != 0)
        fprintf(stderr, "  the fast engine crashes\n");
    pair_free(&p);
    return EXIT_DIFFERENCE;
}

static int finish(struct pair *p, struct error *err)
{
    u64 address = compare_memory(p);
    int status = machine_finish(p->fast);
    if (address) {
        warn_line("the engines leave different memory at 0x%" PRIx64, address);
        return EXIT_DIFFERENCE;
    }
    return machine_report(p->plain, err) ? -1 : status;
}

int lockstep_run(const struct options *opt, struct error *err)
{
    struct pair p;
    if (refuse_outside(opt, err) || pair_new(&p, opt, "file:/dev/stdout", err))
        return -1;
    bool more = true;
    for (u64 equal = 0; more; equal += STEP) {
        more = advance(p.fast, STEP);
        more &= advance(p.plain, STEP);
        if (compare(&p, NULL)) {
            pair_free(&p);
            return hunt(opt, equal, err);
        }
    }
    int status = finish(&p, err);
    pair_free(&p);
    return status;
}
