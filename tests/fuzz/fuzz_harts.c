/* Fuzzes several harts that share code, page tables, data and locks, under the embedded firmware:
 * patched functions with fences here and elsewhere, translations edited with and without a fence,
 * LR/SC and AMO on shared lines, IPIs, timers, harts that stop, sleep and are started again. The
 * same programs run under the same schedule in several forms (both engines, generated code or not,
 * made anew from the rows again and again), which must agree on all state and on memory; and what
 * locks and reservations guard is counted right. The input, in order:
 * - kind: bit 0: RV32; bit 1: three harts, not two; bits 2-3: a row of `choices`; bit 4: a program
 *   that is short is filled up with steps that the input only seeds; bits 5-6: 0: other harts are
 *   guarded while one has a turn
 * - schedule: 24 bytes, used again and again: bits 0-1: a hart; bits 2-7: its slots, less one
 * - steps: 4 bytes each, one hart after the other: harts_program.c */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/insn.h"
#include "cpu/post.h"
#include "harts_guest.h"
#include "lockstep/lockstep.h"
#include "machine/state.h"
#include "rewind.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { TURNS = 24, HEADER = 1 + TURNS, TURN_SLOTS = 700, FREE_SLOTS = 1200, RENEWALS = 5 };
enum { KINDS = 16, FILL_UP = 16, UNGUARDED = 0x60, FILLED_STEPS = 28, MAX_PARTS = 64 };

/* ---- the forms ---- */

static const struct form {
    const char *name, *option, *more;
    bool renewed;
} forms[] = {
    {"plain engine", "--engine=plain", "--serial=null", false},
    {"generated code", "--engine=fast", "--code=generated", false},
    {"C handlers", "--engine=fast", "--code=handlers", false},
    {"generated code, made anew", "--engine=fast", "--code=generated", true},
};
static const char *const choices[][2] = {
    {"--tlb=eager", "--misaligned=ok"},
    {"--tlb=strict", "--misaligned=trap"},
    {"--tlb=eager", "--isa=max_smrnmi"},
    {"--tlb=strict", "--isa=max-svvptc"},
};

/* What is the same for all inputs of a kind: the guest without programs, and a machine a form. */
static struct fixture {
    struct guest guest;
    char path[64];
    u32 harts;
    struct rewind run[ARRAY_LEN(forms)];
} fixtures[KINDS];

struct input {
    const u8 *data;
    u32 kind, steps; /* steps of each hart */
    u8 step[MAX_HARTS][MAX_STEPS][STEP];
};

static void make_machine(struct fixture *fix, u32 kind, u32 form)
{
    char harts[16], isa[32],
        *argv[16] = {"run",
                     harts,
                     "--memory=4M",
                     "--serial=null",
                     "--firmware=sbi",
                     (char *)(uintptr_t)forms[form].option,
                     (char *)(uintptr_t)forms[form].more,
                     fix->path};
    int n = 8;
    snprintf(harts, sizeof harts, "--harts=%u", fix->harts);
    for (u32 i = 0; i < 2; i++) {
        const char *option = choices[kind >> 2][i];
        argv[n] = (char *)(uintptr_t)option;
        if (strncmp(option, "--isa=", 6) == 0) {
            snprintf(isa, sizeof isa, "--isa=rv%u%s", fix->guest.xlen, option + 6);
            argv[n] = isa;
        }
        n++;
    }
    rewind_new(&fix->run[form], n, argv);
}

static struct fixture *fixture_of(u32 kind)
{
    struct fixture *fix = &fixtures[kind];
    if (fix->harts)
        return fix;
    fix->harts = kind & 2 ? 3 : 2;
    fix->guest.xlen = kind & 1 ? 32 : 64;
    fix->guest.image = malloc(IMAGE_END - RAM);
    int fd = memfd_create("guest", 0);
    snprintf(fix->path, sizeof fix->path, "/proc/self/fd/%d", fd);
    if (fd < 0 || !fix->guest.image)
        fatal("no memory for the guests");
    harts_guest_make(&fix->guest, fix->harts);
    if (guest_write_elf(&fix->guest, fix->path))
        fatal("the guest cannot be written");
    for (u32 i = 0; i < ARRAY_LEN(forms); i++)
        make_machine(fix, kind, i);
    return fix;
}

