/* The digest of a whole zone (RFC 8976 section 3.3, scheme SIMPLE), by the verifier's own canonical form. */
#include <stdlib.h>

#include "verify.h"
#include "zone_hash.h"

enum { RECORD_MAX = FS_NAME_MAX + 10 + 65535, CHUNK = 1 << 18 };

typedef struct {
    const fs_verify_task *task;
    fs_findings *findings;
    fs_zone_hash hash;
    uint8_t *octets;   /* [CHUNK] records that are yet to be hashed */
    uint8_t *previous; /* [65535] RDATA of the record before, in canonical form */
    uint32_t used;
    uint8_t owner[FS_NAME_MAX]; /* of the node, in lower case */
    uint32_t owner_length;
} zone_digester;

static fs_status flush(zone_digester *with, fs_error *error) {
    const fs_status status = fs_zone_hash_add(&with->hash, with->octets, with->used, error);
    with->used = 0;
    return status;
}

/* RFC 8976 section 3.3.1.2: at the apex, neither the ZONEMD RRset nor what signs it. */
static int is_excluded(const fs_verify_task *task, uint32_t node, uint32_t record) {
    const fs_arena *arena = &task->arena;
    if (node != task->apex_node) return 0;
    if (arena->type[record] != FS_TYPE_RRSIG) return arena->type[record] == FS_TYPE_ZONEMD;
    return arena->rdata_length[record] >= 2 && fs_load_be16(arena->rdata + arena->rdata_offset[record]) == FS_TYPE_ZONEMD;
}

static int is_above(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length) {
    const int difference = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return difference > 0 || (difference == 0 && a_length > b_length);
}

/* One record: owner, type, class, the record's own TTL, RDATA. `before` is the member before it in its RRset, or FS_NONE: the
 * members ascend, each once (RFC 8976 section 3.3.1). */
static fs_status add_record(zone_digester *with, uint32_t node, uint32_t record, uint32_t before, fs_error *error) {
    const fs_arena *arena = &with->task->arena;
    const uint16_t type = arena->type[record], length = arena->rdata_length[record];
    if (with->used + RECORD_MAX > CHUNK) {
        const fs_status status = flush(with, error);
        if (status != FS_OK) return status;
    }
    uint8_t *at = with->octets + with->used;
    memcpy(at, with->owner, with->owner_length);
    at += with->owner_length;
    fs_store_be16(at, type);
    fs_store_be16(at + 2, with->task->class);
    fs_store_be32(at + 4, arena->ttl[record]);
    fs_store_be16(at + 8, length);
    fs_verify_canonical(type, arena->rdata + arena->rdata_offset[record], length, at + 10);
    with->used += with->owner_length + 10u + length;
    if (before == FS_NONE) return FS_OK;
    const uint32_t before_length = arena->rdata_length[before];
    fs_verify_canonical(type, arena->rdata + arena->rdata_offset[before], before_length, with->previous);
    if (is_above(at + 10, length, with->previous, before_length)) return FS_OK;
    return fs_findings_note(with->findings, FS_FINDING_ORDER, node, type, error);
}

static fs_status add_rrset(zone_digester *with, uint32_t node, uint32_t rrset, fs_error *error) {
    const fs_order *order = &with->task->order;
    uint32_t before = FS_NONE;
    fs_status status = FS_OK;
    for (uint32_t k = order->rrset_first[rrset]; k < order->rrset_first[rrset + 1] && status == FS_OK; k++) {
        const uint32_t record = order->record[k];
        if (is_excluded(with->task, node, record)) continue;
        status = add_record(with, node, record, before, error);
        before = record;
    }
    return status;
}

/* RRsets by the number of their type; in the order, SOA and NS stand before the others. */
static fs_status add_node(zone_digester *with, uint32_t node, fs_error *error) {
    const fs_order *order = &with->task->order;
    const uint32_t id = order->node_name[node];
    const uint32_t soa = fs_verify_find(order, node, FS_TYPE_SOA), ns = fs_verify_find(order, node, FS_TYPE_NS);
    int soa_left = soa != FS_NONE, ns_left = ns != FS_NONE;
    with->owner_length = fs_name_size(&with->task->arena, id);
    fs_verify_lower(fs_name(&with->task->arena, id), with->owner_length, with->owner);
    fs_status status = FS_OK;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1] && status == FS_OK; i++) {
        if (i == soa || i == ns) continue;
        const uint16_t type = order->rrset_type[i];
        if (ns_left && type > FS_TYPE_NS) status = add_rrset(with, node, ns, error), ns_left = 0;
        if (status == FS_OK && soa_left && type > FS_TYPE_SOA) status = add_rrset(with, node, soa, error), soa_left = 0;
        if (status == FS_OK) status = add_rrset(with, node, i, error);
    }
    if (status == FS_OK && ns_left) status = add_rrset(with, node, ns, error);
    return status == FS_OK && soa_left ? add_rrset(with, node, soa, error) : status;
}

fs_status fs_verify_zone_digest(const fs_verify_task *task, uint32_t wanted, uint8_t *digests, fs_findings *findings,
                                fs_error *error) {
    zone_digester with = {.task = task, .findings = findings};
    fs_status status = fs_zone_hash_open(&with.hash, wanted, error);
    with.octets = malloc(CHUNK);
    with.previous = malloc(65535);
    if (with.octets == NULL || with.previous == NULL)
        status = fs_fail(error, FS_ERROR_MEMORY, "out of memory for the digest of the zone");
    for (uint32_t node = 0; node < task->order.node_count && status == FS_OK; node++)
        if (!(task->kind[node] & FS_VERIFY_OUTSIDE)) status = add_node(&with, node, error);
    if (status == FS_OK) status = flush(&with, error);
    if (status == FS_OK) status = fs_zone_hash_finish(&with.hash, digests, error);
    fs_zone_hash_close(&with.hash);
    free(with.octets);
    free(with.previous);
    return status;
}
