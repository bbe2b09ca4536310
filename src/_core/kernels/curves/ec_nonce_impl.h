/* HMAC_DRBG of RFC 6979 over a group of rows in lock-step; included once a hash, with NAME, STATE, START, MANY, OCTETS_OF, BLOCK (octets of a
 * block) and HASH (octets of a hash, and of a number) defined. */

typedef struct {
    STATE inner[GROUP], outer[GROUP]; /* HMAC's two hashes after their first block, of the row's K */
    STATE state[GROUP];
    uint8_t v[GROUP][HASH];
    uint8_t reduced[GROUP][HASH]; /* bits2octets(digest) */
    uint8_t block[GROUP][BLOCK];
} NAME(group);

/* The end of a hash of `octets` octets in a block that has `used` of them; both below 2^13 bits. */
static void NAME(pad)(uint8_t *block, size_t used, size_t octets) {
    memset(block + used, 0, BLOCK - used);
    block[used] = 0x80;
    fs_store_be16(block + BLOCK - 2, (uint16_t)(octets * 8));
}

/* state = the outer hash of state: an HMAC is done. */
static void NAME(finish)(NAME(group) *g, size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        OCTETS_OF(g->block[i], &g->state[i]);
        NAME(pad)(g->block[i], HASH, BLOCK + HASH);
    }
    memcpy(g->state, g->outer, rows * sizeof g->outer[0]);
    MANY(g->state, (const uint8_t(*)[BLOCK])g->block, rows);
}

/* K = state */
static void NAME(set_key)(NAME(group) *g, size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        memset(g->block[i], 0, BLOCK);
        OCTETS_OF(g->block[i], &g->state[i]);
        for (size_t j = 0; j < BLOCK; j++) g->block[i][j] ^= 0x36;
        g->inner[i] = START;
    }
    MANY(g->inner, (const uint8_t(*)[BLOCK])g->block, rows);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < BLOCK; j++) g->block[i][j] ^= 0x36 ^ 0x5c;
        g->outer[i] = START;
    }
    MANY(g->outer, (const uint8_t(*)[BLOCK])g->block, rows);
}

/* V = HMAC_K(V) */
static void NAME(next_v)(NAME(group) *g, size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        memcpy(g->block[i], g->v[i], HASH);
        NAME(pad)(g->block[i], HASH, BLOCK + HASH);
    }
    memcpy(g->state, g->inner, rows * sizeof g->inner[0]);
    MANY(g->state, (const uint8_t(*)[BLOCK])g->block, rows);
    NAME(finish)(g, rows);
    for (size_t i = 0; i < rows; i++) OCTETS_OF(g->v[i], &g->state[i]);
}

/* V || tag || secret || digest, padded: two blocks */
static void NAME(message)(uint8_t message[2 * BLOCK], const uint8_t *v, uint8_t tag, const uint8_t *secret, const uint8_t *digest) {
    memcpy(message, v, HASH);
    message[HASH] = tag;
    memcpy(message + HASH + 1, secret, HASH);
    memcpy(message + 2 * HASH + 1, digest, HASH);
    NAME(pad)(message + BLOCK, 3 * HASH + 1 - BLOCK, BLOCK + 3 * HASH + 1);
}

/* K = HMAC_K(V || tag || secret || digest); state is the inner hash, after K or after the first of the two blocks as well. */
static void NAME(seed)(NAME(group) *g, const uint8_t *secret, uint8_t tag, size_t first, size_t rows) {
    uint8_t message[2 * BLOCK];
    for (size_t part = first; part < 2; part++) {
        for (size_t i = 0; i < rows; i++) {
            NAME(message)(message, g->v[i], tag, secret, g->reduced[i]);
            memcpy(g->block[i], message + part * BLOCK, BLOCK);
        }
        MANY(g->state, (const uint8_t(*)[BLOCK])g->block, rows);
    }
    NAME(finish)(g, rows);
    NAME(set_key)(g, rows);
    OPENSSL_cleanse(message, sizeof message);
}

