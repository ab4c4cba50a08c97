/* Timer and IPI extensions, and their legacy forms.
 * run: none
 * run: --irqchip=aplic-imsic
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "sbi.h"

static void set_timer(ulong when)
{
    VALUE(sbi(EXT_TIME, 0, when, 0, 0, 0));
}

static void timer(void)
{
    volatile ulong *count = &interrupts[hart_id()][5];

    VALUE(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0));
    CHECK((csr_read(sip) & BIT(5)) == 0);
    csr_set(sie, BIT(5));
    csr_set(sstatus, 2);
    *count = 0;
    set_timer(time_now() + 1000);
    CHECK(wait_for(count, 1));
    /* in the past: at once; then the far future clears it, masked or not */
    csr_clear(sstatus, 2);
    set_timer(time_now() - 1);
    delay(100);
    CHECK(csr_read(sip) & BIT(5));
    VALUE(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0));
    CHECK((csr_read(sip) & BIT(5)) == 0);
    csr_clear(sie, BIT(5));
    set_timer(time_now() - 1);
    delay(100);
    CHECK(csr_read(sip) & BIT(5));
    VALUE(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0));
    CHECK((csr_read(sip) & BIT(5)) == 0);
    /* legacy */
    *count = 0;
    csr_set(sie, BIT(5));
    csr_set(sstatus, 2);
    ulong now = time_now();
    struct ret r = sbi_raw((ulong[8]){now + 500, 0, 0, 0, 0, 0, 0, 0});
    CHECK(r.error == 0);
    CHECK(wait_for(count, 1));
    csr_clear(sie, BIT(5));
}

static void listener(ulong hartid, ulong arg)
{
    volatile ulong *done = (volatile ulong *)arg;

    csr_set(sie, 2);
    csr_set(sstatus, 2);
    *done = 1;
    wait_for(&interrupts[hartid][1], 2);
    csr_clear(sstatus, 2);
    *done = 2;
}

static void ipi(void)
{
    ulong me = hart_id(), n = num_harts();
    volatile ulong *count = &interrupts[me][1];

    csr_set(sie, 2);
    csr_set(sstatus, 2);
    *count = 0;
    EXPECT(sbi(EXT_IPI, 0, BIT(me), 0, 0, 0), SUCCESS);
    CHECK(wait_for(count, 1));
    EXPECT(sbi(EXT_IPI, 0, 1, me, 0, 0), SUCCESS);
    CHECK(wait_for(count, 2));
    EXPECT(sbi(EXT_IPI, 0, 0, 0, 0, 0), SUCCESS); /* nobody */
    if (n < (ulong)XLEN)
        EXPECT(sbi(EXT_IPI, 0, BIT(n), 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_IPI, 0, 1, n, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_IPI, 0, 1, -2ul, 0, 0), INVALID_PARAM);
    delay(1000);
    CHECK(*count == 2);
    EXPECT(sbi(EXT_IPI, 0, 0, -1ul, 0, 0), SUCCESS); /* all that run */
    CHECK(wait_for(count, 3));
    /* legacy: the mask is in memory; a pending IPI can be cleared */
    csr_clear(sstatus, 2);
    ulong mask = BIT(me);
    struct ret r = sbi_raw((ulong[8]){(ulong)&mask, 0, 0, 0, 0, 0, 0, 4});
    CHECK(r.error == 0);
    delay(1000);
    CHECK(csr_read(sip) & 2);
    r = sbi_raw((ulong[8]){0, 0, 0, 0, 0, 0, 0, 3});
    CHECK(r.error != 0 || on_opensbi());
    CHECK((csr_read(sip) & 2) == 0);
    r = sbi_raw((ulong[8]){0, 0, 0, 0, 0, 0, 0, 3});
    CHECK(r.error == 0);
}

static void remote_ipi(void)
{
    static volatile ulong state;
    struct start s = {listener, (ulong)&state};
    long other = other_hart();

    if (other < 0)
        return;
    state = 0;
    CHECK(start_hart((ulong)other, &s));
    CHECK(wait_for(&state, 1));
    EXPECT(sbi(EXT_IPI, 0, BIT(other), 0, 0, 0), SUCCESS);
    CHECK(wait_for(&interrupts[other][1], 1));
    EXPECT(sbi(EXT_IPI, 0, 0, -1ul, 0, 0), SUCCESS);
    CHECK(wait_for(&interrupts[other][1], 2));
    CHECK(wait_for(&state, 2));
    CHECK(wait_status((ulong)other, 1));
}

/* A legacy mask at an unmapped or forbidden address: the fault is the caller's, at its ECALL. */
static void legacy_fault(void)
{
    if (on_opensbi())
        return;
    trap_clear();
    sbi_raw((ulong[8]){0x1000, 0, 0, 0, 0, 0, 0, 4});
    CHECK(last_trap()->count == 1 && last_trap()->cause == 5 && last_trap()->tval == 0x1000);
    CHECK(*(volatile uint16_t *)last_trap()->epc == 0x73);
}

void test(void)
{
    timer();
    ipi();
    remote_ipi();
    legacy_fault();
}
