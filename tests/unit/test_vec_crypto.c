/* Cryptography on vectors: whole algorithms made of the instructions, whose results others have
 * computed (vec_known.def), for several lengths of registers: a group is a part of a register, or
 * some registers. Words are those of riscv-opcodes. */
#include "vec_hart.h"

/* Of vd v8, vs2 v16, and vs1 v24 where there is one. */
enum {
    VAESDM_VV = (int)0xa3002477,
    VAESDF_VV = (int)0xa300a477,
    VAESEM_VV = (int)0xa3012477,
    VAESEF_VV = (int)0xa301a477,
    VAESZ_VS = (int)0xa703a477,
    VAESKF1 = (int)0x8b002477,
    VAESKF2 = (int)0xab002477,
    VGMUL = (int)0xa308a477,
    VGHSH = (int)0xb30c2477,
    VSHA2MS = (int)0xb70c2477,
    VSHA2CH = (int)0xbb0c2477,
    VSHA2CL = (int)0xbf0c2477,
    VSM4K = (int)0x87002477,
    VSM4R_VV = (int)0xa3082477,
    VSM3C = (int)0xaf002477,
    VSM3ME = (int)0x830c2477,
    ONE_KEY = 1 << 26 /* makes .vs of .vv */
};
enum { VD = 8, VS2 = 16, VS1 = 24, M8 = 3, E32 = 2, E64 = 3, MOST = 320 };
#define ROUND(word, n) ((u32)(word) | (u32)(n) << 15)

/* ---- answers ---- */

enum kind { AES, SM4, GMAC, SHA256, SHA512, SM3 };
static const struct answer {
    enum kind kind;
    const char *key, *nonce, *text, *result;
} answers[] = {
#define ANSWER(kind, key, nonce, text, result) {kind, key, nonce, text, result},
#define CONSTANT(v)
#define START(v)
#include "vec_known.def"
#undef ANSWER
#undef CONSTANT
};
static const u64 constants[] = {
#define ANSWER(kind, key, nonce, text, result)
#define CONSTANT(v) v,
#include "vec_known.def"
#undef CONSTANT
#undef START
};
static const u64 first_state[] = {
#define CONSTANT(v)
#define START(v) v,
#include "vec_known.def"
};

