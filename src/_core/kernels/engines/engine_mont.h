/* Arithmetic modulo an odd number of 4 or 6 words, in Montgomery form, without branches or addresses that depend on a value.
 *
 * Numbers are little-endian words, below the modulus. `n` (words) is a constant at every call, so that the loops unroll. */
#ifndef FS_ENGINE_MONT_H
#define FS_ENGINE_MONT_H

#include "ec_batch.h"

typedef unsigned __int128 fs_u128;

typedef struct {
    uint64_t m[FS_CURVE_WORDS];
    uint64_t rr[FS_CURVE_WORDS];      /* R^2 mod m, R = 2^(64 n): into Montgomery form */
    uint64_t one[FS_CURVE_WORDS];     /* R mod m */
    uint64_t minus_2[FS_CURVE_WORDS]; /* m - 2, the exponent of the inverse */
    uint64_t n0;                      /* -1/m mod 2^64 */
} fs_modulus;

/* r = high:t - m if that is not negative, else t. */
FS_INLINE void mont_reduce_once(uint64_t *r, const uint64_t *t, uint64_t high, const fs_modulus *m, const unsigned n) {
    uint64_t d[FS_CURVE_WORDS], borrow = 0;
    for (unsigned i = 0; i < n; i++) {
        const fs_u128 v = (fs_u128)t[i] - m->m[i] - borrow;
        d[i] = (uint64_t)v;
        borrow = (uint64_t)(v >> 64) & 1;
    }
    const uint64_t keep = 0 - (uint64_t)(high < borrow);
    for (unsigned i = 0; i < n; i++) r[i] = (t[i] & keep) | (d[i] & ~keep);
}

FS_INLINE void mont_add(uint64_t *r, const uint64_t *a, const uint64_t *b, const fs_modulus *m, const unsigned n) {
    uint64_t t[FS_CURVE_WORDS], carry = 0;
    for (unsigned i = 0; i < n; i++) {
        const fs_u128 v = (fs_u128)a[i] + b[i] + carry;
        t[i] = (uint64_t)v;
        carry = (uint64_t)(v >> 64);
    }
    mont_reduce_once(r, t, carry, m, n);
}

/* r = a b / R mod m */
FS_INLINE void mont_mul(uint64_t *r, const uint64_t *a, const uint64_t *b, const fs_modulus *m, const unsigned n) {
    uint64_t t[FS_CURVE_WORDS + 2] = {0};
    for (unsigned i = 0; i < n; i++) {
        fs_u128 v;
        uint64_t carry = 0;
        for (unsigned j = 0; j < n; j++) {
            v = (fs_u128)a[j] * b[i] + t[j] + carry;
            t[j] = (uint64_t)v;
            carry = (uint64_t)(v >> 64);
        }
        v = (fs_u128)t[n] + carry;
        t[n] = (uint64_t)v;
        t[n + 1] = (uint64_t)(v >> 64);
        const uint64_t q = t[0] * m->n0;
        v = (fs_u128)q * m->m[0] + t[0];
        carry = (uint64_t)(v >> 64);
        for (unsigned j = 1; j < n; j++) {
            v = (fs_u128)q * m->m[j] + t[j] + carry;
            t[j - 1] = (uint64_t)v;
            carry = (uint64_t)(v >> 64);
        }
        v = (fs_u128)t[n] + carry;
        t[n - 1] = (uint64_t)v;
        t[n] = t[n + 1] + (uint64_t)(v >> 64);
    }
    mont_reduce_once(r, t, t[n], m, n);
}

/* 1/a by Fermat; the exponent is public, the base is not. a, r in Montgomery form. */
static inline void mont_invert(uint64_t *r, const uint64_t *a, const fs_modulus *m, const unsigned n) {
    uint64_t x[FS_CURVE_WORDS];
    memcpy(x, m->one, sizeof x);
    for (unsigned i = 64 * n; i-- > 0;) {
        mont_mul(x, x, x, m, n);
        if (m->minus_2[i / 64] >> (i % 64) & 1) mont_mul(x, x, a, m, n);
    }
    memcpy(r, x, sizeof x);
}

/* Invert `count` numbers (Montgomery form, none zero) in place with one inversion: Montgomery's trick. */
static inline void mont_invert_all(uint64_t (*a)[FS_CURVE_WORDS], uint64_t (*before)[FS_CURVE_WORDS], size_t count,
                                   const fs_modulus *m, const unsigned n) {
    uint64_t all[FS_CURVE_WORDS], t[FS_CURVE_WORDS];
    memcpy(all, m->one, sizeof all);
    for (size_t i = 0; i < count; i++) { /* before[i] = product of those before i */
        memcpy(before[i], all, sizeof all);
        mont_mul(all, all, a[i], m, n);
    }
    mont_invert(all, all, m, n);
    for (size_t i = count; i-- > 0;) {
        mont_mul(t, all, before[i], m, n);
        mont_mul(all, all, a[i], m, n);
        memcpy(a[i], t, sizeof t);
    }
}

FS_INLINE int mont_equal(const uint64_t *a, const uint64_t *b, const unsigned n) {
    uint64_t different = 0;
    for (unsigned i = 0; i < n; i++) different |= a[i] ^ b[i];
    return different == 0;
}

FS_INLINE int mont_is_zero(const uint64_t *a, const unsigned n) {
    uint64_t any = 0;
    for (unsigned i = 0; i < n; i++) any |= a[i];
    return any == 0;
}

#endif
