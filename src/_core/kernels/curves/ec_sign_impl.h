/* Signing one chunk in constant time: R = k*G, s = (e + r*d) / k, and the check of both. */

#include <openssl/crypto.h>

typedef struct {
    comb_room comb;
    num inverse[ROWS]; /* 1/k, Montgomery form */
} sign_room;

/* (e + r*d) mod n; `secret` in Montgomery form */
static void sum_of(num *out, const uint8_t *digest, const num *r, const num *secret) {
    num e;
    num_load(&e, digest); /* RFC 6979 section 2.3.2: bits2int, which for these lengths is the digest itself */
    order_reduce(&e);
    order_mul(out, r, secret);
    mod_add(out, out, &e, &order_n);
}

/* Does row i hold what it should? From the octets that leave: R on the curve with x = r, and s*k = e + r*d. */
static uint64_t holds(const sign_room *room, size_t i, const uint8_t *digest, const uint8_t *signature, const num *secret) {
    num r, s, x, expected, k;
    num_load(&r, signature);
    num_load(&s, signature + EC_OCTETS);
    fe_to(&x, &room->comb.rows.sum[i].x);
    order_reduce(&x);
    sum_of(&expected, digest, &r, secret);
    order_from(&k, &room->comb.nonce[i]);
    order_mul(&s, &s, &k);
    return num_equal(&x, &r) & num_equal(&s, &expected) & point_on_curve(&room->comb.rows.sum[i]);
}

static int kernel_sign(const uint8_t *secret_octets, const uint8_t *digests, const uint8_t *nonces, size_t count, void *memory,
                       uint8_t *signatures, uint8_t *again) {
    sign_room *room = memory;
    num secret, r, s;
    uint64_t right = ~(uint64_t)0;
    pthread_once(&comb_once, comb_fill);
    num_load(&secret, secret_octets);
    order_from(&secret, &secret);
    for (size_t i = 0; i < count; i++) num_load(&room->comb.nonce[i], nonces + EC_OCTETS * i);
    multiply_base(&room->comb, count);
    order_invert_all(room->inverse, room->comb.nonce, room->comb.rows.before, count);
    for (size_t i = 0; i < count; i++) {
        fe_to(&r, &room->comb.rows.sum[i].x);
        order_reduce(&r);
        sum_of(&s, digests + EC_OCTETS * i, &r, &secret);
        order_mul(&s, &s, &room->inverse[i]);
        again[i] = (uint8_t)((num_is_zero(&r) | num_is_zero(&s)) & 1); /* RFC 6979 section 3.4 */
        num_store(signatures + 2 * EC_OCTETS * i, &r);
        num_store(signatures + 2 * EC_OCTETS * i + EC_OCTETS, &s);
    }
    for (size_t i = 0; i < count; i++)
        right &= holds(room, i, digests + EC_OCTETS * i, signatures + 2 * EC_OCTETS * i, &secret);
    OPENSSL_cleanse(&secret, sizeof secret);
    return FS_DECLASSIFY(right) == 0;
}

static void kernel_derive(const uint8_t *secret, void *memory, uint8_t *public_key) {
    comb_room *room = &((sign_room *)memory)->comb;
    num x, y;
    pthread_once(&comb_once, comb_fill);
    num_load(&room->nonce[0], secret);
    multiply_base(room, 1);
    fe_negate_if(&room->rows.sum[0].y, (room->nonce[0].limb[0] & 1) - 1);
    fe_to(&x, &room->rows.sum[0].x);
    fe_to(&y, &room->rows.sum[0].y);
    num_store(public_key, &x);
    num_store(public_key + EC_OCTETS, &y);
}