/* ---- running ---- */

static void renew(struct machine *m)
{
    struct error err;
    if (machine_renew(m, &err))
        fatal(err.text);
}

/* Gives a hart a turn as the machine does, but of any length. */
static void turn(struct machine *m, const struct input *in, struct hart *h, u64 slots)
{
    u64 before = h->clock;
    machine_deliver(m);
    if (in->data[0] & UNGUARDED)
        m->running = h; /* the guard of debug builds costs as much as all the rest */
    else
        machine_set_running(m, h);
    hart_run(h, slots);
    machine_set_running(m, NULL);
    m->state.executed += h->clock - before;
    post_do(h, &(struct post){.kind = POST_RESERVATION}); /* the others may store now */
    if (h->clock < before + slots) {                      /* it waits */
        h->unretired += before + slots - h->clock;
        h->clock = before + slots;
    }
    machine_deliver(m);
}

/* The turn of that number; true until all have been. */
static bool take_turn(struct machine *m, const struct input *in, u32 number)
{
    u8 choice = in->data[1 + number % TURNS];
    struct hart *h = m->hart[choice % 4 % m->num_harts];
    if (m->state.stop_reason || h->clock >= TURN_SLOTS)
        return false;
    turn(m, in, h, (choice >> 2) + 1u);
    return true;
}

/* And then as the machine itself would have it. */
static void run_free(struct machine *m)
{
    if (m->state.stop_reason)
        return;
    m->config.opt.max_insns = m->state.executed + FREE_SLOTS;
    machine_go(m);
}

static void start(struct fixture *fix, u32 form)
{
    struct machine *m = fix->run[form].m;
    rewind_start(&fix->run[form]);
    for (u32 i = 0; i < fix->harts; i++)
        memcpy(m->ram->host + (program_of(i) - RAM), fix->guest.image + (program_of(i) - RAM),
               PROGRAM_SIZE);
}

static void run(struct fixture *fix, u32 form, const struct input *in)
{
    struct machine *m = fix->run[form].m;
    start(fix, form);
    for (u32 i = 0; take_turn(m, in, i); i++)
        if (forms[form].renewed && i % RENEWALS == in->data[0] % RENEWALS && i < 4 * RENEWALS)
            renew(m);
    run_free(m);
}

/* ---- comparing ---- */

struct parts {
    struct state_part part[MAX_PARTS];
    u32 num;
};

static int add_part(void *ctx, const struct state_part *part)
{
    struct parts *p = ctx;
    if (p->num == MAX_PARTS)
        fatal("more parts than expected");
    p->part[p->num++] = *part;
    return 0;
}

/* What only one engine does in the same way: it counts what misses, and the other has fewer. */
static bool is_inner(const struct state_part *part)
{
    return strstr(part->name, "besides") || strstr(part->name, "TLB");
}

static void show(void *ctx, const struct state_part *a, const struct state_part *b,
                 const struct state_row *row, u32 i)
{
    char text_a[STATE_TEXT], text_b[STATE_TEXT];
    fprintf(stderr, "  %s: %s[%u] is %s, there %s\n", a->name, row->name, i,
            state_text(a, row, i, text_a), state_text(b, row, i, text_b));
    (void)ctx;
}

/* Inner state as well: both are of one form. */
enum depth { ARCHITECTURE, ALL };

static bool same_state(struct machine *a, struct machine *b, enum depth depth, state_differ_fn fn)
{
    struct parts of_a = {.num = 0}, of_b = {.num = 0};
    u32 differences = 0;
    machine_each_part(a, add_part, &of_a);
    machine_each_part(b, add_part, &of_b);
    for (u32 i = 0; i < of_a.num; i++)
        if (depth == ALL || !is_inner(&of_a.part[i]))
            differences += state_compare(&of_a.part[i], &of_b.part[i], fn, NULL);
    return differences == 0;
}

static enum depth depth_of(u32 a, u32 b)
{
    return strcmp(forms[a].more, forms[b].more) == 0 ? ALL : ARCHITECTURE;
}

