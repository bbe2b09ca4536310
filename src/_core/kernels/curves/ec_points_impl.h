/* Points of the curve in affine coordinates, Montgomery form: sums of many pairs at once, tables of multiples.
 *
 * An affine addition is cheap but for its one division; over many independent rows Montgomery's trick shares one inversion, so that an
 * addition costs 5 multiplications and a squaring. Where two points to be added have one x (equal, or opposite), the row is marked as
 * special and its result is worthless: the caller computes that row again by multiply_slow. */

typedef struct {
    num x, y;
} point;

enum {
    LANES = 4,                            /* independent chains of multiplications that keep the multiplier busy */
    ROWS = 1024,                           /* rows of a chunk: its arrays and one window of a table stay in the second-level cache */
    POWERS = (int)EC_LIMBS * 64 + 16      /* at least windows * window, for windows up to 16 bits */
};

/* Rows of additions: sum[i] += next[i]. */
typedef struct {
    point sum[ROWS], next[ROWS];
    num before[ROWS];      /* product of the row's lane before it */
    uint8_t special[ROWS]; /* 1: the row met a pair with one x */
} addition;

static const num field_a = {EC_A_MONT}, field_b = {EC_B_MONT};
static const point generator = {{EC_GX_MONT}, {EC_GY_MONT}};

/* y^2 = x^3 + a*x + b, as a mask */
static uint64_t point_on_curve(const point *p) {
    num left, right;
    fe_sqr(&right, &p->x);
    fe_add(&right, &right, &field_a);
    fe_mul(&right, &right, &p->x);
    fe_add(&right, &right, &field_b);
    fe_sqr(&left, &p->y);
    return fe_equal(&left, &right);
}

/* ---- Many additions ---- */

/* Invert each of the lanes' products by one inversion. */
static void invert_lanes(num lane[LANES]) {
    num left, right, all, inverse[LANES];
    fe_mul(&left, &lane[0], &lane[1]);
    fe_mul(&right, &lane[2], &lane[3]);
    fe_mul(&all, &left, &right);
    fe_invert(&all, &all);
    fe_mul(&right, &right, &all); /* 1/left */
    fe_mul(&left, &left, &all);   /* 1/right */
    fe_mul(&inverse[0], &right, &lane[1]);
    fe_mul(&inverse[1], &right, &lane[0]);
    fe_mul(&inverse[2], &left, &lane[3]);
    fe_mul(&inverse[3], &left, &lane[2]);
    memcpy(lane, inverse, sizeof inverse);
}

/* next = next - sum, and the running products of the x differences in each lane. */
static void add_forward(addition *rows, num lane[LANES], size_t count) {
    for (int j = 0; j < LANES; j++) lane[j] = field_one;
    for (size_t i = 0; i < count; i += LANES) {
#pragma GCC unroll 4
        for (size_t j = 0; j < LANES; j++) {
            point *next = &rows->next[i + j];
            fe_sub(&next->x, &next->x, &rows->sum[i + j].x);
            fe_sub(&next->y, &next->y, &rows->sum[i + j].y);
            rows->before[i + j] = lane[j];
            fe_mul(&lane[j], &lane[j], &next->x);
        }
    }
}

/* A lane's product is zero: mark the rows to blame, put 1 in place of their difference, and multiply again. */
FS_COLD static void add_forward_again(addition *rows, num lane[LANES], size_t count) {
    for (int j = 0; j < LANES; j++) lane[j] = field_one;
    for (size_t i = 0; i < count; i++) {
        uint64_t zero = fe_is_zero(&rows->next[i].x);
        num_move(&rows->next[i].x, &field_one, zero);
        rows->special[i] |= (uint8_t)(zero & 1);
        rows->before[i] = lane[i % LANES];
        fe_mul(&lane[i % LANES], &lane[i % LANES], &rows->next[i].x);
    }
}

/* Four sums, given the inverses of the lanes' products up to these rows; each step of the four is independent of its neighbours. */
static inline void add_four(point *sum, const point *difference, const num *before, num lane[LANES]) {
    num slope[LANES], x[LANES], run[LANES];
#pragma GCC unroll 4
    for (int j = 0; j < LANES; j++) {
        fe_mul(&slope[j], &lane[j], &before[j]);
        fe_mul(&lane[j], &lane[j], &difference[j].x);
    }
#pragma GCC unroll 4
    for (int j = 0; j < LANES; j++) fe_mul(&slope[j], &slope[j], &difference[j].y);
#pragma GCC unroll 4
    for (int j = 0; j < LANES; j++) {
        fe_sqr(&x[j], &slope[j]); /* x3 = slope^2 - x1 - x2 */
        fe_sub(&x[j], &x[j], &difference[j].x);
        fe_sub(&x[j], &x[j], &sum[j].x);
        fe_sub(&x[j], &x[j], &sum[j].x);
        fe_sub(&run[j], &sum[j].x, &x[j]);
        sum[j].x = x[j];
    }
#pragma GCC unroll 4
    for (int j = 0; j < LANES; j++) {
        fe_mul(&run[j], &run[j], &slope[j]); /* y3 = slope * (x1 - x3) - y1 */
        fe_sub(&sum[j].y, &run[j], &sum[j].y);
    }
}

