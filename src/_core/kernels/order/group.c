/* Sorting records into RRsets. */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>

#include "order.h"
#include "rrtypes.h"

enum { RRSET_OCTETS_MAX = 65535 }; /* BIND's limit for the RDATA of an RRset (ISC_R_NOSPACE) */

/* The two buffers that canonical RDATA is compared in. */
typedef struct {
    const fs_arena *arena;
    uint8_t a[65536], b[65536];
} comparison;

/* SOA, NS, then by type: BIND's order of the RRsets of a node. */
static uint32_t type_rank(uint16_t type) { return type == FS_TYPE_SOA ? 0 : type == FS_TYPE_NS ? 1 : type + 2u; }

static int compare_octets(const uint8_t *a, uint32_t length_a, const uint8_t *b, uint32_t length_b) {
    const int order = memcmp(a, b, length_a < length_b ? length_a : length_b);
    return order != 0 ? order : (length_a > length_b) - (length_a < length_b);
}

/* The types whose RDATA is one name: folding octet by octet spares two copies, and two names mostly differ at once. */
static int is_one_name(uint16_t type) {
    return type == FS_TYPE_NS || type == FS_TYPE_CNAME || type == FS_TYPE_DNAME || type == FS_TYPE_PTR;
}

static int compare_folded(const uint8_t *a, uint32_t length_a, const uint8_t *b, uint32_t length_b) {
    const uint32_t shorter = length_a < length_b ? length_a : length_b;
    for (uint32_t i = 0; i < shorter; i++)
        if (fs_lower[a[i]] != fs_lower[b[i]]) return (int)fs_lower[a[i]] - (int)fs_lower[b[i]];
    return (length_a > length_b) - (length_a < length_b);
}

/* RFC 4034 section 6.3: canonical RDATA as left-justified octet strings. */
static int compare_rdata(comparison *with, uint32_t x, uint32_t y) {
    const fs_arena *arena = with->arena;
    const uint8_t *a = arena->rdata + arena->rdata_offset[x], *b = arena->rdata + arena->rdata_offset[y];
    const uint16_t length_a = arena->rdata_length[x], length_b = arena->rdata_length[y];
    if (a == b && length_a == length_b) return 0;
    if (!fs_rrtype_folds(arena->type[x])) return compare_octets(a, length_a, b, length_b);
    if (is_one_name(arena->type[x])) return compare_folded(a, length_a, b, length_b);
    fs_canonical_rdata(arena->type[x], a, length_a, with->a);
    fs_canonical_rdata(arena->type[y], b, length_b, with->b);
    return compare_octets(with->a, length_a, with->b, length_b);
}

