/* The rules by which old signatures stay. */
#include "retain_rules.h"

#include <stdlib.h>

/* RFC 1982 section 3.2: is a later than b? */
static int is_later(uint32_t a, uint32_t b) { return a != b && a - b < 0x80000000u; }

//----------- The rules ---------------------------------------------------------

/* Is the signature to be made anew, as it ends soon? Not while nobody can make it. */
static int is_due(const fs_retain_task *task, uint32_t expiration, uint32_t key) {
    return !task->use[key].offline && is_later(task->now + task->cycle, expiration);
}

/* BIND keeps a signature that is not yet valid. It can't be verified, and no validator would take it. */
uint8_t fs_object_to_times(const fs_retain_task *task, uint32_t inception, uint32_t expiration) {
    if (is_later(inception, expiration)) return FS_VERDICT_PERIOD;
    return is_later(inception, task->now) ? FS_VERDICT_FUTURE : FS_VERDICT_NONE;
}

/* What speaks against it in view of its key and its RRset, before it is verified. */
static uint8_t object_to_key(const fs_retain_task *task, const fs_old_signature *old, uint32_t key) {
    const uint32_t expiration = old->head.expiration;
    return is_due(task, expiration, key) || is_later(task->now, expiration) ? FS_VERDICT_REFRESH : old->objection;
}

int fs_may_have_made(const fs_verify_key *key, const fs_rrsig_head *head, uint16_t type, uint32_t signature_length) {
    if (!key->usable || key->algorithm != head->algorithm || key->tag != head->tag) return 0;
    return signature_length == key->signature_size && fs_verify_key_may_sign(key, type);
}

/* The signer has nothing to make here. */
static void release(const fs_retain_task *task, const fs_target *over, uint32_t signer) {
    uint64_t *word = over->kind == FS_TARGET_RRSET ? &task->rrset[over->index] : &task->entry[over->index];
    if (signer != FS_NONE) *word |= 1ULL << signer;
}

/* The signer has made a signature here before: it makes another, unless that one stays, even where signing is not its part. */
static void renew(fs_keeper *with, const fs_target *over, const fs_retain_key *use) {
    const fs_retain_task *task = with->task;
    uint64_t *word = over->kind == FS_TARGET_RRSET ? &task->rrset_anew[over->index] : &task->entry_anew[over->index];
    if (use->late) *word |= 1ULL << use->signer;
    if (fs_roles_cover(use->roles, over->type)) return;
    *word |= 1ULL << use->signer;
    with->counts->anew++;
}

void fs_note_verdict(const fs_retain_task *task, uint32_t row, uint8_t verdict) {
    if (task->verdict == NULL || row == FS_NONE) return;
    if (task->verdict[row] != FS_VERDICT_KEPT && task->verdict[row] != FS_VERDICT_KEPT_OFFLINE) task->verdict[row] = verdict;
}

static int keep_in_arena(const fs_retain_task *task, const fs_candidate *one) {
    fs_note_verdict(task, one->row, task->use[one->key].offline ? FS_VERDICT_KEPT_OFFLINE : FS_VERDICT_KEPT);
    if (one->over.kind == FS_TARGET_NSEC3) task->entry_node[one->over.index] = one->over.node;
    if (task->type[one->row] != 0) return 0;
    task->type[one->row] = FS_TYPE_RRSIG;
    return 1;
}

static int keep_in_image(const fs_retain_task *task, const fs_candidate *one) {
    uint32_t *references = one->over.kind == FS_TARGET_RRSET ? task->rrset_image : task->entry_image;
    references[one->over.index] = one->reference;
    if (one->image->flags & FS_IMAGE_KEPT) return 0;
    one->image->flags |= FS_IMAGE_KEPT;
    return 1;
}

/* It is good: it stays. Neither its signer nor, in a gradual roll, the signer's successor has anything to make here. */
static void keep(fs_keeper *with, const fs_candidate *one) {
    const fs_retain_task *task = with->task;
    release(task, &one->over, task->use[one->key].signer);
    if (!fs_is_keyset(one->over.type)) release(task, &one->over, task->use[one->key].successor);
    const uint32_t kept = (uint32_t)(one->image != NULL ? keep_in_image(task, one) : keep_in_arena(task, one));
    with->counts->retained += kept;
    with->counts->dropped -= kept;
}

