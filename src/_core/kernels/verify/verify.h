/* Full verification of a signed zone: a second pair of eyes.
 *
 * Nothing here is shared with the signer but the flat columns, the hash functions of libcrypto and the letter-case table: canonical
 * form, digests, cuts, empty non-terminals, type bitmaps and NSEC3 hashes are worked out anew. The canonical order comes from the
 * loader and is checked step by step, never believed.
 */
#ifndef FS_VERIFY_H
#define FS_VERIFY_H

#include "verify_keys.h"
#include "zone.h"

//----------- What a node is, by this part's own reckoning -----------

enum {
    FS_VERIFY_OUTSIDE = 1,  /* not at or below the apex */
    FS_VERIFY_OCCLUDED = 2, /* below a cut or a DNAME */
    FS_VERIFY_CUT = 4,      /* delegation */
    FS_VERIFY_SECURE = 8,   /* a cut with a DS RRset */
    FS_VERIFY_NAME = 16,    /* owns authoritative data or is a cut: the denial chain must know it */
    FS_VERIFY_HASHED = 32   /* owns an NSEC3 RRset, or what is left of one */
};

//----------- Findings -----------

/* What is wrong; fastsign.sign.verify turns them into words. Kinds up to FS_FINDING_MAIN_LAST belong to the walk over the nodes. */
enum {
    FS_FINDING_NO_SIGNATURES = 1,
    FS_FINDING_NO_CORRECT = 2,      /* algorithm, reason */
    FS_FINDING_TTL_MISMATCH = 3,    /* tag: original TTL is not the RRset's */
    FS_FINDING_RRSIG_TTL = 4,       /* tag: the RRSIG's own TTL is not the RRset's */
    FS_FINDING_BAD_SIGNATURE = 5,   /* algorithm, tag, reason; a correct one by the same algorithm is there */
    FS_FINDING_UNKNOWN_KEY = 6,     /* algorithm, tag: no such key in the DNSKEY RRset */
    FS_FINDING_UNEXPECTED = 7,      /* signatures where none belong */
    FS_FINDING_RRSET_TTL = 8,       /* TTLs differ inside an RRset (RFC 2181 section 5.2) */
    FS_FINDING_NSEC_MISSING = 9,
    FS_FINDING_NSEC_NEXT = 10,      /* other: the node that should follow */
    FS_FINDING_NSEC_BITMAP = 11,
    FS_FINDING_NSEC_MULTIPLE = 12,
    FS_FINDING_NSEC_UNEXPECTED = 13,
    FS_FINDING_NSEC3_MISSING = 14,  /* skip; other: the chain */
    FS_FINDING_NSEC3_BITMAP = 15,   /* skip; other: the chain */
    FS_FINDING_NSEC3_MULTIPLE = 16, /* skip; other: the chain */
    FS_FINDING_CHAIN_TTL = 17,      /* NSEC or NSEC3 TTL above min(SOA TTL, SOA MINIMUM) (RFC 9077) */
    FS_FINDING_NSEC3_FLAGS = 18,    /* reserved flag bits (RFC 5155 section 3.1.2) */
    FS_FINDING_NSEC3_STRAY = 19,    /* an NSEC3 record that belongs to no name or no chain */
    FS_FINDING_NSEC3_BREAK = 20,    /* other: the node of the NSEC3 record that should follow */
    FS_FINDING_ORDER = 21,          /* the loader's order is wrong: a fault of this program */
    FS_FINDING_CNAME = 22,          /* a CNAME beside other data (RFC 1034 section 3.6.2, RFC 4035 section 2.5) */
    FS_FINDING_SINGLETON = 23       /* two records of a type that allows one */
};

/* Why a signature does not count. */
enum {
    FS_REASON_NONE = 0,
    FS_REASON_CRYPTO = 1,
    FS_REASON_EXPIRED = 2,
    FS_REASON_FUTURE = 3,
    FS_REASON_TIMES = 4,  /* expiration before inception */
    FS_REASON_LABELS = 5,
    FS_REASON_SIGNER = 6,
    FS_REASON_KEY = 7,    /* revoked, or not a zone key */
    FS_REASON_FORM = 8,   /* RDATA or signature of a wrong length */
    FS_REASON_OWNER = 9,  /* a DS at the apex, an SOA or DNSKEY below it */
    FS_REASON_TTL = 10,
    FS_REASON_UNKNOWN = 11,
    FS_REASON_REMAINING = 12, /* less validity left than asked for */
    FS_REASON_GOOD = 255
};

typedef struct {
    uint32_t node;
    uint32_t other;
    uint16_t type;
    uint16_t tag;
    uint8_t kind;
    uint8_t algorithm;
    uint8_t reason;
    uint8_t skip; /* labels to leave off the node's name: an empty non-terminal */
} fs_finding;

typedef struct {
    fs_finding *row;
    uint32_t count, capacity;
} fs_findings;

fs_status fs_findings_add(fs_findings *findings, fs_finding finding, fs_error *error) FS_MUST_CHECK;
/* A finding that needs no more than its place. */
fs_status fs_findings_note(fs_findings *findings, uint8_t kind, uint32_t node, uint16_t type, fs_error *error) FS_MUST_CHECK;
/* Put rows in dnssec-verify's order; those of one place stay as they stand. */
fs_status fs_findings_sort(fs_finding *row, size_t count, fs_error *error) FS_MUST_CHECK;

//----------- The task -----------

typedef struct {
    uint8_t rest[FS_HASH - 8]; /* of the owner's hash, behind its first 8 octets */
    uint32_t record;           /* row of the arena */
} fs_nsec3_entry;
_Static_assert(sizeof(fs_nsec3_entry) == 16, "a column of octets holds them");

