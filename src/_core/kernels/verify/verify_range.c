/* The walk over a range of nodes: is the order right, is all signed that must be, and nothing that must not? */
#include "verify_rrset.h"

#include <stdlib.h>

enum { FLUSH_SIGNATURES = 2 * FS_VERIFY_BATCH };

//----------- A node -----------

/* Must this RRset of this node be signed? (RFC 4035 section 2.2) */
static int is_signed(uint8_t kind, uint16_t type) {
    if (type == FS_TYPE_RRSIG) return 0;
    if (type == FS_TYPE_NSEC3) return kind & FS_VERIFY_HASHED;
    if (!(kind & FS_VERIFY_NAME)) return 0;
    return !(kind & FS_VERIFY_CUT) || type == FS_TYPE_DS || type == FS_TYPE_NSEC;
}

/* Signatures over what is not there, or is not ours to sign. */
static fs_status check_unexpected(fs_verify_work *work, uint32_t node, uint32_t rrsigs, fs_error *error) {
    const fs_verify_task *task = work->task;
    fs_status status = FS_OK;
    uint32_t last = FS_NONE;
    for (uint32_t k = task->order.rrset_first[rrsigs]; k < task->order.rrset_first[rrsigs + 1] && status == FS_OK; k++) {
        const uint16_t type = fs_verify_covered(task, k);
        if (type == last) continue;
        last = type;
        if (fs_verify_find(&task->order, node, type) != FS_NONE && is_signed(task->kind[node], type)) continue;
        if (type == FS_TYPE_NSEC && task->nsec && (task->kind[node] & FS_VERIFY_NAME)) continue; /* reported as missing */
        status = fs_findings_note(work->findings, FS_FINDING_UNEXPECTED, node, type, error);
    }
    return status;
}

static fs_status check_ttls(fs_verify_work *work, uint32_t node, uint32_t rrset, fs_error *error) {
    const fs_verify_task *task = work->task;
    const uint16_t type = task->order.rrset_type[rrset];
    if (type == FS_TYPE_RRSIG) return FS_OK; /* each follows the RRset it covers */
    for (uint32_t k = task->order.rrset_first[rrset]; k < task->order.rrset_first[rrset + 1]; k++)
        if (task->arena.ttl[task->order.record[k]] != task->order.rrset_ttl[rrset])
            return fs_findings_note(work->findings, FS_FINDING_RRSET_TTL, node, type, error);
    return FS_OK;
}

static int same_name(const fs_arena *arena, uint32_t a, uint32_t b) {
    return a == b || fs_verify_compare(fs_name(arena, a), fs_name(arena, b)) == 0;
}

static uint32_t rank(uint16_t type) { return type == FS_TYPE_SOA ? 0 : type == FS_TYPE_NS ? 1 : 2u + type; }

/* Nodes ascend, RRsets ascend inside a node, members are of their node and type. */
static int is_ordered(const fs_verify_task *task, uint32_t node) {
    const fs_arena *arena = &task->arena;
    const fs_order *order = &task->order;
    const uint32_t id = order->node_name[node];
    if (node > 0 && fs_verify_compare(fs_name(arena, order->node_name[node - 1]), fs_name(arena, id)) >= 0) return 0;
    if (order->node_rrset[node] == order->node_rrset[node + 1]) return 0;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        if (i > order->node_rrset[node] && rank(order->rrset_type[i - 1]) >= rank(order->rrset_type[i])) return 0;
        if (order->rrset_first[i] == order->rrset_first[i + 1]) return 0;
        for (uint32_t k = order->rrset_first[i]; k < order->rrset_first[i + 1]; k++) {
            const uint32_t record = order->record[k];
            if (arena->type[record] != order->rrset_type[i] || !same_name(arena, arena->owner[record], id)) return 0;
        }
    }
    return 1;
}

/* May this type stand beside a CNAME? */
static int is_beside_cname(uint16_t type) {
    return type == FS_TYPE_CNAME || type == FS_TYPE_RRSIG || type == FS_TYPE_NSEC || type == FS_TYPE_NSEC3 || type == FS_TYPE_KEY ||
           type == FS_TYPE_SIG || type == FS_TYPE_NXT;
}

