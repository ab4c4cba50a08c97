/* Vector cryptography: what the instructions of isa_vk.def do to one element group (chapter "Vector
 * Cryptography"). vec_crypto.c goes through the groups; ciphers are in vec_cipher.c, hashes in
 * vec_hash.c. */
#ifndef HEXTANT_CPU_VEC_CRYPTO_H
#define HEXTANT_CPU_VEC_CRYPTO_H

#include "cpu/vec_impl.h"

/* d: the group of vd, read and written; vs2, vs1: those of the sources; round: the immediate.
 * Groups may be the same, and are not aligned to anything. */
typedef void vec_group(void *d, const void *vs2, const void *vs1, unsigned round);

/* AES and SM4: d is the state, vs2 the round key; of the key schedules d becomes the next key and
 * vs2 is the present one. */
vec_group vec_aes_encrypt, vec_aes_encrypt_last, vec_aes_decrypt, vec_aes_decrypt_last;
vec_group vec_aes_add_key, vec_aes128_key, vec_aes256_key;
vec_group vec_sm4_rounds, vec_sm4_key;
/* GHASH: d is the partial hash, vs1 the block, vs2 the subkey. */
vec_group vec_ghash, vec_ghash_multiply;
/* SHA-2 and SM3: message schedules, and two rounds of compression. */
vec_group vec_sha256_schedule, vec_sha256_low, vec_sha256_high;
vec_group vec_sha512_schedule, vec_sha512_low, vec_sha512_high;
vec_group vec_sm3_expand, vec_sm3_compress;

/* The shape of all these rows. */
vec_run vec_run_GROUPS, vec_fast_GROUPS;

#endif