/* One NSEC3 chain as found in the file, in hash order. What a look-up touches lies together: it is bound by memory. */
typedef struct {
    const uint8_t *salt;
    uint8_t salt_length;
    uint16_t iterations;
    uint64_t *prefix;      /* [count] first 8 octets of the owner's hash, as a number */
    fs_nsec3_entry *entry; /* [count] */
    uint32_t *node;        /* [count] */
    uint8_t *matched;      /* [count] 1: a name of the zone hashes to it */
    uint32_t count;
} fs_nsec3_index;

#define FS_NSEC3_CHAINS_MAX 8
#define FS_VERIFY_STRANGERS_MAX 64

typedef struct {
    fs_arena arena;
    fs_order order;
    const fs_verify_key *keys;
    uint32_t key_count;
    const uint8_t *apex;       /* wire form, lower case */
    uint32_t apex_length;
    uint32_t apex_node;
    const uint8_t *kind;       /* [nodes] FS_VERIFY_* */
    uint16_t class;
    uint32_t now;              /* seconds since 1970, modulo 2^32 */
    uint32_t min_remaining;    /* seconds of validity that must be left */
    uint32_t chain_ttl;        /* min(SOA TTL, SOA MINIMUM) */
    uint32_t required;         /* bit per algorithm (fs_algorithm_bit) that must sign every RRset */
    uint8_t nsec;              /* an NSEC chain is there */
    fs_nsec3_index chain[FS_NSEC3_CHAINS_MAX];
    uint32_t chain_count;
    uint64_t seed;             /* of the sample that gets a second opinion */
    uint32_t stranger[FS_VERIFY_STRANGERS_MAX]; /* algorithm << 16 | tag of keys outside the zone that may sign in it */
    uint32_t stranger_count;
} fs_verify_task;

typedef struct {
    uint64_t rrsets, signatures, names, second_opinions;
} fs_verify_counts;

/* Bit of an algorithm number that the verifier can check, 0 for any other. */
uint32_t fs_algorithm_bit(uint8_t algorithm);

//----------- Names and canonical form (verify_names.c) -----------

/* Canonical order of two names (RFC 4034 section 6.1): negative, 0, positive. */
int fs_verify_compare(const uint8_t *a, const uint8_t *b);
/* Is the name at or below the ancestor? */
int fs_verify_below(const uint8_t *name, uint32_t name_length, const uint8_t *ancestor, uint32_t ancestor_length);
uint32_t fs_verify_labels(const uint8_t *name);
/* Labels that two names share at their right ends, the root not counted. */
uint32_t fs_verify_shared_labels(const uint8_t *a, const uint8_t *b);
void fs_verify_lower(const uint8_t *from, uint32_t length, uint8_t *to);
/* Canonical form of RDATA (RFC 4034 section 6.2, RFC 6840 section 5.1); same length. */
void fs_verify_canonical(uint16_t type, const uint8_t *rdata, uint32_t length, uint8_t *out);

//----------- Stages -----------

/* FS_ERROR_RANGE unless every index of the order lies inside its column; `members` is the length of order->record. */
fs_status fs_verify_check_spans(const fs_arena *arena, const fs_order *order, uint64_t members, fs_error *error) FS_MUST_CHECK;

/* Say what each node is. Audits that the order holds every record once. *apex_node is FS_NONE if the zone lacks its apex;
 * *nsec3_records counts the NSEC3 records. */
fs_status fs_verify_survey(fs_verify_task *task, uint8_t *kind, uint32_t *apex_node, uint32_t *nsec3_records,
                           fs_findings *findings, fs_error *error) FS_MUST_CHECK;

/* Find the records of one NSEC3 chain, in hash order, into chain->prefix, entry and node. */
fs_status fs_verify_index_chain(const fs_verify_task *task, fs_nsec3_index *chain, fs_error *error) FS_MUST_CHECK;

/* Does this key correctly sign the RRset of this type at the apex? */
fs_status fs_verify_signs_apex(const fs_verify_task *task, uint32_t key, uint16_t type, int *signs, fs_error *error) FS_MUST_CHECK;

/* How many RRSIGs name each key by its tag and algorithm: expected[key_count]. */
void fs_verify_count_signatures(const fs_arena *arena, const fs_verify_key *keys, uint32_t key_count, uint64_t *expected);

/* Verify nodes first..last-1: order, signatures, NSEC, and the NSEC3 records of their names and empty non-terminals. */
fs_status fs_verify_range(const fs_verify_task *task, uint32_t first, uint32_t last, fs_verify_counts *counts,
                          fs_findings *findings, fs_error *error) FS_MUST_CHECK;

/* Once every range is done: is the chain closed, and does each of its records belong to a name? */
fs_status fs_verify_close_chain(const fs_verify_task *task, const fs_nsec3_index *chain, fs_findings *findings,
                                fs_error *error) FS_MUST_CHECK;

/* Digests of the zone (RFC 8976); `wanted` and `digests` as in zone_hash.h. */
fs_status fs_verify_zone_digest(const fs_verify_task *task, uint32_t wanted, uint8_t *digests, fs_findings *findings,
                                fs_error *error) FS_MUST_CHECK;

//----------- Between the files of this part -----------

/* RRset of a type at a node; FS_NONE if it has none. */
uint32_t fs_verify_find(const fs_order *order, uint32_t node, uint16_t type);
/* The next node after this one that the chain must know; the apex after the last. */
uint32_t fs_verify_next_name(const fs_verify_task *task, uint32_t node);
fs_status fs_verify_denial(const fs_verify_task *task, uint32_t node, uint32_t *previous, fs_findings *findings,
                           fs_error *error) FS_MUST_CHECK;

#endif
