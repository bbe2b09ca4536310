/* Arithmetic on numbers of EC_LIMBS limbs: mod p (fe_*, by the curve's own header) and mod n in Montgomery form (order_*). All of it is
 * constant time. Numbers mod n are fully reduced. */
#if !defined(EC_LIMBS)
#error "include a curve first"
#endif

#include <stdalign.h>

#define EC_OCTETS ((size_t)EC_LIMBS * 8)

typedef unsigned __int128 wide;
typedef struct {
    uint64_t limb[EC_LIMBS];
} num;

static const num field_p = {EC_P}, field_one = {EC_P_ONE}, field_square = {EC_P_SQUARE};
static const num order_n = {EC_N}, order_one = {EC_N_ONE}, order_square = {EC_N_SQUARE};

/* ---- Plain numbers ---- */

static inline void num_load(num *a, const uint8_t *octets) {
    for (size_t i = 0; i < EC_LIMBS; i++) {
        uint64_t word;
        memcpy(&word, octets + EC_OCTETS - 8 - 8 * i, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        a->limb[i] = word;
    }
}

static inline void num_store(uint8_t *octets, const num *a) {
    for (size_t i = 0; i < EC_LIMBS; i++) {
        uint64_t word = a->limb[i];
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        memcpy(octets + EC_OCTETS - 8 - 8 * i, &word, 8);
    }
}

/* All ones where a is zero, else zero. The empty asm keeps compilers from making a branch of it. */
static inline uint64_t mask_if_zero(uint64_t a) {
    uint64_t mask = ((a | (0 - a)) >> 63) - 1;
    __asm__("" : "+r"(mask));
    return mask;
}

static inline uint64_t num_is_zero(const num *a) {
    uint64_t all = 0;
    for (int i = 0; i < EC_LIMBS; i++) all |= a->limb[i];
    return mask_if_zero(all);
}

static inline uint64_t num_equal(const num *a, const num *b) {
    uint64_t all = 0;
    for (int i = 0; i < EC_LIMBS; i++) all |= a->limb[i] ^ b->limb[i];
    return mask_if_zero(all);
}

/* out = mask ? a : out */
static inline void num_move(num *out, const num *a, uint64_t mask) {
    for (int i = 0; i < EC_LIMBS; i++) out->limb[i] ^= (out->limb[i] ^ a->limb[i]) & mask;
}

/* out = a + b, returns the carry */
FS_INLINE uint64_t num_add(num *out, const num *a, const num *b) {
    wide carry = 0;
    for (int i = 0; i < EC_LIMBS; i++) {
        carry += (wide)a->limb[i] + b->limb[i];
        out->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return (uint64_t)carry;
}

/* out = a - b, returns the borrow */
FS_INLINE uint64_t num_sub(num *out, const num *a, const num *b) {
    uint64_t borrow = 0;
    for (int i = 0; i < EC_LIMBS; i++) {
        wide difference = (wide)a->limb[i] - b->limb[i] - borrow;
        out->limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

static inline int num_less(const num *a, const num *b) {
    num unused;
    return (int)num_sub(&unused, a, b);
}

/* ---- Modulo m ---- */

FS_INLINE void mod_add(num *out, const num *a, const num *b, const num *m) {
    num sum, less;
    uint64_t carry = num_add(&sum, a, b);
    uint64_t borrow = num_sub(&less, &sum, m);
    num_move(&less, &sum, 0 - (borrow & ~carry & 1)); /* the sum was below m */
    *out = less;
}

FS_INLINE void mod_sub(num *out, const num *a, const num *b, const num *m) {
    num correction;
    uint64_t mask = 0 - num_sub(out, a, b);
    for (int i = 0; i < EC_LIMBS; i++) correction.limb[i] = m->limb[i] & mask;
    num_add(out, out, &correction);
}

/* Montgomery multiplication, a*b / 2^(64 limbs) mod m, for a < m and any b; multiplication and reduction a limb at a time. */
FS_INLINE void mod_mul(num *out, const num *a, const num *b, const num *m, uint64_t factor) {
    uint64_t t[EC_LIMBS + 1] = {0};
#pragma GCC unroll 6
    for (int i = 0; i < EC_LIMBS; i++) {
        wide product = (wide)a->limb[0] * b->limb[i] + t[0];
        uint64_t q = (uint64_t)product * factor;
        wide reduced = (wide)q * m->limb[0] + (uint64_t)product;
#pragma GCC unroll 6
        for (int j = 1; j < EC_LIMBS; j++) {
            product = (wide)a->limb[j] * b->limb[i] + t[j] + (uint64_t)(product >> 64);
            reduced = (wide)q * m->limb[j] + (uint64_t)product + (uint64_t)(reduced >> 64);
            t[j - 1] = (uint64_t)reduced;
        }
        wide top = (product >> 64) + (reduced >> 64) + t[EC_LIMBS];
        t[EC_LIMBS - 1] = (uint64_t)top;
        t[EC_LIMBS] = (uint64_t)(top >> 64);
    }
    num result;
    memcpy(&result, t, sizeof result);
    uint64_t borrow = num_sub(out, &result, m);
    num_move(out, &result, 0 - (borrow & ~t[EC_LIMBS] & 1));
}

/* ---- The field ---- */

#if defined(EC_OWN_FIELD)
#include EC_OWN_FIELD /* all of fe_* */
#else
#include "ec_nist_field_impl.h"
#endif

/* ---- The order ---- */

#if defined(EC_ADX) && EC_LIMBS == 4
#include "ec_mont4_adx.h"
static __attribute__((noinline)) void order_mul(num *out, const num *a, const num *b) {
    mont4(out->limb, a->limb, b->limb, order_n.limb, EC_N_FACTOR);
}
#else
static __attribute__((noinline)) void order_mul(num *out, const num *a, const num *b) { mod_mul(out, a, b, &order_n, EC_N_FACTOR); }
#endif
static inline void order_from(num *out, const num *a) { order_mul(out, &order_square, a); }

/* a mod n, for any a below 2n: P-256 and P-384 have 2n > 2^(64 limbs) */
static inline void order_reduce(num *a) {
    num less;
    uint64_t borrow = num_sub(&less, a, &order_n);
    num_move(a, &less, borrow - 1);
}

/* 1/a mod n by Fermat, in Montgomery form; four bits of the (public) exponent n-2 at a time. */
static void order_invert(num *out, const num *a) {
    num power[16], result = order_one, two = {{2}}, exponent;
    power[0] = order_one;
    for (int i = 1; i < 16; i++) order_mul(&power[i], &power[i - 1], a);
    num_sub(&exponent, &order_n, &two);
    for (int i = EC_LIMBS * 16 - 1; i >= 0; i--) {
        for (int j = 0; j < 4; j++) order_mul(&result, &result, &result);
        order_mul(&result, &result, &power[exponent.limb[i / 16] >> (i % 16 * 4) & 15]);
    }
    *out = result;
}

/* inverse[i] = 1/value[i] mod n in Montgomery form, by one inversion. No value is zero. */
static inline void order_invert_all(num *inverse, const num *value, num *before, size_t count) {
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