/* sum[i] += next[i] for i < count, a multiple of LANES; next is used up. Constant time unless a row is special. */
static void add_rows(addition *rows, size_t count) {
    num lane[LANES];
    uint64_t zero = 0;
    add_forward(rows, lane, count);
    for (int j = 0; j < LANES; j++) zero |= fe_is_zero(&lane[j]);
    if (FS_UNLIKELY(FS_DECLASSIFY(zero))) add_forward_again(rows, lane, count);
    invert_lanes(lane);
    for (size_t i = count; i > 0; i -= LANES)
        add_four(&rows->sum[i - LANES], &rows->next[i - LANES], &rows->before[i - LANES], lane);
}

/* Rows that `add_tree` has room for when each is a sum of so many terms: a multiple of 8. */
static inline size_t tree_rows(size_t terms) { return ROWS / ((terms + 1) / 2) / 8 * 8; }

/* Rows to take at a time of so many: a few trees are faster than one long sum. */
static inline size_t rows_at_once(size_t terms, size_t count) { return count <= 4 * tree_rows(terms) ? tree_rows(terms) : ROWS; }

/* sum[i] = the sum of `terms` points for each of `count` rows, a multiple of LANES, by pairs, pairs of pairs and so on: few inversions, which
 * is what few rows wait for. Term t of row i is sum[t * count + i] in the first half of the terms, rounded up, and in the other half
 * next[...], with t counted from there. special[] must be zero from `count` on. */
static void add_tree(addition *rows, size_t terms, size_t count) {
    const size_t end = (terms + 1) / 2 * count;
    while (terms > 1) {
        add_rows(rows, terms / 2 * count);
        terms -= terms / 2;
        memcpy(rows->next, &rows->sum[(terms - terms / 2) * count], terms / 2 * count * sizeof(point));
    }
    for (size_t i = count; i < end; i += count)
        for (size_t j = 0; j < count; j++) rows->special[j] |= rows->special[i + j];
}

