/* Hart state management.
 * run: none
 * run: --irqchip=aplic-imsic */
#include "sbi.h"

enum { STARTED, STOPPED, START_PENDING, STOP_PENDING, SUSPENDED };

static volatile ulong ready, resumed_arg;

/* Waits for an IPI to be pending, without taking it. */
static void waiter(ulong hartid, ulong arg)
{
    (void)hartid;
    ready = 1;
    wait_for((volatile ulong *)arg, 1);
}

static void start_stop(ulong other)
{
    static volatile ulong go;
    struct start s = {waiter, (ulong)&go};
    ulong n = num_harts();

    EXPECT(sbi(EXT_HSM, 2, n, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 2, -1ul, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 0, n, (ulong)secondary, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 0, hart_id(), (ulong)secondary, 0, 0), ALREADY_AVAILABLE);
    CHECK(VALUE(sbi(EXT_HSM, 2, hart_id(), 0, 0, 0)) == STARTED);
    if (!on_opensbi()) { /* it checks its own memory only */
        EXPECT(sbi(EXT_HSM, 0, other, (ulong)secondary + 1, 0, 0), INVALID_ADDRESS);
        EXPECT(sbi(EXT_HSM, 0, other, 0x1000000, 0, 0), INVALID_ADDRESS);
        EXPECT(sbi(EXT_HSM, 0, other, 0x1000, 0, 0), INVALID_ADDRESS); /* the firmware's */
    }
    CHECK(wait_status(other, STOPPED));
    go = ready = 0;
    EXPECT(sbi(EXT_HSM, 0, other, (ulong)secondary, (ulong)&s, 0), SUCCESS);
    CHECK(wait_for(&ready, 1));
    CHECK(VALUE(sbi(EXT_HSM, 2, other, 0, 0, 0)) == STARTED);
    EXPECT(sbi(EXT_HSM, 0, other, (ulong)secondary, 0, 0), ALREADY_AVAILABLE);
    go = 1;
    CHECK(wait_status(other, STOPPED));
    CHECK(start_hart(other, &s)); /* again */
    CHECK(wait_status(other, STOPPED));
}

static void suspender(ulong hartid, ulong arg)
{
    (void)hartid;
    csr_set(sie, 2);
    ready = 1;
    struct ret r = sbi(EXT_HSM, 3, arg, (ulong)secondary, 0, 0);
    ready = 2 + (ulong)r.error;
}

static void retentive(ulong other)
{
    struct start s = {suspender, 0};

    ready = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_status(other, SUSPENDED));
    CHECK(ready == 1);
    EXPECT(sbi(EXT_IPI, 0, BIT(other), 0, 0, 0), SUCCESS);
    CHECK(wait_for(&ready, 2));
    CHECK(wait_status(other, STOPPED));
}

static void resumed(ulong hartid, ulong arg)
{
    CHECK(hartid == hart_id());
    resumed_arg = arg + 1;
}
static struct start resume_start = {resumed, 0x77};

static void non_retentive_suspender(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    csr_set(sie, 2);
    csr_write(sscratch, 0);
    ready = 1;
    sbi(EXT_HSM, 3, 0x80000000u, (ulong)secondary, (ulong)&resume_start, 0);
    ready = 99; /* not reached */
}

static void non_retentive(ulong other)
{
    struct start s = {non_retentive_suspender, 0};

    ready = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_status(other, SUSPENDED));
    EXPECT(sbi(EXT_IPI, 0, BIT(other), 0, 0, 0), SUCCESS);
    CHECK(wait_for(&resumed_arg, 0x78));
    CHECK(ready == 1);
    CHECK(wait_status(other, STOPPED));
}

static void errors(void)
{
    EXPECT(sbi(EXT_HSM, 3, 1, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 3, 0x0fffffff, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 3, 0x80000001u, (ulong)secondary, 0, 0), INVALID_PARAM);
    if (on_opensbi()) /* it says NOT_SUPPORTED to platform-specific types */
        return;
    EXPECT(sbi(EXT_HSM, 3, 0x10000000, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 3, 0x90000000u, (ulong)secondary, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_HSM, 3, 0x80000000u, 0x1000000, 0, 0), INVALID_ADDRESS);
    EXPECT(sbi(EXT_HSM, 3, 0x80000000u, 0x1000, 0, 0), INVALID_ADDRESS);
}

/* The calling hart itself, woken by the timer. */
static void self_suspend(void)
{
    csr_set(sie, BIT(5));
    csr_clear(sstatus, 2);
    ulong now = time_now();
    VALUE(sbi(EXT_TIME, 0, now + 20000, 0, 0, 0));
    VALUE(sbi(EXT_HSM, 3, 0, 0, 0, 0));
    CHECK(time_now() - now >= 20000);
    VALUE(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0));
    csr_clear(sie, BIT(5));
}

void test(void)
{
    long other = other_hart();

    errors();
    self_suspend();
    if (other < 0)
        return;
    start_stop((ulong)other);
    retentive((ulong)other);
    non_retentive((ulong)other);
}
