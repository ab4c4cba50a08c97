/* Performance monitoring: counters, matching, starting and stopping, firmware events, snapshots,
 * overflow.
 * run: none
 * run: --sbi=enable=pmu
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENmax-sscofpmf
 * run: --isa=rvXLENmax-smcntrpmf
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "lib/sse.h"

enum { NUM, INFO, MATCH, START, STOP, FW_READ, FW_READ_HI, SNAPSHOT, EVENT_INFO };
enum { CYCLES = 1, INSTRUCTIONS = 2 };
enum { SKIP = 1, CLEAR = 2, AUTO = 4 };
#define FW(code) (15ul << 16 | (code))
#define ALL      0ul, hardware_mask()

static ulong total, hardware; /* indices below `hardware` are the hart's */
static uint64_t shm[512] __attribute__((aligned(4096)));

static struct ret pmu(long fn, ulong a, ulong b, ulong c)
{
    return sbi(EXT_PMU, fn, a, b, c, 0);
}

static struct ret match(ulong base, ulong mask, ulong flags, ulong event)
{
    return sbi6(EXT_PMU, MATCH, (ulong[6]){base, mask, flags, event, 0, 0});
}

static ulong hardware_mask(void)
{
    return (hardware >= (ulong)XLEN ? ~0ul : BIT(hardware) - 1) & ~2ul;
}

static ulong firmware_mask(void)
{
    return BIT(total - hardware) - 1;
}