/* Let the rows from count up to the next multiple of `multiple` repeat row 0, so that loops need no tail. Returns that multiple. */
static size_t padded(size_t count, size_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/* ---- Signed odd digits ----
 *
 * An odd number k < 2^L is the sum of (2 b_j - 1) 2^j for the bits b of (k + 2^L - 1) / 2, which is (k >> 1) with bit L-1 set. A window
 * of w such bits is an odd digit in -(2^w - 1) .. 2^w - 1, never zero, and picks one of 2^(w-1) odd multiples and a sign. An even k is
 * replaced by n - k, which is odd: its point has the same x. */

static inline size_t window_count(unsigned window) { return (EC_LIMBS * 64 + window - 1) / window; }

/* half = (k or n - k, whichever is odd) >> 1; returns all ones if it was n - k. k must be below n, and not zero. */
static uint64_t recode(num *half, const num *k) {
    num odd;
    uint64_t even = (k->limb[0] & 1) - 1;
    num_sub(&odd, &order_n, k);
    *half = *k;
    num_move(half, &odd, even);
    for (int i = 0; i < EC_LIMBS - 1; i++) half->limb[i] = half->limb[i] >> 1 | half->limb[i + 1] << 63;
    half->limb[EC_LIMBS - 1] >>= 1;
    return even;
}

/* The index of the odd multiple, 0 for 1, 1 for 3 and so on, for window number i; *negative is all ones or zero. */
FS_INLINE uint32_t digit(const num *half, size_t i, unsigned window, uint64_t *negative) {
    size_t bit = i * window, limb = bit / 64, shift = bit % 64;
    uint64_t bits = half->limb[limb] >> shift;
    if (shift + window > 64 && limb + 1 < EC_LIMBS) bits |= half->limb[limb + 1] << (64 - shift);
    if (bit + window >= EC_LIMBS * 64) bits |= (uint64_t)1 << (window - 1);
    uint64_t positive = 0 - (bits >> (window - 1) & 1);
    *negative = ~positive;
    return (uint32_t)((bits ^ ~positive) & (((uint64_t)1 << (window - 1)) - 1));
}

/* ---- Tables: table[i][j] = (2j + 1) 2^(window i) base ---- */

/* (x, y, z) doubled in Jacobian coordinates (dbl-2007-bl), for any a */
static void jacobian_double(point *p, num *z) {
    num x2, y2, y4, z2, s, m, t;
    fe_sqr(&x2, &p->x);
    fe_sqr(&y2, &p->y);
    fe_sqr(&y4, &y2);
    fe_sqr(&z2, z);
    fe_mul(&s, &p->x, &y2); /* s = 4 x y^2 */
    fe_add(&s, &s, &s);
    fe_add(&s, &s, &s);
    fe_sqr(&m, &z2); /* m = 3 x^2 + a z^4 */
    fe_mul(&m, &m, &field_a);
    for (int i = 0; i < 3; i++) fe_add(&m, &m, &x2);
    fe_mul(z, &p->y, z); /* z = 2 y z */
    fe_add(z, z, z);
    fe_sqr(&p->x, &m); /* x = m^2 - 2 s */
    fe_sub(&p->x, &p->x, &s);
    fe_sub(&p->x, &p->x, &s);
    fe_sub(&t, &s, &p->x); /* y = m (s - x) - 8 y^4 */
    fe_mul(&p->y, &m, &t);
    for (int i = 0; i < 3; i++) fe_add(&y4, &y4, &y4);
    fe_sub(&p->y, &p->y, &y4);
}

/* power[j] = 2^j base for j < count, all by one inversion */
static void powers_of_two(point *power, const point *base, size_t count) {
    num z[POWERS], before[POWERS], run = field_one, inverse, square;
    point a = *base;
    num a_z = field_one;
    for (size_t j = 0; j < count; j++) {
        power[j] = a, z[j] = a_z, before[j] = run;
        fe_mul(&run, &run, &a_z);
        jacobian_double(&a, &a_z);
    }
    fe_invert(&run, &run);
    for (size_t j = count; j-- > 0;) {
        fe_mul(&inverse, &run, &before[j]);
        fe_mul(&run, &run, &z[j]);
        fe_sqr(&square, &inverse);
        fe_mul(&power[j].x, &power[j].x, &square);
        fe_mul(&square, &square, &inverse);
        fe_mul(&power[j].y, &power[j].y, &square);
    }
}

/* Rows first .. first+count of the pass that doubles the known multiples: entry j + known = entry j + (2 known) base. */
static void table_pass(point *table, const point *power, unsigned window, size_t known, size_t first, size_t count,
                       addition *rows) {
    size_t half = (size_t)1 << (window - 1), step = (size_t)__builtin_ctzl(known) + 1;
    for (size_t i = 0; i < padded(count, LANES); i++) {
        size_t row = first + (i < count ? i : 0);
        rows->sum[i] = table[row / known * half + row % known];
        rows->next[i] = power[row / known * window + step];
    }
    add_rows(rows, padded(count, LANES));
    for (size_t i = 0; i < count; i++) table[(first + i) / known * half + known + (first + i) % known] = rows->sum[i];
}

/* No pair here is special: odd multiples and a smaller power of two are never equal or opposite modulo the prime n. */
static void table_build(point *table, const point *base, unsigned window, addition *rows) {
    point power[POWERS];
    size_t windows = window_count(window), half = (size_t)1 << (window - 1);
    powers_of_two(power, base, windows * window);
    for (size_t i = 0; i < windows; i++) table[i * half] = power[i * window];
    for (size_t known = 1; known < half; known *= 2)
        for (size_t first = 0; first < windows * known; first += ROWS) {
            size_t left = windows * known - first;
            table_pass(table, power, window, known, first, left < ROWS ? left : ROWS, rows);
        }
}

/* ---- One multiplication the slow way: variable time, every case of an addition ---- */

typedef struct {
    point at;
    int infinite;
} any_point;

static void add_any(any_point *a, const any_point *b) {
    num slope, t, x;
    if (b->infinite) return;
    if (a->infinite) {
        *a = *b;
        return;
    }
    if (!fe_equal(&a->at.x, &b->at.x)) {
        fe_sub(&t, &b->at.x, &a->at.x);
        fe_sub(&slope, &b->at.y, &a->at.y);
    } else if (fe_equal(&a->at.y, &b->at.y)) { /* a doubling; no y is zero, since the order is odd */
        fe_add(&t, &a->at.y, &a->at.y);
        fe_sqr(&x, &a->at.x);
        fe_add(&slope, &x, &field_a);
        fe_add(&slope, &slope, &x);
        fe_add(&slope, &slope, &x);
    } else {
        a->infinite = 1;
        return;
    }
    fe_invert(&t, &t);
    fe_mul(&slope, &slope, &t);
    fe_sqr(&x, &slope);
    fe_sub(&x, &x, &a->at.x);
    fe_sub(&x, &x, &b->at.x);
    fe_sub(&t, &a->at.x, &x);
    fe_mul(&t, &t, &slope);
    fe_sub(&a->at.y, &t, &a->at.y);
    a->at.x = x;
}

static any_point multiply_slow(const point *base, const num *k) {
    any_point sum = {.infinite = 1}, b = {.at = *base};
    for (int i = EC_LIMBS * 64 - 1; i >= 0; i--) {
        any_point same = sum;
        add_any(&sum, &same);
        if (k->limb[i / 64] >> (i % 64) & 1) add_any(&sum, &b);
    }
    return sum;
}
