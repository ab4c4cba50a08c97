/* The guest's timer: through SBI and, where the guest has Sstc, through stimecmp; it fires neither
 * early nor never, and wakes a WFI. */
#include "probe.h"

#define NEVER (~0ul)

static volatile ulong fired_at;
static bool sstc;

static void set_deadline(ulong deadline)
{
    if (!sstc) {
        sbi(SBI_EXT_TIME, 0, deadline, 0, 0);
        return;
    }
#if __riscv_xlen == 32
    __asm__ volatile("csrw 0x15d, %0" ::"r"(deadline == NEVER ? NEVER : 0)); /* stimecmph */
#endif
    __asm__ volatile("csrw 0x14d, %0" ::"r"(deadline)); /* stimecmp */
}

void on_interrupt(ulong cause)
{
    CHECK_EQ(cause << 1 >> 1, 5);
    fired_at = csr_read(time);
    if (sstc)
        set_deadline(NEVER);
    else
        csr_clear(sie, SIE_STIE);
}

static void wait_for(ulong ticks)
{
    ulong deadline = csr_read(time) + ticks;
    fired_at = 0;
    set_deadline(deadline);
    csr_set(sie, SIE_STIE);
    while (!fired_at) {
        __asm__ volatile("wfi");
        csr_set(sstatus, SSTATUS_SIE);
        csr_clear(sstatus, SSTATUS_SIE);
    }
    CHECK(fired_at >= deadline);
}

static void rounds(const char *how)
{
    for (ulong ticks = 1; ticks <= 1000000; ticks *= 10)
        wait_for(ticks);
    CHECK_EQ(csr_read(sip) & SIE_STIE, sstc ? 0 : csr_read(sip) & SIE_STIE);
    print("TIMER fired in time through ");
    print(how);
}

void probe(void)
{
    rounds("SBI\n");
    if (one_reg(REG_ISA(ISA_SSTC)).value == 1) {
        sstc = true;
        rounds("stimecmp\n");
    }
}
