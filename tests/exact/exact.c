/* One guest in several forms: fast, plain, stepped, interrupted by a look at random places. Each
 * form must retire the same instructions on the same slots, write the same registers, and take the
 * same traps there. The engines are built once more for this program (HX_OBSERVE), so that it sees
 * every instruction of the fast one, both halves of a fused pair included.
 *     exact ELF SEED HARTS [OPTION of hextant run]...
 * runs the guest whose words `seed` and `harts` are set accordingly. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/random.h"
#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "lockstep/lockstep.h"
#include "machine/machine.h"
#include "machine/moments.h"
#include "machine/options.h"
#include "machine/rewind.h"
#include "machine/snapshot.h"
#include "trace/symbols.h"
#include "trace/trace.h"

void observe_record(struct hart *h, const struct op *op);

/* Something that happened: where, and the hash of everything up to it. */
struct event {
    u64 slot, pc, hash;
    u32 hart, trap; /* trap: it was one */
};

/* How the run is cut. */
enum cut {
    CUT_NEVER,
    CUT_EACH,
    CUT_RANDOM,
    CUT_HELD,
    CUT_SAVED,  /* to a file, from which another machine goes on */
    CUT_BACK,   /* a moment is kept; the run goes on, and comes back to this one or another */
    CUT_REWOUND /* the run comes back to one place again and again */
};
enum { TURNS = 8, FAR = 20000 }; /* how often, and how far apart in slots, for the last two */

struct form {
    const char *name, *engine;
    enum cut cut;
    u64 renew; /* instructions until the machine is made anew from its rows; 0: never */
};
static const struct form forms[] = {
    {"plain", "plain", CUT_NEVER, 0},
    {"fast", "fast", CUT_NEVER, 0},
    {"fast, one instruction at a time", "fast", CUT_EACH, 0},
    {"fast, cut at random places", "fast", CUT_RANDOM, 0},
    {"fast, held after each instruction of hart 0", "fast", CUT_HELD, 0},
    {"plain, held after each instruction of hart 0", "plain", CUT_HELD, 0},
    {"fast, made anew again and again", "fast", CUT_NEVER, 1},
    {"plain, made anew again and again", "plain", CUT_NEVER, 7},
    {"fast, cut at random places and made anew", "fast", CUT_RANDOM, 3},
    {"fast, saved to a file and made from it", "fast", CUT_SAVED, 0},
    {"plain, saved to a file and made from it", "plain", CUT_SAVED, 0},
    {"fast, put back to moments before", "fast", CUT_BACK, 0},
    {"plain, put back to moments before", "plain", CUT_BACK, 0},
    {"fast, rewound again and again", "fast", CUT_REWOUND, 0},
    {"plain, rewound again and again", "plain", CUT_REWOUND, 0},
};

/* Registers; those of vectors as bytes of so many registers. */
enum { VECTORS_MOST = 32 * 32 };
struct registers {
    u64 scalar[32 + 32 + 5]; /* x, f, and what says how vectors are taken */
    u8 v[VECTORS_MOST];
};

struct run {
    struct machine *m;
    struct event *event;
    size_t num, room;
    u64 hash;
    struct registers shadow[8]; /* of each hart as they were after the last event */
    u64 pc[8], traps[8];        /* before the instruction that is executed plainly */
    struct random random;
    enum cut cut;
    char engine[32], harts[32];     /* options of the machine */
    struct options restored[TURNS]; /* of machines that were made from a file */
    u32 num_restored;
};

/* Who is told: the run that goes on. */
static struct run *current;

static __attribute__((noreturn)) void die(const char *what)
{
    fprintf(stderr, "exact: %s\n", what);
    exit(2);
}

