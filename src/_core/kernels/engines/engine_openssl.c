/* libcrypto signs: RSA and EdDSA. Everywhere, and the measure for every other engine. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA_private_encrypt: its EVP counterpart costs a context a key and thread */
#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include "engine.h"

int fs_openssl_fits(uint8_t algorithm, const fs_private_key *key) {
    (void)algorithm;
    (void)key;
    return 1;
}

/* PKCS #1 v1.5 (RFC 3110 section 3, RFC 5702 section 3). libcrypto blinds the base. */
fs_status fs_openssl_rsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    const int length = key->public_key.signature_length;
    uint8_t encoded[FS_RSA_OCTETS];
    for (size_t i = 0; i < rows->count; i++) {
        fs_rsa_encode(key->public_key.algorithm, rows->data + i * rows->width, encoded, (size_t)length);
        uint8_t *out = signatures + i * (size_t)length;
        if (RSA_private_encrypt(length, encoded, out, key->handle, RSA_NO_PADDING) != length)
            return fs_fail(error, FS_ERROR_CRYPTO, "libcrypto could not make an RSA signature");
    }
    return FS_OK;
}

/* RFC 8080 section 4: pure EdDSA of the message. */
static int sign_message(EVP_MD_CTX *context, EVP_PKEY *key, const uint8_t *data, size_t length, uint8_t *out, size_t room) {
    size_t written = room;
    return EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
           EVP_DigestSign(context, out, &written, data, length) == 1 && written == room;
}

fs_status fs_openssl_eddsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    const size_t room = key->public_key.signature_length;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context != NULL;
    for (size_t i = 0; good && i < rows->count; i++) {
        size_t length;
        const uint8_t *data = fs_row(rows, i, &length);
        good = sign_message(context, key->handle, data, length, signatures + i * room, room);
    }
    EVP_MD_CTX_free(context);
    return good ? FS_OK : fs_fail(error, FS_ERROR_CRYPTO, "libcrypto could not make an EdDSA signature");
}
