/* Deterministic nonces for ECDSA (RFC 6979 section 3.2): HMAC-SHA-256 for P-256, HMAC-SHA-384 for P-384, many digests at a time. There is
 * no random source to fail or to be forked, and the bytes are the same on every run. */
#ifndef FS_EC_NONCE_H
#define FS_EC_NONCE_H

#include "ec_batch.h"
#include "sha2.h"

typedef struct {
    fs_ec_curve curve;
    uint8_t secret[FS_CURVE_OCTETS], order[FS_CURVE_OCTETS];
    union { /* HMAC's inner and outer hash after the all-zero key; for SHA-256 also the inner one after V || 0x00 || 31 secret octets */
        fs_sha256_state sha256[3];
        fs_sha512_state sha512[3];
    } start;
} fs_nonce_key;

/* Secret and order have fs_ec_octets(curve) octets; the order is n except in tests of its rejections. Wipe the key after use. */
void fs_nonce_key_init(fs_nonce_key *key, fs_ec_curve curve, const uint8_t *secret, const uint8_t *order);

/* One nonce a digest, big-endian, in 1..order-1: the first candidate in that range, or with skip > 0 the (skip + 1)-th. Constant time but
 * for the number of candidates rejected. */
void fs_nonces(const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip, uint8_t *nonces);

/* The same as little-endian words: fs_ec_octets / 8 of them a nonce. */
void fs_nonce_words(const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip, uint64_t *nonces);

/* The digest modulo the order, big-endian: bits2octets of RFC 6979 section 2.3.4. */
void fs_nonce_reduce(const fs_nonce_key *key, const uint8_t *digest, uint8_t *reduced);

#endif
