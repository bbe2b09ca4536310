/* Octets as hexadecimal digits: one octet a look-up. */
#include "hex.h"

static char pairs[256][2];

__attribute__((constructor)) static void fill_pairs(void) {
    static const char digits[16] = "0123456789ABCDEF";
    for (unsigned i = 0; i < 256; i++) {
        pairs[i][0] = digits[i >> 4];
        pairs[i][1] = digits[i & 15];
    }
}

char *fs_hex_encode(char *text, const uint8_t *octets, size_t n) {
    for (size_t i = 0; i < n; i++) memcpy(text + 2 * i, pairs[octets[i]], 2);
    return text + 2 * n;
}

char *fs_hex_words(char *text, const uint8_t *octets, size_t n, size_t word, const fs_gap *gap) {
    for (; n > word; n -= word, octets += word) text = fs_put_gap(fs_hex_encode(text, octets, word), gap);
    return fs_hex_encode(text, octets, n);
}
