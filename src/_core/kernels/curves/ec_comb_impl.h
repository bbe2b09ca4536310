/* k*G for a chunk of secret k, in constant time: a comb of signed odd digits with the multiples of G for every window. */

#include <pthread.h>

typedef struct {
    addition rows;   /* the sums k*G, or -k*G where k is even */
    num nonce[ROWS]; /* k */
    num half[ROWS];  /* its signed odd digits */
} comb_room;

static window_table comb[WINDOWS];
static pthread_once_t comb_once = PTHREAD_ONCE_INIT;

/* The comb of G, once in a process: half a millisecond. */
static void comb_fill(void) {
    static addition rows;
    table_build(&comb[0].entry[0], &generator, WINDOW, &rows);
    for (size_t i = 0; i < WINDOWS; i++) window_slice(&comb[i]);
}

/* out[i] = the multiple that window number w of each row asks for, with its sign. */
static void pick(const comb_room *room, point *out, size_t w, size_t count) {
    for (size_t i = 0; i < count; i += BLOCK) {
        uint32_t index[BLOCK];
        uint64_t negative[BLOCK];
        for (size_t j = 0; j < BLOCK; j++) index[j] = digit(&room->half[i + j], w, WINDOW, &negative[j]);
        window_select(&out[i], &comb[w], index);
        for (size_t j = 0; j < BLOCK; j++) fe_negate_if(&out[i + j].y, negative[j]);
    }
}

/* The same row by complete additions; its digits' sign is kept. */
FS_COLD static void multiply_again(comb_room *room, size_t i) {
    any_point sum = multiply_slow(&generator, &room->nonce[i]);
    if ((room->nonce[i].limb[0] & 1) == 0) fe_negate_if(&sum.at.y, ~(uint64_t)0);
    room->rows.sum[i] = sum.at;
    room->rows.special[i] = (uint8_t)sum.infinite;
}

static size_t kernel_sign_rows(size_t count) { return rows_at_once(WINDOWS, count); }

/* Window after window: one inversion each, which many rows share. */
static void add_in_turn(comb_room *room, size_t count) {
    pick(room, room->rows.sum, 0, count);
    for (size_t w = 1; w < WINDOWS; w++) {
        pick(room, room->rows.next, w, count);
        add_rows(&room->rows, count);
    }
}

/* The windows in pairs, the sums in pairs, and so on: few inversions, which is what a few rows wait for. */
static void add_as_tree(comb_room *room, size_t count) {
    const size_t left = (WINDOWS + 1) / 2;
    for (size_t w = 0; w < WINDOWS; w++)
        pick(room, w < left ? &room->rows.sum[w * count] : &room->rows.next[(w - left) * count], w, count);
    add_tree(&room->rows, WINDOWS, count);
}

/* sum[i] = k*G or -k*G, for count nonces; afterwards special[i] says where that is infinity (k a multiple of n).
 *
 * Two sums of different windows end in a different number of zero bits, all digits being odd, so they are neither equal nor opposite, and a
 * pair is special only where their sum or difference is a multiple of n: for a handful of all k in 1..n-1. Such a k then is known to the
 * world anyway, and no nonce derived by RFC 6979 will meet it. */
static void multiply_base(comb_room *room, size_t count) {
    size_t all = padded(count, BLOCK);
    for (size_t i = count; i < all; i++) room->nonce[i] = room->nonce[0];
    for (size_t i = 0; i < all; i++) recode(&room->half[i], &room->nonce[i]);
    memset(room->rows.special, 0, sizeof room->rows.special);
    if (all <= tree_rows(WINDOWS)) add_as_tree(room, all);
    else add_in_turn(room, all);
    uint8_t special = 0;
    for (size_t i = 0; i < count; i++) special |= room->rows.special[i];
    if (FS_LIKELY(!FS_DECLASSIFY(special))) return;
    for (size_t i = 0; i < count; i++)
        if (room->rows.special[i]) multiply_again(room, i);
}
