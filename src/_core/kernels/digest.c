/* What is signed, hashed. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the low-level hashes use SHA-NI and, unlike EVP, allocate and fetch nothing per message */
#include "digest.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "chain.h"
#include "rrtypes.h"

/* One signer at work: the message under construction in a private buffer that grows to the largest RRset. */
typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const fs_signer *signer;
    const uint8_t *apex;
    uint32_t apex_length;
    fs_digests *out;
    uint8_t *message;
    size_t length, capacity;
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

//----------- The message (RFC 4034 section 3.1.8.1) ----------------------------

static fs_status reserve(digester *with, size_t more, fs_error *error) {
    if (FS_LIKELY(with->length + more <= with->capacity)) return FS_OK;
    const size_t capacity = (with->length + more) * 2;
    uint8_t *message = realloc(with->message, capacity);
    if (message == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for an RRset of %zu octets", capacity);
    with->message = message;
    with->capacity = capacity;
    return FS_OK;
}

/* RRSIG RDATA without the signature; the signer's name is the apex in lower case. */
static fs_status begin_message(digester *with, const uint8_t *owner, uint8_t labels, uint16_t type, uint32_t ttl, fs_error *error) {
    with->length = 0;
    const fs_status status = reserve(with, FS_RRSIG_HEAD + FS_NAME_MAX, error);
    if (status != FS_OK) return status;
    uint8_t *p = with->message;
    fs_store_be16(p, type);
    p[2] = with->signer->algorithm;
    p[3] = labels;
    fs_store_be32(p + 4, ttl);
    fs_store_be32(p + 8, fs_expiration(with->signer, owner, type));
    fs_store_be32(p + 12, with->signer->inception);
    fs_store_be16(p + 16, with->signer->tag);
    memcpy(p + FS_RRSIG_HEAD, with->apex, with->apex_length);
    with->length = FS_RRSIG_HEAD + with->apex_length;
    return FS_OK;
}

/* One RR without its RDATA: owner in lower case, type, class IN, original TTL, RDLENGTH. Returns where the RDATA goes. */
static fs_status begin_rr(digester *with, const uint8_t *owner, uint32_t owner_length, uint16_t type, uint32_t ttl,
                          uint16_t rdlength, uint8_t **rdata, fs_error *error) {
    const fs_status status = reserve(with, owner_length + 10u + rdlength, error);
    if (status != FS_OK) return status;
    uint8_t *p = with->message + with->length;
    for (uint32_t i = 0; i < owner_length; i++) p[i] = fs_lower[owner[i]];
    p += owner_length;
    fs_store_be16(p, type);
    fs_store_be16(p + 2, 1);
    fs_store_be32(p + 4, ttl);
    fs_store_be16(p + 8, rdlength);
    *rdata = p + 10;
    with->length += owner_length + 10u + rdlength;
    return FS_OK;
}

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
        SHA1_Init(&sha1), SHA1_Update(&sha1, with->message, with->length), SHA1_Final(digest, &sha1);
        break;
    case SHA256_DIGEST_LENGTH:
        SHA256_Init(&sha256), SHA256_Update(&sha256, with->message, with->length), SHA256_Final(digest, &sha256);
        break;
    case SHA384_DIGEST_LENGTH:
        SHA384_Init(&sha512), SHA384_Update(&sha512, with->message, with->length), SHA384_Final(digest, &sha512);
        break;
    default:
        SHA512_Init(&sha512), SHA512_Update(&sha512, with->message, with->length), SHA512_Final(digest, &sha512);
    }
    out->rows->used += (uint64_t)digest_length;
    return FS_OK;
}

static fs_status add_message(digester *with, fs_error *error) {
    fs_digests *out = with->out;
    fs_status status = fs_column_reserve(out->rows, with->length, error);
    if (status == FS_OK) status = fs_column_reserve(out->offsets, sizeof(uint64_t), error);
    if (status != FS_OK) return status;
    memcpy(out->rows->data + out->rows->used, with->message, with->length);
    out->rows->used += with->length;
    memcpy(out->offsets->data + out->offsets->used, &out->rows->used, sizeof out->rows->used);
    out->offsets->used += sizeof out->rows->used;
    return FS_OK;
}

static fs_status end_message(digester *with, fs_error *error) {
    const int digest_length = fs_digest_length(with->signer->algorithm);
    with->out->count++;
    return digest_length == 0 ? add_message(with, error) : add_digest(with, digest_length, error);
}

//----------- RRsets -----------------------------------------------------------

static fs_status digest_rrset(digester *with, uint32_t node, uint32_t rrset, fs_error *error) {
    const fs_arena *arena = with->arena;
    const fs_order *order = with->order;
    const uint16_t type = order->rrset_type[rrset];
    const uint32_t ttl = order->rrset_ttl[rrset], name = order->node_name[node], length = fs_name_size(arena, name);
    const uint8_t *owner = fs_name(arena, name);
    fs_status status = begin_message(with, owner, fs_rrsig_labels(owner), type, ttl, error);
    for (uint32_t i = order->rrset_first[rrset]; i < order->rrset_first[rrset + 1] && status == FS_OK; i++) {
        const uint32_t row = order->record[i];
        uint8_t *rdata;
        status = begin_rr(with, owner, length, type, ttl, arena->rdata_length[row], &rdata, error);
        if (status == FS_OK) fs_canonical_rdata(type, arena->rdata + arena->rdata_offset[row], arena->rdata_length[row], rdata);
    }
    return status == FS_OK ? end_message(with, error) : status;
}

