/* A stand-in for Intel's crypto_mb over libcrypto, lane by lane: proves our side of the interface (lane order, byte order,
 * partial groups, statuses) on a CPU without AVX-512 IFMA. Built by the tests against the real headers. */
#define OPENSSL_SUPPRESS_DEPRECATED
#define BN_OPENSSL_DISABLE
#include <crypto_mb/cpu_features.h>
#include <crypto_mb/ec_nistp256.h>
#include <crypto_mb/ec_nistp384.h>
#include <crypto_mb/ed25519.h>
#include <crypto_mb/rsa.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* What the tests turn: which lane reports what, whether the CPU is fit, whether results get a flipped bit. And what they read. */
EXPORT int stand_in_lane = -1, stand_in_status = 0, stand_in_fit = 1, stand_in_flip = -1, stand_in_calls = 0;

static mbx_status turned(mbx_status status) {
    stand_in_calls++;
    return stand_in_lane < 0 ? status : MBX_SET_STS(status, stand_in_lane, (mbx_status)stand_in_status);
}

static void flip(int lane, int8u *out) {
    if (lane == stand_in_flip) out[0] ^= 1;
}

/* ---- the CPU */

int mbx_is_crypto_mb_applicable(int64u features) { return features == 0 && stand_in_fit; }
int64u mbx_get_cpu_features(void) { return stand_in_fit ? MBX_AVX512_GENERAL_ISA : 0; }
MBX_ALGO_INFO mbx_get_algo_info(enum MBX_ALGO algorithm) {
    return stand_in_fit && algorithm != MBX_ALGO_ED25519 ? MBX_WIDTH_MB8 : 0; /* the real one leaves Ed25519 out, too */
}

/* ---- ECDSA: r = (k G).x, s = (e + r d)/k */

static mbx_status sign_lane(int nid, int octets, int8u *r, int8u *s, const int8u *digest, const int64u *nonce, const int64u *key) {
    if (!r || !s || !digest || !nonce || !key) return MBX_STATUS_NULL_PARAM_ERR;
    mbx_status status = MBX_STATUS_OK;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    const BIGNUM *n = EC_GROUP_get0_order(group);
    EC_POINT *point = EC_POINT_new(group);
    BN_CTX *context = BN_CTX_new();
    BIGNUM *k = BN_lebin2bn((const unsigned char *)nonce, octets, NULL), *d = BN_lebin2bn((const unsigned char *)key, octets, NULL);
    BIGNUM *e = BN_bin2bn(digest, octets, NULL), *x = BN_new(), *t = BN_new();
    if (BN_is_zero(k) || BN_is_zero(d) || BN_cmp(e, n) >= 0) {
        status = MBX_STATUS_MISMATCH_PARAM_ERR;
    } else {
        EC_POINT_mul(group, point, k, NULL, NULL, context);
        EC_POINT_get_affine_coordinates(group, point, x, NULL, context);
        BN_nnmod(x, x, n, context);
        BN_mod_mul(t, x, d, n, context);
        BN_mod_add(t, t, e, n, context);
        BN_mod_inverse(k, k, n, context);
        BN_mod_mul(t, t, k, n, context);
        BN_bn2binpad(x, r, octets);
        BN_bn2binpad(t, s, octets);
        if (BN_is_zero(x) || BN_is_zero(t)) status = MBX_STATUS_SIGNATURE_ERR;
    }
    BN_free(k), BN_free(d), BN_free(e), BN_free(x), BN_free(t);
    BN_CTX_free(context);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return status;
}

static mbx_status sign_lanes(int nid, int octets, int8u *r[8], int8u *s[8], const int8u *const digest[8],
                             const int64u *const nonce[8], const int64u *const key[8]) {
    mbx_status status = 0;
    for (int lane = 0; lane < 8; lane++) {
        status = MBX_SET_STS(status, lane, sign_lane(nid, octets, r[lane], s[lane], digest[lane], nonce[lane], key[lane]));
        flip(lane, s[lane]);
    }
    return turned(status);
}

mbx_status mbx_nistp256_ecdsa_sign_mb8(int8u *r[8], int8u *s[8], const int8u *const digest[8], const int64u *const nonce[8],
                                       const int64u *const key[8], int8u *buffer) {
    (void)buffer;
    return sign_lanes(NID_X9_62_prime256v1, 32, r, s, digest, nonce, key);
}

