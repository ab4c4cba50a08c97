/* World switches: HS-mode enters a guest in VS-mode, which returns at once by ECALL; ROUNDS times.
 */
#define BENCH_NO_MAIN
#include "bench.h"
#include "hs.h"

#ifndef ROUNDS
#define ROUNDS 10000000
#endif

/* a0: rounds left. Returns to C when there are none. */
__asm__(".align 2\n"
        "switch_rounds:\n"
        "   la t0, 1f\n"
        "   csrw stvec, t0\n"
        "   la t0, 2f\n"
        "   csrw sepc, t0\n"
        "   li t0, 0x80\n"
        "   csrs 0x600, t0\n" /* hstatus.SPV */
        "   li t0, 0x100\n"
        "   csrs sstatus, t0\n" /* SPP */
        "   sret\n"
        ".align 2\n"
        "1: csrr t0, sepc\n"
        "   addi t0, t0, 4\n"
        "   csrw sepc, t0\n"
        "   addi a0, a0, -1\n"
        "   beqz a0, 3f\n"
        "   sret\n"
        ".align 2\n"
        "2: .word 0x00000073\n" /* ECALL */
        "   addi a1, a1, 1\n"
        "   j 2b\n"
        "3: mv a0, a1\n"
        "   ret\n");
u64 switch_rounds(u64 rounds, u64 seen);

u64 in_hs(void)
{
    return switch_rounds(ROUNDS, 0);
}

int main(void)
{
    run_in_hs();
    return 0;
}
