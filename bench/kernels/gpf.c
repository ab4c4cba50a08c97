/* Guest-page faults: a guest in VS-mode loads from one page after another; each load exits to
 * HS-mode, which maps that page in the G stage, takes the page before away (with its HFENCE.GVMA)
 * and enters the guest again. */
#define BENCH_NO_MAIN
#include "bench.h"
#include "hs.h"

#ifndef ROUNDS
#define ROUNDS 10000000
#endif

#define HOLE 0x40000000ull /* guest physical address of the pages */

static u64 groot[2048] __attribute__((aligned(16384)));
static u64 gmid[512] __attribute__((aligned(4096))), gleaf[512] __attribute__((aligned(4096)));
static u64 memory[512] __attribute__((aligned(4096))); /* one page stands for all */

/* a0: exits left, a1: first leaf slot, a2: the leaf PTE, a3: slot of the page before, a4: sum of
 * faulting page numbers. */
__asm__(".align 2\n"
        "fault_rounds:\n"
        "   la t0, 1f\n"
        "   csrw stvec, t0\n"
        "   la t0, 2f\n"
        "   csrw sepc, t0\n"
        "   li t0, 0x80\n"
        "   csrs 0x600, t0\n" /* hstatus.SPV */
        "   li t0, 0x100\n"
        "   csrs sstatus, t0\n" /* SPP */
        "   li t3, 0x40000000\n"
        "   li t4, 0x1000\n"
        "   li t5, 0x40040000\n"
        "   li a6, 0\n"
        "   sret\n"
        ".align 2\n"
        "1: csrr t0, 0x643\n" /* htval */
        "   slli a5, t0, 45\n"
        "   srli a5, a5, 55\n" /* page number, without HOLE */
        "   add a4, a4, a5\n"
        "   slli a5, a5, 3\n"
        "   add a5, a5, a1\n"
        "   sd zero, 0(a3)\n"
        "   sd a2, 0(a5)\n"
        "   .insn r 0x73, 0, 0x31, x0, a6, x0\n" /* hfence.gvma a6, x0 */
        "   mv a3, a5\n"
        "   mv a6, t0\n"
        "   addi a0, a0, -1\n"
        "   beqz a0, 3f\n"
        "   sret\n"
        ".align 2\n"
        "2: ld t2, 0(t3)\n"
        "   add t3, t3, t4\n"
        "   bne t3, t5, 2b\n"
        "   li t3, 0x40000000\n"
        "   j 2b\n"
        "3: mv a0, a4\n"
        "   ret\n");
u64 fault_rounds(u64 exits, u64 *leaf, u64 pte, u64 *before, u64 sum);

u64 in_hs(void)
{
    enum { V = 1, RWX = 0xe, U = 0x10, AD = 0xc0 };
    groot[2] = 0x80000000ull >> 2 | V | RWX | U | AD; /* 1 GiB: ourselves */
    groot[HOLE >> 30] = (u64)gmid >> 2 | V;
    gmid[0] = (u64)gleaf >> 2 | V;
    csrw(0x680, 8ull << 60 | (u64)groot >> 12);                         /* hgatp: Sv39x4 */
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory"); /* hfence.gvma */
    return fault_rounds(ROUNDS, gleaf, (u64)memory >> 2 | V | RWX | U | AD, &gleaf[511], 0);
}

int main(void)
{
    run_in_hs();
    return 0;
}
