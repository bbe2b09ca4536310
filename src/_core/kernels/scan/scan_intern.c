/* Owner names interned by exact spelling. */
#include "scan_internal.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>

enum { SLOTS_MIN = 1 << 10, HUGE_PAGE = 2 << 20 };

//----------- Table of names ---------------------------------------------------

FS_COLD static fs_status no_memory(fs_scanner *s) { return fs_fail(s->error, FS_ERROR_MEMORY, "out of memory for the table of names"); }

/* Nearly every look at a large table misses; in huge pages it finds at least the way. */
static fs_name_slot *new_slots(uint32_t count) {
    const size_t octets = (size_t)count * sizeof(fs_name_slot);
    fs_name_slot *slots = octets < HUGE_PAGE ? malloc(octets) : aligned_alloc(HUGE_PAGE, octets);
    if (slots == NULL) return NULL;
    if (octets >= HUGE_PAGE) (void)madvise(slots, octets, MADV_HUGEPAGE);
    return memset(slots, 0xff, octets); /* FS_NONE */
}

static fs_status table_resize(fs_scanner *s, uint32_t count) {
    const fs_name_table old = s->table;
    fs_name_slot *slots = new_slots(count);
    if (slots == NULL) return no_memory(s);
    s->table.slots = slots;
    s->table.mask = count - 1;
    for (uint32_t i = 0; old.slots != NULL && i <= old.mask; i++) {
        if (old.slots[i].id == FS_NONE) continue;
        uint32_t at = old.slots[i].hash & s->table.mask;
        while (s->table.slots[at].id != FS_NONE) at = (at + 1) & s->table.mask;
        s->table.slots[at] = old.slots[i];
    }
    free(old.slots);
    return FS_OK;
}

/* The slot of a spelling: where it is, or where it would go. */
static uint32_t table_find(const fs_scanner *s, const uint8_t *wire, uint32_t length, uint32_t hash) {
    const uint8_t *names = s->columns.names->data;
    const uint64_t *offsets = (const uint64_t *)(const void *)s->columns.name_offset->data;
    uint32_t at = hash & s->table.mask;
    for (; s->table.slots[at].id != FS_NONE; at = (at + 1) & s->table.mask) {
        if (s->table.slots[at].hash != hash) continue;
        const uint8_t *name = names + offsets[s->table.slots[at].id];
        if (name[0] == length && memcmp(name + 1, wire, length) == 0) break;
    }
    return at;
}

static fs_status append_name(fs_scanner *s, const uint8_t *wire, uint32_t length) {
    fs_column *names = s->columns.names, *offsets = s->columns.name_offset;
    fs_status status = fs_column_reserve(names, FS_NAME_MAX + 1 + 16, s->error);
    if (status == FS_OK) status = fs_column_reserve(offsets, 8, s->error);
    if (status != FS_OK) return status;
    memcpy(offsets->data + offsets->used, &names->used, 8);
    offsets->used += 8;
    names->data[names->used] = (uint8_t)length;
    memcpy(names->data + names->used + 1, wire, length);
    names->used += 1 + length;
    return FS_OK;
}

fs_status fs_names_intern(fs_scanner *s, const uint8_t *wire, uint32_t length, uint64_t hash, uint32_t *id) {
    const uint32_t short_hash = (uint32_t)(hash >> 32);
    uint32_t at = table_find(s, wire, length, short_hash);
    if (s->table.slots[at].id != FS_NONE) {
        *id = s->table.slots[at].id;
        return FS_OK;
    }
    if (s->table.count >= s->table.mask - s->table.mask / 4) { /* three quarters full */
        if (s->table.mask == UINT32_MAX) return no_memory(s);
        const fs_status status = table_resize(s, (s->table.mask + 1) * 2);
        if (status != FS_OK) return status;
        at = table_find(s, wire, length, short_hash);
    }
    *id = (uint32_t)(s->columns.name_offset->used / 8);
    const fs_status status = append_name(s, wire, length);
    if (status != FS_OK) return status;
    s->table.slots[at].hash = short_hash;
    s->table.slots[at].id = *id;
    s->table.count++;
    return FS_OK;
}

/* Names that the arena holds already keep their ids. */
static fs_status intern_present(fs_scanner *s) {
    const uint64_t count = s->columns.name_offset->used / 8;
    for (uint32_t id = 0; id < count; id++) {
        if (s->table.count >= s->table.mask - s->table.mask / 4) {
            const fs_status status = table_resize(s, (s->table.mask + 1) * 2);
            if (status != FS_OK) return status;
        }
        const uint64_t *offsets = (const uint64_t *)(const void *)s->columns.name_offset->data;
        const uint8_t *name = s->columns.names->data + offsets[id];
        const uint32_t hash = (uint32_t)(fs_hash(s->seed, name + 1, name[0]) >> 32);
        const uint32_t at = table_find(s, name + 1, name[0], hash);
        if (s->table.slots[at].id != FS_NONE) continue;
        s->table.slots[at].hash = hash;
        s->table.slots[at].id = id;
        s->table.count++;
    }
    return FS_OK;
}

fs_status fs_names_open(fs_scanner *s, uint64_t octets) {
    const unsigned long random = getauxval(AT_RANDOM); /* sixteen octets the kernel drew for this process */
    s->seed = random == 0 ? (uint64_t)(uintptr_t)s : fs_load64((const uint8_t *)random);
    uint32_t slots = SLOTS_MIN;
    while (slots < 1u << 30 && slots < octets / 256) slots *= 2; /* a guess: 256 octets of text for a name */
    fs_status status = table_resize(s, slots);
    if (status == FS_OK) status = intern_present(s);
    return status;
}

void fs_names_close(fs_scanner *s) {
    free(s->table.slots);
    s->table.slots = NULL;
}
