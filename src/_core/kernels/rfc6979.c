/* RFC 6979 with HMAC midstates: 15 SHA-256 compressions a nonce for P-256, 16 SHA-512 ones for P-384. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the bare compression functions have no counterpart in EVP */
#include "rfc6979.h"

#include <openssl/crypto.h>

enum { BLOCK_MAX = 128, TAIL_MAX = 2 * BLOCK_MAX };

/* Everything below is written once and inlined for both hashes: `width` is a constant at each call. */
#define BLOCK(width) ((width) == 32 ? 64u : 128u)

typedef struct {
    fs_hash_state inner, outer;
} hmac_key;

typedef struct {
    hmac_key key;
    uint8_t v[FS_CURVE_OCTETS];
    uint8_t k[FS_CURVE_OCTETS];
    uint8_t seed[FS_CURVE_OCTETS * 3 + 1]; /* V | 00 or 01 | int2octets(x) | bits2octets(h1) */
    uint8_t tail[TAIL_MAX];
    fs_hash_state state;
} drbg;

FS_INLINE void start(fs_hash_state *state, const uint32_t width) {
    if (width == 32)
        SHA256_Init(&state->narrow);
    else
        SHA384_Init(&state->wide);
}

FS_INLINE void compress(fs_hash_state *state, const uint8_t *block, const uint32_t width) {
    if (width == 32)
        SHA256_Transform(&state->narrow, block);
    else
        SHA512_Transform(&state->wide, block);
}

FS_INLINE void copy_state(fs_hash_state *to, const fs_hash_state *from, const uint32_t width) {
    if (width == 32)
        to->narrow = from->narrow;
    else
        to->wide = from->wide;
}

FS_INLINE void store_state(const fs_hash_state *state, uint8_t *out, const uint32_t width) {
    if (width == 32) {
        for (unsigned i = 0; i < 8; i++) fs_store_be32(out + 4 * i, state->narrow.h[i]);
    } else {
        for (unsigned i = 0; i < 6; i++) {
            fs_store_be32(out + 8 * i, (uint32_t)(state->wide.h[i] >> 32));
            fs_store_be32(out + 8 * i + 4, (uint32_t)state->wide.h[i]);
        }
    }
}

FS_INLINE void set_key(hmac_key *key, const uint8_t *octets, uint8_t *pad, const uint32_t width) {
    for (uint32_t i = 0; i < BLOCK(width); i++) pad[i] = (uint8_t)((i < width ? octets[i] : 0) ^ 0x36);
    start(&key->inner, width);
    compress(&key->inner, pad, width);
    for (uint32_t i = 0; i < BLOCK(width); i++) pad[i] ^= 0x36 ^ 0x5c;
    start(&key->outer, width);
    compress(&key->outer, pad, width);
}

/* Hash the last `length` octets of a message of `total`, pad, and write the digest. */
FS_INLINE void finish(drbg *g, const uint8_t *data, uint32_t length, uint32_t total, uint8_t *out, const uint32_t width) {
    const uint32_t block = BLOCK(width), size = (length + 1 + block / 8 + block - 1) / block * block;
    memset(g->tail, 0, size);
    memcpy(g->tail, data, length);
    g->tail[length] = 0x80;
    fs_store_be16(g->tail + size - 2, (uint16_t)(total * 8));
    for (uint32_t at = 0; at < size; at += block) compress(&g->state, g->tail + at, width);
    store_state(&g->state, out, width);
}

FS_INLINE void finish_outer(drbg *g, const fs_hash_state *outer, uint8_t *out, const uint32_t width) {
    copy_state(&g->state, outer, width);
    finish(g, out, width, BLOCK(width) + width, out, width);
}

FS_INLINE void hmac(drbg *g, const uint8_t *data, uint32_t length, uint8_t *out, const uint32_t width) {
    copy_state(&g->state, &g->key.inner, width);
    finish(g, data, length, BLOCK(width) + length, out, width);
    finish_outer(g, &g->key.outer, out, width);
}

/* a < b for big-endian numbers, without a branch on either. */
FS_INLINE int is_below(const uint8_t *a, const uint8_t *b, const uint32_t width) {
    uint32_t borrow = 0;
    for (uint32_t i = width; i-- > 0;) borrow = ((uint32_t)a[i] - b[i] - borrow) >> 31;
    return (int)borrow;
}

/* Section 2.3.4: bits2octets(h1) = h1 mod q; qlen is a hash's width here, so one subtraction does it. */
FS_INLINE void reduce(uint8_t *out, const uint8_t *digest, const uint8_t *order, const uint32_t width) {
    const uint32_t mask = is_below(digest, order, width) ? 0 : 0xff;
    uint32_t borrow = 0;
    for (uint32_t i = width; i-- > 0;) {
        const uint32_t v = (uint32_t)digest[i] - (order[i] & mask) - borrow;
        out[i] = (uint8_t)v;
        borrow = v >> 31;
    }
}

