#include "ec_tables.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum { WINDOW_LEAST = 4, WINDOW_MOST = 13 }; /* from 13 on a window's table no longer stays in the second-level cache */

void *fs_ec_allocate(size_t octets) { return aligned_alloc(64, (octets + 63) / 64 * 64); }

unsigned fs_ec_window(size_t octets, size_t expected) {
    unsigned best = WINDOW_LEAST;
    double least = 0;
    for (unsigned window = WINDOW_LEAST; window <= WINDOW_MOST; window++) {
        double windows = (double)((octets * 8 + window - 1) / window);
        double cost = windows * ((double)(1u << (window - 1)) + (double)expected);
        if (window == WINDOW_LEAST || cost < least) best = window, least = cost;
    }
    return best;
}

int fs_ec_tables_open(fs_ec_tables *tables, size_t octets, size_t expected, size_t (*size)(unsigned window)) {
    const unsigned window = fs_ec_window(octets, expected), base = window > FS_EC_SHARED_WINDOW ? window : FS_EC_SHARED_WINDOW;
    *tables = (fs_ec_tables){.window = {base, window}};
    if (base != FS_EC_SHARED_WINDOW) tables->own = tables->table[0] = fs_ec_allocate(size(base));
    tables->table[1] = fs_ec_allocate(size(window));
    return tables->table[1] != NULL && (base == FS_EC_SHARED_WINDOW || tables->own != NULL);
}

void fs_ec_tables_close(fs_ec_tables *tables) {
    free(tables->own);
    free(tables->table[1]);
}

__attribute__((noinline)) void fs_ec_wipe_stack(void) {
    uint8_t used[24576]; /* more than the deepest of them takes */
    OPENSSL_cleanse(used, sizeof used);
}
