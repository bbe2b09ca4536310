/* SHA-512 of four states side by side with AVX2, a lane each; everything else by libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* the bare compression has no successor in OpenSSL 3 */
#include "sha2.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

enum { BLOCK = 128, LANES = 4, GROUP = 16 };

const fs_sha512_state fs_sha512_start = {{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                          0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}};
const fs_sha512_state fs_sha384_start = {{0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
                                          0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}};

void fs_sha512_octets(uint8_t *out, const fs_sha512_state *state, size_t octets) {
    for (size_t i = 0; i < octets / 8; i++) {
        fs_store_be32(out + 8 * i, (uint32_t)(state->word[i] >> 32));
        fs_store_be32(out + 8 * i + 4, (uint32_t)state->word[i]);
    }
}

static void sha512_libcrypto(fs_sha512_state *state, const uint8_t (*block)[BLOCK], size_t count) {
    SHA512_CTX context;
    for (size_t i = 0; i < count; i++) {
        memcpy(context.h, &state[i], sizeof state[i]);
        SHA512_Transform(&context, block[i]);
        memcpy(&state[i], context.h, sizeof state[i]);
    }
    OPENSSL_cleanse(&context, sizeof context);
}

/* ---- Four lanes ---- */

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))

static const uint64_t constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* The first shift of a rotation leaves the upper bits out, the second brings them in. */
#define ROTATE(x, n) _mm256_or_si256(_mm256_srli_epi64(x, n), _mm256_slli_epi64(x, 64 - (n)))
#define XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define ADD(a, b) _mm256_add_epi64(a, b)

/* v[row] of four words <-> v[word] of four rows */
AVX2 FS_INLINE void transpose(__m256i v[4]) {
    __m256i a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    __m256i c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* Four words, from word number `first`, of the four rows at `from`, `stride` octets apart. */
AVX2 FS_INLINE void load_words(__m256i v[4], const void *from, size_t stride, size_t first) {
    for (size_t i = 0; i < LANES; i++)
        v[i] = _mm256_loadu_si256((const __m256i *)(const void *)((const uint8_t *)from + stride * i + 8 * first));
    transpose(v);
}

/* The message word of round i >= 16 takes the place of that of round i - 16. */
AVX2 FS_INLINE __m256i next_word(__m256i w[16], size_t i) {
    __m256i a = w[(i + 1) % 16], b = w[(i + 14) % 16];
    __m256i s0 = XOR3(ROTATE(a, 1), ROTATE(a, 8), _mm256_srli_epi64(a, 7));
    __m256i s1 = XOR3(ROTATE(b, 19), ROTATE(b, 61), _mm256_srli_epi64(b, 6));
    return w[i % 16] = ADD(ADD(w[i % 16], s0), ADD(w[(i + 9) % 16], s1));
}

/* Round i of sixteen, with a .. h at s[(0 - i) % 8] and so on: the names rotate instead of the words. */
AVX2 FS_INLINE void round_of(__m256i s[8], size_t i, __m256i word, const uint64_t *constant) {
    __m256i a = s[(0 - i) % 8], b = s[(1 - i) % 8], c = s[(2 - i) % 8], e = s[(4 - i) % 8], f = s[(5 - i) % 8], g = s[(6 - i) % 8];
    __m256i choice = _mm256_xor_si256(_mm256_and_si256(_mm256_xor_si256(f, g), e), g);
    __m256i majority = _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(_mm256_or_si256(a, b), c));
    __m256i first = ADD(ADD(s[(7 - i) % 8], XOR3(ROTATE(e, 14), ROTATE(e, 18), ROTATE(e, 41))), ADD(choice, word));
    first = ADD(first, _mm256_set1_epi64x((long long)constant[i]));
    s[(3 - i) % 8] = ADD(s[(3 - i) % 8], first);
    s[(7 - i) % 8] = ADD(ADD(first, majority), XOR3(ROTATE(a, 28), ROTATE(a, 34), ROTATE(a, 39)));
}

