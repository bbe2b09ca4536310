/* The field of 2^255 - 19: any value below 2^256 stands for its residue, and 2^256 = 38. fe_to alone reduces fully. Constant time. */

#if defined(EC_ADX)
#include "ed25519_adx.h" /* fe_mul, fe_sqr, fe_sub */
#else

/* a += 38 * carry, where the last carry can only leave a small number behind */
static inline void fold(num *a, uint64_t carry) {
    wide sum = carry * 38;
    for (int i = 0; i < 4; i++) {
        sum += a->limb[i];
        a->limb[i] = (uint64_t)sum;
        sum >>= 64;
    }
    a->limb[0] += (uint64_t)sum * 38;
}

static __attribute__((noinline)) void fe_mul(num *out, const num *a, const num *b) {
    uint64_t t[8] = {0};
    wide sum = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        sum = 0;
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            sum = (wide)a->limb[j] * b->limb[i] + t[i + j] + (uint64_t)sum;
            t[i + j] = (uint64_t)sum;
            sum >>= 64;
        }
        t[i + 4] = (uint64_t)sum;
    }
    sum = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        sum = (wide)t[i + 4] * 38 + t[i] + (uint64_t)sum;
        out->limb[i] = (uint64_t)sum;
        sum >>= 64;
    }
    fold(out, (uint64_t)sum);
}

static inline void fe_sqr(num *out, const num *a) { fe_mul(out, a, a); }

static inline void fe_sub(num *out, const num *a, const num *b) {
    static const num none = {{0}};
    num correction = none;
    correction.limb[0] = num_sub(out, a, b) * 38;
    out->limb[0] -= num_sub(out, out, &correction) * 38;
}

#endif

static inline void fe_add(num *out, const num *a, const num *b) {
    static const num none = {{0}};
    num correction = none;
    correction.limb[0] = num_add(out, a, b) * 38;
    out->limb[0] += num_add(out, out, &correction) * 38;
}

/* Below p: 19 for the bit 2^255, then p once more where that is not below it. */
static inline void fe_to(num *out, const num *a) {
    num value = *a, less, bit = {{19 * (a->limb[3] >> 63)}};
    value.limb[3] &= UINT64_MAX >> 1;
    num_add(&value, &value, &bit);
    uint64_t borrow = num_sub(&less, &value, &field_p);
    num_move(&value, &less, borrow - 1);
    *out = value;
}
static inline void fe_from(num *out, const num *a) { *out = *a; }

static inline uint64_t fe_is_zero(const num *a) {
    num value;
    fe_to(&value, a);
    return num_is_zero(&value);
}

static inline uint64_t fe_equal(const num *a, const num *b) {
    num difference;
    fe_sub(&difference, a, b);
    return fe_is_zero(&difference);
}

/* a = mask ? -a : a */
FS_INLINE void fe_negate_if(num *a, uint64_t mask) {
    static const num zero = {{0}};
    num minus;
    fe_sub(&minus, &zero, a);
    num_move(a, &minus, mask);
}

/* out = a^(2^squarings) * times */
static void fe_run(num *out, const num *a, int squarings, const num *times) {
    num x = *a, y = *times;
    for (int i = 0; i < squarings; i++) fe_sqr(&x, &x);
    fe_mul(out, &x, &y);
}

/* a^(2^250 - 1), and a^11 on the way */
static void fe_power_250(num *out, num *a11, const num *a) {
    num a2, a9, x5, x10, x20, x50, x100;
    fe_run(&a2, a, 1, &field_one);
    fe_run(&a9, a, 3, a);
    fe_mul(a11, &a9, &a2);
    fe_run(&x5, a11, 1, &a9); /* x5 = a^(2^5 - 1), and so on */
    fe_run(&x10, &x5, 5, &x5);
    fe_run(&x20, &x10, 10, &x10);
    fe_run(&x50, &x20, 20, &x20);
    fe_run(&x50, &x50, 10, &x10);
    fe_run(&x100, &x50, 50, &x50);
    fe_run(out, &x100, 100, &x100);
    fe_run(out, out, 50, &x50);
}

/* 1/a = a^(2^255 - 21); 0 for 0 */
static void fe_invert(num *out, const num *a) {
    num x250, a11;
    fe_power_250(&x250, &a11, a);
    fe_run(out, &x250, 5, &a11);
}
