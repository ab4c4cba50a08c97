/* Block copy and fill by words. */
#include "bench.h"

enum { WORDS = 1 << 16 };
static u64 from[WORDS], to[WORDS];

u64 kernel(void)
{
    u64 sum = 0;
    for (u64 i = 0; i < WORDS; i++)
        from[i] = i * 0x9e3779b97f4a7c15ull;
    for (int round = 0; round < 300; round++) {
        for (u64 i = 0; i < WORDS; i += 4) {
            to[i] = from[i];
            to[i + 1] = from[i + 1];
            to[i + 2] = from[i + 2];
            to[i + 3] = from[i + 3];
        }
        sum += to[(u64)round * 211 % WORDS];
        from[round] ^= sum;
    }
    return sum;
}
