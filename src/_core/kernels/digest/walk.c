/* The walk over what is signed. */
#include "walk.h"

#include "chain.h"

typedef struct {
    const fs_message *zone;
    fs_visit *visit;
    void *context;
    fs_error *error;
} walker;

static fs_status visit_at(const walker *with, uint32_t node, fs_target_kind kind, uint32_t index, uint16_t type) {
    const fs_order *order = with->zone->order;
    const uint32_t name = order->node_name[node];
    if (!fs_is_signed(order->node_flags[node], type)) return FS_OK;
    const fs_target target = {kind, node, index, type, fs_name(with->zone->arena, name), fs_name_size(with->zone->arena, name)};
    return with->visit(with->context, &target, with->error);
}

/* The RRsets of one node, its NSEC among them in the order of types; *entry moves on when the node has one. */
static fs_status walk_node(const walker *with, uint32_t node, uint32_t *entry) {
    const fs_order *order = with->zone->order;
    int nsec_left = fs_chain_has_nsec(with->zone->chain, *entry, node);
    fs_status status = FS_OK;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1] && status == FS_OK; i++) {
        if (nsec_left && order->rrset_type[i] > FS_TYPE_NSEC) {
            status = visit_at(with, node, FS_TARGET_NSEC, (*entry)++, FS_TYPE_NSEC);
            nsec_left = 0;
        }
        if (status == FS_OK) status = visit_at(with, node, FS_TARGET_RRSET, i, order->rrset_type[i]);
    }
    return nsec_left && status == FS_OK ? visit_at(with, node, FS_TARGET_NSEC, (*entry)++, FS_TYPE_NSEC) : status;
}

static fs_status walk_entry(const walker *with, uint32_t entry) {
    uint8_t owner[FS_NAME_MAX + 33];
    const fs_message *zone = with->zone;
    const uint32_t length = fs_nsec3_owner(zone->chain, entry, zone->apex, zone->apex_length, owner);
    const fs_target target = {FS_TARGET_NSEC3, FS_NONE, entry, FS_TYPE_NSEC3, owner, length};
    return with->visit(with->context, &target, with->error);
}

fs_status fs_walk_signed(const fs_message *zone, int is_chain, uint32_t first, uint32_t last, fs_visit *visit, void *context,
                         fs_error *error) {
    const walker with = {zone, visit, context, error};
    fs_status status = FS_OK;
    if (is_chain) {
        for (uint32_t entry = first; entry < last && status == FS_OK; entry++) status = walk_entry(&with, entry);
        return status;
    }
    uint32_t entry = fs_chain_find(zone->chain, first);
    for (uint32_t node = first; node < last && status == FS_OK; node++) status = walk_node(&with, node, &entry);
    return status;
}