static u64 fold(u64 hash, u64 v)
{
    hash = (hash ^ v) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

static void fold_vectors(struct run *r, const struct hart *h, u8 *shadow)
{
    if (memcmp(shadow, h->v, VECTORS_MOST) == 0)
        return;
    memcpy(shadow, h->v, VECTORS_MOST);
    for (unsigned i = 0; i < VECTORS_MOST; i += 8) {
        u64 element;
        memcpy(&element, shadow + i, sizeof element);
        r->hash = fold(r->hash, element);
    }
}

/* Folds in what the hart has done to its registers since the last event. */
static void fold_registers(struct run *r, const struct hart *h)
{
    struct registers *shadow = &r->shadow[h->id];
    u64 now[ARRAY_LEN(shadow->scalar)];
    memcpy(now, h->x, 32 * sizeof *now);
    memcpy(now + 32, h->f, 32 * sizeof *now);
    memcpy(now + 64, (u64[]){h->vl, h->vtype, h->vstart, h->vxsat, h->vxrm}, 5 * sizeof *now);
    for (unsigned i = 0; i < ARRAY_LEN(now); i++)
        if (now[i] != shadow->scalar[i])
            r->hash = fold(fold(r->hash, i), now[i]);
    memcpy(shadow->scalar, now, sizeof now);
    fold_vectors(r, h, shadow->v);
}

static void note(struct run *r, const struct hart *h, struct event e)
{
    fold_registers(r, h);
    r->hash = fold(fold(fold(r->hash, e.pc), e.slot), (u64)e.hart << 32 | e.trap);
    e.hash = r->hash;
    if (r->num == r->room) {
        r->room = r->room ? r->room * 2 : 1 << 16;
        r->event = realloc(r->event, r->room * sizeof *r->event);
        if (!r->event)
            die("no memory");
    }
    r->event[r->num++] = e;
}

/* A record of the fast engine has retired. */
void observe_record(struct hart *h, const struct op *op)
{
    struct block *b = block_tail(op)[TAIL_END].end.block;
    u64 pc = b->pc + block_info(b)[b->n - op->n].offset * 2u;
    u64 slot = h->run_end - (u64)(h->budget + op->n);
    note(current, h, (struct event){.slot = slot, .pc = pc, .hart = h->id});
}

static void before_plain(void *ctx, struct hart *h)
{
    struct run *r = ctx;
    r->pc[h->id] = h->pc;
    r->traps[h->id] = h->event[EVENT_TRAP];
}

static void after_plain(void *ctx, struct hart *h)
{
    struct run *r = ctx;
    if (h->event[EVENT_TRAP] == r->traps[h->id])
        note(r, h, (struct event){.slot = h->clock - 1, .pc = r->pc[h->id], .hart = h->id});
}

/* The records of control transfers, where the hart makes any. */
static void fold_records(struct run *r, const struct hart *h)
{
    if (!h->mctrctl)
        return;
    r->hash = fold(r->hash, h->sctrstatus);
    for (unsigned i = 0; i < ARRAY_LEN(h->ctrsource); i++)
        r->hash = fold(fold(fold(r->hash, h->ctrsource[i]), h->ctrtarget[i]), h->ctrdata[i]);
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct run *r = ctx;
    r->hash = fold(fold(fold(r->hash, ev->cause), ev->tval), ev->bank);
    fold_records(r, h);
    note(r, h, (struct event){.slot = h->clock, .pc = ev->epc, .hart = h->id, .trap = 1});
}

/* Where the engine must come back the next time. */
static void next_cut(void *ctx, struct hart *h)
{
    struct run *r = ctx;
    u64 far = r->cut == CUT_EACH ? 1 : random_next(&r->random) % 40 + 1;
    h->trace.alarm_at = h->clock + far;
}

static void look_on(struct run *r, struct hart *h)
{
    u64 every_mode = CTRCTL_M | CTRCTL_S | CTRCTL_U;
    csr_poke(h, CSR_mctrctl, every_mode | CTRCTL_NTBREN); /* if there is one */
    csr_poke(h, CSR_sctrdepth, DEPTH_64);
    h->trace.ctx = r;
    h->trace.insn_start = before_plain;
    h->trace.insn = after_plain;
    h->trace.trap = on_trap;
    if (r->cut == CUT_EACH || r->cut == CUT_RANDOM)
        h->trace.alarm = next_cut;
}

static void free_machine(struct machine *m)
{
    for (u32 i = 0; i < m->num_harts; i++)
        m->hart[i]->trace = (struct hart_trace){0}; /* what is there would be freed */
    machine_free(m);
}

static void set_word(struct machine *m, const char *name, u32 value)
{
    struct symbol_place place;
    struct error err;
    if (trace_load_symbols(m, &err) || !symbols_lookup(m->symbols, name, 0, -1, &place))
        die("the guest lacks a symbol");
    memcpy(m->ram->host + (place.start - m->ram->base), &value, sizeof value);
}

/* Runs for so many slots of hart 0; is it over? */
static bool go_on(struct machine *m, u64 slots)
{
    m->state.stop_reason = 0;
    m->hold = (struct machine_hold){.hart = m->hart[0], .left = slots};
    machine_go(m);
    m->hold.hart = NULL;
    return m->state.stop_reason != STOP_DEBUG;
}

static void go_to_the_end(struct machine *m)
{
    if (m->state.stop_reason == STOP_DEBUG)
        m->state.stop_reason = 0;
    machine_go(m);
}

/* The machine is saved, freed, and made anew from the file. */
static void pass_through_file(struct run *r)
{
    char path[64], from[80], word[] = "run";
    char *args[] = {word, r->engine, from};
    struct options opt;
    struct error err;
    snprintf(path, sizeof path, "exact-%ld.snapshot", (long)getpid());
    snprintf(from, sizeof from, "--restore=%s", path);
    if (snapshot_save(r->m, path, &err))
        die(err.text);
    free_machine(r->m);
    if (options_parse(3, args, &opt, &err) != OPTIONS_RUN)
        die(err.text);
    r->m = machine_new(&opt, &err);
    unlink(path);
    if (!r->m)
        die(err.text);
    r->restored[r->num_restored++] = opt;
    for (u32 i = 0; i < r->m->num_harts; i++)
        look_on(r, r->m->hart[i]);
    machine_start(r->m);
}

/* What this program knew at a moment. */
struct known {
    const struct moment *moment;
    size_t num;
    u64 hash;
    struct registers shadow[8];
};

static void note_known(const struct run *r, struct known *k)
{
    k->num = r->num;
    k->hash = r->hash;
    memcpy(k->shadow, r->shadow, sizeof k->shadow);
}

static void keep_moment(struct run *r, struct known *k, unsigned number)
{
    char name[16];
    struct error err;
    snprintf(name, sizeof name, "%u", number);
    k->moment = moment_keep(r->m, name, &err);
    if (!k->moment)
        die(err.text);
    note_known(r, k);
}

static void go_back(struct run *r, const struct known *k)
{
    struct error err;
    if (moment_go(r->m, k->moment, &err))
        die(err.text);
    r->num = k->num;
    r->hash = k->hash;
    memcpy(r->shadow, k->shadow, sizeof r->shadow);
}

static void go_back_and_forth(struct run *r)
{
    struct known known[TURNS];
    for (unsigned i = 0; i < TURNS; i++) {
        if (go_on(r->m, random_next(&r->random) % FAR + 1))
            return;
        keep_moment(r, &known[i], i);
        if (go_on(r->m, random_next(&r->random) % FAR + 1) && i == 0)
            return;
        go_back(r, &known[random_next(&r->random) % (i + 1)]);
        if (random_next(&r->random) % 2)
            go_back(r, &known[i]);
    }
}

static void rewind_there(struct run *r, const struct known *k)
{
    struct error err;
    if (rewind_go(r->m, &err))
        die(err.text);
    r->num = k->num;
    r->hash = k->hash;
    memcpy(r->shadow, k->shadow, sizeof r->shadow);
}

/* Each way leads through code that was decoded on others, some of it beyond the guest's end. */
static void rewind_often(struct run *r)
{
    struct known here;
    struct error err;
    if (go_on(r->m, random_next(&r->random) % FAR + 1))
        return;
    note_known(r, &here);
    if (rewind_keep(r->m, &err))
        die(err.text);
    for (unsigned i = 0; i < TURNS; i++) {
        go_on(r->m, (u64)FAR << i);
        rewind_there(r, &here);
        go_on(r->m, random_next(&r->random) % FAR + 1);
        rewind_there(r, &here);
    }
}

/* Lets the run go on to its end, as its form says. */
static void go(struct run *r)
{
    machine_start(r->m);
    if (r->cut == CUT_HELD)
        while (!go_on(r->m, 1))
            continue;
    for (unsigned i = 0; r->cut == CUT_SAVED && i < TURNS; i++) {
        if (go_on(r->m, random_next(&r->random) % FAR + 1))
            return;
        pass_through_file(r);
    }
    if (r->cut == CUT_BACK)
        go_back_and_forth(r);
    if (r->cut == CUT_REWOUND)
        rewind_often(r);
    go_to_the_end(r->m);
}

static void make_run(struct run *r, const struct form *form, int argc, char **argv)
{
    char *args[32] = {"run",          r->engine, r->harts, "--serial=null", "--firmware=none",
                      "--memory=64M", argv[1]};
    struct options opt;
    struct error err;
    u32 spread = 15; /* handlers must not eat up all the time */
    int n = 7;
    *r = (struct run){.random = {strtoull(argv[2], NULL, 0)}, .cut = form->cut};
    snprintf(r->engine, sizeof r->engine, "--engine=%s", form->engine);
    snprintf(r->harts, sizeof r->harts, "--harts=%s", argv[3]);
    for (int i = 4; i < argc && n < 32; i++)
        args[n++] = argv[i];
    if (options_parse(n, args, &opt, &err) != OPTIONS_RUN || opt.harts > 8)
        die("wrong options");
    if (32 * opt.hart.vlen / 8 > VECTORS_MOST)
        die("--vlen is too large for this program");
    opt.renew = form->renew;
    r->m = machine_new(&opt, &err);
    if (!r->m)
        die(err.text);
    set_word(r->m, "seed", (u32)strtoul(argv[2], NULL, 0));
    set_word(r->m, "harts", r->m->num_harts);
    while ((spread + 1) * opt.hart.insns_per_tick < 512)
        spread = spread * 2 + 1;
    set_word(r->m, "spread", spread);
    set_word(r->m, "with_vectors", has(r->m->hart[0], EXT_V));
    for (u32 i = 0; i < r->m->num_harts; i++)
        look_on(r, r->m->hart[i]);
    current = r;
    go(r);
}

static void free_run(struct run *r)
{
    free_machine(r->m);
    for (u32 i = 0; i < r->num_restored; i++)
        options_release(&r->restored[i]);
    free(r->event);
}

static void show(const char *who, const struct run *r, size_t i)
{
    const struct event *e = &r->event[i];
    if (i < r->num)
        fprintf(stderr,
                "  %s: hart %u, slot %" PRIu64 ", pc 0x%" PRIx64 "%s, hash %016" PRIx64 "\n", who,
                e->hart, e->slot, e->pc, e->trap ? " (trap)" : "", e->hash);
    else
        fprintf(stderr, "  %s: nothing any more\n", who);
}

/* 0 if the second run did what the first did. */
static int compare(const struct run *a, const struct run *b, const char *name)
{
    size_t i = 0;
    unsigned differ = 0;
    while (i < a->num && i < b->num && a->event[i].hash == b->event[i].hash)
        i++;
    if (i < a->num || i < b->num) {
        fprintf(stderr, "exact: '%s' differs from 'plain' at event %zu:\n", name, i);
        show("plain", a, i);
        show(name, b, i);
        return 1;
    }
    for (u32 k = 0; k < a->m->num_harts; k++)
        differ += lockstep_compare_harts(b->m->hart[k], a->m->hart[k], stderr);
    if (differ || a->m->state.stop_reason != b->m->state.stop_reason ||
        a->m->state.stop_status != b->m->state.stop_status ||
        memcmp(a->m->ram->host, b->m->ram->host, a->m->ram->size) != 0) {
        fprintf(stderr, "exact: '%s' ends in another state\n", name);
        return 1;
    }
    return 0;
}

/* The run is worth comparing: it has passed, and was interrupted often. */
static int check(const struct run *r)
{
    u64 traps = 0;
    for (size_t i = 0; i < r->num; i++)
        traps += r->event[i].trap;
    printf("%zu events, %" PRIu64 " of them traps, hash %016" PRIx64 ", status %u\n", r->num, traps,
           r->hash, r->m->state.stop_status);
    return r->m->state.stop_reason != STOP_GUEST_EXIT || r->m->state.stop_status != 0 || traps < 50;
}

int main(int argc, char **argv)
{
    struct run first, other;
    if (argc < 4)
        die("usage: exact ELF SEED HARTS [OPTION]...");
    make_run(&first, &forms[0], argc, argv);
    int bad = check(&first);
    for (u32 i = 1; i < ARRAY_LEN(forms); i++) {
        make_run(&other, &forms[i], argc, argv);
        bad |= compare(&first, &other, forms[i].name);
        free_run(&other);
    }
    free_run(&first);
    return bad;
}
