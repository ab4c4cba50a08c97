/* Sieve of Eratosthenes, then quicksort of random words. */
#include "bench.h"

enum { LIMIT = 1 << 20, WORDS = 1 << 17 };
static u8 composite[LIMIT];
static u32 words[WORDS];

static u64 sieve(void)
{
    u64 primes = 0;
    for (u32 i = 0; i < LIMIT; i++)
        composite[i] = 0;
    for (u32 i = 2; i < LIMIT; i++) {
        if (composite[i])
            continue;
        primes++;
        for (u32 j = i * 2; j < LIMIT; j += i)
            composite[j] = 1;
    }
    return primes;
}

static void sort(u32 *a, s64 low, s64 high)
{
    while (low < high) {
        u32 pivot = a[(low + high) / 2];
        s64 i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot)
                i++;
            while (a[j] > pivot)
                j--;
            if (i <= j) {
                u32 t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        if (j - low < high - i) {
            sort(a, low, j);
            low = i;
        } else {
            sort(a, i, high);
            high = j;
        }
    }
}

u64 kernel(void)
{
    u64 check = 0;
    u32 seed = 99;
    for (int round = 0; round < 10; round++) {
        check += sieve();
        for (u32 i = 0; i < WORDS; i++)
            words[i] = next_random(&seed);
        sort(words, 0, WORDS - 1);
        check += words[WORDS / 2] >> 8;
    }
    return check;
}
