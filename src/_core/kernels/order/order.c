/* Numbering the nodes: owner spellings in canonical order. */
#include "order.h"

#include <stdlib.h>

#include "names.h"
#include "sort.h"

typedef struct {
    uint32_t *name; /* ids of the spellings in use, in the order they were first seen */
    uint32_t count;
    uint8_t *keys;
    uint64_t *start;
    fs_sort_item *items;
} key_table;

static void free_table(key_table *table) {
    free(table->name);
    free(table->keys);
    free(table->start);
    free(table->items);
}

/* List the spellings that own a record. Ids were given at first sight, so ascending ids are in order of appearance. */
static fs_status list_used_names(const fs_arena *arena, key_table *table, fs_error *error) {
    uint8_t *used = calloc(arena->name_count + 1ULL, 1);
    table->name = malloc((arena->name_count + 1ULL) * sizeof *table->name);
    if (used == NULL || table->name == NULL) {
        free(used);
        return fs_fail(error, FS_ERROR_MEMORY, "out of memory while ordering %u names", arena->name_count);
    }
    for (uint32_t i = 0; i < arena->record_count; i++)
        if (arena->type[i] != 0) used[arena->owner[i]] = 1;
    for (uint32_t id = 0; id < arena->name_count; id++)
        if (used[id]) table->name[table->count++] = id;
    free(used);
    return FS_OK;
}

static fs_status make_keys(const fs_arena *arena, key_table *table, fs_error *error) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < table->count; i++) total += fs_name_size(arena, table->name[i]);
    table->keys = malloc(total + 1);
    table->start = malloc((table->count + 1ULL) * sizeof *table->start);
    if (table->keys == NULL || table->start == NULL)
        return fs_fail(error, FS_ERROR_MEMORY, "out of memory while ordering %u names", table->count);
    table->start[0] = 0;
    for (uint32_t i = 0; i < table->count; i++)
        table->start[i + 1] =
            table->start[i] + fs_canonical_key(fs_name(arena, table->name[i]), table->keys + table->start[i]);
    return FS_OK;
}

static int compare_neighbours(const key_table *table, uint32_t i) {
    const uint8_t *a = table->keys + table->start[i], *b = table->keys + table->start[i + 1];
    const uint64_t la = table->start[i + 1] - table->start[i], lb = table->start[i + 2] - table->start[i + 1];
    const int order = memcmp(a, b, la < lb ? la : lb);
    return order != 0 ? order : (la > lb) - (la < lb);
}

/* Registry dumps usually are in order already. */
static int is_sorted(const key_table *table) {
    for (uint32_t i = 0; i + 1 < table->count; i++)
        if (compare_neighbours(table, i) > 0) return 0;
    return 1;
}

/* Octets that all keys begin with (the apex, in a zone without strays): the sort need not look at them. */
static uint32_t common_prefix(const key_table *table) {
    uint64_t common = table->start[1] - table->start[0];
    for (uint32_t i = 1; i < table->count && common > 0; i++) {
        const uint64_t length = table->start[i + 1] - table->start[i];
        if (length < common) common = length;
        if (memcmp(table->keys, table->keys + table->start[i], common) == 0) continue;
        uint64_t same = 0;
        while (table->keys[same] == table->keys[table->start[i] + same]) same++;
        common = same;
    }
    return (uint32_t)common;
}

static fs_status sort_names(key_table *table, fs_error *error) {
    table->items = malloc((table->count + 1ULL) * sizeof *table->items);
    if (table->items == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory while ordering %u names", table->count);
    for (uint32_t i = 0; i < table->count; i++) table->items[i].row = i;
    if (table->count < 2 || is_sorted(table)) return FS_OK;
    const fs_sort_keys keys = {.keys = table->keys, .start = table->start};
    return fs_sort_rows(table->items, table->count, &keys, common_prefix(table), error);
}

/* Spellings with equal keys are one node, known by the spelling seen first. */
static uint32_t number_nodes(const key_table *table, uint32_t *node_of_name, uint32_t *node_name) {
    uint32_t nodes = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const uint32_t row = table->items[i].row, name = table->name[row];
        const uint64_t length = table->start[row + 1] - table->start[row];
        int same = 0;
        if (i > 0) {
            const uint32_t before = table->items[i - 1].row;
            same = length == table->start[before + 1] - table->start[before] &&
                   memcmp(table->keys + table->start[row], table->keys + table->start[before], length) == 0;
        }
        if (!same) node_name[nodes++] = name;
        node_of_name[name] = nodes - 1;
    }
    return nodes;
}

fs_status fs_order_names(const fs_arena *arena, uint32_t *node_of_name, uint32_t *node_name, uint32_t *node_count,
                         fs_error *error) {
    key_table table = {0};
    memset(node_of_name, 0xff, arena->name_count * sizeof *node_of_name);
    fs_status status = list_used_names(arena, &table, error);
    if (status == FS_OK) status = make_keys(arena, &table, error);
    if (status == FS_OK) status = sort_names(&table, error);
    if (status == FS_OK) *node_count = number_nodes(&table, node_of_name, node_name);
    free_table(&table);
    return status;
}

//----------- What each node is ------------------------------------------------

static int owns_type(const fs_order *order, uint32_t node, uint16_t type) {
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++)
        if (order->rrset_type[i] == type) return 1;
    return 0;
}

static int owns_only_signatures(const fs_order *order, uint32_t node) {
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++)
        if (order->rrset_type[i] != FS_TYPE_RRSIG) return 0;
    return 1;
}

void fs_classify_nodes(const fs_arena *arena, const fs_order *order, const uint8_t *apex, uint8_t *node_flags,
                       uint32_t *apex_node) {
    const uint32_t apex_length = fs_name_length(apex);
    const uint8_t *shadow = NULL; /* the cut or DNAME owner whose descendants are occluded */
    uint32_t shadow_length = 0;
    *apex_node = FS_NONE;
    for (uint32_t node = 0; node < order->node_count; node++) {
        const uint8_t *name = fs_name(arena, order->node_name[node]);
        const uint32_t length = fs_name_size(arena, order->node_name[node]);
        if (!fs_is_at_or_below(name, length, apex, apex_length)) {
            node_flags[node] = FS_NODE_OUTSIDE;
            continue;
        }
        if (shadow != NULL && fs_is_at_or_below(name, length, shadow, shadow_length)) {
            node_flags[node] = FS_NODE_OCCLUDED;
            continue;
        }
        uint8_t flags = owns_only_signatures(order, node) ? FS_NODE_EMPTY : 0;
        const int is_apex = length == apex_length, has_ns = owns_type(order, node, FS_TYPE_NS);
        if (is_apex) {
            flags |= FS_NODE_APEX;
            *apex_node = node;
        } else if (has_ns) {
            flags |= FS_NODE_CUT;
            if (owns_type(order, node, FS_TYPE_DS)) flags |= FS_NODE_SECURE;
        }
        if ((has_ns && !is_apex) || owns_type(order, node, FS_TYPE_DNAME)) {
            shadow = name;
            shadow_length = length;
        }
        node_flags[node] = flags;
    }
}
