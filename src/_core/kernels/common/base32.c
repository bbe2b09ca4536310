/* Octets as base32hex: 10 bits a look-up. */
#include "base32.h"

static const char alphabet[32] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

/* Two characters for each value of 10 bits, filled in when the library is loaded. */
static char pairs[1024][2];

__attribute__((constructor)) static void fill_pairs(void) {
    for (unsigned i = 0; i < 1024; i++) {
        pairs[i][0] = alphabet[i >> 5];
        pairs[i][1] = alphabet[i & 31];
    }
}

static void encode_5(char *text, const uint8_t *octets) {
    const uint64_t bits = ((uint64_t)fs_load_be32(octets) << 8) | octets[4];
    memcpy(text, pairs[bits >> 30], 2);
    memcpy(text + 2, pairs[(bits >> 20) & 0x3ff], 2);
    memcpy(text + 4, pairs[(bits >> 10) & 0x3ff], 2);
    memcpy(text + 6, pairs[bits & 0x3ff], 2);
}

void fs_hash_to_text(char *text, const uint8_t *hash) {
    encode_5(text, hash);
    encode_5(text + 8, hash + 5);
    encode_5(text + 16, hash + 10);
    encode_5(text + 24, hash + 15);
}

char *fs_base32hex_encode(char *text, const uint8_t *octets, size_t n) {
    for (; n >= 5; n -= 5, octets += 5, text += 8) encode_5(text, octets);
    uint8_t rest[5] = {0};
    char last[8];
    memcpy(rest, octets, n);
    encode_5(last, rest);
    const size_t length = (n * 8 + 4) / 5;
    memcpy(text, last, length);
    return text + length;
}
