/* Many harts: HSM, IPI and RFENCE by hart_mask and hart_mask_base, beyond the width of a mask.
 * run: --harts=64
 * run: --harts=64 --irqchip=aplic-imsic
 * run: --harts=33
 * run: --harts=64 --isa=rvXLENimac_zicsr_zifencei
 * run: --harts=64 --sbi=reset-values=random:3 */
#include "sbi.h"

enum { SUSPENDED = 4, STOPPED = 1 };

static volatile ulong ready[64], fenced[64], phase;
static volatile uint32_t code[2] __attribute__((aligned(64))) = {0x00000513, 0x00008067};
static ulong n;

/* Takes IPIs; after each change of phase runs the code that has been rewritten meanwhile. */
static void worker(ulong hartid, ulong arg)
{
    ulong (*fn)(void) = (ulong(*)(void))(ulong)code;

    (void)arg;
    csr_write(sie, 2);
    csr_clear(sip, 2);
    csr_set(sstatus, 2);
    fn();
    ready[hartid] = 1;
    for (ulong seen = 0; seen < 3;) {
        if (phase == seen)
            continue;
        seen = phase;
        fenced[hartid] = fn();
    }
    csr_clear(sstatus, 2);
    csr_clear(sie, 2);
}

static struct start start = {worker, 0};

static ulong count_ipis(ulong first, ulong last)
{
    ulong sum = 0;

    for (ulong i = first; i <= last; i++)
        sum += interrupts[i][1];
    return sum;
}

static bool wait_ipis(ulong first, ulong last, ulong want)
{
    ulong begin = time_now();

    while (count_ipis(first, last) != want) {
        if (time_now() - begin > 10000000)
            return false;
    }
    return true;
}

static void clear_ipis(void)
{
    for (ulong i = 0; i < n; i++)
        interrupts[i][1] = 0;
}

static struct ret ipi(ulong mask, ulong base)
{
    return sbi(EXT_IPI, 0, mask, base, 0, 0);
}

static void ipis(void)
{
    ulong high = n - 1;

    EXPECT(ipi(1, high), SUCCESS);
    CHECK(wait_ipis(high, high, 1));
    EXPECT(ipi(BIT(20), high - 20), SUCCESS);
    CHECK(wait_ipis(high, high, 2));
    EXPECT(ipi(BIT(31), high - 31), SUCCESS);
    CHECK(wait_ipis(high, high, 3));
    EXPECT(ipi(~0ul >> (XLEN - 8), high - 7), SUCCESS); /* the last eight */
    CHECK(wait_ipis(high - 7, high, 3 + 8));
    CHECK(count_ipis(0, high - 8) == 0);
    clear_ipis();
    EXPECT(ipi(0, -1ul), SUCCESS); /* all */
    csr_clear(sip, 2);
    CHECK(wait_ipis(1, high, n - 1));
    clear_ipis();
    /* one that does not exist spoils all */
    EXPECT(ipi(3, high), INVALID_PARAM);
    EXPECT(ipi(1, n), INVALID_PARAM);
    EXPECT(ipi(BIT(XLEN - 1), high), INVALID_PARAM);
    EXPECT(ipi(1, -2ul), INVALID_PARAM);
    EXPECT(ipi(2, -2ul), INVALID_PARAM); /* hart -1 */
    EXPECT(ipi(4, -2ul), INVALID_PARAM); /* nor does the sum wrap */
    EXPECT(ipi(0, n), SUCCESS);          /* the base alone need not exist */
    EXPECT(ipi(0, 12345), SUCCESS);
    delay(1000);
    CHECK(count_ipis(0, high) == 0);
}

static bool wait_fenced(ulong first, ulong last, ulong value)
{
    for (ulong i = first; i <= last; i++) {
        if (i != hart_id() && !wait_for(&fenced[i], value))
            return false;
    }
    return true;
}

/* New code, and FENCE.I for everyone: in three ways. */
static void fences(void)
{
    ulong low = n < 32 ? n : 32, rest = n - low;

    code[0] = 0x00100513;
    EXPECT(sbi(EXT_RFENCE, 0, ~0ul >> (XLEN - 32), 0, 0, 0), SUCCESS);
    EXPECT(sbi(EXT_RFENCE, 0, ~0ul >> (XLEN - (int)rest), low, 0, 0), SUCCESS);
    phase = 1;
    CHECK(wait_fenced(0, n - 1, 1));
    code[0] = 0x00200513;
    EXPECT(sbi(EXT_RFENCE, 0, 0, -1ul, 0, 0), SUCCESS);
    phase = 2;
    CHECK(wait_fenced(0, n - 1, 2));
    code[0] = 0x00300513;
    for (ulong i = 0; i < n; i++)
        EXPECT(sbi(EXT_RFENCE, 0, 1, i, 0, 0), SUCCESS);
    phase = 3;
    CHECK(wait_fenced(0, n - 1, 3));
    for (long fn = 0; fn <= 2; fn++)
        EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){3, n - 1, 0, 0}), INVALID_PARAM);
}

/* The legacy mask is as many words as the harts need. */
static void legacy(void)
{
    ulong words[2] = {0, 0}, high = n - 1;

    words[high / (ulong)XLEN] = BIT(high % (ulong)XLEN);
    CHECK(sbi_raw((ulong[8]){(ulong)words, 0, 0, 0, 0, 0, 0, 4}).error == 0);
    CHECK(wait_ipis(high, high, 1));
    CHECK(count_ipis(0, high - 1) == 0);
    clear_ipis();
}

static void sleeper(ulong hartid, ulong arg)
{
    (void)arg;
    if (has_h())
        wr_csr(HIE, 0);
    csr_write(sie, 2);
    csr_clear(sip, 2);
    ready[hartid] = 2;
    ready[hartid] = 3 + (ulong)sbi(EXT_HSM, 3, 0, 0, 0, 0).error;
    csr_clear(sip, 2);
}

static void suspends(void)
{
    static struct start s = {sleeper, 0};
    ulong high = n - 1;

    CHECK(start_hart(high, &s));
    CHECK(wait_status(high, SUSPENDED));
    EXPECT(ipi(BIT(9), high - 9), SUCCESS);
    CHECK(wait_for(&ready[high], 3));
    CHECK(wait_status(high, STOPPED));
}

void test(void)
{
    n = num_harts();
    if (n < 33 || on_opensbi())
        skip("fewer than 33 harts");
    CHECK(n == 33 || n == 64);
    EXPECT(sbi(EXT_HSM, 2, n, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 0, n, (ulong)secondary, 0, 0), INVALID_PARAM);
    for (ulong i = 1; i < n; i++)
        CHECK(VALUE(sbi(EXT_HSM, 2, i, 0, 0, 0)) == STOPPED);
    for (ulong i = 1; i < n; i++)
        CHECK(start_hart(i, &start));
    for (ulong i = 1; i < n; i++)
        CHECK(wait_for(&ready[i], 1));
    ipis();
    legacy();
    fences();
    for (ulong i = 1; i < n; i++)
        CHECK(wait_status(i, STOPPED));
    suspends();
}
