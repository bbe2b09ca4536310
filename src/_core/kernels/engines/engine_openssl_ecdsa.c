/* ECDSA with libcrypto's multiplication of the base point, which is all of libcrypto's ECDSA that is fast: its two inversions a
 * signature (60 % of the time for P-256) become two a chunk, and the nonces are RFC 6979's.
 *
 * For every signature it is checked that R lies on the curve and that s k = e + r d; fs_sign verifies samples on top. */
#define OPENSSL_SUPPRESS_DEPRECATED /* Jacobian coordinates have no other reader */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>

#include "engine.h"
#include "engine_mont.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words go to and from libcrypto as little-endian octets");

enum { CHUNK = 128, RETRIES = 8 };

typedef uint64_t number[FS_CURVE_WORDS];

/* Everything that depends on a nonce or the key; in locked memory. */
typedef struct {
    fs_modulus p, q;          /* the field, the group's order */
    number b, minus_3;        /* of y^2 = x^3 - 3 x + b; Montgomery form */
    number d;                 /* the key, Montgomery form */
    number k[CHUNK];          /* Montgomery form */
    number k_inverse[CHUNK];  /* Montgomery form */
    number x[CHUNK], y[CHUNK], z[CHUNK]; /* k G in Jacobian coordinates, Montgomery form */
    number before[CHUNK];
    uint64_t nonces[CHUNK * FS_CURVE_WORDS];
    uint8_t is_zero[CHUNK];   /* r = 0 or s = 0: the row needs its next nonce */
    /* libcrypto's */
    const EC_GROUP *group;
    EC_POINT *point;
    BN_CTX *context;
    BIGNUM *bn_k, *bn_x, *bn_y, *bn_z;
} worker;

static void to_words(const BIGNUM *bn, uint64_t *words, unsigned n) { BN_bn2lebinpad(bn, (uint8_t *)words, (int)(8 * n)); }

/* ---- set-up */

static void open_modulus(fs_modulus *m, const BIGNUM *bn, const unsigned n) {
    to_words(bn, m->m, n);
    memcpy(m->minus_2, m->m, sizeof m->m);
    m->minus_2[0] -= 2; /* p and q of both curves end in more than 2 */
    m->n0 = 1;
    for (int i = 0; i < 6; i++) m->n0 *= 2 - m->m[0] * m->n0; /* Newton: 1/m mod 2^64 */
    m->n0 = 0 - m->n0;
    number t = {1};
    for (unsigned i = 0; i < 128 * n; i++) {
        mont_add(t, t, t, m, n);
        if (i == 64 * n - 1) memcpy(m->one, t, sizeof t);
    }
    memcpy(m->rr, t, sizeof t);
}

static int open_numbers(worker *w, const fs_private_key *key, const unsigned n) {
    BIGNUM *a = w->bn_x, *b = w->bn_y, *p = w->bn_z;
    if (EC_GROUP_get_curve(w->group, p, a, b, w->context) != 1) return 0;
    open_modulus(&w->p, p, n);
    open_modulus(&w->q, EC_GROUP_get0_order(w->group), n);
    to_words(b, w->b, n);
    to_words(a, w->minus_3, n);
    mont_mul(w->b, w->b, w->p.rr, &w->p, n);
    mont_mul(w->minus_3, w->minus_3, w->p.rr, &w->p, n);
    mont_mul(w->d, key->secrets->words, w->q.rr, &w->q, n);
    return 1;
}

static int open_worker(worker *w, const fs_private_key *key) {
    w->group = EC_KEY_get0_group(key->public_key.handle);
    w->point = EC_POINT_new(w->group);
    w->context = BN_CTX_new();
    w->bn_k = BN_secure_new();
    w->bn_x = BN_new();
    w->bn_y = BN_new();
    w->bn_z = BN_new();
    if (!w->point || !w->context || !w->bn_k || !w->bn_x || !w->bn_y || !w->bn_z) return 0;
    BN_set_flags(w->bn_k, BN_FLG_CONSTTIME);
    return open_numbers(w, key, key->public_key.digest_length / 8);
}

static void close_worker(worker *w) {
    EC_POINT_clear_free(w->point);
    BN_CTX_free(w->context);
    BN_clear_free(w->bn_k);
    BN_clear_free(w->bn_x);
    BN_clear_free(w->bn_y);
    BN_clear_free(w->bn_z);
    fs_secret_close(w, sizeof *w);
}

/* ---- R = k G */

FS_INLINE int multiply_base(worker *w, size_t i, const unsigned n) {
    const uint64_t *k = w->nonces + i * n;
    if (BN_lebin2bn((const uint8_t *)k, (int)(8 * n), w->bn_k) == NULL) return 0;
    if (EC_POINT_mul(w->group, w->point, w->bn_k, NULL, NULL, w->context) != 1) return 0;
    if (EC_POINT_get_Jprojective_coordinates_GFp(w->group, w->point, w->bn_x, w->bn_y, w->bn_z, w->context) != 1) return 0;
    if (BN_is_zero(w->bn_z)) return 0;
    to_words(w->bn_x, w->x[i], n);
    to_words(w->bn_y, w->y[i], n);
    to_words(w->bn_z, w->z[i], n);
    mont_mul(w->x[i], w->x[i], w->p.rr, &w->p, n);
    mont_mul(w->y[i], w->y[i], w->p.rr, &w->p, n);
    mont_mul(w->z[i], w->z[i], w->p.rr, &w->p, n);
    mont_mul(w->k[i], k, w->q.rr, &w->q, n);
    memcpy(w->k_inverse[i], w->k[i], sizeof w->k[i]);
    return 1;
}

