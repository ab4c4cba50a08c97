/* The ways a vCPU begins again: HSM start after stop, system suspend, a reset by the VMM, a system
 * reset. Each time its state must be what the SBI specification gives. Needs 2 vCPUs and one
 * reboot. */
#include "probe.h"

#define SSTATUS_UXL (__riscv_xlen == 64 ? (ulong)(2ull << 32) : 0) /* 64, read-only */

enum { HART_START = 0, HART_STATUS = 2, STARTED = 0, STOPPED = 1 };

static volatile ulong starts;
static volatile ulong keep_running;

static void check_entry(ulong hartid)
{
    const struct hart *h = this_hart();
    CHECK_EQ(h->a0, hartid);
    CHECK_EQ(h->satp, 0);
    CHECK_EQ(h->sstatus, SSTATUS_UXL);
    CHECK_EQ(h->sie, 0);
    CHECK_EQ(h->stvec, 0);
    CHECK_EQ(h->sscratch, 0);
    CHECK_EQ(h->scounteren, 0);
}

static ulong hart_status(ulong hartid)
{
    return sbi(SBI_EXT_HSM, HART_STATUS, hartid, 0, 0).value;
}

/* Hart 1: says that it started with what it was given, then dirties what a start must clear. */
static void second(ulong hartid)
{
    check_entry(hartid);
    CHECK_EQ(this_hart()->a1, (ulong)second);
    csr_write(sscratch, 0x5555);
    csr_write(sie, SIE_STIE);
    csr_write(scounteren, 7);
    starts++;
    while (keep_running)
        continue;
}

static void start_and_stop(void)
{
    CHECK_EQ(hart_status(1), STOPPED);
    for (ulong round = 1; round <= 3; round++) {
        keep_running = 1;
        CHECK_EQ(sbi(SBI_EXT_HSM, HART_START, 1, (ulong)_start, (ulong)second).error, 0);
        while (starts != round)
            continue;
        CHECK_EQ(hart_status(1), STARTED);
        CHECK_EQ(sbi(SBI_EXT_HSM, HART_START, 1, (ulong)_start, 0).error, SBI_ALREADY_AVAILABLE);
        CHECK_EQ(sbi(SBI_EXT_SUSP, 0, 0, (ulong)_start, 0).error, SBI_DENIED);
        keep_running = 0;
        while (hart_status(1) != STOPPED)
            continue;
    }
    CHECK_EQ(sbi(SBI_EXT_HSM, HART_START, 7, (ulong)_start, 0).error, SBI_INVALID_PARAM);
    print("RESET hart started and stopped 3 times\n");
}

/* Entered by the VMM after a reset with a1 = how many registers it left; makes what _start expects.
 */
__attribute__((naked)) static void reset_entry(void)
{
    __asm__ volatile("la a0, left_over\n" STORE_LONG " a1, 0(a0)\n li a0, 0\n"
                     "la a1, after_reset_function\n" LOAD_LONG " a1, 0(a1)\n j _start");
}
volatile ulong left_over __attribute__((used)) = 99;

static void after_reset(ulong hartid)
{
    CHECK_EQ(left_over, 0);
    check_entry(hartid);
    print("RESET by the VMM left nothing\n");
    sbi(SBI_EXT_SRST, 0, 1, 0, 0); /* cold reboot: probe() runs again from a new image */
    CHECK(false);
    end_probe();
}
void (*const after_reset_function)(ulong) __attribute__((used)) = after_reset;

static void resumed(ulong hartid)
{
    check_entry(hartid);
    CHECK_EQ(this_hart()->a1, (ulong)resumed);
    CHECK_EQ(starts, 3); /* memory is as it was */
    print("RESET resumed from system suspend\n");
    csr_write(scounteren, 7);
    sbi(SBI_EXT_VMM, VMM_RESET_VCPU, (ulong)reset_entry, 0, 0);
    CHECK(false);
    end_probe();
}

void probe(void)
{
    check_entry(0);
    if (sbi(SBI_EXT_VMM, VMM_RESETS, 0, 0, 0).value > 0) {
        CHECK_EQ(starts, 0);
        CHECK_EQ(hart_status(1), STOPPED);
        print("RESET rebooted\n");
        return;
    }
    start_and_stop();
    csr_write(scounteren, 7);
    csr_write(sscratch, 0x1234);
    CHECK_EQ(sbi(SBI_EXT_SUSP, 0, 0, (ulong)_start, (ulong)resumed).error, 0);
    CHECK(false);
}