mbx_status mbx_nistp384_ecdsa_sign_mb8(int8u *r[8], int8u *s[8], const int8u *const digest[8], const int64u *const nonce[8],
                                       const int64u *const key[8], int8u *buffer) {
    (void)buffer;
    return sign_lanes(NID_secp384r1, 48, r, s, digest, nonce, key);
}

/* ---- Ed25519 */

mbx_status mbx_ed25519_sign_mb8(ed25519_sign_component *r[8], ed25519_sign_component *s[8], const int8u *const message[8],
                                const int32u length[8], const ed25519_private_key *const seed[8],
                                const ed25519_public_key *const point[8]) {
    mbx_status status = 0;
    for (int lane = 0; lane < 8; lane++) {
        int8u made[64], derived[32];
        size_t room = sizeof made, derived_room = sizeof derived;
        if (!r[lane] || !s[lane] || !message[lane] || !seed[lane] || !point[lane]) {
            status = MBX_SET_STS(status, lane, MBX_STATUS_NULL_PARAM_ERR);
            continue;
        }
        EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, *seed[lane], 32);
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        EVP_DigestSignInit(context, NULL, NULL, NULL, key);
        EVP_DigestSign(context, made, &room, message[lane], length[lane]);
        EVP_PKEY_get_raw_public_key(key, derived, &derived_room);
        if (memcmp(derived, *point[lane], 32) != 0) made[63] ^= 0x40; /* the real one would hash this wrong key */
        memcpy(*r[lane], made, 32);
        memcpy(*s[lane], made + 32, 32);
        flip(lane, *s[lane]);
        EVP_MD_CTX_free(context);
        EVP_PKEY_free(key);
    }
    return turned(status);
}

/* ---- RSA with the Chinese remainder theorem */

struct _ifma_rsa_method {
    int bits;
};

static const mbx_RSA_Method methods[] = {{1024}, {2048}, {3072}, {4096}};

const mbx_RSA_Method *mbx_RSA_private_crt_Method(int bits) {
    for (int i = 0; i < 4; i++)
        if (methods[i].bits == bits) return &methods[i];
    return NULL;
}

int mbx_RSA_Method_BufSize(const mbx_RSA_Method *method) { return method->bits * 8; }

static void private_lane(const int8u *from, int8u *to, const int64u *const part[5], int bits) {
    BN_CTX *context = BN_CTX_new();
    BIGNUM *x = BN_bin2bn(from, bits / 8, NULL), *xp = BN_new(), *xq = BN_new(), *number[5];
    for (int i = 0; i < 5; i++) number[i] = BN_lebin2bn((const unsigned char *)part[i], bits / 16, NULL);
    BN_mod_exp(xp, x, number[2], number[0], context);
    BN_mod_exp(xq, x, number[3], number[1], context);
    BN_mod_sub(xp, xp, xq, number[0], context);
    BN_mod_mul(xp, xp, number[4], number[0], context);
    BN_mul(xp, xp, number[1], context);
    BN_add(xp, xp, xq);
    BN_bn2binpad(xp, to, bits / 8);
    for (int i = 0; i < 5; i++) BN_free(number[i]);
    BN_free(x), BN_free(xp), BN_free(xq);
    BN_CTX_free(context);
}

mbx_status mbx_rsa_private_crt_mb8(const int8u *const from[8], int8u *const to[8], const int64u *const p[8],
                                   const int64u *const q[8], const int64u *const dp[8], const int64u *const dq[8],
                                   const int64u *const qinv[8], int bits, const mbx_RSA_Method *method, int8u *buffer) {
    mbx_status status = 0;
    if (method == NULL || method->bits != bits) return MBX_SET_STS_ALL(MBX_STATUS_MISMATCH_PARAM_ERR);
    memset(buffer, 0xa5, (size_t)mbx_RSA_Method_BufSize(method));
    for (int lane = 0; lane < 8; lane++) {
        const int64u *const part[5] = {p[lane], q[lane], dp[lane], dq[lane], qinv[lane]};
        if (!from[lane] || !to[lane] || !part[0] || !part[1] || !part[2] || !part[3] || !part[4]) {
            status = MBX_SET_STS(status, lane, MBX_STATUS_NULL_PARAM_ERR);
            continue;
        }
        private_lane(from[lane], to[lane], part, bits);
        flip(lane, to[lane]);
    }
    return turned(status);
}
