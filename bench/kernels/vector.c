/* One vector instruction, over and over: VTYPE and BODY come from the Makefile; LESS is how many elements
 * of VLMAX are left out. s0 is data, s1 a place to write to, s2 a stride, v0 a mask with every other
 * bit, v24 indices in the data. */
#include "bench.h"

#ifndef LESS
#define LESS 0
#endif
#ifndef ROUNDS
#define ROUNDS 1000000
#endif
#define TIMES_4(x)  x x x x
#define TIMES_16(x) TIMES_4(TIMES_4(x))

static u8 from[65536] __attribute__((aligned(4096))), to[65536] __attribute__((aligned(4096)));

static void prepare(void)
{
    u32 seed = 1;
    for (u64 i = 0; i < sizeof from; i += 4)
        *(u32 *)(from + i) = next_random(&seed) >> 2 | 0x3f000000; /* floats near 1 and above */
    __asm__ volatile("csrs mstatus, %0" : : "r"(0x6600));
    __asm__ volatile("vsetvli t0, zero, e8, m8, ta, ma\n vid.v v24\n vand.vi v24, v24, 1\n"
                     "vmsne.vi v0, v24, 0\n vle8.v v8, (%0)\n vle8.v v16, (%0)\n"
                     "vsetvli t0, zero, e32, m8, ta, ma\n vid.v v24\n vsll.vi v24, v24, 6"
                     :
                     : "r"(from)
                     : "t0", "memory");
}

u64 kernel(void)
{
    u64 sum = 0;
    prepare();
    register u8 *s0 __asm__("s0") = from, *s1 __asm__("s1") = to;
    register u64 s2 __asm__("s2") = 20, vl;
    __asm__ volatile("vsetvli %0, zero, " VTYPE "\n addi %0, %0, -%1\n vsetvli zero, %0, " VTYPE
                     : "=&r"(vl)
                     : "i"(LESS));
    for (int i = 0; i < ROUNDS; i++)
        __asm__ volatile(TIMES_16(BODY "\n") : : "r"(s0), "r"(s1), "r"(s2) : "memory", "t0");
    __asm__ volatile("vsetvli t0, zero, e8, m8, tu, mu\n vse8.v v8, (%0)" : : "r"(to) : "t0", "memory");
    for (u64 i = 0; i < 256; i++)
        sum = sum * 31 + to[i];
    return sum;
}
