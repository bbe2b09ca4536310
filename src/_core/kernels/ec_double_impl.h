/* u1*G + u2*Q for a chunk of rows, by tables of odd multiples of both bases, so that there is no doubling and each row is an independent sum.
 * Public data: branches and addresses depend on it. */

typedef struct {
    addition rows;
    num half[2][ROWS];      /* signed odd digits of u1 and of u2 */
    uint64_t flip[2][ROWS]; /* all ones: the digits are those of n - u */
} double_room;

/* The digits of row i. Zero has none: such a row goes the slow way. */
static void set_scalars(double_room *room, size_t i, const num u[2]) {
    static const num one = {{1}};
    room->rows.special[i] = 0;
    for (int b = 0; b < 2; b++) {
        int zero = num_is_zero(&u[b]) != 0;
        room->rows.special[i] |= (uint8_t)zero;
        room->flip[b][i] = recode(&room->half[b][i], zero ? &one : &u[b]);
    }
}

static inline void prefetch(const point *entry) {
    __builtin_prefetch(entry);
    if (sizeof *entry > 64) __builtin_prefetch((const uint8_t *)(entry + 1) - 1);
}

/* out[i] = what window number w of each row's scalar number b asks for. Entries are sent for a while ahead: a window is as large as the
 * second-level cache. */
static void gather(const double_room *room, point *out, const point *table, int b, size_t w, unsigned window, size_t count) {
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

/* sum[i] = u1*G + u2*Q, but for the rows marked as special. */
static void multiply_two(double_room *room, const point *const table[2], unsigned window, size_t count) {
    size_t windows = window_count(window), all = padded(count, LANES);
    for (size_t i = count; i < all; i++)
        for (int b = 0; b < 2; b++) room->half[b][i] = room->half[b][0], room->flip[b][i] = room->flip[b][0];
    gather(room, room->rows.sum, table[0], 0, 0, window, all);
    for (size_t step = 1; step < 2 * windows; step++) {
        int b = step >= windows;
        gather(room, room->rows.next, table[b], b, step - (b ? windows : 0), window, all);
        add_rows(&room->rows, all);
    }
}

/* One row by complete additions: zero scalars, equal or opposite points on the way, or infinity as a result. */
FS_COLD static any_point multiply_two_slowly(const point *const table[2], const num u[2]) {
    any_point sum = multiply_slow(&table[0][0], &u[0]), other = multiply_slow(&table[1][0], &u[1]);
    add_any(&sum, &other);
    return sum;
}

static size_t kernel_table_size(unsigned window) { return (window_count(window) << (window - 1)) * sizeof(point); }
