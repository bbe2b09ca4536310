/* Public keys from DNSKEY RDATA, their digests, and signature checks by libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the plain hash functions: the fetched ones cost more than the hash of a short message */
#include "verify_keys.h"

#include "ec_batch.h"
#include "ed25519_batch.h"
#include "zone.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdlib.h>

//----------- What is known to be good -----------

/* The signatures at the apex are looked at more than once, by libcrypto each time: it is asked once. Remembered are the octets themselves, of
 * good signatures only. */
enum { MEMO = 4, MEMO_DIGEST = 48, MEMO_SIGNATURE = 96 };

struct fs_verify_memo {
    unsigned next;
    struct {
        uint8_t digest[MEMO_DIGEST], signature[MEMO_SIGNATURE];
        int good;
    } row[MEMO];
};

static int is_known(const fs_verify_key *key, const uint8_t *digest, const uint8_t *signature) {
    for (unsigned i = 0; key->memo != NULL && i < MEMO; i++)
        if (key->memo->row[i].good && memcmp(key->memo->row[i].digest, digest, key->digest_size) == 0 &&
            memcmp(key->memo->row[i].signature, signature, key->signature_size) == 0)
            return 1;
    return 0;
}

static void remember(const fs_verify_key *key, const uint8_t *digest, const uint8_t *signature) {
    if (key->memo == NULL) return;
    const unsigned i = key->memo->next++ % MEMO;
    memcpy(key->memo->row[i].digest, digest, key->digest_size);
    memcpy(key->memo->row[i].signature, signature, key->signature_size);
    key->memo->row[i].good = 1;
}

//----------- Reading a key -----------

uint16_t fs_verify_key_tag(const uint8_t *rdata, uint32_t length) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < length; i++) sum += (i & 1) ? rdata[i] : (uint32_t)rdata[i] << 8;
    sum += (sum >> 16) & 0xffff;
    return (uint16_t)sum;
}

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *build) {
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    if (context == NULL || parameters == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
        pkey = NULL;
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

/* RFC 6605 section 4: x | y. OpenSSL checks that the point is on the curve. */
static EVP_PKEY *read_ec(const char *curve, uint32_t field, const uint8_t *key, uint32_t length) {
    uint8_t point[1 + 2 * 48];
    if (length != 2 * field) return NULL;
    point[0] = 4; /* uncompressed */
    memcpy(point + 1, key, length);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build == NULL) return NULL;
    EVP_PKEY *pkey = NULL;
    if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + length))
        pkey = from_parameters("EC", build);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

/* RFC 3110 section 2: length of the exponent in one octet, or 0 and two; exponent; modulus. */
static EVP_PKEY *read_rsa(const uint8_t *key, uint32_t length) {
    if (length < 3) return NULL;
    const uint32_t head = key[0] ? 1 : 3, exponent = key[0] ? key[0] : fs_load_be16(key + 1);
    if (exponent == 0 || exponent > 512 || head + exponent >= length) return NULL;
    const uint8_t *modulus = key + head + exponent;
    const uint32_t modulus_length = length - head - exponent;
    if (modulus_length > 512 || modulus[0] == 0) return NULL; /* RFC 3110: no leading zeros, at most 4,096 bits */
    EVP_PKEY *pkey = NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL), *e = BN_bin2bn(key + head, (int)exponent, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (n && e && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        pkey = from_parameters("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return pkey;
}

static EVP_PKEY *read_key(const fs_verify_key *key, const uint8_t *octets, uint32_t length) {
    switch (key->algorithm) {
    case FS_ALGORITHM_P256: return read_ec("P-256", 32, octets, length);
    case FS_ALGORITHM_P384: return read_ec("P-384", 48, octets, length);
    case FS_ALGORITHM_ED25519: return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets, length);
    case FS_ALGORITHM_ED448: return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, NULL, octets, length);
    default: return read_rsa(octets, length);
    }
}

static int set_sizes(fs_verify_key *key) {
    switch (key->algorithm) {
    case FS_ALGORITHM_RSASHA1: case FS_ALGORITHM_NSEC3RSASHA1: key->digest_size = SHA_DIGEST_LENGTH; return 1;
    case FS_ALGORITHM_RSASHA256: key->digest_size = SHA256_DIGEST_LENGTH; return 1;
    case FS_ALGORITHM_RSASHA512: key->digest_size = SHA512_DIGEST_LENGTH; return 1;
    case FS_ALGORITHM_P256: key->digest_size = SHA256_DIGEST_LENGTH, key->signature_size = 64; return 1;
    case FS_ALGORITHM_P384: key->digest_size = SHA384_DIGEST_LENGTH, key->signature_size = 96; return 1;
    case FS_ALGORITHM_ED25519: key->signature_size = 64; return 1;
    case FS_ALGORITHM_ED448: key->signature_size = 114; return 1;
    default: return 0;
    }
}

