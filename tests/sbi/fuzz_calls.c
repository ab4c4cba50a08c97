/* Random calls with random arguments on every hart at once: the firmware answers, whatever comes.
 * impl-version is the seed, impl-id how many hundred calls each hart makes. Left out is only what
 * would take the guest's memory or its end from it: see tame(). `fuzz` runs it for long.
 * run: --sbi=impl-version=1,impl-id=10,enable=sta+nacl+pmu
 * run: --engine=plain --sbi=impl-version=2,impl-id=10,enable=sta+nacl+pmu
 * run: --misaligned=trap --sbi=impl-version=3,impl-id=10,reset-values=random:5
 * run: --isa=rvXLENimac_zicsr_zifencei --sbi=impl-version=4,impl-id=10,enable=sta+pmu */
#include "lib/sse.h"

enum { EVENTS = 4, MAX_HARTS = 4 };

static const ulong events[EVENTS] = {SOFT_LOCAL, SOFT_GLOBAL, DOUBLE_TRAP, PMU_OVERFLOW};
static const struct {
    ulong id, functions;
} extensions[] = {
    {EXT_BASE, 7}, {EXT_TIME, 1}, {EXT_IPI, 1},  {EXT_RFENCE, 7}, {EXT_HSM, 4},  {EXT_SUSP, 1},
    {EXT_DBCN, 3}, {EXT_PMU, 9},  {EXT_CPPC, 4}, {EXT_FWFT, 2},   {EXT_SSE, 10}, {EXT_DBTR, 8},
    {EXT_MPXY, 8}, {EXT_STA, 1},  {EXT_NACL, 5}, {EXT_SRST, 1},   {0, 1},        {1, 1},
    {2, 1},        {3, 1},        {4, 1},        {5, 1},          {6, 1},        {7, 1},
};

/* What goes on after a resume: everything a hart needs is here. */
static struct fuzzer {
    uint64_t seed;
    volatile ulong left, done;
} fuzzers[MAX_HARTS];
static struct sse_handler handlers[MAX_HARTS][EVENTS];
static char stacks[MAX_HARTS][EVENTS][1024] __attribute__((aligned(16)));
static ulong calls;
extern char bss_end[];

static void loop(ulong hartid, ulong arg);
static struct start again = {loop, 0};

static ulong next(struct fuzzer *f)
{
    f->seed ^= f->seed << 13;
    f->seed ^= f->seed >> 7;
    f->seed ^= f->seed << 17;
    return (ulong)(f->seed * 0x2545f4914f6cdd1dull >> (64 - XLEN));
}

/* Memory from 64 KiB before the guest on is moved to where nothing of it is. */
static ulong away_from_guest(ulong v)
{
    return v >= 0x801f0000ul && v < (ulong)bss_end ? v + 0x2000000 : v;
}

static ulong argument(struct fuzzer *f)
{
    static const ulong bases[] = {0x80000000ul, 0x84000000ul, 0x87fff000ul, 0x88000000ul,
                                  0x1000,       0x2000000,    0x10000000,   0x40000000};
    ulong r = next(f);

    switch (next(f) % 10) {
    case 0:
        return 0;
    case 1:
        return -(r % 4);
    case 2:
        return r % 20;
    case 3:
        return r % 0x3000;
    case 4:
        return BIT(r % (ulong)XLEN);
    case 5: /* shared memory, usable by everything */
        return 0x84000000ul + (r % 64) * 4096;
    case 6: /* about the edges of memory */
        return bases[r / 16 % ARRAY_LEN(bases)] + r % 16 - 8;
    case 7:
        return events[r % EVENTS];
    case 8:
        return r & 0xf000000ful; /* FWFT features, SSE events, suspend types */
    default:
        return away_from_guest(r);
    }
}

/* One that a call is likely to accept. */
static ulong mild_argument(struct fuzzer *f)
{
    ulong r = next(f);

    switch (next(f) % 8) {
    case 0:
    case 1:
        return 0;
    case 2:
        return r % 4;
    case 3:
        return r % 48;
    case 4:
    case 5:
        return 0x84000000ul + (r % 8) * 4096;
    case 6:
        return events[r % EVENTS];
    default:
        return r % 2 ? 15ul << 16 | r / 2 % 24 : 0x80000000ul | r / 2 % 2;
    }
}

static bool is_call(const ulong *r, ulong ext, ulong fn)
{
    return r[7] == ext && r[6] == fn;
}

/* Half of the calls that set up or use shared memory get some. */
static void share(ulong choice, ulong *r)
{
    static const struct {
        ulong ext, fn;
    } setups[] = {{EXT_PMU, 7}, {EXT_DBTR, 1}, {EXT_MPXY, 1}, {EXT_STA, 0}, {EXT_NACL, 1}};
    ulong page = 0x84000000ul + choice / 2 % 8 * 4096;

    if (choice & 1)
        return;
    for (unsigned i = 0; i < ARRAY_LEN(setups); i++) {
        if (is_call(r, setups[i].ext, setups[i].fn))
            r[0] = page, r[1] = 0, r[2] = 0;
    }
    if (is_call(r, EXT_PMU, 8))
        r[0] = page, r[1] = 0, r[2] %= 32, r[3] = 0;
    if (is_call(r, EXT_SSE, SSE_READ) || is_call(r, EXT_SSE, SSE_WRITE))
        r[0] = events[choice / 16 % EVENTS], r[1] %= 10, r[2] %= 4, r[3] = page, r[4] = 0;
    if (r[7] == EXT_MPXY && r[6] > 2)
        r[0] = 1;
    if (r[7] == EXT_SSE && r[6] > SSE_REGISTER)
        r[0] = events[choice / 16 % EVENTS], r[1] %= MAX_HARTS;
}