/* What no server would load: a CNAME beside other data, two records where one is allowed. */
static fs_status check_content(fs_verify_work *work, uint32_t node, fs_error *error) {
    const fs_order *order = &work->task->order;
    const int alias = fs_verify_find(order, node, FS_TYPE_CNAME) != FS_NONE;
    fs_status status = FS_OK;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1] && status == FS_OK; i++) {
        const uint16_t type = order->rrset_type[i];
        const uint32_t members = order->rrset_first[i + 1] - order->rrset_first[i];
        if (alias && !is_beside_cname(type)) return fs_findings_note(work->findings, FS_FINDING_CNAME, node, type, error);
        if (members > 1 && (type == FS_TYPE_CNAME || type == FS_TYPE_DNAME || type == FS_TYPE_SOA))
            status = fs_findings_note(work->findings, FS_FINDING_SINGLETON, node, type, error);
    }
    return status;
}

static fs_status check_node(fs_verify_work *work, uint32_t node, fs_error *error) {
    const fs_verify_task *task = work->task;
    const fs_order *order = &task->order;
    const uint8_t kind = task->kind[node];
    if (!is_ordered(task, node)) return fs_findings_note(work->findings, FS_FINDING_ORDER, node, 0, error);
    if (kind & FS_VERIFY_OUTSIDE) return FS_OK;
    const uint32_t rrsigs = fs_verify_find(order, node, FS_TYPE_RRSIG);
    fs_status status = check_content(work, node, error);
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1] && status == FS_OK; i++) {
        if (!is_signed(kind, order->rrset_type[i])) continue;
        status = check_ttls(work, node, i, error);
        if (status == FS_OK) status = fs_verify_rrset(work, node, i, rrsigs, error);
    }
    if (status == FS_OK && rrsigs != FS_NONE) status = check_unexpected(work, node, rrsigs, error);
    return status;
}

static fs_status walk(fs_verify_work *work, uint32_t first, uint32_t last, fs_error *error) {
    uint32_t previous = FS_NONE;
    fs_status status = FS_OK;
    for (uint32_t node = first; node < last && status == FS_OK; node++) {
        status = check_node(work, node, error);
        if (status == FS_OK) status = fs_verify_denial(work->task, node, &previous, work->findings, error);
        if (work->task->kind[node] & FS_VERIFY_NAME) work->counts->names++;
        if (status == FS_OK && work->signature_count >= FLUSH_SIGNATURES) status = fs_verify_flush(work, error);
    }
    return status == FS_OK ? fs_verify_flush(work, error) : status;
}

fs_status fs_verify_range(const fs_verify_task *task, uint32_t first, uint32_t last, fs_verify_counts *counts,
                          fs_findings *findings, fs_error *error) {
    fs_verify_work work = {.task = task, .findings = findings, .counts = counts};
    fs_status status = fs_verify_work_open(&work, error);
    if (status == FS_OK) status = walk(&work, first, last, error);
    fs_verify_work_close(&work);
    return status;
}

//----------- Which keys sign the DNSKEY RRset -----------

fs_status fs_verify_signs_apex(const fs_verify_task *task, uint32_t key, uint16_t type, int *signs, fs_error *error) {
    fs_verify_task alone = *task;
    fs_verify_counts counts = {0, 0, 0, 0};
    fs_findings findings = {NULL, 0, 0};
    alone.keys = &task->keys[key];
    alone.key_count = 1;
    *signs = 0;
    const uint32_t rrset = fs_verify_find(&task->order, task->apex_node, type);
    const uint32_t rrsigs = fs_verify_find(&task->order, task->apex_node, FS_TYPE_RRSIG);
    if (rrset == FS_NONE || rrsigs == FS_NONE || !alone.keys->usable) return FS_OK;
    fs_verify_work work = {.task = &alone, .findings = &findings, .counts = &counts};
    fs_status status = fs_verify_work_open(&work, error);
    if (status == FS_OK) status = fs_verify_rrset(&work, task->apex_node, rrset, rrsigs, error);
    if (status == FS_OK) status = fs_verify_drain(&work, error);
    fs_verify_work_close(&work);
    free(findings.row);
    *signs = counts.signatures > 0;
    return status;
}
