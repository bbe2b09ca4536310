/* Which signatures of the input stay. */
#include "retain.h"

#include <stdlib.h>

#include "chain.h"
#include "names.h"

/* What an RRSIG covers: an RRset of its node, the node's NSEC, or an NSEC3 entry. */
typedef enum { COVERS_NOTHING, COVERS_RRSET, COVERS_NSEC, COVERS_NSEC3 } covered;

typedef struct {
    covered kind;
    uint32_t node;
    uint32_t index; /* of the RRset, or of the chain's entry */
    uint16_t type;
} target;

/* A signature that waits for its check. */
typedef struct {
    target over;
    uint32_t row, key;
} candidate;

typedef struct {
    const fs_retain_task *task;
    fs_message message;
    fs_verify_batch *batch;  /* [key_count] */
    candidate *waiting;      /* [key_count][FS_VERIFY_BATCH] */
    fs_retain_counts *counts;
} keeper;

/* RFC 1982 section 3.2: is a later than b? */
static int is_later(uint32_t a, uint32_t b) { return a != b && a - b < 0x80000000u; }

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

static target find_covered(const fs_retain_task *task, uint32_t node, uint16_t type, uint32_t nsec3_entry) {
    const fs_order *order = task->order;
    if (type == FS_TYPE_NSEC3)
        return nsec3_entry == FS_NONE ? (target){0} : (target){COVERS_NSEC3, node, nsec3_entry, type};
    if (!fs_is_signed(order->node_flags[node], type)) return (target){0};
    if (type == FS_TYPE_NSEC) {
        const uint32_t entry = fs_chain_find(task->chain, node);
        return fs_chain_has_nsec(task->chain, entry, node) ? (target){COVERS_NSEC, node, entry, type} : (target){0};
    }
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++)
        if (order->rrset_type[i] == type) return (target){COVERS_RRSET, node, i, type};
    return (target){0};
}

//----------- The rules ---------------------------------------------------------

static uint32_t covered_ttl(const fs_retain_task *task, const target *over) {
    return over->kind == COVERS_RRSET ? task->order->rrset_ttl[over->index] : task->chain->ttl;
}

/* Is the signature to be made anew, as it ends soon? Not while nobody can make it. */
static int is_due(const fs_retain_task *task, const uint8_t *rdata, uint32_t key) {
    return !task->use[key].offline && is_later(task->now + task->cycle, fs_load_be32(rdata + 8));
}

/* What speaks against a signature whoever made it. BIND keeps one that is not yet valid, or of a key that nobody knows or that
 * is not the zone's; none of these can be verified and no validator would take it. */
static uint8_t object_to(const fs_retain_task *task, const uint8_t *rdata, uint32_t length) {
    const uint32_t apex_length = fs_name_length(task->apex);
    const uint32_t expiration = fs_load_be32(rdata + 8), inception = fs_load_be32(rdata + 12);
    if (is_later(inception, expiration)) return FS_VERDICT_PERIOD;
    if (length <= FS_RRSIG_HEAD + apex_length) return FS_VERDICT_UNKNOWN;
    if (!fs_same_folded(rdata + FS_RRSIG_HEAD, task->apex, apex_length)) return FS_VERDICT_UNKNOWN;
    return is_later(inception, task->now) ? FS_VERDICT_FUTURE : FS_VERDICT_NONE;
}

/* What speaks against it in view of its key and its RRset, before it is verified. */
static uint8_t object_to_key(const fs_retain_task *task, const uint8_t *rdata, const target *over, uint32_t key) {
    if (is_due(task, rdata, key) || is_later(task->now, fs_load_be32(rdata + 8))) return FS_VERDICT_REFRESH;
    return fs_load_be32(rdata + 4) == covered_ttl(task, over) ? FS_VERDICT_NONE : FS_VERDICT_TTL;
}