/* Keeps the guest alive: no end of the machine, handlers and entries that exist, somebody to wake
 * a sleeper, no landing pads, which the compiler has not put in. */
static void tame(struct fuzzer *f, ulong hartid, ulong *r)
{
    ulong choice = next(f);

    if (is_call(r, EXT_SRST, 0))
        r[choice % 2] |= 0x10; /* a reserved type or reason */
    if (is_call(r, EXT_DBCN, 0) && r[0] <= 0x8000000)
        r[0] %= 64; /* not all of memory */
    if (is_call(r, EXT_HSM, 0) && choice % 4)
        r[0] %= MAX_HARTS, r[1] = (ulong)secondary, r[2] = (ulong)&again;
    else if (is_call(r, EXT_HSM, 0))
        r[1] |= 0x20000001ul; /* odd: no entry */
    if (is_call(r, EXT_HSM, 1) && (hartid == boot_registers[0] || choice % 16))
        r[6] = 2;
    if (is_call(r, EXT_HSM, 3) || is_call(r, EXT_SUSP, 0)) {
        r[1] = choice % 4 ? (ulong)secondary : r[1] | 1;
        r[2] = (ulong)&again;
        if (choice % 4)
            r[0] &= 0x80000000ul;
        csr_write(sie, BIT(5));
        sbi(EXT_TIME, 0, time_now() + 500, 0, 0, 0);
    }
    if (is_call(r, EXT_NACL, 4)) /* goes anywhere, with any registers */
        r[6] = 2;
    if (is_call(r, EXT_FWFT, 0) && (uint32_t)r[0] == 1)
        r[1] = 0;
    if (is_call(r, EXT_SSE, SSE_REGISTER)) {
        ulong k = choice % EVENTS;
        struct sse_handler *h = &handlers[hartid][k];
        r[0] = choice & 64 ? events[k] : r[0] | 0x4000;
        r[1] = choice & 128 ? (ulong)sse_entry : r[1] | 1;
        r[2] = (ulong)h;
    }
}

static void one_call(struct fuzzer *f, ulong hartid)
{
    ulong r[8], which = next(f) % (ARRAY_LEN(extensions) + 1), mild = next(f) % 4;

    for (int i = 0; i < 6; i++)
        r[i] = mild ? mild_argument(f) : argument(f);
    if (which < ARRAY_LEN(extensions)) {
        r[7] = extensions[which].id;
        r[6] = next(f) % (extensions[which].functions + (next(f) % 16 == 0));
    } else {
        r[7] = next(f) | 0x100; /* no legacy call: 8 would be the end */
        r[6] = next(f);
    }
    share(next(f), r);
    tame(f, hartid, r);
    for (int i = 0; i < 6; i++) {
        if (r[7] != EXT_SSE && r[7] != EXT_HSM && r[7] != EXT_SUSP)
            r[i] = away_from_guest(r[i]);
    }
    for (int i = 0; i < 16; i++) /* what is read from memory is random as well */
        ((volatile ulong *)0x84000000ul)[next(f) % 512] = next(f);
    sbi_raw(r);
}

static void count(struct sse_handler *h, ulong hartid)
{
    (void)hartid;
    h->count++;
}

static void prepare(ulong hartid)
{
    for (ulong k = 0; k < EVENTS; k++) {
        handlers[hartid][k].fn = count;
        handlers[hartid][k].stack_top = stacks[hartid][k] + sizeof(stacks[hartid][k]);
        handlers[hartid][k].event = events[k];
    }
    fuzzers[hartid].seed =
        (uint64_t)sbi(EXT_BASE, 2, 0, 0, 0, 0).value * 0x9e3779b97f4a7c15ull + hartid + 1;
    fuzzers[hartid].left = calls;
}

/* The boot hart ends the test when all are done; it starts those that have stopped themselves. */
static void wait_for_others(ulong hartid)
{
    sbi(EXT_SSE, SSE_MASK, 0, 0, 0, 0);
    for (ulong i = 0; i < num_harts() && i < MAX_HARTS; i++) {
        if (i == hartid)
            continue;
        ulong begin = time_now();
        while (!fuzzers[i].done && time_now() - begin < 100000000)
            start_hart(i, &again);
        CHECK(fuzzers[i].done);
    }
    print("\n");
    finish();
}

static void loop(ulong hartid, ulong arg)
{
    struct fuzzer *f = &fuzzers[hartid];

    (void)arg;
    csr_clear(sstatus, 2 | BIT(24)); /* SDT is undefined after a resume */
    if (has_h()) {
        wr_csr(HIE, 0);
        wr_csr(HGATP, 0);
    }
    while (f->left) {
        f->left--;
        one_call(f, hartid);
    }
    f->done = 1;
    if (hartid == boot_registers[0])
        wait_for_others(hartid);
}

void test(void)
{
    calls = 100 * VALUE(sbi(EXT_BASE, 1, 0, 0, 0, 0));
    for (ulong i = 0; i < num_harts() && i < MAX_HARTS; i++)
        prepare(i);
    for (ulong i = 0; i < num_harts() && i < MAX_HARTS; i++) {
        if (i != hart_id())
            CHECK(start_hart(i, &again));
    }
    loop(hart_id(), 0);
}
