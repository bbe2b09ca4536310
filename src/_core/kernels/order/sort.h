/* Sorting rows by octet strings: (8-octet prefix, row) pairs by radix, ties refined further in. */
#ifndef FS_SORT_H
#define FS_SORT_H

#include "fs.h"

typedef struct {
    uint64_t prefix; /* 8 octets of the key, big-endian, zero-padded */
    uint32_t row;
} fs_sort_item;

/* Where row's key is, and its length in octets. */
typedef struct {
    const uint8_t *keys;
    const uint64_t *start; /* [rows + 1], or NULL: rows of `width` octets */
    uint32_t width;
} fs_sort_keys;

/* Sort items by their rows' keys from octet `depth` on, stable for equal keys; prefixes are (re)computed. */
fs_status fs_sort_rows(fs_sort_item *items, uint32_t count, const fs_sort_keys *keys, uint32_t depth, fs_error *error) FS_MUST_CHECK;

#endif
