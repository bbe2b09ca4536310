/* Our own batch signing of P-256 and P-384 (ec_batch.h): every CPU, with variants of its own for those that have more. */
#include "ec_batch.h"
#include "engine.h"

int fs_batch_fits(uint8_t algorithm, const fs_private_key *key) {
    (void)key;
    return fs_is_ecdsa(algorithm);
}

fs_status fs_batch_open(fs_private_key *key, fs_error *error) {
    fs_ec_key *own = NULL;
    const fs_ec_curve curve = key->public_key.algorithm == FS_ECDSAP256 ? FS_EC_P256 : FS_EC_P384;
    const fs_status status = fs_ec_key_new(&own, curve, key->secrets->scalar, NULL, error);
    if (status == FS_OK) key->engine_state = own;
    return status;
}

void fs_batch_close(fs_private_key *key) {
    fs_ec_key_free(key->engine_state);
    key->engine_state = NULL;
}

fs_status fs_batch_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    return fs_ec_sign_batch(key->engine_state, rows->data, rows->count, signatures, error);
}
