/* Calls of the SBI: set_timer and probe_extension in turn, from S-mode. */
#include <stdint.h>

typedef uint64_t u64;

#ifndef ROUNDS
#define ROUNDS 10000000
#endif

struct result {
    u64 error, value;
};

static inline struct result sbi(u64 extension, u64 function, u64 arg)
{
    register u64 a0 __asm__("a0") = arg;
    register u64 a1 __asm__("a1") = 0;
    register u64 a6 __asm__("a6") = function;
    register u64 a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (struct result){a0, a1};
}

static void put_line(const char *name, u64 v)
{
    char buf[24];
    int n = 0;
    while (*name)
        sbi(1, 0, (u64)*name++); /* legacy console_putchar: every firmware has it */
    sbi(1, 0, ' ');
    do
        buf[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        sbi(1, 0, (u64)buf[--n]);
    sbi(1, 0, '\n');
}

static inline u64 instructions(void)
{
    u64 v;
    __asm__ volatile("csrr %0, instret" : "=r"(v));
    return v;
}

void main(void)
{
    const u64 time = 0x54494d45, base = 0x10, probe = 3, reset = 0x53525354;
    u64 start = instructions(), check = 0;
    for (u64 i = 0; i < ROUNDS / 2; i++) {
        check += sbi(time, 0, -1ull).error;
        check += sbi(base, probe, time).value;
    }
    put_line("instructions", instructions() - start);
    put_line("check", check);
    for (;;)
        sbi(reset, 0, 0);
}
