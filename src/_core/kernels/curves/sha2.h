/* SHA-256 and SHA-512 compressions for many independent states: the inside of HMAC when the prefixes are already hashed (FIPS 180-4). */
#ifndef FS_SHA2_H
#define FS_SHA2_H

#include "fs.h"

typedef struct {
    uint32_t word[8];
} fs_sha256_state;
typedef struct {
    uint64_t word[8];
} fs_sha512_state;

extern const fs_sha256_state fs_sha256_start;
extern const fs_sha512_state fs_sha384_start, fs_sha512_start;

/* state[i] = the compression of state[i] and block[i], for i < count */
void fs_sha256_many(fs_sha256_state *state, const uint8_t (*block)[64], size_t count);
void fs_sha512_many(fs_sha512_state *state, const uint8_t (*block)[128], size_t count);

/* hashes[i] = SHA-512(head i || message i), 64 octets each: the head is head_octets octets (at most 64) at heads + stride * i, the message
 * is data[offset[i] .. offset[i + 1]). */
void fs_sha512_messages(const uint8_t *heads, size_t head_octets, size_t stride, const uint8_t *data, const uint64_t *offset,
                        size_t count, uint8_t *hashes);

/* The first octets of a state, big-endian; octets is a multiple of the word's size. */
void fs_sha256_octets(uint8_t *out, const fs_sha256_state *state);
void fs_sha512_octets(uint8_t *out, const fs_sha512_state *state, size_t octets);

#endif
