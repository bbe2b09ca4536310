/* The public half of a key: from the DNSKEY's public key field, and verification by libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA and EC_KEY: their EVP counterparts cost two allocations and a DER round trip a call */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

#include "private_key.h"

uint16_t fs_signed_octets(uint8_t algorithm) {
    switch (algorithm) {
        case FS_RSASHA1:
        case FS_NSEC3RSASHA1: return 20;
        case FS_RSASHA256:
        case FS_ECDSAP256: return 32;
        case FS_ECDSAP384: return 48;
        case FS_RSASHA512: return 64;
        default: return 0;
    }
}

/* ---- RSA (RFC 3110 section 2: length of the exponent in one octet, or in three of which the first is 0) */

FS_COLD static fs_status bad_public(fs_error *error, const char *why) {
    return fs_fail(error, FS_ERROR_KEY, "the public key of the DNSKEY is malformed: %s", why);
}

static fs_status open_rsa(fs_public_key *key, fs_error *error) {
    const uint8_t *p = key->octets, *end = p + key->length;
    size_t exponent = 0;
    if (key->length >= 1 && p[0] != 0) {
        exponent = p[0];
        p += 1;
    } else if (key->length >= 3) {
        exponent = fs_load_be16(p + 1);
        p += 3;
    }
    if (exponent == 0 || exponent >= (size_t)(end - p)) return bad_public(error, "the length of the RSA exponent does not fit");
    if (p[0] == 0 || p[exponent] == 0) return bad_public(error, "a number of the RSA key begins with a zero octet");
    const size_t modulus = (size_t)(end - p) - exponent;
    if (exponent > 8) return bad_public(error, "the RSA exponent has more than 64 bits");
    if (modulus > FS_RSA_OCTETS) return bad_public(error, "the RSA modulus has more than 4096 bits");
    if (modulus < (size_t)key->digest_length + 11 + 19) return bad_public(error, "the RSA modulus is too short for the digest");
    RSA *rsa = RSA_new();
    BIGNUM *e = BN_bin2bn(p, (int)exponent, NULL), *n = BN_bin2bn(p + exponent, (int)modulus, NULL);
    if (rsa == NULL || e == NULL || n == NULL || RSA_set0_key(rsa, n, e, NULL) != 1) {
        RSA_free(rsa);
        BN_free(e);
        BN_free(n);
        return fs_fail(error, FS_ERROR_MEMORY, "out of memory for a public key");
    }
    key->handle = rsa;
    key->signature_length = (uint16_t)modulus;
    if (!BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e)) return bad_public(error, "the RSA modulus or exponent is of no use");
    return FS_OK;
}

/* DigestInfo up to the digest (RFC 8017 section 9.2, note 1). */
static const uint8_t sha1_info[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};
static const uint8_t sha256_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
static const uint8_t sha512_info[] = {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                      0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40};

void fs_rsa_encode(uint8_t algorithm, const uint8_t *digest, uint8_t *out, size_t length) {
    const size_t digest_length = fs_signed_octets(algorithm);
    const uint8_t *info = digest_length == 20 ? sha1_info : digest_length == 32 ? sha256_info : sha512_info;
    const size_t info_length = digest_length == 20 ? sizeof sha1_info : sizeof sha256_info;
    const size_t fill = length - 3 - info_length - digest_length;
    out[0] = 0;
    out[1] = 1;
    memset(out + 2, 0xff, fill);
    out[2 + fill] = 0;
    memcpy(out + 3 + fill, info, info_length);
    memcpy(out + 3 + fill + info_length, digest, digest_length);
}

static int verify_rsa(const fs_public_key *key, const uint8_t *digest, const uint8_t *signature) {
    uint8_t expected[FS_RSA_OCTETS], found[FS_RSA_OCTETS];
    const int length = key->signature_length;
    fs_rsa_encode(key->algorithm, digest, expected, (size_t)length);
    if (RSA_public_decrypt(length, signature, found, key->handle, RSA_NO_PADDING) != length) return 0;
    return memcmp(expected, found, (size_t)length) == 0;
}

/* ---- ECDSA (RFC 6605 section 4: the key is x | y, the signature r | s, each number as wide as the curve) */

