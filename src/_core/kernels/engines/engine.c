/* Choose an engine, sign with it, and let nothing out that was not checked as it should be. */
#include "engine.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { SAMPLE = 1000 }; /* of ECDSA and EdDSA signatures one in so many is verified as it leaves; all are by the gate */

/* ---- choice */

FS_COLD static fs_status refuse_name(const char *name, int known, fs_error *error) {
    char have[256] = "";
    size_t used = 0;
    for (const fs_engine *e = fs_engines; e->name != NULL; e++) {
        if (!e->fits(e->algorithm, NULL) || strstr(have, e->name) != NULL || used + strlen(e->name) + 3 > sizeof have) continue;
        if (used > 0) used += strlen(strcpy(have + used, ", "));
        used += strlen(strcpy(have + used, e->name));
    }
    return fs_fail(error, FS_ERROR_CRYPTO, "the signing engine '%.64s' %s; there are: %s", name,
                   known ? "does not fit this CPU" : "is not in this build", have);
}

static fs_status check_name(const char *name, fs_error *error) {
    int known = 0;
    for (const fs_engine *e = fs_engines; e->name != NULL; e++) {
        if (strcmp(e->name, name) != 0) continue;
        if (e->fits(e->algorithm, NULL)) return FS_OK;
        known = 1;
    }
    return refuse_name(name, known, error);
}

fs_status fs_engine_choose(const fs_private_key *key, const char *name, const fs_engine **engine, fs_error *error) {
    const int named = name != NULL && name[0] != 0;
    const uint8_t algorithm = key->public_key.algorithm;
    if (named) {
        const fs_status status = check_name(name, error);
        if (status != FS_OK) return status;
    }
    *engine = NULL;
    for (const fs_engine *e = fs_engines; e->name != NULL; e++) {
        if (e->algorithm != algorithm || !e->fits(algorithm, key)) continue;
        if (*engine == NULL) *engine = e; /* where the one that is named does not fit, the fastest stands in */
        if (named && strcmp(e->name, name) != 0) continue;
        *engine = e;
        break;
    }
    return *engine != NULL ? FS_OK : fs_fail(error, FS_ERROR_CRYPTO, "no signing engine can sign with algorithm %d", algorithm);
}

/* ---- checks as signatures leave */

FS_COLD static fs_status caught(const fs_private_key *key, uint8_t *signatures, size_t count, fs_error *error) {
    OPENSSL_cleanse(signatures, count * key->public_key.signature_length);
    return fs_fail(error, FS_ERROR_CRYPTO,
                   "a signature that the engine %s made with algorithm %d does not verify; none of the batch was let out",
                   key->engine->name, key->public_key.algorithm);
}

static int is_good(const fs_private_key *key, const fs_rows *rows, size_t i, const uint8_t *signatures) {
    size_t length;
    const uint8_t *data = fs_row(rows, i, &length);
    return fs_public_key_verify(&key->public_key, data, length, signatures + i * key->public_key.signature_length);
}

static int are_all_good(const fs_private_key *key, const fs_rows *rows, const uint8_t *signatures) {
    for (size_t i = 0; i < rows->count; i++)
        if (!is_good(key, rows, i, signatures)) return 0;
    return 1;
}

/* The first, and one drawn from each thousand (from the last few with the same chance for each). */
static int is_sample_good(const fs_private_key *key, const fs_rows *rows, const uint8_t *signatures) {
    if (!is_good(key, rows, 0, signatures)) return 0;
    for (size_t begin = 0; begin < rows->count; begin += SAMPLE) {
        uint32_t drawn;
        if (RAND_bytes((unsigned char *)&drawn, sizeof drawn) != 1) return 0;
        const size_t i = begin + drawn % SAMPLE;
        if (i > 0 && i < rows->count && !is_good(key, rows, i, signatures)) return 0;
    }
    return 1;
}

fs_status fs_sign(const fs_private_key *key, const fs_rows *rows, uint8_t *signatures, fs_error *error) {
    if (rows->count == 0) return FS_OK;
    const fs_status status = key->engine->sign(key, rows, signatures, error);
    if (status != FS_OK) {
        OPENSSL_cleanse(signatures, rows->count * key->public_key.signature_length);
        ERR_clear_error();
        return status;
    }
    const int all = fs_is_rsa(key->public_key.algorithm);
    const int good = all ? are_all_good(key, rows, signatures) : is_sample_good(key, rows, signatures);
    return good ? FS_OK : caught(key, signatures, rows->count, error);
}

/* ---- proof at load */

enum { PROOFS_MAX = 17, PROOF_OCTETS = FS_DIGEST_MAX, ENGINES_MAX = 64 };

static atomic_bool proven[ENGINES_MAX]; /* in this process, by a row of the table */

static fs_status prove(const fs_private_key *key, fs_error *error) {
    const uint16_t width = key->public_key.digest_length;
    const size_t lanes = key->engine->lanes, count = lanes == 1 ? 1 : lanes < PROOFS_MAX ? lanes + 1 : PROOFS_MAX;
    uint8_t data[PROOFS_MAX * PROOF_OCTETS], signatures[PROOFS_MAX * FS_SIGNATURE_MAX];
    uint64_t offset[PROOFS_MAX + 1];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 0x9d + (i >> 8) + 1);
    for (size_t i = 0; i <= PROOFS_MAX; i++) offset[i] = i * (PROOF_OCTETS - 1);
    const fs_rows rows = {data, width == 0 ? offset : NULL, width, count};
    const fs_status status = key->engine->sign(key, &rows, signatures, error);
    if (status != FS_OK) return status;
    return are_all_good(key, &rows, signatures) ? FS_OK : caught(key, signatures, count, error);
}

fs_status fs_engine_prove(const fs_private_key *key, fs_error *error) {
    const size_t row = (size_t)(key->engine - fs_engines);
    /* An RSA key is proven each time, by primes that nobody else has tried. */
    if (row < ENGINES_MAX && atomic_load(&proven[row]) && !fs_is_rsa(key->public_key.algorithm)) return FS_OK;
    const fs_status status = prove(key, error);
    if (row < ENGINES_MAX && status == FS_OK) atomic_store(&proven[row], true);
    return status;
}
