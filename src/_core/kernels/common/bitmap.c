/* A set of type bitmaps. */
#include "bitmap.h"

#include <stdlib.h>

fs_status fs_bitmap_set_open(fs_bitmap_set *set, fs_column *offset, fs_column *octets, fs_error *error) {
    *set = (fs_bitmap_set){.offset = offset, .octets = octets, .capacity = 256};
    set->slots = calloc(set->capacity, sizeof *set->slots);
    if (set->slots == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for type bitmaps");
    return fs_column_resize(offset, sizeof(uint32_t), error);
}

void fs_bitmap_set_close(fs_bitmap_set *set) { free(set->slots); }

static uint32_t hash_octets(const uint8_t *p, uint32_t length) {
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < length; i++) h = (h ^ p[i]) * 16777619u;
    return h ^ (h >> 15);
}

static const uint32_t *offsets(const fs_bitmap_set *set) { return (const uint32_t *)(const void *)set->offset->data; }

static int holds(const fs_bitmap_set *set, uint32_t id, const uint8_t *bitmap, uint32_t length) {
    const uint32_t *at = offsets(set);
    return at[id + 1] - at[id] == length && memcmp(set->octets->data + at[id], bitmap, length) == 0;
}

/* The slot that has the bitmap or is free for it. */
static uint32_t *find_slot(fs_bitmap_set *set, const uint8_t *bitmap, uint32_t length) {
    uint32_t i = hash_octets(bitmap, length) & (set->capacity - 1);
    while (set->slots[i] != 0 && !holds(set, set->slots[i] - 1, bitmap, length)) i = (i + 1) & (set->capacity - 1);
    return &set->slots[i];
}

static fs_status double_slots(fs_bitmap_set *set, fs_error *error) {
    free(set->slots);
    set->capacity *= 2;
    set->slots = calloc(set->capacity, sizeof *set->slots);
    if (set->slots == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for %u type bitmaps", set->count);
    for (uint32_t id = 0; id < set->count; id++) {
        const uint32_t at = offsets(set)[id];
        *find_slot(set, set->octets->data + at, offsets(set)[id + 1] - at) = id + 1;
    }
    return FS_OK;
}

static fs_status add_bitmap(fs_bitmap_set *set, const uint8_t *bitmap, uint32_t length, fs_error *error) {
    fs_status status = fs_column_reserve(set->octets, length, error);
    if (status == FS_OK) status = fs_column_reserve(set->offset, sizeof(uint32_t), error);
    if (status != FS_OK) return status;
    memcpy(set->octets->data + set->octets->used, bitmap, length);
    set->octets->used += length;
    const uint32_t end = (uint32_t)set->octets->used;
    memcpy(set->offset->data + set->offset->used, &end, sizeof end);
    set->offset->used += sizeof end;
    set->count++;
    return FS_OK;
}

fs_status fs_bitmap_id(fs_bitmap_set *set, const uint8_t *bitmap, uint32_t length, uint32_t *id, fs_error *error) {
    uint32_t *slot = find_slot(set, bitmap, length);
    if (FS_UNLIKELY(*slot == 0)) {
        fs_status status = add_bitmap(set, bitmap, length, error);
        if (status == FS_OK && set->count * 2 > set->capacity) status = double_slots(set, error);
        if (status != FS_OK) return status;
        slot = find_slot(set, bitmap, length);
        *slot = set->count;
    }
    *id = *slot - 1;
    return FS_OK;
}
