/* Finding nodes by name. */
#ifndef FS_NAME_INDEX_H
#define FS_NAME_INDEX_H

#include "zone.h"

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    uint32_t *slots; /* nodes by the hash of their names; FS_NONE: free */
    uint32_t mask;
    uint64_t seed;
} fs_name_index;

fs_status fs_name_index_open(fs_name_index *index, const fs_arena *arena, const fs_order *order, fs_error *error) FS_MUST_CHECK;
void fs_name_index_close(fs_name_index *index);

/* The node of a wire name of `length` octets, of any case; FS_NONE if nothing in the zone has it. */
uint32_t fs_name_index_find(const fs_name_index *index, const uint8_t *name, uint32_t length);

/* The first node that does not sort before the name; node_count if all do. */
uint32_t fs_name_index_place(const fs_name_index *index, const uint8_t *name);

#endif
