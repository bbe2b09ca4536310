/* Open a private key: read, match with the public half, choose an engine, let it prove itself. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "private_key.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "private_key_file.h"

FS_COLD static fs_status wrong_key(const char *path, fs_error *error, const char *why) {
    return fs_fail(error, FS_ERROR_KEY, "%.600s: %s", path, why);
}

static const char mismatch[] = "the private key does not belong to the public key of the DNSKEY (.key file)";
static const char no_memory[] = "out of memory for a private key";

/* ---- RSA */

/* The eight numbers of the file, and room for what is computed from them. */
typedef struct {
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
    BIGNUM *t, *u;
    BN_CTX *context;
} rsa_numbers;

static BIGNUM *public_number(const fs_private_file *file, int field) {
    return BN_bin2bn(file->field[field], file->length[field], NULL);
}

static BIGNUM *secret_number(const fs_private_file *file, int field) {
    BIGNUM *bn = public_number(file, field);
    if (bn != NULL) BN_set_flags(bn, BN_FLG_CONSTTIME);
    return bn;
}

static void free_numbers(rsa_numbers *x) {
    BIGNUM *const all[] = {x->n, x->e, x->d, x->p, x->q, x->dp, x->dq, x->qinv, x->t, x->u};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) BN_clear_free(all[i]);
    BN_CTX_free(x->context);
    memset(x, 0, sizeof *x);
}

static int read_numbers(rsa_numbers *x, const fs_private_file *file) {
    *x = (rsa_numbers){
        .n = public_number(file, FS_FIELD_MODULUS),
        .e = public_number(file, FS_FIELD_PUBLIC_EXPONENT),
        .d = secret_number(file, FS_FIELD_PRIVATE_EXPONENT),
        .p = secret_number(file, FS_FIELD_PRIME1),
        .q = secret_number(file, FS_FIELD_PRIME2),
        .dp = secret_number(file, FS_FIELD_EXPONENT1),
        .dq = secret_number(file, FS_FIELD_EXPONENT2),
        .qinv = secret_number(file, FS_FIELD_COEFFICIENT),
        .t = BN_new(),
        .u = BN_new(),
        .context = BN_CTX_secure_new(),
    };
    return x->n && x->e && x->d && x->p && x->q && x->dp && x->dq && x->qinv && x->t && x->u && x->context;
}

/* Is `part` = `whole` mod (prime - 1), and e * part = 1 there? (RFC 8017 section 3.2) */
static int is_exponent(rsa_numbers *x, const BIGNUM *part, const BIGNUM *prime) {
    return BN_sub(x->t, prime, BN_value_one()) == 1 && BN_cmp(part, x->t) < 0 &&
           BN_mod(x->u, x->d, x->t, x->context) == 1 && BN_cmp(x->u, part) == 0 &&
           BN_mod_mul(x->u, part, x->e, x->t, x->context) == 1 && BN_is_one(x->u);
}

/* Cheap and complete but for primality, which the proof at load covers: a key that signs right is one. */
static const char *what_is_inconsistent(rsa_numbers *x) {
    if (BN_cmp(x->p, BN_value_one()) <= 0 || BN_cmp(x->q, BN_value_one()) <= 0) return "Prime1 or Prime2 is not a prime";
    if (!BN_is_odd(x->p) || !BN_is_odd(x->q)) return "Prime1 or Prime2 is not a prime";
    if (BN_mul(x->t, x->p, x->q, x->context) != 1 || BN_cmp(x->t, x->n) != 0) return "Prime1 * Prime2 is not Modulus";
    if (!is_exponent(x, x->dp, x->p)) return "Exponent1 does not fit PrivateExponent and Prime1";
    if (!is_exponent(x, x->dq, x->q)) return "Exponent2 does not fit PrivateExponent and Prime2";
    if (BN_mod_mul(x->t, x->qinv, x->q, x->p, x->context) != 1 || !BN_is_one(x->t) || BN_cmp(x->qinv, x->p) >= 0)
        return "Coefficient is not the inverse of Prime2";
    return NULL;
}