static size_t bytes_of(const char *hex, u8 *to)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++)
        to[i] = (u8)strtoul((const char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
    return n;
}

static void expect(const struct answer *a, const u8 *found)
{
    u8 must[MOST];
    size_t n = bytes_of(a->result, must);
    ck_assert_mem_eq(found, must, n);
}

/* ---- a hart that executes one instruction on arrays ---- */

static struct hart *h;

static void load(unsigned reg, const void *from, size_t n)
{
    if (from)
        memcpy(vec_reg(h, reg), from, n);
}

/* d, vs2 and vs1 have n bytes, of which as many as there is room for are processed at a time; with
 * ONE_KEY vs2 has 16. */
static void apply(u32 word, unsigned sew, void *d, const void *vs2, const void *vs1, size_t n)
{
    unsigned row;
    struct op op = decode(h, word, &row);
    bool one = word >> 26 == 0x29; /* funct6 of .vs */
    for (size_t at = 0, part; at < n; at += part) {
        part = n - at < 8 * vec_bytes(h) ? n - at : 8 * vec_bytes(h);
        configure(h, sew, M8, part >> sew);
        memset(h->v, 0xa5, 32 * vec_bytes(h));
        load(VD, (u8 *)d + at, part);
        load(VS2, (const u8 *)vs2 + (one ? 0 : at), one ? 16 : part);
        load(VS1, vs1 ? (const u8 *)vs1 + at : NULL, part);
        ck_assert_msg(!vec_execute(h, &op, row), "%s is refused", insn_row(row)->name);
        memcpy((u8 *)d + at, vec_reg(h, VD), part);
    }
}

/* The same key for each block of n bytes: as one group, or many. */
static void with_key(u32 word, bool one, void *d, const u8 *key, size_t n)
{
    u8 keys[MOST];
    for (size_t i = 0; i < n; i += 16)
        memcpy(keys + i, key, 16);
    apply(word | (one ? (u32)ONE_KEY : 0), E32, d, keys, NULL, n);
}

/* ---- AES ---- */

struct aes_keys {
    unsigned rounds;
    u8 key[15][16];
};

/* norm:vaeskf1_round, norm:vaeskf1_wordgen, norm:vaeskf1_uimm_src, norm:vaeskf2_round,
 * norm:vaeskf2_wordgen, norm:vaeskf2_rcon_lsw, norm:vaeskf2_rcon_func, norm:vaeskf2_uimm_src */
static struct aes_keys aes_keys_of(const char *hex)
{
    struct aes_keys k = {0};
    bool longer = bytes_of(hex, k.key[0]) == 32;
    k.rounds = longer ? 14 : 10;
    for (unsigned i = longer ? 2 : 1; i <= k.rounds; i++) {
        if (longer)
            memcpy(k.key[i], k.key[i - 2], 16);
        apply(ROUND(longer ? VAESKF2 : VAESKF1, i), E32, k.key[i], k.key[i - 1], NULL, 16);
    }
    return k;
}

/* norm:vaesz_round0, norm:vaesem_ops, norm:vaesem_xor_form, norm:vaesef_ops, norm:vaesef_xor_form
 */
static void encrypt(const struct aes_keys *k, bool one, u8 *text, size_t n)
{
    apply((u32)VAESZ_VS, E32, text, k->key[0], NULL, n);
    for (unsigned i = 1; i < k->rounds; i++)
        with_key((u32)VAESEM_VV, one, text, k->key[i], n);
    with_key((u32)VAESEF_VV, one, text, k->key[k->rounds], n);
}

/* norm:vaesdm_ops, norm:vaesdm_xor_form, norm:vaesdm_invmix, norm:vaesdf_ops, norm:vaesdf_xor_form
 */
static void decrypt(const struct aes_keys *k, bool one, u8 *text, size_t n)
{
    apply((u32)VAESZ_VS, E32, text, k->key[k->rounds], NULL, n);
    for (unsigned i = k->rounds - 1; i; i--)
        with_key((u32)VAESDM_VV, one, text, k->key[i], n);
    with_key((u32)VAESDF_VV, one, text, k->key[0], n);
}

static void check_aes(const struct answer *a)
{
    struct aes_keys k = aes_keys_of(a->key);
    for (unsigned one = 0; one < 2; one++) {
        u8 text[MOST], original[MOST];
        size_t n = bytes_of(a->text, text);
        memcpy(original, text, n);
        encrypt(&k, one, text, n);
        expect(a, text);
        decrypt(&k, one, text, n);
        ck_assert_mem_eq(text, original, n);
    }
}

/* ---- SM4: words are big-endian outside ---- */

static void swap_words(void *at, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        u32 v;
        memcpy(&v, (u8 *)at + i, 4);
        v = __builtin_bswap32(v);
        memcpy((u8 *)at + i, &v, 4);
    }
}

/* Four words or, of a key schedule, all of them in reverse order. */
static void reverse(u32 *w, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        u32 v = w[i];
        w[i] = w[n - 1 - i];
        w[n - 1 - i] = v;
    }
}

/* norm:vsm4r_op, norm:vsm4r_op_sm4encdec */
static void sm4_rounds(const u32 keys[32], bool one, u8 *text, size_t n)
{
    swap_words(text, n);
    for (unsigned i = 0; i < 32; i += 4)
        with_key((u32)VSM4R_VV, one, text, (const u8 *)(keys + i), n);
    for (size_t i = 0; i < n; i += 16) {
        u32 w[4];
        memcpy(w, text + i, 16);
        reverse(w, 4);
        memcpy(text + i, w, 16);
    }
    swap_words(text, n);
}

static void check_sm4(const struct answer *a)
{
    static const u32 system_parameters[] = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc};
    u32 keys[36];
    bytes_of(a->key, (u8 *)keys);
    swap_words(keys, 16);
    for (unsigned i = 0; i < 4; i++)
        keys[i] ^= system_parameters[i];
    for (unsigned i = 0; i < 8; i++) /* norm:vsm4k-vi_op, norm:vsm4k-vi_op_sm4k */
        apply(ROUND(VSM4K, i), E32, keys + 4 * i + 4, keys + 4 * i, NULL, 16);
    for (unsigned one = 0; one < 2; one++) {
        u8 text[MOST], original[MOST];
        size_t n = bytes_of(a->text, text);
        memcpy(original, text, n);
        sm4_rounds(keys + 4, one, text, n);
        expect(a, text);
        reverse(keys + 4, 32);
        sm4_rounds(keys + 4, one, text, n);
        ck_assert_mem_eq(text, original, n);
        reverse(keys + 4, 32);
    }
}

/* ---- GMAC: GHASH, and a block of AES ---- */

