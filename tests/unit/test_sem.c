/* Semantic helpers of the rows: ciphers against published vectors, the RV32 forms against the RV64
 * ones, and the bit operations against their definitions written bit by bit. */
#include "cpu/sem_alu.h"
#include "cpu/sem_crypto.h"

#include <check.h>
#include <stdlib.h>

static u64 random64(void)
{
    static u64 state = 0x9e3779b97f4a7c15ull;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* FIPS 197, appendix C.1: key 000102...0f, plain text 00112233...ff. */
static const u64 aes_key[2] = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
static const u64 aes_plain[2] = {0x7766554433221100ull, 0xffeeddccbbaa9988ull};
static const u64 aes_cipher[2] = {0x30047b6ad8e0c469ull, 0x5ac5b47080b7cdd8ull};

static void expand_key(u64 k[22])
{
    k[0] = aes_key[0];
    k[1] = aes_key[1];
    for (unsigned i = 0; i < 10; i++) {
        u64 t = aes64_key_schedule(k[2 * i + 1], i);
        k[2 * i + 2] = sem_aes64ks2(t, k[2 * i]);
        k[2 * i + 3] = sem_aes64ks2(k[2 * i + 2], k[2 * i + 1]);
    }
}

START_TEST(aes128_rv64)
{
    u64 k[22], a = aes_plain[0], b = aes_plain[1];
    expand_key(k);
    for (unsigned round = 0; round < 10; round++) {
        a ^= k[2 * round];
        b ^= k[2 * round + 1];
        u64 na = round < 9 ? sem_aes64esm(a, b) : sem_aes64es(a, b);
        b = round < 9 ? sem_aes64esm(b, a) : sem_aes64es(b, a);
        a = na;
    }
    a ^= k[20];
    b ^= k[21];
    ck_assert_uint_eq(a, aes_cipher[0]);
    ck_assert_uint_eq(b, aes_cipher[1]);
    for (unsigned round = 10; round-- > 0;) {
        bool last = round == 9;
        a ^= last ? k[20] : sem_aes64im(k[2 * round + 2]);
        b ^= last ? k[21] : sem_aes64im(k[2 * round + 3]);
        u64 na = round ? sem_aes64dsm(a, b) : sem_aes64ds(a, b);
        b = round ? sem_aes64dsm(b, a) : sem_aes64ds(b, a);
        a = na;
    }
    ck_assert_uint_eq(a ^ k[0], aes_plain[0]);
    ck_assert_uint_eq(b ^ k[1], aes_plain[1]);
}
END_TEST

/* A column of the state by RV32's one byte at a time gives what RV64 gives. */
static u32 column32(u32 (*step)(u32, u32, unsigned), const u32 state[4], unsigned j,
                    unsigned stride)
{
    u32 r = 0;
    for (unsigned bs = 0; bs < 4; bs++)
        r = step(r, state[(j + stride * bs) & 3], bs);
    return r;
}

START_TEST(aes_rv32_agrees_with_rv64)
{
    for (unsigned n = 0; n < 1000; n++) {
        u64 a = random64(), b = random64();
        u32 s[4] = {(u32)a, (u32)(a >> 32), (u32)b, (u32)(b >> 32)};
        ck_assert_uint_eq((u32)sem_aes64es(a, b), column32(sem_aes32esi, s, 0, 1));
        ck_assert_uint_eq(sem_aes64esm(a, b) >> 32, column32(sem_aes32esmi, s, 1, 1));
        ck_assert_uint_eq((u32)sem_aes64ds(b, a), column32(sem_aes32dsi, s, 2, 3));
        ck_assert_uint_eq(sem_aes64dsm(b, a) >> 32, column32(sem_aes32dsmi, s, 3, 3));
    }
}
END_TEST

/* GB/T 32907, appendix A.1: key and plain text are both 0123456789abcdeffedcba9876543210. */
START_TEST(sm4_block)
{
    static const u32 fk[4] = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc};
    static const u32 text[4] = {0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210};
    static const u32 cipher[4] = {0x681edf34, 0xd206965e, 0x86b3e94f, 0x536e4246};
    u32 k[4], x[4];
    for (unsigned i = 0; i < 4; i++) {
        k[i] = __builtin_bswap32(text[i] ^ fk[i]);
        x[i] = __builtin_bswap32(text[i]);
    }
    for (unsigned round = 0; round < 32; round++) {
        u32 ck = 0; /* byte j of the constant is (4 * round + j) * 7 */
        for (unsigned j = 0; j < 4; j++)
            ck |= (((4 * round + j) * 7) & 0xff) << 8 * j;
        u32 t = k[1] ^ k[2] ^ k[3] ^ ck, nk = k[0], nx = x[0];
        for (unsigned bs = 0; bs < 4; bs++)
            nk = sem_sm4ks(nk, t, bs);
        k[0] = k[1], k[1] = k[2], k[2] = k[3], k[3] = nk;
        t = x[1] ^ x[2] ^ x[3] ^ nk;
        for (unsigned bs = 0; bs < 4; bs++)
            nx = sem_sm4ed(nx, t, bs);
        x[0] = x[1], x[1] = x[2], x[2] = x[3], x[3] = nx;
    }
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(__builtin_bswap32(x[3 - i]), cipher[i]);
}
END_TEST