/* Multi-buffer engines want plain words, and primes of half the modulus' length. */
static void keep_words(fs_private_key *key, const rsa_numbers *x) {
    const BIGNUM *const parts[FS_RSA_PARTS] = {x->p, x->q, x->dp, x->dq, x->qinv};
    key->modulus_bits = BN_num_bits(x->n);
    key->is_balanced = 2 * BN_num_bits(x->p) == key->modulus_bits && 2 * BN_num_bits(x->q) == key->modulus_bits;
    if (!key->is_balanced) return;
    for (int i = 0; i < FS_RSA_PARTS; i++)
        BN_bn2lebinpad(parts[i], (uint8_t *)key->secrets->rsa[i], sizeof key->secrets->rsa[i]);
}

/* Hand the numbers to libcrypto's RSA, which owns (and wipes) them from then on. */
static int fill_rsa(RSA *rsa, rsa_numbers *x) {
    if (RSA_set0_key(rsa, x->n, x->e, x->d) != 1) return 0;
    x->n = x->e = x->d = NULL;
    if (RSA_set0_factors(rsa, x->p, x->q) != 1) return 0;
    x->p = x->q = NULL;
    if (RSA_set0_crt_params(rsa, x->dp, x->dq, x->qinv) != 1) return 0;
    x->dp = x->dq = x->qinv = NULL;
    return 1;
}

static fs_status open_rsa(fs_private_key *key, const fs_private_file *file, const char *path, fs_error *error) {
    rsa_numbers x;
    fs_status status = FS_OK;
    const char *why = NULL;
    const RSA *public = key->public_key.handle;
    if (!read_numbers(&x, file) || (key->handle = RSA_new()) == NULL)
        status = fs_fail(error, FS_ERROR_MEMORY, no_memory);
    else if (BN_cmp(x.n, RSA_get0_n(public)) != 0 || BN_cmp(x.e, RSA_get0_e(public)) != 0)
        status = wrong_key(path, error, mismatch);
    else if ((why = what_is_inconsistent(&x)) != NULL)
        status = wrong_key(path, error, why);
    else {
        keep_words(key, &x);
        if (!fill_rsa(key->handle, &x)) status = fs_fail(error, FS_ERROR_MEMORY, no_memory);
    }
    free_numbers(&x);
    return status;
}

/* ---- ECDSA */

/* d G, as x | y, in `out`. */
static int derive_point(const EC_GROUP *group, const BIGNUM *d, uint8_t *out, size_t length) {
    uint8_t octets[1 + 2 * FS_CURVE_OCTETS];
    BN_CTX *context = BN_CTX_secure_new();
    EC_POINT *point = EC_POINT_new(group);
    const int good = context != NULL && point != NULL && EC_POINT_mul(group, point, d, NULL, NULL, context) == 1 &&
                     EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets, context) == length + 1;
    if (good) memcpy(out, octets + 1, length);
    EC_POINT_free(point);
    BN_CTX_free(context);
    return good;
}

static fs_status open_ecdsa(fs_private_key *key, const fs_private_file *file, const char *path, fs_error *error) {
    const EC_GROUP *group = EC_KEY_get0_group(key->public_key.handle);
    const BIGNUM *order = EC_GROUP_get0_order(group);
    const uint32_t width = key->public_key.digest_length;
    fs_secrets *secrets = key->secrets;
    uint8_t octets[FS_CURVE_OCTETS], point[2 * FS_CURVE_OCTETS];
    fs_status status = FS_OK;
    BIGNUM *d = secret_number(file, FS_FIELD_PRIVATE_KEY); /* some writers leave leading zeros out */
    if (d == NULL)
        status = fs_fail(error, FS_ERROR_MEMORY, no_memory);
    else if (BN_is_zero(d) || BN_cmp(d, order) >= 0)
        status = wrong_key(path, error, "PrivateKey is zero or beyond the order of the curve");
    else if (!derive_point(group, d, point, key->public_key.length))
        status = fs_fail(error, FS_ERROR_CRYPTO, "libcrypto could not multiply on the curve");
    else if (memcmp(point, key->public_key.octets, key->public_key.length) != 0)
        status = wrong_key(path, error, mismatch);
    else {
        BN_bn2binpad(d, secrets->scalar, (int)width);
        BN_bn2lebinpad(d, (uint8_t *)secrets->words, (int)width);
        BN_bn2binpad(order, octets, (int)width);
        fs_nonce_key_init(&secrets->nonce, width == 32 ? FS_EC_P256 : FS_EC_P384, secrets->scalar, octets);
    }
    BN_clear_free(d);
    return status;
}

