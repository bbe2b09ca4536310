/* A private key of BIND's K*.private file, opaque to Python: what is secret stays in locked memory that is wiped. */
#ifndef FS_PRIVATE_KEY_H
#define FS_PRIVATE_KEY_H

#include <openssl/evp.h>

#include "ec_nonce.h"
#include "fs.h"
#include "private_key_memory.h"

/* DNSSEC algorithm numbers (IANA; RFC 8624 for their standing). */
enum {
    FS_RSASHA1 = 5,
    FS_NSEC3RSASHA1 = 7,
    FS_RSASHA256 = 8,
    FS_RSASHA512 = 10,
    FS_ECDSAP256 = 13,
    FS_ECDSAP384 = 14,
    FS_ED25519 = 15,
    FS_ED448 = 16
};

enum {
    FS_RSA_OCTETS = 512,       /* of a modulus: RFC 3110 and RFC 5702 end at 4096 bits */
    FS_PUBLIC_KEY_MAX = 1028,  /* octets of a DNSKEY's public key field: 3 + exponent + modulus, both as long as may be */
    FS_SIGNATURE_MAX = FS_RSA_OCTETS,
    FS_DIGEST_MAX = 64
};

FS_INLINE int fs_is_rsa(uint8_t algorithm) {
    return algorithm == FS_RSASHA1 || algorithm == FS_NSEC3RSASHA1 || algorithm == FS_RSASHA256 || algorithm == FS_RSASHA512;
}
FS_INLINE int fs_is_ecdsa(uint8_t algorithm) { return algorithm == FS_ECDSAP256 || algorithm == FS_ECDSAP384; }
FS_INLINE int fs_is_eddsa(uint8_t algorithm) { return algorithm == FS_ED25519 || algorithm == FS_ED448; }

/* Octets of the digest that an algorithm signs; 0: it signs the message itself (EdDSA), or is not known. */
uint16_t fs_signed_octets(uint8_t algorithm);

/* ---- the public half, from the public key field of DNSKEY RDATA */

typedef struct {
    uint8_t algorithm;
    uint16_t signature_length, digest_length;
    uint16_t length;
    uint8_t octets[FS_PUBLIC_KEY_MAX]; /* as in the DNSKEY */
    void *handle;                      /* libcrypto's RSA, EC_KEY or EVP_PKEY */
} fs_public_key;

fs_status fs_public_key_open(fs_public_key *key, uint8_t algorithm, const uint8_t *octets, size_t length,
                             fs_error *error) FS_MUST_CHECK;
void fs_public_key_close(fs_public_key *key);

/* Does libcrypto find the signature good? `data` is the digest, or for EdDSA the message. */
int fs_public_key_verify(const fs_public_key *key, const uint8_t *data, size_t length, const uint8_t *signature);

/* EMSA-PKCS1-v1_5 of a digest (RFC 8017 section 9.2) in `length` octets: what an RSA signature decrypts to. */
void fs_rsa_encode(uint8_t algorithm, const uint8_t *digest, uint8_t *out, size_t length);

/* ---- the private half */

enum { FS_RSA_P, FS_RSA_Q, FS_RSA_DP, FS_RSA_DQ, FS_RSA_QINV, FS_RSA_PARTS };

typedef struct {
    uint8_t scalar[FS_CURVE_OCTETS];                    /* ECDSA: d, big-endian, as wide as the curve's order */
    uint64_t words[FS_CURVE_WORDS];                     /* the same, little-endian */
    fs_nonce_key nonce;                                 /* ECDSA */
    uint8_t seed[64];                                   /* EdDSA: 32 or 57 octets */
    uint64_t rsa[FS_RSA_PARTS][FS_RSA_OCTETS / 2 / 8];  /* RSA: little-endian words */
} fs_secrets;

struct fs_engine;

typedef struct {
    fs_public_key public_key;
    const struct fs_engine *engine;
    void *engine_state; /* what the engine keeps for this key; its own to wipe */
    fs_secrets *secrets;
    void *handle;    /* libcrypto's RSA (with its private parts) or EVP_PKEY (EdDSA); ECDSA needs none */
    int modulus_bits; /* RSA */
    int is_balanced;  /* RSA: p and q have half the modulus' bits each, as multi-buffer engines want them */
} fs_private_key;

/* Read `path`, compare with the DNSKEY's public key, choose the engine ("" or NULL: the fastest that fits) and let it prove itself
 * on a fixed blob. Errors name the file, never its content. */
fs_status fs_private_key_open(fs_private_key **key, const char *path, uint8_t algorithm, const uint8_t *public_key,
                              size_t public_length, const char *engine, fs_error *error) FS_MUST_CHECK;
void fs_private_key_close(fs_private_key *key);

#endif