AVX2 static void sha512_lanes(fs_sha512_state *state, const uint8_t (*block)[BLOCK]) {
    const __m256i swap = _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11,
                                          10, 9, 8);
    __m256i s[8], w[16], in[8];
    for (size_t i = 0; i < 8; i += 4) load_words(s + i, state, sizeof *state, i);
    for (size_t i = 0; i < 16; i += 4) load_words(w + i, block, BLOCK, i);
    for (size_t i = 0; i < 16; i++) w[i] = _mm256_shuffle_epi8(w[i], swap);
    memcpy(in, s, sizeof in);
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++) round_of(s, i, w[i], constants);
    for (size_t from = 16; from < 80; from += 16) {
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) round_of(s, i, next_word(w, i), constants + from);
    }
    for (size_t i = 0; i < 8; i++) s[i] = ADD(s[i], in[i]);
    for (size_t i = 0; i < 8; i += 4) {
        transpose(s + i);
        for (size_t j = 0; j < LANES; j++)
            _mm256_storeu_si256((__m256i *)(void *)&state[j].word[i], s[i + j]);
    }
}

void fs_sha512_many(fs_sha512_state *state, const uint8_t (*block)[BLOCK], size_t count) {
    size_t i = 0;
    if (__builtin_cpu_supports("avx2"))
        for (; i + LANES <= count; i += LANES) sha512_lanes(&state[i], &block[i]);
    sha512_libcrypto(&state[i], &block[i], count - i);
}

#else

void fs_sha512_many(fs_sha512_state *state, const uint8_t (*block)[BLOCK], size_t count) { sha512_libcrypto(state, block, count); }

#endif

/* ---- Messages ---- */

/* A group of messages in lock-step; those that still have blocks stand first. */
typedef struct {
    fs_sha512_state state[GROUP];
    uint8_t block[GROUP][BLOCK];
    const uint8_t *head[GROUP], *message[GROUP];
    uint64_t length[GROUP]; /* of the message */
    size_t row[GROUP];
    size_t active;
} message_group;

/* Octets at .. at + BLOCK of head || message || 0x80 || zeros || length in bits (FIPS 180-4 section 5.1.2). */
static void fill_block(uint8_t *block, const uint8_t *head, size_t head_octets, const uint8_t *message, uint64_t length, uint64_t at) {
    uint64_t total = head_octets + length, used = 0;
    if (at == 0) {
        memcpy(block, head, head_octets);
        used = head_octets;
    }
    uint64_t from = at + used - head_octets, left = from < length ? length - from : 0;
    uint64_t take = left < BLOCK - used ? left : BLOCK - used;
    if (take > 0) memcpy(block + used, message + from, take);
    used += take;
    memset(block + used, 0, BLOCK - used);
    if (used < BLOCK && at + used == total) block[used] = 0x80;
    if (at + BLOCK >= total + 17) {
        fs_store_be32(block + BLOCK - 8, (uint32_t)(total >> 29));
        fs_store_be32(block + BLOCK - 4, (uint32_t)(total << 3));
    }
}

/* Take a finished row out of the group: its hash is done, and the last active row moves into its place. */
static void finish_row(message_group *g, size_t i, uint8_t *hashes) {
    fs_sha512_octets(hashes + 64 * g->row[i], &g->state[i], 64);
    size_t last = --g->active;
    g->state[i] = g->state[last];
    g->head[i] = g->head[last];
    g->message[i] = g->message[last];
    g->length[i] = g->length[last];
    g->row[i] = g->row[last];
}

static void hash_group(message_group *g, size_t head_octets, uint8_t *hashes) {
    for (uint64_t at = 0; g->active > 0; at += BLOCK) {
        for (size_t i = 0; i < g->active; i++) fill_block(g->block[i], g->head[i], head_octets, g->message[i], g->length[i], at);
        fs_sha512_many(g->state, (const uint8_t(*)[BLOCK])g->block, g->active);
        for (size_t i = g->active; i-- > 0;)
            if (at + BLOCK >= head_octets + g->length[i] + 17) finish_row(g, i, hashes);
    }
}

void fs_sha512_messages(const uint8_t *heads, size_t head_octets, size_t stride, const uint8_t *data, const uint64_t *offset,
                        size_t count, uint8_t *hashes) {
    static const uint8_t none[1] = {0};
    message_group g;
    memset(&g, 0, sizeof g);
    for (size_t first = 0; first < count; first += GROUP) {
        g.active = count - first < GROUP ? count - first : GROUP;
        for (size_t i = 0; i < g.active; i++) {
            g.row[i] = first + i;
            g.state[i] = fs_sha512_start;
            g.head[i] = head_octets ? heads + stride * (first + i) : none;
            g.message[i] = data + offset[first + i];
            g.length[i] = offset[first + i + 1] - offset[first + i];
        }
        hash_group(&g, head_octets, hashes);
    }
    OPENSSL_cleanse(&g, sizeof g);
}
