/* The denial chain: which names are in it, with which type bitmaps; NSEC (RFC 4034 section 4) and NSEC3 (RFC 5155). */
#ifndef FS_DENIAL_H
#define FS_DENIAL_H

#include "column.h"
#include "zone.h"

/* Columns to be filled; all but the bitmaps are as long as there are entries. */
typedef struct {
    fs_column *source, *skip, *hash, *bitmap, *bitmap_offset, *bitmaps;
} fs_chain_columns;

/* NSEC: an entry for every node with authoritative data or a delegation, in canonical order (RFC 4035 section 2.3). */
fs_status fs_make_nsec(const fs_arena *arena, const fs_order *order, fs_chain_columns *out, fs_error *error) FS_MUST_CHECK;

/* NSEC3: the same nodes and the empty non-terminals above them, hashed and sorted; with opt-out, insecure delegations and what
 * stands only above them are left out (RFC 5155 section 7.1). Two names with one hash are an error that names both. */
fs_status fs_make_nsec3(const fs_arena *arena, const fs_order *order, int opt_out, const uint8_t *salt, uint8_t salt_length,
                        uint16_t iterations, fs_chain_columns *out, fs_error *error) FS_MUST_CHECK;

/* The NSEC3 hash of a wire name (RFC 5155 section 5): SHA-1 over the name in lower case and the salt, `iterations` times more. */
void fs_nsec3_hash(const uint8_t *name, uint32_t length, const uint8_t *salt, uint8_t salt_length, uint16_t iterations,
                   uint8_t hash[FS_HASH]);

/* Type bitmap of ascending types in wire form (RFC 4034 section 4.1.2); returns its length, at most 34 octets per type. */
uint32_t fs_type_bitmap(const uint16_t *types, uint32_t count, uint8_t *bitmap);

#endif
