/* Open addressing over the nodes that are in the zone. The seed keeps names that collide from being made in advance. */
#include "name_index.h"

#include "names.h"

#include <stdlib.h>
#include <sys/random.h>

static uint64_t hash_name(const fs_name_index *index, const uint8_t *name, uint32_t length) {
    uint64_t hash = index->seed ^ length;
    for (uint32_t i = 0; i < length; i++) {
        const unsigned __int128 product = (unsigned __int128)(hash ^ fs_lower[name[i]]) * 0xa0761d6478bd642fULL;
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    return hash;
}

fs_status fs_name_index_open(fs_name_index *index, const fs_arena *arena, const fs_order *order, fs_error *error) {
    uint64_t capacity = 16;
    while (capacity < 2ULL * order->node_count) capacity *= 2;
    *index = (fs_name_index){.arena = arena, .order = order, .mask = (uint32_t)(capacity - 1), .seed = 0x9e3779b97f4a7c15ULL};
    if (getrandom(&index->seed, sizeof index->seed, GRND_NONBLOCK) < 0) index->seed ^= (uintptr_t)index;
    index->slots = malloc(capacity * sizeof *index->slots);
    if (index->slots == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for an index of names");
    memset(index->slots, 0xff, capacity * sizeof *index->slots);
    for (uint32_t node = 0; node < order->node_count; node++) {
        if (order->node_flags[node] & FS_NODE_OUTSIDE) continue;
        const uint32_t id = order->node_name[node];
        uint32_t slot = (uint32_t)hash_name(index, fs_name(arena, id), fs_name_size(arena, id)) & index->mask;
        while (index->slots[slot] != FS_NONE) slot = (slot + 1) & index->mask;
        index->slots[slot] = node;
    }
    return FS_OK;
}

void fs_name_index_close(fs_name_index *index) {
    free(index->slots);
    index->slots = NULL;
}

uint32_t fs_name_index_find(const fs_name_index *index, const uint8_t *name, uint32_t length) {
    uint32_t slot = (uint32_t)hash_name(index, name, length) & index->mask;
    for (; index->slots[slot] != FS_NONE; slot = (slot + 1) & index->mask) {
        const uint32_t id = index->order->node_name[index->slots[slot]];
        if (fs_name_size(index->arena, id) == length && fs_same_folded(fs_name(index->arena, id), name, length)) return index->slots[slot];
    }
    return FS_NONE;
}

uint32_t fs_name_index_place(const fs_name_index *index, const uint8_t *name) {
    uint8_t key[FS_KEY_MAX], other[FS_KEY_MAX];
    const uint32_t length = fs_canonical_key(name, key);
    uint32_t low = 0, high = index->order->node_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint32_t size = fs_canonical_key(fs_name(index->arena, index->order->node_name[middle]), other);
        const int order = memcmp(other, key, size < length ? size : length);
        if (order < 0 || (order == 0 && size < length)) low = middle + 1;
        else high = middle;
    }
    return low;
}