/* norm:vghsh-vv_op, norm:vghsh-vv_op_gf, norm:vghsh-vv_op_coeff, norm:vgmul-vv_op */
static void check_gmac(const struct answer *a)
{
    struct aes_keys k = aes_keys_of(a->key);
    u8 text[MOST], subkey[16] = {0}, first[16] = {0}, hash[16] = {0}, other[16] = {0};
    size_t n = bytes_of(a->text, text);
    bytes_of(a->nonce, first);
    first[15] = 1;
    memset(text + n, 0, 16); /* how many bits were authenticated, and encrypted */
    text[n + 6] = (u8)(n * 8 >> 8), text[n + 7] = (u8)(n * 8);
    encrypt(&k, true, subkey, 16);
    for (size_t i = 0; i <= n; i += 16) {
        apply((u32)VGHSH, E32, hash, subkey, text + i, 16);
        apply((u32)VAESZ_VS, E32, other, text + i, NULL, 16);
        apply((u32)VGMUL, E32, other, subkey, NULL, 16);
        ck_assert_mem_eq(hash, other, 16);
    }
    encrypt(&k, true, first, 16);
    for (unsigned i = 0; i < 16; i++)
        hash[i] ^= first[i];
    expect(a, hash);
}

/* ---- hashes ---- */

/* The message, padded to blocks; how many bytes that is. */
static size_t padded(const struct answer *a, u8 *text, size_t block)
{
    memset(text, 0, MOST + 128);
    size_t n = bytes_of(a->text, text), all = (n + 1 + block / 8 + block - 1) / block * block;
    text[n] = 0x80;
    text[all - 2] = (u8)(8 * n >> 8);
    text[all - 1] = (u8)(8 * n);
    return all;
}

/* Reverses the bytes of words of that size. */
static void swap_any(void *at, size_t n, size_t size)
{
    for (u8 *p = at; p < (u8 *)at + n; p += size)
        for (size_t i = 0; i < size / 2; i++) {
            u8 byte = p[i];
            p[i] = p[size - 1 - i];
            p[size - 1 - i] = byte;
        }
}

/* Words of SEW bits, one after the other. */
static u64 word_at(const void *at, unsigned sew, size_t i)
{
    u64 v = 0;
    memcpy(&v, (const u8 *)at + (i << sew), 1u << sew);
    return v;
}

static void set_word(void *at, unsigned sew, size_t i, u64 v)
{
    memcpy((u8 *)at + (i << sew), &v, 1u << sew);
}

/* Words 16 and on of the schedule. norm:vsha2ms-vv_op, norm:vsha2ms-vv_op_sew32,
 * norm:vsha2ms-vv_op_sew64 */
static void sha2_schedule(void *w, unsigned sew, unsigned rounds)
{
    for (unsigned t = 16; t < rounds; t += 4) {
        u8 middle[32], next[32];
        for (unsigned i = 0; i < 4; i++) {
            set_word(middle, sew, i, word_at(w, sew, i ? t - 8 + i : t - 12));
            set_word(next, sew, i, word_at(w, sew, t - 16 + i));
        }
        apply((u32)VSHA2MS, sew, next, middle, (u8 *)w + (t - 4) * (1u << sew), 4u << sew);
        for (unsigned i = 0; i < 4; i++)
            set_word(w, sew, t + i, word_at(next, sew, i));
    }
}

/* norm:vsha2chl-vv_op, norm:vsha2chl-vv_op_sew32, norm:vsha2chl-vv_op_sew64 */
static void sha2_block(void *w, unsigned sew, unsigned rounds, u8 abef[32], u8 cdgh[32])
{
    u8 old[2][32], sums[32];
    memcpy(old[0], abef, 32);
    memcpy(old[1], cdgh, 32);
    sha2_schedule(w, sew, rounds);
    for (unsigned t = 0; t < rounds; t += 4) {
        for (unsigned i = 0; i < 4; i++)
            set_word(sums, sew, i,
                     word_at(w, sew, t + i) + (constants[t + i] >> (sew == E32 ? 32 : 0)));
        apply((u32)VSHA2CL, sew, cdgh, abef, sums, 4u << sew);
        apply((u32)VSHA2CH, sew, abef, cdgh, sums, 4u << sew);
    }
    for (unsigned i = 0; i < 4; i++) {
        set_word(abef, sew, i, word_at(abef, sew, i) + word_at(old[0], sew, i));
        set_word(cdgh, sew, i, word_at(cdgh, sew, i) + word_at(old[1], sew, i));
    }
}

