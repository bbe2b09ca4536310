/* The rules by which old signatures stay, wherever they come from: the input's records, or an image. */
#ifndef FS_RETAIN_RULES_H
#define FS_RETAIN_RULES_H

#include "image.h"
#include "retain.h"

/* A signature that may stay. */
typedef struct {
    fs_rrsig_head head;
    const uint8_t *signature;
    uint32_t row;         /* record of the arena; FS_NONE: it is of the image */
    fs_image_row *image;  /* NULL: it is of the arena */
    uint32_t reference;   /* of the first row over its RRset */
    uint8_t objection;    /* FS_VERDICT_*: what speaks against it but its key and its end */
} fs_old_signature;

/* One that waits for its check. */
typedef struct {
    fs_target over;
    uint32_t row, key, reference;
    fs_image_row *image;
} fs_candidate;

typedef struct {
    const fs_retain_task *task;
    fs_message message;     /* over the target at hand */
    fs_verify_batch *batch; /* [key_count] */
    fs_candidate *waiting;  /* [key_count][FS_VERIFY_BATCH] */
    fs_retain_counts *counts;
} fs_keeper;

fs_status fs_keeper_open(fs_keeper *keeper, const fs_retain_task *task, fs_retain_counts *counts, fs_error *error) FS_MUST_CHECK;

/* Check what waits, unless there was an error, and end. */
fs_status fs_keeper_close(fs_keeper *keeper, fs_status status, fs_error *error) FS_MUST_CHECK;

/* What speaks against a signature whoever made it. */
uint8_t fs_object_to_times(const fs_retain_task *task, uint32_t inception, uint32_t expiration);

/* Is this perhaps the key that made the signature? Each key with its algorithm and tag is tried: a tag does not name a key. */
int fs_may_have_made(const fs_verify_key *key, const fs_rrsig_head *head, uint16_t type, uint32_t signature_length);

/* One signature over `over`, whose message is built, and one key that may have made it (signset's rules 4 to 7). */
fs_status fs_keeper_judge(fs_keeper *keeper, const fs_old_signature *old, const fs_target *over, uint32_t key, fs_error *error) FS_MUST_CHECK;

/* Tell of an RRSIG of the arena what becomes of it, unless it is known to stay. */
void fs_note_verdict(const fs_retain_task *task, uint32_t row, uint8_t verdict);

#endif
