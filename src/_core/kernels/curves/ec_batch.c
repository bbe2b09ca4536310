/* Keys, verifiers, the cut into chunks, and the choice of a variant. */
#include "ec_batch.h"

#include "ec_kernel.h"
#include "ec_nonce.h"
#include "ec_tables.h"
#include "private_key_memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* The fastest first. */
static const fs_ec_kernel *const kernels[] = {
#if defined(__x86_64__)
    &fs_ec_p256_adx,
    &fs_ec_p384_adx,
#endif
    &fs_ec_p256_portable,
    &fs_ec_p384_portable,
};

struct fs_ec_key {
    const fs_ec_kernel *kernel;
    fs_nonce_key nonce; /* the secret lies in here */
};

struct fs_ec_verifier {
    const fs_ec_kernel *kernel;
    fs_ec_tables tables;
};

FS_COLD static fs_status out_of_memory(fs_error *error) {
    return fs_fail(error, FS_ERROR_MEMORY, "out of memory for elliptic-curve arithmetic");
}

/* ---- Choosing ---- */

static const fs_ec_kernel *choose(fs_ec_curve curve, const char *name) {
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        const fs_ec_kernel *kernel = kernels[i];
        if (kernel->curve == curve && (name == NULL || strcmp(name, kernel->name) == 0) && kernel->usable()) return kernel;
    }
    return NULL;
}

const char *fs_ec_kernel_name(fs_ec_curve curve, size_t number) {
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        if (kernels[i]->curve == curve && kernels[i]->usable() && number-- == 0) return kernels[i]->name;
    return NULL;
}

FS_COLD static fs_status no_such_kernel(const char *name, fs_error *error) {
    return fs_fail(error, FS_ERROR_RANGE, "no elliptic-curve kernel named %s fits this CPU", name);
}

fs_status fs_ec_probe_kernel(fs_ec_curve curve, const char *name, fs_ec_probe operation, const uint8_t *a, const uint8_t *b, uint8_t *out,
                             fs_error *error) {
    const fs_ec_kernel *kernel = choose(curve, name);
    if (kernel == NULL || operation >= FS_EC_PROBES) return no_such_kernel(name, error);
    kernel->probe(operation, a, b, out);
    return FS_OK;
}

/* ---- Signing ---- */

/* 1 <= secret < n; the answer may be told, the secret not. */
static int secret_in_range(const uint8_t *secret, const uint8_t *order, size_t octets) {
    unsigned borrow = 0, any = 0;
    for (size_t i = octets; i-- > 0;) {
        borrow = (0u + secret[i] - order[i] - borrow) >> 31;
        any |= secret[i];
    }
    unsigned good = borrow & (0u - any) >> 31;
    return (int)FS_DECLASSIFY(good);
}

fs_status fs_ec_key_new(fs_ec_key **out, fs_ec_curve curve, const uint8_t *secret, const char *name, fs_error *error) {
    const fs_ec_kernel *kernel = choose(curve, name);
    *out = NULL;
    if (kernel == NULL) return no_such_kernel(name, error);
    if (!secret_in_range(secret, kernel->order, kernel->octets))
        return fs_fail(error, FS_ERROR_KEY, "the private key is not in 1..n-1 (SEC 1 section 3.2.1)");
    fs_ec_key *key = fs_secret_open(sizeof *key);
    if (key == NULL) return out_of_memory(error);
    key->kernel = kernel;
    fs_nonce_key_init(&key->nonce, curve, secret, kernel->order);
    fs_ec_wipe_stack();
    *out = key;
    return FS_OK;
}

void fs_ec_key_free(fs_ec_key *key) { fs_secret_close(key, sizeof *key); }

fs_status fs_ec_key_public(const fs_ec_key *key, uint8_t *public_key, fs_error *error) {
    void *room = fs_secret_open(key->kernel->sign_room);
    if (room == NULL) return out_of_memory(error);
    key->kernel->derive(key->nonce.secret, room, public_key);
    fs_secret_close(room, key->kernel->sign_room);
    fs_ec_wipe_stack();
    return FS_OK;
}

const char *fs_ec_key_kernel(const fs_ec_key *key) { return key->kernel->name; }

/* What one call of fs_ec_sign_batch works with: one secret mapping. */
typedef struct {
    const fs_ec_key *key;
    void *room;
    uint8_t *nonces, *again;
    size_t size;
} signing;

static int signing_open(signing *job, const fs_ec_key *key) {
    const fs_ec_kernel *kernel = key->kernel;
    const size_t nonces = kernel->rows * kernel->octets;
    job->key = key;
    job->size = kernel->sign_room + nonces + kernel->rows;
    job->room = fs_secret_open(job->size);
    job->nonces = (uint8_t *)job->room + kernel->sign_room;
    job->again = job->nonces + nonces;
    return job->room != NULL;
}

static void signing_close(signing *job) {
    fs_secret_close(job->room, job->size);
    fs_ec_wipe_stack();
}

static int sign_rows(signing *job, const uint8_t *digests, const uint8_t *nonces, size_t count, uint8_t *signatures, uint8_t *again) {
    return job->key->kernel->sign(job->key->nonce.secret, digests, nonces, count, job->room, signatures, again);
}