/* ---- EdDSA */

static fs_status open_eddsa(fs_private_key *key, const fs_private_file *file, const char *path, fs_error *error) {
    const int is_25519 = key->public_key.algorithm == FS_ED25519;
    const size_t length = is_25519 ? 32 : 57;
    uint8_t derived[57];
    size_t room = sizeof derived;
    if (file->length[FS_FIELD_PRIVATE_KEY] != length) return wrong_key(path, error, "PrivateKey has not the length of its algorithm");
    memcpy(key->secrets->seed, file->field[FS_FIELD_PRIVATE_KEY], length);
    key->handle =
        EVP_PKEY_new_raw_private_key(is_25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, NULL, key->secrets->seed, length);
    if (key->handle == NULL || EVP_PKEY_get_raw_public_key(key->handle, derived, &room) != 1)
        return fs_fail(error, FS_ERROR_CRYPTO, "libcrypto could not take the EdDSA key");
    if (room != key->public_key.length || memcmp(derived, key->public_key.octets, room) != 0)
        return wrong_key(path, error, mismatch);
    return FS_OK;
}

/* ---- all of them */

static fs_status fill_key(fs_private_key *key, const fs_private_file *file, const char *path, fs_error *error) {
    if (fs_is_rsa(key->public_key.algorithm)) return open_rsa(key, file, path, error);
    if (fs_is_ecdsa(key->public_key.algorithm)) return open_ecdsa(key, file, path, error);
    return open_eddsa(key, file, path, error);
}

static fs_status read_key(fs_private_key *key, const char *path, fs_error *error) {
    fs_private_file *file = fs_secret_open(sizeof *file);
    if (file == NULL) return fs_fail(error, FS_ERROR_MEMORY, no_memory);
    fs_status status = fs_private_file_read(file, path, key->public_key.algorithm, error);
    if (status == FS_OK) status = fill_key(key, file, path, error);
    fs_secret_close(file, sizeof *file);
    return status;
}

FS_COLD static fs_status name_file(const char *path, fs_error *error) {
    char why[256];
    snprintf(why, sizeof why, "%.200s", error->message);
    return wrong_key(path, error, why);
}

static fs_status open_key(fs_private_key *key, const char *path, uint8_t algorithm, const uint8_t *public_key, size_t length,
                          const char *engine, fs_error *error) {
    if ((key->secrets = fs_secret_open(sizeof *key->secrets)) == NULL) return fs_fail(error, FS_ERROR_MEMORY, no_memory);
    fs_status status = fs_public_key_open(&key->public_key, algorithm, public_key, length, error);
    if (status == FS_ERROR_KEY) return name_file(path, error);
    if (status == FS_OK) status = read_key(key, path, error);
    if (status == FS_OK) status = fs_engine_choose(key, engine, &key->engine, error);
    if (status == FS_OK && key->engine->open != NULL) status = key->engine->open(key, error);
    if (status == FS_OK) status = fs_engine_prove(key, error);
    return status;
}

fs_status fs_private_key_open(fs_private_key **key, const char *path, uint8_t algorithm, const uint8_t *public_key,
                              size_t public_length, const char *engine, fs_error *error) {
    *key = calloc(1, sizeof **key);
    if (*key == NULL) return fs_fail(error, FS_ERROR_MEMORY, no_memory);
    const fs_status status = open_key(*key, path, algorithm, public_key, public_length, engine, error);
    if (status != FS_OK) {
        fs_private_key_close(*key);
        *key = NULL;
        ERR_clear_error();
    }
    return status;
}

void fs_private_key_close(fs_private_key *key) {
    if (key == NULL) return;
    if (key->engine_state != NULL) key->engine->close(key);
    if (key->handle != NULL && fs_is_rsa(key->public_key.algorithm)) RSA_free(key->handle);
    if (key->handle != NULL && fs_is_eddsa(key->public_key.algorithm)) EVP_PKEY_free(key->handle);
    fs_public_key_close(&key->public_key);
    fs_secret_close(key->secrets, sizeof *key->secrets);
    free(key);
}
