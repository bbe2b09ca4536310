/* The rows of the next image. */
#include <stdlib.h>

#include "image.h"
#include "walk.h"

typedef struct {
    const fs_image_input *input;
    fs_message message;
    fs_column *out;
    fs_image_counts *counts;
    const uint8_t *row[FS_SIGNERS_MAX]; /* signatures that are yet to come */
    fs_image_row next;                  /* the row in the making: the digests of its RRset, once there is one */
    int is_digested;
} recorder;

static void count_end(recorder *with, uint32_t expiration) {
    const uint32_t left = expiration - with->input->now;
    if (left < with->counts->soonest) with->counts->soonest = left;
}

static fs_status add_row(recorder *with, const uint8_t *signature, fs_error *error) {
    const uint64_t size = fs_image_row_size(with->next.length);
    const fs_status status = fs_column_reserve(with->out, size, error);
    if (status != FS_OK) return status;
    uint8_t *at = with->out->data + with->out->used;
    memset(at + size - 8, 0, 8);
    memcpy(at, &with->next, sizeof with->next);
    memcpy(at + sizeof with->next, signature, with->next.length);
    with->out->used += size;
    with->counts->rows++;
    with->next.flags = 0;
    return FS_OK;
}

/* Signatures of the old image that stay: their digests are the RRset's. */
static fs_status add_kept(recorder *with, const fs_target *target, fs_error *error) {
    const fs_retained *retained = with->input->retained;
    const uint32_t reference = fs_image_reference(retained, target->kind == FS_TARGET_RRSET, target->index);
    if (reference == 0) return FS_OK;
    fs_status status = FS_OK;
    const uint8_t *rows = retained->image_rows;
    for (const fs_image_row *row = fs_image_at(retained->image_rows, reference); row != NULL && status == FS_OK;
         row = fs_image_next(row, rows, retained->image_size)) {
        if (!(row->flags & FS_IMAGE_KEPT)) continue;
        const uint8_t flags = with->next.flags;
        with->next = *row;
        with->next.flags = flags;
        with->next.key = with->input->key_of_old[row->key];
        with->is_digested = 1;
        count_end(with, row->expiration);
        status = add_row(with, fs_image_signature(row), error);
    }
    return status;
}

static fs_status digest_once(recorder *with, const fs_target *target, fs_error *error) {
    if (with->is_digested) return FS_OK;
    with->is_digested = 1;
    fs_image_place(target, with->next.place);
    return fs_image_content(&with->message, target, with->next.content, error);
}

static fs_status add_new(recorder *with, uint32_t number, const fs_target *target, fs_error *error) {
    const fs_image_input *input = with->input;
    const fs_signer *signer = &input->signers[number];
    const uint8_t *signature = with->row[number], *end = input->rows[number] + input->row_sizes[number];
    const fs_rrsig_head head = fs_head_of(signer, target->owner, target->type);
    if (end - signature < signer->signature_length)
        return fs_fail(error, FS_ERROR_RANGE, "the row of signatures of key %u has too few signatures", signer->tag);
    with->row[number] += signer->signature_length;
    count_end(with, head.expiration);
    if (!fs_image_has(target, input->order)) return FS_OK;
    const fs_status status = digest_once(with, target, error);
    if (status != FS_OK) return status;
    with->next.inception = head.inception;
    with->next.expiration = head.expiration;
    with->next.key = input->key_of_signer[number];
    with->next.length = signer->signature_length;
    with->next.tag = head.tag;
    with->next.algorithm = head.algorithm;
    return add_row(with, signature, error);
}

/* Signatures of the input are in the next input, and not here; but the first to end may be among them. */
static void count_node(recorder *with, const fs_target *target) {
    const fs_arena *arena = with->input->arena;
    const fs_order *order = with->input->order;
    const uint32_t *entry_node = with->input->retained->entry_node;
    const uint32_t node = target->kind != FS_TARGET_NSEC3 ? target->node : entry_node != NULL ? entry_node[target->index] : FS_NONE;
    if (node == FS_NONE) return;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        if (order->rrset_type[i] != FS_TYPE_RRSIG) continue;
        for (uint32_t j = order->rrset_first[i]; j < order->rrset_first[i + 1]; j++)
            if (fs_is_kept_over(arena, order->record[j], target->type))
                count_end(with, fs_load_be32(arena->rdata + arena->rdata_offset[order->record[j]] + 8));
    }
}

static fs_status record_target(void *context, const fs_target *target, fs_error *error) {
    recorder *with = context;
    const fs_image_input *input = with->input;
    const fs_duty duty = fs_target_duty(input->retained, target);
    with->is_digested = 0;
    with->next.flags = FS_IMAGE_FIRST;
    count_node(with, target);
    fs_status status = add_kept(with, target, error);
    for (uint32_t i = 0; i < input->signer_count && status == FS_OK; i++)
        if (fs_has_to_sign(&input->signers[i], i, target->type, duty)) status = add_new(with, i, target, error);
    return status;
}

fs_status fs_image_write(const fs_image_input *input, int is_chain, uint32_t first, uint32_t last, fs_column *out, fs_image_counts *counts,
                         fs_error *error) {
    recorder with = {
        .input = input, .out = out, .counts = counts,
        .message = {.arena = input->arena, .order = input->order, .chain = input->chain, .apex = input->apex,
                    .apex_length = fs_name_length(input->apex)},
    };
    for (uint32_t i = 0; i < input->signer_count; i++) with.row[i] = input->rows[i];
    out->used = 0;
    *counts = (fs_image_counts){.soonest = UINT32_MAX};
    const fs_status status = fs_walk_signed(&with.message, is_chain, first, last, record_target, &with, error);
    free(with.message.octets);
    return status;
}
