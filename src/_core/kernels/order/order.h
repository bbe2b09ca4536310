/* Canonical order (RFC 4034 section 6.1): owner spellings -> nodes, records -> RRsets, and what each node is. */
#ifndef FS_ORDER_H
#define FS_ORDER_H

#include "zone.h"

/* Number the nodes in canonical order.
 *
 * node_of_name[name_count] gets each spelling's node, FS_NONE for a spelling that owns no record (all of type 0);
 * node_name[<= name_count] gets each node's first spelling. Returns the number of nodes in *node_count. */
fs_status fs_order_names(const fs_arena *arena, uint32_t *node_of_name, uint32_t *node_name, uint32_t *node_count,
                         fs_error *error) FS_MUST_CHECK;

/* Columns that fs_group_records fills; all but node_rrset are as long as there are records (rrset_first: one more). */
typedef struct {
    uint32_t *node_rrset; /* [node_count + 1] */
    uint16_t *rrset_type;
    uint32_t *rrset_ttl, *rrset_owner, *rrset_first, *record;
    uint32_t rrset_count, record_count;
} fs_groups;

/* Sort the records into RRsets: node by node, SOA, NS, then by type; members in canonical order, duplicates dropped. */
fs_status fs_group_records(const fs_arena *arena, const uint32_t *node_of_name, uint32_t node_count, fs_groups *groups,
                           fs_error *error) FS_MUST_CHECK;

/* Fill node_flags[node_count] (FS_NODE_*) in one pass over the order; *apex_node is FS_NONE if the apex owns nothing. */
void fs_classify_nodes(const fs_arena *arena, const fs_order *order, const uint8_t *apex, uint8_t *node_flags,
                       uint32_t *apex_node);

#endif
