/* SHA-256 by the CPU's SHA extensions, two states side by side (one alone waits for its own rounds); everything else by libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* the bare compression has no successor in OpenSSL 3 */
#include "cpu.h"
#include "sha2.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

const fs_sha256_state fs_sha256_start = {
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};

void fs_sha256_octets(uint8_t *out, const fs_sha256_state *state) {
    for (int i = 0; i < 8; i++) fs_store_be32(out + 4 * i, state->word[i]);
}

static void sha256_libcrypto(fs_sha256_state *state, const uint8_t (*block)[64], size_t count) {
    SHA256_CTX context;
    for (size_t i = 0; i < count; i++) {
        memcpy(context.h, &state[i], sizeof state[i]);
        SHA256_Transform(&context, block[i]);
        memcpy(&state[i], context.h, sizeof state[i]);
    }
    OPENSSL_cleanse(&context, sizeof context);
}

#if defined(__x86_64__)
#include <immintrin.h>
#define SHA_NI __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

enum { STREAMS = 2 };

/* The instructions keep the state as (a b e f) and (c d g h), highest word first. */
typedef struct {
    __m128i abef, cdgh, abef_in, cdgh_in, message[4];
} stream;

SHA_NI FS_INLINE void stream_load(stream *s, const fs_sha256_state *state, const uint8_t *block) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)&state->word[0]);
    __m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)&state->word[4]);
    abcd = _mm_shuffle_epi32(abcd, 0xb1);
    efgh = _mm_shuffle_epi32(efgh, 0x1b);
    s->abef = s->abef_in = _mm_alignr_epi8(abcd, efgh, 8);
    s->cdgh = s->cdgh_in = _mm_blend_epi16(efgh, abcd, 0xf0);
    for (int i = 0; i < 4; i++)
        s->message[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)), swap);
}

SHA_NI FS_INLINE void stream_store(const stream *s, fs_sha256_state *state) {
    __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(s->abef, s->abef_in), 0x1b);
    __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(s->cdgh, s->cdgh_in), 0xb1);
    _mm_storeu_si128((__m128i *)(void *)&state->word[0], _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)&state->word[4], _mm_alignr_epi8(dchg, feba, 8));
}

/* Rounds 4*quad .. 4*quad+3, and the message words that take the place of those used. */
SHA_NI FS_INLINE void stream_rounds(stream *s, int quad) {
    __m128i *m = s->message, now = m[quad % 4];
    __m128i words = _mm_add_epi32(now, _mm_load_si128((const __m128i *)(const void *)&constants[4 * quad]));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, words);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(words, 0x0e));
    if (quad < 12) {
        __m128i last = m[(quad + 3) % 4];
        __m128i next = _mm_sha256msg1_epu32(now, m[(quad + 1) % 4]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(last, m[(quad + 2) % 4], 4));
        m[quad % 4] = _mm_sha256msg2_epu32(next, last);
    }
}

SHA_NI FS_INLINE void sha256_streams(fs_sha256_state *state, const uint8_t (*block)[64], int streams) {
    stream s[STREAMS];
    for (int i = 0; i < streams; i++) stream_load(&s[i], &state[i], block[i]);
#pragma GCC unroll 16
    for (int quad = 0; quad < 16; quad++)
        for (int i = 0; i < streams; i++) stream_rounds(&s[i], quad);
    for (int i = 0; i < streams; i++) stream_store(&s[i], &state[i]);
}

SHA_NI static void sha256_instructions(fs_sha256_state *state, const uint8_t (*block)[64], size_t count) {
    size_t i = 0;
    for (; i + STREAMS <= count; i += STREAMS) sha256_streams(&state[i], &block[i], STREAMS);
    for (; i < count; i++) sha256_streams(&state[i], &block[i], 1);
}

void fs_sha256_many(fs_sha256_state *state, const uint8_t (*block)[64], size_t count) {
    if (fs_cpu_has(FS_CPU_SHA) && __builtin_cpu_supports("sse4.1")) sha256_instructions(state, block, count);
    else sha256_libcrypto(state, block, count);
}

#else

void fs_sha256_many(fs_sha256_state *state, const uint8_t (*block)[64], size_t count) { sha256_libcrypto(state, block, count); }

#endif
