/* Signing one chunk in constant time: R = k*G by a comb of signed odd digits, s = (e + r*d) / k, and the check of both. */

#include <openssl/crypto.h>
#include <pthread.h>

typedef struct {
    addition rows;
    num nonce[ROWS];   /* k */
    num half[ROWS];    /* its signed odd digits */
    num inverse[ROWS]; /* 1/k, Montgomery form */
} sign_room;

static window_table comb[WINDOWS];
static pthread_once_t comb_once = PTHREAD_ONCE_INIT;

/* The comb of G, once in a process: half a millisecond. */
static void comb_fill(void) {
    static addition rows;
    table_build(&comb[0].entry[0], &generator, WINDOW, &rows);
    for (size_t i = 0; i < WINDOWS; i++) window_slice(&comb[i]);
}

/* next[i] = the multiple that window number w of each row asks for, with its sign. */
static void pick(sign_room *room, size_t w, size_t count) {
    for (size_t i = 0; i < count; i += BLOCK) {
        uint32_t index[BLOCK];
        uint64_t negative[BLOCK];
        for (size_t j = 0; j < BLOCK; j++) index[j] = digit(&room->half[i + j], w, WINDOW, &negative[j]);
        window_select(&room->rows.next[i], &comb[w], index);
        for (size_t j = 0; j < BLOCK; j++) fe_negate_if(&room->rows.next[i + j].y, negative[j]);
    }
}

/* sum[i] = k*G or -k*G, for count nonces; returns the padded count.
 *
 * The sum of the windows below w is smaller than 2^(window w), so a pair is special only where the last digit is half of k + n: for one
 * k in all of 1..n-1. That k then is known to the world anyway, and no nonce derived by RFC 6979 will meet it. */
static void multiply_base(sign_room *room, size_t count) {
    size_t all = padded(count, BLOCK);
    for (size_t i = count; i < all; i++) room->nonce[i] = room->nonce[0];
    for (size_t i = 0; i < all; i++) recode(&room->half[i], &room->nonce[i]);
    memset(room->rows.special, 0, sizeof room->rows.special);
    pick(room, 0, all);
    memcpy(room->rows.sum, room->rows.next, all * sizeof(point));
    for (size_t w = 1; w < WINDOWS; w++) {
        pick(room, w, all);
        add_rows(&room->rows, all);
    }
    uint8_t special = 0;
    for (size_t i = 0; i < count; i++) special |= room->rows.special[i];
    if (FS_LIKELY(!FS_DECLASSIFY(special))) return;
    for (size_t i = 0; i < count; i++)
        if (room->rows.special[i]) room->rows.sum[i] = multiply_slow(&generator, &room->nonce[i]).at;
}

/* inverse[i] = 1/value[i] mod n in Montgomery form, by one inversion. No value is zero. */
static void order_invert_all(num *inverse, const num *value, num *before, size_t count) {
    num run = order_one;
    for (size_t i = 0; i < count; i++) {
        order_from(&inverse[i], &value[i]);
        before[i] = run;
        order_mul(&run, &run, &inverse[i]);
    }
    order_invert(&run, &run);
    for (size_t i = count; i-- > 0;) {
        num one = inverse[i];
        order_mul(&inverse[i], &run, &before[i]);
        order_mul(&run, &run, &one);
    }
}

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
    fe_to(&x, &room->rows.sum[i].x);
    order_reduce(&x);
    sum_of(&expected, digest, &r, secret);
    order_from(&k, &room->nonce[i]);
    order_mul(&s, &s, &k);
    return num_equal(&x, &r) & num_equal(&s, &expected) & point_on_curve(&room->rows.sum[i]);
}

static int kernel_sign(const uint8_t *secret_octets, const uint8_t *digests, const uint8_t *nonces, size_t count, void *memory,
                       uint8_t *signatures, uint8_t *again) {
    sign_room *room = memory;
    num secret, r, s;
    uint64_t right = ~(uint64_t)0;
    pthread_once(&comb_once, comb_fill);
    num_load(&secret, secret_octets);
    order_from(&secret, &secret);
    for (size_t i = 0; i < count; i++) num_load(&room->nonce[i], nonces + EC_OCTETS * i);
    multiply_base(room, count);
    order_invert_all(room->inverse, room->nonce, room->rows.before, count);
    for (size_t i = 0; i < count; i++) {
        fe_to(&r, &room->rows.sum[i].x);
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
    sign_room *room = memory;
    num x, y;
    pthread_once(&comb_once, comb_fill);
    num_load(&room->nonce[0], secret);
    multiply_base(room, 1);
    uint64_t even = (room->nonce[0].limb[0] & 1) - 1;
    if (!room->rows.special[0]) fe_negate_if(&room->rows.sum[0].y, even); /* the digits were those of n - k */
    fe_to(&x, &room->rows.sum[0].x);
    fe_to(&y, &room->rows.sum[0].y);
    num_store(public_key, &x);
    num_store(public_key + EC_OCTETS, &y);
}
