/* Strings and structs: copying, comparing, records passed by pointer, small procedures. */
#include "bench.h"

struct record {
    struct record *other;
    int kind, count;
    char name[32];
};
static struct record one, two;
static char left[40], right[40];
static int table[64], grid[32][32];

static __attribute__((noinline)) void copy(char *d, const char *s)
{
    while ((*d++ = *s++))
        ;
}
static __attribute__((noinline)) int compare(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (u8)*a - (u8)*b;
}
static __attribute__((noinline)) void exchange(struct record *r)
{
    struct record *o = r->other;
    int k = r->kind;
    r->kind = o->kind + 1;
    o->kind = k;
    o->count = r->count + 5;
    *o = *r;
    o->other = r;
    r->other = o;
}
static __attribute__((noinline)) int classify(char a, char b)
{
    char c = a;
    if (c != b)
        return 0;
    return c == 'R' ? 2 : 1;
}
static __attribute__((noinline)) void fill(int at, int v)
{
    table[at] = v;
    table[at + 1] = table[at];
    table[at + 30] = at;
    for (int i = at; i <= at + 1; i++)
        grid[at & 31][i & 31] = at;
    grid[at & 31][(at - 1) & 31] += 1;
    grid[(at + 20) & 31][at & 31] = table[at];
}

u64 kernel(void)
{
    u64 sum = 0;
    one.other = &two;
    two.other = &one;
    copy(one.name, "DHRYSTONE LIKE, SOME STRING");
    for (int i = 0; i < 700000; i++) {
        copy(left, "A PROGRAM, 1'ST STRING");
        copy(right, i & 1 ? "A PROGRAM, 2'ND STRING" : "A PROGRAM, 1'ST STRING");
        sum += compare(left, right) == 0;
        exchange(i & 2 ? &one : &two);
        for (int c = 'A'; c <= 'A' + (i & 3); c++)
            sum += (u64)classify((char)c, right[3]);
        fill(i & 15, i);
        sum += (u64)(one.count / 3 + table[i & 63] % 7);
    }
    return sum;
}
