/* What libgcrypt computes: its self-test, then digests and ciphertexts of a file, each a line NAME
 * VALUE. gcrypt FILE */
#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };
static unsigned char text[MOST], out[MOST];

static void put(const char *name, const unsigned char *bytes, size_t n)
{
    printf("%s ", name);
    for (size_t i = 0; i < n; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static void check(gcry_error_t error, const char *what)
{
    if (!error)
        return;
    fprintf(stderr, "gcrypt: %s: %s\n", what, gcry_strerror(error));
    exit(1);
}

static void digest(int algorithm, size_t n)
{
    unsigned char result[64];
    gcry_md_hash_buffer(algorithm, result, text, n);
    put(gcry_md_algo_name(algorithm), result, gcry_md_get_algo_dlen(algorithm));
}

/* The digest of what a cipher makes of the text, and for GCM the tag; back again it is the text. */
static void cipher(int algorithm, int mode, const char *name, size_t n)
{
    static unsigned char back[MOST];
    unsigned char result[32], tag[2][16];
    for (int way = 0; way < 2; way++) {
        gcry_cipher_hd_t h;
        check(gcry_cipher_open(&h, algorithm, mode, 0), name);
        check(gcry_cipher_setkey(h, "0123456789abcdef0123456789ABCDEF",
                                 gcry_cipher_get_algo_keylen(algorithm)),
              name);
        if (mode == GCRY_CIPHER_MODE_CTR)
            check(gcry_cipher_setctr(h, "fedcba9876543210", 16), name);
        else
            check(gcry_cipher_setiv(h, "fedcba9876543210", mode == GCRY_CIPHER_MODE_GCM ? 12 : 16),
                  name);
        check(way ? gcry_cipher_decrypt(h, back, n, out, n)
                  : gcry_cipher_encrypt(h, out, n, text, n),
              name);
        if (mode == GCRY_CIPHER_MODE_GCM)
            check(gcry_cipher_gettag(h, tag[way], 16), name);
        gcry_cipher_close(h);
    }
    if (memcmp(back, text, n) || (mode == GCRY_CIPHER_MODE_GCM && memcmp(tag[0], tag[1], 16)))
        check(GPG_ERR_CHECKSUM, name);
    gcry_md_hash_buffer(GCRY_MD_SHA256, result, out, n);
    put(name, result, 32);
    if (mode == GCRY_CIPHER_MODE_GCM)
        put(name, tag[0], 16);
}

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    size_t n = f ? fread(text, 1, MOST, f) : 0;
    if (!n || !gcry_check_version(GCRYPT_VERSION))
        check(GPG_ERR_GENERAL, "reading");
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    check(gcry_control(GCRYCTL_SELFTEST), "self-test");
    printf("selftest ok\n");
    static const int digests[] = {GCRY_MD_SHA1,       GCRY_MD_SHA256, GCRY_MD_SHA512,
                                  GCRY_MD_SHA3_256,   GCRY_MD_SM3,    GCRY_MD_CRC32,
                                  GCRY_MD_BLAKE2B_512};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        digest(digests[i], n);
    cipher(GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, "aes128-gcm", n);
    cipher(GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CTR, "aes256-ctr", n);
    cipher(GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CBC, "aes256-cbc", n & ~15ul);
    cipher(GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_GCM, "sm4-gcm", n);
    cipher(GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_STREAM, "chacha20", n);
    return 0;
}
