/* The hashes of ZONEMD digests (RFC 8976 section 2.2.3): several at once over one stream of records. */
#ifndef FS_ZONE_HASH_H
#define FS_ZONE_HASH_H

#include "fs.h"

enum { FS_ZONEMD_SHA384 = 1, FS_ZONEMD_SHA512 = 2, FS_ZONEMD_HASHES = 2, FS_ZONEMD_DIGEST_MAX = 64 };
enum { FS_ZONEMD_SIMPLE = 1 }; /* the one scheme */

typedef struct {
    void *context[FS_ZONEMD_HASHES]; /* EVP_MD_CTX of hash number i + 1; NULL: not wanted */
} fs_zone_hash;

/* Octets of the digest of a hash number; 0 for one that is not known. */
uint32_t fs_zonemd_length(uint8_t number);

/* wanted: bit i for hash number i. */
fs_status fs_zone_hash_open(fs_zone_hash *hash, uint32_t wanted, fs_error *error) FS_MUST_CHECK;
fs_status fs_zone_hash_add(fs_zone_hash *hash, const uint8_t *octets, size_t count, fs_error *error) FS_MUST_CHECK;
/* digests: FS_ZONEMD_DIGEST_MAX octets for each hash number, from 1; those of a hash that is not wanted stay as they are. */
fs_status fs_zone_hash_finish(fs_zone_hash *hash, uint8_t *digests, fs_error *error) FS_MUST_CHECK;
void fs_zone_hash_close(fs_zone_hash *hash);

#endif
