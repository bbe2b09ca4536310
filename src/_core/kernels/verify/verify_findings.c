/* What is wrong with a zone, as packed rows: a zone that fails everywhere has millions of them. */
#include <stdlib.h>

#include "verify.h"

fs_status fs_findings_add(fs_findings *findings, fs_finding finding, fs_error *error) {
    if (findings->count == findings->capacity) {
        const uint32_t capacity = findings->capacity ? 2 * findings->capacity : 64;
        fs_finding *row = realloc(findings->row, (size_t)capacity * sizeof *row);
        if (row == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for %u findings", capacity);
        findings->row = row;
        findings->capacity = capacity;
    }
    findings->row[findings->count++] = finding;
    return FS_OK;
}

fs_status fs_findings_note(fs_findings *findings, uint8_t kind, uint32_t node, uint16_t type, fs_error *error) {
    return fs_findings_add(findings, (fs_finding){.kind = kind, .node = node, .type = type}, error);
}

/* Where dnssec-verify comes to it: first the names, then the NSEC3 records, then the chains; at a name first the RRsets. */
static uint64_t place(const fs_finding *finding) {
    uint64_t part = finding->type == FS_TYPE_NSEC3;
    if (finding->kind >= FS_FINDING_NSEC3_FLAGS && finding->kind <= FS_FINDING_NSEC3_BREAK) part = 2;
    const int of_chain = finding->kind >= FS_FINDING_NSEC_MISSING && finding->kind <= FS_FINDING_NSEC3_MULTIPLE;
    return part << 40 | (uint64_t)finding->node << 1 | (uint64_t)(of_chain && part < 2);
}

static int is_sorted(const fs_finding *row, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (place(&row[i - 1]) > place(&row[i])) return 0;
    return 1;
}

/* Merge [first, middle) and [middle, end); of equal ones those of the first half come first. */
static void merge(const fs_finding *from, size_t first, size_t middle, size_t end, fs_finding *to) {
    size_t a = first, b = middle;
    for (size_t i = first; i < end; i++) {
        const int is_first = b == end || (a < middle && place(&from[a]) <= place(&from[b]));
        to[i] = from[is_first ? a++ : b++];
    }
}

fs_status fs_findings_sort(fs_finding *row, size_t count, fs_error *error) {
    if (is_sorted(row, count)) return FS_OK;
    fs_finding *other = malloc(count * sizeof *other), *from = row, *to = other;
    if (other == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory for %zu findings", count);
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t first = 0; first < count; first += 2 * width) {
            const size_t middle = first + width < count ? first + width : count;
            const size_t end = middle + width < count ? middle + width : count;
            merge(from, first, middle, end, to);
        }
        fs_finding *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != row) memcpy(row, from, count * sizeof *row);
    free(other);
    return FS_OK;
}
