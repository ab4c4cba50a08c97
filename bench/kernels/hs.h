/* Leaving M-mode for a function in_hs() in HS-mode, with everything delegated that a hypervisor
 * needs. */
#ifndef BENCH_HS_H
#define BENCH_HS_H

#include "bench.h"

u64 in_hs(void);

#define csrw(n, v) __asm__ volatile("csrw " #n ", %0" ::"r"((u64)(v)) : "memory")

static u64 hs_result;
void hs_main(void);
void hs_main(void)
{
    hs_result = in_hs();
}

/* Calls in_hs() in HS-mode and prints the frame of bench.h. */
static __attribute__((noinline)) void run_in_hs(void)
{
    u64 start = instructions();
    csrw(0x3b0, -1); /* pmpaddr0, pmpcfg0: everything */
    csrw(0x3a0, 0x1f);
    csrw(medeleg, 0xf0b5ff); /* all but environment calls from HS-mode and M-mode */
    csrw(mcounteren, -1);
    csrw(satp, 0);
    csrw(0x280, 0); /* vsatp */
    csrw(0x680, 0); /* hgatp */
    __asm__ volatile("li t0, 0x1800\n csrc mstatus, t0\n li t0, 0x800\n csrs mstatus, t0\n"
                     "la t0, 1f\n csrw mepc, t0\n la t0, 2f\n csrw mtvec, t0\n mret\n"
                     ".align 2\n1: call hs_main\n ecall\n"
                     ".align 2\n2:\n" ::
                         : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4",
                           "a5", "a6", "a7", "ra", "memory");
    put_line("instructions", instructions() - start);
    put_line("check", hs_result);
}

#endif