/* The two halves that RV32 computes make up the 64-bit function. */
START_TEST(sha2_halves)
{
    for (unsigned n = 0; n < 1000; n++) {
        u64 v = random64();
        u32 lo = (u32)v, hi = (u32)(v >> 32);
        ck_assert_uint_eq((u32)sem_sha512sig0(v), sem_sha512sig0l(lo, hi));
        ck_assert_uint_eq(sem_sha512sig0(v) >> 32, sem_sha512sig0h(hi, lo));
        ck_assert_uint_eq((u32)sem_sha512sig1(v), sem_sha512sig1l(lo, hi));
        ck_assert_uint_eq(sem_sha512sig1(v) >> 32, sem_sha512sig1h(hi, lo));
        ck_assert_uint_eq((u32)sem_sha512sum0(v), sem_sha512sum0r(lo, hi));
        ck_assert_uint_eq(sem_sha512sum0(v) >> 32, sem_sha512sum0r(hi, lo));
        ck_assert_uint_eq((u32)sem_sha512sum1(v), sem_sha512sum1r(lo, hi));
        ck_assert_uint_eq(sem_sha512sum1(v) >> 32, sem_sha512sum1r(hi, lo));
    }
}
END_TEST

/* The bits of the RV32 SHA-512 instructions as chapter "Scalar cryptography" gives them. */
START_TEST(sha512_rv32_definition)
{
    for (unsigned n = 0; n < 1000; n++) {
        u32 a = (u32)random64(), b = (u32)random64();
        u32 common0 = a >> 1 ^ a >> 7 ^ a >> 8 ^ b << 31 ^ b << 24;
        u32 common1 = a << 3 ^ a >> 6 ^ a >> 19 ^ b >> 29 ^ b << 13;
        ck_assert_uint_eq(sem_sha512sig0h(a, b), common0);
        ck_assert_uint_eq(sem_sha512sig0l(a, b), common0 ^ b << 25);
        ck_assert_uint_eq(sem_sha512sig1h(a, b), common1);
        ck_assert_uint_eq(sem_sha512sig1l(a, b), common1 ^ b << 26);
        ck_assert_uint_eq(sem_sha512sum0r(a, b),
                          a << 25 ^ a << 30 ^ a >> 28 ^ b >> 7 ^ b >> 2 ^ b << 4);
        ck_assert_uint_eq(sem_sha512sum1r(a, b),
                          a << 23 ^ a >> 14 ^ a >> 18 ^ b >> 9 ^ b << 18 ^ b << 14);
    }
}
END_TEST

