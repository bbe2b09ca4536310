/* The zone as flat columns: what the parts of the core pass to each other. All pointers are borrowed from Python-owned columns.
 *
 * A name is in wire form, uncompressed, original case. A "node" is one owner name whatever its case; a "spelling" is one exact
 * case of it. Nodes are numbered in canonical order (RFC 4034 section 6.1), the apex first when nothing out of zone sorts before it.
 */
#ifndef FS_ZONE_H
#define FS_ZONE_H

#include "fs.h"

/* Records as they were read, in file order (fastsign.zone.arena.Arena). */
typedef struct {
    const uint8_t *names;         /* pool: per spelling one octet of length, then the wire name */
    const uint64_t *name_offset;  /* [names] where its length octet is */
    const uint32_t *owner;        /* [records] id of the owner's spelling */
    const uint16_t *type;         /* [records] RR type; 0: the record was taken out */
    const uint32_t *ttl;          /* [records] seconds */
    const uint64_t *rdata_offset; /* [records] */
    const uint16_t *rdata_length; /* [records] octets */
    const uint8_t *rdata;         /* pool: RDATA in wire form, original case; equal RDATA may be shared */
    uint64_t names_size, rdata_size;
    uint32_t name_count, record_count;
} fs_arena;

FS_INLINE const uint8_t *fs_name(const fs_arena *arena, uint32_t id) { return arena->names + arena->name_offset[id] + 1; }
FS_INLINE uint8_t fs_name_size(const fs_arena *arena, uint32_t id) { return arena->names[arena->name_offset[id]]; }

/* What a node is; a node with none of OUTSIDE, OCCLUDED is signed. */
enum {
    FS_NODE_APEX = 1,
    FS_NODE_CUT = 2,      /* delegation: an NS RRset below the apex; of its data only DS (and NSEC) is ours */
    FS_NODE_OCCLUDED = 4, /* below a cut or a DNAME: glue and the like (RFC 5936 section 3.5) */
    FS_NODE_OUTSIDE = 8,  /* not at or below the apex */
    FS_NODE_SECURE = 16,  /* a cut with a DS RRset */
    FS_NODE_EMPTY = 32    /* owns nothing but RRSIGs: no node at all for the chain */
};

/* Records in order (fastsign.zone.order.Order): nodes -> RRsets -> rows of the arena. */
typedef struct {
    const uint32_t *node_name;   /* [nodes] spelling that the node was first seen in */
    const uint8_t *node_flags;   /* [nodes] FS_NODE_* */
    const uint32_t *node_rrset;  /* [nodes + 1] first RRset of the node; RRsets in the order SOA, NS, then by type */
    const uint16_t *rrset_type;  /* [rrsets] */
    const uint32_t *rrset_ttl;   /* [rrsets] seconds; BIND's rule: the TTL of the block read last */
    const uint32_t *rrset_owner; /* [rrsets] spelling of the owner as this RRset was first seen */
    const uint32_t *rrset_first; /* [rrsets + 1] first member in `record` */
    const uint32_t *record;      /* rows of the arena, RDATA in canonical order (RFC 4034 section 6.3), duplicates left out */
    uint32_t node_count, rrset_count;
} fs_order;

enum { FS_CHAIN_NONE = 0, FS_CHAIN_NSEC = 1, FS_CHAIN_NSEC3 = 2 };

/* The denial chain (fastsign.sign.denial.Chain). Entry i's "next" is entry i + 1, the last one's the first. */
typedef struct {
    uint8_t kind;                  /* FS_CHAIN_* */
    uint8_t flags;                 /* NSEC3: 1 = opt-out */
    uint16_t iterations;           /* NSEC3 */
    const uint8_t *salt;           /* NSEC3 */
    uint8_t salt_length;
    uint32_t ttl;                  /* RFC 9077: min(SOA TTL, SOA MINIMUM) */
    const uint32_t *source;        /* [entries] node the entry belongs to; NSEC entries are in node order */
    const uint8_t *skip;           /* [entries] labels to leave off the node's name: > 0 for an empty non-terminal (NSEC3) */
    const uint8_t *hash;           /* [entries][20] NSEC3, ascending */
    const uint32_t *bitmap;        /* [entries] id of the type bitmap */
    const uint32_t *bitmap_offset; /* [bitmaps + 1] */
    const uint8_t *bitmaps;        /* pool: type bitmaps in wire form (RFC 4034 section 4.1.2) */
    uint32_t count;
} fs_chain;