/* With z holding 1/Z: x = X/Z^2, y = Y/Z^3. Is the point on the curve? */
FS_INLINE int make_affine(worker *w, size_t i, const unsigned n) {
    const fs_modulus *p = &w->p;
    number t, u;
    mont_mul(t, w->z[i], w->z[i], p, n);
    mont_mul(w->x[i], w->x[i], t, p, n);
    mont_mul(t, t, w->z[i], p, n);
    mont_mul(w->y[i], w->y[i], t, p, n);
    mont_mul(t, w->x[i], w->x[i], p, n);
    mont_add(t, t, w->minus_3, p, n);
    mont_mul(t, t, w->x[i], p, n);
    mont_add(t, t, w->b, p, n);
    mont_mul(u, w->y[i], w->y[i], p, n);
    return mont_equal(t, u, n);
}

/* ---- r and s */

FS_INLINE void load_digest(uint64_t *words, const uint8_t *digest, const fs_modulus *q, const unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *at = digest + 8 * (n - 1 - i);
        words[i] = ((uint64_t)fs_load_be32(at) << 32) | fs_load_be32(at + 4);
    }
    mont_reduce_once(words, words, 0, q, n);
}

FS_INLINE void store_number(const uint64_t *words, uint8_t *out, const unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        fs_store_be32(out + 8 * (n - 1 - i), (uint32_t)(words[i] >> 32));
        fs_store_be32(out + 8 * (n - 1 - i) + 4, (uint32_t)words[i]);
    }
}

/* r = x mod q; s = (e + r d)/k mod q. Does s k = e + r d hold? */
FS_INLINE int finish_row(worker *w, size_t i, const uint8_t *digest, uint8_t *out, const unsigned n) {
    static const number plain_one = {1};
    const fs_modulus *q = &w->q;
    number e, r, s, t;
    load_digest(e, digest, q, n);
    mont_mul(r, w->x[i], plain_one, &w->p, n);
    mont_reduce_once(r, r, 0, q, n);
    mont_mul(t, r, w->d, q, n);
    mont_add(t, t, e, q, n);
    mont_mul(s, t, w->k_inverse[i], q, n);
    mont_mul(e, s, w->k[i], q, n);
    w->is_zero[i] = mont_is_zero(r, n) || mont_is_zero(s, n);
    store_number(r, out, n);
    store_number(s, out + 8 * n, n);
    const int good = mont_equal(e, t, n);
    OPENSSL_cleanse(t, sizeof t); /* with r, s and e it gives the key */
    return good;
}

FS_INLINE int sign_chunk(worker *w, const fs_private_key *key, const uint8_t *digests, size_t count, uint32_t skip, uint8_t *out,
                         const unsigned n) {
    int good = 1;
    fs_nonce_words(&key->secrets->nonce, digests, count, skip, w->nonces);
    for (size_t i = 0; i < count; i++)
        if (!multiply_base(w, i, n)) return 0;
    mont_invert_all(w->z, w->before, count, &w->p, n);
    mont_invert_all(w->k_inverse, w->before, count, &w->q, n);
    for (size_t i = 0; i < count; i++) {
        good &= make_affine(w, i, n);
        good &= finish_row(w, i, digests + i * 8 * n, out + i * 16 * n, n);
    }
    return good;
}

static int sign_256(worker *w, const fs_private_key *key, const uint8_t *digests, size_t count, uint32_t skip, uint8_t *out) {
    return sign_chunk(w, key, digests, count, skip, out, 4);
}

static int sign_384(worker *w, const fs_private_key *key, const uint8_t *digests, size_t count, uint32_t skip, uint8_t *out) {
    return sign_chunk(w, key, digests, count, skip, out, 6);
}

/* RFC 6979 section 3.2, step h.3: the rows of the last chunk that came out as zero, each with its next nonces. */
FS_COLD static int sign_again(worker *w, const fs_private_key *key, const uint8_t *digests, size_t count, uint8_t *out) {
    const size_t width = key->public_key.digest_length;
    uint8_t rows[CHUNK];
    memcpy(rows, w->is_zero, sizeof rows);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i]) continue;
        w->is_zero[0] = 1;
        for (uint32_t skip = 1; w->is_zero[0]; skip++) {
            if (skip > RETRIES) return 0;
            const int good = width == 32 ? sign_256(w, key, digests + i * width, 1, skip, out + i * 2 * width)
                                         : sign_384(w, key, digests + i * width, 1, skip, out + i * 2 * width);
            if (!good) return 0;
        }
    }
    return 1;
}

static int sign_rows(worker *w, const fs_private_key *key, const fs_rows *rows, uint8_t *signatures) {
    const size_t width = rows->width;
    for (size_t begin = 0; begin < rows->count; begin += CHUNK) {
        const size_t count = rows->count - begin < CHUNK ? rows->count - begin : CHUNK;
        const uint8_t *digests = rows->data + begin * width;
        uint8_t *out = signatures + begin * 2 * width;
        const int good = width == 32 ? sign_256(w, key, digests, count, 0, out) : sign_384(w, key, digests, count, 0, out);
        if (!good) return 0;
        if (memchr(w->is_zero, 1, count) != NULL && !sign_again(w, key, digests, count, out)) return 0;
    }
    return 1;
}

fs_status fs_openssl_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    worker *w = fs_secret_open(sizeof *w);
    if (w == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for signing");
    const int good = open_worker(w, key) && sign_rows(w, key, rows, signatures);
    close_worker(w);
    return good ? FS_OK : fs_fail(error, FS_ERROR_CRYPTO, "an ECDSA signature failed its own check, or libcrypto could not make it");
}
