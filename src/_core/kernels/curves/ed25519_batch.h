/* Ed25519 (RFC 8032, RFC 8080 algorithm 15) in batches: many independent messages, one key.
 *
 * Signing runs in constant time in the key; verifying is for public data. The files: ed25519.h the curve's constants, ed25519_field_impl.h
 * and ed25519_adx.h the field, ed25519_point_impl.h the two shapes of a point, ed25519_sign_impl.h and ed25519_verify_impl.h the two
 * jobs over one chunk, ed25519.c and ed25519_kernel_adx.c the variants, ed25519_batch.c this interface; points, tables and numbers are
 * those of ec_*_impl.h. */
#ifndef FS_ED25519_BATCH_H
#define FS_ED25519_BATCH_H

#include "fs.h"

typedef struct fs_ed25519_key fs_ed25519_key;

/* A private key from its seed of 32 octets. `kernel` names a variant ("portable", "adx"), NULL takes the fastest that the CPU has. */
fs_status fs_ed25519_key_new(fs_ed25519_key **key, const uint8_t *seed, const char *kernel, fs_error *error) FS_MUST_CHECK;
void fs_ed25519_key_free(fs_ed25519_key *key);

/* The public key, 32 octets, to be compared with the DNSKEY before anything is signed. */
void fs_ed25519_key_public(const fs_ed25519_key *key, uint8_t *public_key);

/* The name of the number-th variant that this CPU can run, the fastest first; NULL beyond the last. */
const char *fs_ed25519_kernel_name(size_t number);

/* Sign message i, the octets data[offset[i] .. offset[i + 1]), into row i of 64 octets. Before they leave, every R is on the curve and
 * every S is r + h*s; otherwise FS_ERROR_CRYPTO, and all of the output is zero. That r*B was computed right is not checked here:
 * verify a sample, or all of it. The key may be shared by threads. */
fs_status fs_ed25519_sign_batch(const fs_ed25519_key *key, const uint8_t *data, const uint64_t *offset, size_t count,
                                uint8_t *signatures, fs_error *error) FS_MUST_CHECK;

typedef struct fs_ed25519_verifier fs_ed25519_verifier;

/* Tables for verifying about `expected` signatures. FS_ERROR_CRYPTO unless the key is the canonical encoding of a point of the prime
 * order, as every honest key is; libcrypto judges signatures of the others. */
fs_status fs_ed25519_verifier_new(fs_ed25519_verifier **verifier, const uint8_t *public_key, size_t expected, const char *kernel,
                                  fs_error *error) FS_MUST_CHECK;
void fs_ed25519_verifier_free(fs_ed25519_verifier *verifier);

/* Set ok[i] to 1 where signature i is valid for message i, else to 0: S < L, and S*B - h*A encodes to R, without the cofactor, as
 * libcrypto does it. Fails only for want of memory. Variable time. */
fs_status fs_ed25519_verify_many(const fs_ed25519_verifier *verifier, const uint8_t *data, const uint64_t *offset,
                                 const uint8_t *signatures, size_t count, uint8_t *ok, fs_error *error) FS_MUST_CHECK;

#endif
