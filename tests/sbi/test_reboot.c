/* System reset: a warm reboot keeps RAM, a cold one does not; both reset harts, locks and HSM
 * states. Under impl-version 21 it reboots for ever, warm and cold in turn: see check_reboot. */
#include "sbi.h"

#define MARK (*(volatile ulong *)0x84000000ul)
enum { FIRST = 0x1111, FOREVER = 21 };

static volatile ulong running;
static volatile ulong data = 1; /* of the image, which is loaded again */

static void spinner(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    running = 1;
    for (;;)
        ;
}

/* Registers of devices that keep what is written: UART scratch, a PLIC priority, the RTC's alarm.
 */
static volatile unsigned char *const uart_scratch = (volatile unsigned char *)0x10000007ul;
static volatile uint32_t *const plic_priority = (volatile uint32_t *)0xc000004ul;
static volatile uint32_t *const rtc_alarm = (volatile uint32_t *)0x101008ul;

static void fresh_devices(void)
{
    CHECK(*uart_scratch == 0 && *plic_priority == 0 && *rtc_alarm == 0);
    CHECK(csr_read(sscratch) == 0 && csr_read(satp) == 0 && (csr_read(sie) & BIT(5)) == 0);
    if (has_h())
        CHECK(rd_csr(HEDELEG) == 0 && rd_csr(VSTVEC) == 0);
}

static void fresh_machine(void)
{
    fresh_devices();
    CHECK(data == 1 && running == 0);
    for (ulong i = 0; i < num_harts(); i++)
        CHECK(i == hart_id() || wait_status(i, 1));
    if (has_ext(EXT_FWFT))
        EXPECT(sbi(EXT_FWFT, 0, 0, 0, 0, 0), SUCCESS); /* not locked */
    CHECK((csr_read(sip) & (BIT(1) | BIT(5))) == 0);
}

static void dirty(void)
{
    struct start s = {spinner, 0};
    long other = other_hart();

    data = 2;
    *uart_scratch = 0x5a;
    *plic_priority = 3;
    *rtc_alarm = 0x1234;
    CHECK(*uart_scratch == 0x5a && *plic_priority == 3 && *rtc_alarm == 0x1234);
    csr_set(sie, BIT(5));
    if (has_h()) {
        wr_csr(HEDELEG, 2);
        wr_csr(VSTVEC, 0x80);
    }
    if (other >= 0) {
        CHECK(start_hart((ulong)other, &s));
        CHECK(wait_for(&running, 1));
    }
    if (has_ext(EXT_FWFT))
        EXPECT(sbi(EXT_FWFT, 0, 0, 1, 1, 0), SUCCESS);
    sbi(EXT_IPI, 0, BIT(hart_id()), 0, 0, 0);
    sbi(EXT_TIME, 0, 0, 0, 0, 0);
}

void test(void)
{
    if (on_opensbi())
        skip("the board gives OpenSBI one kind of reboot");
    fresh_machine();
    if (MARK == FIRST) {
        print("warm boot\n");
        if (VALUE(sbi(EXT_BASE, 2, 0, 0, 0, 0)) != FOREVER)
            return;
        dirty();
        sbi(EXT_SRST, 0, 1, 0, 0, 0);
    } else {
        CHECK(MARK == 0);
        print("cold boot\n");
        MARK = FIRST;
        dirty();
        sbi(EXT_SRST, 0, 2, 0, 0, 0);
    }
    CHECK(false); /* not reached */
}
