/* Passes over all records. */
#include "select.h"

#include "names.h"
#include "plan.h"
#include "rrtypes.h"

uint32_t fs_count_type(const fs_arena *arena, uint16_t type) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < arena->record_count; i++) count += arena->type[i] == type;
    return count;
}

uint32_t fs_find_rows(const fs_arena *arena, const uint8_t *name, uint32_t length, uint32_t *rows, uint32_t limit) {
    uint32_t found = 0, last_id = FS_NONE;
    int last_same = 0;
    for (uint32_t i = 0; i < arena->record_count; i++) {
        const uint32_t id = arena->owner[i];
        if (id != last_id) {
            last_id = id;
            last_same = fs_name_size(arena, id) == length && fs_same_folded(fs_name(arena, id), name, length);
        }
        if (!last_same || arena->type[i] == 0) continue;
        if (found < limit) rows[found] = i;
        found++;
    }
    return found;
}

void fs_find_makers(const fs_arena *arena, const uint8_t *apex, uint8_t *makers) {
    const uint32_t apex_length = fs_name_length(apex);
    for (uint32_t i = 0; i < arena->record_count; i++) {
        if (arena->type[i] != FS_TYPE_RRSIG || arena->rdata_length[i] <= FS_RRSIG_HEAD + apex_length) continue;
        const uint8_t *rdata = arena->rdata + arena->rdata_offset[i];
        if (!fs_same_folded(rdata + FS_RRSIG_HEAD, apex, apex_length)) continue;
        const uint32_t maker = (uint32_t)rdata[2] << 16 | fs_load_be16(rdata + 16);
        makers[maker >> 3] |= (uint8_t)(1u << (maker & 7));
    }
}

int32_t fs_first_expiration(const fs_arena *arena, uint32_t now) {
    int32_t first = INT32_MAX;
    for (uint32_t i = 0; i < arena->record_count; i++) {
        if (arena->type[i] != FS_TYPE_RRSIG || arena->rdata_length[i] < FS_RRSIG_HEAD) continue;
        const int32_t left = (int32_t)(fs_load_be32(arena->rdata + arena->rdata_offset[i] + 8) - now);
        if (left < first) first = left;
    }
    return first;
}

uint32_t fs_highest_ttl(const fs_arena *arena) {
    uint32_t highest = 0;
    for (uint32_t i = 0; i < arena->record_count; i++)
        if (arena->type[i] != 0 && arena->ttl[i] > highest) highest = arena->ttl[i];
    return highest;
}

uint32_t fs_cap_ttls(const fs_arena *arena, uint32_t limit, uint32_t *ttl_column) {
    uint32_t capped = 0;
    for (uint32_t i = 0; i < arena->record_count; i++) {
        if (ttl_column[i] <= limit) continue;
        ttl_column[i] = limit;
        capped++;
    }
    return capped;
}

uint32_t fs_take_out(const fs_arena *arena, const uint8_t *types, uint16_t *type_column) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < arena->record_count; i++) {
        if (!types[type_column[i]]) continue;
        type_column[i] = 0;
        taken++;
    }
    return taken;
}

/* RFC 1034 section 3.6.2, RFC 2181 section 10.1, RFC 4035 section 2.5 */
static int has_conflict(const fs_order *order, uint32_t node) {
    int cname = 0, others = 0;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        const fs_rrtype *row = fs_rrtype_by_number(order->rrset_type[i]);
        const uint8_t flags = row != NULL ? row->flags : 0;
        if ((flags & FS_RR_SINGLETON) && order->rrset_first[i + 1] - order->rrset_first[i] > 1) return 1;
        if (order->rrset_type[i] == FS_TYPE_CNAME) cname = 1;
        else if (!(flags & FS_RR_AT_CNAME)) others = 1;
    }
    return cname && others;
}

static int may_conflict(uint16_t type) { return type == FS_TYPE_CNAME || type == FS_TYPE_DNAME || type == FS_TYPE_SOA; }

uint32_t fs_find_conflicts(const fs_order *order, uint32_t *nodes, uint32_t limit) {
    uint32_t found = 0;
    for (uint32_t node = 0; node < order->node_count && found < limit; node++) {
        int look = 0;
        for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) look |= may_conflict(order->rrset_type[i]);
        if (look && has_conflict(order, node)) nodes[found++] = node;
    }
    return found;
}

FS_COLD static fs_status bad_content(const fs_arena *arena, const fs_order *order, uint32_t node, const char *what, fs_error *error) {
    char owner[FS_NAME_TEXT_MAX];
    const size_t length = fs_name_to_text(fs_name(arena, order->node_name[node]), owner);
    if (length > 1) owner[length - 1] = 0; /* BIND names it without the final dot */
    return fs_fail(error, FS_ERROR_ZONE, "'%s': %s", owner, what);
}

fs_status fs_check_content(const fs_arena *arena, const fs_order *order, fs_error *error) {
    for (uint32_t node = 0; node < order->node_count; node++) {
        const uint8_t flags = order->node_flags[node];
        if (flags & (FS_NODE_OUTSIDE | FS_NODE_OCCLUDED | FS_NODE_CUT)) continue;
        for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
            if (order->rrset_type[i] == FS_TYPE_DS) return bad_content(arena, order, node, "found DS RRset without NS RRset\n", error);
            if (order->rrset_type[i] == FS_TYPE_DNSKEY && !(flags & FS_NODE_APEX))
                return bad_content(arena, order, node, "Non-apex DNSKEY RRset\n", error);
        }
    }
    return FS_OK;
}
