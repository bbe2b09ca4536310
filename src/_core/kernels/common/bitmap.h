/* A set of type bitmaps: a zone of millions of names has a handful of different ones. */
#ifndef FS_BITMAP_H
#define FS_BITMAP_H

#include "column.h"

typedef struct {
    fs_column *offset;  /* u32 [bitmaps + 1] */
    fs_column *octets;  /* pool */
    uint32_t *slots;    /* open addressing: id + 1, or 0 */
    uint32_t capacity, count;
} fs_bitmap_set;

fs_status fs_bitmap_set_open(fs_bitmap_set *set, fs_column *offset, fs_column *octets, fs_error *error) FS_MUST_CHECK;
void fs_bitmap_set_close(fs_bitmap_set *set);

/* The id of this bitmap, which is added if it is new. */
fs_status fs_bitmap_id(fs_bitmap_set *set, const uint8_t *bitmap, uint32_t length, uint32_t *id, fs_error *error) FS_MUST_CHECK;

#endif
