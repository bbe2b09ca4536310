/* Octets as base64: 12 bits a look-up, or 24 octets a step with AVX2. */
#include "base64.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Two characters for each value of 12 bits, filled in when the library is loaded. */
static char pairs[4096][2];

__attribute__((constructor)) static void fill_pairs(void) {
    for (unsigned i = 0; i < 4096; i++) {
        pairs[i][0] = alphabet[i >> 6];
        pairs[i][1] = alphabet[i & 63];
    }
}

static char *encode_scalar(char *text, const uint8_t *octets, size_t n) {
    for (; n >= 3; n -= 3, octets += 3, text += 4) {
        const uint32_t bits = ((uint32_t)octets[0] << 16) | ((uint32_t)octets[1] << 8) | octets[2];
        memcpy(text, pairs[bits >> 12], 2);
        memcpy(text + 2, pairs[bits & 0xfff], 2);
    }
    if (n == 0) return text;
    const uint32_t bits = ((uint32_t)octets[0] << 16) | (n == 2 ? (uint32_t)octets[1] << 8 : 0);
    memcpy(text, pairs[bits >> 12], 2);
    text[2] = n == 2 ? alphabet[(bits >> 6) & 63] : '=';
    text[3] = '=';
    return text + 4;
}

#if defined(__x86_64__)
/* 24 octets, 12 in each half, to 32 characters: spread to 6 bits an octet, then add what its range of the alphabet asks for. */
__attribute__((target("avx2"))) static inline __m256i encode_24(__m256i in) {
    const __m256i order = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,
                                           1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    in = _mm256_shuffle_epi8(in, order);
    const __m256i high = _mm256_mulhi_epu16(_mm256_and_si256(in, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
    const __m256i low = _mm256_mullo_epi16(_mm256_and_si256(in, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
    const __m256i six = _mm256_or_si256(high, low);
    /* Range: 0..25 -> 13, 26..51 -> 0, 52..61 -> 1..10, 62 -> 11, 63 -> 12. */
    const __m256i is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), six);
    const __m256i range = _mm256_or_si256(_mm256_subs_epu8(six, _mm256_set1_epi8(51)),
                                          _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
    const __m256i shift = _mm256_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                           '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0,
                                           'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                           '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    return _mm256_add_epi8(six, _mm256_shuffle_epi8(shift, range));
}

__attribute__((target("avx2"))) static inline void step_24(char *text, const uint8_t *octets) {
    const __m128i first = _mm_loadu_si128((const __m128i *)octets), second = _mm_loadu_si128((const __m128i *)(octets + 12));
    _mm256_storeu_si256((__m256i *)text, encode_24(_mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1)));
}

/* A step reads 28 octets; the last ones go through a copy that is padded with zeros. */
__attribute__((target("avx2"))) static char *encode_avx2(char *text, const uint8_t *octets, size_t n) {
    for (; n >= 28; n -= 24, octets += 24, text += 32) step_24(text, octets);
    uint8_t rest[56] = {0};
    memcpy(rest, octets, n);
    step_24(text, rest);
    if (n > 24) step_24(text + 32, rest + 24);
    text += fs_base64_length(n);
    if (n % 3 != 0) text[-1] = '=';
    if (n % 3 == 1) text[-2] = '=';
    return text;
}

/* Octets of later lines may be read too, so that whole steps need no copy. */
__attribute__((target("avx2"))) static char *words_avx2(char *text, const uint8_t *octets, size_t n, size_t word,
                                                        const fs_gap *gap) {
    for (; n > word; n -= word, octets += word) {
        size_t done = 0;
        for (; done + 24 <= word && n - done >= 28; done += 24, text += 32) step_24(text, octets + done);
        text = fs_put_gap(encode_scalar(text, octets + done, word - done), gap);
    }
    return encode_avx2(text, octets, n);
}
#endif

fs_base64_encoder *fs_base64_variant(unsigned i, const char **name) {
    *name = i == 0 ? "scalar" : "avx2";
    if (i == 0) return encode_scalar;
#if defined(__x86_64__)
    if (i == 1 && __builtin_cpu_supports("avx2")) return encode_avx2;
#endif
    return NULL;
}

char *fs_base64_encode(char *text, const uint8_t *octets, size_t n) {
#if defined(__x86_64__)
    if (FS_LIKELY(__builtin_cpu_supports("avx2"))) return encode_avx2(text, octets, n);
#endif
    return encode_scalar(text, octets, n);
}

char *fs_base64_words(char *text, const uint8_t *octets, size_t n, size_t word, const fs_gap *gap) {
#if defined(__x86_64__)
    if (FS_LIKELY(__builtin_cpu_supports("avx2"))) return words_avx2(text, octets, n, word, gap);
#endif
    for (; n > word; n -= word, octets += word) text = fs_put_gap(encode_scalar(text, octets, word), gap);
    return encode_scalar(text, octets, n);
}