/* r or s was zero: RFC 6979 section 3.4 takes the next nonce. Two in a row are as good as impossible, and eight mean that something broke. */
FS_COLD static int sign_again(signing *job, const uint8_t *digest, uint8_t *signature) {
    uint8_t again = 1;
    int failed = 0;
    for (unsigned skip = 1; again && !failed && skip < 8; skip++) {
        fs_nonces(&job->key->nonce, digest, 1, skip, job->nonces);
        failed = sign_rows(job, digest, job->nonces, 1, signature, &again);
    }
    return failed || again;
}

/* One chunk with its nonces. */
static int sign_chunk(signing *job, const uint8_t *digests, size_t count, uint8_t *signatures) {
    size_t octets = job->key->kernel->octets;
    fs_nonces(&job->key->nonce, digests, count, 0, job->nonces);
    int failed = sign_rows(job, digests, job->nonces, count, signatures, job->again);
    for (size_t i = 0; i < count && !failed; i++)
        if (FS_UNLIKELY(FS_DECLASSIFY(job->again[i]))) failed = sign_again(job, digests + octets * i, signatures + 2 * octets * i);
    return failed;
}

FS_COLD static fs_status self_check_failed(uint8_t *signatures, size_t octets, fs_error *error) {
    OPENSSL_cleanse(signatures, octets); /* a wrong signature can give the key away */
    return fs_fail(error, FS_ERROR_CRYPTO, "an ECDSA signature failed its self-check (s*k = e + r*d, R on the curve): a hardware fault?");
}

fs_status fs_ec_sign_batch(const fs_ec_key *key, const uint8_t *digests, size_t count, uint8_t *signatures, fs_error *error) {
    signing job;
    size_t octets = key->kernel->octets, rows = key->kernel->sign_rows(count);
    int failed = 0, memory = signing_open(&job, key);
    for (size_t first = 0; first < count && memory && !failed; first += rows) {
        size_t left = count - first;
        failed = sign_chunk(&job, digests + octets * first, left < rows ? left : rows, signatures + 2 * octets * first);
    }
    signing_close(&job);
    if (!memory) return out_of_memory(error);
    return failed ? self_check_failed(signatures, 2 * octets * count, error) : FS_OK;
}

fs_status fs_ec_sign_with_nonces(const fs_ec_key *key, const uint8_t *digests, const uint8_t *nonces, size_t count,
                                 uint8_t *signatures, uint8_t *again, fs_error *error) {
    signing job;
    size_t octets = key->kernel->octets, rows = key->kernel->sign_rows(count);
    int failed = 0, memory = signing_open(&job, key);
    for (size_t first = 0; first < count && memory && !failed; first += rows) {
        size_t left = count - first, at = octets * first;
        failed = sign_rows(&job, digests + at, nonces + at, left < rows ? left : rows, signatures + 2 * at, again + first);
    }
    signing_close(&job);
    if (!memory) return out_of_memory(error);
    return failed ? self_check_failed(signatures, 2 * octets * count, error) : FS_OK;
}

/* ---- Verifying ---- */

fs_status fs_ec_verifier_new(fs_ec_verifier **out, fs_ec_curve curve, const uint8_t *public_key, size_t expected, const char *name,
                             fs_error *error) {
    const fs_ec_kernel *kernel = choose(curve, name);
    *out = NULL;
    if (kernel == NULL) return no_such_kernel(name, error);
    fs_ec_verifier *verifier = malloc(sizeof *verifier);
    if (verifier == NULL) return out_of_memory(error);
    verifier->kernel = kernel;
    void *room = fs_ec_allocate(kernel->verify_room);
    int memory = fs_ec_tables_open(&verifier->tables, kernel->octets, expected, kernel->table_size) && room != NULL;
    int wrong = memory && kernel->tables(public_key, room, &verifier->tables);
    free(room);
    if (memory && !wrong) {
        *out = verifier;
        return FS_OK;
    }
    fs_ec_verifier_free(verifier);
    return wrong ? fs_fail(error, FS_ERROR_CRYPTO, "the public key is not a point of the curve (SEC 1 section 3.2.2)") : out_of_memory(error);
}

void fs_ec_verifier_free(fs_ec_verifier *verifier) {
    if (verifier == NULL) return;
    fs_ec_tables_close(&verifier->tables);
    free(verifier);
}

fs_status fs_ec_verify_many(const fs_ec_verifier *verifier, const uint8_t *digests, const uint8_t *signatures, size_t count, uint8_t *ok,
                            fs_error *error) {
    const fs_ec_kernel *kernel = verifier->kernel;
    size_t octets = kernel->octets;
    void *room = fs_ec_allocate(kernel->verify_room);
    if (room == NULL) return out_of_memory(error);
    const size_t step = kernel->verify_rows(&verifier->tables, count);
    for (size_t first = 0; first < count; first += step) {
        size_t rows = count - first < step ? count - first : step;
        kernel->verify(&verifier->tables, digests + octets * first, signatures + 2 * octets * first, rows, room, ok + first);
    }
    free(room);
    return FS_OK;
}
