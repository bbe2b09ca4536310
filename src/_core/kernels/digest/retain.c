/* Which RRSIG records of the input stay. */
#include "retain_rules.h"

#include "chain.h"
#include "names.h"

//----------- What a signature covers -------------------------------------------

/* The NSEC3 entry whose owner this node is; FS_NONE for any other node. */
static uint32_t find_entry(const fs_retain_task *task, const uint8_t *name, uint32_t length) {
    const fs_chain *chain = task->chain;
    const uint32_t apex_length = fs_name_length(task->apex);
    if (chain->kind != FS_CHAIN_NSEC3 || name[0] != FS_HASH_LABEL || length != 1u + FS_HASH_LABEL + apex_length) return FS_NONE;
    if (!fs_same_folded(name + 1 + FS_HASH_LABEL, task->apex, apex_length)) return FS_NONE;
    uint32_t low = 0, high = chain->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        uint8_t label[FS_HASH_LABEL];
        fs_hash_label(chain->hash + (uint64_t)middle * FS_HASH, label);
        int order = 0;
        for (unsigned i = 0; i < FS_HASH_LABEL && order == 0; i++) order = (int)label[i] - (int)fs_lower[name[1 + i]];
        if (order == 0) return middle;
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return FS_NONE;
}

static fs_target find_covered(const fs_retain_task *task, uint32_t node, uint16_t type, uint32_t nsec3_entry) {
    const fs_order *order = task->order;
    const uint32_t name = order->node_name[node];
    fs_target over = {FS_TARGET_NOTHING, node, 0, type, fs_name(task->arena, name), fs_name_size(task->arena, name)};
    if (type == FS_TYPE_NSEC3) {
        over.index = nsec3_entry;
        over.kind = nsec3_entry == FS_NONE ? FS_TARGET_NOTHING : FS_TARGET_NSEC3;
        return over;
    }
    if (!fs_is_signed(order->node_flags[node], type)) return over;
    if (type == FS_TYPE_NSEC) {
        over.index = fs_chain_find(task->chain, node);
        over.kind = fs_chain_has_nsec(task->chain, over.index, node) ? FS_TARGET_NSEC : FS_TARGET_NOTHING;
        return over;
    }
    for (over.index = order->node_rrset[node]; over.index < order->node_rrset[node + 1]; over.index++) {
        if (order->rrset_type[over.index] != type) continue;
        over.kind = FS_TARGET_RRSET;
        break;
    }
    return over;
}

//----------- Judging -----------------------------------------------------------

static uint32_t covered_ttl(const fs_retain_task *task, const fs_target *over) {
    return over->kind == FS_TARGET_RRSET ? task->order->rrset_ttl[over->index] : task->chain->ttl;
}

/* What speaks against an RRSIG whoever made it. BIND keeps one of a key that nobody knows or that is not the zone's. */
static uint8_t object_to(const fs_retain_task *task, const uint8_t *rdata, uint32_t length) {
    const uint32_t apex_length = fs_name_length(task->apex);
    const uint32_t expiration = fs_load_be32(rdata + 8), inception = fs_load_be32(rdata + 12);
    const uint8_t objection = fs_object_to_times(task, inception, expiration);
    if (objection == FS_VERDICT_PERIOD) return objection;
    if (length <= FS_RRSIG_HEAD + apex_length) return FS_VERDICT_UNKNOWN;
    return fs_same_folded(rdata + FS_RRSIG_HEAD, task->apex, apex_length) ? objection : FS_VERDICT_UNKNOWN;
}

static fs_status judge(fs_keeper *with, uint32_t row, uint32_t node, uint32_t nsec3_entry, fs_error *error) {
    const fs_retain_task *task = with->task;
    const uint8_t *rdata = task->arena->rdata + task->arena->rdata_offset[row];
    const uint32_t length = task->arena->rdata_length[row], head = FS_RRSIG_HEAD + fs_name_length(task->apex);
    task->type[row] = 0; /* until it is known to be good */
    const fs_target over = length < FS_RRSIG_HEAD ? (fs_target){0} : find_covered(task, node, fs_load_be16(rdata), nsec3_entry);
    if (over.kind == FS_TARGET_NOTHING) return FS_OK; /* what it was made for has gone: BIND doesn't count it */
    with->counts->dropped++;
    const uint8_t objection = object_to(task, rdata, length);
    fs_note_verdict(task, row, objection ? objection : FS_VERDICT_UNKNOWN);
    if (objection) return FS_OK;
    const fs_old_signature old = {
        .head = {rdata[2], fs_load_be16(rdata + 16), fs_load_be32(rdata + 12), fs_load_be32(rdata + 8)},
        .signature = rdata + head, .row = row,
        .objection = fs_load_be32(rdata + 4) == covered_ttl(task, &over) ? FS_VERDICT_NONE : FS_VERDICT_TTL,
    };
    fs_status status = fs_message_build(&with->message, &old.head, &over, error);
    for (uint32_t i = 0; i < task->key_count && status == FS_OK; i++)
        if (fs_may_have_made(&task->keys[i], &old.head, over.type, length - head)) status = fs_keeper_judge(with, &old, &over, i, error);
    return status;
}

static fs_status judge_node(fs_keeper *with, uint32_t node, fs_error *error) {
    const fs_retain_task *task = with->task;
    const fs_order *order = task->order;
    if (order->node_flags[node] & FS_NODE_OUTSIDE) return FS_OK;
    fs_status status = FS_OK;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        if (order->rrset_type[i] != FS_TYPE_RRSIG) continue;
        const uint32_t name = order->node_name[node];
        const uint32_t entry = find_entry(task, fs_name(task->arena, name), fs_name_size(task->arena, name));
        for (uint32_t j = order->rrset_first[i]; j < order->rrset_first[i + 1] && status == FS_OK; j++)
            status = judge(with, order->record[j], node, entry, error);
    }
    return status;
}

fs_status fs_retain_range(const fs_retain_task *task, uint32_t first, uint32_t last, fs_retain_counts *counts, fs_error *error) {
    fs_keeper with;
    fs_status status = fs_keeper_open(&with, task, counts, error);
    for (uint32_t node = first; node < last && status == FS_OK; node++) status = judge_node(&with, node, error);
    return fs_keeper_close(&with, status, error);
}
