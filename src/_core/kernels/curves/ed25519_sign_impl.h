/* Signing one chunk in constant time, in two steps with the hash of R between them (RFC 8032 section 5.1.6): R = r*B, then S = r + h*s. */

#include <openssl/crypto.h>

static int kernel_commit(const uint8_t *hashes, size_t count, void *memory, uint8_t *signatures) {
    comb_room *room = memory;
    uint64_t zero = 0;
    pthread_once(&comb_once, comb_fill);
    for (size_t i = 0; i < count; i++) {
        order_load_hash(&room->nonce[i], hashes + 64 * i);
        order_to(&room->nonce[i], &room->nonce[i]);
        zero |= num_is_zero(&room->nonce[i]); /* S = h*s would give the key away */
    }
    multiply_base(room, count);
    for (size_t i = 0; i < count; i++) {
        zero |= room->rows.special[i];
        fe_negate_if(&room->rows.sum[i].y, (room->nonce[i].limb[0] & 1) - 1); /* the digits were those of L - r */
    }
    uint64_t good = encode_rows(&room->rows, count, signatures, 64) & ~zero;
    return FS_DECLASSIFY(good) != ~(uint64_t)0;
}

static void respond(num *out, const num *r, const num *secret, const uint8_t *hash) {
    num h;
    order_load_hash(&h, hash);
    order_mul(out, secret, &h);
    mod_add(out, out, r, &order_n);
}

static int kernel_respond(const uint8_t *secret_octets, const uint8_t *hashes, size_t count, void *memory, uint8_t *signatures) {
    comb_room *room = memory;
    uint8_t wide_secret[64] = {0};
    num secret, s, again;
    uint64_t good = ~(uint64_t)0;
    memcpy(wide_secret, secret_octets, 32);
    order_load_hash(&secret, wide_secret);
    order_to(&secret, &secret);
    for (size_t i = 0; i < count; i++) {
        respond(&s, &room->nonce[i], &secret, hashes + 64 * i);
        num_store_little(signatures + 64 * i + 32, &s);
    }
    for (size_t i = 0; i < count; i++) { /* the octets that leave, against the same sum once more */
        respond(&again, &room->nonce[i], &secret, hashes + 64 * i);
        num_load_little(&s, signatures + 64 * i + 32);
        good &= num_equal(&s, &again);
    }
    OPENSSL_cleanse(wide_secret, sizeof wide_secret);
    OPENSSL_cleanse(&secret, sizeof secret);
    return FS_DECLASSIFY(good) == 0;
}
