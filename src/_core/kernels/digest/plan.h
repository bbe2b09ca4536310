/* The fields of an RRSIG that digest and render must agree on. */
#ifndef FS_PLAN_H
#define FS_PLAN_H

#include "zone.h"

enum { FS_RRSIG_HEAD = 18 }; /* octets of RRSIG RDATA before the signer's name (RFC 4034 section 3.1) */

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