static fs_status build_message(keeper *with, const uint8_t *rdata, const target *over, fs_error *error) {
    const fs_rrsig_head head = {rdata[2], fs_load_be16(rdata + 16), fs_load_be32(rdata + 12), fs_load_be32(rdata + 8)};
    if (over->kind == COVERS_RRSET) return fs_message_rrset(&with->message, &head, over->node, over->index, error);
    if (over->kind == COVERS_NSEC) return fs_message_nsec(&with->message, &head, over->node, over->index, error);
    uint8_t owner[FS_NAME_MAX + 33];
    const uint32_t owner_length =
        fs_nsec3_owner(with->message.chain, over->index, with->message.apex, with->message.apex_length, owner);
    return fs_message_nsec3(&with->message, &head, owner, owner_length, over->index, error);
}

/* The signer has nothing to make here. */
static void release(const fs_retain_task *task, const target *over, uint32_t signer) {
    uint64_t *word = over->kind == COVERS_RRSET ? &task->rrset[over->index] : &task->entry[over->index];
    if (signer != FS_NONE) *word |= 1ULL << signer;
}

/* The signer has made a signature here before: it makes another, unless that one stays, even where signing is not its part. */
static void renew(keeper *with, const target *over, const fs_retain_key *use) {
    const fs_retain_task *task = with->task;
    uint64_t *word = over->kind == COVERS_RRSET ? &task->rrset_anew[over->index] : &task->entry_anew[over->index];
    if (fs_roles_cover(use->roles, over->type)) return;
    *word |= 1ULL << use->signer;
    with->counts->anew++;
}

static void note(const fs_retain_task *task, uint32_t row, uint8_t verdict) {
    if (task->verdict == NULL || task->verdict[row] == FS_VERDICT_KEPT || task->verdict[row] == FS_VERDICT_KEPT_OFFLINE) return;
    task->verdict[row] = verdict;
}

/* It verified: it stays. Neither its signer nor, in a gradual roll, the signer's successor has anything to make here. */
static void keep(keeper *with, const candidate *one) {
    const fs_retain_task *task = with->task;
    release(task, &one->over, task->use[one->key].signer);
    if (!fs_is_keyset(one->over.type)) release(task, &one->over, task->use[one->key].successor);
    note(task, one->row, task->use[one->key].offline ? FS_VERDICT_KEPT_OFFLINE : FS_VERDICT_KEPT);
    if (one->over.kind == COVERS_NSEC3) task->entry_node[one->over.index] = one->over.node;
    if (task->type[one->row] == 0) {
        task->type[one->row] = FS_TYPE_RRSIG;
        with->counts->retained++;
        with->counts->dropped--;
    }
}

//----------- Batches -----------------------------------------------------------

static fs_status check_batch(keeper *with, uint32_t key, fs_error *error) {
    fs_verify_batch *batch = &with->batch[key];
    const fs_verify_key *by = &with->task->keys[key];
    uint8_t good[FS_VERIFY_BATCH];
    if (batch->count == 0) return FS_OK;
    const fs_status status = by->verify_many(by, batch, good, error);
    if (status != FS_OK) return status;
    for (uint32_t i = 0; i < batch->count; i++) {
        const candidate *one = &with->waiting[(uint64_t)key * FS_VERIFY_BATCH + batch->slot[i]];
        if (good[i]) keep(with, one);
        else note(with->task, one->row, FS_VERDICT_FAILED);
        with->counts->verified += good[i] != 0;
        with->counts->unverified += good[i] == 0;
    }
    batch->count = 0;
    return FS_OK;
}

static fs_status wait_for_check(keeper *with, const candidate *one, const uint8_t *signature, fs_error *error) {
    fs_verify_batch *batch = &with->batch[one->key];
    fs_status status = fs_verify_batch_full(batch) ? check_batch(with, one->key, error) : FS_OK;
    if (status != FS_OK) return status;
    with->waiting[(uint64_t)one->key * FS_VERIFY_BATCH + batch->count] = *one;
    return fs_verify_batch_add(batch, &with->task->keys[one->key], with->message.octets, with->message.length, signature,
                               batch->count, error);
}

