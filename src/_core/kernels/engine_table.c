/* Who signs what: one row per engine and algorithm, of one algorithm the preferred engine first. */
#include "engine.h"

#define OPENSSL(algorithm, sign) {"openssl", algorithm, 1, fs_openssl_fits, sign}

const fs_engine fs_engines[] = {
    OPENSSL(FS_RSASHA1, fs_openssl_rsa),
    OPENSSL(FS_NSEC3RSASHA1, fs_openssl_rsa),
    OPENSSL(FS_RSASHA256, fs_openssl_rsa),
    OPENSSL(FS_RSASHA512, fs_openssl_rsa),
    OPENSSL(FS_ECDSAP256, fs_openssl_ecdsa),
    OPENSSL(FS_ECDSAP384, fs_openssl_ecdsa),
    OPENSSL(FS_ED25519, fs_openssl_eddsa),
    OPENSSL(FS_ED448, fs_openssl_eddsa),
    {NULL, 0, 0, NULL, NULL},
};
