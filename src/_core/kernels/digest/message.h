/* What a signature is over: RRSIG RDATA head + canonical RRset (RFC 4034 section 3.1.8.1). */
#ifndef FS_MESSAGE_H
#define FS_MESSAGE_H

#include "column.h"
#include "plan.h"

/* One message under construction, in a private buffer that grows to the largest RRset. */
typedef struct {
    const fs_arena *arena;
    const fs_order *order;
    const fs_chain *chain;
    const uint8_t *apex; /* wire, lower case: the signer's name */
    uint32_t apex_length;
    uint8_t *octets;
    size_t length, capacity;
} fs_message;

/* The fields of the RRSIG RDATA head that do not follow from the RRset. */
typedef struct {
    uint8_t algorithm;
    uint16_t tag;
    uint32_t inception, expiration;
} fs_rrsig_head;

/* The head that a signer puts over an RRset. */
FS_INLINE fs_rrsig_head fs_head_of(const fs_signer *signer, const uint8_t *owner, uint16_t type) {
    return (fs_rrsig_head){signer->algorithm, signer->tag, signer->inception, fs_expiration(signer, owner, type)};
}

/* Build the message over an RRset of a node, over a node's NSEC, over an NSEC3 entry. */
fs_status fs_message_rrset(fs_message *message, const fs_rrsig_head *head, uint32_t node, uint32_t rrset,
                           fs_error *error) FS_MUST_CHECK;
fs_status fs_message_nsec(fs_message *message, const fs_rrsig_head *head, uint32_t node, uint32_t entry,
                          fs_error *error) FS_MUST_CHECK;
fs_status fs_message_nsec3(fs_message *message, const fs_rrsig_head *head, const uint8_t *owner, uint32_t owner_length,
                           uint32_t entry, fs_error *error) FS_MUST_CHECK;

/* Append one record of a node, with its own TTL, to what the message holds: a zone's digest is over these. */
fs_status fs_message_record(fs_message *message, uint32_t node, uint32_t row, fs_error *error) FS_MUST_CHECK;

#endif