static void info(void)
{
    ulong valid = 0;

    total = VALUE(pmu(NUM, 0, 0, 0));
    CHECK(total >= 3 && total <= 64);
    hardware = total;
    for (ulong i = 0; i < total; i++) {
        struct ret r = pmu(INFO, i, 0, 0);
        if (r.error) {
            CHECK(i == 1 && r.error == INVALID_PARAM); /* time is no counter */
            continue;
        }
        valid++;
        bool fw = (ulong)r.value >> (XLEN - 1);
        if (fw && hardware == total)
            hardware = i;
        if (!fw) {
            CHECK(hardware == total); /* firmware counters come last */
            CHECK(((ulong)r.value & 0xfff) == 0xc00 + i && ((ulong)r.value >> 12 & 63) <= 63);
        }
    }
    CHECK(valid == total - 1);
    CHECK(hardware < total);
    EXPECT(pmu(INFO, total, 0, 0), INVALID_PARAM);
    EXPECT(pmu(INFO, -1ul, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_PMU, 9, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void matching_errors(void)
{
    EXPECT(match(0, 0, 0, INSTRUCTIONS), on_opensbi() ? INVALID_PARAM : NOT_SUPPORTED);
    EXPECT(match(total, 1, 0, INSTRUCTIONS), INVALID_PARAM);
    EXPECT(match(total - 1, 2, 0, INSTRUCTIONS), INVALID_PARAM);
    EXPECT(match(ALL, 0, 11), INVALID_PARAM); /* no such general event */
    EXPECT(match(ALL, 0, 2ul << 16 | 1), INVALID_PARAM);
    EXPECT(match(ALL, 0, 4ul << 16), INVALID_PARAM); /* no such type */
    EXPECT(match(ALL, 0, FW(22)), INVALID_PARAM);    /* reserved */
    EXPECT(match(ALL, 0, 7), NOT_SUPPORTED);         /* bus cycles */
    EXPECT(match(ALL, 0, FW(5)), NOT_SUPPORTED);     /* hardware cannot count it */
    EXPECT(match(hardware, firmware_mask(), 0, INSTRUCTIONS), NOT_SUPPORTED);
    if (on_opensbi())
        return;
    EXPECT(match(ALL, 0x100, INSTRUCTIONS), INVALID_PARAM);
    EXPECT(match(0, 2, 0, INSTRUCTIONS), INVALID_PARAM); /* index 1 */
    EXPECT(match(ALL, 0, 1ul << 20), INVALID_PARAM);
    EXPECT(sbi6(EXT_PMU, MATCH, (ulong[6]){ALL, 0, INSTRUCTIONS, 1}), INVALID_PARAM);
    EXPECT(sbi6(EXT_PMU, MATCH, (ulong[6]){hardware, 1, 0, FW(5), 1}), INVALID_PARAM);
    EXPECT(match(0, 5, SKIP, FW(5)), NOT_SUPPORTED);
    EXPECT(match(hardware, firmware_mask(), 0, FW(0xffff)), NOT_SUPPORTED);
}

static void start_stop_errors(void)
{
    EXPECT(pmu(START, total, 1, 0), INVALID_PARAM);
    EXPECT(pmu(STOP, total, 1, 0), INVALID_PARAM);
    EXPECT(pmu(START, hardware, 1, 2), NO_SHMEM);
    EXPECT(pmu(STOP, hardware, 1, 2), NO_SHMEM);
    if (on_opensbi())
        return;
    EXPECT(pmu(START, hardware, 1, 4), INVALID_PARAM);
    EXPECT(pmu(START, hardware, 1, 3), INVALID_PARAM); /* both are too much */
    EXPECT(pmu(STOP, hardware, 1, 4), INVALID_PARAM);
    EXPECT(pmu(START, 1, 1, 0), INVALID_PARAM);
}

static void instructions(void)
{
    /* fixed counters run from the start */
    struct ret r = pmu(STOP, 2, 1, 0);
    CHECK(r.error == SUCCESS);
    ulong before = csr_read(instret);
    delay(10);
    CHECK(csr_read(instret) == before);
    EXPECT(pmu(STOP, 2, 1, 0), ALREADY_STOPPED);
    CHECK(VALUE(match(2, 1, SKIP | CLEAR, INSTRUCTIONS)) == 2);
    CHECK(csr_read(instret) == 0);
    EXPECT(sbi6(EXT_PMU, START, (ulong[6]){2, 1, 1, 5000, 0}), SUCCESS);
    ulong after = csr_read(instret);
    CHECK(after >= 5000 && after < 15000);
    EXPECT(pmu(START, 2, 1, 0), ALREADY_STARTED);
    EXPECT(pmu(STOP, 2, 1, 0), SUCCESS);
    EXPECT(pmu(START, 2, 1, 0), SUCCESS); /* goes on from where it was */
    CHECK(csr_read(instret) > after);
}

/* A programmable counter, found by the firmware. */
static void programmable(void)
{
    if (hardware <= 3 || on_opensbi()) /* it knows no events but those in the device tree */
        return;
    ulong mask = hardware_mask() & ~7ul;
    ulong index = VALUE(match(0, mask, CLEAR | AUTO, INSTRUCTIONS));
    CHECK(index >= 3 && index < hardware);
    if (index != 3)
        return; /* the CSR is in the instruction */
    ulong a = csr_read(hpmcounter3);
    delay(100);
    ulong b = csr_read(hpmcounter3);
    CHECK(b > a && b - a < 100000);
    EXPECT(pmu(START, 3, 1, 0), ALREADY_STARTED);
    CHECK(VALUE(match(0, mask, 0, INSTRUCTIONS)) == 4); /* 3 is taken */
    EXPECT(pmu(STOP, 3, 1, 1), SUCCESS);
    EXPECT(pmu(STOP, 4, 1, 1), ALREADY_STOPPED);
    a = csr_read(hpmcounter3);
    delay(10);
    CHECK(csr_read(hpmcounter3) == a);
    CHECK(VALUE(match(0, mask, 0, INSTRUCTIONS)) == 3); /* free again */
    EXPECT(pmu(STOP, 3, 1, 1), ALREADY_STOPPED);
}

static void firmware_events(void)
{
    ulong timer = VALUE(match(hardware, firmware_mask(), CLEAR | AUTO, FW(5)));
    ulong illegal = VALUE(match(hardware, firmware_mask(), CLEAR | AUTO, FW(4)));

    CHECK(timer >= hardware && illegal >= hardware && timer != illegal);
    for (int i = 0; i < 3; i++)
        sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0);
    CHECK(VALUE(pmu(FW_READ, timer, 0, 0)) == 3);
    CHECK(VALUE(pmu(FW_READ_HI, timer, 0, 0)) == 0);
    trap_clear();
    __asm__ volatile(".word 0xc0001073");
    CHECK(VALUE(pmu(FW_READ, illegal, 0, 0)) == 1);
    EXPECT(pmu(STOP, timer, 1, 0), SUCCESS);
    sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0);
    CHECK(VALUE(pmu(FW_READ, timer, 0, 0)) == 3);
    EXPECT(sbi6(EXT_PMU, START, (ulong[6]){timer, 1, 1, 100, 0}), SUCCESS);
    sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0);
    CHECK(VALUE(pmu(FW_READ, timer, 0, 0)) == 101);
    EXPECT(pmu(START, timer, 1, 0), ALREADY_STARTED);
    EXPECT(pmu(STOP, timer, 1, 1), SUCCESS);
    EXPECT(pmu(STOP, illegal, 1, 1), SUCCESS);
    EXPECT(pmu(FW_READ, 0, 0, 0), INVALID_PARAM);
    EXPECT(pmu(FW_READ, total, 0, 0), INVALID_PARAM);
    EXPECT(pmu(FW_READ_HI, 2, 0, 0), INVALID_PARAM);
    EXPECT(pmu(FW_READ_HI, total, 0, 0), INVALID_PARAM);
}

