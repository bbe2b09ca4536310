/* The fields of an RRSIG that digest and render must agree on. */
#ifndef FS_PLAN_H
#define FS_PLAN_H

#include "zone.h"

enum { FS_RRSIG_HEAD = 18 }; /* octets of RRSIG RDATA before the signer's name (RFC 4034 section 3.1) */

/* The fields of the head of RRSIG RDATA that do not follow from the RRset. */
typedef struct {
    uint8_t algorithm;
    uint16_t tag;
    uint32_t inception, expiration;
} fs_rrsig_head;

/* Write the FS_RRSIG_HEAD octets of a signature over an RRset of this type and original TTL. */
FS_INLINE void fs_store_rrsig_head(uint8_t *p, const fs_rrsig_head *head, uint8_t labels, uint16_t type, uint32_t ttl) {
    fs_store_be16(p, type);
    p[2] = head->algorithm;
    p[3] = labels;
    fs_store_be32(p + 4, ttl);
    fs_store_be32(p + 8, head->expiration);
    fs_store_be32(p + 12, head->inception);
    fs_store_be16(p + 16, head->tag);
}

/* Signature expiration for one RRset; with jitter drawn from (seed, tag, owner, type) so that every run and worker agrees. */
uint32_t fs_expiration(const fs_signer *signer, const uint8_t *owner, uint16_t type);

/* RRSIG TTL: BIND writes min(RRset TTL, expiration - inception). */
FS_INLINE uint32_t fs_rrsig_ttl(const fs_signer *signer, uint32_t rrset_ttl) {
    const uint32_t lifetime = signer->expiration - signer->inception;
    return rrset_ttl < lifetime ? rrset_ttl : lifetime;
}

/* RRSIG labels (RFC 4034 section 3.1.3): without the root and a leftmost "*"; */
uint8_t fs_rrsig_labels(const uint8_t *owner);

#endif