static fs_status digest_nsec(digester *with, uint32_t node, uint32_t entry, fs_error *error) {
    const fs_chain *chain = with->chain;
    const uint32_t name = with->order->node_name[node], next = fs_chain_next(chain, entry);
    const uint32_t next_name = with->order->node_name[chain->source[next]], next_length = fs_name_size(with->arena, next_name);
    const uint8_t *owner = fs_name(with->arena, name);
    const uint32_t bitmap_length = fs_chain_bitmap_length(chain, entry);
    uint8_t *rdata;
    fs_status status = begin_message(with, owner, fs_rrsig_labels(owner), FS_TYPE_NSEC, chain->ttl, error);
    if (status == FS_OK)
        status = begin_rr(with, owner, fs_name_size(with->arena, name), FS_TYPE_NSEC, chain->ttl,
                          (uint16_t)(next_length + bitmap_length), &rdata, error);
    if (status != FS_OK) return status;
    memcpy(rdata, fs_name(with->arena, next_name), next_length); /* case kept: RFC 6840 section 5.1 */
    memcpy(rdata + next_length, fs_chain_bitmap(chain, entry), bitmap_length);
    return end_message(with, error);
}

static fs_status digest_nsec3(digester *with, uint32_t entry, fs_error *error) {
    const fs_chain *chain = with->chain;
    uint8_t owner[FS_NAME_MAX + 33], *rdata;
    const uint32_t owner_length = fs_nsec3_owner(chain, entry, with->apex, with->apex_length, owner);
    const uint32_t rdlength = fs_nsec3_rdata_length(chain, entry);
    fs_status status = begin_message(with, owner, fs_rrsig_labels(owner), FS_TYPE_NSEC3, chain->ttl, error);
    if (status == FS_OK)
        status = begin_rr(with, owner, owner_length, FS_TYPE_NSEC3, chain->ttl, (uint16_t)rdlength, &rdata, error);
    if (status != FS_OK) return status;
    fs_nsec3_rdata(chain, entry, rdata);
    return end_message(with, error);
}

static int signs(const digester *with, uint8_t flags, uint16_t type) {
    return fs_is_signed(flags, type) && fs_signs_type(with->signer, type);
}

/* The RRsets of one node, its NSEC among them in the order of types; *entry moves on when the node has one. */
static fs_status digest_node(digester *with, uint32_t node, uint32_t *entry, fs_error *error) {
    const fs_order *order = with->order;
    const uint8_t flags = order->node_flags[node];
    int nsec_left = fs_chain_has_nsec(with->chain, *entry, node);
    fs_status status = FS_OK;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1] && status == FS_OK; i++) {
        if (nsec_left && order->rrset_type[i] > FS_TYPE_NSEC) {
            if (signs(with, flags, FS_TYPE_NSEC)) status = digest_nsec(with, node, *entry, error);
            ++*entry;
            nsec_left = 0;
        }
        if (status == FS_OK && signs(with, flags, order->rrset_type[i])) status = digest_rrset(with, node, i, error);
    }
    if (nsec_left && status == FS_OK) {
        if (signs(with, flags, FS_TYPE_NSEC)) status = digest_nsec(with, node, *entry, error);
        ++*entry;
    }
    return status;
}

//----------- Ranges -----------------------------------------------------------

static fs_status open_digester(digester *with, const uint8_t *apex, fs_digests *out, fs_error *error) {
    with->apex = apex;
    with->apex_length = fs_name_length(apex);
    with->out = out;
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

fs_status fs_digest_nodes(const fs_arena *arena, const fs_order *order, const fs_chain *chain, const uint8_t *apex,
                          const fs_signer *signer, uint32_t first, uint32_t last, fs_digests *out, fs_error *error) {
    digester with = {.arena = arena, .order = order, .chain = chain, .signer = signer};
    fs_status status = open_digester(&with, apex, out, error);
    uint32_t entry = fs_chain_find(chain, first);
    for (uint32_t node = first; node < last && status == FS_OK; node++) status = digest_node(&with, node, &entry, error);
    free(with.message);
    return status;
}

fs_status fs_digest_chain(const fs_chain *chain, const uint8_t *apex, const fs_signer *signer, uint32_t first, uint32_t last,
                          fs_digests *out, fs_error *error) {
    digester with = {.chain = chain, .signer = signer};
    fs_status status = open_digester(&with, apex, out, error);
    if (fs_signs_type(signer, FS_TYPE_NSEC3))
        for (uint32_t entry = first; entry < last && status == FS_OK; entry++) status = digest_nsec3(&with, entry, error);
    free(with.message);
    return status;
}