FS_INLINE int is_in_range(const uint8_t *k, const uint8_t *order, const uint32_t width) {
    uint32_t any = 0;
    for (uint32_t i = 0; i < width; i++) any |= k[i];
    return any != 0 && is_below(k, order, width);
}

/* Section 3.2, steps b to f. */
FS_INLINE void seed(drbg *g, const fs_rfc6979 *context, const uint8_t *digest, const uint32_t width) {
    const uint32_t length = 3 * width + 1, read = (2 * width + 1) / BLOCK(width) * BLOCK(width);
    memset(g->seed, 1, width);
    g->seed[width] = 0;
    memcpy(g->seed + width + 1, context->key, width);
    reduce(g->seed + 2 * width + 1, digest, context->order, width);
    copy_state(&g->state, &context->inner, width);
    finish(g, g->seed + read, length - read, BLOCK(width) + length, g->k, width);
    finish_outer(g, &context->outer, g->k, width); /* d: K = HMAC_K(V | 00 | x | h1) */
    set_key(&g->key, g->k, g->tail, width);
    hmac(g, g->seed, width, g->v, width); /* e: V = HMAC_K(V) */
    memcpy(g->seed, g->v, width);
    g->seed[width] = 1;
    hmac(g, g->seed, length, g->k, width); /* f: K = HMAC_K(V | 01 | x | h1) */
    set_key(&g->key, g->k, g->tail, width);
    hmac(g, g->v, width, g->v, width); /* g: V = HMAC_K(V) */
}

/* Step h: draw until a candidate is in [1, q-1]; qlen is a hash's width, so T is one V. */
FS_INLINE void draw(drbg *g, const fs_rfc6979 *context, uint32_t skip, const uint32_t width) {
    for (;;) {
        hmac(g, g->v, width, g->v, width);
        if (is_in_range(g->v, context->order, width) && skip-- == 0) return;
        memcpy(g->seed, g->v, width);
        g->seed[width] = 0;
        hmac(g, g->seed, width + 1, g->k, width);
        set_key(&g->key, g->k, g->tail, width);
        hmac(g, g->v, width, g->v, width);
    }
}

FS_INLINE void store_words(const uint8_t *octets, uint64_t *words, const uint32_t width) {
    for (uint32_t i = 0; i < width / 8; i++) {
        const uint8_t *p = octets + width - 8 * (i + 1);
        words[i] = ((uint64_t)fs_load_be32(p) << 32) | fs_load_be32(p + 4);
    }
}

FS_INLINE void make_nonces(const fs_rfc6979 *context, const uint8_t *digests, size_t count, uint32_t skip, uint64_t *nonces,
                           const uint32_t width) {
    drbg g;
    for (size_t i = 0; i < count; i++) {
        seed(&g, context, digests + i * width, width);
        draw(&g, context, skip, width);
        store_words(g.v, nonces + i * (width / 8), width);
    }
    OPENSSL_cleanse(&g, sizeof g);
}

void fs_rfc6979_nonces(const fs_rfc6979 *context, const uint8_t *digests, size_t count, uint32_t skip, uint64_t *nonces) {
    if (context->width == 32)
        make_nonces(context, digests, count, skip, nonces, 32);
    else
        make_nonces(context, digests, count, skip, nonces, 48);
}

void fs_rfc6979_reduce(const fs_rfc6979 *context, const uint8_t *digest, uint8_t *out) {
    reduce(out, digest, context->order, context->width);
}

FS_INLINE void begin(fs_rfc6979 *context, const uint32_t width) {
    drbg g;
    memset(&g, 0, sizeof g);
    set_key(&g.key, g.k, g.tail, width); /* c: K = 00..00 */
    memset(g.seed, 1, width);            /* b: V = 01..01 */
    memcpy(g.seed + width + 1, context->key, width);
    for (uint32_t at = 0; at + BLOCK(width) <= 2 * width + 1; at += BLOCK(width)) compress(&g.key.inner, g.seed + at, width);
    context->inner = g.key.inner;
    context->outer = g.key.outer;
    OPENSSL_cleanse(&g, sizeof g);
}

void fs_rfc6979_open(fs_rfc6979 *context, uint32_t width, const uint8_t *order, const uint8_t *key) {
    memset(context, 0, sizeof *context);
    context->width = width;
    memcpy(context->order, order, width);
    memcpy(context->key, key, width);
    if (width == 32)
        begin(context, 32);
    else
        begin(context, 48);
}
