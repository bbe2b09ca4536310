/* Signs, flips a bit of each curve's table of multiples as a failing memory would, and signs again: nothing may come out. */
#include <stdio.h>

#include "ec_batch.h"
#include "ed25519_batch.h"

#define COUNT 30

void p256_break(void);
void p384_break(void);
void ed25519_break(void);

static uint8_t secret[48], signatures[COUNT * 96], rows[COUNT * 48];
static uint64_t offset[COUNT + 1];

/* 0 where the output is all zeros and the status says why */
static int refused(fs_status status, const fs_error *error) {
    uint8_t any = 0;
    for (size_t i = 0; i < sizeof signatures; i++) any |= signatures[i];
    puts(status == FS_OK ? "signed" : error->message);
    return status != FS_ERROR_CRYPTO || any != 0;
}

static int ecdsa(fs_ec_curve curve, void (*break_comb)(void)) {
    fs_error error;
    fs_ec_key *key;
    if (fs_ec_key_new(&key, curve, secret, "portable", &error) != FS_OK) return 2;
    if (fs_ec_sign_batch(key, rows, COUNT, signatures, &error) != FS_OK) return 2;
    memset(signatures, 0, sizeof signatures);
    break_comb();
    fs_status status = fs_ec_sign_batch(key, rows, COUNT, signatures, &error);
    fs_ec_key_free(key);
    return refused(status, &error);
}

static int ed25519(void) {
    fs_error error;
    fs_ed25519_key *key;
    for (size_t i = 0; i <= COUNT; i++) offset[i] = 48 * i;
    if (fs_ed25519_key_new(&key, secret, "portable", &error) != FS_OK) return 2;
    if (fs_ed25519_sign_batch(key, rows, offset, COUNT, signatures, &error) != FS_OK) return 2;
    memset(signatures, 0, sizeof signatures);
    ed25519_break();
    fs_status status = fs_ed25519_sign_batch(key, rows, offset, COUNT, signatures, &error);
    fs_ed25519_key_free(key);
    return refused(status, &error);
}

int main(void) {
    for (size_t i = 0; i < sizeof secret; i++) secret[i] = (uint8_t)(i + 1);
    for (size_t i = 0; i < sizeof rows; i++) rows[i] = (uint8_t)(i * i + i / 7);
    return ecdsa(FS_EC_P256, p256_break) | ecdsa(FS_EC_P384, p384_break) | ed25519();
}