void fs_verify_key_open(fs_verify_key *key, const uint8_t *rdata, uint32_t length) {
    memset(key, 0, sizeof *key);
    if (length < 4) return;
    key->flags = fs_load_be16(rdata);
    key->protocol = rdata[2];
    key->algorithm = rdata[3];
    key->tag = fs_verify_key_tag(rdata, length);
    key->verify_many = fs_verify_many_libcrypto;
    if (!set_sizes(key)) return;
    EVP_PKEY *pkey = read_key(key, rdata + 4, length - 4);
    ERR_clear_error();
    if (pkey == NULL) return;
    if (key->signature_size == 0) key->signature_size = (uint16_t)EVP_PKEY_get_size(pkey); /* RSA */
    key->pkey = pkey;
    key->usable = 1;
}

void fs_verify_key_remember(fs_verify_key *key) {
    if (key->usable && (key->algorithm == FS_ALGORITHM_P256 || key->algorithm == FS_ALGORITHM_P384))
        key->memo = calloc(1, sizeof *key->memo); /* without memory there is nothing to remember */
}

void fs_verify_key_close(fs_verify_key *key) {
    EVP_PKEY_free(key->pkey);
    free(key->memo);
    key->memo = NULL;
    if (key->batch != NULL && key->algorithm == FS_ALGORITHM_ED25519) fs_ed25519_verifier_free(key->batch);
    else if (key->batch != NULL) fs_ec_verifier_free(key->batch);
    key->pkey = key->batch = NULL;
}

int fs_verify_key_may_sign(const fs_verify_key *key, uint16_t type) {
    if (!(key->flags & FS_DNSKEY_ZONE) || key->protocol != 3) return 0; /* RFC 4034 sections 2.1.1 and 2.1.2 */
    return !(key->flags & FS_DNSKEY_REVOKE) || type == FS_TYPE_DNSKEY;  /* RFC 5011 section 2.1 */
}

//----------- Many at once -----------

static fs_status many_ecdsa(const fs_verify_key *key, const fs_verify_batch *batch, uint8_t *good, fs_error *error) {
    return fs_ec_verify_many(key->batch, batch->data, batch->signature, batch->count, good, error);
}

static fs_status many_ed25519(const fs_verify_key *key, const fs_verify_batch *batch, uint8_t *good, fs_error *error) {
    return fs_ed25519_verify_many(key->batch, batch->data, batch->offset, batch->signature, batch->count, good, error);
}

static fs_status prepare_ecdsa(fs_verify_key *key, const uint8_t *rdata, uint32_t length, uint64_t expected, fs_error *error) {
    const fs_ec_curve curve = key->algorithm == FS_ALGORITHM_P256 ? FS_EC_P256 : FS_EC_P384;
    if (length != 4 + 2 * fs_ec_octets(curve)) return fs_fail(error, FS_ERROR_RANGE, "not the RDATA that the key was read from");
    fs_ec_verifier *verifier = NULL;
    const fs_status status = fs_ec_verifier_new(&verifier, curve, rdata + 4, expected, NULL, error);
    if (status == FS_OK) key->batch = verifier, key->verify_many = many_ecdsa;
    return status;
}

/* The batch verifier takes no key outside the group of prime order; libcrypto judges the signatures of such a one. */
static fs_status prepare_ed25519(fs_verify_key *key, const uint8_t *rdata, uint32_t length, uint64_t expected, fs_error *error) {
    if (length != 4 + 32) return fs_fail(error, FS_ERROR_RANGE, "not the RDATA that the key was read from");
    fs_ed25519_verifier *verifier = NULL;
    const fs_status status = fs_ed25519_verifier_new(&verifier, rdata + 4, expected, NULL, error);
    if (status == FS_OK) key->batch = verifier, key->verify_many = many_ed25519;
    return status == FS_ERROR_CRYPTO ? FS_OK : status;
}

enum { BATCH_PAYS_FROM = 32 }; /* the smallest tables cost some ten signatures' checks */

