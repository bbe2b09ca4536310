/* The check of signatures that have just been made. */
#ifndef FS_CHECK_H
#define FS_CHECK_H

#include "verify_keys.h"

/* What was signed, row by row: digests end to end (offset NULL), or messages [offset[i], offset[i + 1]) of data. */
typedef struct {
    const uint8_t *data, *signatures;
    const uint64_t *offset;
    uint64_t count;
} fs_signed_rows;

/* How many of the signatures are the key's and right. */
fs_status fs_count_good(const fs_verify_key *key, const fs_signed_rows *rows, uint64_t *good, fs_error *error) FS_MUST_CHECK;

#endif
