/* The check of signatures that have just been made. */
#include "check.h"

static fs_status check_some(const fs_verify_key *key, const fs_signed_rows *rows, uint64_t first, uint32_t count, uint64_t *good,
                            fs_error *error) {
    uint64_t offset[FS_VERIFY_BATCH + 1];
    uint8_t is_good[FS_VERIFY_BATCH];
    const uint64_t start = rows->offset != NULL ? rows->offset[first] : first * key->digest_size;
    for (uint32_t i = 0; i <= count; i++)
        offset[i] = rows->offset != NULL ? rows->offset[first + i] - start : (uint64_t)i * key->digest_size;
    const fs_verify_batch batch = {
        .count = count, .offset = offset, .data = (uint8_t *)rows->data + start,
        .signature = (uint8_t *)rows->signatures + first * key->signature_size,
    };
    const fs_status status = key->verify_many(key, &batch, is_good, error);
    for (uint32_t i = 0; status == FS_OK && i < count; i++) *good += is_good[i] != 0;
    return status;
}

fs_status fs_count_good(const fs_verify_key *key, const fs_signed_rows *rows, uint64_t *good, fs_error *error) {
    fs_status status = FS_OK;
    *good = 0;
    for (uint64_t first = 0; first < rows->count && status == FS_OK; first += FS_VERIFY_BATCH) {
        const uint64_t left = rows->count - first;
        status = check_some(key, rows, first, left < FS_VERIFY_BATCH ? (uint32_t)left : FS_VERIFY_BATCH, good, error);
    }
    return status;
}
