/* Scalar cryptography: the operations of Zknd, Zkne, Zknh, Zksed and Zksh on register values;
 * vector cryptography (vec_cipher.c, vec_hash.c) is made from them. `bs` is the byte selector, 0
 * to 3. The SHA and SM3 functions are inline, the ciphers in sem_crypto.c.
 */
#ifndef HEXTANT_CPU_SEM_CRYPTO_H
#define HEXTANT_CPU_SEM_CRYPTO_H

#include "common/types.h"

/* AES, one byte of a column (RV32) */
u32 sem_aes32esi(u32 rs1, u32 rs2, unsigned bs);
u32 sem_aes32esmi(u32 rs1, u32 rs2, unsigned bs);
u32 sem_aes32dsi(u32 rs1, u32 rs2, unsigned bs);
u32 sem_aes32dsmi(u32 rs1, u32 rs2, unsigned bs);
/* AES, half a state (RV64); rs2:rs1 is the state, column 0 lowest */
u64 sem_aes64es(u64 rs1, u64 rs2);
u64 sem_aes64esm(u64 rs1, u64 rs2);
u64 sem_aes64ds(u64 rs1, u64 rs2);
u64 sem_aes64dsm(u64 rs1, u64 rs2);
u64 sem_aes64im(u64 rs1);
u64 sem_aes64ks2(u64 rs1, u64 rs2);
/* AES64KS1I for a round number 0 to 10 */
u64 aes64_key_schedule(u64 rs1, unsigned rnum);
/* SM4 round and key schedule, one byte */
u32 sem_sm4ed(u32 rs1, u32 rs2, unsigned bs);
u32 sem_sm4ks(u32 rs1, u32 rs2, unsigned bs);
/* The functions T and T' of SM4: what a whole word (most significant byte first) contributes to a
 * round of the cipher, and of its key schedule */
u32 sem_sm4_round(u32 v);
u32 sem_sm4_key(u32 v);

static inline u32 sem_ror32(u32 v, unsigned n)
{
    return v >> n | v << (32 - n);
}

static inline u64 sem_ror64(u64 v, unsigned n)
{
    return v >> n | v << (64 - n);
}

static inline u32 sem_sha256sum0(u32 v)
{
    return sem_ror32(v, 2) ^ sem_ror32(v, 13) ^ sem_ror32(v, 22);
}

static inline u32 sem_sha256sum1(u32 v)
{
    return sem_ror32(v, 6) ^ sem_ror32(v, 11) ^ sem_ror32(v, 25);
}

static inline u32 sem_sha256sig0(u32 v)
{
    return sem_ror32(v, 7) ^ sem_ror32(v, 18) ^ v >> 3;
}

static inline u32 sem_sha256sig1(u32 v)
{
    return sem_ror32(v, 17) ^ sem_ror32(v, 19) ^ v >> 10;
}

static inline u64 sem_sha512sum0(u64 v)
{
    return sem_ror64(v, 28) ^ sem_ror64(v, 34) ^ sem_ror64(v, 39);
}

static inline u64 sem_sha512sum1(u64 v)
{
    return sem_ror64(v, 14) ^ sem_ror64(v, 18) ^ sem_ror64(v, 41);
}

static inline u64 sem_sha512sig0(u64 v)
{
    return sem_ror64(v, 1) ^ sem_ror64(v, 8) ^ v >> 7;
}

static inline u64 sem_sha512sig1(u64 v)
{
    return sem_ror64(v, 19) ^ sem_ror64(v, 61) ^ v >> 6;
}

/* RV32: halves of the 64-bit functions. The instruction for the low half gets {rs2, rs1} as the
 * 64-bit value; for the high half of a sigma the same halves come swapped, and the bits that a
 * plain shift would take from the other half are dropped. A sum is symmetric: `r` serves both
 * halves. */
static inline u32 sem_sha512sum0r(u32 rs1, u32 rs2)
{
    return (u32)sem_sha512sum0((u64)rs2 << 32 | rs1);
}

static inline u32 sem_sha512sum1r(u32 rs1, u32 rs2)
{
    return (u32)sem_sha512sum1((u64)rs2 << 32 | rs1);
}

static inline u32 sem_sha512sig0l(u32 rs1, u32 rs2)
{
    return (u32)sem_sha512sig0((u64)rs2 << 32 | rs1);
}

static inline u32 sem_sha512sig0h(u32 rs1, u32 rs2)
{
    return (u32)(sem_sha512sig0((u64)rs1 << 32 | rs2) >> 32);
}

static inline u32 sem_sha512sig1l(u32 rs1, u32 rs2)
{
    return (u32)sem_sha512sig1((u64)rs2 << 32 | rs1);
}

static inline u32 sem_sha512sig1h(u32 rs1, u32 rs2)
{
    return (u32)(sem_sha512sig1((u64)rs1 << 32 | rs2) >> 32);
}

static inline u32 sem_sm3p0(u32 v)
{
    return v ^ sem_ror32(v, 23) ^ sem_ror32(v, 15);
}

static inline u32 sem_sm3p1(u32 v)
{
    return v ^ sem_ror32(v, 17) ^ sem_ror32(v, 9);
}

#endif