/* By type, then canonical RDATA, then place in the file: the first of two equal records is the one that stays. */
static int compare_records(comparison *with, uint32_t x, uint32_t y) {
    const uint32_t a = type_rank(with->arena->type[x]), b = type_rank(with->arena->type[y]);
    if (a != b) return a < b ? -1 : 1;
    const int order = compare_rdata(with, x, y);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_for_qsort(const void *x, const void *y, void *with) {
    return compare_records(with, *(const uint32_t *)x, *(const uint32_t *)y);
}

static void sort_node(comparison *with, uint32_t *record, uint32_t count) {
    if (count > 16) {
        qsort_r(record, count, sizeof *record, compare_for_qsort, with);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        const uint32_t moved = record[i];
        uint32_t j = i;
        for (; j > 0 && compare_records(with, record[j - 1], moved) > 0; j--) record[j] = record[j - 1];
        record[j] = moved;
    }
}

FS_COLD static fs_status rrset_too_large(const fs_arena *arena, uint32_t row, uint64_t octets, fs_error *error) {
    char owner[FS_NAME_TEXT_MAX], type[16];
    fs_name_to_text(fs_name(arena, arena->owner[row]), owner);
    fs_rrtype_to_text(arena->type[row], type);
    return fs_fail(error, FS_ERROR_ZONE, "%s/%s: the RRset has %llu octets of RDATA, and at most 65535 fit (ran out of space)",
                   owner, type, (unsigned long long)octets);
}

/* Were the records read one after the other, with no other owner between them? */
static int in_one_block(const fs_arena *arena, uint32_t first, uint32_t last) {
    for (uint32_t row = first + 1; row <= last; row++)
        if (arena->owner[row] != arena->owner[first]) return 0;
    return 1;
}

/* Of equal records BIND keeps the last of the first block; that shows only where they differ in the case of a name. */
static void drop_duplicate(const fs_arena *arena, uint32_t *kept, uint32_t row) {
    if (arena->rdata_offset[*kept] != arena->rdata_offset[row] && in_one_block(arena, *kept, row)) *kept = row;
}

/* One RRset from sorted rows [first, last): its TTL is that of the row read last, its spelling that of the row read first. */
static fs_status add_rrset(comparison *with, const uint32_t *row, uint32_t count, fs_groups *groups, fs_error *error) {
    const fs_arena *arena = with->arena;
    uint32_t newest = row[0], oldest = row[0];
    uint64_t octets = 0;
    const uint32_t rrset = groups->rrset_count++;
    groups->rrset_first[rrset] = groups->record_count;
    for (uint32_t i = 0; i < count; i++) {
        if (row[i] > newest) newest = row[i];
        if (row[i] < oldest) oldest = row[i];
        if (i > 0 && compare_rdata(with, groups->record[groups->record_count - 1], row[i]) == 0) {
            drop_duplicate(arena, &groups->record[groups->record_count - 1], row[i]);
            continue;
        }
        octets += 2u + arena->rdata_length[row[i]];
        groups->record[groups->record_count++] = row[i];
    }
    groups->rrset_type[rrset] = arena->type[newest];
    groups->rrset_ttl[rrset] = arena->ttl[newest];
    groups->rrset_owner[rrset] = arena->owner[oldest];
    return octets > RRSET_OCTETS_MAX ? rrset_too_large(arena, oldest, octets, error) : FS_OK;
}

static fs_status group_node(comparison *with, uint32_t *row, uint32_t count, fs_groups *groups, fs_error *error) {
    sort_node(with, row, count);
    for (uint32_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && with->arena->type[row[last]] == with->arena->type[row[first]]; last++) {}
        const fs_status status = add_rrset(with, row + first, last - first, groups, error);
        if (status != FS_OK) return status;
    }
    return FS_OK;
}

/* Counting sort of the rows by node, stable; start[node] ends as the first row of node + 1. */
static void spread_rows(const fs_arena *arena, const uint32_t *node_of_name, uint32_t node_count, uint32_t *start, uint32_t *row) {
    for (uint32_t i = 0; i < arena->record_count; i++)
        if (arena->type[i] != 0) start[node_of_name[arena->owner[i]] + 1]++;
    for (uint32_t node = 0; node < node_count; node++) start[node + 1] += start[node];
    for (uint32_t i = 0; i < arena->record_count; i++)
        if (arena->type[i] != 0) row[start[node_of_name[arena->owner[i]]]++] = i;
}

fs_status fs_group_records(const fs_arena *arena, const uint32_t *node_of_name, uint32_t node_count, fs_groups *groups,
                           fs_error *error) {
    uint32_t *start = calloc(node_count + 1ULL, sizeof *start);
    comparison *with = malloc(sizeof *with);
    fs_status status = FS_OK;
    if (start == NULL || with == NULL) {
        status = fs_fail(error, FS_ERROR_MEMORY, "out of memory while grouping %u records", arena->record_count);
    } else {
        with->arena = arena;
        spread_rows(arena, node_of_name, node_count, start, groups->record);
        /* Rows are compacted in place as duplicates go: the write position never passes the read position. */
        for (uint32_t node = 0, first = 0; node < node_count && status == FS_OK; node++) {
            groups->node_rrset[node] = groups->rrset_count;
            status = group_node(with, groups->record + first, start[node] - first, groups, error);
            first = start[node];
        }
        groups->node_rrset[node_count] = groups->rrset_count;
        groups->rrset_first[groups->rrset_count] = groups->record_count;
    }
    free(start);
    free(with);
    return status;
}
