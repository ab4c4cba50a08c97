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

static void fresh_machine(void)
{
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
