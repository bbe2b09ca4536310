/* The zone as one stream of records in canonical form. */
#include "zonemd.h"

#include <stdlib.h>

#include "message.h"

enum { CHUNK = 1 << 18 }; /* octets that are hashed in one go */

typedef struct {
    fs_message message;
    fs_zone_hash hash;
} digester;

static fs_status flush(digester *with, fs_error *error) {
    const fs_status status = fs_zone_hash_add(&with->hash, with->message.octets, with->message.length, error);
    with->message.length = 0;
    return status;
}

/* RFC 8976 section 3.3.1.2: of the apex, neither the ZONEMD RRset nor the RRSIGs that cover it. */
static int is_left_out(const digester *with, uint8_t node_flags, uint32_t row) {
    const fs_arena *arena = with->message.arena;
    if (!(node_flags & FS_NODE_APEX)) return 0;
    if (arena->type[row] == FS_TYPE_ZONEMD) return 1;
    return arena->type[row] == FS_TYPE_RRSIG && arena->rdata_length[row] >= 2 &&
           fs_load_be16(arena->rdata + arena->rdata_offset[row]) == FS_TYPE_ZONEMD;
}

static fs_status add_rrset(digester *with, uint32_t node, uint32_t rrset, fs_error *error) {
    const fs_order *order = with->message.order;
    fs_status status = FS_OK;
    for (uint32_t i = order->rrset_first[rrset]; i < order->rrset_first[rrset + 1] && status == FS_OK; i++) {
        if (is_left_out(with, order->node_flags[node], order->record[i])) continue;
        status = fs_message_record(&with->message, node, order->record[i], error);
        if (status == FS_OK && with->message.length >= CHUNK) status = flush(with, error);
    }
    return status;
}

/* The RRsets of a node by the number of their type (RFC 8976 section 3.3.1): the order has SOA and NS before the others. */
static fs_status add_node(digester *with, uint32_t node, fs_error *error) {
    const fs_order *order = with->message.order;
    const uint32_t first = order->node_rrset[node], end = order->node_rrset[node + 1];
    uint32_t other = first;
    while (other < end && (order->rrset_type[other] == FS_TYPE_SOA || order->rrset_type[other] == FS_TYPE_NS)) other++;
    uint32_t leading = other; /* taken from their end, they ascend too: NS is 2, SOA is 6 */
    fs_status status = FS_OK;
    while ((leading > first || other < end) && status == FS_OK) {
        const int is_leading =
            leading > first && (other == end || order->rrset_type[leading - 1] < order->rrset_type[other]);
        status = add_rrset(with, node, is_leading ? --leading : other++, error);
    }
    return status;
}

fs_status fs_zonemd_digest(const fs_arena *arena, const fs_order *order, uint32_t wanted, uint8_t *digests, fs_error *error) {
    digester with = {.message = {.arena = arena, .order = order}};
    fs_status status = fs_zone_hash_open(&with.hash, wanted, error);
    for (uint32_t node = 0; node < order->node_count && status == FS_OK; node++)
        if (!(order->node_flags[node] & FS_NODE_OUTSIDE)) status = add_node(&with, node, error);
    if (status == FS_OK) status = flush(&with, error);
    if (status == FS_OK) status = fs_zone_hash_finish(&with.hash, digests, error);
    fs_zone_hash_close(&with.hash);
    free(with.message.octets);
    return status;
}