static void check_sha2(const struct answer *a, unsigned sew, unsigned rounds)
{
    static const u8 order[2][4] = {{5, 4, 1, 0}, {7, 6, 3, 2}}; /* f e b a, h g d c */
    u8 text[MOST + 128], w[80 * 8], state[2][32], digest[64];
    size_t block = 16u << sew, n = padded(a, text, block);
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < 4; i++)
            set_word(state[k], sew, i, first_state[order[k][i]] >> (sew == E32 ? 32 : 0));
    for (size_t at = 0; at < n; at += block) {
        memcpy(w, text + at, block);
        swap_any(w, block, 1u << sew);
        sha2_block(w, sew, rounds, state[0], state[1]);
    }
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < 4; i++)
            set_word(digest, sew, order[k][i], word_at(state[k], sew, i));
    swap_any(digest, 8u << sew, 1u << sew);
    expect(a, digest);
}

/* norm:vsm3me-vv_op, norm:vsm3me-vv_op_sm3, norm:vsm3c-vi_op, norm:vsm3c-vi_op_sm3,
 * norm:vsm3c-vi_op_rnd */
static void check_sm3(const struct answer *a)
{
    u32 state[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                    0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
    u8 text[MOST + 128];
    size_t n = padded(a, text, 64);
    swap_words(state, 32);
    for (size_t at = 0; at < n; at += 64) {
        u32 w[72], old[8];
        memcpy(w, text + at, 64);
        memcpy(old, state, 32);
        for (unsigned t = 16; t < 72; t += 8)
            apply((u32)VSM3ME, E32, w + t, w + t - 8, w + t - 16, 32);
        for (unsigned i = 0; i < 32; i++)
            apply(ROUND(VSM3C, i), E32, state, w + 2 * i, NULL, 32);
        for (unsigned i = 0; i < 8; i++)
            state[i] ^= old[i];
    }
    expect(a, (const u8 *)state);
}

static void check_sha256(const struct answer *a)
{
    check_sha2(a, E32, 64);
}

static void check_sha512(const struct answer *a)
{
    check_sha2(a, E64, 80);
}

static void (*const check[])(const struct answer *a) = {
    [AES] = check_aes,       [SM4] = check_sm4,       [GMAC] = check_gmac,
    [SHA256] = check_sha256, [SHA512] = check_sha512, [SM3] = check_sm3,
};

START_TEST(known_answers)
{
    static const char *const lengths[] = {"--vlen=32", "--vlen=64", "--vlen=128", "--vlen=256",
                                          "--vlen=1024"};
    struct machine *m = vector_machine("--isa=rv64max_zvkng_zvksg", lengths[_i]);
    h = m->hart[0];
    for (unsigned i = 0; i < ARRAY_LEN(answers); i++)
        check[answers[i].kind](&answers[i]);
    machine_free(m);
}
END_TEST

/* Round numbers that there are not are others: norm:vaeskf1_uimm_map, norm:vaeskf2_uimm_map,
 * norm:vsm4k-vi_op_rnd. */
START_TEST(other_round_numbers)
{
    static const struct {
        u32 word;
        u8 round, as;
    } cases[] = {{(u32)VAESKF1, 0, 8},  {(u32)VAESKF1, 11, 3}, {(u32)VAESKF1, 15, 7},
                 {(u32)VAESKF1, 17, 1}, {(u32)VAESKF1, 27, 3}, {(u32)VAESKF2, 0, 8},
                 {(u32)VAESKF2, 1, 9},  {(u32)VAESKF2, 15, 7}, {(u32)VAESKF2, 16, 8},
                 {(u32)VAESKF2, 18, 2}, {(u32)VSM4K, 8, 0},    {(u32)VSM4K, 31, 7}};
    struct machine *m = vector_machine("--isa=rv64max_zvkng_zvksg", "");
    h = m->hart[0];
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        u32 key[4] = {1, 2, 3, 0x12345678}, one[4] = {7, 7, 7, 7}, two[4] = {7, 7, 7, 7};
        apply(ROUND(cases[i].word, cases[i].round), E32, one, key, NULL, 16);
        apply(ROUND(cases[i].word, cases[i].as), E32, two, key, NULL, 16);
        ck_assert_mem_eq(one, two, 16);
        apply(ROUND(cases[i].word, cases[i].as ^ 3), E32, two, key, NULL, 16);
        ck_assert_mem_ne(one, two, 16);
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_crypto");
    TCase *tc = tcase_create("answers");
    tcase_add_loop_test(tc, known_answers, 0, 5);
    tcase_add_test(tc, other_round_numbers);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
