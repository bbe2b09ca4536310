/* A change of keys that is spread over several runs: how much of it this run makes. */
#ifndef FS_SPREAD_H
#define FS_SPREAD_H

#include "message.h"

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const uint8_t *apex; /* wire, lower case */
    const fs_signer *signers; /* [signer_count] */
    uint32_t signer_count;
    uint64_t late; /* bit per signer that comes by and by: where an RRset stays as it is, its signature may wait */
    const uint32_t *leaving; /* [leaving_count] algorithm << 16 | tag of keys whose kept signatures go by and by */
    uint32_t leaving_count;
    uint64_t budget; /* signatures that may be made or taken out beyond what must be */
    fs_retained retained; /* what stays, as it was judged */

    /* Changed: */
    uint64_t *rrset, *entry; /* the words of `retained`: a signature that waits is none to make */
    uint16_t *type;          /* [records] of the arena: an RRSIG that goes gets type 0 */
} fs_spread_task;

typedef struct {
    uint64_t made, removed; /* of the budget */
    uint64_t to_make[FS_SIGNERS_MAX];   /* [signer_count] signatures that wait to be made */
    uint64_t to_remove[FS_SIGNERS_MAX]; /* [leaving_count] signatures that wait to go */
} fs_spread_counts;

/* Walk the whole zone in canonical order, then its NSEC3 entries, and put off what the budget does not allow. */
fs_status fs_spread(const fs_spread_task *task, fs_spread_counts *counts, fs_error *error) FS_MUST_CHECK;

#endif