static fs_status open_ecdsa(fs_public_key *key, fs_error *error) {
    const uint16_t width = key->digest_length;
    uint8_t point[1 + 2 * FS_CURVE_OCTETS] = {POINT_CONVERSION_UNCOMPRESSED};
    if (key->length != 2 * width) return bad_public(error, "an ECDSA key is two coordinates as wide as the curve");
    EC_KEY *ec = EC_KEY_new_by_curve_name(width == 32 ? NID_X9_62_prime256v1 : NID_secp384r1);
    if (ec == NULL) return fs_fail(error, FS_ERROR_CRYPTO, "libcrypto does not offer the curve of algorithm %d", key->algorithm);
    key->handle = ec;
    key->signature_length = (uint16_t)(2 * width);
    memcpy(point + 1, key->octets, key->length);
    if (EC_KEY_oct2key(ec, point, 1 + (size_t)key->length, NULL) != 1) return bad_public(error, "the point is not on the curve");
    return FS_OK;
}

static int verify_ecdsa(const fs_public_key *key, const uint8_t *digest, const uint8_t *signature) {
    const int width = key->digest_length;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, width, NULL), *s = BN_bin2bn(signature + width, width, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        ECDSA_SIG_free(pair);
        BN_free(r);
        BN_free(s);
        return 0;
    }
    const int good = ECDSA_do_verify(digest, width, pair, key->handle) == 1;
    ECDSA_SIG_free(pair);
    return good;
}

/* ---- EdDSA (RFC 8080 sections 3 and 4) */

static fs_status open_eddsa(fs_public_key *key, fs_error *error) {
    const int is_25519 = key->algorithm == FS_ED25519;
    if (key->length != (is_25519 ? 32 : 57)) return bad_public(error, "an Ed25519 key has 32 octets, an Ed448 key 57");
    key->handle = EVP_PKEY_new_raw_public_key(is_25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, NULL, key->octets, key->length);
    if (key->handle == NULL) return fs_fail(error, FS_ERROR_CRYPTO, "libcrypto does not offer algorithm %d", key->algorithm);
    key->signature_length = is_25519 ? 64 : 114;
    return FS_OK;
}

static int verify_eddsa(const fs_public_key *key, const uint8_t *message, size_t length, const uint8_t *signature) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const int good = context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->handle) == 1 &&
                     EVP_DigestVerify(context, signature, key->signature_length, message, length) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

/* ---- all of them */

fs_status fs_public_key_open(fs_public_key *key, uint8_t algorithm, const uint8_t *octets, size_t length, fs_error *error) {
    *key = (fs_public_key){.algorithm = algorithm, .digest_length = fs_signed_octets(algorithm)};
    if (length > sizeof key->octets) return bad_public(error, "it is longer than any key may be");
    key->length = (uint16_t)length;
    memcpy(key->octets, octets, length);
    fs_status status;
    if (fs_is_rsa(algorithm))
        status = open_rsa(key, error);
    else if (fs_is_ecdsa(algorithm))
        status = open_ecdsa(key, error);
    else if (fs_is_eddsa(algorithm))
        status = open_eddsa(key, error);
    else
        status = fs_fail(error, FS_ERROR_KEY, "algorithm %d is none that can sign here (5, 7, 8, 10, 13, 14, 15, 16)", algorithm);
    if (status != FS_OK) {
        fs_public_key_close(key);
        ERR_clear_error();
    }
    return status;
}

void fs_public_key_close(fs_public_key *key) {
    if (key->handle == NULL) return;
    if (fs_is_rsa(key->algorithm))
        RSA_free(key->handle);
    else if (fs_is_ecdsa(key->algorithm))
        EC_KEY_free(key->handle);
    else
        EVP_PKEY_free(key->handle);
    key->handle = NULL;
}

int fs_public_key_verify(const fs_public_key *key, const uint8_t *data, size_t length, const uint8_t *signature) {
    int good;
    if (fs_is_eddsa(key->algorithm))
        good = verify_eddsa(key, data, length, signature);
    else if (length != key->digest_length)
        good = 0;
    else
        good = fs_is_rsa(key->algorithm) ? verify_rsa(key, data, signature) : verify_ecdsa(key, data, signature);
    if (!good) ERR_clear_error(); /* the queue is the thread's: leave nothing for Python's own users of libcrypto */
    return good;
}