//----------- Batches -----------------------------------------------------------

static fs_status check_batch(fs_keeper *with, uint32_t key, fs_error *error) {
    fs_verify_batch *batch = &with->batch[key];
    const fs_verify_key *by = &with->task->keys[key];
    uint8_t good[FS_VERIFY_BATCH];
    if (batch->count == 0) return FS_OK;
    const fs_status status = by->verify_many(by, batch, good, error);
    if (status != FS_OK) return status;
    for (uint32_t i = 0; i < batch->count; i++) {
        const fs_candidate *one = &with->waiting[(uint64_t)key * FS_VERIFY_BATCH + batch->slot[i]];
        if (good[i]) keep(with, one);
        else fs_note_verdict(with->task, one->row, FS_VERDICT_FAILED);
        with->counts->verified += good[i] != 0;
        with->counts->unverified += good[i] == 0;
    }
    batch->count = 0;
    return FS_OK;
}

static fs_status wait_for_check(fs_keeper *with, const fs_candidate *one, const uint8_t *signature, fs_error *error) {
    fs_verify_batch *batch = &with->batch[one->key];
    fs_status status = fs_verify_batch_full(batch) ? check_batch(with, one->key, error) : FS_OK;
    if (status != FS_OK) return status;
    with->waiting[(uint64_t)one->key * FS_VERIFY_BATCH + batch->count] = *one;
    return fs_verify_batch_add(batch, &with->task->keys[one->key], with->message.octets, with->message.length, signature,
                               batch->count, error);
}

fs_status fs_keeper_judge(fs_keeper *with, const fs_old_signature *old, const fs_target *over, uint32_t key, fs_error *error) {
    const fs_retain_task *task = with->task;
    const fs_retain_key *use = &task->use[key];
    if (use->refused) {
        fs_note_verdict(task, old->row, use->refused);
        return FS_OK;
    }
    if (use->signer != FS_NONE) {
        renew(with, over, use);
        /* A gradual roll: where the predecessor still signs, be it anew, its successor does not begin yet. */
        if (!fs_is_keyset(over->type)) release(task, over, use->successor);
    }
    const uint8_t objection = object_to_key(task, old, key);
    fs_note_verdict(task, old->row, objection);
    if (objection) return FS_OK;
    const fs_candidate one = {*over, old->row, key, old->reference, old->image};
    if (old->image == NULL || !task->image_is_verified) return wait_for_check(with, &one, old->signature, error);
    keep(with, &one);
    return FS_OK;
}

fs_status fs_keeper_open(fs_keeper *with, const fs_retain_task *task, fs_retain_counts *counts, fs_error *error) {
    const uint32_t keys = task->key_count;
    *with = (fs_keeper){
        .task = task, .counts = counts,
        .message = {.arena = task->arena, .order = task->order, .chain = task->chain, .apex = task->apex,
                    .apex_length = fs_name_length(task->apex)},
    };
    with->batch = calloc(keys + 1ULL, sizeof *with->batch);
    with->waiting = malloc((keys * (uint64_t)FS_VERIFY_BATCH + 1) * sizeof *with->waiting);
    if (with->batch == NULL || with->waiting == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for kept signatures");
    fs_status status = FS_OK;
    for (uint32_t i = 0; i < keys && status == FS_OK; i++)
        if (task->keys[i].usable) status = fs_verify_batch_open(&with->batch[i], &task->keys[i], error);
    return status;
}

fs_status fs_keeper_close(fs_keeper *with, fs_status status, fs_error *error) {
    for (uint32_t key = 0; key < with->task->key_count && status == FS_OK; key++) status = check_batch(with, key, error);
    if (with->batch != NULL)
        for (uint32_t i = 0; i < with->task->key_count; i++) fs_verify_batch_close(&with->batch[i]);
    free(with->batch);
    free(with->waiting);
    free(with->message.octets);
    return status;
}
