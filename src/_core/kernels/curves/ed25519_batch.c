/* Keys, verifiers, the cut into chunks, the hashes, and the choice of a variant. */
#include "ed25519_batch.h"

#include "ec_tables.h"
#include "ed25519_kernel.h"
#include "private_key_memory.h"
#include "sha2.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* The fastest first. */
static const fs_ed25519_kernel *const kernels[] = {
#if defined(__x86_64__)
    &fs_ed25519_adx,
#endif
    &fs_ed25519_portable,
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

struct fs_ed25519_key {
    const fs_ed25519_kernel *kernel;
    uint8_t secret[32], prefix[32], public_key[32]; /* RFC 8032 section 5.1.5 */
};

struct fs_ed25519_verifier {
    const fs_ed25519_kernel *kernel;
    uint8_t public_key[32];
    fs_ec_tables tables; /* of B and of -A */
};

FS_COLD static fs_status out_of_memory(fs_error *error) {
    return fs_fail(error, FS_ERROR_MEMORY, "out of memory for elliptic-curve arithmetic");
}

/* ---- Choosing ---- */

static const fs_ed25519_kernel *choose(const char *name) {
    for (size_t i = 0; i < KERNELS; i++)
        if ((name == NULL || strcmp(name, kernels[i]->name) == 0) && kernels[i]->usable()) return kernels[i];
    return NULL;
}

const char *fs_ed25519_kernel_name(size_t number) {
    for (size_t i = 0; i < KERNELS; i++)
        if (kernels[i]->usable() && number-- == 0) return kernels[i]->name;
    return NULL;
}

FS_COLD static fs_status no_such_kernel(const char *name, fs_error *error) {
    return fs_fail(error, FS_ERROR_RANGE, "no elliptic-curve kernel named %s fits this CPU", name);
}

fs_status fs_ed25519_probe_kernel(const char *name, fs_ec_probe operation, const uint8_t *a, const uint8_t *b, uint8_t *out,
                                  fs_error *error) {
    const fs_ed25519_kernel *kernel = choose(name);
    if (kernel == NULL || operation >= FS_EC_PROBES) return no_such_kernel(name, error);
    kernel->probe(operation, a, b, out);
    return FS_OK;
}

/* ---- Signing ---- */

/* What one call of fs_ed25519_sign_batch works with: one secret mapping. */
typedef struct {
    uint8_t *room, *hashes, *heads;
    size_t size;
} signing;

static int signing_open(signing *job, const fs_ed25519_kernel *kernel) {
    job->size = kernel->sign_room + 128 * kernel->rows;
    job->room = fs_secret_open(job->size);
    job->hashes = job->room + kernel->sign_room;
    job->heads = job->hashes + 64 * kernel->rows;
    return job->room != NULL;
}

static void signing_close(signing *job) {
    fs_secret_close(job->room, job->size);
    fs_ec_wipe_stack();
}

/* RFC 8032 section 5.1.5 */
static int key_fill(fs_ed25519_key *key, const uint8_t *seed, signing *job) {
    static const uint64_t offset[2] = {0, 32};
    uint8_t point[64];
    fs_sha512_messages(NULL, 0, 0, seed, offset, 1, job->hashes);
    memcpy(key->secret, job->hashes, 32);
    memcpy(key->prefix, job->hashes + 32, 32);
    key->secret[0] &= 0xf8;
    key->secret[31] = (uint8_t)((key->secret[31] & 0x7f) | 0x40);
    memset(job->hashes, 0, 64);
    memcpy(job->hashes, key->secret, 32);
    int failed = key->kernel->commit(job->hashes, 1, job->room, point); /* s*B, as if s were a nonce */
    memcpy(key->public_key, point, 32);
    return failed;
}

fs_status fs_ed25519_key_new(fs_ed25519_key **out, const uint8_t *seed, const char *name, fs_error *error) {
    const fs_ed25519_kernel *kernel = choose(name);
    signing job;
    *out = NULL;
    if (kernel == NULL) return no_such_kernel(name, error);
    fs_ed25519_key *key = fs_secret_open(sizeof *key);
    if (key == NULL) return out_of_memory(error);
    key->kernel = kernel;
    int memory = signing_open(&job, kernel), failed = memory && key_fill(key, seed, &job);
    signing_close(&job);
    if (memory && !failed) {
        *out = key;
        return FS_OK;
    }
    fs_ed25519_key_free(key);
    return failed ? fs_fail(error, FS_ERROR_CRYPTO, "an Ed25519 public key is not on its curve: a hardware fault?") : out_of_memory(error);
}

void fs_ed25519_key_free(fs_ed25519_key *key) { fs_secret_close(key, sizeof *key); }

void fs_ed25519_key_public(const fs_ed25519_key *key, uint8_t *public_key) { memcpy(public_key, key->public_key, 32); }

/* R || A of each row: what goes before the message in the challenge */
static void challenge_heads(uint8_t *heads, const uint8_t *signatures, const uint8_t *public_key, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memcpy(heads + 64 * i, signatures + 64 * i, 32);
        memcpy(heads + 64 * i + 32, public_key, 32);
    }
}

