/* Verifying one chunk of signatures of one public key Q: x(u1*G + u2*Q) = r with both multiplications by tables of odd multiples, so
 * that there is no doubling and each row is an independent sum. Public data: branches and addresses depend on it. */

typedef struct {
    addition rows;
    num value[ROWS];   /* s, or 1 in a row that is out of range */
    num inverse[ROWS]; /* 1/s, Montgomery form */
    num r[ROWS];
    num half[2][ROWS];     /* signed odd digits of u1 and of u2 */
    uint64_t flip[2][ROWS]; /* all ones: the digits are those of n - u */
} verify_room;

/* (u1, u2) = (e/s, r/s) */
static void scalars(const verify_room *room, size_t i, const uint8_t *digest, num u[2]) {
    num e;
    num_load(&e, digest);
    order_reduce(&e);
    order_mul(&u[0], &e, &room->inverse[i]);
    order_mul(&u[1], &room->r[i], &room->inverse[i]);
}

/* FIPS 186-5 section 6.4.2 (1): r and s in 1..n-1. Rows that are not go on with 1 in their place. */
static void load_signatures(verify_room *room, const uint8_t *signatures, size_t count, uint8_t *ok) {
    static const num one = {{1}};
    for (size_t i = 0; i < count; i++) {
        num *r = &room->r[i], *s = &room->value[i];
        num_load(r, signatures + 2 * EC_OCTETS * i);
        num_load(s, signatures + 2 * EC_OCTETS * i + EC_OCTETS);
        ok[i] = num_less(r, &order_n) && num_less(s, &order_n) && !num_is_zero(r) && !num_is_zero(s);
        if (!ok[i]) *r = *s = one;
    }
}

/* The digits of u1 and u2. u1 = 0 has none (u2 = r/s is never 0): such a row goes the slow way. */
static void recode_scalars(verify_room *room, const uint8_t *digests, size_t count) {
    static const num one = {{1}};
    memset(room->rows.special, 0, sizeof room->rows.special);
    for (size_t i = 0; i < count; i++) {
        num u[2];
        scalars(room, i, digests + EC_OCTETS * i, u);
        if (num_is_zero(&u[0])) {
            room->rows.special[i] = 1;
            u[0] = one;
        }
        for (int b = 0; b < 2; b++) room->flip[b][i] = recode(&room->half[b][i], &u[b]);
    }
    for (size_t i = count; i < padded(count, LANES); i++)
        for (int b = 0; b < 2; b++) room->half[b][i] = room->half[b][0], room->flip[b][i] = room->flip[b][0];
}

static inline void prefetch(const point *entry) {
    __builtin_prefetch(entry);
    if (sizeof *entry > 64) __builtin_prefetch((const uint8_t *)(entry + 1) - 1);
}

/* out[i] = what window number w of each row's scalar number b asks for. Entries are sent for a while ahead: a window is as large as the
 * second-level cache. */
static void gather(const verify_room *room, point *out, const point *table, int b, size_t w, unsigned window, size_t count) {
    enum { AHEAD = 16 };
    const point *multiples = table + (w << (window - 1)), *entry[ROWS + AHEAD];
    uint64_t negative[ROWS];
    for (size_t i = 0; i < count; i++) {
        entry[i] = &multiples[digit(&room->half[b][i], w, window, &negative[i])];
        if (i < AHEAD) prefetch(entry[i]);
    }
    for (size_t i = count; i < count + AHEAD; i++) entry[i] = multiples;
    for (size_t i = 0; i < count; i++) {
        prefetch(entry[i + AHEAD]);
        out[i] = *entry[i];
        fe_negate_if(&out[i].y, negative[i] ^ room->flip[b][i]);
    }
}

static int matches(const point *sum, const num *r) {
    static const num p_minus_n = {EC_P_MINUS_N};
    num x, high;
    fe_to(&x, &sum->x);
    if (num_equal(&x, r)) return 1;
    if (!num_less(r, &p_minus_n)) return 0; /* x mod n = r also where x = r + n, still below p */
    num_add(&high, r, &order_n);
    return num_equal(&x, &high) != 0;
}

/* One row by complete additions: equal or opposite points on the way, or infinity as a result. */
FS_COLD static int verify_slowly(const verify_room *room, size_t i, const point *key, const uint8_t *digest) {
    num u[2];
    scalars(room, i, digest, u);
    any_point sum = multiply_slow(&generator, &u[0]), other = multiply_slow(key, &u[1]);
    add_any(&sum, &other);
    return !sum.infinite && matches(&sum.at, &room->r[i]);
}

static void kernel_verify(const void *base, const void *key, unsigned window, const uint8_t *digests, const uint8_t *signatures,
                          size_t count, void *memory, uint8_t *ok) {
    verify_room *room = memory;
    const point *table[2] = {base, key};
    size_t windows = window_count(window), all = padded(count, LANES);
    load_signatures(room, signatures, count, ok);
    order_invert_all(room->inverse, room->value, room->rows.before, count);
    recode_scalars(room, digests, count);
    gather(room, room->rows.sum, table[0], 0, 0, window, all);
    for (size_t step = 1; step < 2 * windows; step++) {
        int b = step >= windows;
        gather(room, room->rows.next, table[b], b, step - (b ? windows : 0), window, all);
        add_rows(&room->rows, all);
    }
    for (size_t i = 0; i < count; i++) {
        if (!ok[i]) continue;
        if (FS_UNLIKELY(room->rows.special[i])) ok[i] = (uint8_t)verify_slowly(room, i, table[1], digests + EC_OCTETS * i);
        else ok[i] = (uint8_t)matches(&room->rows.sum[i], &room->r[i]);
    }
}

static size_t kernel_table_size(unsigned window) { return (window_count(window) << (window - 1)) * sizeof(point); }

static int kernel_tables(const uint8_t *public_key, unsigned window, void *memory, void *base, void *key) {
    verify_room *room = memory;
    point q;
    num_load(&q.x, public_key);
    num_load(&q.y, public_key + EC_OCTETS);
    if (!num_less(&q.x, &field_p) || !num_less(&q.y, &field_p)) return 1;
    fe_from(&q.x, &q.x);
    fe_from(&q.y, &q.y);
    if (!point_on_curve(&q)) return 1;
    table_build(base, &generator, window, &room->rows);
    table_build(key, &q, window, &room->rows);
    return 0;
}
