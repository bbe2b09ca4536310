/* Wire names compared: canonical keys, suffixes, common labels. */
#ifndef FS_NAMES_H
#define FS_NAMES_H

#include "fs.h"

/* Octets of a canonical key: one per octet of the name at most. */
#define FS_KEY_MAX FS_NAME_MAX

/* Write the order-preserving key of a wire name and return its length: labels from the right, lower case, 0x00 after each,
 * octets 0x00..0x40 moved up by one into the room that lower-casing left at 0x41..0x5a. memcmp of two keys, the shorter first
 * on a tie, is the order of RFC 4034 section 6.1; a parent's key is a prefix of its children's. */
uint32_t fs_canonical_key(const uint8_t *name, uint8_t *key);

/* Is `name` at or below `ancestor`? Both wire names, any case; lengths are those of the whole wire name. */
int fs_is_at_or_below(const uint8_t *name, uint32_t length, const uint8_t *ancestor, uint32_t ancestor_length);

/* Number of labels, the root label not counted. */
uint32_t fs_label_count(const uint8_t *name);

/* Number of labels that two names share from the right, the root label not counted. */
uint32_t fs_common_labels(const uint8_t *a, const uint8_t *b);

/* The name without its first `skip` labels. */
FS_INLINE const uint8_t *fs_skip_labels(const uint8_t *name, uint32_t skip) {
    while (skip-- > 0) name += 1 + name[0];
    return name;
}

FS_INLINE int fs_same_folded(const uint8_t *a, const uint8_t *b, uint32_t length) {
    for (uint32_t i = 0; i < length; i++)
        if (fs_lower[a[i]] != fs_lower[b[i]]) return 0;
    return 1;
}

#endif
