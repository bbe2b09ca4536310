/* What each node is, whether the order holds every record, and where the NSEC3 records are. */
#include "verify.h"

#include <stdlib.h>

uint32_t fs_verify_find(const fs_order *order, uint32_t node, uint16_t type) {
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++)
        if (order->rrset_type[i] == type) return i;
    return FS_NONE;
}

//----------- Spans -----------

static int ascends(const uint32_t *first, uint32_t count, uint64_t end) {
    for (uint32_t i = 0; i < count; i++)
        if (first[i] > first[i + 1]) return 0;
    return first[0] == 0 && first[count] == end;
}

fs_status fs_verify_check_spans(const fs_arena *arena, const fs_order *order, uint64_t members, fs_error *error) {
    int good = ascends(order->node_rrset, order->node_count, order->rrset_count) &&
               ascends(order->rrset_first, order->rrset_count, members);
    for (uint32_t i = 0; i < order->node_count && good; i++) good = order->node_name[i] < arena->name_count;
    for (uint64_t k = 0; k < members && good; k++) good = order->record[k] < arena->record_count;
    return good ? FS_OK : fs_fail(error, FS_ERROR_RANGE, "an index of the zone's order points outside its columns");
}

//----------- Nodes -----------

/* Does the node own anything besides NSEC3 records and their signatures? */
static int owns_more(const fs_arena *arena, const fs_order *order, uint32_t node) {
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        if (order->rrset_type[i] == FS_TYPE_NSEC3) continue;
        if (order->rrset_type[i] != FS_TYPE_RRSIG) return 1;
        for (uint32_t k = order->rrset_first[i]; k < order->rrset_first[i + 1]; k++) {
            const uint32_t record = order->record[k];
            if (arena->rdata_length[record] < 2 ||
                fs_load_be16(arena->rdata + arena->rdata_offset[record]) != FS_TYPE_NSEC3)
                return 1;
        }
    }
    return 0;
}

typedef struct {
    const uint8_t *name; /* of the closest cut or DNAME; NULL: none */
    uint32_t length;
} fence;

static uint8_t classify(const fs_verify_task *task, uint32_t node, fence *closest) {
    const fs_arena *arena = &task->arena;
    const uint32_t id = task->order.node_name[node];
    const uint8_t *name = fs_name(arena, id);
    const uint32_t length = fs_name_size(arena, id);
    if (!fs_verify_below(name, length, task->apex, task->apex_length)) return FS_VERIFY_OUTSIDE;

    if (!owns_more(arena, &task->order, node)) return FS_VERIFY_HASHED;
    const uint8_t hashed = fs_verify_find(&task->order, node, FS_TYPE_NSEC3) != FS_NONE ? FS_VERIFY_HASHED : 0;
    if (closest->name != NULL && fs_verify_below(name, length, closest->name, closest->length))
        return hashed | FS_VERIFY_OCCLUDED;

    uint8_t kind = hashed | FS_VERIFY_NAME;
    const int is_apex = length == task->apex_length;
    if (!is_apex && fs_verify_find(&task->order, node, FS_TYPE_NS) != FS_NONE) {
        kind |= FS_VERIFY_CUT;
        if (fs_verify_find(&task->order, node, FS_TYPE_DS) != FS_NONE) kind |= FS_VERIFY_SECURE;
    }
    if ((kind & FS_VERIFY_CUT) || fs_verify_find(&task->order, node, FS_TYPE_DNAME) != FS_NONE)
        closest->name = name, closest->length = length; /* RFC 6672 section 2.4: nothing lives below a DNAME */
    return kind;
}

static uint32_t count_nsec3(const fs_order *order, uint32_t node) {
    const uint32_t rrset = fs_verify_find(order, node, FS_TYPE_NSEC3);
    return rrset == FS_NONE ? 0 : order->rrset_first[rrset + 1] - order->rrset_first[rrset];
}

//----------- Does the order hold every record? -----------

static int same_record(const fs_arena *arena, uint32_t a, uint32_t b, uint8_t *work) {
    const uint32_t length = arena->rdata_length[a];
    if (arena->type[a] != arena->type[b] || length != arena->rdata_length[b]) return 0;
    fs_verify_canonical(arena->type[a], arena->rdata + arena->rdata_offset[a], length, work);
    fs_verify_canonical(arena->type[b], arena->rdata + arena->rdata_offset[b], length, work + length);
    return memcmp(work, work + length, length) == 0;
}

