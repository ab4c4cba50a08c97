/* For bench/fuzz: a guest in VS-mode makes one call; the handler in HS-mode, ten thousand
 * instructions, goes through what lies in `input` as a parser would, and the guest goes on at
 * `served`. Sv39x4 is on. */
#define BENCH_NO_MAIN
#include "bench.h"
#include "hs.h"

enum { SIZE = 156, PASSES = 4 };

volatile unsigned char input[4096] __attribute__((aligned(4096)));
static u64 groot[2048] __attribute__((aligned(16384)));
static u64 counts[16];

static __attribute__((noinline)) void handle(void)
{
    for (u64 pass = 0; pass < PASSES; pass++)
        for (u64 i = 0; i < SIZE; i++) {
            unsigned c = input[i];
            if (c < 'a')
                counts[c & 7]++;
            else
                counts[8 | (c & 7)] += pass;
        }
}

void call_guest(void);
__asm__(".align 2\n"
        "call_guest:\n"
        "   addi sp, sp, -16\n"
        "   sd ra, 0(sp)\n"
        "   la t0, 1f\n"
        "   csrw stvec, t0\n"
        "   la t0, guest\n"
        "   csrw sepc, t0\n"
        "   li t0, 0x80\n"
        "   csrs 0x600, t0\n" /* hstatus.SPV */
        "   li t0, 0x100\n"
        "   csrs sstatus, t0\n" /* SPP */
        "   sret\n"
        ".align 2\n"
        "1: call handle\n"
        "   csrr t0, sepc\n"
        "   addi t0, t0, 4\n"
        "   csrw sepc, t0\n"
        "   sret\n"
        ".globl guest, served\n"
        ".align 2\n"
        "guest: ecall\n"
        "served: ecall\n"
        "   j served\n");

u64 in_hs(void)
{
    enum { V = 1, RWX = 0xe, U = 0x10, AD = 0xc0 };
    groot[2] = 0x80000000ull >> 2 | V | RWX | U | AD;                   /* 1 GiB: ourselves */
    csrw(0x680, 8ull << 60 | 1ull << 44 | (u64)groot >> 12);            /* hgatp: Sv39x4 */
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory"); /* hfence.gvma */
    handle();                                                           /* once: hot is usual */
    call_guest();
    return counts[0];
}

int main(void)
{
    run_in_hs();
    return 0;
}
