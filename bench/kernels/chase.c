/* Random pointer chase over PAGES pages with Sv39 4 KiB mappings; in S-mode, or with VIRTUAL in
 * VS-mode with Sv39 under Sv39x4. One pointer in each page. */
#define BENCH_NO_MAIN
#include "bench.h"

#ifndef PAGES
#define PAGES 4096
#endif
#define STEPS 20000000
#define HOLE  0x100000000ull /* where the pages appear */

static u64 root[512] __attribute__((aligned(4096))), mid[512] __attribute__((aligned(4096)));
static u64 leaf[16][512] __attribute__((aligned(4096)));
static u8 memory[PAGES][4096] __attribute__((aligned(4096)));
static u64 groot[2048] __attribute__((aligned(16384)));
static u32 order[PAGES];

static void map(void)
{
    enum { V = 1, RWX = 0xe, U = 0x10, AD = 0xc0 };
    root[2] = 0x80000000ull >> 2 | V | RWX | AD; /* 1 GiB: ourselves */
    root[HOLE >> 30] = (u64)mid >> 2 | V;
    for (u64 t = 0; t < 16; t++)
        mid[t] = (u64)leaf[t] >> 2 | V;
    for (u64 p = 0; p < PAGES; p++)
        leaf[p >> 9][p & 511] = (u64)memory[p] >> 2 | V | RWX | AD;
    groot[2] = 0x80000000ull >> 2 | V | RWX | U | AD;
}

static void shuffle(void)
{
    u32 seed = 4242;
    for (u32 i = 0; i < PAGES; i++)
        order[i] = i;
    for (u32 i = PAGES - 1; i; i--) {
        u32 j = next_random(&seed) % (i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (u32 i = 0; i < PAGES; i++) {
        u32 to = order[(i + 1) % PAGES];
        *(u64 *)(memory[order[i]] + order[i] * 64 % 4096) = HOLE + to * 4096ull + to * 64 % 4096;
    }
}

static __attribute__((noinline)) u64 chase(void)
{
    u64 p = HOLE + order[0] * 4096ull + order[0] * 64 % 4096, sum = 0;
#ifdef TAGGED
    p |= 0x5aull << 57; /* a tag that pointer masking ignores */
    for (u64 i = 0; i < STEPS; i++) {
        p = *(volatile u64 *)p | 0x5aull << 57;
        sum += p;
    }
    return sum & 0x1ffffffffffffffull;
#else
    for (u64 i = 0; i < STEPS; i++) {
        p = *(volatile u64 *)p;
        sum += p;
    }
    return sum;
#endif
}

#define csrw(n, v) __asm__ volatile("csrw " #n ", %0" ::"r"((u64)(v)) : "memory")

static u64 result;

static __attribute__((noinline)) void enter(u64 status)
{
    u64 old;
    csrw(satp, 8ull << 60 | (u64)root >> 12);
#ifdef VIRTUAL
    csrw(0x680, 8ull << 60 | (u64)groot >> 12);
    csrw(0x280, 8ull << 60 | (u64)root >> 12);
#endif
#ifdef TAGGED
    u64 pmm = 2ull << 32;
    __asm__ volatile("csrs 0x30a, %0" ::"r"(pmm));
#endif
    csrw(0x3b0, -1);
    csrw(0x3a0, 0x1f);
    csrw(mcounteren, -1);
    __asm__ volatile("csrr %0, mstatus" : "=r"(old));
    csrw(mstatus, (old & ~0x1800ull) | status);
    __asm__ volatile("la t0, 1f\n csrw mepc, t0\n la t0, 2f\n csrw mtvec, t0\n sfence.vma\n mret\n"
                     ".align 2\n1: call chase_and_back\n ecall\n"
                     ".align 2\n2:\n" ::
                         : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4",
                           "a5", "a6", "a7", "ra", "memory");
}

void chase_and_back(void);
void chase_and_back(void)
{
    result = chase();
}

int main(void)
{
    map();
    shuffle();
    u64 start = instructions();
#ifdef VIRTUAL
    enter(1ull << 11 | 1ull << 39);
#else
    enter(1ull << 11);
#endif
    put_line("instructions", instructions() - start);
    put_line("check", result);
    return 0;
}
