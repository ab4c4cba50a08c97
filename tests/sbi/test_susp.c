/* System suspend: errors, denial while another hart runs, and resume by the timer.
 * run: none
 * run: --irqchip=aplic-imsic */
#include "sbi.h"

static volatile ulong running, go;

static void spinner(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    running = 1;
    wait_for(&go, 1);
}

static void resumed(ulong hartid, ulong arg)
{
    CHECK(hartid == boot_registers[0] && arg == 0xabc);
    CHECK(csr_read(satp) == 0 && (csr_read(sstatus) & 2) == 0);
    VALUE(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0));
    finish();
}
static struct start resume = {resumed, 0xabc};

void test(void)
{
    struct start s = {spinner, 0};
    long other = other_hart();

    if (!has_ext(EXT_SUSP))
        skip("no SUSP");
    EXPECT(sbi(EXT_SUSP, 1, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_SUSP, 0, 1, (ulong)secondary, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SUSP, 0, 0x7fffffff, (ulong)secondary, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SUSP, 0, 0x80000000u, (ulong)secondary, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SUSP, 0, 0, 0x1000000, 0, 0), INVALID_ADDRESS);
    if (other >= 0) {
        CHECK(start_hart((ulong)other, &s));
        CHECK(wait_for(&running, 1));
        EXPECT(sbi(EXT_SUSP, 0, 0, (ulong)secondary, (ulong)&resume, 0), DENIED);
        go = 1;
        CHECK(wait_status((ulong)other, 1));
    }
    csr_set(sie, BIT(5));
    VALUE(sbi(EXT_TIME, 0, time_now() + 100000, 0, 0, 0));
    EXPECT(sbi(EXT_SUSP, 0, 0, (ulong)secondary, (ulong)&resume, 0), SUCCESS); /* does not return */
    CHECK(false);
}
