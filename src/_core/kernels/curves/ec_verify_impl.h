/* Verifying one chunk of ECDSA signatures of one public key Q: x(u1*G + u2*Q) = r. */

typedef struct {
    double_room two;
    num value[ROWS];   /* s, or 1 in a row that is out of range */
    num inverse[ROWS]; /* 1/s, Montgomery form */
    num r[ROWS];
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

static int matches(const point *sum, const num *r) {
    static const num p_minus_n = {EC_P_MINUS_N};
    num x, high;
    fe_to(&x, &sum->x);
    if (num_equal(&x, r)) return 1;
    if (!num_less(r, &p_minus_n)) return 0; /* x mod n = r also where x = r + n, still below p */
    num_add(&high, r, &order_n);
    return num_equal(&x, &high) != 0;
}

FS_COLD static int verify_slowly(const verify_room *room, size_t i, const fs_ec_tables *tables, const uint8_t *digest) {
    num u[2];
    scalars(room, i, digest, u);
    any_point sum = multiply_two_slowly(tables, u);
    return !sum.infinite && matches(&sum.at, &room->r[i]);
}

static void kernel_verify(const fs_ec_tables *tables, const uint8_t *digests, const uint8_t *signatures, size_t count, void *memory,
                          uint8_t *ok) {
    verify_room *room = memory;
    load_signatures(room, signatures, count, ok);
    order_invert_all(room->inverse, room->value, room->two.rows.before, count);
    for (size_t i = 0; i < count; i++) {
        num u[2];
        scalars(room, i, digests + EC_OCTETS * i, u);
        set_scalars(&room->two, i, u);
    }
    multiply_two(&room->two, tables, count);
    for (size_t i = 0; i < count; i++) {
        if (!ok[i]) continue;
        if (FS_UNLIKELY(room->two.rows.special[i])) ok[i] = (uint8_t)verify_slowly(room, i, tables, digests + EC_OCTETS * i);
        else ok[i] = (uint8_t)matches(&room->two.rows.sum[i], &room->r[i]);
    }
}

static int kernel_tables(const uint8_t *public_key, void *memory, fs_ec_tables *tables) {
    verify_room *room = memory;
    point q;
    num_load(&q.x, public_key);
    num_load(&q.y, public_key + EC_OCTETS);
    if (!num_less(&q.x, &field_p) || !num_less(&q.y, &field_p)) return 1;
    fe_from(&q.x, &q.x);
    fe_from(&q.y, &q.y);
    if (!point_on_curve(&q)) return 1;
    fill_tables(tables, &q, &room->two.rows);
    return 0;
}
