/* The denial chain: which names are in it, with which type bitmaps. */
#include "denial.h"

#include <stdlib.h>

#include "bitmap.h"
#include "names.h"
#include "sort.h"

enum {
    /* Types of one name: every RRset is at least 1 octet of RDATA long, but the bitmap bounds it: 65,536 types. */
    TYPES_MAX = 65536,
    BITMAP_MAX = 256 * 34 /* 256 windows, each 2 octets of head and at most 32 of bits */
};

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    fs_chain_columns *out;
    fs_bitmap_set bitmaps;
    uint32_t count;
    uint16_t types[TYPES_MAX];
    uint8_t bitmap[BITMAP_MAX];
} builder;

uint32_t fs_type_bitmap(const uint16_t *types, uint32_t count, uint8_t *bitmap) {
    uint32_t length = 0;
    for (uint32_t i = 0; i < count;) {
        const uint8_t window = (uint8_t)(types[i] >> 8);
        uint8_t *head = bitmap + length, *bits = head + 2;
        memset(bits, 0, 32);
        uint8_t used = 0;
        for (; i < count && types[i] >> 8 == window; i++) {
            const uint8_t low = (uint8_t)types[i];
            bits[low >> 3] |= (uint8_t)(0x80 >> (low & 7));
            used = (uint8_t)((low >> 3) + 1);
        }
        head[0] = window;
        head[1] = used;
        length += 2u + used;
    }
    return length;
}

//----------- Types of a node --------------------------------------------------

static void insert_type(uint16_t *types, uint32_t *count, uint16_t type) {
    uint32_t i = *count;
    for (; i > 0 && types[i - 1] > type; i--) types[i] = types[i - 1];
    types[i] = type;
    ++*count;
}

/* The denial records of an earlier signing are no part of the new chain. */
static int is_denial_type(uint16_t type) { return type == FS_TYPE_RRSIG || type == FS_TYPE_NSEC || type == FS_TYPE_NSEC3; }

/* Types that the zone is authoritative for at this node, ascending; *is_signed: is one of them signed, the chain aside?
 * RFC 4034 section 4.1.2 and RFC 5155 section 7.1: at a delegation NS and DS alone, and NS is not signed. */
static uint32_t collect_types(builder *with, uint32_t node, int *is_signed) {
    const fs_order *order = with->order;
    const uint8_t flags = order->node_flags[node];
    uint32_t count = 0;
    *is_signed = 0;
    for (uint32_t i = order->node_rrset[node]; i < order->node_rrset[node + 1]; i++) {
        const uint16_t type = order->rrset_type[i];
        if (is_denial_type(type)) continue;
        if (fs_is_signed(flags, type)) *is_signed = 1;
        else if (type != FS_TYPE_NS) continue;
        insert_type(with->types, &count, type);
    }
    return count;
}

static int in_chain(uint8_t flags) { return !(flags & (FS_NODE_OUTSIDE | FS_NODE_OCCLUDED | FS_NODE_EMPTY)); }

static fs_status append(fs_column *column, const void *item, uint32_t size, fs_error *error) {
    const fs_status status = fs_column_reserve(column, size, error);
    if (status != FS_OK) return status;
    memcpy(column->data + column->used, item, size);
    column->used += size;
    return FS_OK;
}

static fs_status append_entry(builder *with, uint32_t node, uint32_t types, fs_error *error) {
    const uint32_t length = fs_type_bitmap(with->types, types, with->bitmap);
    uint32_t id = 0;
    fs_status status = fs_bitmap_id(&with->bitmaps, with->bitmap, length, &id, error);
    if (status == FS_OK) status = append(with->out->source, &node, sizeof node, error);
    if (status == FS_OK) status = append(with->out->bitmap, &id, sizeof id, error);
    with->count++;
    return status;
}

