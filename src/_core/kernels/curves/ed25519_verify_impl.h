/* Verifying one chunk of signatures of one public key A (RFC 8032 section 5.1.7, without the cofactor): S*B - h*A is encoded as R. */

typedef struct {
    double_room two;
    uint8_t encoded[ROWS][32];
    uint8_t infinite[ROWS];
} verify_room;

/* (S, h), and whether S is in range; where it is not, 1 goes on in its place. */
static int load_scalars(const uint8_t *hash, const uint8_t *signature, num u[2]) {
    num_load_little(&u[0], signature + 32);
    order_load_hash(&u[1], hash);
    order_to(&u[1], &u[1]);
    if (num_less(&u[0], &order_n)) return 1;
    u[0] = field_one;
    return 0;
}

/* A special row anew. Where the sum is infinite, the encoding is that of (0, 1), and B stands in for it among the others. */
FS_COLD static void add_slowly(verify_room *room, size_t i, const fs_ec_tables *tables, const num u[2]) {
    any_point sum = multiply_two_slowly(tables, u);
    room->infinite[i] = (uint8_t)sum.infinite;
    room->two.rows.sum[i] = sum.infinite ? generator : sum.at;
}

static int encodes_to(const verify_room *room, size_t i, const uint8_t *r) {
    static const uint8_t neutral[32] = {1};
    return memcmp(r, room->infinite[i] ? neutral : room->encoded[i], 32) == 0;
}

static void kernel_verify(const fs_ec_tables *tables, const uint8_t *hashes, const uint8_t *signatures, size_t count, void *memory,
                          uint8_t *ok) {
    verify_room *room = memory;
    num u[2];
    memset(room->infinite, 0, sizeof room->infinite);
    for (size_t i = 0; i < count; i++) {
        ok[i] = (uint8_t)load_scalars(hashes + 64 * i, signatures + 64 * i, u);
        set_scalars(&room->two, i, u);
    }
    multiply_two(&room->two, tables, count);
    for (size_t i = 0; i < count; i++) {
        if (FS_LIKELY(!room->two.rows.special[i])) continue;
        load_scalars(hashes + 64 * i, signatures + 64 * i, u);
        add_slowly(room, i, tables, u);
    }
    encode_rows(&room->two.rows, count, room->encoded[0], 32);
    for (size_t i = 0; i < count; i++) ok[i] = ok[i] && encodes_to(room, i, signatures + 64 * i);
}

static int kernel_tables(const uint8_t *public_key, void *memory, fs_ec_tables *tables) {
    verify_room *room = memory;
    point a;
    if (!edwards_decode(&a, public_key)) return 1;
    fe_negate_if(&a.y, ~(uint64_t)0);
    fill_tables(tables, &a, &room->two.rows);
    return 0;
}
