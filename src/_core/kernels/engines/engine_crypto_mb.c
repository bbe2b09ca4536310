/* crypto_mb of Intel Cryptography Primitives: eight signatures at once with AVX-512 IFMA.
 *
 * All eight lanes always hold a real row: in the last group the spare ones repeat the last row into a scrap buffer, so that
 * every status must be 0 and no lane works on zeros. */
#ifdef FASTSIGN_CRYPTO_MB

#define BN_OPENSSL_DISABLE
#include <crypto_mb/cpu_features.h>
#include <crypto_mb/ec_nistp256.h>
#include <crypto_mb/ec_nistp384.h>
#include <crypto_mb/ed25519.h>
#include <crypto_mb/rsa.h>
#include <crypto_mb/status.h>

#include "engine.h"

enum { LANES = 8 };

_Static_assert(sizeof(int64u) == sizeof(uint64_t), "crypto_mb's words are ours");

/* ---- availability */

static int offers(enum MBX_ALGO algorithm) { return (mbx_get_algo_info(algorithm) & MBX_WIDTH_MB8) != 0; }

static int offers_rsa(const fs_private_key *key) {
    if (key == NULL) return offers(MBX_ALGO_RSA_2K);
    if (!key->is_balanced) return 0;
    switch (key->modulus_bits) {
        case 1024: return offers(MBX_ALGO_RSA_1K);
        case 2048: return offers(MBX_ALGO_RSA_2K);
        case 3072: return offers(MBX_ALGO_RSA_3K);
        case 4096: return offers(MBX_ALGO_RSA_4K);
        default: return 0;
    }
}

int fs_crypto_mb_fits(uint8_t algorithm, const fs_private_key *key) {
    if (!mbx_is_crypto_mb_applicable(0)) return 0;
    if (fs_is_rsa(algorithm)) return offers_rsa(key);
    if (algorithm == FS_ECDSAP256) return offers(MBX_ALGO_ECDSA_NIST_P256);
    if (algorithm == FS_ECDSAP384) return offers(MBX_ALGO_ECDSA_NIST_P384);
    /* the library's own list leaves Ed25519 out; its code needs what all of the AVX-512 code needs */
    return algorithm == FS_ED25519 && (mbx_get_cpu_features() & MBX_AVX512_GENERAL_ISA) == MBX_AVX512_GENERAL_ISA;
}

/* ---- lanes */

static size_t row_of_lane(const fs_rows *rows, size_t begin, size_t lane) {
    return begin + lane < rows->count ? begin + lane : rows->count - 1;
}

FS_COLD static fs_status failed(fs_error *error, const char *what, mbx_status status) {
    return fs_fail(error, FS_ERROR_CRYPTO, "crypto_mb could not make %s signatures: lane status %08x", what, (unsigned)status);
}

/* ---- ECDSA */

typedef struct {
    uint64_t nonce[LANES * FS_CURVE_WORDS];
    uint8_t digest[LANES][FS_CURVE_OCTETS];
    uint8_t scrap[2 * FS_CURVE_OCTETS];
} ecdsa_group;

/* A lane whose r or s came out as zero needs its next nonce (RFC 6979 section 3.2, step h.3): the other engine does that. */
FS_COLD static fs_status settle(const fs_private_key *key, const fs_rows *rows, size_t begin, mbx_status status,
                                uint8_t *signatures, fs_error *error) {
    for (size_t lane = 0; lane < LANES; lane++) {
        const mbx_status of_lane = MBX_GET_STS(status, (int)lane);
        if (of_lane == MBX_STATUS_OK) continue;
        if (of_lane != MBX_STATUS_SIGNATURE_ERR) return failed(error, "ECDSA", status);
        const size_t i = row_of_lane(rows, begin, lane);
        const fs_rows one = {rows->data + i * rows->width, NULL, rows->width, 1};
        const fs_status done = fs_openssl_ecdsa(key, &one, signatures + i * 2 * rows->width, error);
        if (done != FS_OK) return done;
    }
    return FS_OK;
}

static fs_status sign_ecdsa_group(const fs_private_key *key, const fs_rows *rows, size_t begin, ecdsa_group *g,
                                  uint8_t *signatures, fs_error *error) {
    const size_t width = rows->width, words = width / 8, left = rows->count - begin;
    uint8_t *r[LANES], *s[LANES];
    const uint8_t *digest[LANES];
    const int64u *nonce[LANES], *scalar[LANES];
    fs_nonce_words(&key->secrets->nonce, rows->data + begin * width, left < LANES ? left : LANES, 0, g->nonce);
    for (size_t lane = 0; lane < LANES; lane++) {
        const size_t i = row_of_lane(rows, begin, lane);
        fs_nonce_reduce(&key->secrets->nonce, rows->data + i * width, g->digest[lane]); /* a digest >= n is refused */
        digest[lane] = g->digest[lane];
        nonce[lane] = (const int64u *)(g->nonce + (i - begin) * words);
        scalar[lane] = (const int64u *)key->secrets->words;
        r[lane] = lane < left ? signatures + i * 2 * width : g->scrap;
        s[lane] = r[lane] + width;
    }
    const mbx_status status = width == 32 ? mbx_nistp256_ecdsa_sign_mb8(r, s, digest, nonce, scalar, NULL)
                                          : mbx_nistp384_ecdsa_sign_mb8(r, s, digest, nonce, scalar, NULL);
    return FS_LIKELY(status == 0) ? FS_OK : settle(key, rows, begin, status, signatures, error);
}