/* The node of a name, by bisection. */
static uint32_t find_node(const fs_verify_task *task, const uint8_t *name) {
    uint32_t low = 0, high = task->order.node_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int difference = fs_verify_compare(fs_name(&task->arena, task->order.node_name[middle]), name);
        if (difference == 0) return middle;
        if (difference < 0) low = middle + 1;
        else high = middle;
    }
    return FS_NONE;
}

/* A record that the order leaves out must be the double of one that it holds. */
static FS_COLD int is_double(const fs_verify_task *task, uint32_t record, uint8_t *work) {
    const fs_order *order = &task->order;
    const uint32_t node = find_node(task, fs_name(&task->arena, task->arena.owner[record]));
    if (node == FS_NONE) return 0;
    const uint32_t rrset = fs_verify_find(order, node, task->arena.type[record]);
    if (rrset == FS_NONE) return 0;
    for (uint32_t k = order->rrset_first[rrset]; k < order->rrset_first[rrset + 1]; k++)
        if (same_record(&task->arena, record, order->record[k], work)) return 1;
    return 0;
}

static fs_status audit_left_out(const fs_verify_task *task, const uint8_t *seen, fs_findings *findings, fs_error *error) {
    uint8_t *work = malloc(2u << 16);
    fs_status status = work ? FS_OK : fs_fail(error, FS_ERROR_MEMORY, "out of memory for the audit of the order");
    for (uint32_t i = 0; status == FS_OK && i < task->arena.record_count; i++) {
        if ((seen[i / 8] >> (i % 8) & 1) || task->arena.type[i] == 0 || is_double(task, i, work)) continue;
        const uint32_t node = find_node(task, fs_name(&task->arena, task->arena.owner[i]));
        status = fs_findings_note(findings, FS_FINDING_ORDER, node, task->arena.type[i], error);
    }
    free(work);
    return status;
}

static fs_status audit_records(const fs_verify_task *task, fs_findings *findings, fs_error *error) {
    const fs_order *order = &task->order;
    const uint32_t members = order->rrset_first[order->rrset_count];
    uint8_t *seen = calloc(task->arena.record_count / 8 + 1, 1);
    if (seen == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for the audit of the order");
    fs_status status = FS_OK;
    uint32_t held = 0;
    for (uint32_t k = 0; k < members && status == FS_OK; k++) {
        const uint32_t record = order->record[k];
        const uint8_t bit = (uint8_t)(1u << (record % 8));
        if (seen[record / 8] & bit) status = fs_findings_note(findings, FS_FINDING_ORDER, FS_NONE, 0, error);
        else held++;
        seen[record / 8] |= bit;
    }
    if (status == FS_OK && held < task->arena.record_count) status = audit_left_out(task, seen, findings, error);
    free(seen);
    return status;
}

fs_status fs_verify_survey(fs_verify_task *task, uint8_t *kind, uint32_t *apex_node, uint32_t *nsec3_records,
                           fs_findings *findings, fs_error *error) {
    fence closest = {NULL, 0};
    *apex_node = FS_NONE;
    *nsec3_records = 0;
    for (uint32_t node = 0; node < task->order.node_count; node++) {
        kind[node] = classify(task, node, &closest);
        if (kind[node] & FS_VERIFY_HASHED) *nsec3_records += count_nsec3(&task->order, node);
        const uint32_t id = task->order.node_name[node];
        if (fs_name_size(&task->arena, id) == task->apex_length && !(kind[node] & FS_VERIFY_OUTSIDE)) *apex_node = node;
    }
    task->kind = kind;
    task->apex_node = *apex_node;
    return audit_records(task, findings, error);
}

void fs_verify_count_signatures(const fs_arena *arena, const fs_verify_key *keys, uint32_t key_count, uint64_t *expected) {
    memset(expected, 0, key_count * sizeof *expected);
    for (uint32_t i = 0; i < arena->record_count; i++) {
        if (arena->type[i] != FS_TYPE_RRSIG || arena->rdata_length[i] < 18) continue;
        const uint8_t *rdata = arena->rdata + arena->rdata_offset[i];
        for (uint32_t k = 0; k < key_count; k++)
            expected[k] += rdata[2] == keys[k].algorithm && fs_load_be16(rdata + 16) == keys[k].tag;
    }
}

uint32_t fs_verify_next_name(const fs_verify_task *task, uint32_t node) {
    while (++node < task->order.node_count)
        if (task->kind[node] & FS_VERIFY_NAME) return node;
    return task->apex_node;
}
