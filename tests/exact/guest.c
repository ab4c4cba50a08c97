/* The exact-run guest: work of every kind that the engines treat in their own way, interrupted at
 * awkward places (start.S). Each hart does the same, and they meet in a counter and in code that
 * changes. */
typedef unsigned long ulong;
typedef unsigned int u32;

enum { FINISHER = 0x100000, PASS = 0x5555, FAIL = 0x3333, CLINT = 0x2000000 };
enum { WIDE = 48 << 20, NARROW = 64 << 10 };

extern const u32 rounds, with_vectors;
extern char patched_place[];
long patched(long x);
ulong vectors(ulong x, u32 *t);
void main(ulong hart, ulong harts);

static volatile ulong counter, arrived;
static u32 table[8][NARROW / 4];

static ulong next(ulong *x)
{
    *x ^= *x << 13;
    *x ^= (u32)*x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* LR and SC: nothing is lost, whoever comes between. */
static void increment(volatile ulong *p)
{
    ulong old, failed;
    do {
#if __riscv_xlen == 64
        __asm__ volatile("lr.d %0, (%2)\n addi %0, %0, 1\n sc.d %1, %0, (%2)"
#else
        __asm__ volatile("lr.w %0, (%2)\n addi %0, %0, 1\n sc.w %1, %0, (%2)"
#endif
                         : "=&r"(old), "=&r"(failed)
                         : "r"(p)
                         : "memory");
    } while (failed);
}

static ulong load_nothing(ulong p)
{
    register ulong a0 __asm__("a0") = p;
    __asm__ volatile(".option push\n .option norvc\n lw a0, 0(a0)\n .option pop" : "+r"(a0));
    return a0;
}

static void call_nothing(ulong x)
{
    ((void (*)(void))(0x40000000 + (x & 0xff000)))();
}

static void call_machine(void)
{
    __asm__ volatile("ecall" ::: "memory");
}

/* A new addend in patched(); its two halves lie on two pages. */
static long patch(ulong addend)
{
    u32 insn = 0x00050513u | (u32)(addend & 0x7ff) << 20;
    volatile unsigned short *place = (volatile unsigned short *)(void *)patched_place;
    place[0] = (unsigned short)insn;
    place[1] = (unsigned short)(insn >> 16);
    __asm__ volatile("fence.i" ::: "memory");
    return patched((long)addend);
}

/* One function on each of some pages, so that calls change pages. */
#define ON_A_PAGE __attribute__((noinline, aligned(4096)))

static ON_A_PAGE ulong add_words(ulong x, u32 *t)
{
    for (u32 i = 0; i < (x & 15); i++)
        t[i] += t[i + 1] ^ i;
    return x;
}

static ON_A_PAGE ulong look_up(ulong x, u32 *t)
{
    for (u32 i = 0; i < 9; i++)
        x = x * 5 + (x >> 3) + t[(x >> 2) % 4096];
    return x;
}

static ON_A_PAGE ulong floating(ulong x, u32 *t)
{
    double d = (double)(x & 0xffff);
    for (u32 i = 0; i < 5; i++)
        d = d * 1.25 + 3.0 / (d + 1.0);
    *(double *)(void *)(t + 8) = d;
    return x + (ulong)d;
}

static ON_A_PAGE ulong bytes(ulong x, u32 *t)
{
    unsigned char *b = (unsigned char *)t;
    for (u32 i = 0; i < 24; i++)
        b[i * 3 + 1] = (unsigned char)(b[i] + x);
    return x;
}

static ON_A_PAGE ulong choose(ulong x, u32 *t)
{
    switch (x & 7) {
    case 0:
        return x + 3;
    case 1:
        return x ^ 9;
    case 2:
        return x - t[2];
    case 3:
        return x * 7;
    case 4:
        return x / 3;
    default:
        return x % 1000003;
    }
}

static ulong (*const functions[])(ulong x, u32 *t) = {add_words, look_up, floating, bytes, choose};

/* Reads of many pages, more than the translation cache holds. */
static ulong wander(ulong *x)
{
    ulong sum = 0;
    for (u32 i = 0; i < 40; i++)
        sum += *(volatile u32 *)(0x80400000ul + (next(x) % WIDE & ~3ul));
    return sum;
}

static void finish(ulong harts)
{
    u32 result = counter == harts * rounds ? PASS : FAIL | 1 << 16;
    *(volatile u32 *)FINISHER = result;
}

void main(ulong hart, ulong harts)
{
    ulong x = hart * 77 + 12345;
    u32 *t = table[hart & 7];
    for (u32 i = 0; i < rounds; i++) {
        x += functions[next(&x) % 5](x, t + (next(&x) % 64) * 128);
        if (with_vectors)
            x += vectors(next(&x), t + (next(&x) % 64) * 128);
        increment(&counter);
        x += wander(&x);
        if (i % 7 == 0)
            call_machine();
        if (i % 6 == 0)
            call_nothing(x);
        if (i % 11 == 0)
            x += load_nothing(0x40000000);
        if (i % 5 == 0)
            x += (ulong)patch(next(&x));
        if (i % 9 == 0)
            *(volatile u32 *)(CLINT + 4 * ((hart + 1) % harts)) = 1;
        if (i % 13 == 0)
            __asm__ volatile("wfi" ::: "memory");
        if (i % 2 == 0)
            __asm__ volatile("sfence.vma" ::: "memory");
        __atomic_fetch_add(&table[0][NARROW / 4 - 1], (u32)x, __ATOMIC_SEQ_CST);
    }
    increment(&arrived);
    while (hart != 0 || arrived != harts)
        ;
    finish(harts);
    for (;;)
        ;
}
