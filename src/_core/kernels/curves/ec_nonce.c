/* RFC 6979 for P-256 and P-384, where a hash, a number and a digest have one length. */
#include "ec_nonce.h"

#include "ec_kernel.h"

#include <openssl/crypto.h>

enum { GROUP = 16 }; /* rows in lock-step; the group stays in the first-level cache */

/* a - b into out, big-endian; returns the borrow. Constant time. */
static unsigned subtract(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t octets) {
    unsigned borrow = 0;
    for (size_t i = octets; i-- > 0;) {
        unsigned difference = 0u + a[i] - b[i] - borrow;
        out[i] = (uint8_t)difference;
        borrow = difference >> 31;
    }
    return borrow;
}

/* RFC 6979 section 2.3.4, bits2octets: the digest modulo the order, which is above half of the digest's range. */
static void reduce(uint8_t *out, const uint8_t *digest, const uint8_t *order, size_t octets) {
    unsigned keep = 0u - subtract(out, digest, order, octets);
    for (size_t i = 0; i < octets; i++) out[i] = (uint8_t)((digest[i] & keep) | (out[i] & ~keep));
}

/* 1 <= candidate < order. Which candidates are rejected may be told: they are not used. */
static int in_range(const uint8_t *candidate, const uint8_t *order, size_t octets) {
    uint8_t unused[FS_CURVE_OCTETS], any = 0;
    for (size_t i = 0; i < octets; i++) any |= candidate[i];
    unsigned good = subtract(unused, candidate, order, octets) & (0u - any) >> 31;
    OPENSSL_cleanse(unused, sizeof unused);
    return (int)FS_DECLASSIFY(good);
}

#define NAME(x) sha256_##x
#define STATE fs_sha256_state
#define START fs_sha256_start
#define MANY fs_sha256_many
#define OCTETS_OF(out, state) fs_sha256_octets(out, state)
#define BLOCK 64
#define HASH 32
#include "ec_nonce_impl.h"
#undef NAME
#undef STATE
#undef START
#undef MANY
#undef OCTETS_OF
#undef BLOCK
#undef HASH

#define NAME(x) sha384_##x
#define STATE fs_sha512_state
#define START fs_sha384_start
#define MANY fs_sha512_many
#define OCTETS_OF(out, state) fs_sha512_octets(out, state, 48)
#define BLOCK 128
#define HASH 48
#include "ec_nonce_impl.h"

void fs_nonce_key_init(fs_nonce_key *key, fs_ec_curve curve, const uint8_t *secret, const uint8_t *order) {
    size_t octets = fs_ec_octets(curve);
    memset(key, 0, sizeof *key);
    key->curve = curve;
    memcpy(key->secret, secret, octets);
    memcpy(key->order, order, octets);
    if (curve == FS_EC_P256) sha256_prepare(key->start.sha256, secret);
    else sha384_prepare(key->start.sha512, secret);
}

void fs_nonces(const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip, uint8_t *nonces) {
    if (key->curve == FS_EC_P256) sha256_nonces(key->start.sha256, key, digests, count, skip, nonces);
    else sha384_nonces(key->start.sha512, key, digests, count, skip, nonces);
}

FS_INLINE uint64_t load_word(const uint8_t *octets) { return (uint64_t)fs_load_be32(octets) << 32 | fs_load_be32(octets + 4); }

void fs_nonce_words(const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip, uint64_t *nonces) {
    const size_t words = fs_ec_octets(key->curve) / 8;
    fs_nonces(key, digests, count, skip, (uint8_t *)nonces);
    for (uint64_t *nonce = nonces; nonce < nonces + count * words; nonce += words)
        for (size_t i = 0; i < words / 2; i++) {
            const uint64_t high = load_word((uint8_t *)(nonce + i)), low = load_word((uint8_t *)(nonce + words - 1 - i));
            nonce[i] = low;
            nonce[words - 1 - i] = high;
        }
}

void fs_nonce_reduce(const fs_nonce_key *key, const uint8_t *digest, uint8_t *reduced) {
    reduce(reduced, digest, key->order, fs_ec_octets(key->curve));
}
