/* Signing engines: the table that says who can sign what, fastest first, and the one way in, fs_sign, which checks what leaves. */
#ifndef FS_ENGINE_H
#define FS_ENGINE_H

#include "private_key.h"

/* What is to be signed. Rows of digest_length octets; or for EdDSA messages: row i is data[offset[i]] .. data[offset[i + 1]]. */
typedef struct {
    const uint8_t *data;
    const uint64_t *offset; /* [count + 1]; NULL: rows of `width` octets */
    uint32_t width;
    size_t count;
} fs_rows;

FS_INLINE const uint8_t *fs_row(const fs_rows *rows, size_t i, size_t *length) {
    if (rows->offset == NULL) {
        *length = rows->width;
        return rows->data + i * rows->width;
    }
    *length = (size_t)(rows->offset[i + 1] - rows->offset[i]);
    return rows->data + rows->offset[i];
}

/* One engine for one algorithm. `fits`: do CPU and key suit it (key == NULL: the CPU alone)? `sign` writes count rows of
 * signature_length octets; it may be called by many threads at once, and nothing it writes is trusted: fs_sign checks.
 * `open`, where there is one, fills key->engine_state before the first signature; `close` wipes and frees it. */
typedef struct fs_engine {
    const char *name;
    uint8_t algorithm;
    uint8_t lanes; /* signatures it makes at once */
    int (*fits)(uint8_t algorithm, const fs_private_key *key);
    fs_status (*sign)(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);
    fs_status (*open)(fs_private_key *key, fs_error *error);
    void (*close)(fs_private_key *key);
} fs_engine;

/* All engines of this build; of one algorithm the preferred one first. Ends with a row whose name is NULL. */
extern const fs_engine fs_engines[];

/* The engine called `name` if it can sign with this key, else the first that can; "" or NULL: the first. A name that this build
 * does not know, or whose engine does not fit this CPU at all, is an error. */
fs_status fs_engine_choose(const fs_private_key *key, const char *name, const fs_engine **engine, fs_error *error) FS_MUST_CHECK;

/* Sign all rows and check: every RSA signature by the public operation (a fault in the CRT gives the key away), of the others the
 * first and a random one of each thousand. When a check fails the output is wiped and the status is FS_ERROR_CRYPTO. */
fs_status fs_sign(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) FS_MUST_CHECK;

/* Sign a fixed blob on every lane and once more, and check each signature: for the first key that an engine gets in a process, and for every
 * RSA key. What another key signs is sampled as every batch is. */
fs_status fs_engine_prove(const fs_private_key *key, fs_error *error) FS_MUST_CHECK;

/* ---- the engines */

int fs_openssl_fits(uint8_t algorithm, const fs_private_key *key);
fs_status fs_openssl_rsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);
fs_status fs_openssl_eddsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);
fs_status fs_openssl_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);

/* Our own batches: P-256, P-384 and Ed25519 on any CPU. */
int fs_batch_fits(uint8_t algorithm, const fs_private_key *key);
fs_status fs_batch_ecdsa_open(fs_private_key *key, fs_error *error);
void fs_batch_ecdsa_close(fs_private_key *key);
fs_status fs_batch_ed25519_open(fs_private_key *key, fs_error *error);
void fs_batch_ed25519_close(fs_private_key *key);
fs_status fs_batch_ed25519(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);
fs_status fs_batch_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);

/* crypto_mb: x86-64 with AVX-512 IFMA, in builds with FASTSIGN_CRYPTO_MB. RSA of 1024, 2048, 3072 and 4096 bits. */
int fs_crypto_mb_fits(uint8_t algorithm, const fs_private_key *key);
fs_status fs_crypto_mb_rsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);
fs_status fs_crypto_mb_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);
fs_status fs_crypto_mb_ed25519(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error);

#endif
