/* What is signed, hashed. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the low-level hashes use SHA-NI and, unlike EVP, allocate and fetch nothing per message */
#include "digest.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "walk.h"

/* One signer at work. */
typedef struct {
    fs_message message;
    const fs_signer *signer;
    uint32_t number; /* of the signer */
    const fs_retained *retained;
    fs_digests *out;
} digester;

int fs_digest_length(uint8_t algorithm) {
    switch (algorithm) {
    case 5: case 7: return SHA_DIGEST_LENGTH;
    case 8: case 13: return SHA256_DIGEST_LENGTH;
    case 14: return SHA384_DIGEST_LENGTH;
    case 10: return SHA512_DIGEST_LENGTH;
    case 15: case 16: return 0;
    default: return -1;
    }
}

//----------- Rows ---------------------------------------------------------------

static fs_status add_digest(digester *with, int digest_length, fs_error *error) {
    fs_digests *out = with->out;
    const fs_status status = fs_column_reserve(out->rows, (uint64_t)digest_length, error);
    if (status != FS_OK) return status;
    uint8_t *digest = out->rows->data + out->rows->used;
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
    switch (digest_length) {
    case SHA_DIGEST_LENGTH:
        SHA1_Init(&sha1), SHA1_Update(&sha1, with->message.octets, with->message.length), SHA1_Final(digest, &sha1);
        break;
    case SHA256_DIGEST_LENGTH:
        SHA256_Init(&sha256), SHA256_Update(&sha256, with->message.octets, with->message.length), SHA256_Final(digest, &sha256);
        break;
    case SHA384_DIGEST_LENGTH:
        SHA384_Init(&sha512), SHA384_Update(&sha512, with->message.octets, with->message.length), SHA384_Final(digest, &sha512);
        break;
    default:
        SHA512_Init(&sha512), SHA512_Update(&sha512, with->message.octets, with->message.length), SHA512_Final(digest, &sha512);
    }
    out->rows->used += (uint64_t)digest_length;
    return FS_OK;
}

static fs_status add_message(digester *with, fs_error *error) {
    fs_digests *out = with->out;
    fs_status status = fs_column_reserve(out->rows, with->message.length, error);
    if (status == FS_OK) status = fs_column_reserve(out->offsets, sizeof(uint64_t), error);
    if (status != FS_OK) return status;
    memcpy(out->rows->data + out->rows->used, with->message.octets, with->message.length);
    out->rows->used += with->message.length;
    memcpy(out->offsets->data + out->offsets->used, &out->rows->used, sizeof out->rows->used);
    out->offsets->used += sizeof out->rows->used;
    return FS_OK;
}

static fs_status end_message(digester *with, fs_error *error) {
    const int digest_length = fs_digest_length(with->signer->algorithm);
    with->out->count++;
    return digest_length == 0 ? add_message(with, error) : add_digest(with, digest_length, error);
}

/* Add a row for what the signer has to sign. */
static fs_status digest_target(void *context, const fs_target *target, fs_error *error) {
    digester *with = context;
    if (!fs_has_to_sign(with->signer, with->number, target->type, fs_target_duty(with->retained, target))) return FS_OK;
    const fs_rrsig_head head = fs_head_of(with->signer, target->owner, target->type);
    const fs_status status = fs_message_build(&with->message, &head, target, error);
    return status == FS_OK ? end_message(with, error) : status;
}

//----------- Ranges -----------------------------------------------------------

static fs_status open_rows(const digester *with, fs_error *error) {
    fs_digests *out = with->out;
    out->count = 0;
    out->rows->used = 0;
    if (fs_digest_length(with->signer->algorithm) != 0) return FS_OK;
    /* messages begin with offset 0 */
    out->offsets->used = 0;
    const fs_status status = fs_column_reserve(out->offsets, sizeof(uint64_t), error);
    if (status != FS_OK) return status;
    memset(out->offsets->data, 0, sizeof(uint64_t));
    out->offsets->used = sizeof(uint64_t);
    return FS_OK;
}

fs_status fs_digest_range(const fs_digest_input *input, int is_chain, uint32_t first, uint32_t last, fs_digests *out,
                          fs_error *error) {
    digester with = {
        .message = {.arena = input->arena, .order = input->order, .chain = input->chain, .apex = input->apex,
                    .apex_length = fs_name_length(input->apex)},
        .signer = input->signer, .number = input->signer_number, .retained = input->retained, .out = out,
    };
    fs_status status = open_rows(&with, error);
    if (status == FS_OK) status = fs_walk_signed(&with.message, is_chain, first, last, digest_target, &with, error);
    free(with.message.octets);
    return status;
}
