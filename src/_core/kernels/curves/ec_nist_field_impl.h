/* The fields of P-256 and P-384: elements in Montgomery form, always fully reduced. */

#if defined(EC_ADX)
#include EC_ADX_HEADER /* fe_mul, fe_sqr, fe_sub */
#else
/* Out of line: hundreds of unrolled copies would take gcc minutes. */
static __attribute__((noinline)) void fe_mul(num *out, const num *a, const num *b) { mod_mul(out, a, b, &field_p, EC_P_FACTOR); }
static inline void fe_sqr(num *out, const num *a) { fe_mul(out, a, a); }
static inline void fe_sub(num *out, const num *a, const num *b) { mod_sub(out, a, b, &field_p); }
#endif
static inline void fe_add(num *out, const num *a, const num *b) { mod_add(out, a, b, &field_p); }

static inline uint64_t fe_is_zero(const num *a) { return num_is_zero(a); }
static inline uint64_t fe_equal(const num *a, const num *b) { return num_equal(a, b); }

/* Into Montgomery form and out of it. */
static inline void fe_from(num *out, const num *a) { fe_mul(out, a, &field_square); }
static inline void fe_to(num *out, const num *a) {
    static const num one = {{1}};
    fe_mul(out, a, &one);
}

/* a = mask ? -a : a, for a != 0 */
FS_INLINE void fe_negate_if(num *a, uint64_t mask) {
    num minus;
    num_sub(&minus, &field_p, a);
    num_move(a, &minus, mask);
}

/* out = a^(2^squarings) * times */
static void fe_run(num *out, const num *a, int squarings, const num *times) {
    num x = *a, y = *times;
    for (int i = 0; i < squarings; i++) fe_sqr(&x, &x);
    fe_mul(out, &x, &y);
}

/* 1/a mod p by Fermat; 0 for 0 */
static void fe_invert(num *out, const num *a) {
#define EC_RUN fe_run
    EC_INVERT(out, a);
#undef EC_RUN
}
