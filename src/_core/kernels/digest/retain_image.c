/* Which signatures of the last run's image stay. */
#include "retain_rules.h"
#include "walk.h"

/* Does the RRset keep signatures that came with the input? */
static int has_kept(const fs_retain_task *task, const fs_target *over) {
    const fs_order *order = task->order;
    if (over->kind == FS_TARGET_NSEC3) return task->entry_node[over->index] != FS_NONE;
    for (uint32_t i = order->node_rrset[over->node]; i < order->node_rrset[over->node + 1]; i++) {
        if (order->rrset_type[i] != FS_TYPE_RRSIG) continue;
        for (uint32_t j = order->rrset_first[i]; j < order->rrset_first[i + 1]; j++)
            if (fs_is_kept_over(task->arena, order->record[j], over->type)) return 1;
    }
    return 0;
}

/* Put the row's key and times into the message, which is the RRSIG RDATA to begin with (RFC 4034 section 3.1.8.1). */
static void complete_message(fs_message *message, const fs_rrsig_head *head) {
    message->octets[2] = head->algorithm;
    fs_store_be32(message->octets + 8, head->expiration);
    fs_store_be32(message->octets + 12, head->inception);
    fs_store_be16(message->octets + 16, head->tag);
}

static fs_status judge_row(fs_keeper *with, fs_image_row *row, uint32_t reference, int is_same, const fs_target *over, fs_error *error) {
    const fs_retain_task *task = with->task;
    const uint32_t key = task->image->keys[row->key].maker;
    const fs_old_signature old = {
        .head = {row->algorithm, row->tag, row->inception, row->expiration},
        .signature = fs_image_signature(row), .row = FS_NONE, .image = row, .reference = reference,
        .objection = is_same ? FS_VERDICT_NONE : FS_VERDICT_FAILED,
    };
    with->counts->dropped++;
    if (key == FS_NONE || fs_object_to_times(task, row->inception, row->expiration)) return FS_OK;
    if (!fs_may_have_made(&task->keys[key], &old.head, over->type, row->length)) return FS_OK;
    complete_message(&with->message, &old.head);
    return fs_keeper_judge(with, &old, over, key, error);
}

static fs_status judge_target(void *context, const fs_target *over, fs_error *error) {
    fs_keeper *with = context;
    const fs_image *image = with->task->image;
    uint8_t place[FS_IMAGE_DIGEST], content[FS_IMAGE_DIGEST];
    uint32_t reference = 0;
    if (!fs_image_has(over, with->task->order)) return FS_OK;
    fs_image_place(over, place);
    fs_image_row *row = fs_image_find(image, place, &reference);
    if (row == NULL || has_kept(with->task, over)) return FS_OK;
    fs_status status = fs_image_content(&with->message, over, content, error);
    for (; row != NULL && status == FS_OK; row = fs_image_next(row, image->rows, image->size))
        status = judge_row(with, row, reference, memcmp(row->content, content, FS_IMAGE_DIGEST) == 0, over, error);
    return status;
}

fs_status fs_retain_of_image(const fs_retain_task *task, int is_chain, uint32_t first, uint32_t last, fs_retain_counts *counts,
                             fs_error *error) {
    fs_keeper with;
    fs_status status = fs_keeper_open(&with, task, counts, error);
    if (status == FS_OK) status = fs_walk_signed(&with.message, is_chain, first, last, judge_target, &with, error);
    return fs_keeper_close(&with, status, error);
}
