/* ECDSA over P-256 and P-384 in batches: many independent digests, one key (RFC 6605 algorithms 13 and 14).
 *
 * Signing is deterministic (RFC 6979) and runs in constant time in the secret and the nonces. Verifying is for public data only.
 * The files, one job each:
 *   ec_p256.h ec_p384.h             a curve's constants and its inversion chain
 *   ec_p256_adx.h ec_p384_adx.h     multiplication with MULX, ADCX and ADOX
 *   ec_field_impl.h                 numbers, arithmetic mod n        (the *_impl.h are included once by each variant,
 *   ec_nist_field_impl.h            arithmetic mod p                 which has its limbs and its multiplication fixed)
 *   ec_points_impl.h                batch-affine additions, tables
 *   ec_select_impl.h                constant-time table look-up
 *   ec_comb_impl.h ec_double_impl.h k*G in constant time; u1*G + u2*Q in variable time
 *   ec_sign_impl.h ec_verify_impl.h the two jobs over one chunk of rows
 *   ec_p256.c ec_p384.c ec_*_adx.c  the variants, each giving one fs_ec_kernel
 *   ec_nonce.c                      RFC 6979
 *   ec_batch.c                      keys, chunks, the choice of a variant: this interface */
#ifndef FS_EC_BATCH_H
#define FS_EC_BATCH_H

#include "fs.h"

typedef enum { FS_EC_P256 = 0, FS_EC_P384 = 1 } fs_ec_curve;

enum { FS_CURVE_OCTETS = 48, FS_CURVE_WORDS = 6 }; /* of the wider curve, P-384 */

/* Octets of a coordinate, a secret, a digest: 32 or 48. A signature and a public key have twice as many (r|s, x|y). */
FS_INLINE size_t fs_ec_octets(fs_ec_curve curve) { return curve == FS_EC_P256 ? 32 : FS_CURVE_OCTETS; }

/* The name of the number-th variant that this CPU can run, the fastest first; NULL beyond the last. */
const char *fs_ec_kernel_name(fs_ec_curve curve, size_t number);

typedef struct fs_ec_key fs_ec_key;

/* A private key from its big-endian octets; FS_ERROR_KEY unless 1 <= secret < n. `kernel` names a variant ("portable", "adx"),
 * NULL takes the fastest that the CPU has. Free it with fs_ec_key_free, which wipes it. */
fs_status fs_ec_key_new(fs_ec_key **key, fs_ec_curve curve, const uint8_t *secret, const char *kernel,
                        fs_error *error) FS_MUST_CHECK;
void fs_ec_key_free(fs_ec_key *key);

/* The public key of a private one, x|y. */
fs_status fs_ec_key_public(const fs_ec_key *key, uint8_t *public_key, fs_error *error) FS_MUST_CHECK;

/* The variant in use: "portable", "adx". */
const char *fs_ec_key_kernel(const fs_ec_key *key);

/* Sign `count` digests (rows of fs_ec_octets) into rows r|s of twice that. Before they leave, every R is on the curve and every
 * signature satisfies s*k = e + r*d; otherwise FS_ERROR_CRYPTO, and all of the output is zero. The key may be shared by threads. */
fs_status fs_ec_sign_batch(const fs_ec_key *key, const uint8_t *digests, size_t count, uint8_t *signatures,
                           fs_error *error) FS_MUST_CHECK;

/* The same with the nonces given (rows of fs_ec_octets, 1 <= k < n), for tests. A row whose r or s is zero has again[row] = 1. */
fs_status fs_ec_sign_with_nonces(const fs_ec_key *key, const uint8_t *digests, const uint8_t *nonces, size_t count,
                                 uint8_t *signatures, uint8_t *again, fs_error *error) FS_MUST_CHECK;

typedef struct fs_ec_verifier fs_ec_verifier;

/* Tables for verifying about `expected` signatures of one public key (x|y); FS_ERROR_CRYPTO unless it is a point of the curve.
 * The more are expected, the larger the tables: from 40 kB and 0.5 ms to 6 MB and 10 ms. */
fs_status fs_ec_verifier_new(fs_ec_verifier **verifier, fs_ec_curve curve, const uint8_t *public_key, size_t expected,
                             const char *kernel, fs_error *error) FS_MUST_CHECK;
void fs_ec_verifier_free(fs_ec_verifier *verifier);

/* Set ok[row] to 1 where the signature is valid, else to 0. Fails only for want of memory. Variable time. */
fs_status fs_ec_verify_many(const fs_ec_verifier *verifier, const uint8_t *digests, const uint8_t *signatures, size_t count,
                            uint8_t *ok, fs_error *error) FS_MUST_CHECK;

#endif
