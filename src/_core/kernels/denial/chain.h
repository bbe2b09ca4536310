/* Entries of a denial chain as records: what digest and render both need of them. */
#ifndef FS_CHAIN_H
#define FS_CHAIN_H

#include "zone.h"

FS_INLINE uint32_t fs_chain_next(const fs_chain *chain, uint32_t entry) { return entry + 1 < chain->count ? entry + 1 : 0; }

FS_INLINE const uint8_t *fs_chain_bitmap(const fs_chain *chain, uint32_t entry) {
    return chain->bitmaps + chain->bitmap_offset[chain->bitmap[entry]];
}
FS_INLINE uint32_t fs_chain_bitmap_length(const fs_chain *chain, uint32_t entry) {
    return chain->bitmap_offset[chain->bitmap[entry] + 1] - chain->bitmap_offset[chain->bitmap[entry]];
}

/* First NSEC entry whose node is `node` or later; the count if there is none (0 for a chain that is not NSEC). */
uint32_t fs_chain_find(const fs_chain *chain, uint32_t node);

/* Is `entry` (from fs_chain_find, moved on node by node) the NSEC of this node? */
FS_INLINE int fs_chain_has_nsec(const fs_chain *chain, uint32_t entry, uint32_t node) {
    return chain->kind == FS_CHAIN_NSEC && entry < chain->count && chain->source[entry] == node;
}

enum { FS_HASH_LABEL = 32 }; /* 20 octets in base32hex */

/* The hash as base32hex in lower case, as the canonical form has it (RFC 5155 section 3). */
void fs_hash_label(const uint8_t hash[FS_HASH], uint8_t label[FS_HASH_LABEL]);

/* Owner of an NSEC3 entry in canonical form, at most 33 + 255 octets; returns its length. */
uint32_t fs_nsec3_owner(const fs_chain *chain, uint32_t entry, const uint8_t *apex, uint32_t apex_length, uint8_t *owner);

/* NSEC3 RDATA (RFC 5155 section 3.2). */
FS_INLINE uint32_t fs_nsec3_rdata_length(const fs_chain *chain, uint32_t entry) {
    return 5u + chain->salt_length + 1u + FS_HASH + fs_chain_bitmap_length(chain, entry);
}
void fs_nsec3_rdata(const fs_chain *chain, uint32_t entry, uint8_t *rdata);

#endif
