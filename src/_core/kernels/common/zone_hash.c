/* SHA-384 and SHA-512 over a stream, by libcrypto. */
#include "zone_hash.h"

#include <openssl/evp.h>

uint32_t fs_zonemd_length(uint8_t number) {
    return number == FS_ZONEMD_SHA384 ? 48 : number == FS_ZONEMD_SHA512 ? 64 : 0;
}

FS_COLD static fs_status failed(fs_error *error) {
    return fs_fail(error, FS_ERROR_CRYPTO, "libcrypto can't hash the zone for its ZONEMD record");
}

fs_status fs_zone_hash_open(fs_zone_hash *hash, uint32_t wanted, fs_error *error) {
    *hash = (fs_zone_hash){{NULL}};
    for (uint32_t i = 0; i < FS_ZONEMD_HASHES; i++) {
        if (!(wanted >> (i + 1) & 1)) continue;
        hash->context[i] = EVP_MD_CTX_new();
        const EVP_MD *kind = i + 1 == FS_ZONEMD_SHA384 ? EVP_sha384() : EVP_sha512();
        if (hash->context[i] == NULL || EVP_DigestInit_ex(hash->context[i], kind, NULL) != 1) return failed(error);
    }
    return FS_OK;
}

fs_status fs_zone_hash_add(fs_zone_hash *hash, const uint8_t *octets, size_t count, fs_error *error) {
    for (uint32_t i = 0; i < FS_ZONEMD_HASHES; i++)
        if (hash->context[i] != NULL && EVP_DigestUpdate(hash->context[i], octets, count) != 1) return failed(error);
    return FS_OK;
}

fs_status fs_zone_hash_finish(fs_zone_hash *hash, uint8_t *digests, fs_error *error) {
    for (uint32_t i = 0; i < FS_ZONEMD_HASHES; i++) {
        uint8_t *digest = digests + (size_t)i * FS_ZONEMD_DIGEST_MAX;
        if (hash->context[i] != NULL && EVP_DigestFinal_ex(hash->context[i], digest, NULL) != 1) return failed(error);
    }
    return FS_OK;
}

void fs_zone_hash_close(fs_zone_hash *hash) {
    for (uint32_t i = 0; i < FS_ZONEMD_HASHES; i++) EVP_MD_CTX_free(hash->context[i]);
}