fs_status fs_verify_key_prepare(fs_verify_key *key, const uint8_t *rdata, uint32_t length, uint64_t expected, fs_error *error) {
    if (!key->usable || key->batch != NULL || expected < BATCH_PAYS_FROM) return FS_OK;
    switch (key->algorithm) {
    case FS_ALGORITHM_P256: case FS_ALGORITHM_P384: return prepare_ecdsa(key, rdata, length, expected, error);
    case FS_ALGORITHM_ED25519: return prepare_ed25519(key, rdata, length, expected, error);
    default: return FS_OK;
    }
}

//----------- Digests -----------

static void digest_message(uint8_t algorithm, const uint8_t *message, uint64_t length, uint8_t *digest) {
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
    switch (algorithm) {
    case FS_ALGORITHM_RSASHA1: case FS_ALGORITHM_NSEC3RSASHA1:
        SHA1_Init(&sha1), SHA1_Update(&sha1, message, length), SHA1_Final(digest, &sha1);
        return;
    case FS_ALGORITHM_RSASHA256: case FS_ALGORITHM_P256:
        SHA256_Init(&sha256), SHA256_Update(&sha256, message, length), SHA256_Final(digest, &sha256);
        return;
    case FS_ALGORITHM_P384:
        SHA384_Init(&sha512), SHA384_Update(&sha512, message, length), SHA384_Final(digest, &sha512);
        return;
    default:
        SHA512_Init(&sha512), SHA512_Update(&sha512, message, length), SHA512_Final(digest, &sha512);
    }
}

//----------- Batches -----------

fs_status fs_verify_batch_open(fs_verify_batch *batch, const fs_verify_key *key, fs_error *error) {
    memset(batch, 0, sizeof *batch);
    batch->data_capacity = key->digest_size ? (uint64_t)FS_VERIFY_BATCH * key->digest_size : 1u << 20;
    batch->slot = malloc(FS_VERIFY_BATCH * sizeof *batch->slot);
    batch->signature = malloc((size_t)FS_VERIFY_BATCH * key->signature_size);
    batch->offset = calloc(FS_VERIFY_BATCH + 1, sizeof *batch->offset);
    batch->data = malloc(batch->data_capacity);
    if (batch->slot && batch->signature && batch->offset && batch->data) return FS_OK;
    return fs_fail(error, FS_ERROR_MEMORY, "out of memory for a batch of signatures");
}

void fs_verify_batch_close(fs_verify_batch *batch) {
    free(batch->slot);
    free(batch->signature);
    free(batch->offset);
    free(batch->data);
    memset(batch, 0, sizeof *batch);
}

int fs_verify_batch_full(const fs_verify_batch *batch) {
    return batch->count == FS_VERIFY_BATCH || batch->offset[batch->count] > (1u << 20);
}

const uint8_t *fs_verify_batch_data(const fs_verify_batch *batch, uint32_t i, uint64_t *length) {
    *length = batch->offset[i + 1] - batch->offset[i];
    return batch->data + batch->offset[i];
}

static fs_status make_room(fs_verify_batch *batch, uint64_t end, fs_error *error) {
    if (end <= batch->data_capacity) return FS_OK;
    uint8_t *data = realloc(batch->data, 2 * end);
    if (data == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for a batch of signatures");
    batch->data = data;
    batch->data_capacity = 2 * end;
    return FS_OK;
}

fs_status fs_verify_batch_add(fs_verify_batch *batch, const fs_verify_key *key, const uint8_t *message, uint64_t length,
                              const uint8_t *signature, uint32_t slot, fs_error *error) {
    const uint32_t i = batch->count;
    if (i == FS_VERIFY_BATCH) return fs_fail(error, FS_ERROR_RANGE, "a batch of signatures overflows");
    const uint64_t start = batch->offset[i];
    if (key->digest_size) {
        digest_message(key->algorithm, message, length, batch->data + start);
        batch->offset[i + 1] = start + key->digest_size;
    } else {
        const fs_status status = make_room(batch, start + length, error);
        if (status != FS_OK) return status;
        memcpy(batch->data + start, message, length);
        batch->offset[i + 1] = start + length;
    }
    memcpy(batch->signature + (size_t)i * key->signature_size, signature, key->signature_size);
    batch->slot[i] = slot;
    batch->count = i + 1;
    return FS_OK;
}

//----------- libcrypto -----------

/* DER of an INTEGER from a big-endian number of fixed width; returns its length. */
static uint32_t put_integer(const uint8_t *number, uint32_t width, uint8_t *out) {
    while (width > 1 && number[0] == 0) number++, width--;
    const uint32_t pad = number[0] >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(width + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number, width);
    return 2 + pad + width;
}

/* r | s of RFC 6605 as the DER that OpenSSL takes. */
static uint32_t put_ecdsa(const uint8_t *signature, uint32_t width, uint8_t *out) {
    uint32_t length = put_integer(signature, width, out + 2);
    length += put_integer(signature + width, width, out + 2 + length);
    out[0] = 0x30;
    out[1] = (uint8_t)length; /* at most 102 */
    return 2 + length;
}

static const EVP_MD *hash_of(const fs_verify_key *key) {
    switch (key->digest_size) {
    case SHA_DIGEST_LENGTH: return EVP_sha1();
    case SHA256_DIGEST_LENGTH: return EVP_sha256();
    default: return EVP_sha512();
    }
}

static EVP_PKEY_CTX *open_context(const fs_verify_key *key) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    if (context == NULL || EVP_PKEY_verify_init(context) <= 0) goto failed;
    if (EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_RSA &&
        (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) <= 0 ||
         EVP_PKEY_CTX_set_signature_md(context, hash_of(key)) <= 0))
        goto failed;
    return context;