/* What follows from the signatures of the input or of an image (fastsign.sign.retain.Retained). In each word bit s is about signer s. */
typedef struct {
    const uint64_t *rrset;      /* [rrsets] it has none to make here; NULL: nothing is kept */
    const uint64_t *entry;      /* [entries of the chain] the same */
    const uint64_t *rrset_anew; /* [rrsets] it makes one though this is not its part: it has signed here before; NULL: nowhere */
    const uint64_t *entry_anew; /* [entries] the same */
    const uint32_t *entry_node; /* [entries] NSEC3: node that has the entry's RRSIGs, FS_NONE where there are none */
    const uint32_t *rrset_image; /* [rrsets] where the last run's image has signatures over it of which some stay; 0: none; NULL: nowhere */
    const uint32_t *entry_image; /* [entries] the same */
    uint8_t *image_rows;         /* (image.h) */
    uint64_t image_size;
} fs_retained;

FS_INLINE uint32_t fs_image_reference(const fs_retained *retained, int is_rrset, uint32_t i) {
    const uint32_t *references = is_rrset ? retained->rrset_image : retained->entry_image;
    return references != NULL ? references[i] : 0;
}

/* Both words of one RRset or entry. */
typedef struct {
    uint64_t retained, anew;
} fs_duty;

FS_INLINE fs_duty fs_duty_at(const uint64_t *retained, const uint64_t *anew, uint32_t i) {
    return (fs_duty){retained != NULL ? retained[i] : 0, anew != NULL ? anew[i] : 0};
}
FS_INLINE fs_duty fs_rrset_duty(const fs_retained *retained, uint32_t i) {
    return fs_duty_at(retained->rrset, retained->rrset_anew, i);
}
FS_INLINE fs_duty fs_entry_duty(const fs_retained *retained, uint32_t i) {
    return fs_duty_at(retained->entry, retained->entry_anew, i);
}

/* Which RRsets a key signs; one bit each. A revoked key has FS_SIGNS_DNSKEY alone (RFC 5011 section 2.1). */
enum { FS_SIGNS_DNSKEY = 1, FS_SIGNS_CDS = 2 /* and CDNSKEY */, FS_SIGNS_REST = 4 };

/* One signing key and the constant fields of its RRSIGs. */
typedef struct {
    uint8_t algorithm;
    uint8_t roles; /* FS_SIGNS_* */
    uint16_t tag;
    uint32_t inception;
    uint32_t expiration;        /* of everything else */
    uint32_t expiration_dnskey; /* of RRSIG(DNSKEY) */
    uint32_t jitter;            /* seconds: expiration - uniform[0, jitter), by owner, type and seed */
    uint64_t seed;
    uint16_t signature_length;
} fs_signer;

#define FS_SIGNERS_MAX 64

enum {
    FS_TYPE_A = 1, FS_TYPE_NS = 2, FS_TYPE_CNAME = 5, FS_TYPE_SOA = 6, FS_TYPE_PTR = 12, FS_TYPE_SIG = 24, FS_TYPE_KEY = 25, FS_TYPE_AAAA = 28,
    FS_TYPE_NXT = 30, FS_TYPE_DNAME = 39, FS_TYPE_DS = 43, FS_TYPE_RRSIG = 46, FS_TYPE_NSEC = 47, FS_TYPE_DNSKEY = 48,
    FS_TYPE_NSEC3 = 50, FS_TYPE_NSEC3PARAM = 51, FS_TYPE_CDS = 59, FS_TYPE_CDNSKEY = 60, FS_TYPE_ZONEMD = 63
};

FS_INLINE int fs_is_keyset(uint16_t type) { return type == FS_TYPE_DNSKEY || type == FS_TYPE_CDS || type == FS_TYPE_CDNSKEY; }

/* Is it a part of these roles to sign RRsets of this type? */
FS_INLINE int fs_roles_cover(uint8_t roles, uint16_t type) {
    if (type == FS_TYPE_DNSKEY) return roles & FS_SIGNS_DNSKEY;
    return roles & (fs_is_keyset(type) ? FS_SIGNS_CDS : FS_SIGNS_REST);
}

/* Has signer `number` a signature to make over an RRset of this type? */
FS_INLINE int fs_has_to_sign(const fs_signer *signer, uint32_t number, uint16_t type, fs_duty duty) {
    return (fs_roles_cover(signer->roles, type) || (duty.anew >> number & 1)) && !(duty.retained >> number & 1);
}

/* Is this record of the arena an RRSIG that covers the type and was retained? */
FS_INLINE int fs_is_kept_over(const fs_arena *arena, uint32_t row, uint16_t type) {
    return arena->type[row] == FS_TYPE_RRSIG && arena->rdata_length[row] >= 18 && fs_load_be16(arena->rdata + arena->rdata_offset[row]) == type;
}

/* Is this RRset of this node authoritative data that is signed? (RFC 4035 section 2.2) */
FS_INLINE int fs_is_signed(uint8_t node_flags, uint16_t type) {
    if (node_flags & (FS_NODE_OCCLUDED | FS_NODE_OUTSIDE | FS_NODE_EMPTY)) return 0;
    if (type == FS_TYPE_RRSIG) return 0;
    if (node_flags & FS_NODE_CUT) return type == FS_TYPE_DS || type == FS_TYPE_NSEC;
    return 1;
}

#endif