fs_status fs_crypto_mb_ecdsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    ecdsa_group *g = fs_secret_open(sizeof *g);
    if (g == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for signing");
    fs_status status = FS_OK;
    for (size_t begin = 0; status == FS_OK && begin < rows->count; begin += LANES)
        status = sign_ecdsa_group(key, rows, begin, g, signatures, error);
    fs_secret_close(g, sizeof *g);
    return status;
}

/* ---- Ed25519 */

static fs_status sign_ed25519_group(const fs_private_key *key, const fs_rows *rows, size_t begin, uint8_t *signatures,
                                    fs_error *error) {
    ed25519_sign_component scrap[2], *r[LANES], *s[LANES];
    const int8u *message[LANES];
    int32u length[LANES];
    const ed25519_private_key *seed[LANES];
    const ed25519_public_key *point[LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        const size_t i = row_of_lane(rows, begin, lane);
        size_t octets;
        message[lane] = fs_row(rows, i, &octets);
        if (octets > INT32_MAX) return fs_fail(error, FS_ERROR_CRYPTO, "a message is too long to sign");
        length[lane] = (int32u)octets;
        seed[lane] = (const ed25519_private_key *)key->secrets->seed;
        point[lane] = (const ed25519_public_key *)key->public_key.octets;
        r[lane] = begin + lane < rows->count ? (ed25519_sign_component *)(signatures + i * 64) : scrap;
        s[lane] = r[lane] + 1;
    }
    const mbx_status status = mbx_ed25519_sign_mb8(r, s, message, length, seed, point);
    return status == 0 ? FS_OK : failed(error, "Ed25519", status);
}

fs_status fs_crypto_mb_ed25519(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    fs_status status = FS_OK;
    for (size_t begin = 0; status == FS_OK && begin < rows->count; begin += LANES)
        status = sign_ed25519_group(key, rows, begin, signatures, error);
    return status;
}

/* ---- RSA */

typedef struct {
    const mbx_RSA_Method *method;
    int8u *work; /* secret */
    int8u encoded[LANES][FS_RSA_OCTETS], scrap[FS_RSA_OCTETS];
    const int64u *part[FS_RSA_PARTS][LANES];
} rsa_group;

static fs_status sign_rsa_group(const fs_private_key *key, const fs_rows *rows, size_t begin, rsa_group *g, uint8_t *signatures,
                                fs_error *error) {
    const size_t length = key->public_key.signature_length;
    const int8u *from[LANES];
    int8u *to[LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        const size_t i = row_of_lane(rows, begin, lane);
        fs_rsa_encode(key->public_key.algorithm, rows->data + i * rows->width, g->encoded[lane], length);
        from[lane] = g->encoded[lane];
        to[lane] = begin + lane < rows->count ? signatures + i * length : g->scrap;
    }
    const mbx_status status =
        mbx_rsa_private_crt_mb8(from, to, g->part[FS_RSA_P], g->part[FS_RSA_Q], g->part[FS_RSA_DP], g->part[FS_RSA_DQ],
                                g->part[FS_RSA_QINV], key->modulus_bits, g->method, g->work);
    return status == 0 ? FS_OK : failed(error, "RSA", status);
}

fs_status fs_crypto_mb_rsa(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    rsa_group g = {.method = mbx_RSA_private_crt_Method(key->modulus_bits)};
    const size_t room = g.method == NULL ? 0 : (size_t)mbx_RSA_Method_BufSize(g.method);
    g.work = room == 0 ? NULL : fs_secret_open(room);
    if (g.work == NULL) return fs_fail(error, FS_ERROR_MEMORY, "no memory or method for RSA of %d bits", key->modulus_bits);
    for (size_t lane = 0; lane < LANES; lane++)
        for (int part = 0; part < FS_RSA_PARTS; part++) g.part[part][lane] = (const int64u *)key->secrets->rsa[part];
    fs_status status = FS_OK;
    for (size_t begin = 0; status == FS_OK && begin < rows->count; begin += LANES)
        status = sign_rsa_group(key, rows, begin, &g, signatures, error);
    fs_secret_close(g.work, room);
    return status;
}

#else
typedef int fs_no_crypto_mb; /* ISO C wants something in every file */
#endif