failed:
    EVP_PKEY_CTX_free(context);
    return NULL;
}

static FS_COLD fs_status refuse(const fs_verify_key *key, fs_error *error) {
    ERR_clear_error();
    return fs_fail(error, FS_ERROR_CRYPTO, "libcrypto can't verify by key %u of algorithm %u", key->tag, key->algorithm);
}

static int check_digest(const fs_verify_key *key, EVP_PKEY_CTX *context, const uint8_t *digest, const uint8_t *signature) {
    uint8_t der[2 + 2 * (3 + 48)];
    if (key->algorithm != FS_ALGORITHM_P256 && key->algorithm != FS_ALGORITHM_P384)
        return EVP_PKEY_verify(context, signature, key->signature_size, digest, key->digest_size) == 1;
    if (is_known(key, digest, signature)) return 1;
    const uint32_t length = put_ecdsa(signature, key->signature_size / 2, der);
    if (EVP_PKEY_verify(context, der, length, digest, key->digest_size) != 1) return 0;
    remember(key, digest, signature);
    return 1;
}

static int check_message(EVP_MD_CTX *context, const fs_verify_key *key, const uint8_t *message, uint64_t length,
                         const uint8_t *signature) {
    if (EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) != 1) return 0;
    return EVP_DigestVerify(context, signature, key->signature_size, message, length) == 1;
}

static fs_status many_digests(const fs_verify_key *key, const fs_verify_batch *batch, uint8_t *good, fs_error *error) {
    EVP_PKEY_CTX *context = open_context(key);
    if (context == NULL) return refuse(key, error);
    for (uint32_t i = 0; i < batch->count; i++)
        good[i] = (uint8_t)check_digest(key, context, batch->data + (size_t)i * key->digest_size,
                                        batch->signature + (size_t)i * key->signature_size);
    ERR_clear_error();
    EVP_PKEY_CTX_free(context);
    return FS_OK;
}

static fs_status many_messages(const fs_verify_key *key, const fs_verify_batch *batch, uint8_t *good, fs_error *error) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) return refuse(key, error);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint64_t length;
        const uint8_t *message = fs_verify_batch_data(batch, i, &length);
        good[i] = (uint8_t)check_message(context, key, message, length, batch->signature + (size_t)i * key->signature_size);
    }
    ERR_clear_error();
    EVP_MD_CTX_free(context);
    return FS_OK;
}

fs_status fs_verify_many_libcrypto(const fs_verify_key *key, const fs_verify_batch *batch, uint8_t *good, fs_error *error) {
    return key->digest_size ? many_digests(key, batch, good, error) : many_messages(key, batch, good, error);
}

fs_status fs_verify_one(const fs_verify_key *key, const uint8_t *data, uint64_t length, const uint8_t *signature, int *good,
                        fs_error *error) {
    *good = 0;
    if (key->digest_size) {
        EVP_PKEY_CTX *context = open_context(key);
        if (context == NULL) return refuse(key, error);
        *good = length == key->digest_size && check_digest(key, context, data, signature);
        EVP_PKEY_CTX_free(context);
    } else {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        if (context == NULL) return refuse(key, error);
        *good = check_message(context, key, data, length, signature);
        EVP_MD_CTX_free(context);
    }
    ERR_clear_error();
    return FS_OK;
}
