/* What a signature is over, in canonical form. */
#include "message.h"

#include <stdlib.h>

#include "chain.h"
#include "rrtypes.h"

static fs_status reserve(fs_message *message, size_t more, fs_error *error) {
    if (FS_LIKELY(message->length + more <= message->capacity)) return FS_OK;
    const size_t capacity = (message->length + more) * 2;
    uint8_t *octets = realloc(message->octets, capacity);
    if (octets == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for an RRset of %zu octets", capacity);
    message->octets = octets;
    message->capacity = capacity;
    return FS_OK;
}

/* RRSIG RDATA without the signature (RFC 4034 section 3.1). */
static fs_status begin_message(fs_message *message, const fs_rrsig_head *head, const uint8_t *owner, uint16_t type, uint32_t ttl,
                               fs_error *error) {
    message->length = 0;
    const fs_status status = reserve(message, FS_RRSIG_HEAD + FS_NAME_MAX, error);
    if (status != FS_OK) return status;
    fs_store_rrsig_head(message->octets, head, fs_rrsig_labels(owner), type, ttl);
    memcpy(message->octets + FS_RRSIG_HEAD, message->apex, message->apex_length);
    message->length = FS_RRSIG_HEAD + message->apex_length;
    return FS_OK;
}

/* One RR without its RDATA: owner in lower case, type, class IN, original TTL, RDLENGTH. *rdata: where the RDATA goes. */
static fs_status begin_rr(fs_message *message, const uint8_t *owner, uint32_t owner_length, uint16_t type, uint32_t ttl,
                          uint16_t rdlength, uint8_t **rdata, fs_error *error) {
    const fs_status status = reserve(message, owner_length + 10u + rdlength, error);
    if (status != FS_OK) return status;
    uint8_t *p = message->octets + message->length;
    for (uint32_t i = 0; i < owner_length; i++) p[i] = fs_lower[owner[i]];
    p += owner_length;
    fs_store_be16(p, type);
    fs_store_be16(p + 2, 1);
    fs_store_be32(p + 4, ttl);
    fs_store_be16(p + 8, rdlength);
    *rdata = p + 10;
    message->length += owner_length + 10u + rdlength;
    return FS_OK;
}

static fs_status build_rrset(fs_message *message, const fs_rrsig_head *head, const fs_target *target, fs_error *error) {
    const fs_arena *arena = message->arena;
    const fs_order *order = message->order;
    const uint16_t type = target->type;
    const uint32_t rrset = target->index, ttl = order->rrset_ttl[rrset];
    fs_status status = begin_message(message, head, target->owner, type, ttl, error);
    for (uint32_t i = order->rrset_first[rrset]; i < order->rrset_first[rrset + 1] && status == FS_OK; i++) {
        const uint32_t row = order->record[i];
        uint8_t *rdata;
        status = begin_rr(message, target->owner, target->owner_length, type, ttl, arena->rdata_length[row], &rdata, error);
        if (status == FS_OK) fs_canonical_rdata(type, arena->rdata + arena->rdata_offset[row], arena->rdata_length[row], rdata);
    }
    return status;
}

static fs_status build_nsec(fs_message *message, const fs_rrsig_head *head, const fs_target *target, fs_error *error) {
    const fs_chain *chain = message->chain;
    const uint32_t entry = target->index, next_name = message->order->node_name[chain->source[fs_chain_next(chain, entry)]];
    const uint32_t next_length = fs_name_size(message->arena, next_name), bitmap_length = fs_chain_bitmap_length(chain, entry);
    uint8_t *rdata;
    fs_status status = begin_message(message, head, target->owner, FS_TYPE_NSEC, chain->ttl, error);
    if (status == FS_OK)
        status = begin_rr(message, target->owner, target->owner_length, FS_TYPE_NSEC, chain->ttl,
                          (uint16_t)(next_length + bitmap_length), &rdata, error);
    if (status != FS_OK) return status;
    memcpy(rdata, fs_name(message->arena, next_name), next_length); /* case kept: RFC 6840 section 5.1 */
    memcpy(rdata + next_length, fs_chain_bitmap(chain, entry), bitmap_length);
    return FS_OK;
}

static fs_status build_nsec3(fs_message *message, const fs_rrsig_head *head, const fs_target *target, fs_error *error) {
    const fs_chain *chain = message->chain;
    uint8_t *rdata;
    fs_status status = begin_message(message, head, target->owner, FS_TYPE_NSEC3, chain->ttl, error);
    if (status == FS_OK)
        status = begin_rr(message, target->owner, target->owner_length, FS_TYPE_NSEC3, chain->ttl,
                          (uint16_t)fs_nsec3_rdata_length(chain, target->index), &rdata, error);
    if (status == FS_OK) fs_nsec3_rdata(chain, target->index, rdata);
    return status;
}

fs_status fs_message_build(fs_message *message, const fs_rrsig_head *head, const fs_target *target, fs_error *error) {
    if (target->kind == FS_TARGET_RRSET) return build_rrset(message, head, target, error);
    return target->kind == FS_TARGET_NSEC ? build_nsec(message, head, target, error) : build_nsec3(message, head, target, error);
}

fs_status fs_message_record(fs_message *message, uint32_t node, uint32_t row, fs_error *error) {
    const fs_arena *arena = message->arena;
    const uint32_t name = message->order->node_name[node];
    const uint16_t type = arena->type[row], length = arena->rdata_length[row];
    uint8_t *rdata;
    const fs_status status =
        begin_rr(message, fs_name(arena, name), fs_name_size(arena, name), type, arena->ttl[row], length, &rdata, error);
    if (status == FS_OK) fs_canonical_rdata(type, arena->rdata + arena->rdata_offset[row], length, rdata);
    return status;
}
