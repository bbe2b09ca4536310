/* Public keys of a DNSKEY RRset, and the check of many signatures by one of them. */
#ifndef FS_VERIFY_KEYS_H
#define FS_VERIFY_KEYS_H

#include "fs.h"

enum {
    FS_ALGORITHM_RSASHA1 = 5, FS_ALGORITHM_NSEC3RSASHA1 = 7, FS_ALGORITHM_RSASHA256 = 8, FS_ALGORITHM_RSASHA512 = 10,
    FS_ALGORITHM_P256 = 13, FS_ALGORITHM_P384 = 14, FS_ALGORITHM_ED25519 = 15, FS_ALGORITHM_ED448 = 16
};
enum { FS_DNSKEY_ZONE = 0x100, FS_DNSKEY_REVOKE = 0x80, FS_DNSKEY_SEP = 1 };
enum { FS_VERIFY_BATCH = 1024 };

/* Signatures by one key, waiting to be checked together. What is signed is a digest, or for EdDSA the message itself. */
typedef struct {
    uint32_t count;
    uint32_t *slot;         /* [FS_VERIFY_BATCH] the caller's number of each */
    uint8_t *signature;     /* [FS_VERIFY_BATCH][signature_size] */
    uint8_t *data;          /* digests [FS_VERIFY_BATCH][digest_size]; or messages, one after another */
    uint64_t *offset;       /* [FS_VERIFY_BATCH + 1] where each digest or message starts in data; the next one's is its end */
    uint64_t data_capacity; /* octets */
} fs_verify_batch;

typedef struct fs_verify_key fs_verify_key;
typedef fs_status fs_verify_many(const fs_verify_key *key, const fs_verify_batch *batch, uint8_t *good, fs_error *error);

struct fs_verify_key {
    uint16_t flags, tag;
    uint8_t protocol, algorithm;
    uint8_t usable;          /* the algorithm is known and the key well formed */
    uint8_t digest_size;     /* octets; 0 for EdDSA */
    uint16_t signature_size; /* octets */
    void *pkey;              /* EVP_PKEY */
    void *batch;             /* fs_ec_verifier or fs_ed25519_verifier, many signatures at once; or NULL */
    struct fs_verify_memo *memo; /* ECDSA signatures that libcrypto has found good lately */
    fs_verify_many *verify_many;
};

/* Read a DNSKEY RDATA. A key that can't be used is no error: it is marked so. */
void fs_verify_key_open(fs_verify_key *key, const uint8_t *rdata, uint32_t length);
void fs_verify_key_close(fs_verify_key *key);
/* From now on remember the last good ECDSA signatures of this key, which then is for one thread. */
void fs_verify_key_remember(fs_verify_key *key);

/* Make ready for about `expected` signatures: where that pays, ECDSA and Ed25519 by the batch verifiers. */
fs_status fs_verify_key_prepare(fs_verify_key *key, const uint8_t *rdata, uint32_t length, uint64_t expected,
                                fs_error *error) FS_MUST_CHECK;

/* May this key's signatures count for RRsets of this type? (RFC 4034 section 2.1.1, RFC 5011 section 2.1) */
int fs_verify_key_may_sign(const fs_verify_key *key, uint16_t type);

/* RFC 4034 appendix B */
uint16_t fs_verify_key_tag(const uint8_t *rdata, uint32_t length);

/* One by one, by libcrypto: good[i] is 1 or 0 for row i. */
fs_verify_many fs_verify_many_libcrypto;
/* One signature by libcrypto: the second opinion. */
fs_status fs_verify_one(const fs_verify_key *key, const uint8_t *data, uint64_t length, const uint8_t *signature, int *good,
                        fs_error *error) FS_MUST_CHECK;

fs_status fs_verify_batch_open(fs_verify_batch *batch, const fs_verify_key *key, fs_error *error) FS_MUST_CHECK;
void fs_verify_batch_close(fs_verify_batch *batch);
int fs_verify_batch_full(const fs_verify_batch *batch);
/* Append what is signed (digested here) and its signature of key->signature_size octets. */
fs_status fs_verify_batch_add(fs_verify_batch *batch, const fs_verify_key *key, const uint8_t *message, uint64_t length,
                              const uint8_t *signature, uint32_t slot, fs_error *error) FS_MUST_CHECK;
/* What row i signs. */
const uint8_t *fs_verify_batch_data(const fs_verify_batch *batch, uint32_t i, uint64_t *length);

#endif
