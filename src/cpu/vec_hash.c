/* SHA-2 on element groups of four words, SM3 on those of eight. The sigma functions are those of
 * scalar cryptography (sem_crypto.h). */
#include <string.h>

#include "cpu/sem_crypto.h"
#include "cpu/vec_crypto.h"

/* ---- SHA-256 and SHA-512: the same with words of 32 and 64 bits ---- */

/* The schedule: d has words 0 to 3, vs2 words 4, 9, 10 and 11, vs1 words 12 to 15.
 * Compression: vs2 has f, e, b, a, d has h, g, d, c, vs1 the sums of schedule and constants; two
 * rounds with the words of vs1 from `first` on. What becomes of c, d, g, h is what a, b, e, f were.
 */
#define SHA2(name, word)                                                                           \
    void vec_##name##_schedule(void *d, const void *vs2, const void *vs1, unsigned round)          \
    {                                                                                              \
        (void)round;                                                                               \
        word w[8], mid[4], last[8];                                                                \
        memcpy(w, d, 4 * sizeof(word));                                                            \
        memcpy(mid, vs2, sizeof mid);                                                              \
        memcpy(last, vs1, 4 * sizeof(word));                                                       \
        w[4] = mid[0];                                                                             \
        for (unsigned i = 0; i < 4; i++) {                                                         \
            word nine = i < 3 ? mid[i + 1] : last[0];                                              \
            last[i + 4] =                                                                          \
                sem_##name##sig1(last[i + 2]) + nine + sem_##name##sig0(w[i + 1]) + w[i];          \
        }                                                                                          \
        memcpy(d, last + 4, 4 * sizeof(word));                                                     \
    }                                                                                              \
                                                                                                   \
    static void name##_compress(void *to, const void *vs2, const void *words)                      \
    {                                                                                              \
        word s[4], t[4], w[2];                                                                     \
        memcpy(s, vs2, sizeof s);                                                                  \
        memcpy(t, to, sizeof t);                                                                   \
        memcpy(w, words, sizeof w);                                                                \
        word a = s[3], b = s[2], e = s[1], f = s[0], c = t[3], d = t[2], g = t[1], h = t[0];       \
        for (unsigned i = 0; i < 2; i++) {                                                         \
            word t1 = h + sem_##name##sum1(e) + ((e & f) ^ (~e & g)) + w[i];                       \
            word t2 = sem_##name##sum0(a) + ((a & b) ^ (a & c) ^ (b & c));                         \
            h = g, g = f, f = e, e = d + t1;                                                       \
            d = c, c = b, b = a, a = t1 + t2;                                                      \
        }                                                                                          \
        memcpy(to, (const word[]){f, e, b, a}, 4 * sizeof(word));                                  \
    }                                                                                              \
                                                                                                   \
    void vec_##name##_low(void *d, const void *vs2, const void *vs1, unsigned round)               \
    {                                                                                              \
        (void)round;                                                                               \
        name##_compress(d, vs2, vs1);                                                              \
    }                                                                                              \
                                                                                                   \
    void vec_##name##_high(void *d, const void *vs2, const void *vs1, unsigned round)              \
    {                                                                                              \
        (void)round;                                                                               \
        name##_compress(d, vs2, (const word *)vs1 + 2);                                            \
    }
SHA2(sha256, u32)
SHA2(sha512, u64)

/* ---- SM3: words are big-endian in the registers ---- */

static void load_words(u32 to[8], const void *from)
{
    memcpy(to, from, 32);
    for (unsigned i = 0; i < 8; i++)
        to[i] = __builtin_bswap32(to[i]);
}

static void store_words(void *to, const u32 from[8])
{
    u32 w[8];
    for (unsigned i = 0; i < 8; i++)
        w[i] = __builtin_bswap32(from[i]);
    memcpy(to, w, 32);
}

static u32 rotate(u32 v, unsigned n)
{
    return v << (n & 31) | v >> (-n & 31);
}

/* Words 16 to 23 of the message, from 0 to 7 in vs1 and 8 to 15 in vs2. */
void vec_sm3_expand(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)round;
    u32 w[24];
    load_words(w, vs1);
    load_words(w + 8, vs2);
    for (unsigned i = 16; i < 24; i++)
        w[i] = sem_sm3p1(w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15)) ^ rotate(w[i - 13], 7) ^
               w[i - 6];
    store_words(d, w + 16);
}

/* Round j on the state s = A to H, with word w of the message and w4, that four further on. */
static void sm3_round(u32 s[8], unsigned j, u32 w, u32 w4)
{
    u32 a = s[0], b = s[1], c = s[2], e = s[4], f = s[5], g = s[6];
    bool early = j < 16;
    u32 constant = rotate(early ? 0x79cc4519 : 0x7a879d8a, j);
    u32 ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    u32 gg = early ? e ^ f ^ g : (e & f) | (~e & g);
    u32 ss1 = rotate(rotate(a, 12) + e + constant, 7);
    u32 tt1 = ff + s[3] + (ss1 ^ rotate(a, 12)) + (w ^ w4), tt2 = gg + s[7] + ss1 + w;
    const u32 next[8] = {tt1, a, rotate(b, 9), c, sem_sm3p0(tt2), e, rotate(f, 19), g};
    memcpy(s, next, sizeof next);
}

void vec_sm3_compress(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1;
    u32 s[8], w[8];
    load_words(s, d);
    load_words(w, vs2);
    sm3_round(s, 2 * round, w[0], w[4]);
    sm3_round(s, 2 * round + 1, w[1], w[5]);
    store_words(d, s);
}