/* FIPS 180-4 example "abc": the digest. */
START_TEST(sha256_abc)
{
    static const u32 digest[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                  0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    static const u32 k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 w[64] = {0x61626380, [15] = 24}, s[8];
    for (unsigned t = 16; t < 64; t++)
        w[t] = sem_sha256sig1(w[t - 2]) + w[t - 7] + sem_sha256sig0(w[t - 15]) + w[t - 16];
    for (unsigned i = 0; i < 8; i++)
        s[i] = h[i];
    for (unsigned t = 0; t < 64; t++) {
        u32 t1 = s[7] + sem_sha256sum1(s[4]) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[t] + w[t];
        u32 t2 = sem_sha256sum0(s[0]) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (unsigned i = 7; i > 0; i--)
            s[i] = s[i - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(h[i] + s[i], digest[i]);
}
END_TEST

static u64 bit(u64 v, unsigned i)
{
    return i < 64 ? v >> i & 1 : 0;
}

START_TEST(bit_operations)
{
    for (unsigned n = 0; n < 2000; n++) {
        u64 v = random64() & (n & 1 ? ~0ull : 0x00ff00ff0000ffffull), i = random64();
        u64 orc = 0, brev = 0, x4 = 0, x8 = 0;
        u32 zip = 0;
        for (unsigned b = 0; b < 64; b++) {
            orc |= (u64)((v >> (b & 56) & 0xff) != 0) << b;
            brev |= bit(v, (b & 56) + 7 - (b & 7)) << b;
            x4 |= bit(v, (unsigned)(i >> (b & 60) & 15) * 4 + (b & 3)) << b;
            u64 byte = i >> (b & 56) & 255;
            x8 |= (byte < 8 ? bit(v, (unsigned)byte * 8 + (b & 7)) : 0) << b;
        }
        for (unsigned b = 0; b < 16; b++)
            zip |= (u32)bit(v, b) << 2 * b | (u32)bit(v, b + 16) << (2 * b + 1);
        ck_assert_uint_eq(sem_orc_b(v), orc);
        ck_assert_uint_eq(sem_brev8(v), brev);
        ck_assert_uint_eq(sem_xperm(v, i, 4), x4);
        ck_assert_uint_eq(sem_xperm(v, i, 8), x8);
        ck_assert_uint_eq(sem_zip((u32)v), zip);
        ck_assert_uint_eq(sem_unzip(zip), (u32)v);
        ck_assert_uint_eq(sem_ror(v, i, 64), v >> (i & 63) | (i & 63 ? v << (64 - (i & 63)) : 0));
        u32 w = (u32)v;
        ck_assert_uint_eq(sem_ror(w, i, 32), (u32)(w >> (i & 31) | (u64)w << (32 - (i & 31))));
    }
}
END_TEST

START_TEST(carryless_product)
{
    for (unsigned n = 0; n < 500; n++) {
        u64 a = random64(), b = random64(), lo = 0, hi = 0;
        for (unsigned i = 0; i < 64; i++) {
            lo ^= bit(b, i) ? a << i : 0;
            hi ^= bit(b, i) && i ? a >> (64 - i) : 0;
        }
        ck_assert_uint_eq((u64)sem_clmul(a, b), lo);
        ck_assert_uint_eq((u64)(sem_clmul(a, b) >> 64), hi);
    }
}
END_TEST

/* Chapter M, table of division by zero and overflow, both widths. */
START_TEST(division_corners)
{
    ck_assert_int_eq(sem_div(7, 0), -1);
    ck_assert_uint_eq(sem_divu(7, 0), ~0ull);
    ck_assert_int_eq(sem_rem(-7, 0), -7);
    ck_assert_uint_eq(sem_remu(7, 0), 7);
    ck_assert_int_eq(sem_div(INT64_MIN, -1), INT64_MIN);
    ck_assert_int_eq(sem_rem(INT64_MIN, -1), 0);
    ck_assert_int_eq((s32)sem_div(INT32_MIN, -1), INT32_MIN);
    ck_assert_int_eq((s32)sem_rem(INT32_MIN, -1), 0);
    ck_assert_int_eq(sem_div(-7, 2), -3);
    ck_assert_int_eq(sem_rem(-7, 2), -1);
    ck_assert_uint_eq(sem_clz(0, 32), 32);
    ck_assert_uint_eq(sem_clz(1, 32), 31);
    ck_assert_uint_eq(sem_clz(0, 64), 64);
    ck_assert_uint_eq(sem_ctz(0, 64), 64);
    ck_assert_uint_eq(sem_ctz(0x80000000u, 32), 31);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sem");
    TCase *t = tcase_create("sem");
    tcase_add_test(t, aes128_rv64);
    tcase_add_test(t, aes_rv32_agrees_with_rv64);
    tcase_add_test(t, sm4_block);
    tcase_add_test(t, sha2_halves);
    tcase_add_test(t, sha512_rv32_definition);
    tcase_add_test(t, sha256_abc);
    tcase_add_test(t, bit_operations);
    tcase_add_test(t, carryless_product);
    tcase_add_test(t, division_corners);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
