/* A table of engines that err: libcrypto's, but one bit of one row comes out flipped. Built by the tests in place of
 * engine_table.c, so that no build of fastsign itself holds such an engine. */
#include "engine.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT long faulty_from = 0, faulty_to = 0; /* rows of each batch */
EXPORT int faulty_bit = 0;

static void spoil(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures) {
    for (size_t i = 0; i < rows->count; i++) {
        if ((long)i < faulty_from || (long)i >= faulty_to) continue;
        signatures[i * key->public_key.signature_length + (size_t)faulty_bit / 8] ^= (uint8_t)(1 << faulty_bit % 8);
    }
}

#define FAULTY(name)                                                                                                  \
    static fs_status faulty_##name(const fs_private_key *key, const fs_rows *rows, uint8_t *out, fs_error *error) {   \
        const fs_status status = fs_openssl_##name(key, rows, out, error);                                            \
        spoil(key, rows, out);                                                                                        \
        return status;                                                                                                \
    }

FAULTY(rsa)
FAULTY(ecdsa)
FAULTY(eddsa)

const fs_engine fs_engines[] = {
    {.name = "faulty", .algorithm = FS_RSASHA256, .lanes = 1, .fits = fs_openssl_fits, .sign = faulty_rsa},
    {.name = "faulty", .algorithm = FS_ECDSAP256, .lanes = 4, .fits = fs_openssl_fits, .sign = faulty_ecdsa},
    {.name = "faulty", .algorithm = FS_ED25519, .lanes = 4, .fits = fs_openssl_fits, .sign = faulty_eddsa},
    {.name = NULL},
};
