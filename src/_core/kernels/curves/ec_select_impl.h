/* Constant-time look-up: every entry of a window is read, whatever the index.
 *
 * Portable: the entries one by one under a mask. AVX2: the window is sliced by 32-bit words, so that one permutation looks a word up
 * for eight rows at a time; eight words by eight rows are then transposed. */

#if defined(EC_ADX)
enum { WINDOW = 7 };
#else
enum { WINDOW = 6 }; /* a longer scan would eat up the additions it saves */
#endif
enum { MULTIPLES = 1 << (WINDOW - 1), WINDOWS = (EC_LIMBS * 64 + WINDOW - 1) / WINDOW, BLOCK = 8, WORDS = EC_LIMBS * 4 };

typedef union {
    point entry[MULTIPLES];
    uint32_t word[WORDS][MULTIPLES];
} window_table;

#if defined(EC_ADX)
#include <immintrin.h>
#define EC_AVX2 __attribute__((target("avx2")))

_Static_assert(MULTIPLES == 64, "the look-up permutes eight vectors of eight words");
_Static_assert(WORDS % 8 == 0, "a point is a whole number of vectors");

/* From entries to words, in place. */
static void window_slice(window_table *table) {
    window_table sliced;
    for (size_t i = 0; i < MULTIPLES; i++)
        for (size_t w = 0; w < WORDS; w++)
            memcpy(&sliced.word[w][i], (const uint8_t *)&table->entry[i] + 4 * w, 4);
    *table = sliced;
}

/* One word of eight rows' entries: permutations by the lower three bits of the indexes, then a tree of blends by the upper three. */
EC_AVX2 FS_INLINE __m256i select_word(const uint32_t word[MULTIPLES], __m256i index, const __m256 bit[3]) {
    __m256 v[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        __m256i entries = _mm256_loadu_si256((const __m256i *)(const void *)(word + 8 * i));
        v[i] = _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(entries, index));
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) v[i] = _mm256_blendv_ps(v[2 * i], v[2 * i + 1], bit[0]);
    v[0] = _mm256_blendv_ps(v[0], v[1], bit[1]);
    v[2] = _mm256_blendv_ps(v[2], v[3], bit[1]);
    return _mm256_castps_si256(_mm256_blendv_ps(v[0], v[2], bit[2]));
}

/* v[word] of eight rows -> v[row] of eight words */
EC_AVX2 FS_INLINE void transpose(__m256i v[8]) {
    __m256i a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm256_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm256_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm256_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm256_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
    }
}

EC_AVX2 static void window_select(point out[BLOCK], const window_table *table, const uint32_t index[BLOCK]) {
    __m256i rows = _mm256_loadu_si256((const __m256i *)(const void *)index);
    __m256 bit[3]; /* 3, 4 and 5 of the indexes, each as a sign, where blends look for it */
    for (int i = 0; i < 3; i++) bit[i] = _mm256_castsi256_ps(_mm256_slli_epi32(rows, 28 - i));
    for (size_t w = 0; w < WORDS; w += 8) {
        __m256i v[8];
#pragma GCC unroll 8
        for (size_t i = 0; i < 8; i++) v[i] = select_word(table->word[w + i], rows, bit);
        transpose(v);
#pragma GCC unroll 8
        for (size_t i = 0; i < 8; i++) _mm256_storeu_si256((__m256i *)(void *)((uint8_t *)&out[i] + 4 * w), v[i]);
    }
}

#else

static void window_slice(window_table *table) { (void)table; }

static void window_select(point out[BLOCK], const window_table *table, const uint32_t index[BLOCK]) {
    for (size_t i = 0; i < BLOCK; i++) {
        point found = {{{0}}, {{0}}};
        for (uint32_t j = 0; j < MULTIPLES; j++) {
            uint64_t mask = mask_if_zero(index[i] ^ j);
            for (size_t w = 0; w < EC_LIMBS; w++) {
                found.x.limb[w] |= table->entry[j].x.limb[w] & mask;
                found.y.limb[w] |= table->entry[j].y.limb[w] & mask;
            }
        }
        out[i] = found;
    }
}

#endif