/* RFC 8032 section 5.1.6 */
static int sign_chunk(const fs_ed25519_key *key, signing *job, const uint8_t *data, const uint64_t *offset, size_t count,
                      uint8_t *signatures) {
    fs_sha512_messages(key->prefix, 32, 0, data, offset, count, job->hashes);
    if (key->kernel->commit(job->hashes, count, job->room, signatures)) return 1;
    challenge_heads(job->heads, signatures, key->public_key, count);
    fs_sha512_messages(job->heads, 64, 64, data, offset, count, job->hashes);
    return key->kernel->respond(key->secret, job->hashes, count, job->room, signatures);
}

fs_status fs_ed25519_sign_batch(const fs_ed25519_key *key, const uint8_t *data, const uint64_t *offset, size_t count,
                                uint8_t *signatures, fs_error *error) {
    signing job;
    size_t rows = key->kernel->sign_rows(count);
    int failed = 0, memory = signing_open(&job, key->kernel);
    for (size_t first = 0; first < count && memory && !failed; first += rows) {
        size_t left = count - first;
        failed = sign_chunk(key, &job, data, offset + first, left < rows ? left : rows, signatures + 64 * first);
    }
    signing_close(&job);
    if (!memory) return out_of_memory(error);
    if (!failed) return FS_OK;
    OPENSSL_cleanse(signatures, 64 * count); /* a wrong signature can give the key away */
    return fs_fail(error, FS_ERROR_CRYPTO, "an Ed25519 signature failed its self-check (S = r + h*s, R on the curve): a hardware fault?");
}

/* ---- Verifying ---- */

fs_status fs_ed25519_verifier_new(fs_ed25519_verifier **out, const uint8_t *public_key, size_t expected, const char *name,
                                  fs_error *error) {
    const fs_ed25519_kernel *kernel = choose(name);
    *out = NULL;
    if (kernel == NULL) return no_such_kernel(name, error);
    fs_ed25519_verifier *verifier = malloc(sizeof *verifier);
    if (verifier == NULL) return out_of_memory(error);
    verifier->kernel = kernel;
    memcpy(verifier->public_key, public_key, 32);
    void *room = fs_ec_allocate(kernel->verify_room);
    int memory = fs_ec_tables_open(&verifier->tables, 32, expected, kernel->table_size) && room != NULL;
    int wrong = memory && kernel->tables(public_key, room, &verifier->tables);
    free(room);
    if (memory && !wrong) {
        *out = verifier;
        return FS_OK;
    }
    fs_ed25519_verifier_free(verifier);
    if (!wrong) return out_of_memory(error);
    return fs_fail(error, FS_ERROR_CRYPTO, "the public key is not a canonical point of prime order (RFC 8032 section 5.1.3)");
}

void fs_ed25519_verifier_free(fs_ed25519_verifier *verifier) {
    if (verifier == NULL) return;
    fs_ec_tables_close(&verifier->tables);
    free(verifier);
}

fs_status fs_ed25519_verify_many(const fs_ed25519_verifier *verifier, const uint8_t *data, const uint64_t *offset,
                                 const uint8_t *signatures, size_t count, uint8_t *ok, fs_error *error) {
    const fs_ed25519_kernel *kernel = verifier->kernel;
    uint8_t *room = fs_ec_allocate(kernel->verify_room + 128 * kernel->rows);
    if (room == NULL) return out_of_memory(error);
    uint8_t *hashes = room + kernel->verify_room, *heads = hashes + 64 * kernel->rows;
    const size_t step = kernel->verify_rows(&verifier->tables, count);
    for (size_t first = 0; first < count; first += step) {
        size_t rows = count - first < step ? count - first : step;
        challenge_heads(heads, signatures + 64 * first, verifier->public_key, rows);
        fs_sha512_messages(heads, 64, 64, data, offset + first, rows, hashes);
        kernel->verify(&verifier->tables, hashes, signatures + 64 * first, rows, room, ok + first);
    }
    free(room);
    return FS_OK;
}
