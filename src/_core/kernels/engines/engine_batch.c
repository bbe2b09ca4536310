/* Our own batches, on every CPU: P-256 and P-384 (ec_batch.h), Ed25519 (ed25519_batch.h). */
#include "ec_batch.h"
#include "ed25519_batch.h"
#include "engine.h"

int fs_batch_fits(uint8_t algorithm, const fs_private_key *key) {
    (void)key;
    return fs_is_ecdsa(algorithm) || algorithm == FS_ED25519;
}

fs_status fs_batch_ecdsa_open(fs_private_key *key, fs_error *error) {
    fs_ec_key *own = NULL;
    const fs_ec_curve curve = key->public_key.algorithm == FS_ECDSAP256 ? FS_EC_P256 : FS_EC_P384;
    const fs_status status = fs_ec_key_new(&own, curve, key->secrets->scalar, NULL, error);
    if (status == FS_OK) key->engine_state = own;
    return status;
}

void fs_batch_ecdsa_close(fs_private_key *key) {
    fs_ec_key_free(key->engine_state);
    key->engine_state = NULL;
}

fs_status fs_batch_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    return fs_ec_sign_batch(key->engine_state, rows->data, rows->count, signatures, error);
}

fs_status fs_batch_ed25519_open(fs_private_key *key, fs_error *error) {
    fs_ed25519_key *own = NULL;
    const fs_status status = fs_ed25519_key_new(&own, key->secrets->seed, NULL, error);
    if (status == FS_OK) key->engine_state = own;
    return status;
}

void fs_batch_ed25519_close(fs_private_key *key) {
    fs_ed25519_key_free(key->engine_state);
    key->engine_state = NULL;
}

fs_status fs_batch_ed25519(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    return fs_ed25519_sign_batch(key->engine_state, rows->data, rows->offset, rows->count, signatures, error);
}
