/* In place of ec_nonce.c: nonces that the test chooses, to reach what no one can reach by chance: s = 0. */
#include "ec_nonce.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT uint64_t chosen_nonces[16][FS_CURVE_WORDS]; /* by `skip` */
EXPORT unsigned chosen_most = 0;                  /* the greatest skip asked for */

void fs_nonce_key_init(fs_nonce_key *key, fs_ec_curve curve, const uint8_t *secret, const uint8_t *order) {
    (void)secret;
    key->curve = curve;
    memcpy(key->order, order, fs_ec_octets(curve));
}

void fs_nonce_words(const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip, uint64_t *nonces) {
    (void)digests;
    const size_t words = fs_ec_octets(key->curve) / 8;
    if (skip > chosen_most) chosen_most = skip;
    for (size_t i = 0; i < count; i++) memcpy(nonces + i * words, chosen_nonces[skip], words * sizeof *nonces);
}

void fs_nonce_reduce(const fs_nonce_key *key, const uint8_t *digest, uint8_t *out) {
    memcpy(out, digest, fs_ec_octets(key->curve)); /* the digests of the test are below the order */
}
