/* The image of a run's signatures, by which the next run finds those that it may keep: rows end to end, and an index over them. */
#ifndef FS_IMAGE_H
#define FS_IMAGE_H

#include "message.h"

enum { FS_IMAGE_DIGEST = 16, FS_IMAGE_FIRST = 1, FS_IMAGE_KEPT = 2 };

/* One signature, which follows it, and zeros up to a multiple of 8 octets. The rows over one RRset stand together. */
typedef struct {
    uint8_t place[FS_IMAGE_DIGEST];   /* of owner and type */
    uint8_t content[FS_IMAGE_DIGEST]; /* of all that is signed but what the key and the times add: TTL, labels, RRset */
    uint32_t inception, expiration;
    uint16_t key;    /* number of its DNSKEY in the image's list */
    uint16_t length; /* octets of the signature */
    uint16_t tag;
    uint8_t algorithm;
    uint8_t flags; /* FS_IMAGE_FIRST: of its RRset; FS_IMAGE_KEPT, in memory alone: it stays */
} fs_image_row;
_Static_assert(sizeof(fs_image_row) == 48 && _Alignof(fs_image_row) <= 8, "rows are read as they stand in the file");

/* What a key of the image signs with, and who that is now. */
typedef struct {
    uint16_t length, tag;
    uint8_t algorithm;
    uint32_t maker; /* its number among the keys that judge, FS_NONE: nobody knows it any more */
} fs_image_key;

typedef struct {
    uint8_t *rows;         /* checked by fs_image_index */
    uint64_t size;         /* octets */
    const uint32_t *index; /* [slots] place of a first row in units of 8 octets, plus one; 0: none */
    uint32_t slots;        /* a power of two, more than there are rows */
    const fs_image_key *keys;
} fs_image;

/* Octets that a row takes with its signature. */
FS_INLINE uint64_t fs_image_row_size(uint16_t signature_length) {
    return sizeof(fs_image_row) + (((uint64_t)signature_length + 7) & ~7ULL);
}
FS_INLINE const uint8_t *fs_image_signature(const fs_image_row *row) { return (const uint8_t *)(row + 1); }

/* Check that `rows` are `count` rows, each by one of the keys, and index them; the index is zero before. FS_ERROR_RANGE if not. */
fs_status fs_image_index(const uint8_t *rows, uint64_t size, uint64_t count, const fs_image_key *keys, uint32_t key_count, uint32_t *index,
                         uint32_t slots, fs_error *error) FS_MUST_CHECK;

/* The first row over the RRset of this owner and type; NULL. *reference is what fs_image_at takes, never 0. */
fs_image_row *fs_image_find(const fs_image *image, const uint8_t place[FS_IMAGE_DIGEST], uint32_t *reference);
FS_INLINE fs_image_row *fs_image_at(uint8_t *rows, uint32_t reference) { return (fs_image_row *)(rows + (uint64_t)(reference - 1) * 8); }

/* The next row over the same RRset; NULL. */
fs_image_row *fs_image_next(const fs_image_row *row, const uint8_t *rows, uint64_t size);

void fs_image_place(const fs_target *target, uint8_t place[FS_IMAGE_DIGEST]);

/* Build the target's message with an empty head, and digest it. */
extern const fs_rrsig_head fs_image_no_head;
fs_status fs_image_content(fs_message *message, const fs_target *target, uint8_t content[FS_IMAGE_DIGEST], fs_error *error) FS_MUST_CHECK;

/* The image has no signatures over the apex's ZONEMD RRset: it is signed last of all, over other octets than the run has seen. */
FS_INLINE int fs_image_has(const fs_target *target, const fs_order *order) {
    return target->type != FS_TYPE_ZONEMD || !(order->node_flags[target->node] & FS_NODE_APEX);
}

//----------- Writing -----------

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const fs_retained *retained;
    const uint8_t *apex; /* wire, lower case */
    const fs_signer *signers;   /* [signer_count] */
    const uint8_t *const *rows; /* [signer_count] their signatures of this range, as in fs_render_input */
    const uint64_t *row_sizes;
    const uint16_t *key_of_signer; /* [signer_count] number in the list of the new image */
    uint32_t signer_count;
    const uint16_t *key_of_old; /* number in the list of the new image of each key of the old one */
    uint32_t now;               /* seconds since 1970, modulo 2^32 */
} fs_image_input;

typedef struct {
    uint64_t rows;
    uint32_t soonest; /* seconds from now until the first signature ends, those of the input counted too */
} fs_image_counts;

/* Write the rows of a range's signatures, new and kept; what is written replaces what is in `out`. */
fs_status fs_image_write(const fs_image_input *input, int is_chain, uint32_t first, uint32_t last, fs_column *out, fs_image_counts *counts,
                         fs_error *error) FS_MUST_CHECK;

#endif
