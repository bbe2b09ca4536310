/* The NSEC3 hash (RFC 5155 section 5). libcrypto's low-level SHA-1 uses SHA-NI and, unlike EVP, allocates and fetches nothing. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "denial.h"

static void hash_round(const uint8_t *octets, uint32_t length, const uint8_t *salt, uint8_t salt_length, uint8_t hash[FS_HASH]) {
    SHA_CTX sha;
    SHA1_Init(&sha);
    SHA1_Update(&sha, octets, length);
    if (salt_length) SHA1_Update(&sha, salt, salt_length);
    SHA1_Final(hash, &sha);
}

void fs_nsec3_hash(const uint8_t *name, uint32_t length, const uint8_t *salt, uint8_t salt_length, uint16_t iterations,
                   uint8_t hash[FS_HASH]) {
    uint8_t folded[FS_NAME_MAX];
    for (uint32_t i = 0; i < length; i++) folded[i] = fs_lower[name[i]];
    hash_round(folded, length, salt, salt_length, hash);
    for (uint32_t i = 0; i < iterations; i++) hash_round(hash, FS_HASH, salt, salt_length, hash);
}