/* IPIs and fences count where another hart takes part. */
static volatile ulong spinning, enough;

static void spinner(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    spinning = 1;
    wait_for(&enough, 1);
}

static void remote_events(void)
{
    struct start s = {spinner, 0};
    long other = other_hart();

    if (other < 0)
        return;
    ulong ipi = VALUE(match(hardware, firmware_mask(), CLEAR | AUTO, FW(6)));
    ulong fence = VALUE(match(hardware, firmware_mask(), CLEAR | AUTO, FW(10)));
    ulong received = VALUE(match(hardware, firmware_mask(), CLEAR | AUTO, FW(7)));
    EXPECT(sbi(EXT_IPI, 0, BIT(hart_id()), 0, 0, 0), SUCCESS);
    CHECK(VALUE(pmu(FW_READ, ipi, 0, 0)) == 0);
    CHECK(VALUE(pmu(FW_READ, received, 0, 0)) == 0);
    csr_clear(sip, 2);
    CHECK(start_hart((ulong)other, &s));
    CHECK(wait_for(&spinning, 1));
    EXPECT(sbi6(EXT_RFENCE, 1, (ulong[6]){BIT(other), 0, 0, 0}), SUCCESS);
    CHECK(VALUE(pmu(FW_READ, fence, 0, 0)) == 1);
    ulong before = VALUE(pmu(FW_READ, ipi, 0, 0)); /* a fence may have taken one */
    EXPECT(sbi(EXT_IPI, 0, BIT(other), 0, 0, 0), SUCCESS);
    CHECK(VALUE(pmu(FW_READ, ipi, 0, 0)) == before + 1);
    enough = 1;
    CHECK(wait_status((ulong)other, 1));
    EXPECT(pmu(STOP, ipi, 1, 1), SUCCESS);
    EXPECT(pmu(STOP, fence, 1, 1), SUCCESS);
    EXPECT(pmu(STOP, received, 1, 1), SUCCESS);
}

static void snapshots(void)
{
    ulong a = (ulong)shm;

    if (pmu(SNAPSHOT, -1ul, -1ul, 0).error == NOT_SUPPORTED)
        return;
    EXPECT(pmu(SNAPSHOT, a, 0, 1), INVALID_PARAM);
    EXPECT(pmu(SNAPSHOT, a + 64, 0, 0), INVALID_PARAM);
    EXPECT(pmu(SNAPSHOT, 0x40000000, 0, 0), INVALID_ADDRESS);
    EXPECT(pmu(SNAPSHOT, a, 1, 0), INVALID_ADDRESS);
    EXPECT(pmu(SNAPSHOT, a, 0, 0), SUCCESS);
    ulong timer = VALUE(match(hardware, firmware_mask(), CLEAR, FW(5)));
    shm[0] = 77;
    shm[1] = 1000;
    shm[2] = 0x55;
    EXPECT(pmu(START, timer, 1, 2), SUCCESS); /* from the snapshot */
    sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0);
    CHECK(VALUE(pmu(FW_READ, timer, 0, 0)) == 1001);
    EXPECT(pmu(STOP, timer, 1, 2), SUCCESS);
    CHECK(shm[0] == 0 && shm[1] == 1001 && shm[2] == 0x55);
    EXPECT(pmu(STOP, timer, 1, 3), ALREADY_STOPPED);
    EXPECT(pmu(SNAPSHOT, -1ul, -1ul, 0), SUCCESS);
    EXPECT(pmu(STOP, timer, 1, 2), NO_SHMEM);
}

