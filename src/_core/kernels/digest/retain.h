/* Which signatures of the input, or of the last run's image, stay: BIND's rules (dnssec-signzone.c, signset), and none that does not
 * verify. */
#ifndef FS_RETAIN_H
#define FS_RETAIN_H

#include "image.h"
#include "verify_keys.h"

/* What becomes of a signature, and why (fastsign.sign.retain.Verdict). */
enum {
    FS_VERDICT_NONE = 0,    /* what it was made for has gone */
    FS_VERDICT_KEPT, FS_VERDICT_KEPT_OFFLINE,
    FS_VERDICT_PERIOD,      /* it ends before it begins */
    FS_VERDICT_UNKNOWN,     /* nobody knows its key */
    FS_VERDICT_FUTURE,      /* it is not valid yet */
    FS_VERDICT_INACTIVE,    /* -Q */
    FS_VERDICT_REMOVED,     /* -R */
    FS_VERDICT_REFRESH,     /* it ends soon */
    FS_VERDICT_TTL,         /* the RRset has another TTL now */
    FS_VERDICT_FAILED       /* it does not verify */
};

/* What a key means for its signatures. */
typedef struct {
    uint32_t signer;    /* its number among the signers; FS_NONE: it does not sign */
    uint32_t successor; /* signer that follows it: makes nothing where this key's signature stands; FS_NONE */
    uint8_t roles;      /* FS_SIGNS_*: its part as a signer */
    uint8_t offline;    /* its secret is not at hand: its signatures stay to their last second */
    uint8_t late;       /* its signatures come by and by (spread.h): where it makes one anew, that is noted like one beyond its part */
    uint8_t refused;    /* FS_VERDICT_INACTIVE or _REMOVED: none of its signatures stays; 0 */
} fs_retain_key;

typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const uint8_t *apex; /* wire, lower case */
    const fs_verify_key *keys; /* [key_count] DNSKEYs of the new zone, and keys that are not in it or not any more */
    const fs_retain_key *use;  /* [key_count] */
    uint32_t key_count;
    uint32_t now;   /* seconds since 1970, modulo 2^32 */
    uint32_t cycle; /* seconds: a signature that ends sooner is made anew */
    const fs_image *image; /* NULL: there is none */
    int image_is_verified; /* its signatures will be verified, all of them, before anyone sees them: not here */

    /* Filled, each range its own part: */
    uint16_t *type;       /* [records] of the arena: an RRSIG that does not stay gets type 0 */
    uint64_t *rrset, *rrset_anew; /* [rrsets] as in fs_retained */
    uint64_t *entry, *entry_anew; /* [entries] */
    uint32_t *entry_node;         /* [entries] */
    uint8_t *verdict;             /* [records] FS_VERDICT_*; NULL: nobody wants to know */
    uint32_t *rrset_image, *entry_image; /* [rrsets], [entries] as in fs_retained */
} fs_retain_task;

typedef struct {
    uint64_t retained, dropped, verified, unverified, anew;
} fs_retain_counts;

/* Judge the RRSIGs of nodes [first, last). */
fs_status fs_retain_range(const fs_retain_task *task, uint32_t first, uint32_t last, fs_retain_counts *counts,
                          fs_error *error) FS_MUST_CHECK;

/* Look up what is signed of nodes [first, last), with is_chain of NSEC3 entries, in the image and judge what it has there. An RRset that
 * keeps signatures of the input, which is judged before, has no need of it. */
fs_status fs_retain_of_image(const fs_retain_task *task, int is_chain, uint32_t first, uint32_t last, fs_retain_counts *counts,
                             fs_error *error) FS_MUST_CHECK;

#endif