/* Is this perhaps the key that made the signature? Each key with its algorithm and tag is tried: a tag does not name a key. */
static int may_have_made(const fs_verify_key *key, const uint8_t *rdata, uint32_t signature_length) {
    if (!key->usable || key->algorithm != rdata[2] || key->tag != fs_load_be16(rdata + 16)) return 0;
    return signature_length == key->signature_size && fs_verify_key_may_sign(key, fs_load_be16(rdata));
}

/* One RRSIG and one key that may have made it (signset's rules 4 to 7). */
static fs_status judge_by(keeper *with, uint32_t row, const target *over, uint32_t key, fs_error *error) {
    const fs_retain_task *task = with->task;
    const fs_retain_key *use = &task->use[key];
    const uint8_t *rdata = task->arena->rdata + task->arena->rdata_offset[row];
    if (use->refused) {
        note(task, row, use->refused);
        return FS_OK;
    }
    if (use->signer != FS_NONE) {
        renew(with, over, use);
        /* A gradual roll: where the predecessor still signs, be it anew, its successor does not begin yet. */
        if (!fs_is_keyset(over->type)) release(task, over, use->successor);
    }
    const uint8_t objection = object_to_key(task, rdata, over, key);
    note(task, row, objection);
    if (objection) return FS_OK;
    const candidate one = {*over, row, key};
    return wait_for_check(with, &one, rdata + FS_RRSIG_HEAD + fs_name_length(task->apex), error);
}

static fs_status judge(keeper *with, uint32_t row, uint32_t node, uint32_t nsec3_entry, fs_error *error) {
    const fs_retain_task *task = with->task;
    const uint8_t *rdata = task->arena->rdata + task->arena->rdata_offset[row];
    const uint32_t length = task->arena->rdata_length[row], head = FS_RRSIG_HEAD + fs_name_length(task->apex);
    task->type[row] = 0; /* until it is known to be good */
    const target over = length < FS_RRSIG_HEAD ? (target){0} : find_covered(task, node, fs_load_be16(rdata), nsec3_entry);
    if (over.kind == COVERS_NOTHING) return FS_OK; /* what it was made for has gone: BIND doesn't count it */
    with->counts->dropped++;
    const uint8_t objection = object_to(task, rdata, length);
    note(task, row, objection ? objection : FS_VERDICT_UNKNOWN);
    if (objection) return FS_OK;
    fs_status status = build_message(with, rdata, &over, error);
    for (uint32_t i = 0; i < task->key_count && status == FS_OK; i++)
        if (may_have_made(&task->keys[i], rdata, length - head)) status = judge_by(with, row, &over, i, error);
    return status;
}

static fs_status judge_node(keeper *with, uint32_t node, fs_error *error) {
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

static fs_status open_batches(keeper *with, fs_error *error) {
    const uint32_t keys = with->task->key_count;
    with->batch = calloc(keys + 1ULL, sizeof *with->batch);
    with->waiting = malloc((keys * (uint64_t)FS_VERIFY_BATCH + 1) * sizeof *with->waiting);
    if (with->batch == NULL || with->waiting == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for kept signatures");
    fs_status status = FS_OK;
    for (uint32_t i = 0; i < keys && status == FS_OK; i++)
        if (with->task->keys[i].usable) status = fs_verify_batch_open(&with->batch[i], &with->task->keys[i], error);
    return status;
}

static void close_batches(keeper *with) {
    if (with->batch != NULL)
        for (uint32_t i = 0; i < with->task->key_count; i++) fs_verify_batch_close(&with->batch[i]);
    free(with->batch);
    free(with->waiting);
    free(with->message.octets);
}

fs_status fs_retain_range(const fs_retain_task *task, uint32_t first, uint32_t last, fs_retain_counts *counts, fs_error *error) {
    keeper with = {
        .task = task,
        .counts = counts,
        .message = {.arena = task->arena, .order = task->order, .chain = task->chain, .apex = task->apex,
                    .apex_length = fs_name_length(task->apex)},
    };
    fs_status status = open_batches(&with, error);
    for (uint32_t node = first; node < last && status == FS_OK; node++) status = judge_node(&with, node, error);
    for (uint32_t key = 0; key < task->key_count && status == FS_OK; key++) status = check_batch(&with, key, error);
    close_batches(&with);
    return status;
}
