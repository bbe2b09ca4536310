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

static size_t terms_of(const fs_ec_tables *tables) { return window_count(tables->window[0]) + window_count(tables->window[1]); }

static size_t kernel_verify_rows(const fs_ec_tables *tables, size_t count) { return rows_at_once(terms_of(tables), count); }

/* out[i] = what term number t of each row's sum is: first those of u1*G, then those of u2*Q. */
static void gather_term(const double_room *room, point *out, const fs_ec_tables *tables, size_t t, size_t count) {
    const size_t first = window_count(tables->window[0]);
    const int b = t >= first;
    gather(room, out, tables->table[b], b, t - (b ? first : 0), tables->window[b], count);
}

/* sum[i] = u1*G + u2*Q, but for the rows marked as special. */
static void multiply_two(double_room *room, const fs_ec_tables *tables, size_t count) {
    const size_t terms = terms_of(tables), left = (terms + 1) / 2, all = padded(count, LANES);
    addition *rows = &room->rows;
    for (size_t i = count; i < all; i++)
        for (int b = 0; b < 2; b++) room->half[b][i] = room->half[b][0], room->flip[b][i] = room->flip[b][0];
    if (all <= tree_rows(terms)) {
        memset(rows->special + count, 0, sizeof rows->special - count);
        for (size_t t = 0; t < terms; t++)
            gather_term(room, t < left ? &rows->sum[t * all] : &rows->next[(t - left) * all], tables, t, all);
        add_tree(rows, terms, all);
        return;
    }
    gather_term(room, rows->sum, tables, 0, all);
    for (size_t t = 1; t < terms; t++) {
        gather_term(room, rows->next, tables, t, all);
        add_rows(rows, all);
    }
}

/* One row by complete additions: zero scalars, equal or opposite points on the way, or infinity as a result. */
FS_COLD static any_point multiply_two_slowly(const fs_ec_tables *tables, const num u[2]) {
    any_point sum = multiply_slow(tables->table[0], &u[0]), other = multiply_slow(tables->table[1], &u[1]);
    add_any(&sum, &other);
    return sum;
}

static size_t kernel_table_size(unsigned window) { return (window_count(window) << (window - 1)) * sizeof(point); }

/* ---- The tables: that of G is the same for all keys. Few signatures share one that is made once in a process. */

static point shared_base[((EC_LIMBS * 64 + FS_EC_SHARED_WINDOW - 1) / FS_EC_SHARED_WINDOW) << (FS_EC_SHARED_WINDOW - 1)];
static pthread_once_t shared_once = PTHREAD_ONCE_INIT;

static void shared_fill(void) {
    static addition rows;
    table_build(shared_base, &generator, FS_EC_SHARED_WINDOW, &rows);
}

static void fill_tables(fs_ec_tables *tables, const point *key, addition *rows) {
    if (tables->table[0] != NULL) table_build(tables->table[0], &generator, tables->window[0], rows);
    else {
        pthread_once(&shared_once, shared_fill);
        tables->table[0] = shared_base;
    }
    table_build(tables->table[1], key, tables->window[1], rows);
}
