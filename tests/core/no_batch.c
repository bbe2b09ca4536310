/* In place of engine_batch.c: that engine fits nothing, and a library without it and its kernels is built in two seconds. */
#include "engine.h"

int fs_batch_fits(uint8_t algorithm, const fs_private_key *key) {
    (void)algorithm;
    (void)key;
    return 0;
}

static fs_status no_engine(fs_error *error) { return fs_fail(error, FS_ERROR_CRYPTO, "there is no batch engine in this library"); }

fs_status fs_batch_ecdsa_open(fs_private_key *key, fs_error *error) { return (void)key, no_engine(error); }
fs_status fs_batch_ed25519_open(fs_private_key *key, fs_error *error) { return (void)key, no_engine(error); }
void fs_batch_ecdsa_close(fs_private_key *key) { (void)key; }
void fs_batch_ed25519_close(fs_private_key *key) { (void)key; }

fs_status fs_batch_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    return (void)key, (void)rows, (void)signatures, no_engine(error);
}

fs_status fs_batch_ed25519(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    return (void)key, (void)rows, (void)signatures, no_engine(error);
}