struct entry {
    uint32_t event, output;
    uint64_t data;
};

static void event_info(void)
{
    static struct entry e[6] __attribute__((aligned(16)));
    static const uint32_t events[6] = {CYCLES, INSTRUCTIONS, 7, FW(5), FW(22), 5u << 16};
    static const uint32_t supported[6] = {1, 1, 0, 1, 0, 0};

    for (int i = 0; i < 6; i++)
        e[i] = (struct entry){events[i], 0xffffffff, 0};
    struct ret r = sbi(EXT_PMU, EVENT_INFO, (ulong)e, 0, 6, 0);
    if (r.error == NOT_SUPPORTED)
        return;
    check_ret(r, SUCCESS, "event_get_info", __LINE__);
    for (int i = 0; i < 6; i++)
        CHECK(e[i].event == events[i] && (e[i].output == supported[i] || on_opensbi()));
    EXPECT(sbi(EXT_PMU, EVENT_INFO, (ulong)e, 0, 6, 1), INVALID_PARAM);
    EXPECT(sbi(EXT_PMU, EVENT_INFO, (ulong)e + 8, 0, 1, 0), INVALID_PARAM);
    if (on_opensbi())
        return;
    e[1].event = 1u << 20;
    EXPECT(sbi(EXT_PMU, EVENT_INFO, (ulong)e, 0, 2, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_PMU, EVENT_INFO, 0x40000000, 0, 2, 0), INVALID_ADDRESS);
}

static bool overflow_exists(void)
{
    trap_clear();
    csr_read(0xda0); /* scountovf: Sscofpmf */
    return hardware > 3 && !last_trap()->count;
}

/* Does the counter of the event, wherever it may be in the hart, raise LCOFI? */
static void samples(ulong event)
{
    ulong index = VALUE(match(ALL, CLEAR, event));

    CHECK(index >= 3 && index < hardware);
    csr_clear(sip, BIT(13));
    EXPECT(sbi6(EXT_PMU, START, (ulong[6]){index, 1, 1, -1000ul, -1ul}), SUCCESS);
    delay(1000);
    CHECK(csr_read(sip) & BIT(13));
    CHECK(csr_read(0xda0) & BIT(index));
    EXPECT(pmu(STOP, index, 1, 1), SUCCESS);
    csr_clear(sip, BIT(13));
}

/* Every match has a counter of its own; when there is none left, none is given twice. */
static void counters_of_their_own(ulong event, ulong fixed)
{
    ulong seen = 0, expected = (hardware_mask() & ~7ul) | BIT(fixed);
    struct ret r;

    pmu(STOP, ALL, 1);
    while (!(r = match(ALL, 0, event)).error && !(seen & BIT(r.value)))
        seen |= BIT(r.value);
    CHECK(r.error == NOT_SUPPORTED && seen == expected);
    pmu(STOP, ALL, 1);
    pmu(START, 0, 5, 0);
}

/* Sampling wants a counter that can overflow: the fixed ones come last where there are such. */
static void sampling(void)
{
    bool overflows = overflow_exists();

    if (on_opensbi())
        return;
    for (ulong event = CYCLES; event <= INSTRUCTIONS; event++) {
        ulong fixed = event == CYCLES ? 0 : 2;
        counters_of_their_own(event, fixed);
        if (overflows)
            samples(event);
        else
            CHECK(VALUE(match(ALL, 0, event)) == fixed);
        pmu(STOP, ALL, 1);
    }
    pmu(START, 0, 5, 0);
}

