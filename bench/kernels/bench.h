/* What every bench kernel has: counters, output through HTIF, and the frame
 *     instructions NUMBER
 *     check NUMBER
 * so that a run can be timed from outside and its result compared. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef int32_t s32;

extern volatile u64 tohost, fromhost;

static inline void put_char(char c)
{
    tohost = 1ull << 56 | 1ull << 48 | (u8)c;
    while (tohost)
        fromhost = 0;
    fromhost = 0;
}

static void put_line(const char *name, u64 v)
{
    char buf[24];
    int n = 0;
    while (*name)
        put_char(*name++);
    put_char(' ');
    do
        buf[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        put_char(buf[--n]);
    put_char('\n');
}

static inline u64 instructions(void)
{
    u64 v;
    __asm__ volatile("csrr %0, minstret" : "=r"(v));
    return v;
}

u64 kernel(void); /* the work; returns a value to check */

#ifndef BENCH_NO_MAIN
int main(void)
{
    u64 start = instructions();
    u64 check = kernel();
    put_line("instructions", instructions() - start);
    put_line("check", check);
    return 0;
}
#endif

/* gcc may call these. */
void *memcpy(void *d, const void *s, size_t n)
{
    u8 *dp = d;
    const u8 *sp = s;
    while (n--)
        *dp++ = *sp++;
    return d;
}
void *memset(void *d, int c, size_t n)
{
    u8 *dp = d;
    while (n--)
        *dp++ = (u8)c;
    return d;
}

static inline u32 next_random(u32 *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 17;
    *s ^= *s << 5;
    return *s;
}

#endif
