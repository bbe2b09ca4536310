/* Which signatures of the input stay: BIND's rules (dnssec-signzone.c, signset), and none that does not verify. */
#ifndef FS_RETAIN_H
#define FS_RETAIN_H

#include "message.h"
#include "verify_keys.h"

/* What a key of the zone means for its signatures. */
typedef struct {
    uint32_t signer;    /* its number among the signers; FS_NONE: it does not sign */
    uint32_t successor; /* signer that follows it: makes nothing where this key's signature stands; FS_NONE */
    uint8_t offline;    /* its secret is not at hand: its signatures stay to their last second */
} fs_retain_key;

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const uint8_t *apex; /* wire, lower case */
    const fs_verify_key *keys; /* [key_count] DNSKEYs of the new zone, those that don't sign among them */
    const fs_retain_key *use;  /* [key_count] */
    uint32_t key_count;
    uint32_t now;   /* seconds since 1970, modulo 2^32 */
    uint32_t cycle; /* seconds: a signature that ends sooner is made anew */

    /* Filled, each range its own part: */
    uint16_t *type;       /* [records] of the arena: an RRSIG that does not stay gets type 0 */
    uint64_t *rrset;      /* [rrsets] as in fs_retained */
    uint64_t *entry;      /* [entries] */
    uint32_t *entry_node; /* [entries] */
} fs_retain_task;

typedef struct {
    uint64_t retained, dropped, verified, unverified;
} fs_retain_counts;

/* Judge the RRSIGs of nodes [first, last). */
fs_status fs_retain_range(const fs_retain_task *task, uint32_t first, uint32_t last, fs_retain_counts *counts,
                          fs_error *error) FS_MUST_CHECK;

#endif