/* Events that the hart counts and events that it does not: none is counted as another. */
static void known_events(void)
{
    static const ulong counted[] = {5, 10, 0x10019, 0x1001b, 0x10021};
    /* nothing; caches, branch misses, bus, stalls; L1D, L1I, last level, TLB accesses and
     * prefetches, branch predictor, NUMA node */
    static const ulong absent[] = {0,       3,       4,       6,       7,       8,
                                   9,       0x10000, 0x10001, 0x10003, 0x10008, 0x10009,
                                   0x10010, 0x10011, 0x10018, 0x1001a, 0x1001d, 0x10020,
                                   0x10023, 0x10028, 0x10029, 0x10030, 0x10031};

    if (on_opensbi())
        return;
    for (unsigned i = 0; i < sizeof counted / sizeof *counted; i++) {
        struct ret r = match(ALL, 0, counted[i]);
        CHECK(hardware > 3 ? r.error == SUCCESS && r.value >= 3 : r.error == NOT_SUPPORTED);
    }
    for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++)
        EXPECT(match(ALL, 0, absent[i]), NOT_SUPPORTED);
    pmu(STOP, ALL, 1);
}

/* A counter about to overflow: the interrupt in S-mode, then the software event. */
static struct sse_handler overflow_handler;

static void overflowed(struct sse_handler *h, ulong hartid)
{
    h->hartid = hartid;
    h->count++;
    sbi(EXT_PMU, STOP, 3, 1, 0, 0);
}

static void run_to_overflow(void)
{
    EXPECT(sbi6(EXT_PMU, START, (ulong[6]){3, 1, 1, -1000ul, -1ul}), SUCCESS);
    delay(1000);
}

static void overflow(void)
{
    volatile ulong *count = &interrupts[hart_id()][13];

    if (hardware <= 3 || on_opensbi() || match(3, 1, CLEAR, INSTRUCTIONS).error)
        return;
    if (!overflow_exists())
        return;
    *count = 0;
    csr_set(sie, BIT(13));
    csr_set(sstatus, 2);
    run_to_overflow();
    CHECK(*count == 1 && (csr_read(0xda0) & BIT(3)));
    csr_clear(sstatus, 2);
    if (pmu(SNAPSHOT, (ulong)shm, 0, 0).error == SUCCESS) {
        shm[0] = shm[2] = 0x55;
        EXPECT(pmu(STOP, 3, 1, 2), SUCCESS); /* bit 0 is the counter at counter_idx_base */
        CHECK(shm[0] == 1 && (ulong)shm[1] == csr_read(hpmcounter3) && shm[2] == 0x55);
        EXPECT(pmu(SNAPSHOT, -1ul, -1ul, 0), SUCCESS);
    } else {
        EXPECT(pmu(STOP, 3, 1, 0), SUCCESS);
    }
    csr_clear(sip, BIT(13));
    if (!has_ext(EXT_SSE) || sse_call(SSE_REGISTER, PMU_OVERFLOW, 0, 0).error)
        return;
    EXPECT(sse_call(SSE_UNREGISTER, PMU_OVERFLOW, 0, 0), SUCCESS);
    sse_setup(&overflow_handler, PMU_OVERFLOW, overflowed, ST_ENABLED);
    EXPECT(sse_call(SSE_UNMASK, 0, 0, 0), SUCCESS);
    run_to_overflow();
    CHECK(overflow_handler.count == 1);
    pmu(STOP, 3, 1, 0);
    EXPECT(sse_call(SSE_DISABLE, PMU_OVERFLOW, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, PMU_OVERFLOW, 0, 0), SUCCESS);
}

void test(void)
{
    if (!has_ext(EXT_PMU))
        skip("no PMU");
    info();
    matching_errors();
    start_stop_errors();
    instructions();
    programmable();
    firmware_events();
    remote_events();
    snapshots();
    event_info();
    sampling();
    known_events();
    overflow();
}
