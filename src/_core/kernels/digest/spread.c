/* How much of a change of keys this run makes. */
#include "spread.h"

#include "image.h"
#include "walk.h"

typedef struct {
    const fs_spread_task *task;
    fs_spread_counts *counts;
    uint64_t left; /* of the budget */
} spreader;

static int take_one(spreader *with) {
    if (with->left == 0) return 0;
    with->left--;
    return 1;
}

//----------- Signatures that come ----------------------------------------------

/* Does the RRset change anyway? Nobody else's signature stays, or the signer has made one before: it ends soon, or no longer fits. Those
 * are made at once, or what was begun with few signatures a run might never be done. */
static int must_sign(const spreader *with, uint32_t signer, fs_duty duty) {
    return !(duty.retained & ~with->task->late) || (duty.anew >> signer & 1);
}

static void put_off(spreader *with, const fs_target *target) {
    const fs_spread_task *task = with->task;
    uint64_t *word = target->kind == FS_TARGET_RRSET ? &task->rrset[target->index] : &task->entry[target->index];
    const fs_duty duty = fs_target_duty(&task->retained, target);
    for (uint32_t i = 0; i < task->signer_count; i++) {
        if (!(task->late >> i & 1) || !fs_has_to_sign(&task->signers[i], i, target->type, duty) || must_sign(with, i, duty)) continue;
        if (take_one(with)) {
            with->counts->made++;
        } else {
            *word |= 1ULL << i;
            with->counts->to_make[i]++;
        }
    }
}

//----------- Signatures that go ------------------------------------------------

/* Number of the leaving key by which a signature is; FS_NONE. */
static uint32_t find_leaving(const fs_spread_task *task, uint8_t algorithm, uint16_t tag) {
    for (uint32_t i = 0; i < task->leaving_count; i++)
        if (task->leaving[i] == ((uint32_t)algorithm << 16 | tag)) return i;
    return FS_NONE;
}

/* Is a signature to go now? */
static int goes(spreader *with, uint8_t algorithm, uint16_t tag) {
    const uint32_t key = find_leaving(with->task, algorithm, tag);
    if (key == FS_NONE) return 0;
    if (!take_one(with)) {
        with->counts->to_remove[key]++;
        return 0;
    }
    with->counts->removed++;
    return 1;
}

static void take_out_of_arena(spreader *with, const fs_target *target) {
    const fs_spread_task *task = with->task;
    const fs_order *order = task->order;
    const uint32_t node = target->kind == FS_TARGET_NSEC3 ? task->retained.entry_node[target->index] : target->node;
    if (node == FS_NONE) return;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        if (order->rrset_type[i] != FS_TYPE_RRSIG) continue;
        for (uint32_t j = order->rrset_first[i]; j < order->rrset_first[i + 1]; j++) {
            const uint32_t row = order->record[j];
            const uint8_t *rdata = task->arena->rdata + task->arena->rdata_offset[row];
            if (!fs_is_kept_over(task->arena, row, target->type)) continue;
            if (goes(with, rdata[2], fs_load_be16(rdata + 16))) task->type[row] = 0;
        }
    }
}

static void take_out_of_image(spreader *with, const fs_target *target) {
    const fs_retained *retained = &with->task->retained;
    const uint32_t reference = fs_image_reference(retained, target->kind == FS_TARGET_RRSET, target->index);
    if (reference == 0) return;
    for (fs_image_row *row = fs_image_at(retained->image_rows, reference); row != NULL;
         row = fs_image_next(row, retained->image_rows, retained->image_size))
        if ((row->flags & FS_IMAGE_KEPT) && goes(with, row->algorithm, row->tag)) row->flags &= (uint8_t)~FS_IMAGE_KEPT;
}

//----------- The walk ----------------------------------------------------------

static fs_status visit(void *context, const fs_target *target, fs_error *error) {
    spreader *with = context;
    (void)error;
    put_off(with, target);
    if (with->task->leaving_count == 0) return FS_OK;
    take_out_of_arena(with, target);
    take_out_of_image(with, target);
    return FS_OK;
}

fs_status fs_spread(const fs_spread_task *task, fs_spread_counts *counts, fs_error *error) {
    const fs_message zone = {.arena = task->arena, .order = task->order, .chain = task->chain, .apex = task->apex,
                             .apex_length = fs_name_length(task->apex)};
    spreader with = {.task = task, .counts = counts, .left = task->budget};
    *counts = (fs_spread_counts){0};
    fs_status status = fs_walk_signed(&zone, 0, 0, task->order->node_count, visit, &with, error);
    if (status == FS_OK && task->chain->kind == FS_CHAIN_NSEC3)
        status = fs_walk_signed(&zone, 1, 0, task->chain->count, visit, &with, error);
    return status;
}