static fs_status open_builder(builder **with, const fs_arena *arena, const fs_order *order, fs_chain_columns *out, fs_error *error) {
    *with = calloc(1, sizeof **with);
    if (*with == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for the denial chain");
    (*with)->arena = arena;
    (*with)->order = order;
    (*with)->out = out;
    return fs_bitmap_set_open(&(*with)->bitmaps, out->bitmap_offset, out->bitmaps, error);
}

static void close_builder(builder *with) {
    if (with != NULL) fs_bitmap_set_close(&with->bitmaps);
    free(with);
}

//----------- NSEC -------------------------------------------------------------

fs_status fs_make_nsec(const fs_arena *arena, const fs_order *order, fs_chain_columns *out, fs_error *error) {
    builder *with = NULL;
    fs_status status = open_builder(&with, arena, order, out, error);
    for (uint32_t node = 0; node < order->node_count && status == FS_OK; node++) {
        if (!in_chain(order->node_flags[node])) continue;
        int is_signed;
        uint32_t types = collect_types(with, node, &is_signed);
        insert_type(with->types, &types, FS_TYPE_RRSIG);
        insert_type(with->types, &types, FS_TYPE_NSEC);
        status = append_entry(with, node, types, error);
    }
    close_builder(with);
    return status;
}

//----------- NSEC3 ------------------------------------------------------------

static fs_status append_nsec3(builder *with, uint32_t node, uint8_t skip, uint32_t types, fs_error *error) {
    const fs_status status = append(with->out->skip, &skip, 1, error);
    return status == FS_OK ? append_entry(with, node, types, error) : status;
}

/* The ancestors of `node` that own nothing: those deeper than what it shares with the entry before (`before`, canonical order).
 * An ancestor that owned something, or was found empty already, would be shared. */
static fs_status append_empty_non_terminals(builder *with, uint32_t node, const uint8_t *before, fs_error *error) {
    const uint8_t *name = fs_name(with->arena, with->order->node_name[node]);
    const uint32_t labels = fs_label_count(name), shared = fs_common_labels(before, name);
    fs_status status = FS_OK;
    for (uint32_t depth = shared + 1; depth < labels && status == FS_OK; depth++)
        status = append_nsec3(with, node, (uint8_t)(labels - depth), 0, error);
    return status;
}

static fs_status list_nsec3_names(builder *with, int opt_out, fs_error *error) {
    const fs_order *order = with->order;
    const uint8_t *before = NULL;
    fs_status status = FS_OK;
    for (uint32_t node = 0; node < order->node_count && status == FS_OK; node++) {
        const uint8_t flags = order->node_flags[node];
        if (!in_chain(flags)) continue;
        if (opt_out && (flags & FS_NODE_CUT) && !(flags & FS_NODE_SECURE)) continue;
        if (before != NULL) status = append_empty_non_terminals(with, node, before, error);
        int is_signed;
        uint32_t types = collect_types(with, node, &is_signed);
        if (is_signed) insert_type(with->types, &types, FS_TYPE_RRSIG);
        if (status == FS_OK) status = append_nsec3(with, node, 0, types, error);
        before = fs_name(with->arena, order->node_name[node]);
    }
    return status;
}

static const uint8_t *entry_name(const builder *with, uint32_t entry) {
    const uint32_t *source = (const uint32_t *)(const void *)with->out->source->data;
    return fs_skip_labels(fs_name(with->arena, with->order->node_name[source[entry]]), with->out->skip->data[entry]);
}

static fs_status hash_names(builder *with, const uint8_t *salt, uint8_t salt_length, uint16_t iterations, uint8_t *hash) {
    for (uint32_t i = 0; i < with->count; i++) {
        const uint8_t *name = entry_name(with, i);
        fs_nsec3_hash(name, fs_name_length(name), salt, salt_length, iterations, hash + (uint64_t)i * FS_HASH);
    }
    return FS_OK;
}

FS_COLD static fs_status collision(const builder *with, uint32_t a, uint32_t b, fs_error *error) {
    char first[FS_NAME_TEXT_MAX], second[FS_NAME_TEXT_MAX];
    fs_name_to_text(entry_name(with, a), first);
    fs_name_to_text(entry_name(with, b), second);
    /* RFC 5155 section 7.1, step 7 */
    return fs_fail(error, FS_ERROR_ZONE, "Duplicate hash detected (%.400s and %.400s). Pick a different salt.", first, second);
}

/* Put the rows of every column in the order of the hashes. */
static fs_status permute(builder *with, const fs_sort_item *items, const uint8_t *hash, fs_error *error) {
    fs_chain_columns *out = with->out;
    uint32_t *copy = malloc((with->count + 1ULL) * 2 * sizeof *copy);
    uint8_t *skip = malloc(with->count + 1ULL);
    fs_status status = copy && skip ? fs_column_resize(out->hash, (uint64_t)with->count * FS_HASH, error)
                                    : fs_fail(error, FS_ERROR_MEMORY, "out of memory for %u NSEC3 records", with->count);
    if (status == FS_OK) {
        uint32_t *source = (uint32_t *)(void *)out->source->data, *bitmap = (uint32_t *)(void *)out->bitmap->data;
        for (uint32_t i = 0; i < with->count; i++) {
            copy[2ULL * i] = source[i];
            copy[2ULL * i + 1] = bitmap[i];
        }
        memcpy(skip, out->skip->data, with->count);
        for (uint32_t i = 0; i < with->count; i++) {
            const uint32_t row = items[i].row;
            source[i] = copy[2ULL * row];
            bitmap[i] = copy[2ULL * row + 1];
            out->skip->data[i] = skip[row];
            memcpy(out->hash->data + (uint64_t)i * FS_HASH, hash + (uint64_t)row * FS_HASH, FS_HASH);
        }
        for (uint32_t i = 1; i < with->count && status == FS_OK; i++)
            if (memcmp(out->hash->data + (uint64_t)(i - 1) * FS_HASH, out->hash->data + (uint64_t)i * FS_HASH, FS_HASH) == 0)
                status = collision(with, i - 1, i, error);
    }
    free(copy);
    free(skip);
    return status;
}

static fs_status sort_by_hash(builder *with, const uint8_t *salt, uint8_t salt_length, uint16_t iterations, fs_error *error) {
    uint8_t *hash = malloc((uint64_t)with->count * FS_HASH + 1);
    fs_sort_item *items = malloc((with->count + 1ULL) * sizeof *items);
    fs_status status = hash && items ? hash_names(with, salt, salt_length, iterations, hash)
                                     : fs_fail(error, FS_ERROR_MEMORY, "out of memory for %u NSEC3 records", with->count);
    if (status == FS_OK) {
        const fs_sort_keys keys = {.keys = hash, .width = FS_HASH};
        for (uint32_t i = 0; i < with->count; i++) items[i].row = i;
        status = fs_sort_rows(items, with->count, &keys, 0, error);
    }
    if (status == FS_OK) status = permute(with, items, hash, error);
    free(hash);
    free(items);
    return status;
}

fs_status fs_make_nsec3(const fs_arena *arena, const fs_order *order, int opt_out, const uint8_t *salt, uint8_t salt_length,
                        uint16_t iterations, fs_chain_columns *out, fs_error *error) {
    builder *with = NULL;
    fs_status status = open_builder(&with, arena, order, out, error);
    if (status == FS_OK) status = list_nsec3_names(with, opt_out, error);
    if (status == FS_OK) status = sort_by_hash(with, salt, salt_length, iterations, error);
    close_builder(with);
    return status;
}