static u32 word_at(const struct machine *m, u32 pa)
{
    u32 word;
    memcpy(&word, m->ram->host + (pa - RAM), sizeof word);
    return word;
}

/* A guarded counter is what its harts have added, but for what each may be about to note. */
static bool counts_right(const struct fixture *fix, const struct machine *m, u32 counter, u32 own)
{
    u32 sum = 0;
    for (u32 i = 0; i < fix->harts; i++)
        sum += word_at(m, PRIVATE_OF(i) + own);
    u32 ahead = word_at(m, counter) - sum;
    return ahead <= (counter == LOCKS + LOCKED_COUNT ? 1 : fix->harts);
}

/* ---- reporting ---- */

/* Once more, both forms at a time, compared after each turn. */
static void report(struct fixture *fix, u32 form, const struct input *in)
{
    struct machine *a = fix->run[0].m, *b = fix->run[form].m;
    fprintf(stderr, "fuzz_harts: '%s' and '%s' differ\n", forms[0].name, forms[form].name);
    start(fix, 0);
    start(fix, form);
    for (u32 i = 0; take_turn(a, in, i) && take_turn(b, in, i); i++) {
        if (forms[form].renewed)
            renew(b);
        if (!same_state(a, b, ARCHITECTURE, show)) {
            fprintf(stderr, "  after turn %u\n", i);
            return;
        }
    }
    run_free(a);
    run_free(b);
    same_state(a, b, ARCHITECTURE, show);
    fprintf(stderr, "  at the end; memory %s\n",
            rewind_same_memory(&fix->run[0], &fix->run[form]) ? "is the same" : "differs");
}

/* ---- the fuzzer's calls ---- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    insn_init();
    return 0;
}

static u64 hash(const u8 *data, size_t size)
{
    u64 h = size;
    for (size_t i = 0; i < size; i++)
        h = (h ^ data[i]) * 0x9e3779b97f4a7c15ull;
    return h;
}

static void read_steps(struct input *in, size_t size, u32 harts)
{
    struct random random = {hash(in->data, size)};
    u32 given = (u32)((size - HEADER) / STEP / harts);
    if (given > MAX_STEPS)
        given = MAX_STEPS;
    in->steps = in->data[0] & FILL_UP && given < FILLED_STEPS ? FILLED_STEPS : given;
    for (u32 i = 0; i < harts; i++) {
        memcpy(in->step[i], in->data + HEADER + (size_t)i * given * STEP, (size_t)given * STEP);
        for (u32 k = given; k < in->steps; k++) {
            u32 step = (u32)(random_next(&random) >> 32);
            memcpy(in->step[i][k], &step, STEP);
        }
    }
}

/* Nothing of the last input's programs stays behind them. */
static void make_programs(struct fixture *fix, const struct input *in)
{
    for (u32 i = 0; i < fix->harts; i++) {
        u32 end = harts_program_make(&fix->guest, i, fix->harts, in->step[i], in->steps);
        if (end > program_of(i + 1))
            fatal("a program is too long");
        memset(fix->guest.image + (end - RAM), 0, program_of(i + 1) - end);
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (size < HEADER)
        return 0;
    struct input in = {.data = data, .kind = data[0] % KINDS};
    struct fixture *fix = fixture_of(in.kind);
    read_steps(&in, size, fix->harts);
    make_programs(fix, &in);
    for (u32 i = 0; i < ARRAY_LEN(forms); i++) {
        run(fix, i, &in);
        const struct machine *m = fix->run[i].m;
        if (!counts_right(fix, m, LOCKS + RESERVED_COUNT, OWN_RESERVED) ||
            !counts_right(fix, m, LOCKS + LOCKED_COUNT, OWN_LOCKED))
            fatal("a counter that a lock or a reservation guards is wrong");
        for (u32 k = 0; k < i; k++)
            if (!same_state(fix->run[k].m, fix->run[i].m, depth_of(k, i), NULL) ||
                !rewind_same_memory(&fix->run[k], &fix->run[i])) {
                same_state(fix->run[k].m, fix->run[i].m, depth_of(k, i), show);
                report(fix, i, &in);
                abort();
            }
    }
    return 0;
}
