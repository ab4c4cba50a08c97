/* A small repeatable generator of pseudo-random numbers (splitmix64). Not for secrets. */
#ifndef HEXTANT_COMMON_RANDOM_H
#define HEXTANT_COMMON_RANDOM_H

#include "common/types.h"

struct random {
    u64 state; /* the seed, at first */
};

/* The next number, all 64 bits. */
static inline u64 random_next(struct random *r)
{
    u64 z = r->state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

#endif
