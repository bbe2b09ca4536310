/* Sorting rows by octet strings. */
#include "sort.h"

#include <stdlib.h>

enum { SMALL_GROUP = 48 }; /* below this an insertion sort beats eight histograms; measured */

static uint64_t prefix_at(const fs_sort_keys *keys, uint32_t row, uint32_t depth) {
    const uint64_t start = keys->start ? keys->start[row] : (uint64_t)row * keys->width;
    const uint64_t length = keys->start ? keys->start[row + 1] - start : keys->width;
    if (depth >= length) return 0;
    const uint64_t left = length - depth;
    uint64_t prefix = 0;
    memcpy(&prefix, keys->keys + start + depth, left < 8 ? left : 8);
    return __builtin_bswap64(prefix);
}

static int key_ends_by(const fs_sort_keys *keys, uint32_t row, uint32_t depth) {
    return keys->start ? keys->start[row + 1] - keys->start[row] <= depth : keys->width <= depth;
}

/* -1, 0, 1 as memcmp, the shorter key first on a tie. */
static int compare_keys(const fs_sort_keys *keys, uint32_t a, uint32_t b, uint32_t depth) {
    const uint64_t start_a = keys->start ? keys->start[a] : (uint64_t)a * keys->width;
    const uint64_t start_b = keys->start ? keys->start[b] : (uint64_t)b * keys->width;
    const uint64_t length_a = keys->start ? keys->start[a + 1] - start_a : keys->width;
    const uint64_t length_b = keys->start ? keys->start[b + 1] - start_b : keys->width;
    const uint64_t shorter = length_a < length_b ? length_a : length_b;
    if (shorter > depth) {
        const int order = memcmp(keys->keys + start_a + depth, keys->keys + start_b + depth, shorter - depth);
        if (order != 0) return order;
    }
    return (length_a > length_b) - (length_a < length_b);
}

static void insertion_sort(fs_sort_item *items, uint32_t count, const fs_sort_keys *keys, uint32_t depth) {
    for (uint32_t i = 1; i < count; i++) {
        const fs_sort_item item = items[i];
        uint32_t j = i;
        while (j > 0 && (items[j - 1].prefix > item.prefix ||
                         (items[j - 1].prefix == item.prefix && compare_keys(keys, items[j - 1].row, item.row, depth) > 0))) {
            items[j] = items[j - 1];
            j--;
        }
        items[j] = item;
    }
}

/* Least significant digit first over the 8 octets of the prefix; digits that all items share are passed over. */
static void radix_sort(fs_sort_item *items, fs_sort_item *scratch, uint32_t count) {
    uint32_t histogram[8][256];
    memset(histogram, 0, sizeof histogram);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < 8; digit++) histogram[digit][(items[i].prefix >> (8 * digit)) & 255]++;
    fs_sort_item *from = items, *to = scratch;
    for (unsigned digit = 0; digit < 8; digit++) {
        uint32_t *slot = histogram[digit], sum = 0;
        if (slot[(from[0].prefix >> (8 * digit)) & 255] == count) continue;
        for (unsigned value = 0; value < 256; value++) {
            const uint32_t here = slot[value];
            slot[value] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < count; i++) to[slot[(from[i].prefix >> (8 * digit)) & 255]++] = from[i];
        fs_sort_item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, count * sizeof *items);
}

static void sort_group(fs_sort_item *items, fs_sort_item *scratch, uint32_t count, const fs_sort_keys *keys, uint32_t depth) {
    for (uint32_t i = 0; i < count; i++) items[i].prefix = prefix_at(keys, items[i].row, depth);
    if (count <= SMALL_GROUP) {
        insertion_sort(items, count, keys, depth);
        return;
    }
    radix_sort(items, scratch, count);
    for (uint32_t first = 0, last; first < count; first = last) {
        int ended = key_ends_by(keys, items[first].row, depth + 8);
        for (last = first + 1; last < count && items[last].prefix == items[first].prefix; last++)
            ended &= key_ends_by(keys, items[last].row, depth + 8);
        /* Keys that ended may differ in length only by zero octets, and those are compared as octets: go deeper unless all ended. */
        if (last - first > 1) {
            if (ended) insertion_sort(items + first, last - first, keys, depth);
            else sort_group(items + first, scratch + first, last - first, keys, depth + 8);
        }
    }
}

fs_status fs_sort_rows(fs_sort_item *items, uint32_t count, const fs_sort_keys *keys, uint32_t depth, fs_error *error) {
    fs_sort_item *scratch = malloc((count + 1ULL) * sizeof *scratch);
    if (scratch == NULL) return fs_fail(error, FS_ERROR_MEMORY, "out of memory while sorting %u names", count);
    sort_group(items, scratch, count, keys, depth);
    free(scratch);
    return FS_OK;
}
