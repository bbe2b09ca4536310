/* Between the Weierstrass form that is added in and the Edwards form that is sent: x_e = c*u/v, y_e = (u - 1)/(u + 1) (RFC 7748 section 4.1).
 */

static const num ed_shift = {ED_SHIFT}, ed_c = {ED_C}, ed_d = {ED_D}, ed_root_minus_one = {ED_ROOT_MINUS_ONE};

/* Octets of RFC 8032 are little-endian. */
static inline void num_load_little(num *a, const uint8_t *octets) {
    for (int i = 0; i < 4; i++) {
        a->limb[i] = 0;
        for (int j = 7; j >= 0; j--) a->limb[i] = a->limb[i] << 8 | octets[8 * i + j];
    }
}

static inline void num_store_little(uint8_t *octets, const num *a) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 8; j++) octets[8 * i + j] = (uint8_t)(a->limb[i] >> (8 * j));
}

/* 512 bits mod L, in Montgomery form. Constant time. */
static inline void order_load_hash(num *out, const uint8_t *hash) {
    static const num cube = {EC_N_CUBE};
    num low, high;
    num_load_little(&low, hash);
    num_load_little(&high, hash + 32);
    order_mul(&low, &order_square, &low);
    order_mul(&high, &cube, &high);
    mod_add(out, &low, &high, &order_n);
}

static inline void order_to(num *out, const num *a) {
    static const num one = {{1}};
    order_mul(out, a, &one);
}

/* -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 section 5.1), as a mask */
static uint64_t edwards_on_curve(const num *x, const num *y) {
    num x2, y2, left, right;
    fe_sqr(&x2, x);
    fe_sqr(&y2, y);
    fe_sub(&left, &y2, &x2);
    fe_mul(&right, &x2, &y2);
    fe_mul(&right, &right, &ed_d);
    fe_add(&right, &right, &field_one);
    return fe_equal(&left, &right);
}

/* RFC 8032 section 5.1.2: y, with the lowest bit of x on top */
static void edwards_encode(uint8_t *out, const num *x, const num *y) {
    num reduced_x, reduced_y;
    fe_to(&reduced_x, x);
    fe_to(&reduced_y, y);
    reduced_y.limb[3] |= reduced_x.limb[0] << 63;
    num_store_little(out, &reduced_y);
}

/* The encodings of sum[i], `stride` octets apart, by one inversion; returns a mask that says all of them are on the curve. No sum may be
 * infinite or of order two: neither is a multiple of B. Uses next and before. Constant time. */
static uint64_t encode_rows(addition *rows, size_t count, uint8_t *out, size_t stride) {
    num run = field_one, u, up, down, inverse, x, y;
    uint64_t good = ~(uint64_t)0;
    for (size_t i = 0; i < count; i++) {
        fe_sub(&u, &rows->sum[i].x, &ed_shift);
        fe_add(&up, &u, &field_one);
        fe_mul(&rows->next[i].x, &up, &rows->sum[i].y); /* (u + 1) v */
        rows->next[i].y = u;
        rows->before[i] = run;
        fe_mul(&run, &run, &rows->next[i].x);
    }
    fe_invert(&run, &run);
    for (size_t i = count; i-- > 0;) {
        fe_mul(&inverse, &run, &rows->before[i]);
        fe_mul(&run, &run, &rows->next[i].x);
        u = rows->next[i].y;
        fe_add(&up, &u, &field_one);
        fe_sub(&down, &u, &field_one);
        fe_mul(&x, &u, &up); /* c u (u + 1) / ((u + 1) v) */
        fe_mul(&x, &x, &ed_c);
        fe_mul(&x, &x, &inverse);
        fe_mul(&y, &down, &rows->sum[i].y); /* (u - 1) v / ((u + 1) v) */
        fe_mul(&y, &y, &inverse);
        good &= edwards_on_curve(&x, &y);
        edwards_encode(out + stride * i, &x, &y);
    }
    return good;
}

/* The point of a public key (RFC 8032 section 5.1.3). Returns 0 unless it is a canonical encoding of a point of order L. Variable time. */
static int edwards_decode(point *out, const uint8_t *octets) {
    num y, y2, up, down, x2, x, check, a11;
    num_load_little(&y, octets);
    uint64_t sign = y.limb[3] >> 63;
    y.limb[3] &= UINT64_MAX >> 1;
    if (!num_less(&y, &field_p)) return 0;
    fe_sqr(&y2, &y);
    fe_sub(&up, &y2, &field_one);
    fe_mul(&down, &y2, &ed_d);
    fe_add(&down, &down, &field_one);
    fe_invert(&down, &down);
    fe_mul(&x2, &up, &down);
    fe_power_250(&x, &a11, &x2); /* x2^((p + 3)/8) = x2^(2^252 - 2) */
    fe_run(&x, &x, 2, &x2);
    fe_mul(&x, &x, &x2);
    fe_sqr(&check, &x);
    if (!fe_equal(&check, &x2)) fe_mul(&x, &x, &ed_root_minus_one);
    fe_sqr(&check, &x);
    if (!fe_equal(&check, &x2) || fe_is_zero(&x)) return 0;
    fe_to(&x, &x);
    fe_negate_if(&x, 0 - ((x.limb[0] & 1) ^ sign));
    fe_add(&up, &field_one, &y); /* u = (1 + y)/(1 - y), v = c u/x */
    fe_sub(&down, &field_one, &y);
    fe_invert(&down, &down);
    fe_mul(&up, &up, &down);
    fe_invert(&x, &x);
    fe_mul(&out->y, &up, &ed_c);
    fe_mul(&out->y, &out->y, &x);
    fe_add(&out->x, &up, &ed_shift);
    return point_on_curve(out) && multiply_slow(out, &order_n).infinite;
}
