/* Guest debugging: while the VMM wants it, ebreak goes to the VMM, otherwise to the guest. The VMM
 * turns it off at the first, and the guest then executes the same ebreak itself. */
#include "probe.h"

static void breakpoint(ulong argument UNUSED)
{
    __asm__ volatile(".balign 4; .word 0x00100073");
}

void probe(void)
{
    CHECK_EQ(try(breakpoint, 0), 1);
    CHECK_EQ(this_hart()->cause, 3);
    CHECK_EQ(sbi(SBI_EXT_VMM, VMM_GUEST_DEBUG, 1, 0, 0).error, 0);
    CHECK_EQ(try(breakpoint, 0), 1);
    CHECK_EQ(this_hart()->cause, 3);
    print("DEBUG ebreak seen by both\n");
}
