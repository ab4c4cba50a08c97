/* AES, SM4 and the multiplication of GHASH on element groups of 128 bits. The round functions are
 * those of scalar cryptography (sem_crypto.h). */
#include <string.h>

#include "cpu/sem_alu.h"
#include "cpu/sem_crypto.h"
#include "cpu/vec_crypto.h"

/* ---- AES: the state as two halves, column 0 lowest ---- */

struct block {
    u64 low, high;
};

static struct block load(const void *from)
{
    struct block b;
    memcpy(&b, from, sizeof b);
    return b;
}

static void store(void *to, u64 low, u64 high)
{
    memcpy(to, &(struct block){low, high}, sizeof(struct block));
}

void vec_aes_encrypt(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1, (void)round;
    struct block s = load(d), key = load(vs2);
    store(d, sem_aes64esm(s.low, s.high) ^ key.low, sem_aes64esm(s.high, s.low) ^ key.high);
}

void vec_aes_encrypt_last(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1, (void)round;
    struct block s = load(d), key = load(vs2);
    store(d, sem_aes64es(s.low, s.high) ^ key.low, sem_aes64es(s.high, s.low) ^ key.high);
}

void vec_aes_decrypt(void *d, const void *vs2, const void *vs1, unsigned round)
{
    vec_aes_decrypt_last(d, vs2, vs1, round);
    struct block s = load(d);
    store(d, sem_aes64im(s.low), sem_aes64im(s.high));
}

void vec_aes_decrypt_last(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1, (void)round;
    struct block s = load(d), key = load(vs2);
    store(d, sem_aes64ds(s.low, s.high) ^ key.low, sem_aes64ds(s.high, s.low) ^ key.high);
}

void vec_aes_add_key(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1, (void)round;
    struct block s = load(d), key = load(vs2);
    store(d, s.low ^ key.low, s.high ^ key.high);
}

/* ---- key schedules ---- */

/* Each word is the one before it and the one four words back; the first has `word` before it. */
static void next_words(void *d, const u32 old[4], u32 word)
{
    u32 next[4];
    for (unsigned i = 0; i < 4; i++)
        next[i] = word ^= old[i];
    memcpy(d, next, sizeof next);
}

/* A round number that is out of range has its bit 3 inverted. */
static unsigned in_range(unsigned round, unsigned low, unsigned high)
{
    round &= 15;
    return round < low || round > high ? round ^ 8 : round;
}

void vec_aes128_key(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1;
    u32 key[4];
    memcpy(key, vs2, sizeof key);
    u64 changed = aes64_key_schedule((u64)key[3] << 32, in_range(round, 1, 10) - 1);
    next_words(d, key, (u32)changed);
}

void vec_aes256_key(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1;
    u32 key[4], old[4];
    memcpy(key, vs2, sizeof key);
    memcpy(old, d, sizeof old);
    round = in_range(round, 2, 14);
    /* 10: substitutes only */
    u64 changed = aes64_key_schedule((u64)key[3] << 32, round & 1 ? 10 : round / 2 - 1);
    next_words(d, old, (u32)changed);
}

/* ---- SM4: four rounds on words x[0] to x[3] ---- */

void vec_sm4_rounds(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1, (void)round;
    u32 x[8], key[4];
    memcpy(x, d, 16);
    memcpy(key, vs2, sizeof key);
    for (unsigned i = 0; i < 4; i++)
        x[i + 4] = x[i] ^ sem_sm4_round(x[i + 1] ^ x[i + 2] ^ x[i + 3] ^ key[i]);
    memcpy(d, x + 4, 16);
}

/* Constant number n: its bytes, the most significant first, go on counting in steps of 7. */
static u32 sm4_constant(unsigned n)
{
    u32 v = 0;
    for (unsigned i = 4 * n; i < 4 * n + 4; i++)
        v = v << 8 | (7 * i & 0xff);
    return v;
}

void vec_sm4_key(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1;
    u32 k[8];
    memcpy(k, vs2, 16);
    for (unsigned i = 0; i < 4; i++)
        k[i + 4] =
            k[i] ^ sem_sm4_key(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ sm4_constant(4 * (round & 7) + i));
    memcpy(d, k + 4, 16);
}

/* ---- GHASH ---- */

/* GCM has the coefficients of the lowest powers in the most significant bits of each byte. */
static u128 polynomial(struct block b)
{
    return (u128)sem_brev8(b.high) << 64 | sem_brev8(b.low);
}

/* a * b modulo x^128 + x^7 + x^2 + x + 1, in as many steps whatever they are. */
static u128 multiply(u128 a, u128 b)
{
    u128 product = 0;
    for (unsigned i = 0; i < 128; i++) {
        product ^= b & -(a >> i & 1);
        b = b << 1 ^ (-(b >> 127) & 0x87);
    }
    return product;
}

void vec_ghash_multiply(void *d, const void *vs2, const void *vs1, unsigned round)
{
    (void)vs1, (void)round;
    u128 product = multiply(polynomial(load(d)), polynomial(load(vs2)));
    store(d, sem_brev8((u64)product), sem_brev8((u64)(product >> 64)));
}

void vec_ghash(void *d, const void *vs2, const void *vs1, unsigned round)
{
    struct block key = load(vs2);
    vec_aes_add_key(d, vs1, NULL, 0);
    vec_ghash_multiply(d, &key, vs1, round);
}
