/* Deterministic ECDSA nonces (RFC 6979 section 3.2): no random source to fail or to be forked, the same bytes on every run. */
#ifndef FS_RFC6979_H
#define FS_RFC6979_H

#include <openssl/sha.h>

#include "fs.h"

enum { FS_CURVE_OCTETS = 48, FS_CURVE_WORDS = 6 }; /* the widest curve, P-384 */

typedef union {
    SHA256_CTX narrow;
    SHA512_CTX wide;
} fs_hash_state;

/* What the nonces of one key share. Secret: it holds the key; it belongs into locked memory and is wiped by its owner. */
typedef struct {
    uint32_t width;                /* octets of order, key, digest and nonce: 32 (P-256, SHA-256) or 48 (P-384, SHA-384) */
    uint8_t order[FS_CURVE_OCTETS]; /* q, big-endian, its top bit set */
    uint8_t key[FS_CURVE_OCTETS];   /* x, big-endian */
    fs_hash_state inner, outer;    /* HMAC with the key 00..00 begun; inner has read all whole blocks of V | 00 | x too */
} fs_rfc6979;

void fs_rfc6979_open(fs_rfc6979 *context, uint32_t width, const uint8_t *order, const uint8_t *key);

/* One nonce for each digest (big-endian, `width` octets), as width / 8 little-endian words. `skip` nonces in range are passed
 * over first: 0 but where a nonce led to r = 0 or s = 0 (section 3.2, step h.3). */
void fs_rfc6979_nonces(const fs_rfc6979 *context, const uint8_t *digests, size_t count, uint32_t skip, uint64_t *nonces);

/* bits2octets(h1) of section 2.3.4: the digest modulo q, big-endian. */
void fs_rfc6979_reduce(const fs_rfc6979 *context, const uint8_t *digest, uint8_t *out);

#endif
