/* Signs with secrets that valgrind takes for undefined: every branch, address or system call that depends on them is an error to it.
 * Built with -DFS_CTGRIND, which lifts the mark from what may be told (the public key, the signature, that a check failed). */
#include <stdio.h>
#include <valgrind/memcheck.h>

#include "ec_batch.h"
#include "ed25519_batch.h"

enum { COUNT = 9, MESSAGE = 150 };

static int fail(const fs_error *error) {
    puts(error->message);
    return 1;
}

static int sign_ecdsa(fs_ec_curve curve, const char *kernel) {
    uint8_t secret[48], digests[COUNT * 48], signatures[COUNT * 96];
    fs_error error;
    fs_ec_key *key;
    for (int i = 0; i < 48; i++) secret[i] = (uint8_t)(i * 7 + 1);
    for (int i = 0; i < COUNT * 48; i++) digests[i] = (uint8_t)(i * i * 11 + i / 5);
    VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof secret);
    if (fs_ec_key_new(&key, curve, secret, kernel, &error) != FS_OK) return fail(&error);
    fs_status status = fs_ec_sign_batch(key, digests, COUNT, signatures, &error);
    fs_ec_key_free(key);
    return status == FS_OK ? 0 : fail(&error);
}

static int sign_ed25519(const char *kernel) {
    uint8_t seed[32], data[COUNT * MESSAGE], signatures[COUNT * 64];
    uint64_t offset[COUNT + 1];
    fs_error error;
    fs_ed25519_key *key;
    for (int i = 0; i < 32; i++) seed[i] = (uint8_t)(i * 5 + 3);
    for (int i = 0; i < COUNT * MESSAGE; i++) data[i] = (uint8_t)(i * i);
    for (int i = 0; i <= COUNT; i++) offset[i] = (uint64_t)i * MESSAGE;
    VALGRIND_MAKE_MEM_UNDEFINED(seed, sizeof seed);
    if (fs_ed25519_key_new(&key, seed, kernel, &error) != FS_OK) return fail(&error);
    fs_status status = fs_ed25519_sign_batch(key, data, offset, COUNT, signatures, &error);
    fs_ed25519_key_free(key);
    return status == FS_OK ? 0 : fail(&error);
}

int main(void) {
    int failed = 0;
    for (size_t i = 0; fs_ec_kernel_name(FS_EC_P256, i) != NULL; i++) failed |= sign_ecdsa(FS_EC_P256, fs_ec_kernel_name(FS_EC_P256, i));
    for (size_t i = 0; fs_ec_kernel_name(FS_EC_P384, i) != NULL; i++) failed |= sign_ecdsa(FS_EC_P384, fs_ec_kernel_name(FS_EC_P384, i));
    for (size_t i = 0; fs_ed25519_kernel_name(i) != NULL; i++) failed |= sign_ed25519(fs_ed25519_kernel_name(i));
    return failed;
}
