/* RRsets in BIND's raw master format (lib/dns/masterdump.c, dump_rdataset_raw): octets, big-endian.
 *
 * u32 length of the whole, u16 class, u16 type, u16 type covered, u32 TTL, u32 count, u16 length and owner, and for each record u16
 * length and RDATA. The file's header is the caller's.
 */
#include "chain.h"
#include "plan.h"
#include "render_state.h"

enum { SET_HEAD = 20, COUNT_AT = 14, CLASS_IN = 1 };

fs_status fs_raw_open(fs_writer *writer, const uint8_t *owner, uint16_t type, uint16_t covers, uint32_t ttl, fs_raw_set *set) {
    const fs_status status = fs_writer_reserve(writer, SET_HEAD + FS_NAME_MAX);
    if (FS_UNLIKELY(status != FS_OK)) return status;
    const uint32_t length = fs_name_length(owner);
    uint8_t *at = (uint8_t *)writer->at;
    set->start = (uint64_t)(at - writer->out->data);
    set->count = 0;
    fs_store_be16(at + 4, writer->style->rrclass ? writer->style->rrclass : CLASS_IN);
    fs_store_be16(at + 6, type);
    fs_store_be16(at + 8, covers);
    fs_store_be32(at + 10, ttl);
    fs_store_be16(at + 18, (uint16_t)length);
    memcpy(at + SET_HEAD, owner, length);
    writer->at += SET_HEAD + length;
    return FS_OK;
}

/* Room for a record and its length, which is written. */
static fs_status open_record(fs_writer *writer, fs_raw_set *set, uint32_t length) {
    if (length > UINT16_MAX) return fs_fail(writer->error, FS_ERROR_ZONE, "the RDATA of a record has %u octets", length);
    const fs_status status = fs_writer_reserve(writer, 2ULL + length);
    if (FS_UNLIKELY(status != FS_OK)) return status;
    fs_store_be16((uint8_t *)writer->at, (uint16_t)length);
    writer->at += 2;
    set->count++;
    return FS_OK;
}

fs_status fs_raw_record(fs_writer *writer, fs_raw_set *set, const uint8_t *rdata, uint32_t length) {
    const fs_status status = open_record(writer, set, length);
    if (FS_LIKELY(status == FS_OK)) writer->at = fs_put(writer->at, rdata, length);
    return status;
}

/* A set has at most 65,535 octets of RDATA (group.c) or 128 signatures, so that its length fits. */
void fs_raw_close(fs_writer *writer, const fs_raw_set *set) {
    uint8_t *head = writer->out->data + set->start;
    fs_store_be32(head, (uint32_t)((uint8_t *)writer->at - head));
    fs_store_be32(head + COUNT_AT, set->count);
}

//----------- Whole sets -------------------------------------------------------

/* Old signatures (RFC 2535) are sets by what they cover; in canonical order those of a set stand together. */
static uint16_t covered_by(const fs_arena *arena, uint32_t row) {
    const int is_sig = arena->type[row] == FS_TYPE_SIG && arena->rdata_length[row] >= 2;
    return is_sig ? fs_load_be16(arena->rdata + arena->rdata_offset[row]) : 0;
}

fs_status fs_raw_rrset(fs_writer *writer, uint32_t rrset) {
    const fs_arena *arena = writer->input->arena;
    const fs_order *order = writer->input->order;
    const uint8_t *owner = fs_name(arena, order->rrset_owner[rrset]);
    const uint32_t last = order->rrset_first[rrset + 1];
    fs_raw_set set;
    for (uint32_t i = order->rrset_first[rrset]; i < last;) {
        const uint16_t covers = covered_by(arena, order->record[i]);
        fs_status status = fs_raw_open(writer, owner, order->rrset_type[rrset], covers, order->rrset_ttl[rrset], &set);
        for (; status == FS_OK && i < last && covered_by(arena, order->record[i]) == covers; i++) {
            const uint32_t row = order->record[i];
            status = fs_raw_record(writer, &set, arena->rdata + arena->rdata_offset[row], arena->rdata_length[row]);
        }
        if (status != FS_OK) return status;
        fs_raw_close(writer, &set);
    }
    return FS_OK;
}

fs_status fs_raw_nsec(fs_writer *writer, const uint8_t *owner, uint32_t entry) {
    const fs_render_input *input = writer->input;
    const fs_chain *chain = input->chain;
    const uint8_t *next = fs_name(input->arena, input->order->node_name[chain->source[fs_chain_next(chain, entry)]]);
    const uint32_t name_length = fs_name_length(next), bitmap_length = fs_chain_bitmap_length(chain, entry);
    fs_raw_set set;
    fs_status status = fs_raw_open(writer, owner, FS_TYPE_NSEC, 0, chain->ttl, &set);
    if (status == FS_OK) status = open_record(writer, &set, name_length + bitmap_length);
    if (status != FS_OK) return status;
    writer->at = fs_put(fs_put(writer->at, next, name_length), fs_chain_bitmap(chain, entry), bitmap_length);
    fs_raw_close(writer, &set);
    return FS_OK;
}

fs_status fs_raw_nsec3(fs_writer *writer, const uint8_t *owner, uint32_t entry) {
    const fs_chain *chain = writer->input->chain;
    const uint32_t length = fs_nsec3_rdata_length(chain, entry);
    fs_raw_set set;
    fs_status status = fs_raw_open(writer, owner, FS_TYPE_NSEC3, 0, chain->ttl, &set);
    if (status == FS_OK) status = open_record(writer, &set, length);
    if (status != FS_OK) return status;
    fs_nsec3_rdata(chain, entry, (uint8_t *)writer->at);
    writer->at += length;
    fs_raw_close(writer, &set);
    return FS_OK;
}

static fs_status put_signature(fs_writer *writer, fs_raw_set *set, const fs_signature *signature) {
    const fs_status status = open_record(writer, set, FS_RRSIG_HEAD + signature->name_length + signature->signature_length);
    if (status != FS_OK) return status;
    writer->at = fs_put(writer->at, signature->head, FS_RRSIG_HEAD);
    writer->at = fs_put(writer->at, signature->name, signature->name_length);
    writer->at = fs_put(writer->at, signature->signature, signature->signature_length);
    return FS_OK;
}

fs_status fs_raw_signatures(fs_writer *writer, const uint8_t *owner, uint16_t covers, uint32_t ttl, const fs_signature *signatures,
                            uint32_t count) {
    fs_raw_set set;
    fs_status status = fs_raw_open(writer, owner, FS_TYPE_RRSIG, covers, ttl, &set);
    for (uint32_t i = 0; status == FS_OK && i < count; i++) status = put_signature(writer, &set, &signatures[i]);
    if (status == FS_OK) fs_raw_close(writer, &set);
    return status;
}