/* RFC 6979 section 3.2 (h.3): K = HMAC_K(V || 0x00), V = HMAC_K(V); then (h.2) again, V = HMAC_K(V) */
static void NAME(reject)(NAME(group) *g, size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        memcpy(g->block[i], g->v[i], HASH);
        g->block[i][HASH] = 0;
        NAME(pad)(g->block[i], HASH + 1, BLOCK + HASH + 1);
    }
    memcpy(g->state, g->inner, rows * sizeof g->inner[0]);
    MANY(g->state, (const uint8_t(*)[BLOCK])g->block, rows);
    NAME(finish)(g, rows);
    NAME(set_key)(g, rows);
    NAME(next_v)(g, rows);
    NAME(next_v)(g, rows);
}

/* The states that every digest of the key starts from. */
static void NAME(prepare)(STATE start[3], const uint8_t *secret) {
    NAME(group) g;
    uint8_t message[2 * BLOCK];
    memset(&g, 0, sizeof g);
    NAME(set_key)(&g, 1);
    memset(g.v, 1, sizeof g.v);
    NAME(message)(message, g.v[0], 0, secret, g.reduced[0]);
    start[0] = start[2] = g.inner[0];
    start[1] = g.outer[0];
    MANY(&start[2], (const uint8_t(*)[BLOCK])message, 1);
    OPENSSL_cleanse(message, sizeof message);
    OPENSSL_cleanse(&g, sizeof g);
}

/* RFC 6979 section 3.2 (b) to (g), and the first candidate of (h) into v. The first block of the first message is the same for all digests
 * where it ends before the digest. */
static void NAME(begin)(NAME(group) *g, const STATE start[3], const fs_nonce_key *key, const uint8_t *digests, size_t rows) {
    enum { SHARED = BLOCK <= 2 * HASH + 1 };
    memset(g->v, 1, sizeof g->v);
    for (size_t i = 0; i < rows; i++) {
        reduce(g->reduced[i], digests + HASH * i, key->order, HASH);
        g->state[i] = start[SHARED ? 2 : 0];
        g->outer[i] = start[1];
    }
    NAME(seed)(g, key->secret, 0, SHARED, rows);
    NAME(next_v)(g, rows);
    memcpy(g->state, g->inner, rows * sizeof g->inner[0]);
    NAME(seed)(g, key->secret, 1, 0, rows);
    NAME(next_v)(g, rows);
    NAME(next_v)(g, rows);
}

/* One row on its own, skipping candidates that are out of range and `skip` others. */
FS_COLD static void NAME(one)(NAME(group) *g, const STATE start[3], const fs_nonce_key *key, const uint8_t *digest, unsigned skip,
                              uint8_t *nonce) {
    NAME(begin)(g, start, key, digest, 1);
    while (!in_range(g->v[0], key->order, HASH) || skip-- > 0) NAME(reject)(g, 1);
    memcpy(nonce, g->v[0], HASH);
}

static void NAME(nonces)(const STATE start[3], const fs_nonce_key *key, const uint8_t *digests, size_t count, unsigned skip,
                         uint8_t *nonces) {
    NAME(group) g;
    for (size_t first = 0; first < count; first += GROUP) {
        size_t rows = count - first < GROUP ? count - first : GROUP;
        uint8_t good[GROUP];
        NAME(begin)(&g, start, key, digests + HASH * first, rows);
        for (size_t i = 0; i < rows; i++) {
            memcpy(nonces + HASH * (first + i), g.v[i], HASH);
            good[i] = (uint8_t)in_range(g.v[i], key->order, HASH) && skip == 0;
        }
        for (size_t i = first; i < first + rows; i++)
            if (FS_UNLIKELY(!good[i - first])) NAME(one)(&g, start, key, digests + HASH * i, skip, nonces + HASH * i);
    }
    OPENSSL_cleanse(&g, sizeof g);
}
