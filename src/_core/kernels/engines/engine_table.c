/* Who signs what: one row per engine and algorithm, of one algorithm the preferred engine first. */
#include "engine.h"

#define BATCH(number, function)                                                                                \
    {.name = "batch", .algorithm = number, .lanes = 4, .fits = fs_batch_fits, .sign = function, .open = function##_open, \
     .close = function##_close}
#define OPENSSL(number, function) {.name = "openssl", .algorithm = number, .lanes = 1, .fits = fs_openssl_fits, .sign = function}
#define CRYPTO_MB(number, function) \
    {.name = "crypto_mb", .algorithm = number, .lanes = 8, .fits = fs_crypto_mb_fits, .sign = function}

const fs_engine fs_engines[] = {
    BATCH(FS_ECDSAP256, fs_batch_ecdsa),
    BATCH(FS_ECDSAP384, fs_batch_ecdsa),
    BATCH(FS_ED25519, fs_batch_ed25519),
#ifdef FASTSIGN_CRYPTO_MB
    CRYPTO_MB(FS_RSASHA1, fs_crypto_mb_rsa),
    CRYPTO_MB(FS_NSEC3RSASHA1, fs_crypto_mb_rsa),
    CRYPTO_MB(FS_RSASHA256, fs_crypto_mb_rsa),
    CRYPTO_MB(FS_RSASHA512, fs_crypto_mb_rsa),
    CRYPTO_MB(FS_ECDSAP256, fs_crypto_mb_ecdsa),
    CRYPTO_MB(FS_ECDSAP384, fs_crypto_mb_ecdsa),
    CRYPTO_MB(FS_ED25519, fs_crypto_mb_ed25519),
#endif
    OPENSSL(FS_RSASHA1, fs_openssl_rsa),
    OPENSSL(FS_NSEC3RSASHA1, fs_openssl_rsa),
    OPENSSL(FS_RSASHA256, fs_openssl_rsa),
    OPENSSL(FS_RSASHA512, fs_openssl_rsa),
    OPENSSL(FS_ECDSAP256, fs_openssl_ecdsa),
    OPENSSL(FS_ECDSAP384, fs_openssl_ecdsa),
    OPENSSL(FS_ED25519, fs_openssl_eddsa),
    OPENSSL(FS_ED448, fs_openssl_eddsa),
    {.name = NULL},
};
